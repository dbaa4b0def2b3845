#include "numerics/tensorflow_random.h"

#include <string.h>

#include "numerics/mt19937.h"
#include "numerics/philox.h"

/* Compiled without contraction: a product and a sum are rounded one after the other, as there. */

/* random.Random(0).randint(0, 2^31 - 1): 32 bits, drawn again while they are above. */
void mec_tensorflow_op_seeds(uint32_t *seeds, size_t n) {
    const uint32_t key = 0;
    mec_mt19937 generator;
    mec_mt19937_seed_by_array(&generator, &key, 1);
    for (size_t i = 0; i < n; i++)
        do
            seeds[i] = mec_mt19937_next(&generator);
        while (seeds[i] > INT32_MAX);
}

/* The block of four words number `block` of an operation. */
static void draw_block(uint64_t global_seed, uint32_t op_seed, size_t block, uint32_t words[4]) {
    const uint32_t key[2] = {(uint32_t)global_seed, (uint32_t)(global_seed >> 32)};
    const uint64_t index = block;
    const uint32_t counter[4] = {(uint32_t)index, (uint32_t)(index >> 32), op_seed, 0};
    mec_philox(counter, key, words);
}

/* In [0, 1): the words are the mantissa of a number in [1, 2), less 1. */
static double unit_double(uint32_t high, uint32_t low) {
    uint64_t bits = UINT64_C(1023) << 52 | (uint64_t)(high & UINT32_C(0xFFFFF)) << 32 | low;
    double number;
    memcpy(&number, &bits, sizeof number);
    return number - 1;
}

static float unit_float(uint32_t word) {
    uint32_t bits = UINT32_C(127) << 23 | (word & UINT32_C(0x7FFFFF));
    float number;
    memcpy(&number, &bits, sizeof number);
    return number - 1;
}

void mec_tensorflow_uniform_double(uint64_t global_seed, uint32_t op_seed, double lo, double hi,
                                   size_t n, double *out) {
    const double range = hi - lo;
    uint32_t words[4];
    for (size_t i = 0; i < n; i++) {
        if (i % 2 == 0)
            draw_block(global_seed, op_seed, i / 2, words);
        const uint32_t *pair = words + 2 * (i % 2);
        out[i] = unit_double(pair[0], pair[1]) * range + lo;
    }
}

void mec_tensorflow_uniform_float(uint64_t global_seed, uint32_t op_seed, float lo, float hi,
                                  size_t n, float *out) {
    const float range = hi - lo;
    uint32_t words[4];
    for (size_t i = 0; i < n; i++) {
        if (i % 4 == 0)
            draw_block(global_seed, op_seed, i / 4, words);
        out[i] = unit_float(words[i % 4]) * range + lo;
    }
}
