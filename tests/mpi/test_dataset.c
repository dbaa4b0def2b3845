/* Datasets: written by all ranks, read into one copy a node, and every place in between that can
 * fail, on every rank. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "storage/dataset.h"
#include "storage/dataset_writer.h"
#include "storage/h5.h"
#include "together.h"

enum { N_ROW = 7, N_COLUMN = 5, N_ANIMAL = 2, N_CELL = 4 };

static mec_world world;
static const char path[] = "written.h5";

/* ---- a small dataset, every value of which says where it stands ---- */

static void animal_name(const void *names, size_t animal, char *text, size_t size) {
    (void)names;
    snprintf(text, size, "animal_%zu", animal);
}

static void cell_id(const void *names, size_t animal, size_t cell, char *text, size_t size) {
    (void)names;
    snprintf(text, size, "animal_%zu_cell_%zu", animal, cell);
}

static const mec_dataset_arena arenas[] = {{"1.0", 0.35, 0.25, 5, N_ROW, N_COLUMN},
                                           {"box", 0.35, 0.25, 5, N_ROW, N_COLUMN}};
static const mec_dataset_plan plan = {.arenas = arenas,
                                      .n_arena = 2,
                                      .n_animal = N_ANIMAL,
                                      .n_cell = N_CELL,
                                      .animal_name = animal_name,
                                      .cell_id = cell_id,
                                      .config = "[synth]\n"};

static double value_at(size_t arena, size_t animal, size_t state, size_t cell) {
    return 1 + (double)(((arena * N_ANIMAL + animal) * N_ROW * N_COLUMN + state) * N_CELL + cell);
}

/* One row of one animal a rank and round, in turn; ranks without a row have nothing to write. */
static mec_code put_round(mec_dataset_writer *writer, size_t arena, size_t round,
                          mec_status *status) {
    double values[N_COLUMN * N_CELL];
    size_t piece = round * (size_t)world.size + (size_t)world.rank;
    mec_dataset_block block = {.animal = piece / N_ROW,
                               .first_row = piece % N_ROW,
                               .n_row = piece < N_ANIMAL * N_ROW,
                               .n_cell = N_CELL,
                               .values = values};
    for (size_t i = 0; i < N_COLUMN * N_CELL; i++)
        values[i] =
            value_at(arena, block.animal, block.first_row * N_COLUMN + i / N_CELL, i % N_CELL);
    return mec_dataset_writer_put(writer, arena, 0, N_ANIMAL - 1, &block, status);
}

static void write_dataset(bool replace, mec_status *status) {
    mec_dataset_writer *writer = mec_dataset_writer_open(&world, path, replace, &plan, status);
    size_t n_round = (N_ANIMAL * N_ROW + (size_t)world.size - 1) / (size_t)world.size;
    for (size_t arena = 0; arena < 2; arena++)
        for (size_t round = 0; round < n_round && status->code == MEC_OK; round++)
            put_round(writer, arena, round, status);
    mec_dataset_writer_close(writer, status);
}

static bool holds_what_was_written(const mec_dataset *d) {
    const mec_catalogue *c = &d->catalogue;
    bool good = c->n_arena == 2 && c->n_animal == 2 * N_ANIMAL && c->n_id == c->n_animal * N_CELL;
    for (size_t a = 0; a < c->n_arena && good; a++) {
        const mec_arena *arena = &c->arenas[a];
        good = strcmp(mec_catalogue_text(c, arena->name), arenas[a].name) == 0 &&
               arena->n_row == N_ROW && arena->n_column == N_COLUMN && arena->width_m == 0.35 &&
               arena->height_m == 0.25 && arena->bin_cm == 5;
        for (size_t i = 0; i < arena->n_animal && good; i++) {
            const mec_animal *animal = &c->animals[arena->first_animal + i];
            const double *resp = mec_dataset_resp(d, animal);
            char id[64];
            cell_id(NULL, i, N_CELL - 1, id, sizeof id);
            good = strcmp(mec_catalogue_cell_id(c, animal, N_CELL - 1), id) == 0;
            for (size_t k = 0; k < N_ROW * N_COLUMN * N_CELL; k++)
                good = good && resp[k] == value_at(a, i, k / N_CELL, k % N_CELL);
        }
    }
    return good;
}

/* ---- cases ---- */

