#include "model/network.h"

#include <stdlib.h>

#include "numerics/linalg.h"
#include "oracle_network.h"
#include "random.h"
#include "unit.h"

/* Of a layer's largest value. */
#ifdef MEC_REAL_IS_DOUBLE
static const double TOLERANCE = 1e-12;
#else
static const double TOLERANCE = 1e-5;
#endif

static uint64_t seed = 3;

/* Numbers that both sides can hold: `wide` has those of `x`. */
typedef struct numbers {
    mec_real *x;
    double *wide;
} numbers;

static numbers draw(size_t n, double scale) {
    numbers drawn = {malloc(n * sizeof *drawn.x), malloc(n * sizeof *drawn.wide)};
    assert_non_null(drawn.x);
    assert_non_null(drawn.wide);
    for (size_t i = 0; i < n; i++) {
        drawn.x[i] = (mec_real)(scale * (2 * random_uniform(&seed) - 1));
        drawn.wide[i] = drawn.x[i];
    }
    return drawn;
}

static void release(numbers *drawn) {
    free(drawn->x);
    free(drawn->wide);
}

static double *make_doubles(size_t n) {
    double *x = malloc(n * sizeof *x);
    assert_non_null(x);
    return x;
}

typedef struct size {
    size_t n_unit, n_place, n_input, capacity, batch_size, n_step;
} size;

/* A network, its inputs, and what the oracle makes of them. */
typedef struct example {
    size s;
    mec_network network;
    numbers block, code, input;
    mec_weights weights;
    double *layer[MEC_N_LAYER];
} example;

static example make_example(size s, mec_activation activation) {
    example e = {.s = s, .network = {s.n_unit, s.n_place, s.n_input, activation}};
    size_t n_row = s.n_step * s.batch_size;
    /* Biases as large as weights, which a checkpoint may have. */
    e.block = draw(mec_network_count(&e.network), 1 / sqrt((double)s.n_unit));
    e.weights = mec_weights_view(&e.network, e.block.x);
    e.code = draw(s.batch_size * s.n_place, 1);
    e.input = draw(n_row * s.n_input, 1);
    oracle_network oracle = {.network = e.network};
    for (mec_parameter p = 0; p < MEC_N_PARAMETER; p++)
        oracle.of[p] = e.block.wide + (e.weights.of[p] - e.weights.block);
    for (mec_layer layer = 0; layer < MEC_N_LAYER; layer++)
        e.layer[layer] = make_doubles(n_row * (layer == MEC_LAYER_DC ? s.n_place : s.n_unit));
    oracle_network_run(&oracle, s.batch_size, s.n_step, e.code.wide, e.input.wide, e.layer);
    return e;
}

static void free_example(example *e) {
    release(&e->block);
    release(&e->code);
    release(&e->input);
    for (mec_layer layer = 0; layer < MEC_N_LAYER; layer++)
        free(e->layer[layer]);
}

static void compare_layer(const example *e, const mec_forward *forward, mec_layer layer) {
    size_t n = e->s.n_step * e->s.batch_size *
               (layer == MEC_LAYER_DC ? e->network.n_place : e->network.n_unit);
    const mec_real *found = mec_forward_layer(forward, layer);
    double largest = 0;
    for (size_t i = 0; i < n; i++)
        largest = fmax(largest, fabs(e->layer[layer][i]));
    assert_true(largest > 0 && isfinite(largest));
    for (size_t i = 0; i < n; i++)
        assert_near(found[i], e->layer[layer][i], TOLERANCE * largest);
}

/* A second pass leaves what the first did. */
static void compare(const example *e, mec_layer last) {
    mec_status status = {0};
    mec_forward *forward =
        mec_forward_create(&e->network, e->s.capacity, e->s.n_step, last, &status);
    assert_ok(status);
    mec_forward_set_weights(forward, &e->weights);
    for (int pass = 0; pass < 2; pass++) {
        mec_forward_run(forward, e->s.batch_size, e->code.x, e->input.x, NULL);
        for (mec_layer layer = 0; layer <= last; layer++)
            compare_layer(e, forward, layer);
    }
    mec_forward_destroy(forward);
}

static void layers_agree_with_loops(void **state) {
    (void)state;
    const size sizes[] = {
        {11, 3, 2, 4, 4, 6}, {18, 25, 7, 9, 5, 3}, {9, 2, 2, 1, 1, 1}, {1029, 4, 3, 3, 2, 2}};
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        example e = make_example(sizes[k], MEC_ACTIVATION_RELU);
        for (mec_layer last = 0; last < MEC_N_LAYER; last++)
            compare(&e, last);
        free_example(&e);
    }
}

/* Beats that are left until it is asked to stop. */
static bool count_down(void *owner) {
    int *n_left = owner;
    return --*n_left == 0;
}

