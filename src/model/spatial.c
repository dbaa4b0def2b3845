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

/* ---- the grid score ---- */

/* The angles that a score compares. */
static const double ANGLES[] = {30, 60, 90, 120, 150};
enum { N_ANGLE = sizeof ANGLES / sizeof *ANGLES };

struct mec_spatial {
    size_t nx, ny, n_circle;
    double dx, dy, width;          /* of a bin; of a circle */
    double turn[N_ANGLE][2];       /* cosine and sine of ANGLES */
    size_t *circle;                /* (2 nx - 1, 2 ny - 1) on which a lag lies */
    double *circle_sum, *circle_n; /* (n_circle) */
    mec_pair_sums *pairs;          /* (n_circle, N_ANGLE) */
    mec_correlogram *correlogram;
    const double *values; /* (2 nx - 1, 2 ny - 1) the correlogram at work */
};

static void find_circles(mec_spatial *s) {
    for (size_t i = 0; i < 2 * s->nx - 1; i++)
        for (size_t j = 0; j < 2 * s->ny - 1; j++) {
            double x = (double)i - (double)(s->nx - 1);
            double y = (double)j - (double)(s->ny - 1);
            s->circle[i * (2 * s->ny - 1) + j] =
                (size_t)(hypot(x * s->dx, y * s->dy) / s->width + 0.5);
        }
}

mec_spatial *mec_spatial_create(size_t nx, size_t ny, double dx, double dy, mec_status *status) {
    mec_spatial *s = mec_alloc(1, sizeof *s, status);
    if (!s)
        return NULL;
    *s = (mec_spatial){.nx = nx, .ny = ny, .dx = dx, .dy = dy, .width = fmax(dx, dy)};
    s->n_circle = (size_t)(hypot((double)nx * dx, (double)ny * dy) / s->width) + 2;
    for (int k = 0; k < N_ANGLE; k++) {
        s->turn[k][0] = cos(ANGLES[k] * acos(-1) / 180);
        s->turn[k][1] = sin(ANGLES[k] * acos(-1) / 180);
    }
    s->circle = mec_alloc((2 * nx - 1) * (2 * ny - 1), sizeof *s->circle, status);
    s->circle_sum = mec_alloc(s->n_circle, sizeof *s->circle_sum, status);
    s->circle_n = mec_alloc(s->n_circle, sizeof *s->circle_n, status);
    s->pairs = mec_alloc(s->n_circle * N_ANGLE, sizeof *s->pairs, status);
    s->correlogram = mec_correlogram_create(nx, ny, status);
    if (status->code != MEC_OK) {
        mec_spatial_destroy(s);
        return NULL;
    }
    find_circles(s);
    return s;
}

void mec_spatial_destroy(mec_spatial *s) {
    if (!s)
        return;
    mec_correlogram_destroy(s->correlogram);
    free(s->circle);
    free(s->circle_sum);
    free(s->circle_n);
    free(s->pairs);
    free(s);
}

/* The first circle, from 2, whose mean is lower than the next one's; 0 where there is none. Bins
 * that have nothing to do with their neighbours would have one at 1, and a ring of few lags. */
static size_t first_minimum(mec_spatial *s) {
    memset(s->circle_sum, 0, s->n_circle * sizeof *s->circle_sum);
    memset(s->circle_n, 0, s->n_circle * sizeof *s->circle_n);
    for (size_t i = 0; i < (2 * s->nx - 1) * (2 * s->ny - 1); i++) {
        if (isnan(s->values[i]))
            continue;
        s->circle_sum[s->circle[i]] += s->values[i];
        s->circle_n[s->circle[i]]++;
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
    const double *c = s->values + i * n_y + j;
    return (1 - u) * ((1 - v) * c[0] + v * c[up]) + u * ((1 - v) * c[right] + v * c[right + up]);
}

static void add_pair(mec_pair_sums *s, double a, double b) {
    s->n++;
    s->a += a;
    s->b += b;
    s->aa += a * a;
    s->bb += b * b;
    s->ab += a * b;
}

/* The lag (i, j) with what lies there when the correlogram is turned. */
static void pair_lag(mec_spatial *s, size_t i, size_t j) {
    size_t at = i * (2 * s->ny - 1) + j;
    double x = ((double)i - (double)(s->nx - 1)) * s->dx;
    double y = ((double)j - (double)(s->ny - 1)) * s->dy;
    for (size_t k = 0; k < N_ANGLE; k++) {
        double c = s->turn[k][0];
        double d = s->turn[k][1];
        double turned = interpolate(s, (c * x - d * y) / s->dx, (d * x + c * y) / s->dy);
        if (!isnan(turned))
            add_pair(&s->pairs[s->circle[at] * N_ANGLE + k], s->values[at], turned);
    }
}

/* Every lag of the circles inner + 1 .. outer. */
static void pair_ring(mec_spatial *s, size_t inner, size_t outer) {
    size_t n_y = 2 * s->ny - 1;
    memset(s->pairs, 0, s->n_circle * N_ANGLE * sizeof *s->pairs);
    for (size_t i = 0; i < 2 * s->nx - 1; i++)
        for (size_t j = 0; j < n_y; j++) {
            size_t circle = s->circle[i * n_y + j];
            if (circle > inner && circle <= outer && !isnan(s->values[i * n_y + j]))
                pair_lag(s, i, j);
        }
}

static void add_sums(mec_pair_sums *sum, const mec_pair_sums *s) {
    sum->n += s->n;
    sum->a += s->a;
    sum->b += s->b;
    sum->aa += s->aa;
    sum->bb += s->bb;
    sum->ab += s->ab;
}

/* Of the correlogram at work. */
static double grid_score(mec_spatial *s) {
    size_t inner = first_minimum(s);
    /* A circle must fit into the correlogram, so that nothing turned lies on its edge. */
    size_t shorter = (size_t)(fmin((double)s->nx * s->dx, (double)s->ny * s->dy) / s->width + 0.5);
    size_t outer = 3 * inner + 2 < shorter ? 3 * inner : shorter - 2;
    if (inner == 0 || 2 * inner + 2 > shorter)
        return NAN;
    pair_ring(s, inner, outer);
    mec_pair_sums sums[N_ANGLE] = {0};
    double best = NAN;
    for (size_t circle = inner + 1; circle <= outer; circle++) {
        double r[N_ANGLE];
        for (size_t k = 0; k < N_ANGLE; k++) {
            add_sums(&sums[k], &s->pairs[circle * N_ANGLE + k]);
            r[k] = mec_pair_sums_correlation(&sums[k]);
        }
        double score = fmin(r[1], r[3]) - fmax(r[0], fmax(r[2], r[4]));
        bool defined = !isnan(r[0] + r[1] + r[2] + r[3] + r[4]);
        if (circle >= 2 * inner && defined && !(score <= best))
            best = score;
    }
    return best;
}

void mec_spatial_grid_scores(mec_spatial *s, size_t n_map, const double *maps, size_t stride,
                             double *scores) {
    const double *values = mec_correlogram_run(s->correlogram, n_map, maps, stride);
    for (size_t map = 0; map < n_map; map++) {
        s->values = values + map * (2 * s->nx - 1) * (2 * s->ny - 1);
        scores[map] = grid_score(s);
    }
}