static void what_is_written_is_read(void) {
    mec_status status = {0};
    mec_dataset dataset;
    check_about("written and read");
    remove_file(&world, path);
    write_dataset(false, &status);
    CHECK_STATUS(&world, status, MEC_OK);
    CHECK(&world, is_tidy(&world, path));
    mec_dataset_read(&world, path, "", &dataset, &status);
    CHECK_STATUS(&world, status, MEC_OK);
    CHECK(&world, holds_what_was_written(&dataset));
    CHECK(&world, mec_count_differing(&world, dataset.catalogue.input.sha256) == 0);
    CHECK(&world, strlen(dataset.catalogue.input.sha256) == MEC_DIGEST_TEXT_SIZE - 1);
    mec_dataset_destroy(&dataset);
}

static void an_existing_file_is_not_replaced_unasked(void) {
    mec_status status = {0};
    check_about("a file that exists");
    write_dataset(false, &status);
    CHECK_STATUS(&world, status, MEC_REFUSED);
    CHECK(&world, is_tidy(&world, path));
    status = (mec_status){0};
    write_dataset(true, &status);
    CHECK_STATUS(&world, status, MEC_OK);
}

static void every_place_of_writing_may_fail(void) {
    const struct {
        const char *name;
        bool on_rank_0_only;
    } places[] = {{"synth_prepare", false}, {"lock_take", true},    {"synth_create", true},
                  {"synth_open", false},    {"synth_write", false}, {"synth_close", false},
                  {"publish", true}};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        for (int rank = 0; rank < world.size; rank++) {
            bool fails = rank == 0 || !places[i].on_rank_0_only;
            mec_status status = {0};
            check_about("%s fails on rank %d", places[i].name, rank);
            remove_file(&world, path);
            inject(&world, places[i].name, rank);
            write_dataset(false, &status);
            inject(&world, NULL, 0);
            CHECK_STATUS(&world, status, fails ? MEC_FAILED : MEC_OK);
            CHECK(&world, is_tidy(&world, path));
            CHECK(&world, world.rank != 0 || is_there(path, "") != fails);
        }
}

/* How many times broadcast_block is passed in one reading. */
enum { N_BLOCK = 4 };

/* `passage` counts from 1. */
static void reading_fails(const char *name, int rank, int passage, bool fails) {
    mec_status status = {0};
    mec_dataset dataset;
    check_about("%s fails on rank %d, passage %d", name, rank, passage);
    inject_later(&world, name, rank, passage);
    mec_dataset_read(&world, path, "", &dataset, &status);
    inject(&world, NULL, 0);
    CHECK_STATUS(&world, status, fails ? MEC_FAILED : MEC_OK);
    mec_dataset_destroy(&dataset);
}

static void every_place_of_reading_may_fail(void) {
    mec_status status = {0};
    remove_file(&world, path);
    write_dataset(false, &status);
    for (int rank = 0; rank < world.size; rank++) {
        reading_fails("node_array_create", rank, 1, true);
        for (int passage = 1; passage <= 2 * N_ANIMAL + 1; passage++)
            reading_fails("catalogue_read_animal", rank, passage,
                          rank == 0 && passage <= 2 * N_ANIMAL);
        for (int passage = 1; passage <= N_BLOCK + 1; passage++)
            reading_fails("broadcast_block", rank, passage, passage <= N_BLOCK);
    }
}

static void short_of_shared_memory_all_is_the_same(void) {
    mec_status status = {0};
    mec_dataset dataset;
    check_about("no room for shared memory");
    inject(&world, "shared_memory_space", 0);
    mec_dataset_read(&world, path, "", &dataset, &status);
    inject(&world, NULL, 0);
    CHECK_STATUS(&world, status, MEC_OK);
    CHECK(&world, !dataset.resp.shared && holds_what_was_written(&dataset));
    mec_dataset_destroy(&dataset);
}

static void refused(const char *location, const char *wanted, const char *part) {
    mec_status status = {0};
    mec_dataset dataset;
    mec_dataset_read(&world, location, wanted, &dataset, &status);
    CHECK_STATUS(&world, status, MEC_REFUSED);
    if (!CHECK(&world, strstr(status.message, part) != NULL) && world.rank == 0)
        fprintf(stderr, "\"%s\" is not in \"%s\"\n", part, status.message);
    mec_dataset_destroy(&dataset);
}

