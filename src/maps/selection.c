#include "maps/selection.h"

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

static double largest_of(const double *values, size_t n) {
    double largest = values[0];
    for (size_t i = 1; i < n; i++)
        largest = values[i] > largest ? values[i] : largest;
    return largest;
}

static double smallest_of(const double *values, size_t n) {
    double smallest = values[0];
    for (size_t i = 1; i < n; i++)
        smallest = values[i] < smallest ? values[i] : smallest;
    return smallest;
}

mec_percentile mec_percentile_of(double *values, size_t n, double percent) {
    double position = (double)(n - 1) * (percent / 100);
    mec_percentile p;
    if (position >= (double)(n - 1)) {
        p.below = p.above = p.value = largest_of(values, n);
        return p;
    }
    size_t rank = (size_t)position;
    double t = position - (double)rank;
    partition_at(values, n, rank);
    p.below = values[rank];
    p.above = smallest_of(values + rank + 1, n - rank - 1);
    double step = p.above - p.below;
    p.value = t >= 0.5 ? p.above - step * (1 - t) : p.below + step * t;
    return p;
}
