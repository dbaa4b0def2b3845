#include "model/rate_map.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* ---- bins ---- */

double mec_map_bins_edge(double min, double max, size_t n, size_t i) {
    return i == n ? max : (double)i * ((max - min) / (double)n) + min;
}

/* The bin along one axis, or n outside: a guess by division, set right by the edges themselves. */
static size_t find_bin(double min, double max, size_t n, double x) {
    if (!(x >= min && x <= max))
        return n;
    double guess = (x - min) / (max - min) * (double)n;
    size_t i = guess < (double)n ? (size_t)guess : n - 1;
    while (i > 0 && x < mec_map_bins_edge(min, max, n, i))
        i--;
    while (i + 1 < n && x >= mec_map_bins_edge(min, max, n, i + 1))
        i++;
    return i;
}

void mec_map_bins_find(const mec_map_bins *bins, const double *positions, size_t n, size_t *bin) {
    for (size_t i = 0; i < n; i++) {
        size_t x = find_bin(bins->box.min_x, bins->box.max_x, bins->nx, positions[2 * i]);
        size_t y = find_bin(bins->box.min_y, bins->box.max_y, bins->ny, positions[2 * i + 1]);
        bin[i] = x < bins->nx && y < bins->ny ? x * bins->ny + y : SIZE_MAX;
    }
}

/* ---- sums ---- */

mec_code mec_map_sums_create(mec_map_sums *sums, size_t n_bin, size_t n_unit, mec_status *status) {
    *sums = (mec_map_sums){.n_bin = n_bin, .n_unit = n_unit};
    sums->high = mec_alloc(n_bin * n_unit, sizeof *sums->high, status);
    sums->low = mec_alloc(n_bin * n_unit, sizeof *sums->low, status);
    sums->bad = mec_alloc(n_bin * n_unit, sizeof *sums->bad, status);
    if (status->code != MEC_OK)
        mec_map_sums_destroy(sums);
    return status->code;
}

void mec_map_sums_destroy(mec_map_sums *sums) {
    free(sums->high);
    free(sums->low);
    free(sums->bad);
    *sums = (mec_map_sums){0};
}

double mec_map_sums_memory(size_t n_bin, size_t n_unit) {
    return (double)n_bin * (double)n_unit * (2 * sizeof(int64_t) + sizeof(uint8_t));
}

/* Adding 1.5 * 2^52 units leaves the nearest whole number of units in the low bits of a double, so
 * that a difference of bit patterns is that number: a conversion to 64-bit integers that every
 * processor does for several values at once. */
#define UNIT_HIGH 0x1p-16
#define UNIT_LOW 0x1p-48
#define MAGIC_HIGH (1.5 * 0x1p52 * UNIT_HIGH)
#define MAGIC_LOW (1.5 * 0x1p52 * UNIT_LOW)

static inline int64_t bits_of(double x) {
    int64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline void add_value(double x, int64_t *high, int64_t *low) {
    double nearest = x + MAGIC_HIGH;
    double rest = x - (nearest - MAGIC_HIGH); /* exact */
    *high += bits_of(nearest) - bits_of(MAGIC_HIGH);
    *low += bits_of(rest + MAGIC_LOW) - bits_of(MAGIC_LOW);
}

static bool can_be_added(mec_real x) {
    return fabs((double)x) <= MEC_MAP_LARGEST; /* false for NaN */
}

static bool can_all_be_added(size_t n, const mec_real *x) {
    int n_bad = 0;
    for (size_t i = 0; i < n; i++)
        n_bad += !can_be_added(x[i]);
    return n_bad == 0;
}

static void add_row(size_t n, const mec_real *restrict x, int64_t *restrict high,
                    int64_t *restrict low) {
    for (size_t i = 0; i < n; i++)
        add_value((double)x[i], &high[i], &low[i]);
}

static void add_good_of_row(size_t n, const mec_real *x, int64_t *high, int64_t *low,
                            uint8_t *bad) {
    for (size_t i = 0; i < n; i++)
        if (can_be_added(x[i]))
            add_value((double)x[i], &high[i], &low[i]);
        else
            bad[i] = 1;
}

void mec_map_sums_add(mec_map_sums *sums, const size_t *bin, size_t n, const mec_real *values) {
    size_t n_unit = sums->n_unit;
    for (size_t i = 0; i < n; i++) {
        if (bin[i] == SIZE_MAX)
            continue;
        const mec_real *row = values + i * n_unit;
        size_t at = bin[i] * n_unit;
        if (can_all_be_added(n_unit, row))
            add_row(n_unit, row, sums->high + at, sums->low + at);
        else
            add_good_of_row(n_unit, row, sums->high + at, sums->low + at, sums->bad + at);
    }
}

void mec_map_sums_mean(const mec_map_sums *sums, const int64_t *count, double *map) {
    size_t n_unit = sums->n_unit;
    for (size_t bin = 0; bin < sums->n_bin; bin++)
        for (size_t unit = 0; unit < n_unit; unit++) {
            size_t at = bin * n_unit + unit;
            double sum = (double)sums->high[at] * UNIT_HIGH + (double)sums->low[at] * UNIT_LOW;
            map[at] = count[bin] > 0 && !sums->bad[at] ? sum / (double)count[bin] : NAN;
        }
}
