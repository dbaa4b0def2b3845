#include "maps/multi_task_certificate.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "numerics/linalg.h"

static double norm_of(const double *a, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * a[i];
    return sqrt(sum);
}

/* |a| |b| - a'b, without cancellation: |a| |b| / 2 times the squared chord between directions. */
static double lack_of_alignment(const double *a, double norm_a, const double *b, double norm_b,
                                size_t m) {
    double sum = 0;
    if (norm_a == 0 || norm_b == 0)
        return 0;
    for (size_t k = 0; k < m; k++) {
        double chord = a[k] / norm_a - b[k] / norm_b;
        sum += chord * chord;
    }
    return norm_a * norm_b * sum / 2;
}

/* lam1 |w| + lam2/2 |w|^2 + (|c| - lam1)_+^2 / (2 lam2) - c'w: what the dual point R leaves at one
 * group. */
static double young_term(const double *w, double norm_w, const double *c, double norm_c, size_t m,
                         mec_multi_task_penalty penalty) {
    double apart = lack_of_alignment(w, norm_w, c, norm_c, m);
    double excess = norm_c - penalty.lam1;
    if (!(excess > 0))
        return -excess * norm_w + apart + penalty.lam2 / 2 * norm_w * norm_w;
    double sum = 0;
    for (size_t k = 0; k < m; k++) {
        double off = penalty.lam2 * w[k] - excess * (c[k] / norm_c);
        sum += off * off;
    }
    return apart * (penalty.lam1 / norm_c) + sum / (2 * penalty.lam2);
}

/* Group j's product less what the ridge penalty takes of it, and its norm. */
static double augmented_product(const mec_multi_task_point *point, size_t j, double lam2,
                                double *out) {
    for (size_t k = 0; k < point->m; k++)
        out[k] = point->product[j * point->m + k] - lam2 * point->w[j * point->m + k];
    return norm_of(out, point->m);
}

/* The gap of the scaled dual point; `product` (m) is room to work in. */
static double scaled_gap(const mec_multi_task_point *point, mec_multi_task_penalty penalty,
                         double squares, double *product) {
    double largest = 0;
    for (size_t j = 0; j < point->p; j++)
        largest = fmax(largest, augmented_product(point, j, penalty.lam2, product));
    double scale = largest > penalty.lam1 ? penalty.lam1 / largest : 1;
    double gap = (1 - scale) * (1 - scale) / 2 * squares;
    for (size_t j = 0; j < point->p; j++) {
        const double *w = point->w + j * point->m;
        double norm_w = norm_of(w, point->m);
        if (norm_w == 0)
            continue;
        double norm = augmented_product(point, j, penalty.lam2, product);
        gap += fmax(penalty.lam1 - scale * norm, 0) * norm_w +
               scale * lack_of_alignment(w, norm_w, product, norm, point->m);
    }
    return gap;
}

mec_multi_task_gap mec_multi_task_measure(const mec_multi_task_point *point,
                                          mec_multi_task_penalty penalty, double *room) {
    double fenchel = 0;
    double norms = 0;
    double squares = 0;
    for (size_t j = 0; j < point->p; j++) {
        const double *w = point->w + j * point->m;
        const double *c = point->product + j * point->m;
        double norm_w = norm_of(w, point->m);
        norms += norm_w;
        squares += norm_w * norm_w;
        if (penalty.lam2 > 0)
            fenchel += young_term(w, norm_w, c, norm_of(c, point->m), point->m, penalty);
    }
    double residual = norm_of(point->residual, point->n * point->m);
    squares = residual * residual + penalty.lam2 * squares;
    double gap = scaled_gap(point, penalty, squares, room);
    if (penalty.lam2 > 0)
        gap = fmin(gap, fenchel);
    return (mec_multi_task_gap){.gap = gap, .objective = squares / 2 + penalty.lam1 * norms};
}

/* Half the squared part of the residual within the span of X. */
static mec_code least_squares_gap(const double *x, const mec_multi_task_point *point, double *gap,
                                  mec_scratch *scratch, mec_status *status) {
    size_t n = point->n;
    size_t p = point->p;
    size_t rank = n < p ? n : p;
    double *copy = mec_scratch_take(scratch, n * p, sizeof *copy, status);
    double *u = mec_scratch_take(scratch, n * rank, sizeof *u, status);
    double *s = mec_scratch_take(scratch, rank, sizeof *s, status);
    double *vt = mec_scratch_take(scratch, rank * p, sizeof *vt, status);
    double *along = mec_scratch_take(scratch, rank * point->m, sizeof *along, status);
    if (!copy || !u || !s || !vt || !along)
        return status->code;
    memcpy(copy, x, n * p * sizeof *copy);
    if (mec_svd(n, p, copy, p, u, s, vt, status))
        return status->code;
    mec_transposed_multiply(rank, point->m, n, u, rank, point->residual, point->m, along, point->m);
    size_t kept = 0;
    while (kept < rank && s[kept] > (double)(n > p ? n : p) * DBL_EPSILON * s[0])
        kept++;
    double norm = norm_of(along, kept * point->m);
    *gap = norm * norm / 2;
    return MEC_OK;
}

mec_code mec_multi_task_certify(const double *x, const double *y, size_t n, size_t p, size_t m,
                                const double *w, mec_multi_task_penalty penalty,
                                mec_multi_task_gap *gap, mec_scratch *scratch, mec_status *status) {
    double *residual = mec_scratch_take(scratch, n * m, sizeof *residual, status);
    double *product = mec_scratch_take(scratch, p * m, sizeof *product, status);
    double *room = mec_scratch_take(scratch, m, sizeof *room, status);
    if (!residual || !product || !room)
        return status->code;
    mec_multiply(n, m, p, x, p, w, m, 0.0, residual, m);
    for (size_t i = 0; i < n * m; i++)
        residual[i] = y[i] - residual[i];
    mec_transposed_multiply(p, m, n, x, p, residual, m, product, m);
    mec_multi_task_point point = {
        .n = n, .p = p, .m = m, .w = w, .residual = residual, .product = product};
    *gap = mec_multi_task_measure(&point, penalty, room);
    if (penalty.lam1 > 0 || penalty.lam2 > 0)
        return MEC_OK;
    return least_squares_gap(x, &point, &gap->gap, scratch, status);
}
