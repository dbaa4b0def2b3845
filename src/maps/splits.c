#include "maps/splits.h"

#include <math.h>

#include "numerics/mt19937.h"

size_t mec_split_n_train(size_t n, double train_frac) {
    return (size_t)ceil(train_frac * (double)n);
}

void mec_split_random(uint32_t seed, const uint32_t *states, size_t n, uint32_t *order) {
    mec_mt19937 generator;
    mec_mt19937_seed(&generator, seed);
    mec_mt19937_permutation(&generator, n, order);
    for (size_t i = 0; i < n; i++)
        order[i] = states[order[i]];
}

size_t mec_split_count(mec_split_kind kind) {
    return kind == MEC_SPLIT_QUAD ? 4 : 2;
}

/* Which part of the grid a bin lies in: 0 or 1, of quad 0 to 3. */
static size_t part_of(mec_split_kind kind, const mec_bins *bins, size_t row, size_t column) {
    size_t bottom = row < bins->n_row / 2 ? 0 : 1;
    size_t right = column < bins->n_column / 2 ? 0 : 1;
    switch (kind) {
    case MEC_SPLIT_TOPBOTTOM:
        return bottom;
    case MEC_SPLIT_LEFTRIGHT:
        return right;
    case MEC_SPLIT_DIAG1:
        return column >= row ? 0 : 1;
    case MEC_SPLIT_DIAG2:
        return bins->n_column - 1 - column >= row ? 0 : 1;
    case MEC_SPLIT_QUAD:
        return 2 * bottom + right;
    }
    return 0;
}

static bool trains(mec_split_kind kind, size_t index, const mec_bins *bins, uint32_t state) {
    size_t part = part_of(kind, bins, state / bins->n_column, state % bins->n_column);
    return kind == MEC_SPLIT_QUAD ? part != index : part == index;
}

/* Appends to `order` the states that train, or those that do not; returns how many. Row by row; the
 * reference finds the parts of diag2 on the mirrored grid, so there columns run backwards. */
static size_t list_part(mec_split_kind kind, size_t index, const mec_bins *bins, bool train,
                        const uint32_t *states, size_t n, uint32_t *order) {
    size_t n_listed = 0;
    size_t last = 0;
    for (size_t first = 0; first < n; first = last) {
        while (last < n && states[last] / bins->n_column == states[first] / bins->n_column)
            last++;
        for (size_t i = first; i < last; i++) {
            uint32_t state = states[kind == MEC_SPLIT_DIAG2 ? last - 1 - (i - first) : i];
            if (trains(kind, index, bins, state) == train)
                order[n_listed++] = state;
        }
    }
    return n_listed;
}

size_t mec_split_structured(mec_split_kind kind, size_t index, const mec_bins *bins,
                            const uint32_t *states, size_t n, uint32_t *order) {
    size_t n_train = list_part(kind, index, bins, true, states, n, order);
    list_part(kind, index, bins, false, states, n, order + n_train);
    return n_train;
}
