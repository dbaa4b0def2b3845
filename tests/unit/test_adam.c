#include "model/adam.h"

#include <stdlib.h>
#include <string.h>

#include "numerics/linalg.h"
#include "random.h"
#include "unit.h"

#ifdef MEC_REAL_IS_DOUBLE
static const double TOLERANCE = 1e-13;
#else
static const double TOLERANCE = 1e-6;
#endif

static const mec_adam adam = {
    .learning_rate = 1e-3, .beta_1 = 0.9, .beta_2 = 0.999, .epsilon = 1e-7};

static uint64_t seed = 11;

static mec_real *draw(size_t n, double low, double high) {
    mec_real *x = malloc((n + 1) * sizeof *x);
    assert_non_null(x);
    for (size_t i = 0; i < n; i++)
        x[i] = (mec_real)(low + (high - low) * random_uniform(&seed));
    return x;
}

/* A network with gradients and moments that mean nothing. */
typedef struct example {
    mec_network network;
    size_t n;
    mec_weights weights;
    mec_gradients gradients;
    mec_real *m, *v;
    mec_decay decay;
} example;

static example make_example(size_t n_unit) {
    example e = {.network = {n_unit, 5, 2, MEC_ACTIVATION_RELU},
                 .decay = {0.1, MEC_DECAY_ON_RECURRENT}};
    mec_status status = {0};
    e.n = mec_network_count(&e.network);
    e.weights = mec_weights_view(&e.network, draw(e.n, -1, 1));
    e.m = draw(e.n, -1, 1);
    e.v = draw(e.n, 0, 1);
    mec_gradients_create(&e.gradients, &e.network, &status);
    assert_ok(status);
    for (size_t i = 0; i < mec_gradients_count(&e.network); i++)
        e.gradients.block[i] = (mec_real)(random_uniform(&seed) - 0.5);
    mec_gradients_close(&e.gradients, &e.weights);
    return e;
}

static void free_example(example *e) {
    mec_gradients_destroy(&e->gradients);
    free(e->v);
    free(e->m);
    free(e->weights.block);
}

static mec_real *take(const example *e) {
    mec_real *gradient = draw(e->n, 0, 0);
    mec_gradients_range(&e->gradients, &e->weights, e->decay, 0, e->n, gradient);
    return gradient;
}

static mec_real *copy(size_t n, const mec_real *x) {
    mec_real *y = draw(n, 0, 0);
    memcpy(y, x, n * sizeof *x);
    return y;
}

/* The formulas of the paper with Keras' epsilon, step after step, at first and late in a run. */
static void steps_are_those_of_the_formulas(void **state) {
    (void)state;
    enum { N = 37, N_STEP = 5 };
    const uint64_t firsts[] = {1, 100000};
    const long double beta_1 = 0.9F;
    const long double beta_2 = 0.999F;
    for (size_t k = 0; k < 2; k++) {
        mec_real *w = draw(N, -1, 1);
        mec_real *m = draw(N, -1, 1);
        mec_real *v = draw(N, 0.1, 1);
        long double wanted[3][N];
        for (size_t i = 0; i < N; i++) {
            wanted[0][i] = w[i];
            wanted[1][i] = m[i];
            wanted[2][i] = v[i];
        }
        for (uint64_t t = firsts[k]; t < firsts[k] + N_STEP; t++) {
            mec_real *g = draw(N, -1, 1);
            mec_adam_move(&adam, t, 0.5, N, g, w, m, v);
            long double rate = adam.learning_rate * sqrtl(1 - powl(beta_2, (long double)t)) /
                               (1 - powl(beta_1, (long double)t));
            for (size_t i = 0; i < N; i++) {
                long double half = 0.5L * g[i];
                wanted[1][i] = beta_1 * wanted[1][i] + (1 - beta_1) * half;
                wanted[2][i] = beta_2 * wanted[2][i] + (1 - beta_2) * half * half;
                wanted[0][i] -= rate * wanted[1][i] / (sqrtl(wanted[2][i]) + 1e-7L);
            }
            free(g);
        }
        for (size_t i = 0; i < N; i++) {
            assert_near(w[i], (double)wanted[0][i], TOLERANCE);
            assert_near(m[i], (double)wanted[1][i], TOLERANCE);
            assert_near(v[i], (double)wanted[2][i], TOLERANCE);
        }
        free(v);
        free(m);
        free(w);
    }
}

