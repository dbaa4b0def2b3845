#include "model/spatial.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* ---- information and sparsity ---- */

/* Sums over the bins that have a rate. */
typedef struct moments {
    double time, rate, square; /* sum of the samples, of p r, of p r^2 (p not divided yet) */
    bool negative;
} moments;

static moments sum_moments(size_t n, const double *map, const int64_t *count) {
    moments m = {0};
    for (size_t i = 0; i < n; i++) {
        if (isnan(map[i]))
            continue;
        m.negative |= map[i] < 0;
        m.time += (double)count[i];
        m.rate += (double)count[i] * map[i];
        m.square += (double)count[i] * map[i] * map[i];
    }
    return m;
}

double mec_spatial_information(size_t n, const double *map, const int64_t *count) {
    moments m = sum_moments(n, map, count);
    if (m.negative || !(m.rate > 0))
        return NAN;
    double mean = m.rate / m.time;
    double bits = 0;
    for (size_t i = 0; i < n; i++)
        if (map[i] > 0)
            bits += (double)count[i] / m.time * (map[i] / mean) * log2(map[i] / mean);
    return bits;
}

double mec_spatial_sparsity(size_t n, const double *map, const int64_t *count) {
    moments m = sum_moments(n, map, count);
    if (m.negative || !(m.rate > 0))
        return NAN;
    return m.rate * m.rate / (m.time * m.square);
}

/* ---- the autocorrelogram ---- */

/* Sums over the bins common to a map and the map moved by a lag: their number, of the one's rates,
 * of the other's, of their squares and products. */
enum { SUM_N, SUM_A, SUM_B, SUM_AA, SUM_BB, SUM_AB, N_SUM };

/* The angles that a score compares. */
static const double ANGLES[] = {30, 60, 90, 120, 150};
enum { N_ANGLE = sizeof ANGLES / sizeof *ANGLES };

/* Sums of a correlation, which grows circle by circle. */
typedef struct correlation {
    double n, a, b, aa, bb, ab;
} correlation;

struct mec_spatial {
    size_t nx, ny, n_circle;
    double dx, dy, width;          /* of a bin; of a circle */
    double *mask, *value, *square; /* (nx, ny) 1 or 0, the rate or 0, its square */
    double *sums[N_SUM];           /* (2 ny - 1) of one lag along x */
    double *correlogram;           /* (2 nx - 1, 2 ny - 1) */
    double *circle_sum, *circle_n; /* (n_circle) */
    correlation *pairs;            /* (n_circle, N_ANGLE) */
};

mec_spatial *mec_spatial_create(size_t nx, size_t ny, double dx, double dy, mec_status *status) {
    mec_spatial *s = mec_alloc(1, sizeof *s, status);
    if (!s)
        return NULL;
    *s = (mec_spatial){.nx = nx, .ny = ny, .dx = dx, .dy = dy, .width = fmax(dx, dy)};
    s->n_circle = (size_t)(hypot((double)nx * dx, (double)ny * dy) / s->width) + 2;
    s->mask = mec_alloc(nx * ny, sizeof *s->mask, status);
    s->value = mec_alloc(nx * ny, sizeof *s->value, status);
    s->square = mec_alloc(nx * ny, sizeof *s->square, status);
    for (int k = 0; k < N_SUM; k++)
        s->sums[k] = mec_alloc(2 * ny - 1, sizeof *s->sums[k], status);
    s->correlogram = mec_alloc((2 * nx - 1) * (2 * ny - 1), sizeof *s->correlogram, status);
    s->circle_sum = mec_alloc(s->n_circle, sizeof *s->circle_sum, status);
    s->circle_n = mec_alloc(s->n_circle, sizeof *s->circle_n, status);
    s->pairs = mec_alloc(s->n_circle * N_ANGLE, sizeof *s->pairs, status);
    if (status->code != MEC_OK) {
        mec_spatial_destroy(s);
        return NULL;
    }
    return s;
}

void mec_spatial_destroy(mec_spatial *s) {
    if (!s)
        return;
    free(s->mask);
    free(s->value);
    free(s->square);
    for (int k = 0; k < N_SUM; k++)
        free(s->sums[k]);
    free(s->correlogram);
    free(s->circle_sum);
    free(s->circle_n);
    free(s->pairs);
    free(s);
}

/* Rates near their mean, so that the sums below lose no digits to it: a correlation does not depend
 * on it. */
