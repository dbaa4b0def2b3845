#include "model/correlogram.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "numerics/clones.h"

enum { MAPS = MEC_CORRELOGRAM_MAPS };

/* A number for every map. */
typedef double eight __attribute__((vector_size(MAPS * sizeof(double))));

/* 1 or 0 for whether there is a rate, the rate or 0, its square. */
typedef struct bin {
    eight there, rate, square;
} bin;

/* Over the bins common to a map (a) and the moved one (b). */
typedef struct lag_sums {
    eight n, a, b, aa, bb, ab;
} lag_sums;

struct mec_correlogram {
    size_t nx, ny;
    bin *bins;      /* (nx, ny) */
    lag_sums *sums; /* (2 ny - 1) of one lag along x */
    double *values; /* (MAPS, 2 nx - 1, 2 ny - 1) */
};

mec_correlogram *mec_correlogram_create(size_t nx, size_t ny, mec_status *status) {
    mec_correlogram *c = mec_alloc(1, sizeof *c, status);
    if (!c)
        return NULL;
    *c = (mec_correlogram){.nx = nx, .ny = ny};
    c->bins = mec_alloc(nx * ny, sizeof *c->bins, status);
    c->sums = mec_alloc(2 * ny - 1, sizeof *c->sums, status);
    c->values = mec_alloc(MAPS * (2 * nx - 1) * (2 * ny - 1), sizeof *c->values, status);
    if (status->code == MEC_OK)
        return c;
    mec_correlogram_destroy(c);
    return NULL;
}

void mec_correlogram_destroy(mec_correlogram *c) {
    if (!c)
        return;
    free(c->bins);
    free(c->sums);
    free(c->values);
    free(c);
}

/* Rates near their mean, so that sums lose no digits to it: a correlation does not depend on it. */
static void take_map(mec_correlogram *c, size_t map, const double *rates, size_t stride) {
    size_t n_rate = 0;
    double mean = 0;
    for (size_t i = 0; i < c->nx * c->ny; i++)
        if (!isnan(rates[i * stride]))
            mean += (rates[i * stride] - mean) / (double)++n_rate;
    for (size_t i = 0; i < c->nx * c->ny; i++) {
        bool there = !isnan(rates[i * stride]);
        double rate = there ? rates[i * stride] - mean : 0;
        c->bins[i].there[map] = there;
        c->bins[i].rate[map] = rate;
        c->bins[i].square[map] = rate * rate;
    }
}

/* Adds `n` bins of a row, each with the one beside it of the moved map. */
MEC_CLONES
static void add_bins(size_t n, const bin *a, const bin *b, lag_sums *sums) {
    lag_sums s = *sums;
    for (size_t j = 0; j < n; j++) {
        s.n += a[j].there * b[j].there;
        s.a += a[j].rate * b[j].there;
        s.b += a[j].there * b[j].rate;
        s.aa += a[j].square * b[j].there;
        s.bb += a[j].there * b[j].square;
        s.ab += a[j].rate * b[j].rate;
    }
    *sums = s;
}

double mec_pair_sums_correlation(const mec_pair_sums *s) {
    double a = s->n * s->aa - s->a * s->a;
    double b = s->n * s->bb - s->b * s->b;
    if (s->n < MEC_CORRELOGRAM_LEAST_COMMON || !(a > 1e-12 * s->n * s->aa) ||
        !(b > 1e-12 * s->n * s->bb))
        return NAN;
    return (s->n * s->ab - s->a * s->b) / sqrt(a * b);
}

/* One map's correlations at one lag along x, and at the opposite one. */
static void finish_lag(mec_correlogram *c, size_t lag, size_t map) {
    size_t n_lag = 2 * c->ny - 1;
    double *values = c->values + map * (2 * c->nx - 1) * n_lag;
    double *row = values + (c->nx - 1 + lag) * n_lag;
    double *mirror = values + (c->nx - 1 - lag) * n_lag;
    for (size_t j = 0; j < n_lag; j++) {
        const lag_sums *s = &c->sums[j];
        row[j] = mec_pair_sums_correlation(
            &(mec_pair_sums){s->n[map], s->a[map], s->b[map], s->aa[map], s->bb[map], s->ab[map]});
    }
    for (size_t j = 0; lag > 0 && j < n_lag; j++)
        mirror[n_lag - 1 - j] = row[j];
}

/* All lags along y of one lag along x. */
static void sum_lag(mec_correlogram *c, size_t lag) {
    size_t ny = c->ny;
    memset(c->sums, 0, (2 * ny - 1) * sizeof *c->sums);
    for (size_t i = 0; i + lag < c->nx; i++) {
        const bin *row = c->bins + i * ny;
        const bin *moved = row + lag * ny;
        for (size_t k = 0; k < ny; k++)
            add_bins(ny - k, row, moved + k, &c->sums[ny - 1 + k]);
        for (size_t k = 1; k < ny; k++)
            add_bins(ny - k, row + k, moved, &c->sums[ny - 1 - k]);
    }
}

const double *mec_correlogram_run(mec_correlogram *c, size_t n_map, const double *maps,
                                  size_t stride) {
    memset(c->bins, 0, c->nx * c->ny * sizeof *c->bins);
    for (size_t map = 0; map < n_map; map++)
        take_map(c, map, maps + map, stride);
    for (size_t lag = 0; lag < c->nx; lag++) {
        sum_lag(c, lag);
        for (size_t map = 0; map < n_map; map++)
            finish_lag(c, lag, map);
    }
    return c->values;
}
