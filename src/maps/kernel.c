#include "maps/kernel.h"

#include <string.h>

#include "numerics/linalg.h"

/* Columns of Z that are packed at a time: two panels of 256 x 1024 doubles stay in the cache. */
enum { BLOCK = MEC_KERNEL_BLOCK, CELLS = 1024 };

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

size_t mec_kernel_n_block(size_t n) {
    return (n + BLOCK - 1) / BLOCK;
}

/* Packs the rows of `states` (n) and cells [cell, cell + width) of Z. */
static void pack(const mec_population *p, const uint32_t *states, size_t n, const uint8_t *finite,
                 const double *offset, size_t cell, size_t width, double *panel) {
    for (size_t i = 0; i < n; i++) {
        double *out = panel + i * width;
        if (!finite[states[i]]) {
            memset(out, 0, width * sizeof *out);
            continue;
        }
        const double *in = p->resp + states[i] * p->n_cell + cell;
        for (size_t j = 0; j < width; j++)
            out[j] = in[j] - offset[cell + j];
    }
}

mec_code mec_kernel_fill(const mec_population *p, const uint32_t *states, size_t n,
                         const uint8_t *finite, const double *offset, size_t block, double *kernel,
                         mec_scratch *scratch, mec_status *status) {
    size_t row = block * BLOCK;
    size_t n_row = smaller(BLOCK, n - row);
    size_t most = smaller(CELLS, p->n_cell);
    double *rows = mec_scratch_take(scratch, BLOCK * most, sizeof *rows, status);
    double *columns = mec_scratch_take(scratch, BLOCK * most, sizeof *columns, status);
    if (!rows || !columns)
        return status->code;
    for (size_t cell = 0; cell < p->n_cell; cell += CELLS) {
        size_t width = smaller(CELLS, p->n_cell - cell);
        pack(p, states + row, n_row, finite, offset, cell, width, rows);
        for (size_t column = 0; column <= row; column += BLOCK) {
            size_t n_column = smaller(BLOCK, n - column);
            pack(p, states + column, n_column, finite, offset, cell, width, columns);
            mec_multiply_transposed(n_row, n_column, width, rows, width, columns, width,
                                    cell == 0 ? 0.0 : 1.0, kernel + row * n + column, n);
        }
    }
    return MEC_OK;
}

/* One row: each kernel's entry becomes (those before it) + (those after it). */
static void leave_one_out_row(double *first, size_t n_kernel, size_t step, size_t n, double *after,
                              double *before) {
    memset(after + (n_kernel - 1) * n, 0, n * sizeof *after);
    for (size_t k = n_kernel - 1; k > 0; k--)
        for (size_t j = 0; j < n; j++)
            after[(k - 1) * n + j] = after[k * n + j] + first[k * step + j];
    memset(before, 0, n * sizeof *before);
    for (size_t k = 0; k < n_kernel; k++)
        for (size_t j = 0; j < n; j++) {
            double own = first[k * step + j];
            first[k * step + j] = before[j] + after[k * n + j];
            before[j] += own;
        }
}

mec_code mec_kernel_leave_one_out(double *kernels, size_t n_kernel, size_t n, size_t block,
                                  mec_scratch *scratch, mec_status *status) {
    size_t row = block * BLOCK;
    size_t end = smaller(row + BLOCK, n);
    double *after = mec_scratch_take(scratch, n_kernel * n, sizeof *after, status);
    double *before = mec_scratch_take(scratch, n, sizeof *before, status);
    if (!after || !before)
        return status->code;
    for (; row < end; row++)
        leave_one_out_row(kernels + row * n, n_kernel, n * n, row + 1, after, before);
    return MEC_OK;
}

void mec_kernel_mirror(double *kernel, size_t n, size_t block) {
    size_t row = block * BLOCK;
    size_t end = smaller(row + BLOCK, n);
    for (size_t column = 0; column < end; column += BLOCK)
        for (size_t i = row; i < end; i++)
            for (size_t j = column; j < smaller(column + BLOCK, i); j++)
                kernel[j * n + i] = kernel[i * n + j];
}
