/* The one-to-one map: a target is predicted by the sources that correlate best with it.
 *
 * Pearson's r of every source with the target on the train states ranks the sources; those at or
 * above a percentile are kept. With `identity` the prediction is the response of the best one
 * itself, else a regression fitted on those that are kept. Where no r is defined (the target or all
 * sources are constant on the train states) sources are ranked by their index.
 *
 * Equal columns must have equal r to the last bit, since ties decide what is kept. So r is a plain
 * sum over states in their order, wherever a column stands: columns are taken in tiles of four,
 * padded with zeros, and no product of matrices is left to BLAS, whose order of summation may
 * depend on a column's place. */
#include <math.h>
#include <string.h>

#include "maps/map.h"
#include "maps/selection.h"
#include "numerics/linalg.h"

/* Columns of a tile; targets that are looked at together, whose r are held, and whose tiles stay in
 * the cache while those of the sources pass by. */
enum { TILE = 4, TARGETS = 64 };

/* Where a cell's responses are: that to state s at values[s * stride]. */
typedef struct column {
    const double *values;
    size_t stride;
} column;

typedef struct corr {
    const mec_problem *problem;
    size_t n_cell, n_tile;
    column *columns;   /* (n_cell) of the source */
    double *tiles;     /* (n_tile, n_train, TILE) responses, centred and of norm 1 */
    uint8_t *constant; /* (n_tile, TILE) 1: has no r */
    uint32_t *states;  /* (n_train + n_test) 0, 1, ... */
} corr;

/* What predicting a block needs beside the block. */
typedef struct work {
    double *tiles;     /* (TARGETS / TILE, n_train, TILE), as the sources' */
    uint8_t *constant; /* (TARGETS) */
    double *r;         /* (TARGETS, n_cell) */
    double *values;    /* (n_cell) room to select in */
    uint32_t *kept;    /* (n_cell) */
    mec_scratch inner; /* one target's regression */
} work;

/* ---- correlations ---- */

/* Copies up to TILE columns on `states` (n), centred and scaled to norm 1: `tile` (n, TILE). A
 * constant column becomes 0 and is marked. */
static void fill_tile(const column *columns, size_t n_column, const uint32_t *states, size_t n,
                      double *tile, uint8_t *constant) {
    double mean[TILE];
    double square[TILE] = {0};
    for (size_t i = 0; i < n; i++)
        for (size_t c = 0; c < TILE; c++)
            tile[i * TILE + c] =
                c < n_column ? columns[c].values[states[i] * columns[c].stride] : 0;
    mec_column_means(tile, n, TILE, mean);
    mec_subtract_row(tile, n, TILE, mean);
    for (size_t i = 0; i < n; i++)
        for (size_t c = 0; c < TILE; c++)
            square[c] += tile[i * TILE + c] * tile[i * TILE + c];
    for (size_t c = 0; c < TILE; c++) {
        constant[c] = !(square[c] > 0) || !isfinite(square[c]);
        square[c] = constant[c] ? 0 : 1 / sqrt(square[c]);
    }
    for (size_t i = 0; i < n; i++)
        for (size_t c = 0; c < TILE; c++)
            tile[i * TILE + c] *= square[c];
}

/* Sums of products of the columns of two tiles (n, TILE): r of target t and source c. */
static void multiply_tiles(const double *restrict source, const double *restrict target, size_t n,
                           double r[TILE][TILE]) {
    double sum[TILE][TILE] = {{0}};
    for (size_t i = 0; i < n; i++)
        for (size_t t = 0; t < TILE; t++)
            for (size_t c = 0; c < TILE; c++)
                sum[t][c] += target[i * TILE + t] * source[i * TILE + c];
    memcpy(r, sum, sizeof sum);
}

