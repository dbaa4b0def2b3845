#include "numerics/philox.h"

#include <math.h>
#include <stddef.h>

static void round_once(uint32_t x[4], const uint32_t key[2]) {
    uint64_t a = (uint64_t)UINT32_C(0xD2511F53) * x[0];
    uint64_t b = (uint64_t)UINT32_C(0xCD9E8D57) * x[2];
    uint32_t y0 = (uint32_t)(b >> 32) ^ x[1] ^ key[0];
    uint32_t y2 = (uint32_t)(a >> 32) ^ x[3] ^ key[1];
    x[0] = y0;
    x[1] = (uint32_t)b;
    x[2] = y2;
    x[3] = (uint32_t)a;
}

void mec_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]) {
    uint32_t k[2] = {key[0], key[1]};
    uint32_t x[4] = {counter[0], counter[1], counter[2], counter[3]}; /* kept in registers */
    for (int i = 0; i < 10; i++) {
        round_once(x, k);
        k[0] += UINT32_C(0x9E3779B9); /* Weyl sequence: the golden ratio */
        k[1] += UINT32_C(0xBB67AE85); /* and the square root of 3, less 1 */
    }
    for (int i = 0; i < 4; i++)
        out[i] = x[i];
}

mec_stream mec_stream_at(uint64_t seed, uint32_t a, uint32_t b, uint32_t c) {
    return (mec_stream){.key = {(uint32_t)seed, (uint32_t)(seed >> 32)}, .counter = {a, b, c, 0}};
}

static uint32_t next_word(mec_stream *s) {
    if (s->n_left == 0) {
        mec_philox(s->counter, s->key, s->words);
        s->counter[3]++;
        s->n_left = 4;
    }
    return s->words[--s->n_left];
}

double mec_stream_uniform(mec_stream *s) {
    return ((double)next_word(s) + 0.5) * 0x1p-32;
}

double mec_stream_rayleigh(mec_stream *s, double scale) {
    return scale * sqrt(-2 * log(mec_stream_uniform(s)));
}

double mec_stream_normal(mec_stream *s) {
    double radius = mec_stream_rayleigh(s, 1);
    return radius * cos(2 * M_PI * mec_stream_uniform(s));
}

/* Sequential inversion; the cap is far beyond any count that a 32-bit uniform can reach. */
static double small_poisson(mec_stream *s, double mean) {
    double u = mec_stream_uniform(s);
    double probability = exp(-mean);
    double cumulated = probability;
    double count = 0;
    while (u > cumulated && count < 200) {
        count++;
        probability *= mean / count;
        cumulated += probability;
    }
    return count;
}

double mec_stream_poisson(mec_stream *s, double mean) {
    size_t n_part = (size_t)ceil(mean / 16);
    double count = 0;
    for (size_t part = 0; part < n_part; part++)
        count += small_poisson(s, mean / (double)n_part);
    return count;
}
