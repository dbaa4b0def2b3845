#include "maps/grid_score.h"

#include <math.h>

/* The mean and the extremes of a list. */
typedef struct spread {
    double mean, least, most;
} spread;

static spread find_spread(const double *x, size_t n) {
    spread s = {0, INFINITY, -INFINITY};
    for (size_t i = 0; i < n; i++) {
        s.mean += x[i];
        s.least = x[i] < s.least ? x[i] : s.least;
        s.most = x[i] > s.most ? x[i] : s.most;
    }
    s.mean /= (double)n;
    return s;
}

void mec_held_out_start(mec_held_out *h) {
    spread s = find_spread(h->y, h->n);
    h->is_constant = s.least == s.most;
    h->scale = mec_score_scale(s.most - s.least);
    h->squares = 0;
    for (size_t i = 0; i < h->n; i++) {
        h->deviation[i] = (h->y[i] - s.mean) * h->scale;
        h->squares += h->deviation[i] * h->deviation[i];
    }
}

static double correlation(const mec_held_out *h, const double *prediction) {
    spread s = find_spread(prediction, h->n);
    if (h->is_constant || s.least == s.most || !isfinite(s.mean))
        return NAN;
    double scale = mec_score_scale(s.most - s.least);
    double squares = 0;
    double products = 0;
    for (size_t i = 0; i < h->n; i++) {
        double d = (prediction[i] - s.mean) * scale;
        squares += d * d;
        products += d * h->deviation[i];
    }
    double r = products / (sqrt(squares) * sqrt(h->squares));
    return r > 1 ? 1 : r < -1 ? -1 : r;
}

double mec_held_out_score(const mec_held_out *h, mec_score score, const double *prediction,
                          bool varies) {
    if (score == MEC_SCORE_CORR)
        return varies ? correlation(h, prediction) : NAN;
    double residual = 0;
    for (size_t i = 0; i < h->n; i++) {
        double error = h->y[i] - (prediction[i] + h->intercept);
        residual += error * error;
    }
    if (!isfinite(residual))
        return NAN;
    if (score == MEC_SCORE_MSE)
        return residual / (double)h->n;
    return h->is_constant ? NAN : 1 - residual * h->scale * h->scale / h->squares;
}
