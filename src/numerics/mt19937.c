#include "numerics/mt19937.h"

enum { WORDS = MEC_MT19937_WORDS, SHIFT = 397 };

void mec_mt19937_seed(mec_mt19937 *g, uint32_t seed) {
    g->state[0] = seed;
    for (uint32_t i = 1; i < WORDS; i++) {
        uint32_t before = g->state[i - 1];
        g->state[i] = UINT32_C(1812433253) * (before ^ (before >> 30)) + i;
    }
    g->next = WORDS;
}

/* init_by_array (Matsumoto & Nishimura 2002): every word of the state depends on the whole key. */
void mec_mt19937_seed_by_array(mec_mt19937 *g, const uint32_t *key, size_t n) {
    uint32_t *state = g->state;
    mec_mt19937_seed(g, UINT32_C(19650218));
    size_t i = 1;
    for (size_t k = 0; k < (n > WORDS ? n : WORDS); k++) {
        uint32_t mixed = (state[i - 1] ^ (state[i - 1] >> 30)) * UINT32_C(1664525);
        state[i] = (state[i] ^ mixed) + key[k % n] + (uint32_t)(k % n);
        if (++i == WORDS) {
            state[0] = state[WORDS - 1];
            i = 1;
        }
    }
    for (size_t k = 0; k < WORDS - 1; k++) {
        uint32_t mixed = (state[i - 1] ^ (state[i - 1] >> 30)) * UINT32_C(1566083941);
        state[i] = (state[i] ^ mixed) - (uint32_t)i;
        if (++i == WORDS) {
            state[0] = state[WORDS - 1];
            i = 1;
        }
    }
    state[0] = UINT32_C(0x80000000);
}

static void refill(mec_mt19937 *g) {
    for (size_t i = 0; i < WORDS; i++) {
        uint32_t joined = (g->state[i] & UINT32_C(0x80000000)) |
                          (g->state[(i + 1) % WORDS] & UINT32_C(0x7fffffff));
        uint32_t twist = (joined >> 1) ^ (joined & 1 ? UINT32_C(0x9908b0df) : 0);
        g->state[i] = g->state[(i + SHIFT) % WORDS] ^ twist;
    }
    g->next = 0;
}

uint32_t mec_mt19937_next(mec_mt19937 *g) {
    if (g->next == WORDS)
        refill(g);
    uint32_t word = g->state[g->next++];
    word ^= word >> 11;
    word ^= (word << 7) & UINT32_C(0x9d2c5680);
    word ^= (word << 15) & UINT32_C(0xefc60000);
    return word ^ (word >> 18);
}

uint32_t mec_mt19937_interval(mec_mt19937 *g, uint32_t max) {
    if (max == 0)
        return 0;
    uint32_t mask = UINT32_MAX >> __builtin_clz(max);
    uint32_t value;
    do
        value = mec_mt19937_next(g) & mask;
    while (value > max);
    return value;
}

void mec_mt19937_permutation(mec_mt19937 *g, size_t n, uint32_t *order) {
    for (size_t i = 0; i < n; i++)
        order[i] = (uint32_t)i;
    for (size_t i = n; i-- > 1;) {
        uint32_t j = mec_mt19937_interval(g, (uint32_t)i);
        uint32_t kept = order[i];
        order[i] = order[j];
        order[j] = kept;
    }
}