static void take_map(mec_spatial *s, const double *map) {
    size_t n = s->nx * s->ny;
    size_t n_rate = 0;
    double mean = 0;
    for (size_t i = 0; i < n; i++)
        if (!isnan(map[i]))
            mean += (map[i] - mean) / (double)++n_rate;
    for (size_t i = 0; i < n; i++) {
        bool there = !isnan(map[i]);
        s->mask[i] = there;
        s->value[i] = there ? map[i] - mean : 0;
        s->square[i] = s->value[i] * s->value[i];
    }
}

/* Adds one bin (rate a) against a row of the moved map: every lag along y at once. */
static void add_row(size_t n, double a, const double *restrict mask, const double *restrict value,
                    const double *restrict square, double *restrict const *sums) {
    double *restrict sum_n = sums[SUM_N];
    double *restrict sum_a = sums[SUM_A];
    double *restrict sum_b = sums[SUM_B];
    double *restrict sum_aa = sums[SUM_AA];
    double *restrict sum_bb = sums[SUM_BB];
    double *restrict sum_ab = sums[SUM_AB];
    for (size_t j = 0; j < n; j++) {
        sum_n[j] += mask[j];
        sum_a[j] += a * mask[j];
        sum_b[j] += value[j];
        sum_aa[j] += a * a * mask[j];
        sum_bb[j] += square[j];
        sum_ab[j] += a * value[j];
    }
}

/* NaN where there are too few pairs, or one side is constant up to rounding. */
static double correlate(const correlation *c, double least) {
    double a = c->n * c->aa - c->a * c->a;
    double b = c->n * c->bb - c->b * c->b;
    if (c->n < least || !(a > 1e-12 * c->n * c->aa) || !(b > 1e-12 * c->n * c->bb))
        return NAN;
    return (c->n * c->ab - c->a * c->b) / sqrt(a * b);
}

/* All lags along y of one lag along x. */
static void correlate_lag(mec_spatial *s, size_t lag) {
    size_t ny = s->ny;
    size_t n_lag = 2 * ny - 1;
    for (int k = 0; k < N_SUM; k++)
        memset(s->sums[k], 0, n_lag * sizeof *s->sums[k]);
    for (size_t i = 0; i + lag < s->nx; i++)
        for (size_t j = 0; j < ny; j++) {
            if (s->mask[i * ny + j] == 0)
                continue;
            double *at[N_SUM]; /* moved bin 0 is at the lag 0 - j */
            for (int k = 0; k < N_SUM; k++)
                at[k] = s->sums[k] + (ny - 1 - j);
            size_t moved = (i + lag) * ny;
            add_row(ny, s->value[i * ny + j], s->mask + moved, s->value + moved, s->square + moved,
                    at);
        }
    double *row = s->correlogram + (s->nx - 1 + lag) * n_lag;
    double *mirror = s->correlogram + (s->nx - 1 - lag) * n_lag;
    for (size_t j = 0; j < n_lag; j++) {
        correlation c = {s->sums[SUM_N][j],  s->sums[SUM_A][j],  s->sums[SUM_B][j],
                         s->sums[SUM_AA][j], s->sums[SUM_BB][j], s->sums[SUM_AB][j]};
        row[j] = correlate(&c, MEC_SPATIAL_LEAST_COMMON);
    }
    for (size_t j = 0; lag > 0 && j < n_lag; j++)
        mirror[n_lag - 1 - j] = row[j];
}

const double *mec_spatial_autocorrelogram(mec_spatial *s, const double *map) {
    take_map(s, map);
    for (size_t lag = 0; lag < s->nx; lag++)
        correlate_lag(s, lag);
    return s->correlogram;
}

/* ---- the grid score ---- */

/* A lag (in bins), how far it is, and on which circle. */
typedef struct place {
    double x, y, value;
    size_t circle;
} place;

static place place_of(const mec_spatial *s, size_t i, size_t j) {
    double x = (double)i - (double)(s->nx - 1);
    double y = (double)j - (double)(s->ny - 1);
    return (place){.x = x,
                   .y = y,
                   .value = s->correlogram[i * (2 * s->ny - 1) + j],
                   .circle = (size_t)(hypot(x * s->dx, y * s->dy) / s->width + 0.5)};
}

/* The first circle, from 2, whose mean is lower than the next one's; 0 where there is none. Bins
 * that have nothing to do with their neighbours would have one at 1, and a ring of few lags. */
