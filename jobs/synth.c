/* `mec synth`: writes a synthetic dataset of any size. Blocks of rows and cells are dealt to the
 * ranks in turn; every round each rank computes one and all write together. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/memory.h"
#include "base/stop.h"
#include "base/text.h"
#include "job.h"
#include "maps/synthetic.h"
#include "parallel/budget.h"
#include "storage/dataset_writer.h"
#include "storage/run_file.h"

/* The most values in a block: 64 MiB. */
enum { BLOCK_VALUES = 1 << 23, ARENA_NAME_SIZE = 256 };

typedef struct synth {
    const job_context *context;
    const synth_settings *settings;
    mec_synthetic synthetic;
    mec_dataset_plan plan;
    mec_synthetic_arena *arenas;    /* (plan.n_arena) as the animals see them */
    mec_dataset_arena *file_arenas; /* and as they stand in the file */
    char (*arena_names)[ARENA_NAME_SIZE];
    char *config;
    double *values; /* a block's */
} synth;

/* ---- from settings to a plan; the same on every rank ---- */

static const char *where(const synth *s, const char *key) {
    return mec_settings_where(s->context->settings, "synth", key);
}

static void name_animal(const void *names, size_t animal, char *text, size_t size) {
    mec_synthetic_animal_name(names, animal, text, size);
}

static void name_cell(const void *names, size_t animal, size_t cell, char *text, size_t size) {
    mec_synthetic_cell_id(names, animal, cell, text, size);
}

static mec_code resolve_cells(synth *s, mec_status *status) {
    const synth_settings *from = s->settings;
    double sum = from->fraction_grid + from->fraction_place + from->fraction_border;
    if (sum > 1 + 1e-9) /* what rounding of decimals may add */
        return mec_fail(status, MEC_REFUSED,
                        "%s: fraction_grid, fraction_place and fraction_border add up to %g; "
                        "accepted: at most 1",
                        where(s, "fraction_grid"), sum);
    s->synthetic = (mec_synthetic){
        .seed = (uint32_t)from->seed,
        .n_animal = (size_t)from->n_animals,
        .n_cell = (size_t)from->n_cells,
        .fraction_grid = from->fraction_grid,
        .fraction_place = from->fraction_place,
        .fraction_border = from->fraction_border,
        .peak_hz = from->peak_hz,
        .poisson = from->noise == NOISE_POISSON,
        .unvisited = from->unvisited,
    };
    return MEC_OK;
}

static mec_code check_name(synth *s, const char *name, mec_status *status) {
    if (strchr(name, '/') || strcmp(name, ".") == 0 || strlen(name) == ARENA_NAME_SIZE - 1)
        return mec_fail(status, MEC_REFUSED,
                        "%s: found \"%s\"; accepted: names without \"/\" of less than %d "
                        "characters",
                        where(s, "arenas"), name, ARENA_NAME_SIZE - 1);
    for (size_t a = 0; a < s->plan.n_arena; a++)
        if (strcmp(s->arena_names[a], name) == 0)
            return mec_fail(status, MEC_REFUSED, "%s: found \"%s\" twice; accepted: each name once",
                            where(s, "arenas"), name);
    return MEC_OK;
}

/* Takes the name that stands behind the last arena. */
static mec_code add_arena(synth *s, mec_status *status) {
    size_t a = s->plan.n_arena;
    const char *name = s->arena_names[a];
    double side = 0;
    if (check_name(s, name, status))
        return status->code;
    bool named_by_side = mec_text_to_real(name, &side) && side > 0 && isfinite(side);
    if (!named_by_side)
        side = s->settings->side_m;
    double n_side = round(side * 100 / s->settings->bin_cm);
    if (n_side < 2 || n_side > MEC_SYNTHETIC_MAX_SIDE)
        return mec_fail(status, MEC_REFUSED,
                        "%s: bins of %g cm divide arena %s, %g m wide, into %g a side; accepted: "
                        "2 to %d",
                        where(s, "bin_cm"), s->settings->bin_cm, name, side, n_side,
                        MEC_SYNTHETIC_MAX_SIDE);
    s->arenas[a] = (mec_synthetic_arena){name, side, (size_t)n_side};
    s->file_arenas[a] = (mec_dataset_arena){.name = name,
                                            .width_m = side,
                                            .height_m = side,
                                            .bin_cm = s->settings->bin_cm,
                                            .n_row = (size_t)n_side,
                                            .n_column = (size_t)n_side};
    s->plan.n_arena++;
    return MEC_OK;
}

