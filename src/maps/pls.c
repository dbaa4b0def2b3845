/* Partial least squares: scikit-learn's PLSRegression, found in fewer dimensions (maps/nipals.h).
 *
 * Where train states are no more than sources, X is needed only through inner products of train
 * states, the source's kernel or, where there is none or sources are scaled, products made here;
 * else X is at hand itself. Scores of test states, T = X_test w, follow from the weights with one
 * product, and the prediction is T loadings. */
#include <math.h>
#include <string.h>

#include "maps/kernel.h"
#include "maps/map.h"
#include "maps/nipals.h"
#include "numerics/linalg.h"

static const double AUTO_TOL = 1e-6;
enum { AUTO_MAX_ITER = 500 };

typedef struct pls {
    const mec_problem *problem;
    bool refused;             /* more components than states or sources, or a single state */
    mec_nipals_design design; /* primal: `f` is X */
    double *x;                /* (n_train, n_cell) X, where products of states were made here */
    double *test; /* (n_test, n_cell) responses; with the source's kernel (n_train, n_test) inner
                     products */
    double *mean, *inverse; /* (n_cell) what turns responses into X: means, 1 / deviations */
} pls;

static bool is_joint(const mec_map_parameters *parameters) {
    return !parameters->fit_per_target_unit;
}

static bool wants_kernel(const mec_map_parameters *parameters, const mec_shape *shape) {
    return shape->n_train <= shape->n_cell && !parameters->scale;
}

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

static bool refuses(const mec_map_parameters *parameters, size_t n_train, size_t n_cell) {
    int64_t n_component = parameters->n_components;
    return n_train < 2 || n_component < 1 || n_component > (int64_t)smaller(n_train, n_cell);
}

static mec_nipals_design design_for(const mec_map_parameters *parameters, size_t n_train,
                                    size_t n_cell) {
    mec_nipals_design design = {.dual = n_train <= n_cell, .n = n_train};
    design.d = design.dual ? n_train : n_cell;
    design.n_component = (size_t)parameters->n_components;
    design.tol = isnan(parameters->tol) ? AUTO_TOL : parameters->tol;
    design.max_iter =
        parameters->max_iter == MEC_AUTO ? AUTO_MAX_ITER : (size_t)parameters->max_iter;
    return design;
}

/* ---- prepare ---- */

/* Columns' 1 / standard deviation (ddof 1) of centred `x` (n, m); 1 where it is 0. */
static void inverse_deviations(const double *x, size_t n, size_t m, double *inverse) {
    memset(inverse, 0, m * sizeof *inverse);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < m; j++)
            inverse[j] += x[i * m + j] * x[i * m + j];
    for (size_t j = 0; j < m; j++)
        inverse[j] = inverse[j] > 0 ? sqrt((double)(n - 1) / inverse[j]) : 1;
}

static void scale_columns(double *x, size_t n, size_t m, const double *factor) {
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < m; j++)
            x[i * m + j] *= factor[j];
}

static double trace_of(const double *a, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i * n + i];
    return sum;
}

/* Inner products of the states centred on the train states, from the source's kernel. Those with
 * test states lack the mean of their column over train states: all weights that they are multiplied
 * with sum to 0, as centred targets do. `mean` (n_train) is room. */
static void gather_kernel(pls *p, double *f, double *mean) {
    const mec_problem *problem = p->problem;
    const mec_kernel *kernel = &problem->source->kernel;
    size_t n = problem->n_train;
    double all = 0;
    for (size_t i = 0; i < n; i++) {
        const double *row = kernel->values + kernel->index[problem->train[i]] * kernel->n;
        for (size_t j = 0; j < n; j++)
            f[i * n + j] = row[kernel->index[problem->train[j]]];
    }
    p->design.size = trace_of(f, n); /* before centring, which errs in proportion */
    mec_column_means(f, n, n, mean); /* which are the rows' too */
    for (size_t i = 0; i < n; i++)
        all += mean[i] / (double)n;
    for (size_t i = 0; i < n; i++) {
        const double *row = kernel->values + kernel->index[problem->train[i]] * kernel->n;
        for (size_t j = 0; j < n; j++)
            f[i * n + j] -= mean[i] + mean[j] - all;
        for (size_t j = 0; j < problem->n_test; j++)
            p->test[i * problem->n_test + j] = row[kernel->index[problem->test[j]]] - mean[i];
    }
}

