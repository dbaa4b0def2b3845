#include "numerics/cholesky.h"

#include <math.h>
#include <string.h>

#include "numerics/clones.h"
#include "numerics/eight.h"

/* Columns of a block, and rows that are finished at once: as many sums are under way as keep two
 * units for multiplications and additions busy. */
enum { WIDTH = MEC_EIGHT };

/* One block of columns: `first` to first + width. With D its pivots on the diagonal, the block's
 * own triangle is M sqrt(D): M is computed first, as that needs no roots, which take long. */
typedef struct block {
    size_t n, lda, ldl, first, width;
    const double *a;
    double shift;
    double *l;
    double panel[MEC_CHOLESKY_SMALL * WIDTH]; /* (first, WIDTH) its rows left of it, transposed */
    double unit[WIDTH][WIDTH]; /* row d: column d of M below the diagonal, zeros elsewhere */
    double inverse[WIDTH];     /* of sqrt(D) */
} block;

static void pack_panel(block *b) {
    if (b->width < WIDTH)
        memset(b->panel, 0, b->first * WIDTH * sizeof *b->panel);
    for (size_t c = 0; c < b->width; c++) {
        const double *row = b->l + (b->first + c) * b->ldl;
        for (size_t k = 0; k < b->first; k++)
            b->panel[k * WIDTH + c] = row[k];
    }
}

/* Row i; the last one stands in for those that are not there. */
static inline size_t row_at(const block *b, size_t i) {
    return i < b->n ? i : b->n - 1;
}

static inline void find_rows(const block *b, size_t i, size_t n_row, double **rows) {
    for (size_t r = 0; r < n_row; r++)
        rows[r] = b->l + row_at(b, i + r) * b->ldl;
}

/* What the columns left of the block take from these rows. */
static inline void sum_left(const block *b, size_t n_row, double *const *rows, mec_eight *sums) {
    const mec_eight *panel = (const mec_eight *)b->panel;
    for (size_t r = 0; r < n_row; r++)
        sums[r] = (mec_eight){0};
    for (size_t k = 0; k < b->first; k++)
        for (size_t r = 0; r < n_row; r++)
            sums[r] += rows[r][k] * panel[k];
}

/* The columns of A's triangle in the block, zeros above it, and of the unit matrix where the block
 * has less than its width. */
static inline void find_columns(const block *b, double columns[WIDTH][WIDTH]) {
    for (size_t d = 0; d < WIDTH; d++)
        *(mec_eight *)columns[d] = (mec_eight){0};
    for (size_t c = 0; c < b->width; c++) {
        const double *row = b->a + (b->first + c) * b->lda + b->first;
        for (size_t d = 0; d <= c; d++)
            columns[d][c] = row[d];
        columns[c][c] += b->shift;
    }
    for (size_t c = b->width; c < WIDTH; c++)
        columns[c][c] = 1;
}

/* Factors the block's own triangle. */
MEC_CLONES
static bool factor_triangle(block *b) {
    double *rows[WIDTH];
    double columns[WIDTH][WIDTH];
    double pivots[WIDTH];
    mec_eight left[WIDTH]; /* what is left of each column */
    find_rows(b, b->first, WIDTH, rows);
    sum_left(b, WIDTH, rows, left); /* symmetric: its rows are its columns */
    find_columns(b, columns);
    for (size_t d = 0; d < WIDTH; d++)
        left[d] = *(const mec_eight *)columns[d] - left[d];
#pragma GCC unroll 8
    for (size_t d = 0; d < WIDTH; d++) {
        pivots[d] = left[d][d];
        mec_eight unit = left[d] / pivots[d];
#pragma GCC unroll 8
        for (size_t e = d + 1; e < WIDTH; e++)
            left[e] -= unit[e] * left[d];
#pragma GCC unroll 8
        for (size_t e = 0; e <= d; e++)
            unit[e] = 0;
        *(mec_eight *)b->unit[d] = unit;
    }
    for (size_t d = 0; d < b->width; d++) {
        if (!(pivots[d] > 0 && pivots[d] < INFINITY))
            return false;
        double root = sqrt(pivots[d]);
        b->inverse[d] = 1 / root;
        rows[d][b->first + d] = root;
        for (size_t c = d + 1; c < b->width; c++)
            rows[c][b->first + d] = b->unit[d][c] * root;
    }
    return true;
}

/* So many rows from i on, below the block's triangle. Part of its caller, for whose processor it is
 * compiled. */
