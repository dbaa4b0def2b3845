/* Ridge regression whose alpha is chosen per target by leave-one-out cross-validation.
 *
 * Leaving state i out changes its residual from e_i to e_i / d_i, without a refit (Allen,
 * Technometrics 16 (1974) 125-127; Golub, Heath & Wahba, Technometrics 21 (1979) 215-223; Rifkin &
 * Lippert, MIT-CSAIL-TR-2007-025). With the spectrum of maps/spectrum.h and an intercept that is
 * refitted too:
 *
 *   few states   alpha inverse(K + alpha I): e = U diag(c) U'y, d = diag(U diag(c) U'),
 *                c = alpha / (s^2 + alpha)
 *   many         I - hat matrix: e = y - F diag(c) F'y, d = 1 - 1/n - diag(F diag(c) F'),
 *                F = U diag(s), c = 1 / (s^2 + alpha)
 *
 * The first has no difference of nearly equal numbers in it where the map interpolates; its U
 * leaves out the constants, hence no 1/n. The alpha of the smallest mean of (e / d)^2 wins, the
 * first given one of equals. */
#include <math.h>
#include <string.h>

#include "maps/spectrum.h"
#include "numerics/linalg.h"

static const mec_reals DEFAULT_ALPHAS = {3, {0.1, 1, 10}};

typedef struct ridge_cv {
    mec_spectrum spectrum;
    const mec_reals *alphas;
    double *scale; /* (alphas, n_train): 1 / d */
} ridge_cv;

static const mec_reals *alphas_of(const mec_map_parameters *parameters) {
    return parameters->alphas.n > 0 ? &parameters->alphas : &DEFAULT_ALPHAS;
}

/* c with its sign: what stands between F and F' in e, and in d. */
static double middle(const mec_spectrum *s, double alpha, size_t k) {
    return (s->complete ? alpha : -1) / (s->lambda[k] + alpha);
}

static void find_scale(const ridge_cv *r, double own, double alpha, double *scale) {
    const mec_spectrum *s = &r->spectrum;
    for (size_t i = 0; i < s->n_train; i++) {
        double d = own;
        for (size_t k = 0; k < s->rank; k++)
            d += s->train[i * s->rank + k] * s->train[i * s->rank + k] * middle(s, alpha, k);
        scale[i] = 1 / d;
    }
}

static mec_code prepare(const mec_problem *problem, mec_scratch *scratch, void **prepared,
                        mec_status *status) {
    const mec_reals *alphas = alphas_of(problem->parameters);
    ridge_cv *r = mec_scratch_take(scratch, 1, sizeof *r, status);
    double *scale = mec_scratch_take(scratch, alphas->n * problem->n_train, sizeof *scale, status);
    if (!r || !scale)
        return status->code;
    double least = alphas->values[0];
    for (size_t a = 1; a < alphas->n; a++)
        least = fmin(least, alphas->values[a]);
    *prepared = r;
    r->alphas = alphas;
    r->scale = scale;
    if (mec_spectrum_prepare(problem, least, false, &r->spectrum, scratch, status))
        return status->code;
    double n = (double)problem->n_train;
    double own = problem->parameters->fit_intercept ? 1 - 1 / n : 1;
    for (size_t a = 0; a < alphas->n; a++)
        find_scale(r, r->spectrum.complete ? 0 : own, alphas->values[a],
                   scale + a * problem->n_train);
    return MEC_OK;
}

/* Room for the choice. */
typedef struct choice {
    double *projected; /* (rank, m): F'y */
    double *filtered;  /* (rank, m): that, filtered */
    double *residual;  /* (n_train, m): e */
    double *score;     /* (m) sum of (e / d)^2 at the alpha that is looked at */
    double *best;      /* (m) the smallest so far */
    size_t *chosen;    /* (m) index of its alpha */
} choice;

