#include "maps/scores.h"

#include <math.h>

/* What the two passes over the test states gather for every cell. */
typedef struct sums {
    double *mean_y, *mean_p;               /* first pass */
    double *min_y, *max_y, *min_p, *max_p; /* first pass: equal where constant */
    double *yy, *pp, *yp, *residual;       /* second pass */
    /* Powers of two near 1 / range that yy, pp, yp are scaled by, so that squares of very small or
     * large numbers neither vanish nor overflow; exact. */
    double *scale_y, *scale_p;
} sums;

enum { N_SUM = 12 };

static mec_code take_sums(sums *s, size_t n, mec_scratch *scratch, mec_status *status) {
    double *block = mec_scratch_take(scratch, N_SUM * n, sizeof *block, status);
    if (!block)
        return status->code;
    double **members[N_SUM] = {&s->mean_y, &s->mean_p,   &s->min_y,   &s->max_y,
                               &s->min_p,  &s->max_p,    &s->yy,      &s->pp,
                               &s->yp,     &s->residual, &s->scale_y, &s->scale_p};
    for (size_t k = 0; k < N_SUM; k++)
        *members[k] = block + k * n;
    for (size_t j = 0; j < n; j++) {
        s->mean_y[j] = s->mean_p[j] = s->yy[j] = s->pp[j] = s->yp[j] = s->residual[j] = 0;
        s->min_y[j] = s->min_p[j] = INFINITY;
        s->max_y[j] = s->max_p[j] = -INFINITY;
    }
    return MEC_OK;
}

double mec_score_scale(double range) {
    if (!(range > 0) || !isfinite(range))
        return 1.0;
    int exponent = -ilogb(range); /* cut, so that the scale's square is finite */
    return scalbn(1.0, exponent > 500 ? 500 : exponent < -500 ? -500 : exponent);
}

static void first_pass(const sums *s, const double *restrict y, const double *restrict p,
                       size_t n) {
    for (size_t j = 0; j < n; j++) {
        s->mean_y[j] += y[j];
        s->mean_p[j] += p[j];
    }
    for (size_t j = 0; j < n; j++) {
        s->min_y[j] = y[j] < s->min_y[j] ? y[j] : s->min_y[j];
        s->max_y[j] = y[j] > s->max_y[j] ? y[j] : s->max_y[j];
        s->min_p[j] = p[j] < s->min_p[j] ? p[j] : s->min_p[j];
        s->max_p[j] = p[j] > s->max_p[j] ? p[j] : s->max_p[j];
    }
}

/* Between the passes. */
static void find_means_and_scales(const sums *s, size_t n, size_t n_test) {
    for (size_t j = 0; j < n; j++) {
        s->mean_y[j] /= (double)n_test;
        s->mean_p[j] /= (double)n_test;
        s->scale_y[j] = mec_score_scale(s->max_y[j] - s->min_y[j]);
        s->scale_p[j] = mec_score_scale(s->max_p[j] - s->min_p[j]);
    }
}

static void second_pass(const sums *s, const double *restrict y, const double *restrict p,
                        const double *restrict intercept, size_t n) {
    for (size_t j = 0; j < n; j++) {
        double dy = (y[j] - s->mean_y[j]) * s->scale_y[j];
        double dp = (p[j] - s->mean_p[j]) * s->scale_p[j];
        double error = y[j] - (p[j] + intercept[j]);
        s->yy[j] += dy * dy;
        s->pp[j] += dp * dp;
        s->yp[j] += dy * dp;
        s->residual[j] += error * error;
    }
}

static double correlation(const sums *s, size_t j) {
    bool finite = isfinite(s->mean_p[j]); /* a sum with a NaN or Inf in it is not */
    if (!finite || s->min_y[j] == s->max_y[j] || s->min_p[j] == s->max_p[j])
        return NAN;
    double r = s->yp[j] / (sqrt(s->yy[j]) * sqrt(s->pp[j]));
    return r > 1 ? 1 : r < -1 ? -1 : r;
}

static double score_of(const sums *s, size_t j, mec_score score, size_t n_test) {
    bool finite = isfinite(s->residual[j]);
    switch (score) {
    case MEC_SCORE_CORR:
        return correlation(s, j);
    case MEC_SCORE_R2:
        return finite && s->min_y[j] != s->max_y[j]
                   ? 1 - s->residual[j] * s->scale_y[j] * s->scale_y[j] / s->yy[j]
                   : NAN;
    case MEC_SCORE_MSE:
        return finite ? s->residual[j] / (double)n_test : NAN;
    case MEC_SCORE_NEG_EMD:
    case MEC_SCORE_RSA:
    case MEC_N_SCORE:
        break;
    }
    return NAN;
}

mec_code mec_score_cells(const mec_predictions *p, double *const score[MEC_N_CELL_SCORE],
                         mec_scratch *scratch, mec_status *status) {
    sums s;
    double *y = mec_scratch_take(scratch, p->n, sizeof *y, status);
    if (!y || take_sums(&s, p->n, scratch, status))
        return status->code;
    for (size_t i = 0; i < p->n_test; i++) {
        mec_population_gather(p->target, p->cells, p->n, p->test + i, 1, y);
        first_pass(&s, y, p->prediction + i * p->n, p->n);
    }
    find_means_and_scales(&s, p->n, p->n_test);
    for (size_t i = 0; i < p->n_test; i++) {
        mec_population_gather(p->target, p->cells, p->n, p->test + i, 1, y);
        second_pass(&s, y, p->prediction + i * p->n, p->intercept, p->n);
    }
    for (int k = 0; k < MEC_SCORE_NEG_EMD; k++)
        for (size_t j = 0; j < p->n && score[k]; j++)
            score[k][j] = score_of(&s, j, (mec_score)k, p->n_test);
    return MEC_OK;
}