/* X on the train states, centred, and scaled if asked for; responses to the test states as they
 * are. */
static double *gather_source(pls *p, mec_scratch *scratch, mec_status *status) {
    const mec_problem *problem = p->problem;
    size_t n = problem->n_train;
    size_t n_cell = problem->source->n_cell;
    double *x = mec_scratch_take(scratch, n * n_cell, sizeof *x, status);
    p->test = mec_scratch_take(scratch, problem->n_test * n_cell, sizeof *p->test, status);
    p->mean = mec_scratch_take(scratch, n_cell, sizeof *p->mean, status);
    p->inverse = mec_scratch_take(scratch, n_cell, sizeof *p->inverse, status);
    if (status->code != MEC_OK)
        return NULL;
    mec_source_gather(problem->source, problem->train, n, x);
    mec_source_gather(problem->source, problem->test, problem->n_test, p->test);
    mec_column_means(x, n, n_cell, p->mean);
    mec_subtract_row(x, n, n_cell, p->mean);
    if (problem->parameters->scale) {
        inverse_deviations(x, n, n_cell, p->inverse);
        scale_columns(x, n, n_cell, p->inverse);
    }
    return x;
}

/* f (n, n) = X X' */
static void multiply_states(const double *x, size_t n, size_t n_cell, double *f) {
    mec_gram_rows(n, n_cell, x, n_cell, f, n);
    for (size_t block = 0; block < mec_kernel_n_block(n); block++)
        mec_kernel_mirror(f, n, block);
}

/* Fills p->design.f and what goes from weights to scores of test states. */
static mec_code prepare_design(pls *p, mec_scratch *scratch, mec_status *status) {
    const mec_problem *problem = p->problem;
    mec_nipals_design *design = &p->design;
    size_t n = design->n;
    double *f = NULL;
    if (design->dual)
        f = mec_scratch_take(scratch, n * n, sizeof *f, status);
    if (problem->source->kernel.values && !problem->parameters->scale && design->dual) {
        double *mean = mec_scratch_take(scratch, n, sizeof *mean, status);
        p->test = mec_scratch_take(scratch, n * problem->n_test, sizeof *p->test, status);
        if (status->code == MEC_OK)
            gather_kernel(p, f, mean);
    } else {
        size_t n_cell = problem->source->n_cell;
        double *x = gather_source(p, scratch, status);
        if (status->code != MEC_OK)
            return status->code;
        if (design->dual) {
            p->x = x;
            multiply_states(x, n, n_cell, f);
            design->size = trace_of(f, n);
        } else {
            f = x;
            design->size = sqrt(mec_dot(n * n_cell, x, x));
        }
    }
    design->f = f;
    return status->code;
}

static mec_code prepare(const mec_problem *problem, mec_scratch *scratch, void **prepared,
                        mec_status *status) {
    pls *p = mec_scratch_take(scratch, 1, sizeof *p, status);
    if (!p)
        return status->code;
    *p = (pls){.problem = problem};
    *prepared = p;
    p->refused = refuses(problem->parameters, problem->n_train, problem->source->n_cell);
    if (p->refused)
        return MEC_OK;
    p->design = design_for(problem->parameters, problem->n_train, problem->source->n_cell);
    return prepare_design(p, scratch, status);
}

/* ---- predict ---- */

/* Weights of the sources' responses, (k, n_cell), for rows of weights (k, d). */
static double *weigh_sources(const pls *p, size_t k, const double *weights, mec_scratch *scratch,
                             mec_status *status) {
    size_t n_cell = p->problem->source->n_cell;
    double *out = mec_scratch_take(scratch, k * n_cell, sizeof *out, status);
    if (!out)
        return NULL;
    if (p->x)
        mec_multiply(k, n_cell, p->design.n, weights, p->design.n, p->x, n_cell, 0.0, out, n_cell);
    else
        memcpy(out, weights, k * n_cell * sizeof *out);
    if (p->problem->parameters->scale)
        scale_columns(out, k, n_cell, p->inverse);
    return out;
}