static bool take_room(const mec_spectrum *s, size_t m, choice *c, mec_scratch *scratch,
                      mec_status *status) {
    c->projected = mec_scratch_take(scratch, s->rank * m, sizeof(double), status);
    c->filtered = mec_scratch_take(scratch, s->rank * m, sizeof(double), status);
    c->residual = mec_scratch_take(scratch, s->n_train * m, sizeof(double), status);
    c->score = mec_scratch_take(scratch, m, sizeof(double), status);
    c->best = mec_scratch_take(scratch, m, sizeof(double), status);
    c->chosen = mec_scratch_take(scratch, m, sizeof(size_t), status);
    return status->code == MEC_OK;
}

/* The score of every target at alpha number `a`. */
static void find_scores(const ridge_cv *r, size_t a, const mec_block *block, choice *c) {
    const mec_spectrum *s = &r->spectrum;
    size_t m = block->m;
    for (size_t k = 0; k < s->rank; k++) {
        double factor = middle(s, r->alphas->values[a], k);
        for (size_t j = 0; j < m; j++)
            c->filtered[k * m + j] = factor * c->projected[k * m + j];
    }
    if (!s->complete)
        memcpy(c->residual, block->y, s->n_train * m * sizeof *c->residual);
    mec_multiply(s->n_train, m, s->rank, s->train, s->rank, c->filtered, m, s->complete ? 0.0 : 1.0,
                 c->residual, m);
    memset(c->score, 0, m * sizeof *c->score);
    for (size_t i = 0; i < s->n_train; i++) {
        double scale = r->scale[a * s->n_train + i];
        for (size_t j = 0; j < m; j++) {
            double error = c->residual[i * m + j] * scale;
            c->score[j] += error * error;
        }
    }
}

static void choose(const ridge_cv *r, const mec_block *block, choice *c) {
    for (size_t a = 0; a < r->alphas->n; a++) {
        find_scores(r, a, block, c);
        for (size_t j = 0; j < block->m; j++)
            if (a == 0 || c->score[j] < c->best[j]) {
                c->best[j] = c->score[j];
                c->chosen[j] = a;
            }
    }
}

static mec_code predict(const void *prepared, mec_block *block, mec_scratch *scratch,
                        mec_status *status) {
    const ridge_cv *r = prepared;
    const mec_spectrum *s = &r->spectrum;
    size_t m = block->m;
    choice c;
    if (s->rank == 0) {
        memset(block->prediction, 0, s->n_test * m * sizeof *block->prediction);
        return MEC_OK;
    }
    if (!take_room(s, m, &c, scratch, status))
        return status->code;
    mec_transposed_multiply(s->rank, m, s->n_train, s->train, s->rank, block->y, m, c.projected, m);
    choose(r, block, &c);
    for (size_t k = 0; k < s->rank; k++)
        for (size_t j = 0; j < m; j++)
            c.projected[k * m + j] /= s->lambda[k] + r->alphas->values[c.chosen[j]];
    mec_multiply(s->n_test, m, s->rank, s->test, s->rank, c.projected, m, 0.0, block->prediction,
                 m);
    return MEC_OK;
}

static double rank_of(const mec_map_parameters *parameters, const mec_shape *shape) {
    return (double)(mec_spectrum_is_complete(parameters, shape) ? shape->n_train : shape->n_cell);
}

static double cost(const mec_map_parameters *parameters, const mec_shape *shape) {
    double n_alpha = (double)alphas_of(parameters)->n;
    double rank = rank_of(parameters, shape);
    double n = (double)shape->n_train;
    double n_test = (double)shape->n_test;
    return mec_spectrum_cost(parameters, shape, false) + n_alpha * n * rank +
           rank * (double)shape->m * (n + n_alpha * n + n_test);
}

static double memory(const mec_map_parameters *parameters, const mec_shape *shape) {
    double n = (double)shape->n_train;
    double held = (double)alphas_of(parameters)->n * n +
                  (double)shape->m * (2 * rank_of(parameters, shape) + n + 3);
    return mec_spectrum_memory(parameters, shape) + (double)sizeof(double) * held;
}

const mec_map mec_ridge_cv = {.parameters = "alphas fit_intercept",
                              .wants_kernel = mec_spectrum_is_complete,
                              .prepare = prepare,
                              .predict = predict,
                              .cost = cost,
                              .memory = memory};
