/* TensorFlow 2.0's random numbers, bit for bit: the published networks' place cells and initial
 * weights were drawn so.
 *
 * tf.random.set_seed(0) names two generators: Python's random.Random(0) hands every random
 * operation its own seed, in the order in which they are made, and Philox4x32-10 draws the
 * operation's numbers under the global seed as key. */
#ifndef MEC_NUMERICS_TENSORFLOW_RANDOM_H
#define MEC_NUMERICS_TENSORFLOW_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* The seeds of the first `n` random operations after tf.random.set_seed(0). */
void mec_tensorflow_op_seeds(uint32_t *seeds, size_t n);

/* tf.random.uniform of `n` numbers in [lo, hi): `out` (n). Cost: a few nanoseconds a number. */
void mec_tensorflow_uniform_double(uint64_t global_seed, uint32_t op_seed, double lo, double hi,
                                   size_t n, double *out);
void mec_tensorflow_uniform_float(uint64_t global_seed, uint32_t op_seed, float lo, float hi,
                                  size_t n, float *out);

#endif