/* Scores of the test states for rows of weights (k, d): `out` (k, n_test). */
static mec_code project(const pls *p, size_t k, const double *weights, double *out,
                        mec_scratch *scratch, mec_status *status) {
    size_t n = p->design.n;
    size_t n_test = p->problem->n_test;
    size_t n_cell = p->problem->source->n_cell;
    if (!p->mean) {
        mec_multiply(k, n_test, n, weights, n, p->test, n_test, 0.0, out, n_test);
        return MEC_OK;
    }
    double *of_sources = weigh_sources(p, k, weights, scratch, status);
    if (!of_sources)
        return status->code;
    mec_multiply_transposed(k, n_test, n_cell, of_sources, n_cell, p->test, n_cell, 0.0, out,
                            n_test);
    for (size_t i = 0; i < k; i++) {
        double offset = mec_dot(n_cell, of_sources + i * n_cell, p->mean);
        for (size_t j = 0; j < n_test; j++)
            out[i * n_test + j] -= offset;
    }
    return MEC_OK;
}

static mec_code find_components(const pls *p, mec_nipals *nipals, double *y, int8_t *outcome,
                                mec_status *status) {
    switch (mec_nipals_run(nipals, y, p->problem->pulse)) {
    case MEC_NIPALS_STOPPED:
        return mec_fail(status, MEC_STOPPED, "stopped on request");
    case MEC_NIPALS_FAILED:
        memset(outcome, MEC_OUTCOME_FAILED, nipals->m);
        break;
    case MEC_NIPALS_DONE:
        break;
    }
    return MEC_OK;
}

/* All targets of the block share components. */
static mec_code predict_together(const pls *p, mec_block *block, mec_scratch *scratch,
                                 mec_status *status) {
    mec_nipals nipals;
    size_t n_test = p->problem->n_test;
    double *scores =
        mec_scratch_take(scratch, p->design.n_component * n_test, sizeof *scores, status);
    if (!scores || mec_nipals_create(&nipals, &p->design, block->m, scratch, status) ||
        find_components(p, &nipals, block->y, block->outcome, status) ||
        project(p, nipals.n_found, nipals.weights, scores, scratch, status))
        return status->code;
    mec_transposed_multiply(n_test, block->m, nipals.n_found, scores, n_test, nipals.loadings,
                            block->m, block->prediction, block->m);
    return MEC_OK;
}

/* Every target has its own; their weights are summed up, and projected for all at once. */
static mec_code predict_one_by_one(const pls *p, mec_block *block, mec_scratch *scratch,
                                   mec_status *status) {
    mec_nipals nipals;
    size_t m = block->m;
    size_t n_test = p->problem->n_test;
    double *y = mec_scratch_take(scratch, p->design.n, sizeof *y, status);
    double *weights = mec_scratch_take(scratch, m * p->design.d, sizeof *weights, status);
    double *out = mec_scratch_take(scratch, m * n_test, sizeof *out, status);
    if (!y || !weights || !out || mec_nipals_create(&nipals, &p->design, 1, scratch, status))
        return status->code;
    memset(weights, 0, m * p->design.d * sizeof *weights);
    for (size_t j = 0; j < m; j++) {
        for (size_t i = 0; i < p->design.n; i++)
            y[i] = block->y[i * m + j];
        if (find_components(p, &nipals, y, block->outcome + j, status))
            return status->code;
        for (size_t k = 0; k < nipals.n_found; k++)
            mec_add_multiple(p->design.d, nipals.loadings[k], nipals.weights + k * p->design.d,
                             weights + j * p->design.d);
    }
    if (project(p, m, weights, out, scratch, status))
        return status->code;
    for (size_t i = 0; i < n_test; i++)
        for (size_t j = 0; j < m; j++)
            block->prediction[i * m + j] = out[j * n_test + i];
    return MEC_OK;
}

static bool all_finite(const double *x, size_t n) {
    bool all = true;
    for (size_t i = 0; i < n; i++)
        all &= isfinite(x[i]) != 0;
    return all;
}

