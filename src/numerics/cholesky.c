#include "numerics/cholesky.h"

#include <math.h>
#include <string.h>

#include "numerics/clones.h"

enum { WIDTH = 8 };

/* Eight numbers, wherever they lie. */
typedef double eight __attribute__((vector_size(WIDTH * sizeof(double)), aligned(8), may_alias));

/* One block of columns: `first` to first + width. */
typedef struct block {
    size_t n, lda, first, width;
    double *a;
    double panel[MEC_CHOLESKY_SMALL * WIDTH]; /* (first, WIDTH) its rows left of it, transposed */
    double triangle[WIDTH * WIDTH]; /* row d: below the diagonal in column d, zeros elsewhere */
    double inverse[WIDTH];          /* of the diagonal */
} block;

static void pack_panel(block *b) {
    memset(b->panel, 0, b->first * WIDTH * sizeof *b->panel);
    for (size_t c = 0; c < b->width; c++) {
        const double *row = b->a + (b->first + c) * b->lda;
        for (size_t k = 0; k < b->first; k++)
            b->panel[k * WIDTH + c] = row[k];
    }
}

/* Four rows of the triangle, from c on: what the columns left of the block take from them, `taken`
 * (4, WIDTH). The last row stands in for those that are not there. */
MEC_CLONES
static void sum_left(const block *b, size_t c, eight *taken) {
    const eight *panel = (const eight *)b->panel;
    const size_t last = b->n - 1;
    const size_t i = b->first + c;
    const double *l0 = b->a + (i < last ? i : last) * b->lda;
    const double *l1 = b->a + (i + 1 < last ? i + 1 : last) * b->lda;
    const double *l2 = b->a + (i + 2 < last ? i + 2 : last) * b->lda;
    const double *l3 = b->a + (i + 3 < last ? i + 3 : last) * b->lda;
    eight sums[4] = {{0}};
    for (size_t k = 0; k < b->first; k++) {
        sums[0] += l0[k] * panel[k];
        sums[1] += l1[k] * panel[k];
        sums[2] += l2[k] * panel[k];
        sums[3] += l3[k] * panel[k];
    }
    memcpy(taken, sums, sizeof sums);
}

/* Factors the block's own triangle. */
static bool factor_triangle(block *b) {
    double taken[WIDTH][WIDTH];
    sum_left(b, 0, (eight *)taken[0]);
    sum_left(b, 4, (eight *)taken[4]);
    memset(b->triangle, 0, sizeof b->triangle);
    for (size_t c = 0; c < b->width; c++) {
        double *row = b->a + (b->first + c) * b->lda + b->first;
        double square = row[c] - taken[c][c];
        for (size_t d = 0; d < c; d++) {
            double x = row[d] - taken[c][d];
            for (size_t e = 0; e < d; e++)
                x -= row[e] * b->triangle[e * WIDTH + d];
            row[d] = x * b->inverse[d];
            b->triangle[d * WIDTH + c] = row[d];
            square -= row[d] * row[d];
        }
        if (!(square > 0 && square < INFINITY))
            return false;
        row[c] = sqrt(square);
        b->inverse[c] = 1 / row[c];
    }
    return true;
}

/* The rows below the block's triangle, four at a time; the last one stands in for those that are
 * not there. */
MEC_CLONES
static void finish_rows(const block *b) {
    const eight *panel = (const eight *)b->panel;
    const eight *triangle = (const eight *)b->triangle;
    const size_t last = b->n - 1;
    for (size_t i = b->first + WIDTH; i < b->n; i += 4) {
        double *l0 = b->a + i * b->lda;
        double *l1 = b->a + (i + 1 < last ? i + 1 : last) * b->lda;
        double *l2 = b->a + (i + 2 < last ? i + 2 : last) * b->lda;
        double *l3 = b->a + (i + 3 < last ? i + 3 : last) * b->lda;
        eight x0 = *(eight *)(l0 + b->first);
        eight x1 = *(eight *)(l1 + b->first);
        eight x2 = *(eight *)(l2 + b->first);
        eight x3 = *(eight *)(l3 + b->first);
        for (size_t k = 0; k < b->first; k++) {
            x0 -= l0[k] * panel[k];
            x1 -= l1[k] * panel[k];
            x2 -= l2[k] * panel[k];
            x3 -= l3[k] * panel[k];
        }
        for (size_t d = 0; d < WIDTH; d++) {
            x0 -= x0[d] * b->inverse[d] * triangle[d];
            x1 -= x1[d] * b->inverse[d] * triangle[d];
            x2 -= x2[d] * b->inverse[d] * triangle[d];
            x3 -= x3[d] * b->inverse[d] * triangle[d];
        }
        *(eight *)(l0 + b->first) = x0 * *(const eight *)b->inverse;
        *(eight *)(l1 + b->first) = x1 * *(const eight *)b->inverse;
        *(eight *)(l2 + b->first) = x2 * *(const eight *)b->inverse;
        *(eight *)(l3 + b->first) = x3 * *(const eight *)b->inverse;
    }
}

bool mec_cholesky_small(size_t n, double *a, size_t lda) {
    block b; /* too large to be cleared each time */
    b.n = n;
    b.lda = lda;
    b.a = a;
    for (b.first = 0; b.first < n; b.first += WIDTH) {
        b.width = n - b.first < WIDTH ? n - b.first : WIDTH;
        pack_panel(&b);
        if (!factor_triangle(&b))
            return false;
        finish_rows(&b);
    }
    return true;
}