static mec_code resolve_arenas(synth *s, mec_status *status) {
    size_t most = strlen(s->settings->arenas) / 2 + 1;
    const char *rest = s->settings->arenas;
    s->arenas = mec_alloc(most, sizeof *s->arenas, status);
    s->file_arenas = mec_alloc(most, sizeof *s->file_arenas, status);
    s->arena_names = mec_alloc(most, sizeof *s->arena_names, status);
    if (status->code != MEC_OK)
        return status->code;
    while (mec_text_next(&rest, ", ", s->arena_names[s->plan.n_arena], ARENA_NAME_SIZE))
        if (add_arena(s, status))
            return status->code;
    if (s->plan.n_arena == 0)
        mec_fail(status, MEC_REFUSED, "%s: is empty; accepted: names separated by commas",
                 where(s, "arenas"));
    return status->code;
}

static mec_code resolve(synth *s, mec_status *status) {
    if (*s->context->values->run.output == '\0')
        return mec_fail(status, MEC_REFUSED, "%s: is empty; accepted: the file to write",
                        mec_settings_where(s->context->settings, "run", "output"));
    if (resolve_cells(s, status) || resolve_arenas(s, status))
        return status->code;
    s->config = mec_settings_text(s->context->settings, "synth", MEC_SETTINGS_IDENTITY, status);
    s->plan.arenas = s->file_arenas;
    s->plan.n_animal = s->synthetic.n_animal;
    s->plan.n_cell = s->synthetic.n_cell;
    s->plan.animal_name = name_animal;
    s->plan.cell_id = name_cell;
    s->plan.names = &s->synthetic;
    s->plan.config = s->config;
    return status->code;
}

/* ---- blocks ---- */

/* How an arena's animals are cut: whole rows of all cells as far as they fit. */
typedef struct cut {
    size_t n_row, n_cell;             /* of a block, at most */
    size_t n_row_block, n_cell_block; /* of an animal */
} cut;

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

static cut cut_arena(const synth *s, size_t arena) {
    size_t n_side = s->arenas[arena].n_side;
    size_t n_cell = s->synthetic.n_cell;
    cut c;
    c.n_cell = smaller(n_cell, BLOCK_VALUES / n_side);
    c.n_row = smaller(n_side, BLOCK_VALUES / (n_side * c.n_cell));
    c.n_cell_block = (n_cell + c.n_cell - 1) / c.n_cell;
    c.n_row_block = (n_side + c.n_row - 1) / c.n_row;
    return c;
}

static size_t n_block_of(const cut *c) {
    return c->n_row_block * c->n_cell_block;
}

/* The most values in a block of any arena, and bytes that a rank holds. */
static size_t largest_block(const synth *s) {
    size_t largest = 0;
    for (size_t a = 0; a < s->plan.n_arena; a++) {
        cut c = cut_arena(s, a);
        size_t n = c.n_row * s->arenas[a].n_side * c.n_cell;
        largest = n > largest ? n : largest;
    }
    return largest;
}

static double memory_per_rank(const synth *s) {
    double session = 0;
    for (size_t a = 0; a < s->plan.n_arena; a++)
        session = fmax(session, mec_synthetic_memory(&s->arenas[a]));
    return session + (double)(largest_block(s) * sizeof(double));
}

/* Block `index` of an arena: animal after animal, rows after rows, cells after cells. */
static mec_dataset_block block_at(const synth *s, size_t arena, const cut *c, size_t index) {
    mec_dataset_block block = {.animal = index / n_block_of(c), .values = s->values};
    size_t in_animal = index % n_block_of(c);
    block.first_row = in_animal / c->n_cell_block * c->n_row;
    block.n_row = smaller(c->n_row, s->arenas[arena].n_side - block.first_row);
    block.first_cell = in_animal % c->n_cell_block * c->n_cell;
    block.n_cell = smaller(c->n_cell, s->synthetic.n_cell - block.first_cell);
    return block;
}

/* ---- writing ---- */

/* This rank's place in an arena: the animal it is at is kept for the next block. */
typedef struct recorder {
    synth *s;
    size_t arena, animal;
    mec_synthetic_session *session;
} recorder;

static mec_code record(recorder *r, const mec_dataset_block *block, mec_status *status) {
    synth *s = r->s;
    if (r->session && r->animal != block->animal) {
        mec_synthetic_session_destroy(r->session);
        r->session = NULL;
    }
    r->animal = block->animal;
    if (!r->session)
        r->session =
            mec_synthetic_session_create(&s->synthetic, &s->arenas[r->arena], r->animal, status);
    if (mec_fault_here("synth_record"))
        mec_fail(status, MEC_FAILED, "injected: no memory for an animal");
    if (status->code != MEC_OK)
        return status->code;
    mec_synthetic_block part = {block->first_row, block->n_row, block->first_cell, block->n_cell};
    mec_synthetic_fill(r->session, &part, s->values);
    return MEC_OK;
}