static void what_is_not_there_is_refused_everywhere(void) {
    check_about("refusals");
    refused("absent.h5", "", "absent.h5");
    refused("written.h5:/nowhere", "", "/nowhere");
    refused(path, "2.0", "no arena \"2.0\"");
    refused(path, "1.0, 3.0", "no arena \"3.0\"");
}

/* The golden file: below a group, variable-length ids, some arenas only. */
static void golden_recordings_are_read(void) {
    mec_status status = {0};
    mec_dataset dataset;
    check_about("golden recordings");
    mec_dataset_read(&world, MEC_GOLDEN_FITS ":/dataset", "1.5,1.0", &dataset, &status);
    if (!CHECK_STATUS(&world, status, MEC_OK))
        return;
    const mec_catalogue *c = &dataset.catalogue;
    CHECK(&world, c->n_arena == 2 && c->n_animal == 6 && c->n_id == 12 + 7 + 20 + 9 + 15 + 6);
    CHECK(&world, strcmp(mec_catalogue_text(c, c->arenas[0].name), "1.0") == 0);
    CHECK(&world, strcmp(mec_catalogue_text(c, c->animals[4].name), "rat_e") == 0);
    CHECK(&world, c->arenas[1].n_state == 900 && c->arenas[1].n_row == 30);
    size_t n_nan = 0;
    const double *resp = mec_dataset_resp(&dataset, &c->animals[3]);
    for (size_t i = 0; i < 900; i++)
        n_nan += resp[i * 9] != resp[i * 9];
    CHECK(&world, n_nan == 40);
    mec_dataset_destroy(&dataset);
}

/* Whether a state is finite in all cells of an animal. */
static bool finite_in_all(const mec_dataset *loaded, const mec_animal *animal, size_t state) {
    const double *row = mec_dataset_resp(loaded, animal) + state * animal->n_cell;
    bool all = true;
    for (size_t j = 0; j < animal->n_cell; j++)
        all &= isfinite(row[j]) != 0;
    return all;
}

/* Without keeping the responses: the same digest, and which states are finite. */
static void what_is_scanned_is_what_is_loaded(void) {
    mec_status status = {0};
    mec_dataset loaded;
    mec_dataset scanned;
    check_about("scanned");
    mec_dataset_read(&world, MEC_GOLDEN_FITS ":/dataset", "", &loaded, &status);
    mec_dataset_open(&world, MEC_GOLDEN_FITS ":/dataset", "", &scanned, &status);
    mec_dataset_scan(&world, &scanned, &status);
    if (!CHECK_STATUS(&world, status, MEC_OK))
        return;
    const mec_catalogue *c = &loaded.catalogue;
    CHECK(&world, strcmp(c->input.sha256, scanned.catalogue.input.sha256) == 0);
    CHECK(&world, !mec_dataset_resp(&scanned, &scanned.catalogue.animals[0]));
    CHECK(&world, !mec_dataset_finite(&loaded, &c->animals[0]));
    bool same = true;
    for (size_t a = 0; a < c->n_arena; a++)
        for (size_t i = 0; i < c->arenas[a].n_animal; i++) {
            size_t k = c->arenas[a].first_animal + i;
            const uint8_t *finite = mec_dataset_finite(&scanned, &scanned.catalogue.animals[k]);
            for (size_t state = 0; state < c->arenas[a].n_state; state++)
                same &= finite[state] == finite_in_all(&loaded, &c->animals[k], state);
        }
    CHECK(&world, same);
    mec_dataset_destroy(&scanned);
    inject(&world, "slab_read", 0);
    mec_dataset_open(&world, MEC_GOLDEN_FITS ":/dataset", "", &scanned, &status);
    mec_dataset_scan(&world, &scanned, &status);
    CHECK_STATUS(&world, status, MEC_FAILED);
    inject(&world, NULL, 0);
    mec_dataset_destroy(&scanned);
    mec_dataset_destroy(&loaded);
}

int main(void) {
    start_together(&world);
    mec_h5_set_defaults();
    what_is_written_is_read();
    an_existing_file_is_not_replaced_unasked();
    every_place_of_writing_may_fail();
    every_place_of_reading_may_fail();
    short_of_shared_memory_all_is_the_same();
    what_is_not_there_is_refused_everywhere();
    golden_recordings_are_read();
    what_is_scanned_is_what_is_loaded();
    remove_file(&world, path);
    return end_together(&world);
}