/* r of `m` targets with every source: NaN where not defined, and never beyond -1 and 1. */
static void correlate(const corr *p, const work *w, size_t m) {
    size_t n = p->problem->n_train;
    double r[TILE][TILE];
    for (size_t s = 0; s < p->n_tile; s++)
        for (size_t first = 0; first < m; first += TILE) {
            multiply_tiles(p->tiles + s * n * TILE, w->tiles + first * n, n, r);
            for (size_t t = 0; t < TILE && first + t < m; t++)
                for (size_t c = 0; c < TILE && s * TILE + c < p->n_cell; c++) {
                    bool none = p->constant[s * TILE + c] || w->constant[first + t];
                    w->r[(first + t) * p->n_cell + s * TILE + c] =
                        none ? NAN : fmax(-1, fmin(1, r[t][c]));
                }
        }
}

/* ---- prepare ---- */

static bool wants_kernel(const mec_map_parameters *parameters, const mec_shape *shape) {
    (void)parameters, (void)shape;
    return false;
}

static mec_code prepare(const mec_problem *problem, mec_scratch *scratch, void **prepared,
                        mec_status *status) {
    const mec_source *source = problem->source;
    size_t n = problem->n_train;
    size_t n_tile = (source->n_cell + TILE - 1) / TILE;
    size_t n_state = n + problem->n_test;
    corr *p = mec_scratch_take(scratch, 1, sizeof *p, status);
    if (!p)
        return status->code;
    *p = (corr){.problem = problem, .n_tile = n_tile, .n_cell = source->n_cell};
    *prepared = p;
    p->columns = mec_scratch_take(scratch, p->n_cell, sizeof *p->columns, status);
    p->tiles = mec_scratch_take(scratch, n_tile * n * TILE, sizeof *p->tiles, status);
    p->constant = mec_scratch_take(scratch, n_tile * TILE, sizeof *p->constant, status);
    p->states = mec_scratch_take(scratch, n_state, sizeof *p->states, status);
    if (status->code != MEC_OK)
        return status->code;
    for (size_t i = 0; i < n_state; i++)
        p->states[i] = (uint32_t)i;
    for (size_t k = 0, cell = 0; k < source->n_part; k++)
        for (size_t j = 0; j < source->parts[k]->n_cell; j++)
            p->columns[cell++] = (column){source->parts[k]->resp + j, source->parts[k]->n_cell};
    for (size_t s = 0; s < n_tile; s++) {
        size_t rest = p->n_cell - s * TILE;
        fill_tile(p->columns + s * TILE, rest < TILE ? rest : TILE, problem->train, n,
                  p->tiles + s * n * TILE, p->constant + s * TILE);
    }
    return MEC_OK;
}

/* ---- predict ---- */

static mec_code take_work(const corr *p, work *w, mec_scratch *scratch, mec_status *status) {
    *w = (work){
        .tiles = mec_scratch_take(scratch, TARGETS * p->problem->n_train, sizeof *w->tiles, status),
        .constant = mec_scratch_take(scratch, TARGETS, sizeof *w->constant, status),
        .r = mec_scratch_take(scratch, TARGETS * p->n_cell, sizeof *w->r, status),
        .values = mec_scratch_take(scratch, p->n_cell, sizeof *w->values, status),
        .kept = mec_scratch_take(scratch, p->n_cell, sizeof *w->kept, status)};
    return status->code;
}

/* The first of the sources with the largest r; the last source where there is no r. */
static size_t best_source(const double *r, size_t n_cell) {
    size_t best = n_cell - 1;
    double largest = -INFINITY;
    for (size_t j = 0; j < n_cell; j++)
        if (r[j] > largest) {
            largest = r[j];
            best = j;
        }
    return best;
}

static void copy_best(const corr *p, const double *r, mec_block *block, size_t target) {
    const column *best = &p->columns[best_source(r, p->n_cell)];
    for (size_t i = 0; i < p->problem->n_test; i++)
        block->prediction[i * block->m + target] = best->values[p->problem->test[i] * best->stride];
    block->intercept[target] = 0;
}

/* The kept sources alone, on the train states and then the test states: `resp` (n_state, n_kept).
 */
