/* Bayesian ridge regression: precisions alpha of the noise and lambda of the weights, per target,
 * by maximising the evidence. MacKay, Neural Computation 4 (1992) 415-447; Tipping, JMLR 1 (2001)
 * 211-244, appendix A.
 *
 * From alpha = 1 / (var(y) + eps) and lambda = 1, each round finds the weights w for penalty
 * lambda / alpha, then, with sse = ||y_c - X_c w||^2 and s the singular values of X_c,
 *
 *   gamma  = sum over directions of s^2 / (s^2 + lambda / alpha)
 *   lambda = (gamma + 2 lambda_1) / (||w||^2 + 2 lambda_2)
 *   alpha  = (n - gamma + 2 alpha_1) / (sse + 2 alpha_2)
 *
 * until w moves by less than tol in the 1-norm, and the weights for the last precisions are the
 * result. It depends on when the rounds end, so the test is scikit-learn's to the letter; but in
 * the basis of the directions V of maps/spectrum.h, where a round costs one pass over `rank`
 * numbers, the 1-norm of a move d, ||V d||_1, is the one thing that costs more. It is found only
 * where bounds leave the outcome open: ||d|| <= ||V d||_1 <= sqrt(p) ||d||, and, as successive
 * moves are nearly parallel, | ||V d||_1 - |c| ||V r||_1 | <= sqrt(p) ||d - c r|| with the last
 * move r whose 1-norm was found. Targets that need it wait for each other, so that it comes from
 * few matrix products. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "maps/spectrum.h"
#include "numerics/linalg.h"

/* The bounds take V for orthonormal, which it is to this accuracy. */
static const double MARGIN = 1e-9;
/* Source cells whose part of a 1-norm is found at a time. */
enum { CELLS = 512 };

typedef struct bayes {
    mec_spectrum spectrum;
    double *s; /* (rank) singular values */
    const mec_pulse *pulse;
    size_t n_cell;
    int64_t max_iter;
    double tol, alpha_1, alpha_2, lambda_1, lambda_2;
} bayes;

/* One target under way; arrays are (rank). */
typedef struct target {
    double *along;     /* U'y */
    double *weights;   /* V'w */
    double *move;      /* what the last round added to them */
    double *known;     /* the last move whose 1-norm was found ... */
    double known_norm; /* ... and that; < 0: none yet */
    double beyond;     /* squares of y_c outside the span of U */
    double alpha, lambda;
    int64_t n_round;
    bool waits; /* for the 1-norm of `move` */
} target;

static double or_default(double value, double standard) {
    return isnan(value) ? standard : value;
}

static mec_code prepare(const mec_problem *problem, mec_scratch *scratch, void **prepared,
                        mec_status *status) {
    const mec_map_parameters *given = problem->parameters;
    bayes *b = mec_scratch_take(scratch, 1, sizeof *b, status);
    if (!b || mec_spectrum_prepare(problem, MEC_SPECTRUM_FASTEST, &b->spectrum, scratch, status))
        return status->code;
    const mec_spectrum *s = &b->spectrum;
    b->s = mec_scratch_take(scratch, s->rank, sizeof *b->s, status);
    if (!b->s)
        return status->code;
    double cut = mec_spectrum_cut(s, problem->source->n_cell);
    for (size_t k = 0; k < s->rank; k++)
        b->s[k] = s->complete || s->lambda[k] > cut ? sqrt(s->lambda[k]) : 0;
    b->pulse = problem->pulse;
    b->n_cell = problem->source->n_cell;
    b->max_iter = given->max_iter == MEC_AUTO ? 300 : given->max_iter;
    b->tol = or_default(given->tol, 1e-3);
    b->alpha_1 = or_default(given->alpha_1, 1e-6);
    b->alpha_2 = or_default(given->alpha_2, 1e-6);
    b->lambda_1 = or_default(given->lambda_1, 1e-6);
    b->lambda_2 = or_default(given->lambda_2, 1e-6);
    *prepared = b;
    return MEC_OK;
}

/* One round. */
static void update(const bayes *b, target *t) {
    const mec_spectrum *s = &b->spectrum;
    double ratio = t->lambda / t->alpha;
    double gamma = 0;
    double squares = 0;
    double sse = t->beyond;
    for (size_t k = 0; k < s->rank; k++) {
        double shrunk = 1 / (s->lambda[k] + ratio);
        double weight = b->s[k] * t->along[k] * shrunk;
        double left = ratio * t->along[k] * shrunk;
        gamma += s->lambda[k] * shrunk;
        squares += weight * weight;
        sse += left * left;
        t->move[k] = weight - t->weights[k];
        t->weights[k] = weight;
    }
    t->lambda = (gamma + 2 * b->lambda_1) / (squares + 2 * b->lambda_2);
    t->alpha = ((double)s->n_train - gamma + 2 * b->alpha_1) / (sse + 2 * b->alpha_2);
    t->n_round++;
}

