/* Products with one matrix that is used many times before it changes, as the recurrent weights of a
 * network are: copied once into the order in which the innermost loop reads it.
 *
 * A product with few rows costs a BLAS as much in putting the matrix in order as in multiplying: of
 * the rate of a large square product, OpenBLAS reaches 75 % with 100 rows and 50 % with 25, and
 * this here reaches all of it. Never a general product: numerics/linalg.h has these. */
#ifndef MEC_NUMERICS_PACKED_H
#define MEC_NUMERICS_PACKED_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "numerics/real.h"

typedef struct mec_packed mec_packed;

/* With room for matrices (rows, columns) and (columns, rows). Vectors are the widest of the
 * processor up to `most_bytes`; their width does not change a bit where the processor multiplies
 * and adds in one instruction (on x86 since 2013). */
enum { MEC_PACKED_WIDEST = 64 };
mec_packed *mec_packed_create(size_t rows, size_t columns, size_t most_bytes, mec_status *status);
void mec_packed_destroy(mec_packed *packed);
double mec_packed_memory(size_t rows, size_t columns); /* bytes */

/* Takes a copy of B (k, n), or, transposed, of the transpose of b (n, k). Cost: k n numbers are
 * read and written. */
void mec_packed_set(mec_packed *packed, size_t k, size_t n, const mec_real *b, size_t ldb,
                    bool transposed);

/* C (m x n) = A (m x k) B, or, where it `adds`, C + A B. On the threads that numerics/linalg.h was
 * told. Sums run over k in order, in blocks of a fixed size: a row of C has the same bits whatever
 * m and the number of threads. */
void mec_packed_multiply(mec_packed *packed, size_t m, const mec_real *a, size_t lda, bool adds,
                         mec_real *c, size_t ldc);

#endif
