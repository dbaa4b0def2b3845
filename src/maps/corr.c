/* The one-to-one map: a target is predicted by the sources that correlate best with it.
 *
 * Pearson's r of every source with the target on the train states ranks the sources; those at or
 * above a percentile are kept. With `identity` the prediction is the response of the best one
 * itself, else a regression fitted on those that are kept. Where no r is defined (the target or all
 * sources are constant on the train states) sources are ranked by their index.
 *
 * Ties decide what is kept, so equal columns must have equal r to the last bit. A product of
 * matrices does not promise that: the order in which BLAS sums up may depend on a column's place.
 * It is exact enough to tell which r lie near the percentile, though, and only those are worked out
 * anew by plain sums, which see a column's values alone. */
#include <math.h>
#include <string.h>

#include "maps/map.h"
#include "maps/selection.h"
#include "numerics/linalg.h"

/* Targets that are looked at together: their r with all sources are held. */
enum { TARGETS = 64 };

/* How near the percentile an r is worked out anew; a product of matrices errs by some 1e-14. */
static const double MARGIN = 1e-9;

/* Where a cell's responses are: that to state s at values[s * stride]. */
typedef struct column {
    const double *values;
    size_t stride;
} column;

typedef struct corr {
    const mec_problem *problem;
    size_t n_cell;
    column *columns;   /* (n_cell) of the source */
    double *units;     /* (n_cell, n_train) responses, centred and of norm 1 */
    uint8_t *constant; /* (n_cell) 1: has no r */
    uint32_t *states;  /* (n_train + n_test) 0, 1, ... */
} corr;

/* What predicting a block needs beside the block. */
typedef struct work {
    double *units;     /* (TARGETS, n_train), as the sources' */
    uint8_t *constant; /* (TARGETS) */
    double *r;         /* (TARGETS, n_cell) */
    double *values;    /* (n_cell) room to rank in */
    uint32_t *kept;    /* (n_cell) */
    mec_scratch inner; /* one target's regression */
} work;

/* ---- correlations ---- */

/* Copies a column's responses to `states` (n), centred and scaled to norm 1; returns 1, and leaves
 * zeros, where it is constant. */
static uint8_t fill_unit(column from, const uint32_t *states, size_t n, double *unit) {
    double mean = 0;
    double square = 0;
    for (size_t i = 0; i < n; i++)
        unit[i] = from.values[states[i] * from.stride];
    mec_column_means(unit, n, 1, &mean);
    for (size_t i = 0; i < n; i++) {
        unit[i] -= mean;
        square += unit[i] * unit[i];
    }
    bool constant = !(square > 0) || !isfinite(square);
    double scale = constant ? 0 : 1 / sqrt(square);
    for (size_t i = 0; i < n; i++)
        unit[i] *= scale;
    return constant;
}

static double clipped(double r) {
    return r > 1 ? 1 : r < -1 ? -1 : r;
}

static double plain_product(const double *x, const double *y, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i] * y[i];
    return sum;
}

/* Copies what is not NaN of `r` (n) to `values`; returns how many they are. */
static size_t copy_valid(const double *r, size_t n, double *values) {
    size_t n_valid = 0;
    for (size_t j = 0; j < n; j++)
        if (!isnan(r[j]))
            values[n_valid++] = r[j];
    return n_valid;
}

/* Works out anew the r of target `t` that are near the percentile. */
static void refine(const corr *p, const work *w, size_t t, double percent) {
    double *r = w->r + t * p->n_cell;
    size_t n = p->problem->n_train;
    size_t n_valid = copy_valid(r, p->n_cell, w->values);
    if (n_valid == 0)
        return;
    mec_percentile about = mec_percentile_of(w->values, n_valid, percent);
    for (size_t j = 0; j < p->n_cell; j++)
        if (fabs(r[j] - about.below) < MARGIN || fabs(r[j] - about.above) < MARGIN)
            r[j] = clipped(plain_product(w->units + t * n, p->units + j * n, n));
}