typedef enum verdict { STILL, MOVED, OPEN } verdict;

/* Whether the 1-norm of the last move is below tol, as far as 2-norms can tell. */
static verdict judge(const bayes *b, const target *t) {
    size_t rank = b->spectrum.rank;
    double stretch = sqrt((double)b->n_cell);
    double move = 0;
    double known = 0;
    double product = 0;
    for (size_t k = 0; k < rank; k++) {
        move += t->move[k] * t->move[k];
        known += t->known[k] * t->known[k];
        product += t->move[k] * t->known[k];
    }
    double least = sqrt(move);
    double most = stretch * least;
    if (t->known_norm >= 0 && known > 0) {
        double c = product / known;
        double apart = 0;
        for (size_t k = 0; k < rank; k++)
            apart += (t->move[k] - c * t->known[k]) * (t->move[k] - c * t->known[k]);
        double slack = stretch * sqrt(apart);
        least = fmax(least, fabs(c) * t->known_norm - slack);
        most = fmin(most, fabs(c) * t->known_norm + slack);
    }
    if (most * (1 + MARGIN) < b->tol)
        return STILL;
    return least * (1 - MARGIN) >= b->tol ? MOVED : OPEN;
}

/* Rounds until the target has its precisions (they may be no numbers), or waits. */
static void advance(const bayes *b, target *t) {
    verdict found = MOVED;
    while (found == MOVED && t->n_round < b->max_iter && isfinite(t->lambda / t->alpha)) {
        update(b, t);
        found = t->n_round > 1 ? judge(b, t) : MOVED;
    }
    t->waits = found == OPEN;
}

/* The 1-norms of the moves of all targets that wait; `moves` (m, rank) and `panel` (m, CELLS) are
 * room. */
static void find_norms(const bayes *b, target *targets, size_t m, double *moves, double *panel) {
    const mec_spectrum *s = &b->spectrum;
    size_t n = 0;
    for (size_t j = 0; j < m; j++)
        if (targets[j].waits) {
            memcpy(targets[j].known, targets[j].move, s->rank * sizeof *moves);
            memcpy(moves + n++ * s->rank, targets[j].move, s->rank * sizeof *moves);
            targets[j].known_norm = 0;
        }
    for (size_t cell = 0; cell < b->n_cell; cell += CELLS) {
        size_t width = b->n_cell - cell < CELLS ? b->n_cell - cell : CELLS;
        mec_multiply(n, width, s->rank, moves, s->rank, s->directions + cell, s->ld_directions, 0.0,
                     panel, width);
        const double *row = panel;
        for (size_t j = 0; j < m; j++)
            for (size_t i = 0; i < width && targets[j].waits; i++)
                targets[j].known_norm += fabs(*row++);
    }
}

static mec_code iterate(const bayes *b, target *targets, size_t m, double *moves, double *panel,
                        mec_status *status) {
    for (size_t j = 0; j < m; j++)
        advance(b, &targets[j]);
    for (;;) {
        bool any = false;
        for (size_t j = 0; j < m; j++)
            any = any || targets[j].waits;
        if (!any)
            return MEC_OK;
        if (mec_pulse_stop(b->pulse))
            return mec_fail(status, MEC_STOPPED, "stopped on request");
        find_norms(b, targets, m, moves, panel);
        for (size_t j = 0; j < m; j++) {
            bool goes_on = targets[j].waits && targets[j].known_norm >= b->tol;
            targets[j].waits = false;
            if (goes_on)
                advance(b, &targets[j]);
        }
    }
}

/* Variance of column `j` of y (n, m). */
static double variance(const double *y, size_t n, size_t m, size_t j) {
    double mean = 0;
    double squares = 0;
    for (size_t i = 0; i < n; i++)
        mean += y[i * m + j] / (double)n;
    for (size_t i = 0; i < n; i++)
        squares += (y[i * m + j] - mean) * (y[i * m + j] - mean);
    return squares / (double)n;
}

/* What of each target lies outside the span of U; y becomes that, with its sign turned. `share` (m,
 * rank) is room. */
static void find_beyond(const bayes *b, const mec_block *block, target *targets, double *share) {
    const mec_spectrum *s = &b->spectrum;
    size_t m = block->m;
    for (size_t j = 0; j < m; j++)
        for (size_t k = 0; k < s->rank; k++)
            share[j * s->rank + k] = b->s[k] > 0 ? targets[j].along[k] / b->s[k] : 0;
    mec_multiply_transposed(s->n_train, m, s->rank, s->train, s->rank, share, s->rank, -1.0,
                            block->y, m);
    for (size_t i = 0; i < s->n_train; i++)
        for (size_t j = 0; j < m; j++)
            targets[j].beyond += block->y[i * m + j] * block->y[i * m + j];
}