static void a_pass_beats_at_every_step(void **state) {
    (void)state;
    mec_status status = {0};
    example e = make_example((size){13, 6, 4, 3, 3, 4}, MEC_ACTIVATION_RELU);
    int n_left;
    mec_pulse pulse = {count_down, &n_left};
    mec_forward *forward =
        mec_forward_create(&e.network, e.s.capacity, e.s.n_step, MEC_LAYER_DC, &status);
    assert_ok(status);
    mec_forward_set_weights(forward, &e.weights);
    for (int stop = 1; stop <= (int)e.s.n_step; stop++) {
        n_left = stop;
        assert_false(mec_forward_run(forward, e.s.batch_size, e.code.x, e.input.x, &pulse));
        assert_int_equal(n_left, 0);
    }
    n_left = (int)e.s.n_step + 1;
    assert_true(mec_forward_run(forward, e.s.batch_size, e.code.x, e.input.x, &pulse));
    assert_int_equal(n_left, 1);
    compare_layer(&e, forward, MEC_LAYER_DC);
    mec_forward_destroy(forward);
    free_example(&e);
}

static void every_activation_agrees_with_loops(void **state) {
    (void)state;
    for (mec_activation activation = 0; activation < MEC_N_ACTIVATION; activation++) {
        example e = make_example((size){13, 6, 4, 3, 3, 4}, activation);
        compare(&e, MEC_LAYER_DC);
        free_example(&e);
    }
}

/* The same object serves one set of weights after another. */
static void new_weights_take_the_place_of_old_ones(void **state) {
    (void)state;
    mec_status status = {0};
    size s = {7, 5, 2, 3, 3, 4};
    example first = make_example(s, MEC_ACTIVATION_TANH);
    example second = make_example(s, MEC_ACTIVATION_TANH);
    mec_forward *forward =
        mec_forward_create(&first.network, s.capacity, s.n_step, MEC_LAYER_DC, &status);
    assert_ok(status);
    mec_forward_set_weights(forward, &first.weights);
    mec_forward_run(forward, s.batch_size, first.code.x, first.input.x, NULL);
    compare_layer(&first, forward, MEC_LAYER_DC);
    mec_forward_set_weights(forward, &second.weights);
    mec_forward_run(forward, s.batch_size, second.code.x, second.input.x, NULL);
    compare_layer(&second, forward, MEC_LAYER_DC);
    mec_forward_destroy(forward);
    free_example(&first);
    free_example(&second);
}

static void parameters_fill_their_block(void **state) {
    (void)state;
    const mec_network network = {.n_unit = 5, .n_place = 3, .n_input = 4};
    const size_t counts[MEC_N_PARAMETER] = {15, 5, 20, 5, 100, 10, 25, 5, 15, 3};
    mec_real block[203];
    mec_weights weights = mec_weights_view(&network, block);
    mec_real *next = block;
    for (mec_parameter p = 0; p < MEC_N_PARAMETER; p++) {
        mec_matrix_shape shape = mec_parameter_shape(&network, p);
        assert_int_equal(shape.rows * shape.columns, counts[p]);
        assert_ptr_equal(weights.of[p], next);
        assert_non_null(MEC_PARAMETER_NAMES[p]);
        next += counts[p];
    }
    assert_null(MEC_PARAMETER_NAMES[MEC_N_PARAMETER]);
    assert_int_equal(mec_network_count(&network), 203);
}

/* drive 4 rows of 2 x 5, h_0 of 2 walks, [a | d] of 2, and the layers of 2 x 7 states. */
static void memory_is_what_is_allocated(void **state) {
    (void)state;
    const mec_network network = {.n_unit = 5, .n_place = 3, .n_input = 3};
    const double counts[MEC_N_LAYER] = {40 + 10 + 20 + 70, 140 + 70, 210 + 42};
    for (mec_layer last = 0; last < MEC_N_LAYER; last++)
        assert_near(mec_forward_memory(&network, 2, 7, last),
                    counts[last] * (double)sizeof(mec_real), 0);
}

static void too_much_memory_is_a_failure(void **state) {
    (void)state;
    mec_status status = {0};
    const mec_network network = {.n_unit = (size_t)1 << 45, .n_place = 3, .n_input = 2};
    assert_null(mec_forward_create(&network, 1, 1, MEC_LAYER_DC, &status));
    assert_status(status, MEC_FAILED, "out of memory");
}

int main(void) {
    mec_linalg_set_threads(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layers_agree_with_loops),
        cmocka_unit_test(a_pass_beats_at_every_step),
        cmocka_unit_test(every_activation_agrees_with_loops),
        cmocka_unit_test(new_weights_take_the_place_of_old_ones),
        cmocka_unit_test(parameters_fill_their_block),
        cmocka_unit_test(memory_is_what_is_allocated),
        cmocka_unit_test(too_much_memory_is_a_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