static mec_code check_stop(const synth *s, mec_status *status) {
    const run_settings *run = &s->context->values->run;
    if (mec_stop_signal() != 0)
        mec_fail(status, MEC_STOPPED, "stopped on request (signal %d); %s was not written",
                 mec_stop_signal(), run->output);
    else if (run->time_limit > 0 && mec_clock_seconds() - s->context->started >= run->time_limit)
        mec_fail(status, MEC_STOPPED, "stopped at the time limit of %g s; %s was not written",
                 run->time_limit, run->output);
    return status->code;
}

/* Collective; the status is agreed. */
static mec_code write_arena(synth *s, mec_dataset_writer *writer, size_t arena,
                            mec_status *status) {
    size_t rank = (size_t)s->context->world->rank;
    size_t size = (size_t)s->context->world->size;
    cut c = cut_arena(s, arena);
    size_t n_block = s->synthetic.n_animal * n_block_of(&c);
    recorder r = {.s = s, .arena = arena};
    for (size_t first = 0; first < n_block && status->code == MEC_OK; first += size) {
        size_t last = smaller(first + size, n_block) - 1;
        mec_dataset_block block = {0};
        if (check_stop(s, status) == MEC_OK && first + rank <= last) {
            block = block_at(s, arena, &c, first + rank);
            record(&r, &block, status);
        }
        mec_dataset_writer_put(writer, arena, first / n_block_of(&c), last / n_block_of(&c), &block,
                               status);
    }
    mec_synthetic_session_destroy(r.session);
    return status->code;
}

static mec_code write_all(synth *s, mec_status *status) {
    const run_settings *run = &s->context->values->run;
    bool replace = run->resume == MEC_RESUME_OVERWRITE;
    if (mec_budget_check(s->context->world, where(s, "n_cells"),
                         &(mec_budget){.rank = memory_per_rank(s)},
                         "fewer cells, a smaller arena or larger bins", status))
        return status->code;
    s->values = mec_alloc(largest_block(s), sizeof *s->values, status);
    if (mec_agree(s->context->world, status))
        return status->code;
    mec_dataset_writer *writer =
        mec_dataset_writer_open(s->context->world, run->output, replace, &s->plan, status);
    for (size_t a = 0; a < s->plan.n_arena && status->code == MEC_OK; a++)
        write_arena(s, writer, a, status);
    return mec_dataset_writer_close(writer, status);
}

/* ---- telling ---- */

static const char *plural(size_t n) {
    return n == 1 ? "" : "s";
}

/* "1 arena, 4 animals, 200 cells, 400 bins, 0.6 MiB": of all animals and, bins, of all arenas. */
static void print_size(const synth *s) {
    char bytes[32];
    size_t n_bin = 0;
    size_t n_cell = s->synthetic.n_animal * s->synthetic.n_cell;
    for (size_t a = 0; a < s->plan.n_arena; a++)
        n_bin += s->arenas[a].n_side * s->arenas[a].n_side;
    mec_text_from_bytes(mec_dataset_plan_bytes(&s->plan), bytes, sizeof bytes);
    printf("%zu arena%s, %zu animal%s, %zu cell%s, %zu bins, %s\n", s->plan.n_arena,
           plural(s->plan.n_arena), s->synthetic.n_animal, plural(s->synthetic.n_animal), n_cell,
           plural(n_cell), n_bin, bytes);
}

static void print_plan(const synth *s) {
    char bytes[32];
    mec_text_from_bytes(memory_per_rank(s), bytes, sizeof bytes);
    printf("would write %s: ", s->context->values->run.output);
    print_size(s);
    for (size_t a = 0; a < s->plan.n_arena; a++) {
        const mec_synthetic_arena *arena = &s->arenas[a];
        printf("arena %s: %g m, %zu x %zu bins, %zu never visited; %zu animal%s of %zu cell%s\n",
               arena->name, arena->side_m, arena->n_side, arena->n_side,
               mec_synthetic_n_unvisited(&s->synthetic, arena), s->synthetic.n_animal,
               plural(s->synthetic.n_animal), s->synthetic.n_cell, plural(s->synthetic.n_cell));
    }
    printf("memory per rank: %s\n", bytes);
}

static void release(synth *s) {
    free(s->arenas);
    free(s->file_arenas);
    free(s->arena_names);
    free(s->config);
    free(s->values);
}

mec_code job_synth(const job_context *context, mec_status *status) {
    const run_settings *run = &context->values->run;
    synth s = {.context = context, .settings = &context->values->synth};
    if (resolve(&s, status) == MEC_OK && context->world->rank == 0)
        mec_dataset_writer_check(run->output, run->resume == MEC_RESUME_OVERWRITE, status);
    if (mec_agree(context->world, status) == MEC_OK) {
        if (!context->dry_run)
            write_all(&s, status);
        else if (context->world->rank == 0)
            print_plan(&s);
    }
    if (status->code == MEC_OK && !context->dry_run && context->world->rank == 0) {
        printf("wrote %s: ", run->output);
        print_size(&s);
    }
    release(&s);
    return status->code;
}