__attribute__((always_inline)) static inline void finish(const block *b, size_t i, size_t n_row) {
    double *rows[WIDTH];
    mec_eight x[WIDTH];
    find_rows(b, i, n_row, rows);
    sum_left(b, n_row, rows, x);
    for (size_t r = 0; r < n_row; r++)
        x[r] = *(const mec_eight *)(b->a + row_at(b, i + r) * b->lda + b->first) - x[r];
    for (size_t d = 0; d < WIDTH; d++)
        for (size_t r = 0; r < n_row; r++)
            x[r] -= x[r][d] * *(const mec_eight *)b->unit[d];
    for (size_t r = 0; r < n_row; r++)
        *(mec_eight *)(rows[r] + b->first) = x[r] * *(const mec_eight *)b->inverse;
}

MEC_CLONES
static void finish_rows(const block *b) {
    size_t i = b->first + WIDTH;
    for (; i + WIDTH / 2 < b->n; i += WIDTH)
        finish(b, i, WIDTH);
    if (i < b->n)
        finish(b, i, WIDTH / 2);
}

bool mec_cholesky_small(size_t n, const double *a, size_t lda, double shift, double *l,
                        size_t ldl) {
    block b; /* too large to be cleared each time */
    b.n = n;
    b.a = a;
    b.lda = lda;
    b.shift = shift;
    b.l = l;
    b.ldl = ldl;
    for (b.first = 0; b.first < n; b.first += WIDTH) {
        b.width = n - b.first < WIDTH ? n - b.first : WIDTH;
        pack_panel(&b);
        if (!factor_triangle(&b))
            return false;
        finish_rows(&b);
    }
    return true;
}

/* A block of rows of a factor: its triangle begins at column `first`. The last row stands in for
 * those that are not there. */
typedef struct stripe {
    size_t first, width;
    const double *rows[WIDTH];
    double inverse[WIDTH]; /* of the diagonal */
} stripe;

static inline void find_stripe(stripe *s, size_t n, const double *l, size_t ldl, size_t first) {
    s->first = first;
    s->width = n - first < WIDTH ? n - first : WIDTH;
    for (size_t c = 0; c < WIDTH; c++)
        s->rows[c] = l + (first + c < n ? first + c : n - 1) * ldl;
    for (size_t c = 0; c < s->width; c++)
        s->inverse[c] = 1 / s->rows[c][first + c];
}

/* Solves the stripe's own triangle, the whole of it where `width` is a constant. */
__attribute__((always_inline)) static inline void solve_down(const stripe *s, size_t width,
                                                             double *x) {
#pragma GCC unroll 8
    for (size_t c = 0; c < width; c++) {
        x[c] *= s->inverse[c];
#pragma GCC unroll 8
        for (size_t d = c + 1; d < width; d++)
            x[d] -= s->rows[d][s->first + c] * x[c];
    }
}

__attribute__((always_inline)) static inline void solve_up(const stripe *s, size_t width,
                                                           double *x) {
#pragma GCC unroll 8
    for (size_t k = 0; k < width; k++) {
        const size_t c = width - 1 - k;
        x[c] *= s->inverse[c];
#pragma GCC unroll 8
        for (size_t d = 0; d < c; d++)
            x[d] -= s->rows[c][s->first + d] * x[c];
    }
}

MEC_CLONES
void mec_lower_solve_vector(size_t n, const double *l, size_t ldl, double *b) {
    for (size_t first = 0; first < n; first += WIDTH) {
        stripe s;
        double x[WIDTH];
        mec_eight sums[WIDTH] = {{0}};
        find_stripe(&s, n, l, ldl, first);
        for (size_t k = 0; k < first; k += WIDTH)
            for (size_t c = 0; c < WIDTH; c++)
                sums[c] += *(const mec_eight *)(s.rows[c] + k) * *(const mec_eight *)(b + k);
        for (size_t c = 0; c < s.width; c++)
            x[c] = b[first + c] - mec_sum_of_eight((const double *)&sums[c]);
        if (s.width == WIDTH)
            solve_down(&s, WIDTH, x);
        else
            solve_down(&s, s.width, x);
        memcpy(b + first, x, s.width * sizeof *x);
    }
}

MEC_CLONES
void mec_lower_solve_vector_transposed(size_t n, const double *l, size_t ldl, double *b) {
    for (size_t end = n; end > 0;) {
        stripe s;
        double x[WIDTH] = {0};
        find_stripe(&s, n, l, ldl, (end - 1) / WIDTH * WIDTH);
        memcpy(x, b + s.first, s.width * sizeof *x);
        if (s.width == WIDTH)
            solve_up(&s, WIDTH, x);
        else
            solve_up(&s, s.width, x);
        memcpy(b + s.first, x, s.width * sizeof *x);
        for (size_t k = 0; k < s.first; k += WIDTH) {
            mec_eight left = *(const mec_eight *)(b + k);
            for (size_t c = 0; c < WIDTH; c++)
                left -= x[c] * *(const mec_eight *)(s.rows[c] + k);
            *(mec_eight *)(b + k) = left;
        }
        end = s.first;
    }
}
