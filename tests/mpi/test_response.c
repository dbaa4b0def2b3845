/* Responses as the source: read by rank 0, the same on every rank; what does not fit is refused on
 * all of them; every place that can fail, on every rank. */
#include <stdio.h>
#include <string.h>

#include "storage/h5.h"
#include "storage/response.h"
#include "together.h"

enum { N_ROW = 4, N_COLUMN = 3, N_STATE = N_ROW * N_COLUMN, N_UNIT = 5, N_FLAT = 7, N_WIDE = 2 };

static mec_world world;
static const char path[] = "response.h5";

/* ---- a catalogue: bins known, and flat ---- */

static char names[] = "1.0\0box\0rat_a";
static mec_arena arenas[] = {
    {.name = 0, .n_state = N_STATE, .n_row = N_ROW, .n_column = N_COLUMN, .n_animal = 1},
    {.name = 4, .n_state = N_FLAT, .n_animal = 1, .first_animal = 1}};
static mec_animal animals[] = {{.name = 8, .n_cell = 6}, {.name = 8, .n_cell = 6}};
static const mec_catalogue catalogue = {.arenas = arenas,
                                        .n_arena = 2,
                                        .animals = animals,
                                        .n_animal = 2,
                                        .pool = names,
                                        .input = {.path = "data.h5"}};

/* ---- files, written by rank 0 while the others wait ---- */

static hid_t written = H5I_INVALID_HID;

static void begin_file(void) {
    if (world.rank == 0)
        written = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
}

static void end_file(void) {
    if (world.rank == 0)
        H5Fclose(written);
    mec_quiet_barrier(world.comm);
}

static double value_at(size_t i) {
    return 0.5 * (double)i - 3;
}

/* An array of value_at, stored as `type`. */
static void put(const char *name, int rank, const hsize_t *dims, hid_t type) {
    double values[256];
    size_t count = 1;
    for (int d = 0; d < rank; d++)
        count *= dims[d];
    if (world.rank != 0)
        return;
    for (size_t i = 0; i < count; i++)
        values[i] = value_at(i);
    hid_t links = H5Pcreate(H5P_LINK_CREATE);
    H5Pset_create_intermediate_group(links, 1);
    hid_t space = H5Screate_simple(rank, dims, NULL);
    hid_t dataset = H5Dcreate2(written, name, type, space, links, H5P_DEFAULT, H5P_DEFAULT);
    H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    H5Dclose(dataset);
    H5Sclose(space);
    H5Pclose(links);
}

static void put_both(void) {
    begin_file();
    put("model/1.0", 3, (hsize_t[]){N_ROW, N_COLUMN, N_UNIT}, H5T_IEEE_F32BE);
    put("model/box", 2, (hsize_t[]){N_FLAT, N_WIDE}, H5T_IEEE_F64LE);
    end_file();
}

static bool holds(const mec_response *r, size_t arena, size_t n_state, size_t n_unit) {
    bool good = r->arenas[arena].n_unit == n_unit;
    for (size_t i = 0; i < n_state * n_unit && good; i++)
        good = r->values.data[r->arenas[arena].offset + i] == value_at(i);
    return good;
}

/* ---- cases ---- */

static void every_rank_has_all_arenas(void) {
    mec_status status = {0};
    mec_response r;
    check_about("one array an arena");
    put_both();
    mec_response_read(&world, "response.h5:/model/{arena}", &catalogue, &r, &status);
    if (CHECK_STATUS(&world, status, MEC_OK)) {
        CHECK(&world,
              r.n_arena == 2 && holds(&r, 0, N_STATE, N_UNIT) && holds(&r, 1, N_FLAT, N_WIDE));
        CHECK(&world, mec_count_differing(&world, r.input.sha256) == 0);
        CHECK(&world, strlen(r.input.sha256) == MEC_DIGEST_TEXT_SIZE - 1);
        CHECK(&world, strcmp(r.input.path, "response.h5:/model/{arena}") == 0);
    }
    mec_response_destroy(&r);
}