/* A first gradient so small that epsilon is three quarters of what is divided by: m = 0.1 g, v =
 * 0.001 g^2. */
static void epsilon_stands_beside_the_root(void **state) {
    (void)state;
    mec_real w = 1;
    mec_real m = 0;
    mec_real v = 0;
    const mec_real g = (mec_real)1e-6;
    mec_adam_move(&adam, 1, 1, 1, &g, &w, &m, &v);
    assert_near(1 - w, 1e-3 * sqrt(0.001) / 0.1 * 1e-7 / (1e-6 * sqrt(0.001) + 1e-7), 1e-7);
}

/* A new W_M must not tell in the gradient of W, which comes after it. */
static void shares_move_as_the_whole_does(void **state) {
    (void)state;
    example e = make_example(40);
    const size_t cuts[] = {0, 1, 230, 250, 330, 2048, 2600, 6001, 6001, e.n};
    mec_real *gradient = take(&e);
    mec_real *w = copy(e.n, e.weights.block);
    mec_real *m = copy(e.n, e.m);
    mec_real *v = copy(e.n, e.v);
    mec_adam_move(&adam, 3, 0.25, e.n, gradient, w, m, v);
    for (size_t k = 0; k + 1 < sizeof cuts / sizeof *cuts; k++) {
        const mec_share share = {cuts[k], cuts[k + 1] - cuts[k], e.m + cuts[k], e.v + cuts[k]};
        mec_adam_move_share(&adam, 3, 0.25, &e.gradients, e.decay, &e.weights, &share);
    }
    assert_memory_equal(w, e.weights.block, e.n * sizeof *w);
    assert_memory_equal(m, e.m, e.n * sizeof *m);
    assert_memory_equal(v, e.v, e.n * sizeof *v);
    free(v);
    free(m);
    free(w);
    free(gradient);
    free_example(&e);
}

static void squares_are_those_of_the_gradient(void **state) {
    (void)state;
    example e = make_example(40);
    mec_real *gradient = take(&e);
    long double wanted = 0;
    for (size_t i = 0; i < e.n; i++)
        wanted += (long double)gradient[i] * gradient[i];
    double found = mec_adam_sum_of_squares(&e.gradients, e.decay, &e.weights, 0, 3001) +
                   mec_adam_sum_of_squares(&e.gradients, e.decay, &e.weights, 3001, e.n - 3001);
    assert_near(found, (double)wanted, 1e-13 * (double)wanted);
    free(gradient);
    free_example(&e);
}

static void only_long_gradients_are_clipped(void **state) {
    (void)state;
    mec_adam clipping = adam;
    assert_near(mec_adam_clip_factor(&clipping, 1e12), 1, 0);
    clipping.clip_norm = 2;
    assert_near(mec_adam_clip_factor(&clipping, 0), 1, 0);
    assert_near(mec_adam_clip_factor(&clipping, 4), 1, 0);
    assert_near(mec_adam_clip_factor(&clipping, 64), 0.25, 0);
    assert_true(isnan(mec_adam_clip_factor(&clipping, INFINITY)));
    assert_true(isnan(mec_adam_clip_factor(&clipping, NAN)));
}

int main(void) {
    mec_linalg_set_threads(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_are_those_of_the_formulas),
        cmocka_unit_test(epsilon_stands_beside_the_root),
        cmocka_unit_test(shares_move_as_the_whole_does),
        cmocka_unit_test(squares_are_those_of_the_gradient),
        cmocka_unit_test(only_long_gradients_are_clipped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
