/* Sums over what is beyond a bound: of a vector c, the pushes |c_j| - bound or, on one side,
 * c_j - bound, as far as they are positive. The elastic net's dual is made of these.
 *
 * `mirror` is -1 where both sides count and 1 where only the upper one does: the push is that of
 * max(c, mirror c). The sums are taken in eight lanes side by side, in an order that depends on the
 * length alone. */
#ifndef MEC_NUMERICS_SOFT_H
#define MEC_NUMERICS_SOFT_H

#include <stddef.h>

/* The largest max(c, mirror c) (n), and at least 0. */
double mec_soft_largest(size_t n, const double *c, double mirror);

/* The sum of squares of the pushes. */
double mec_soft_squares(size_t n, const double *c, double mirror, double bound);

/* That, the sum of the pushes times the sizes max(c, mirror c), and the sum of squares of the sizes
 * where there is a push: half of the first has the second and the third for derivatives by a factor
 * of c. */
typedef struct mec_soft {
    double squares, slope, curvature;
} mec_soft;
mec_soft mec_soft_sums(size_t n, const double *c, double mirror, double bound);

#endif