/* Targets before their first round; the arrays are (m, rank), `room` too. */
static void start(const bayes *b, const mec_block *block, target *targets, double *const arrays[4],
                  double *room) {
    const mec_spectrum *s = &b->spectrum;
    size_t m = block->m;
    mec_transposed_multiply(m, s->rank, s->n_train, block->y, m, s->train, s->rank, arrays[0],
                            s->rank);
    memset(arrays[1], 0, m * s->rank * sizeof(double));
    for (size_t j = 0; j < m; j++) {
        targets[j] = (target){.along = arrays[0] + j * s->rank,
                              .weights = arrays[1] + j * s->rank,
                              .move = arrays[2] + j * s->rank,
                              .known = arrays[3] + j * s->rank,
                              .known_norm = -1,
                              .lambda = 1};
        targets[j].alpha = 1 / (variance(block->y, s->n_train, m, j) + DBL_EPSILON);
        for (size_t k = 0; k < s->rank && !s->complete; k++)
            targets[j].along[k] = b->s[k] > 0 ? targets[j].along[k] / b->s[k] : 0;
    }
    if (!s->complete)
        find_beyond(b, block, targets, room);
}

/* The coefficients of spectrum.test for a target's last precisions: `out` (rank). Where no part of
 * it lies along the source they are 0, whatever the precisions. False where they are no numbers. */
static bool finish(const bayes *b, const target *t, double *out) {
    const mec_spectrum *s = &b->spectrum;
    double ratio = t->lambda / t->alpha;
    double sum = 0;
    for (size_t k = 0; k < s->rank; k++) {
        double along = t->along[k] * (s->complete ? 1 : b->s[k]);
        out[k] = along * b->s[k] == 0 ? 0 : along / (s->lambda[k] + ratio);
        sum += fabs(out[k]);
    }
    return isfinite(sum);
}

/* `coefficients` (m, rank) is room. */
static void predict_targets(const bayes *b, const target *targets, double *coefficients,
                            mec_block *block) {
    const mec_spectrum *s = &b->spectrum;
    size_t m = block->m;
    for (size_t j = 0; j < m; j++)
        if (!finish(b, &targets[j], coefficients + j * s->rank))
            block->outcome[j] = MEC_OUTCOME_FAILED;
    mec_multiply_transposed(s->n_test, m, s->rank, s->test, s->rank, coefficients, s->rank, 0.0,
                            block->prediction, m);
    for (size_t i = 0; i < s->n_test; i++)
        for (size_t j = 0; j < m; j++)
            if (block->outcome[j] == MEC_OUTCOME_FAILED)
                block->prediction[i * m + j] = NAN;
}

static mec_code predict(const void *prepared, mec_block *block, mec_scratch *scratch,
                        mec_status *status) {
    const bayes *b = prepared;
    const mec_spectrum *s = &b->spectrum;
    size_t m = block->m;
    if (s->rank == 0) {
        memset(block->prediction, 0, s->n_test * m * sizeof *block->prediction);
        return MEC_OK;
    }
    double *arrays[4];
    for (int k = 0; k < 4; k++)
        arrays[k] = mec_scratch_take(scratch, m * s->rank, sizeof(double), status);
    double *moves = mec_scratch_take(scratch, m * s->rank, sizeof *moves, status);
    double *panel = mec_scratch_take(scratch, m * CELLS, sizeof *panel, status);
    target *targets = mec_scratch_take(scratch, m, sizeof *targets, status);
    if (status->code != MEC_OK)
        return status->code;
    start(b, block, targets, arrays, moves);
    if (iterate(b, targets, m, moves, panel, status))
        return status->code;
    predict_targets(b, targets, moves, block);
    return MEC_OK;
}

/* As recordings have it: some 30 rounds a target, two 1-norms, a round as long as 10
 * multiplications a direction. */
static double cost(const mec_map_parameters *parameters, const mec_shape *shape) {
    double rank = (double)mec_spectrum_rank(parameters, shape);
    double per_target =
        rank * ((double)shape->n_train + (double)shape->n_test + 2 * (double)shape->n_cell + 300);
    return mec_spectrum_cost(parameters, shape) + per_target * (double)shape->m;
}

static double memory(const mec_map_parameters *parameters, const mec_shape *shape) {
    double m = (double)shape->m;
    double held = m * (5 * (double)mec_spectrum_rank(parameters, shape) + CELLS);
    return mec_spectrum_memory(parameters, shape) + (double)sizeof(double) * held +
           m * (double)sizeof(target);
}

const mec_map mec_bayesian_ridge = {
    .parameters = "alpha_1 alpha_2 lambda_1 lambda_2 max_iter tol fit_intercept",
    .wants_kernel = mec_spectrum_is_complete,
    .prepare = prepare,
    .predict = predict,
    .cost = cost,
    .memory = memory};