static void gather_kept(const corr *p, const uint32_t *kept, size_t n_kept, double *resp) {
    const mec_problem *problem = p->problem;
    for (size_t i = 0; i < problem->n_train + problem->n_test; i++) {
        uint32_t state =
            i < problem->n_train ? problem->train[i] : problem->test[i - problem->n_train];
        for (size_t j = 0; j < n_kept; j++) {
            const column *from = &p->columns[kept[j]];
            resp[i * n_kept + j] = from->values[state * from->stride];
        }
    }
}

/* The kernel of the kept sources, less the products between test states, which no map reads. Any
 * offset of a source may be taken from it first where an intercept is fitted; its mean keeps the
 * numbers small. */
static mec_code make_kernel(const corr *p, double *resp, size_t n_kept, mec_kernel *kernel,
                            mec_scratch *scratch, mec_status *status) {
    size_t n_train = p->problem->n_train;
    size_t n = n_train + p->problem->n_test;
    double *mean = mec_scratch_take(scratch, n_kept, sizeof *mean, status);
    double *values = mec_scratch_take(scratch, n * n, sizeof *values, status);
    if (!mean || !values)
        return status->code;
    if (p->problem->parameters->fit_intercept) {
        mec_column_means(resp, n_train, n_kept, mean);
        mec_subtract_row(resp, n, n_kept, mean);
    }
    mec_multiply_transposed(n_train, n, n_kept, resp, n_kept, resp, n_kept, 0.0, values, n);
    for (size_t i = n_train; i < n; i++)
        for (size_t j = 0; j < n_train; j++)
            values[i * n + j] = values[j * n + i];
    *kernel = (mec_kernel){.values = values, .n = n, .index = p->states};
    return MEC_OK;
}

/* Fits one target on the source of kept columns and copies what it predicts. */
static mec_code fit_source(const corr *p, const mec_source *source, mec_block *block, size_t target,
                           mec_scratch *scratch, mec_status *status) {
    const mec_map *map = mec_map_at(p->problem->parameters->regression);
    mec_problem problem = *p->problem;
    void *prepared = NULL;
    mec_block one = {.m = 1,
                     .y = mec_scratch_take(scratch, problem.n_train, sizeof(double), status),
                     .prediction =
                         mec_scratch_take(scratch, problem.n_test, sizeof(double), status),
                     .intercept = block->intercept + target,
                     .gap = block->gap + target,
                     .outcome = block->outcome + target};
    problem.source = source;
    problem.train = p->states;
    problem.test = p->states + problem.n_train;
    if (status->code != MEC_OK)
        return status->code;
    for (size_t i = 0; i < problem.n_train; i++)
        one.y[i] = block->y[i * block->m + target];
    if (map->prepare(&problem, scratch, &prepared, status) ||
        map->predict(prepared, &one, scratch, status))
        return status->code;
    bool varies = mec_source_varies(source, problem.train, problem.n_train, problem.test,
                                    problem.n_test, problem.parameters->fit_intercept);
    for (size_t i = 0; i < problem.n_test; i++)
        block->prediction[i * block->m + target] = one.prediction[varies ? i : 0];
    return MEC_OK;
}

static mec_code fit_kept(const corr *p, work *w, const double *r, mec_block *block, size_t target,
                         mec_status *status) {
    const mec_problem *problem = p->problem;
    const mec_map *map = mec_map_at(problem->parameters->regression);
    size_t n_kept = mec_select(r, p->n_cell, problem->parameters->percentile, w->values, w->kept);
    size_t n_state = problem->n_train + problem->n_test;
    mec_shape shape = {n_kept, problem->n_train, problem->n_test, 1};
    mec_scratch_reset(&w->inner);
    double *resp = mec_scratch_take(&w->inner, n_state * n_kept, sizeof *resp, status);
    if (!resp)
        return status->code;
    gather_kept(p, w->kept, n_kept, resp);
    mec_population kept = {.resp = resp, .n_state = n_state, .n_cell = n_kept};
    const mec_population *parts[] = {&kept};
    mec_source source = {.parts = parts, .n_part = 1, .n_cell = n_kept};
    if (map->wants_kernel(problem->parameters, &shape) &&
        make_kernel(p, resp, n_kept, &source.kernel, &w->inner, status))
        return status->code;
    return fit_source(p, &source, block, target, &w->inner, status);
}