static void flat_arenas_take_any_bins(void) {
    mec_status status = {0};
    mec_response r;
    check_about("bins of a flat arena, and flat responses of bins");
    begin_file();
    put("1.0", 2, (hsize_t[]){N_STATE, N_UNIT}, H5T_STD_I16LE);
    put("box", 3, (hsize_t[]){N_FLAT, 1, N_WIDE}, H5T_IEEE_F64LE);
    end_file();
    mec_response_read(&world, "response.h5:/{arena}", &catalogue, &r, &status);
    if (CHECK_STATUS(&world, status, MEC_OK))
        CHECK(&world, r.arenas[0].n_unit == N_UNIT && holds(&r, 1, N_FLAT, N_WIDE));
    mec_response_destroy(&r);
}

static void refused(const char *location, const char *part) {
    mec_status status = {0};
    mec_response r;
    mec_response_read(&world, location, &catalogue, &r, &status);
    CHECK_STATUS(&world, status, MEC_REFUSED);
    if (!CHECK(&world, strstr(status.message, part) != NULL) && world.rank == 0)
        fprintf(stderr, "\"%s\" is not in \"%s\"\n", part, status.message);
    mec_response_destroy(&r);
}

static void what_does_not_fit_is_refused_everywhere(void) {
    check_about("refusals");
    begin_file();
    put("transposed", 3, (hsize_t[]){N_COLUMN, N_ROW, N_UNIT}, H5T_IEEE_F64LE);
    put("short", 2, (hsize_t[]){N_STATE - 1, N_UNIT}, H5T_IEEE_F64LE);
    put("one_axis", 1, (hsize_t[]){N_STATE}, H5T_IEEE_F64LE);
    put("first_only/1.0", 2, (hsize_t[]){N_STATE, N_UNIT}, H5T_IEEE_F64LE);
    end_file();
    refused("absent.h5:/x", "absent.h5");
    refused("response.h5", "names no dataset");
    refused("response.h5:/nothing", "/nothing");
    refused("response.h5:/first_only", "no dataset /first_only");
    refused("response.h5:/first_only/{arena}", "/first_only/box");
    refused("response.h5:/transposed", "3 x 4 x 5");
    refused("response.h5:/short", "11 x 5");
    refused("response.h5:/one_axis", "1 dimension");
}

static void reading_fails(const char *name, int rank, bool fails) {
    mec_status status = {0};
    mec_response r;
    check_about("%s fails on rank %d", name, rank);
    inject(&world, name, rank);
    mec_response_read(&world, "response.h5:/model/{arena}", &catalogue, &r, &status);
    inject(&world, NULL, 0);
    CHECK_STATUS(&world, status, fails ? MEC_FAILED : MEC_OK);
    mec_response_destroy(&r);
}

static void every_place_may_fail(void) {
    put_both();
    for (int rank = 0; rank < world.size; rank++) {
        reading_fails("response_read", rank, rank == 0);
        reading_fails("node_array_create", rank, true);
    }
}

static void short_of_shared_memory_all_is_the_same(void) {
    mec_status status = {0};
    mec_response r;
    check_about("no room for shared memory");
    inject(&world, "shared_memory_space", 0);
    mec_response_read(&world, "response.h5:/model/{arena}", &catalogue, &r, &status);
    inject(&world, NULL, 0);
    CHECK_STATUS(&world, status, MEC_OK);
    CHECK(&world,
          !r.values.shared && holds(&r, 0, N_STATE, N_UNIT) && holds(&r, 1, N_FLAT, N_WIDE));
    mec_response_destroy(&r);
}

int main(void) {
    start_together(&world);
    mec_h5_set_defaults();
    every_rank_has_all_arenas();
    flat_arenas_take_any_bins();
    what_does_not_fit_is_refused_everywhere();
    every_place_may_fail();
    short_of_shared_memory_all_is_the_same();
    remove_file(&world, path);
    return end_together(&world);
}
