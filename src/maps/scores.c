#include "maps/scores.h"

#include <math.h>

enum { N_SUM = 12 };

mec_code mec_score_start(mec_score_sums *s, size_t n, mec_scratch *scratch, mec_status *status) {
    double *block = mec_scratch_take(scratch, N_SUM * n, sizeof *block, status);
    *s = (mec_score_sums){0};
    if (!block)
        return status->code;
    double **members[N_SUM] = {&s->min_y,  &s->min_p,    &s->max_y,   &s->max_p,
                               &s->mean_y, &s->mean_p,   &s->yy,      &s->pp,
                               &s->yp,     &s->residual, &s->scale_y, &s->scale_p};
    s->n = n;
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

void mec_score_first_pass(const mec_score_sums *s, const double *restrict y,
                          const double *restrict p) {
    size_t n = s->n;
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

void mec_score_between_passes(const mec_score_sums *s, size_t n_test) {
    for (size_t j = 0; j < s->n; j++) {
        s->mean_y[j] /= (double)n_test;
        s->mean_p[j] /= (double)n_test;
        s->scale_y[j] = mec_score_scale(s->max_y[j] - s->min_y[j]);
        s->scale_p[j] = mec_score_scale(s->max_p[j] - s->min_p[j]);
    }
}

void mec_score_second_pass(const mec_score_sums *s, const double *restrict y,
                           const double *restrict p, const double *restrict intercept) {
    for (size_t j = 0; j < s->n; j++) {
        double dy = (y[j] - s->mean_y[j]) * s->scale_y[j];
        double dp = (p[j] - s->mean_p[j]) * s->scale_p[j];
        double error = y[j] - (p[j] + intercept[j]);
        s->yy[j] += dy * dy;
        s->pp[j] += dp * dp;
        s->yp[j] += dy * dp;
        s->residual[j] += error * error;
    }
}

static double correlation(const mec_score_sums *s, size_t j) {
    bool finite = isfinite(s->mean_p[j]); /* a sum with a NaN or Inf in it is not */
    if (!finite || s->min_y[j] == s->max_y[j] || s->min_p[j] == s->max_p[j])
        return NAN;
    double r = s->yp[j] / (sqrt(s->yy[j]) * sqrt(s->pp[j]));
    return r > 1 ? 1 : r < -1 ? -1 : r;
}

static double score_of(const mec_score_sums *s, size_t j, mec_score score, size_t n_test) {
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

void mec_score_end(const mec_score_sums *s, size_t n_test, double *const score[MEC_N_CELL_SCORE]) {
    for (int k = 0; k < MEC_SCORE_NEG_EMD; k++)
        for (size_t j = 0; j < s->n && score[k]; j++)
            score[k][j] = score_of(s, j, (mec_score)k, n_test);
}

mec_code mec_score_cells(const mec_predictions *p, double *const score[MEC_N_CELL_SCORE],
                         mec_scratch *scratch, mec_status *status) {
    mec_score_sums s;
    double *y = mec_scratch_take(scratch, p->n, sizeof *y, status);
    if (!y || mec_score_start(&s, p->n, scratch, status))
        return status->code;
    for (size_t i = 0; i < p->n_test; i++) {
        mec_population_gather(p->target, p->cells, p->n, p->test + i, 1, y);
        mec_score_first_pass(&s, y, p->prediction + i * p->n);
    }
    mec_score_between_passes(&s, p->n_test);
    for (size_t i = 0; i < p->n_test; i++) {
        mec_population_gather(p->target, p->cells, p->n, p->test + i, 1, y);
        mec_score_second_pass(&s, y, p->prediction + i * p->n, p->intercept);
    }
    mec_score_end(&s, p->n_test, score);
    return MEC_OK;
}