/* Targets `first` and the m - 1 following. */
static mec_code predict_some(const corr *p, work *w, mec_block *block, size_t first, size_t m,
                             mec_status *status) {
    bool identity = p->problem->parameters->identity;
    size_t n = p->problem->n_train;
    for (size_t t = 0; t < m; t += TILE) {
        column columns[TILE];
        size_t n_column = m - t < TILE ? m - t : TILE;
        for (size_t c = 0; c < n_column; c++)
            columns[c] = (column){block->y + first + t + c, block->m};
        fill_tile(columns, n_column, p->states, n, w->tiles + t * n, w->constant + t);
    }
    correlate(p, w, m);
    for (size_t t = 0; t < m && status->code == MEC_OK; t++) {
        const double *r = w->r + t * p->n_cell;
        if (identity)
            copy_best(p, r, block, first + t);
        else if (mec_pulse_stop(p->problem->pulse))
            mec_fail(status, MEC_STOPPED, "stopped on request");
        else
            fit_kept(p, w, r, block, first + t, status);
    }
    return status->code;
}

static mec_code predict(const void *prepared, mec_block *block, mec_scratch *scratch,
                        mec_status *status) {
    const corr *p = prepared;
    work w;
    take_work(p, &w, scratch, status);
    for (size_t first = 0; first < block->m && status->code == MEC_OK; first += TARGETS) {
        size_t rest = block->m - first;
        predict_some(p, &w, block, first, rest < TARGETS ? rest : TARGETS, status);
    }
    mec_scratch_release(&w.inner);
    return status->code;
}

/* ---- estimates ---- */

/* One target's regression on the sources that are kept. */
static mec_shape inner_shape(const mec_map_parameters *parameters, const mec_shape *s) {
    double kept = (1 - parameters->percentile / 100) * (double)s->n_cell;
    return (mec_shape){(size_t)kept + 1, s->n_train, s->n_test, 1};
}

/* Products of the inner kernel. */
static double inner_kernel_cost(const mec_map_parameters *parameters, const mec_shape *one) {
    if (!mec_map_at(parameters->regression)->wants_kernel(parameters, one))
        return 0;
    return (double)one->n_cell * (double)one->n_train * (double)(one->n_train + one->n_test);
}

static double cost(const mec_map_parameters *parameters, const mec_shape *s) {
    double m = (double)s->m;
    double own = (double)s->n_cell * (double)s->n_train * m;
    if (parameters->identity)
        return own + (double)s->n_test * m;
    mec_shape one = inner_shape(parameters, s);
    double gather = (double)one.n_cell * (double)(s->n_train + s->n_test);
    return own + m * (gather + inner_kernel_cost(parameters, &one) +
                      mec_map_at(parameters->regression)->cost(parameters, &one));
}

static double memory(const mec_map_parameters *parameters, const mec_shape *s) {
    double p = (double)s->n_cell;
    double n = (double)s->n_train;
    double n_state = n + (double)s->n_test;
    double own = sizeof(double) * ((n + TARGETS + 1) * p + TARGETS * n) +
                 p * (double)(sizeof(column) + sizeof(uint32_t)) + n_state * sizeof(uint32_t);
    if (parameters->identity)
        return own;
    mec_shape one = inner_shape(parameters, s);
    double kernel = inner_kernel_cost(parameters, &one) > 0 ? n_state * n_state : 0;
    return own + sizeof(double) * ((double)one.n_cell * (n_state + 1) + kernel + n_state) +
           mec_map_at(parameters->regression)->memory(parameters, &one);
}

const mec_map mec_corr = {.parameters = "percentile identity",
                          .certified = true,
                          .wants_kernel = wants_kernel,
                          .prepare = prepare,
                          .predict = predict,
                          .cost = cost,
                          .memory = memory};
