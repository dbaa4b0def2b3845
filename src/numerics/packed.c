/* The loops around the innermost one are those of Goto & van de Geijn (ACM TOMS 34(3), 2008): a
 * block of A stays in the second cache, a panel of B passes by it once, and a tile of C stands in
 * registers while the block's inner dimension goes by. */
#include "numerics/packed.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "numerics/product_clock.h"

enum {
    DEPTH = 512,     /* of a block of A and of a panel of B */
    MOST_ROWS = 224, /* of a block of A: in floats 448 KB */
    MOST_TILE = 14,  /* rows of a tile */
    MOST_WIDTH = 32, /* its columns, in floats with vectors of 64 bytes */
    N_TRANSPOSED = 16,
    N_AHEAD = 16 /* vectors of a panel from those that are asked for to those in use */
};

typedef struct tile {
    size_t n_row, depth;
    const mec_real *a; /* (depth, n_row) */
    const mec_real *b; /* (depth, width) */
    bool adds;
    mec_real *c; /* (n_row, width) */
    size_t ldc;
} tile;

/* C of n_row rows, a constant where this is inlined, and two vectors of columns. */
#define DEFINE_TILE(name, vector)                                                                  \
    static inline __attribute__((always_inline)) void name(const tile *t, size_t n_row) {          \
        const mec_real *a = t->a;                                                                  \
        const vector *b = (const vector *)t->b;                                                    \
        vector sum[MOST_TILE][2] = {0};                                                            \
        for (size_t k = 0; k < t->depth; k++, a += n_row, b += 2) {                                \
            vector b_0 = b[0];                                                                     \
            vector b_1 = b[1];                                                                     \
            __builtin_prefetch(&b[N_AHEAD]);                                                       \
            __builtin_prefetch(&b[N_AHEAD + 1]);                                                   \
            _Pragma("GCC unroll 14") for (size_t i = 0; i < n_row; i++) {                          \
                sum[i][0] += a[i] * b_0;                                                           \
                sum[i][1] += a[i] * b_1;                                                           \
            }                                                                                      \
        }                                                                                          \
        _Pragma("GCC unroll 14") for (size_t i = 0; i < n_row; i++) {                              \
            mec_real *row = t->c + i * t->ldc;                                                     \
            vector c[2] = {0};                                                                     \
            if (t->adds)                                                                           \
                memcpy(c, row, sizeof c);                                                          \
            c[0] += sum[i][0];                                                                     \
            c[1] += sum[i][1];                                                                     \
            memcpy(row, c, sizeof c);                                                              \
        }                                                                                          \
    }

#define CASE(name, n)                                                                              \
    case n:                                                                                        \
        name(t, n);                                                                                \
        break;
#define CASES_TO_6(name)                                                                           \
    CASE(name, 1) CASE(name, 2) CASE(name, 3) CASE(name, 4) CASE(name, 5) CASE(name, 6)
#define CASES_TO_14(name)                                                                          \
    CASES_TO_6(name)                                                                               \
    CASE(name, 7)                                                                                  \
    CASE(name, 8)                                                                                  \
    CASE(name, 9)                                                                                  \
    CASE(name, 10)                                                                                 \
    CASE(name, 11) CASE(name, 12) CASE(name, 13) CASE(name, 14)

/* Numbers side by side, anywhere in memory. */
#define VECTOR(bytes) __attribute__((vector_size(bytes), aligned(sizeof(mec_real)), may_alias))

typedef mec_real vector_16 VECTOR(16);
DEFINE_TILE(multiply_16, vector_16)
static void multiply_tile_16(const tile *t) {
    switch (t->n_row) { CASES_TO_6(multiply_16) }
}

#if defined(__x86_64__) && defined(__GNUC__)
typedef mec_real vector_32 VECTOR(32);
typedef mec_real vector_64 VECTOR(64);
DEFINE_TILE(multiply_32, vector_32)
DEFINE_TILE(multiply_64, vector_64)
__attribute__((target("avx2,fma"))) static void multiply_tile_32(const tile *t) {
    switch (t->n_row) { CASES_TO_6(multiply_32) }
}
__attribute__((target("avx512f"))) static void multiply_tile_64(const tile *t) {
    switch (t->n_row) { CASES_TO_14(multiply_64) }
}
#endif

