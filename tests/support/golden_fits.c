#include "golden_fits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "fitting.h"
#include "golden.h"
#include "maps/splits.h"
#include "numerics/statistics.h"
#include "unit.h"

typedef struct arena {
    const char *name;
    size_t n_animal;
    char **animals; /* (n_animal) names */
    mec_population *populations;
    mec_population model;
    mec_bins bins;
} arena;

/* The splits of one source and target. */
typedef struct fitting {
    const golden_case *c;
    const arena *arena;
    const mec_source *source;
    size_t animal;    /* the target */
    uint32_t *states; /* (n) finite in the source and the target */
    uint32_t *order;  /* (n) */
    size_t n;
    mec_fit_workspace workspace;
} fitting;

static void *room(size_t count, size_t size) {
    void *block = calloc(count + 1, size);
    assert_non_null(block);
    return block;
}

static mec_population read_population(hid_t file, const char *path) {
    size_t dims[3];
    golden_dims(file, path, 3, dims);
    return (mec_population){golden_read(file, path, NULL, NULL), dims[0] * dims[1], dims[2]};
}

static arena read_arena(hid_t file, const char *name) {
    char path[128];
    size_t dims[3];
    mec_status status = {0};
    arena a = {.name = name};
    snprintf(path, sizeof path, "/dataset/%s", name);
    hid_t group = H5Gopen2(file, path, H5P_DEFAULT);
    a.n_animal = mec_h5_list_groups(group, &a.animals, &status);
    H5Gclose(group);
    assert_ok(status);
    a.populations = room(a.n_animal, sizeof *a.populations);
    for (size_t i = 0; i < a.n_animal; i++) {
        snprintf(path, sizeof path, "/dataset/%s/%s/resp", name, a.animals[i]);
        a.populations[i] = read_population(file, path);
    }
    snprintf(path, sizeof path, "/model/%s/resp", name);
    a.model = read_population(file, path);
    golden_dims(file, path, 3, dims);
    a.bins = (mec_bins){dims[0], dims[1], 1, 1};
    return a;
}

static void free_arena(arena *a) {
    for (size_t i = 0; i < a->n_animal; i++)
        free((void *)a->populations[i].resp);
    free((void *)a->model.resp);
    free(a->populations);
    mec_h5_free_names(a->animals, a->n_animal);
}

/* The states that are finite in all parts of the source and in the target. */
static size_t find_states(const mec_source *source, const mec_population *target,
                          uint32_t *states) {
    size_t n = 0;
    uint8_t *finite = room(target->n_state, 1);
    memset(finite, 1, target->n_state);
    mec_population_mark_finite(target, finite);
    for (size_t k = 0; k < source->n_part; k++)
        mec_population_mark_finite(source->parts[k], finite);
    for (size_t i = 0; i < target->n_state; i++)
        if (finite[i])
            states[n++] = (uint32_t)i;
    free(finite);
    return n;
}

static size_t n_split(const golden_case *c) {
    if (c->kind)
        return mec_split_count((mec_split_kind)mec_text_index(MEC_SPLIT_NAMES, c->kind));
    return c->n_split ? c->n_split : 10;
}

/* Fills `order`; returns how many states train. */
static size_t split_states(fitting *f, const golden_case *c, size_t split) {
    if (c->kind)
        return mec_split_structured((mec_split_kind)mec_text_index(MEC_SPLIT_NAMES, c->kind), split,
                                    &f->arena->bins, f->states, f->n, f->order);
    mec_split_random(c->first_seed + (uint32_t)split, f->states, f->n, f->order);
    return mec_split_n_train(f->n, c->train_frac > 0 ? c->train_frac : 0.2);
}

/* One split for `n` of the target's cells: `corr` (n). */
static void fit_split(fitting *f, const golden_case *c, size_t split, const uint32_t *cells,
                      size_t n, double *corr) {
    mec_status status = {0};
    size_t n_train = split_states(f, c, split);
    mec_problem problem = {.source = f->source,
                           .train = f->order,
                           .test = f->order + n_train,
                           .n_train = n_train,
                           .n_test = f->n - n_train,
                           .parameters = &c->parameters};
    mec_fit fit = {.problem = &problem, .map = c->map, .alone = c->alone, .bins = &f->arena->bins};
    mec_fit_target target = {.population = &f->arena->populations[f->animal],
                             .cells = cells,
                             .n = n,
                             .score = {[MEC_SCORE_CORR] = corr}};
    mec_fit_run(&fit, &target, 1, &f->workspace, &status);
    assert_ok(status);
}

/* Every cell in a fit of its own, by its own settings. */
static void fit_cells(fitting *f, size_t split, const uint32_t *cells, size_t n, double *corr) {
    for (size_t j = 0; j < n; j++) {
        golden_case copy = *f->c;
        copy.adjust(&copy, f->arena->animals[f->animal], cells[j], split);
        fit_split(f, &copy, split, cells + j, 1, corr + j);
    }
}

