#include "maps/grid_trend.h"

#include <string.h>

#include "numerics/clones.h"

/* What is beyond the bound counts more: as a column's weight leaves zero, its product, which had
 * moved freely, is held back near the bound, and a line from one side to the other would misjudge
 * where. 1 to 4 are best, as counted in Newton's steps. */
static const double HELD_BACK = 2;

mec_code mec_grid_trend_take(size_t n_place, size_t p, mec_grid_trend *trend, mec_scratch *scratch,
                             mec_status *status) {
    *trend = (mec_grid_trend){
        .n_place = n_place,
        .p = p,
        .products = mec_scratch_take(scratch, 2 * n_place * p, sizeof *trend->products, status),
        .row = mec_scratch_take(scratch, 2 * n_place, sizeof *trend->row, status)};
    if (status->code == MEC_OK)
        mec_grid_trend_forget(trend);
    return status->code;
}

double mec_grid_trend_memory(size_t n_place, size_t p) {
    return 2 * (double)n_place * (sizeof(float) * (double)p + sizeof(size_t));
}

void mec_grid_trend_forget(mec_grid_trend *trend) {
    memset(trend->row, 0, 2 * trend->n_place * sizeof *trend->row);
}

static size_t slot(const mec_grid_trend *trend, size_t row, size_t place) {
    return row % 2 * trend->n_place + place;
}

static float *products_at(const mec_grid_trend *trend, size_t row, size_t place) {
    return trend->products + slot(trend, row, place) * trend->p;
}

bool mec_grid_trend_has(const mec_grid_trend *trend, size_t row, size_t place) {
    return trend->row[slot(trend, row, place)] == row + 1;
}

MEC_CLONES
void mec_grid_trend_note(mec_grid_trend *trend, size_t row, size_t place, double l1_ratio,
                         double unit, const double *products) {
    float *out = products_at(trend, row, place);
    double scale = unit > 0 ? 1 / unit : 1;
    trend->row[slot(trend, row, place)] = row + 1;
    for (size_t j = 0; j < trend->p; j++) {
        double c = scale * products[j];
        double beyond = c > l1_ratio ? c - l1_ratio : c < -l1_ratio ? c + l1_ratio : 0;
        out[j] = (float)(c + HELD_BACK * beyond);
    }
}

MEC_CLONES
void mec_grid_trend_expect(const mec_grid_trend *trend, size_t row, size_t place, size_t first,
                           size_t last, double part, double unit, double *out) {
    const float *a = products_at(trend, row, first);
    const float *b = products_at(trend, row, last);
    for (size_t j = 0; j < trend->p; j++)
        out[j] = unit * ((1 - part) * a[j] + part * b[j]);
    if (row == 0 || !mec_grid_trend_has(trend, row - 1, place) ||
        !mec_grid_trend_has(trend, row - 1, first) || !mec_grid_trend_has(trend, row - 1, last))
        return;
    const float *was = products_at(trend, row - 1, place);
    a = products_at(trend, row - 1, first);
    b = products_at(trend, row - 1, last);
    for (size_t j = 0; j < trend->p; j++)
        out[j] += unit * (was[j] - (1 - part) * a[j] - part * b[j]);
}
