/* The number of a network: float as published; double where the tests build the same source a
 * second time to see that what differs is rounding. */
#ifndef MEC_NUMERICS_REAL_H
#define MEC_NUMERICS_REAL_H

#ifdef MEC_REAL_IS_DOUBLE
typedef double mec_real;
#else
typedef float mec_real;
#endif

#endif
