#include "maps/selection.h"

#include <math.h>
#include <stdbool.h>

static void swap(double *a, double *b) {
    double kept = *a;
    *a = *b;
    *b = kept;
}

/* Puts the value that sorting would put at `k` there, none larger before it, none smaller behind
 * (Hoare, Communications of the ACM 4 (1961) 321-322). */
static void partition_at(double *values, size_t n, size_t k) {
    size_t low = 0;
    size_t high = n - 1;
    while (low < high) {
        double pivot = values[low + (high - low) / 2];
        size_t i = low;
        size_t j = high;
        for (;;) {
            while (values[i] < pivot)
                i++;
            while (values[j] > pivot)
                j--;
            if (i >= j)
                break;
            swap(&values[i++], &values[j--]);
        }
        /* What is between i and j is the pivot, if they met, or nothing. */
        if (k >= i && k <= j)
            return;
        if (k < i)
            high = i == j ? j - 1 : j;
        else
            low = i == j ? i + 1 : i;
    }
}

double mec_percentile(double *values, size_t n, double percentile) {
    double position = (double)(n - 1) * (percentile / 100);
    size_t below = position >= (double)(n - 1) ? n - 1 : (size_t)position;
    double t = position - (double)below;
    partition_at(values, n, below);
    if (below == n - 1)
        return values[below];
    double next = values[below + 1];
    for (size_t i = below + 2; i < n; i++)
        next = values[i] < next ? values[i] : next;
    double step = next - values[below];
    return t >= 0.5 ? next - step * (1 - t) : values[below] + step * t;
}

size_t mec_select(const double *r, size_t n, double percentile, double *room, uint32_t *kept) {
    size_t n_valid = 0;
    size_t n_kept = 0;
    for (size_t j = 0; j < n; j++)
        if (!isnan(r[j]))
            room[n_valid++] = r[j];
    bool by_index = n_valid == 0;
    for (size_t j = 0; j < n && by_index; j++)
        room[n_valid++] = (double)j;
    double least = mec_percentile(room, n_valid, percentile);
    for (size_t j = 0; j < n; j++)
        if ((by_index ? (double)j : r[j]) >= least)
            kept[n_kept++] = (uint32_t)j;
    return n_kept;
}