/* r of `m` targets with every source: NaN where not defined; exact near the percentile. */
static void correlate(const corr *p, const work *w, size_t m, double percent) {
    size_t n = p->problem->n_train;
    mec_multiply_transposed(m, p->n_cell, n, w->units, n, p->units, n, 0.0, w->r, p->n_cell);
    for (size_t t = 0; t < m; t++) {
        double *r = w->r + t * p->n_cell;
        for (size_t j = 0; j < p->n_cell; j++)
            r[j] = p->constant[j] || w->constant[t] ? NAN : clipped(r[j]);
        refine(p, w, t, percent);
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
    size_t n_state = n + problem->n_test;
    corr *p = mec_scratch_take(scratch, 1, sizeof *p, status);
    if (!p)
        return status->code;
    *p = (corr){.problem = problem, .n_cell = source->n_cell};
    *prepared = p;
    p->columns = mec_scratch_take(scratch, p->n_cell, sizeof *p->columns, status);
    p->units = mec_scratch_take(scratch, p->n_cell * n, sizeof *p->units, status);
    p->constant = mec_scratch_take(scratch, p->n_cell, sizeof *p->constant, status);
    p->states = mec_scratch_take(scratch, n_state, sizeof *p->states, status);
    if (status->code != MEC_OK)
        return status->code;
    for (size_t i = 0; i < n_state; i++)
        p->states[i] = (uint32_t)i;
    for (size_t k = 0, cell = 0; k < source->n_part; k++)
        for (size_t j = 0; j < source->parts[k]->n_cell; j++)
            p->columns[cell++] = (column){source->parts[k]->resp + j, source->parts[k]->n_cell};
    for (size_t j = 0; j < p->n_cell; j++)
        p->constant[j] = fill_unit(p->columns[j], problem->train, n, p->units + j * n);
    return MEC_OK;
}

/* ---- predict ---- */

static mec_code take_work(const corr *p, work *w, mec_scratch *scratch, mec_status *status) {
    *w = (work){
        .units = mec_scratch_take(scratch, TARGETS * p->problem->n_train, sizeof *w->units, status),
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

/* Lists the sources at or above the percentile of `r` in w->kept, ascending; returns how many they
 * are. */
static size_t keep_sources(const corr *p, work *w, const double *r) {
    size_t n_kept = 0;
    size_t n_valid = copy_valid(r, p->n_cell, w->values);
    bool by_index = n_valid == 0;
    for (size_t j = 0; j < p->n_cell && by_index; j++)
        w->values[n_valid++] = (double)j;
    double least = mec_percentile_of(w->values, n_valid, p->problem->parameters->percentile).value;
    for (size_t j = 0; j < p->n_cell; j++)
        if ((by_index ? (double)j : r[j]) >= least)
            w->kept[n_kept++] = (uint32_t)j;
    return n_kept;
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
    size_t n_kept = keep_sources(p, w, r);
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
    const mec_map_parameters *parameters = p->problem->parameters;
    size_t n = p->problem->n_train;
    for (size_t t = 0; t < m; t++)
        w->constant[t] =
            fill_unit((column){block->y + first + t, block->m}, p->states, n, w->units + t * n);
    correlate(p, w, m, parameters->identity ? 100 : parameters->percentile);
    for (size_t t = 0; t < m && status->code == MEC_OK; t++) {
        const double *r = w->r + t * p->n_cell;
        if (parameters->identity)
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
    block->copied = p->problem->parameters->identity;
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

static bool copies(const mec_map_parameters *parameters) {
    return parameters->identity;
}

const mec_map mec_corr = {.parameters = "percentile identity",
                          .certified = true,
                          .copies = copies,
                          .wants_kernel = wants_kernel,
                          .prepare = prepare,
                          .predict = predict,
                          .cost = cost,
                          .memory = memory};