/* What suits this processor: as many sums as there are registers for, less those of a row of B. */
typedef struct kind {
    size_t bytes; /* of a vector */
    size_t most;  /* rows of a tile */
    void (*multiply)(const tile *t);
} kind;

static kind kind_here(size_t most_bytes) {
#if defined(__x86_64__) && defined(__GNUC__)
    if (most_bytes >= 64 && __builtin_cpu_supports("avx512f"))
        return (kind){64, 14, multiply_tile_64};
    if (most_bytes >= 32 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return (kind){32, 6, multiply_tile_32};
#endif
    (void)most_bytes;
    return (kind){16, 6, multiply_tile_16};
}

struct mec_packed {
    kind kind;
    size_t width;    /* of a panel: two vectors */
    size_t k, n;     /* of B */
    size_t n_panel;  /* side by side; the last is filled up with zeros */
    mec_real *panel; /* block after block of DEPTH rows of B, in each (n_panel, depth, width) */
    mec_real *block; /* of A: tile after tile (depth, n_row) */
};

static size_t round_up(size_t n, size_t to) {
    return (n + to - 1) / to * to;
}

static size_t room_for(size_t rows, size_t columns) {
    const size_t width = 2 * (size_t)MEC_PACKED_WIDEST / sizeof(mec_real);
    size_t straight = rows * round_up(columns, width);
    size_t turned = columns * round_up(rows, width);
    return straight > turned ? straight : turned;
}

mec_packed *mec_packed_create(size_t rows, size_t columns, size_t most_bytes, mec_status *status) {
    mec_packed *packed = mec_alloc(1, sizeof *packed, status);
    if (!packed)
        return NULL;
    *packed = (mec_packed){.kind = kind_here(most_bytes)};
    packed->width = 2 * packed->kind.bytes / sizeof(mec_real);
    packed->panel = mec_alloc(room_for(rows, columns), sizeof(mec_real), status);
    packed->block = mec_alloc((size_t)MOST_ROWS * DEPTH, sizeof(mec_real), status);
    if (!status->code)
        return packed;
    mec_packed_destroy(packed);
    return NULL;
}

void mec_packed_destroy(mec_packed *packed) {
    if (!packed)
        return;
    free(packed->block);
    free(packed->panel);
    free(packed);
}

double mec_packed_memory(size_t rows, size_t columns) {
    return (double)sizeof(mec_real) * ((double)room_for(rows, columns) + (double)MOST_ROWS * DEPTH);
}

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/* ---- packing ---- */

/* A panel (depth, width) of b (depth, n). */
static void pack_straight(size_t depth, size_t width, size_t n, const mec_real *b, size_t ldb,
                          mec_real *to) {
    for (size_t k = 0; k < depth; k++, b += ldb, to += width) {
        memcpy(to, b, n * sizeof *to);
        memset(to + n, 0, (width - n) * sizeof *to);
    }
}

/* A panel (depth, width) of b (n, depth), some of its columns at a time so that the panel's part
 * stays in the cache. */
static void pack_turned(size_t depth, size_t width, size_t n, const mec_real *b, size_t ldb,
                        mec_real *to) {
    if (n < width)
        memset(to, 0, depth * width * sizeof *to);
    for (size_t first = 0; first < depth; first += N_TRANSPOSED) {
        size_t end = least(first + N_TRANSPOSED, depth);
        for (size_t i = 0; i < n; i++)
            for (size_t k = first; k < end; k++)
                to[k * width + i] = b[i * ldb + k];
    }
}

void mec_packed_set(mec_packed *packed, size_t k, size_t n, const mec_real *b, size_t ldb,
                    bool transposed) {
    double start = mec_product_clock_start();
    size_t width = packed->width;
    size_t n_panel = round_up(n, width) / width;
    packed->k = k;
    packed->n = n;
    packed->n_panel = n_panel;
    for (size_t first = 0; first < k; first += DEPTH) {
        size_t depth = least(DEPTH, k - first);
        mec_real *to = packed->panel + first * n_panel * width;
#pragma omp parallel for schedule(static)
        for (size_t j = 0; j < n_panel; j++) {
            size_t n_there = least(width, n - j * width);
            if (transposed)
                pack_turned(depth, width, n_there, b + j * width * ldb + first, ldb,
                            to + j * depth * width);
            else
                pack_straight(depth, width, n_there, b + first * ldb + j * width, ldb,
                              to + j * depth * width);
        }
    }
    mec_product_clock_stop(start);
}

/* ---- multiplying ---- */

/* Rows first .. of the `t`-th of n_tile tiles that m rows are divided into as evenly as can be. */
static size_t first_of(size_t m, size_t n_tile, size_t t) {
    return m * t / n_tile;
}

static void pack_tile(size_t depth, size_t n_row, const mec_real *a, size_t lda, mec_real *to) {
    for (size_t k = 0; k < depth; k++)
        for (size_t i = 0; i < n_row; i++)
            *to++ = a[i * lda + k];
}

/* A panel's part of C that is narrower than a tile goes by way of a whole one. */
static void multiply_narrow(const mec_packed *packed, tile t, size_t n) {
    mec_real whole[MOST_TILE * MOST_WIDTH] = {0};
    mec_real *c = t.c;
    size_t ldc = t.ldc;
    t.c = whole;
    t.ldc = packed->width;
    for (size_t i = 0; t.adds && i < t.n_row; i++)
        memcpy(whole + i * t.ldc, c + i * ldc, n * sizeof *c);
    packed->kind.multiply(&t);
    for (size_t i = 0; i < t.n_row; i++)
        memcpy(c + i * ldc, whole + i * t.ldc, n * sizeof *c);
}

/* Panel j of the block of B by the block of A (m, depth); `c` is that of the block's first row. */
static void multiply_panel(const mec_packed *packed, size_t m, size_t n_tile, tile t, size_t j,
                           mec_real *c) {
    size_t n = least(packed->width, packed->n - j * packed->width);
    for (size_t i = 0; i < n_tile; i++) {
        size_t first = first_of(m, n_tile, i);
        t.n_row = first_of(m, n_tile, i + 1) - first;
        t.a = packed->block + first * t.depth;
        t.c = c + first * t.ldc + j * packed->width;
        if (n == packed->width)
            packed->kind.multiply(&t);
        else
            multiply_narrow(packed, t, n);
    }
}

/* At most MOST_ROWS rows. */
static void multiply_rows(mec_packed *packed, size_t m, const mec_real *a, size_t lda, bool adds,
                          mec_real *c, size_t ldc) {
    size_t n_tile = (m + packed->kind.most - 1) / packed->kind.most;
#pragma omp parallel
    for (size_t k = 0; k < packed->k; k += DEPTH) {
        size_t depth = least(DEPTH, packed->k - k);
        const mec_real *panel = packed->panel + k * packed->n_panel * packed->width;
#pragma omp for schedule(static)
        for (size_t i = 0; i < n_tile; i++) {
            size_t first = first_of(m, n_tile, i);
            pack_tile(depth, first_of(m, n_tile, i + 1) - first, a + first * lda + k, lda,
                      packed->block + first * depth);
        }
#pragma omp for schedule(static)
        for (size_t j = 0; j < packed->n_panel; j++) {
            const tile t = {.depth = depth,
                            .b = panel + j * depth * packed->width,
                            .adds = adds || k > 0,
                            .ldc = ldc};
            multiply_panel(packed, m, n_tile, t, j, c);
        }
    }
}

void mec_packed_multiply(mec_packed *packed, size_t m, const mec_real *a, size_t lda, bool adds,
                         mec_real *c, size_t ldc) {
    double start = mec_product_clock_start();
    for (size_t i = 0; i < m; i += MOST_ROWS)
        multiply_rows(packed, least(MOST_ROWS, m - i), a + i * lda, lda, adds, c + i * ldc, ldc);
    mec_product_clock_stop(start);
}