/* The mean over splits of every cell's correlation. */
static void fit_splits(fitting *f, double *mean) {
    size_t n = f->arena->populations[f->animal].n_cell;
    size_t splits = n_split(f->c);
    uint32_t *cells = room(n, sizeof *cells);
    double *corr = room(splits * n, sizeof *corr);
    for (size_t j = 0; j < n; j++)
        cells[j] = (uint32_t)j;
    for (size_t s = 0; s < splits; s++)
        if (f->c->adjust)
            fit_cells(f, s, cells, n, corr + s * n);
        else
            fit_split(f, f->c, s, cells, n, corr + s * n);
    for (size_t j = 0; j < n; j++)
        mean[j] = mec_nanmean(corr + j, splits, n, NULL);
    free(cells);
    free(corr);
}

static bool wants_kernel(fitting *f) {
    size_t n_train = split_states(f, f->c, 0);
    mec_shape shape = {.n_cell = f->source->n_cell,
                       .n_train = n_train,
                       .n_test = f->n - n_train,
                       .m = f->arena->populations[f->animal].n_cell};
    return f->c->map->wants_kernel(&f->c->parameters, &shape);
}

/* `mean` (n_cell of the target) over splits; with the kernel, if asked for, where it is wanted. */
static void fit_source(const golden_case *c, const arena *a, size_t animal, mec_source *source,
                       bool with_kernel, double *mean) {
    const mec_population *target = &a->populations[animal];
    fitting f = {.c = c, .arena = a, .source = source, .animal = animal};
    f.states = room(target->n_state, sizeof *f.states);
    f.order = room(target->n_state, sizeof *f.order);
    f.n = find_states(source, target, f.states);
    if (with_kernel && wants_kernel(&f))
        source->kernel = make_kernel(source, f.states, f.n, c->parameters.fit_intercept);
    fit_splits(&f, mean);
    free_kernel(&source->kernel);
    mec_fit_workspace_release(&f.workspace);
    free(f.states);
    free(f.order);
}

/* Every population that predicts `animal`: `parts` has room for all; returns how many. */
static size_t find_parts(const golden_case *c, const arena *a, size_t animal,
                         const mec_population **parts) {
    size_t n = 0;
    if (c->source == GOLDEN_MODEL)
        parts[n++] = &a->model;
    for (size_t i = 0; i < a->n_animal && c->source != GOLDEN_MODEL; i++)
        if (i != animal)
            parts[n++] = &a->populations[i];
    return n;
}

static void fit_animal(const golden_case *c, const arena *a, size_t animal, bool with_kernel,
                       double *found) {
    const mec_population **parts = room(a->n_animal, sizeof *parts);
    size_t n_part = find_parts(c, a, animal, parts);
    size_t n = a->populations[animal].n_cell;
    size_t n_source = c->source == GOLDEN_PAIRWISE ? n_part : 1;
    double *means = room(n_source * n, sizeof *means);
    for (size_t k = 0; k < n_source; k++) {
        mec_source source = {.parts = parts + k, .n_part = n_part / n_source};
        for (size_t i = 0; i < source.n_part; i++)
            source.n_cell += source.parts[i]->n_cell;
        fit_source(c, a, animal, &source, with_kernel, means + k * n);
    }
    for (size_t j = 0; j < n; j++)
        found[j] = mec_nanmean(means + j, n_source, n, NULL);
    free(parts);
    free(means);
}

/* Returns how many numbers were compared. */
static size_t compare_animal(hid_t file, const golden_case *c, const arena *a, size_t animal,
                             bool with_kernel) {
    char path[256];
    size_t count = 0;
    size_t n = a->populations[animal].n_cell;
    snprintf(path, sizeof path, "/cases/%s/%s/%s/corr", c->name, a->name, a->animals[animal]);
    double *wanted = golden_read(file, path, &count, NULL);
    double *found = room(n, sizeof *found);
    assert_int_equal(count, n);
    fit_animal(c, a, animal, with_kernel, found);
    for (size_t j = 0; j < n; j++) {
        bool agree = fabs(found[j] - wanted[j]) <= c->tolerance;
        if (agree || (isnan(found[j]) && isnan(wanted[j])))
            continue;
        print_message("%s%s, cell %zu:\n", path, with_kernel ? " with the kernel" : "", j);
        assert_near(found[j], wanted[j], c->tolerance);
    }
    free(wanted);
    free(found);
    return count;
}

static void compare_case(hid_t file, const golden_case *c) {
    size_t n_compared = 0;
    const char *arenas = c->arenas;
    char name[64];
    while (mec_text_next(&arenas, " ", name, sizeof name)) {
        arena a = read_arena(file, name);
        for (size_t animal = 0; animal < a.n_animal; animal++)
            for (int with_kernel = 0; with_kernel < 2; with_kernel++)
                n_compared += compare_animal(file, c, &a, animal, with_kernel);
        free_arena(&a);
    }
    assert_true(n_compared > 0);
}

void golden_fits_agree(const golden_case *cases, size_t n_case) {
    hid_t file = golden_open(MEC_GOLDEN_FITS);
    for (size_t i = 0; i < n_case; i++)
        compare_case(file, &cases[i]);
    H5Fclose(file);
}