/* Targets whose fit failed have no predictions. */
static void erase_failures(const mec_block *block, size_t n_test) {
    for (size_t j = 0; j < block->m; j++)
        for (size_t i = 0; i < n_test && block->outcome[j] == MEC_OUTCOME_FAILED; i++)
            block->prediction[i * block->m + j] = NAN;
}

/* Nor have those with predictions that are not finite. */
static void check_predictions(const mec_block *block, size_t n_test) {
    size_t n = n_test * block->m;
    bool good = all_finite(block->prediction, n);
    for (size_t k = 0; k < n && !good; k++)
        if (!isfinite(block->prediction[k]))
            block->outcome[k % block->m] = MEC_OUTCOME_FAILED;
    erase_failures(block, n_test);
}

static mec_code predict(const void *prepared, mec_block *block, mec_scratch *scratch,
                        mec_status *status) {
    const pls *p = prepared;
    size_t n_test = p->problem->n_test;
    double *inverse = NULL;
    if (p->refused) {
        memset(block->outcome, MEC_OUTCOME_FAILED, block->m);
        erase_failures(block, n_test);
        return MEC_OK;
    }
    if (p->problem->parameters->scale) {
        inverse = mec_scratch_take(scratch, block->m, sizeof *inverse, status);
        if (!inverse)
            return status->code;
        inverse_deviations(block->y, p->design.n, block->m, inverse);
        scale_columns(block->y, p->design.n, block->m, inverse);
    }
    if (is_joint(p->problem->parameters) ? predict_together(p, block, scratch, status)
                                         : predict_one_by_one(p, block, scratch, status))
        return status->code;
    for (size_t j = 0; j < block->m && inverse; j++)
        inverse[j] = 1 / inverse[j];
    if (inverse)
        scale_columns(block->prediction, n_test, block->m, inverse);
    check_predictions(block, n_test);
    return MEC_OK;
}

/* ---- estimates ---- */

/* Iterations that a component takes, as a rule. */
enum { TYPICAL_ITER = 30 };

static double cost(const mec_map_parameters *parameters, const mec_shape *s) {
    if (refuses(parameters, s->n_train, s->n_cell))
        return 0;
    mec_nipals_design design = design_for(parameters, s->n_train, s->n_cell);
    double n = (double)s->n_train;
    double p = (double)s->n_cell;
    double m = (double)s->m;
    double d = (double)design.d;
    double k = (double)design.n_component;
    double own_kernel = design.dual && parameters->scale ? n * n * p / 2 : 0;
    if (parameters->fit_per_target_unit)
        return own_kernel + m * (k * (2 * n * d + 4 * k * (n + d)) + (double)s->n_test * d);
    double least = m < d ? m : d;
    double width = wants_kernel(parameters, s) ? n : p;
    return own_kernel + d * n * m + d * m * least + k * TYPICAL_ITER * least * least +
           k * (2 * n * d + 3 * d * m + (double)s->n_test * (width + m));
}

static double memory(const mec_map_parameters *parameters, const mec_shape *s) {
    if (refuses(parameters, s->n_train, s->n_cell))
        return 0;
    mec_nipals_design design = design_for(parameters, s->n_train, s->n_cell);
    double n = (double)s->n_train;
    double p = (double)s->n_cell;
    double m = (double)s->m;
    double n_test = (double)s->n_test;
    double k = (double)design.n_component;
    bool kernel = wants_kernel(parameters, s);
    double held = (design.dual ? n * n : 0) + (kernel ? n * n_test : (n + n_test + 2) * p);
    double rows = parameters->fit_per_target_unit ? m : k;
    held += rows * (n_test + (kernel ? 0 : p));
    if (parameters->fit_per_target_unit)
        held += m * (double)design.d;
    return held * (double)sizeof(double) +
           mec_nipals_memory(&design, parameters->fit_per_target_unit ? 1 : s->m);
}

const mec_map mec_pls = {.parameters = "n_components scale tol max_iter fit_per_target_unit",
                         .is_joint = is_joint,
                         .wants_kernel = wants_kernel,
                         .prepare = prepare,
                         .predict = predict,
                         .cost = cost,
                         .memory = memory};
