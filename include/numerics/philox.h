/* Counter-based random numbers: Philox4x32-10 (Salmon, Moraes, Dror & Shaw, SC 2011).
 *
 * A number is a function of a key (the seed) and a counter (what it is for), so that any rank can
 * draw any number without the ones before it: results do not depend on who computes what. */
#ifndef MEC_NUMERICS_PHILOX_H
#define MEC_NUMERICS_PHILOX_H

#include <stdint.h>

/* Four random 32-bit words for a counter under a key. */
void mec_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/* A stream of numbers for one purpose: words 0 to 2 of the counter name it, word 3 counts. */
typedef struct mec_stream {
    uint32_t key[2];
    uint32_t counter[4];
    uint32_t words[4];
    int n_left; /* unused ones of `words` */
} mec_stream;

mec_stream mec_stream_at(uint64_t seed, uint32_t a, uint32_t b, uint32_t c);

/* Uniform in (0, 1), never 0 or 1: (k + 1/2) / 2^32. */
double mec_stream_uniform(mec_stream *stream);

/* Standard normal (Box & Muller 1958). */
double mec_stream_normal(mec_stream *stream);

/* Rayleigh with the given scale: the length of two normals of that deviation, by inversion. */
double mec_stream_rayleigh(mec_stream *stream, double scale);

/* Poisson with the given mean >= 0. Exact at any mean: a large one is a sum of parts of mean at
 * most 16, each found by inversion. Cost: proportional to the mean. */
double mec_stream_poisson(mec_stream *stream, double mean);

#endif
