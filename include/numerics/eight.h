/* Eight doubles at once: the compiler makes of them what the vectors of the processor allow. For
 * functions marked MEC_CLONES, which pass them by address alone: how they are passed by value
 * differs from processor to processor. */
#ifndef MEC_NUMERICS_EIGHT_H
#define MEC_NUMERICS_EIGHT_H

enum { MEC_EIGHT = 8 };

/* Wherever they lie. */
typedef double mec_eight
    __attribute__((vector_size(MEC_EIGHT * sizeof(double)), aligned(8), may_alias));

/* The sum of x (MEC_EIGHT), in halves. */
static inline double mec_sum_of_eight(const double *x) {
    return ((x[0] + x[4]) + (x[1] + x[5])) + ((x[2] + x[6]) + (x[3] + x[7]));
}

#endif
