#include "maps/population.h"

#include <math.h>
#include <string.h>

void mec_population_mark_finite(const mec_population *p, uint8_t *finite) {
    for (size_t i = 0; i < p->n_state; i++) {
        const double *row = p->resp + i * p->n_cell;
        bool all = true;
        for (size_t j = 0; j < p->n_cell; j++)
            all &= isfinite(row[j]) != 0;
        if (!all)
            finite[i] = 0;
    }
}

void mec_population_means(const mec_population *p, const uint8_t *finite, double *mean) {
    size_t n = 0;
    memset(mean, 0, p->n_cell * sizeof *mean);
    for (size_t i = 0; i < p->n_state; i++) {
        if (!finite[i])
            continue;
        n++;
        for (size_t j = 0; j < p->n_cell; j++)
            mean[j] += p->resp[i * p->n_cell + j];
    }
    for (size_t j = 0; j < p->n_cell && n > 0; j++)
        mean[j] /= (double)n;
}

void mec_population_gather(const mec_population *p, const uint32_t *cells, size_t m,
                           const uint32_t *states, size_t n, double *out) {
    for (size_t i = 0; i < n; i++) {
        const double *row = p->resp + states[i] * p->n_cell;
        for (size_t j = 0; j < m; j++)
            out[i * m + j] = row[cells[j]];
    }
}

void mec_source_gather(const mec_source *source, const uint32_t *states, size_t n, double *out) {
    for (size_t i = 0; i < n; i++) {
        double *row = out + i * source->n_cell;
        for (size_t k = 0; k < source->n_part; k++) {
            const mec_population *p = source->parts[k];
            memcpy(row, p->resp + states[i] * p->n_cell, p->n_cell * sizeof *row);
            row += p->n_cell;
        }
    }
}

static bool column_varies(const mec_population *p, size_t column, const uint32_t *states,
                          size_t n) {
    const double *resp = p->resp + column;
    for (size_t i = 1; i < n; i++)
        if (resp[states[i] * p->n_cell] != resp[states[0] * p->n_cell])
            return true;
    return false;
}

bool mec_source_varies(const mec_source *source, const uint32_t *train, size_t n_train,
                       const uint32_t *test, size_t n_test, bool centred) {
    for (size_t k = 0; k < source->n_part; k++) {
        const mec_population *p = source->parts[k];
        for (size_t j = 0; j < p->n_cell; j++) {
            bool has_weight = column_varies(p, j, train, n_train) ||
                              (!centred && p->resp[train[0] * p->n_cell + j] != 0);
            if (has_weight && column_varies(p, j, test, n_test))
                return true;
        }
    }
    return false;
}

void mec_column_means(const double *x, size_t n, size_t m, double *mean) {
    memset(mean, 0, m * sizeof *mean);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < m; j++)
            mean[j] += x[i * m + j];
    for (size_t j = 0; j < m && n > 0; j++)
        mean[j] /= (double)n;
    for (size_t j = 0; j < m && n > 0; j++) {
        size_t i = 1;
        while (i < n && x[i * m + j] == x[j])
            i++;
        if (i == n)
            mean[j] = x[j];
    }
}

void mec_subtract_row(double *x, size_t n, size_t m, const double *mean) {
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < m; j++)
            x[i * m + j] -= mean[j];
}