static size_t first_minimum(mec_spatial *s) {
    memset(s->circle_sum, 0, s->n_circle * sizeof *s->circle_sum);
    memset(s->circle_n, 0, s->n_circle * sizeof *s->circle_n);
    for (size_t i = 0; i < 2 * s->nx - 1; i++)
        for (size_t j = 0; j < 2 * s->ny - 1; j++) {
            place p = place_of(s, i, j);
            if (isnan(p.value))
                continue;
            s->circle_sum[p.circle] += p.value;
            s->circle_n[p.circle]++;
        }
    for (size_t k = 2; k + 1 < s->n_circle && s->circle_n[k + 1] > 0; k++)
        if (s->circle_sum[k] / s->circle_n[k] < s->circle_sum[k + 1] / s->circle_n[k + 1])
            return k;
    return 0;
}

/* Turns by right angles end on bins but for rounding, which must not ask for a neighbour. */
static double snap(double x) {
    return fabs(x - round(x)) < 1e-9 ? round(x) : x;
}

/* The correlogram at a lag between bins: linear along each axis; NaN where a neighbour is. */
static double interpolate(const mec_spatial *s, double x, double y) {
    size_t n_x = 2 * s->nx - 1;
    size_t n_y = 2 * s->ny - 1;
    double at_x = snap(x + (double)(s->nx - 1));
    double at_y = snap(y + (double)(s->ny - 1));
    if (!(at_x >= 0 && at_y >= 0 && at_x <= (double)(n_x - 1) && at_y <= (double)(n_y - 1)))
        return NAN;
    size_t i = (size_t)at_x;
    size_t j = (size_t)at_y;
    double u = at_x - (double)i;
    double v = at_y - (double)j;
    size_t right = u > 0 ? n_y : 0;
    size_t up = v > 0 ? 1 : 0;
    const double *c = s->correlogram + i * n_y + j;
    return (1 - u) * ((1 - v) * c[0] + v * c[up]) + u * ((1 - v) * c[right] + v * c[right + up]);
}

static void add_pair(correlation *c, double a, double b) {
    c->n++;
    c->a += a;
    c->b += b;
    c->aa += a * a;
    c->bb += b * b;
    c->ab += a * b;
}

/* Every lag of the circles inner + 1 .. outer with what lies there when the correlogram is turned.
 */
static void pair_ring(mec_spatial *s, size_t inner, size_t outer) {
    memset(s->pairs, 0, s->n_circle * N_ANGLE * sizeof *s->pairs);
    for (int k = 0; k < N_ANGLE; k++) {
        double c = cos(ANGLES[k] * acos(-1) / 180);
        double d = sin(ANGLES[k] * acos(-1) / 180);
        for (size_t i = 0; i < 2 * s->nx - 1; i++)
            for (size_t j = 0; j < 2 * s->ny - 1; j++) {
                place p = place_of(s, i, j);
                if (p.circle <= inner || p.circle > outer || isnan(p.value))
                    continue;
                double x = p.x * s->dx;
                double y = p.y * s->dy;
                double turned = interpolate(s, (c * x - d * y) / s->dx, (d * x + c * y) / s->dy);
                if (!isnan(turned))
                    add_pair(&s->pairs[p.circle * N_ANGLE + (size_t)k], p.value, turned);
            }
    }
}

static void add_correlation(correlation *sum, const correlation *c) {
    sum->n += c->n;
    sum->a += c->a;
    sum->b += c->b;
    sum->aa += c->aa;
    sum->bb += c->bb;
    sum->ab += c->ab;
}

double mec_spatial_grid_score(mec_spatial *s, const double *map) {
    mec_spatial_autocorrelogram(s, map);
    size_t inner = first_minimum(s);
    /* A circle must fit into the correlogram, so that nothing turned lies on its edge. */
    size_t shorter = (size_t)(fmin((double)s->nx * s->dx, (double)s->ny * s->dy) / s->width + 0.5);
    size_t outer = 3 * inner + 2 < shorter ? 3 * inner : shorter - 2;
    if (inner == 0 || 2 * inner + 2 > shorter)
        return NAN;
    pair_ring(s, inner, outer);
    correlation sums[N_ANGLE] = {0};
    double best = NAN;
    for (size_t circle = inner + 1; circle <= outer; circle++) {
        double r[N_ANGLE];
        for (size_t k = 0; k < N_ANGLE; k++) {
            add_correlation(&sums[k], &s->pairs[circle * N_ANGLE + k]);
            r[k] = correlate(&sums[k], MEC_SPATIAL_LEAST_COMMON);
        }
        double score = fmin(r[1], r[3]) - fmax(r[0], fmax(r[2], r[4]));
        bool defined = !isnan(r[0] + r[1] + r[2] + r[3] + r[4]);
        if (circle >= 2 * inner && defined && !(score <= best))
            best = score;
    }
    return best;
}
