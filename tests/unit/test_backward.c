#include "model/backward.h"
#include "numerics/packed.h"
#include <float.h>

#include <stdlib.h>
#include <string.h>

#include "numerics/linalg.h"
#include "oracle_network.h"
#include "random.h"
#include "unit.h"

/* Of a parameter's largest gradient. */
#ifdef MEC_REAL_IS_DOUBLE
static const double TOLERANCE = 1e-10;
#else
static const double TOLERANCE = 1e-5;
#endif

static uint64_t seed = 7;

static void *make(size_t count, size_t size) {
    void *x = calloc(count + 1, size);
    assert_non_null(x);
    return x;
}

static mec_real *draw(size_t n, double low, double high) {
    mec_real *x = make(n, sizeof *x);
    for (size_t i = 0; i < n; i++)
        x[i] = (mec_real)(low + (high - low) * random_uniform(&seed));
    return x;
}

static double *widen(size_t n, const mec_real *x) {
    double *wide = make(n, sizeof *wide);
    for (size_t i = 0; i < n; i++)
        wide[i] = x[i];
    return wide;
}

typedef struct size {
    size_t n_unit, n_place, n_input, batch_size, n_step;
} size;

/* A network, a batch, and its working memory, which has room for one walk more. */
typedef struct example {
    size s;
    mec_network network;
    size_t n_parameter, n_state;
    mec_weights weights;
    mec_real *code, *input, *target;
    mec_lesson lesson;
    mec_decay decay;
    mec_forward *forward;
    mec_backward *backward;
    mec_gradients gradients;
} example;

/* Codes add up to 1 as place cells' do; biases are as large as weights. */
static example make_example(size s, mec_activation activation, mec_loss loss, mec_decay_on on,
                            size_t n_kept) {
    example e = {.s = s, .network = {s.n_unit, s.n_place, s.n_input, activation}};
    mec_status status = {0};
    e.n_parameter = mec_network_count(&e.network);
    e.n_state = s.n_step * s.batch_size;
    double scale = 1 / sqrt((double)s.n_unit);
    e.weights = mec_weights_view(&e.network, draw(e.n_parameter, -scale, scale));
    e.code = draw(s.batch_size * s.n_place, 0, 1);
    e.input = draw(e.n_state * s.n_input, -1, 1);
    e.target = draw(e.n_state * s.n_place, 0, 2 / (double)s.n_place);
    e.lesson = (mec_lesson){e.code, e.input, e.target, loss, e.n_state};
    e.decay = (mec_decay){0.01, on};
    e.forward =
        mec_forward_create_training(&e.network, s.batch_size + 1, s.n_step, n_kept, &status);
    e.backward = mec_backward_create(&e.network, s.batch_size + 1, s.n_step, &status);
    mec_gradients_create(&e.gradients, &e.network, &status);
    assert_ok(status);
    return e;
}

static void free_example(example *e) {
    mec_gradients_destroy(&e->gradients);
    mec_backward_destroy(e->backward);
    mec_forward_destroy(e->forward);
    free(e->target);
    free(e->input);
    free(e->code);
    free(e->weights.block);
}

static void run_forward(const example *e) {
    mec_forward_set_weights(e->forward, &e->weights);
    mec_forward_run(e->forward, e->s.batch_size, e->code, e->input, NULL);
}

static void run(example *e) {
    run_forward(e);
    mec_backward_run(e->backward, e->forward, &e->weights, &e->lesson, &e->gradients);
    mec_gradients_close(&e->gradients, &e->weights);
}

/* The whole gradient; the caller frees it. */
static mec_real *take(const example *e) {
    mec_real *gradient = make(e->n_parameter, sizeof *gradient);
    mec_gradients_range(&e->gradients, &e->weights, e->decay, 0, e->n_parameter, gradient);
    return gradient;
}

/* The gradient of the loss with respect to the last layer, one number after the other. */
static double *oracle_output(const example *e, const double *dc) {
    size_t n = e->s.n_place;
    double *output = make(e->n_state * n, sizeof *output);
    for (size_t i = 0; i < e->n_state * n; i++) {
        const double *row = dc + i / n * n;
        double total = 0;
        double sum = 0;
        for (size_t j = 0; j < n; j++) {
            total += e->target[i / n * n + j];
            sum += exp(row[j]);
        }
        double error = e->lesson.loss == MEC_LOSS_SQUARED ? 2 * (dc[i] - e->target[i]) / (double)n
                                                          : total * exp(dc[i]) / sum - e->target[i];
        output[i] = error / (double)e->n_state;
    }
    return output;
}

static double *oracle_gradient(const example *e) {
    double *wide = widen(e->n_parameter, e->weights.block);
    double *code = widen(e->s.batch_size * e->s.n_place, e->code);
    double *input = widen(e->n_state * e->s.n_input, e->input);
    double *gradient = make(e->n_parameter, sizeof *gradient);
    double *layer[MEC_N_LAYER];
    for (mec_layer l = 0; l < MEC_N_LAYER; l++)
        layer[l] =
            make(e->n_state * (l == MEC_LAYER_DC ? e->s.n_place : e->s.n_unit), sizeof **layer);
    oracle_network oracle = {.network = e->network};
    for (mec_parameter p = 0; p < MEC_N_PARAMETER; p++)
        oracle.of[p] = wide + (e->weights.of[p] - e->weights.block);
    oracle_network_run(&oracle, e->s.batch_size, e->s.n_step, code, input, layer);
    double *output = oracle_output(e, layer[MEC_LAYER_DC]);
    oracle_network_gradients(&oracle, e->s.batch_size, e->s.n_step, code, input, output, gradient);
    mec_parameter kept_small = e->decay.on == MEC_DECAY_ON_BIAS ? MEC_B : MEC_W;
    mec_matrix_shape shape = mec_parameter_shape(&e->network, kept_small);
    size_t first = (size_t)(e->weights.of[kept_small] - e->weights.block);
    for (size_t i = first; i < first + shape.rows * shape.columns; i++)
        gradient[i] += 2 * e->decay.decay * wide[i];
    for (mec_layer l = 0; l < MEC_N_LAYER; l++)
        free(layer[l]);
    free(output);
    free(input);
    free(code);
    free(wide);
    return gradient;
}

/* Both are blocks of all parameters. */
static void compare(const example *e, const mec_real *found, const double *wanted,
                    double tolerance) {
    for (mec_parameter p = 0; p < MEC_N_PARAMETER; p++) {
        mec_matrix_shape shape = mec_parameter_shape(&e->network, p);
        size_t first = (size_t)(e->weights.of[p] - e->weights.block);
        size_t end = first + shape.rows * shape.columns;
        double largest = 0;
        for (size_t i = first; i < end; i++)
            largest = fmax(largest, fabs(wanted[i]));
        assert_true(largest > 0 && isfinite(largest));
        for (size_t i = first; i < end; i++)
            assert_near(found[i], wanted[i], tolerance * largest);
    }
}

static void compare_with_loops(example *e) {
    run(e);
    mec_real *found = take(e);
    double *wanted = oracle_gradient(e);
    compare(e, found, wanted, TOLERANCE);
    free(wanted);
    free(found);
}

/* Sizes that no vector divides; one step; more units than are updated at a time. */
static void gradients_agree_with_loops(void **state) {
    (void)state;
    const size sizes[] = {{11, 3, 2, 4, 6}, {18, 25, 7, 5, 3}, {9, 2, 2, 1, 1}, {1029, 4, 3, 2, 2}};
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++)
        for (size_t n_kept = 1; n_kept <= sizes[k].n_step; n_kept++) {
            example e = make_example(sizes[k], MEC_ACTIVATION_TANH, MEC_LOSS_CROSS_ENTROPY,
                                     MEC_DECAY_ON_BIAS, n_kept);
            compare_with_loops(&e);
            free_example(&e);
        }
}

static void every_activation_agrees_with_loops(void **state) {
    (void)state;
    for (mec_activation activation = 0; activation < MEC_N_ACTIVATION; activation++)
        for (mec_loss loss = MEC_LOSS_CROSS_ENTROPY; loss <= MEC_LOSS_SQUARED; loss++)
            for (mec_decay_on on = 0; on < MEC_N_DECAY_ON; on++) {
                example e = make_example((size){13, 6, 4, 3, 4}, activation, loss, on, 4);
                compare_with_loops(&e);
                free_example(&e);
            }
}

#ifdef MEC_REAL_IS_DOUBLE
static double loss_of(const example *e) {
    run_forward(e);
    const mec_real *dc = mec_forward_layer(e->forward, MEC_LAYER_DC);
    double loss = e->lesson.loss == MEC_LOSS_SQUARED
                      ? mec_loss_squared(e->n_state, e->s.n_place, e->target, dc)
                      : mec_loss_cross_entropy(e->n_state, e->s.n_place, e->target, dc);
    return loss + mec_loss_decay(&e->weights, e->decay.decay, e->decay.on);
}

static void compare_with_differences(example *e) {
    const double step = 1e-5;
    double *wanted = make(e->n_parameter, sizeof *wanted);
    run(e);
    mec_real *found = take(e);
    for (size_t i = 0; i < e->n_parameter; i++) {
        double before = e->weights.block[i];
        e->weights.block[i] = before + step;
        wanted[i] = loss_of(e);
        e->weights.block[i] = before - step;
        wanted[i] = (wanted[i] - loss_of(e)) / (2 * step);
        e->weights.block[i] = before;
    }
    compare(e, found, wanted, 1e-6);
    free(found);
    free(wanted);
}

/* Where the loss is smooth, gradients are what it changes by. */
static void gradients_are_slopes_of_the_loss(void **state) {
    (void)state;
    const mec_activation smooth[] = {MEC_ACTIVATION_LINEAR,      MEC_ACTIVATION_TANH,
                                     MEC_ACTIVATION_SIGMOID,     MEC_ACTIVATION_SOFTPLUS,
                                     MEC_ACTIVATION_EXPONENTIAL, MEC_ACTIVATION_SWISH,
                                     MEC_ACTIVATION_GELU};
    for (size_t k = 0; k < sizeof smooth / sizeof *smooth; k++)
        for (mec_loss loss = MEC_LOSS_CROSS_ENTROPY; loss <= MEC_LOSS_SQUARED; loss++)
            for (mec_decay_on on = 0; on < MEC_N_DECAY_ON; on++) {
                example e = make_example((size){7, 5, 4, 3, 4}, smooth[k], loss, on, 4);
                compare_with_differences(&e);
                free_example(&e);
            }
}
#endif

/* Walks first .. first + count - 1 of x (n_step, batch, n); the caller frees them. */
static mec_real *part_of(const mec_real *x, size_t n_step, size_t batch_size, size_t n,
                         size_t first, size_t count) {
    mec_real *part = make(n_step * count * n, sizeof *part);
    for (size_t t = 0; t < n_step; t++)
        memcpy(part + t * count * n, x + (t * batch_size + first) * n, count * n * sizeof *x);
    return part;
}

/* Adds what is summed over ranks of a part of the batch to `sum`. */
static void add_part(example *e, size_t first, size_t count, mec_real *sum) {
    size s = e->s;
    mec_real *input = part_of(e->input, s.n_step, s.batch_size, s.n_input, first, count);
    mec_real *target = part_of(e->target, s.n_step, s.batch_size, s.n_place, first, count);
    mec_lesson lesson = {e->code + first * s.n_place, input, target, e->lesson.loss, e->n_state};
    mec_forward_run(e->forward, count, lesson.code, input, NULL);
    mec_backward_run(e->backward, e->forward, &e->weights, &lesson, &e->gradients);
    for (size_t i = 0; i < mec_gradients_count(&e->network); i++)
        sum[i] += e->gradients.block[i];
    free(target);
    free(input);
}

/* As ranks have them: two walks, none, three. */
static void gradients_of_parts_add_up(void **state) {
    (void)state;
    for (mec_loss loss = MEC_LOSS_CROSS_ENTROPY; loss <= MEC_LOSS_SQUARED; loss++) {
        example e =
            make_example((size){10, 6, 3, 5, 4}, MEC_ACTIVATION_ELU, loss, MEC_DECAY_ON_BIAS, 3);
        size_t n_summed = mec_gradients_count(&e.network);
        mec_real *sum = make(n_summed, sizeof *sum);
        run_forward(&e);
        add_part(&e, 0, 2, sum);
        add_part(&e, 2, 0, sum);
        add_part(&e, 2, 3, sum);
        memcpy(e.gradients.block, sum, n_summed * sizeof *sum);
        mec_gradients_close(&e.gradients, &e.weights);
        mec_real *found = take(&e);
        double *wanted = oracle_gradient(&e);
        compare(&e, found, wanted, TOLERANCE);
        free(wanted);
        free(found);
        free(sum);
        free_example(&e);
    }
}

static void ranges_are_the_same_bits(void **state) {
    (void)state;
    example e = make_example((size){6, 4, 2, 3, 3}, MEC_ACTIVATION_RELU, MEC_LOSS_CROSS_ENTROPY,
                             MEC_DECAY_ON_RECURRENT, 3);
    run(&e);
    mec_real *whole = take(&e);
    mec_real *range = make(e.n_parameter, sizeof *range);
    for (size_t first = 0; first < e.n_parameter; first++)
        for (size_t count = 0; first + count <= e.n_parameter; count++) {
            range[count] = 99;
            mec_gradients_range(&e.gradients, &e.weights, e.decay, first, count, range);
            assert_memory_equal(range, whole + first, count * sizeof *range);
            assert_true(range[count] == 99);
        }
    free(range);
    free(whole);
    free_example(&e);
}

/* Gates that a backward pass has written over are made again. */
static void a_second_pass_gives_the_same_bits(void **state) {
    (void)state;
    for (size_t n_kept = 1; n_kept <= 5; n_kept++) {
        example e = make_example((size){9, 4, 2, 3, 5}, MEC_ACTIVATION_SWISH,
                                 MEC_LOSS_CROSS_ENTROPY, MEC_DECAY_ON_BIAS, n_kept);
        run(&e);
        mec_real *first = take(&e);
        memset(e.gradients.block, 0xff, (size_t)mec_gradients_memory(&e.network));
        mec_backward_run(e.backward, e.forward, &e.weights, &e.lesson, &e.gradients);
        mec_gradients_close(&e.gradients, &e.weights);
        mec_real *second = take(&e);
        assert_memory_equal(first, second, e.n_parameter * sizeof *first);
        free(second);
        free(first);
        free_example(&e);
    }
}

/* But for rounding: it takes another way through the products. */
/* What a beat sees of the gradients, and how often it was called. */
typedef struct watch {
    const example *e;
    mec_real *first; /* as they were at the first call */
    size_t n_ready, n_call;
} watch;

static void look(void *self, size_t n_ready) {
    watch *w = self;
    if (w->n_call++ == 0) {
        memcpy(w->first, w->e->gradients.block, n_ready * sizeof *w->first);
        w->n_ready = n_ready;
    }
    assert_int_equal(n_ready, w->n_ready);
}

/* Those of decoder and dense layer, which nothing that comes later changes; also of an empty batch.
 */
static void a_beat_tells_which_gradients_are_final(void **state) {
    (void)state;
    for (size_t n_walk = 0; n_walk <= 5; n_walk += 5) {
        example e = make_example((size){18, 25, 7, 5, 3}, MEC_ACTIVATION_TANH,
                                 MEC_LOSS_CROSS_ENTROPY, MEC_DECAY_ON_BIAS, 2);
        size_t n = mec_gradients_count(&e.network);
        watch w = {.e = &e, .first = make(n, sizeof *w.first)};
        mec_backward_set_beat(e.backward, (mec_backward_beat){look, &w});
        mec_forward_set_weights(e.forward, &e.weights);
        mec_forward_run(e.forward, n_walk, e.code, e.input, NULL);
        mec_backward_run(e.backward, e.forward, &e.weights, &e.lesson, &e.gradients);
        assert_int_equal(w.n_call, n_walk > 0 ? 1 + e.s.n_step : 1);
        assert_ptr_equal(e.gradients.block + w.n_ready, e.gradients.w_bottom);
        assert_memory_equal(w.first, e.gradients.block, w.n_ready * sizeof *w.first);
        free(w.first);
        free_example(&e);
    }
}

static void a_pass_for_training_leaves_the_same_layers(void **state) {
    (void)state;
    const double rounding = 64 * (sizeof(mec_real) == sizeof(float) ? FLT_EPSILON : DBL_EPSILON);
    mec_status status = {0};
    example e = make_example((size){21, 4, 3, 3, 5}, MEC_ACTIVATION_SOFTPLUS,
                             MEC_LOSS_CROSS_ENTROPY, MEC_DECAY_ON_BIAS, 2);
    mec_forward *plain = mec_forward_create(&e.network, 3, 5, MEC_LAYER_DC, &status);
    assert_ok(status);
    run_forward(&e);
    mec_forward_set_weights(plain, &e.weights);
    mec_forward_run(plain, 3, e.code, e.input, NULL);
    for (mec_layer layer = 0; layer < MEC_N_LAYER; layer++)
        for (size_t i = 0; i < e.n_state * (layer == MEC_LAYER_DC ? 4U : 21U); i++)
            assert_near(mec_forward_layer(e.forward, layer)[i], mec_forward_layer(plain, layer)[i],
                        rounding);
    mec_forward_destroy(plain);
    free_example(&e);
}

/* Of 2 walks of 7 steps. Forward: those of a plain pass up to dc, (drive 40, h_0 and h 80, g 70, dc
 * 42), gates of 3 steps, slopes, W_bottom packed; backward: gradients of dc, of act's argument, of
 * h_0 and h, [x, 1]. */
static void memory_is_what_is_allocated(void **state) {
    (void)state;
    const double one = sizeof(mec_real);
    const mec_network network = {.n_unit = 5, .n_place = 3, .n_input = 3};
    assert_near(mec_forward_training_memory(&network, 2, 7, 3),
                (232 + 60 + 70) * one + mec_packed_memory(5, 10), 0);
    assert_near(mec_backward_memory(&network, 2, 7), (42 + 70 + 80 + 56) * one, 0);
    /* W_dec, b_dec, W_dense, b_dense, half of W, D, W_enc, b_enc; then [W_M; b_M] twice. */
    assert_int_equal(mec_gradients_count(&network), 15 + 3 + 25 + 5 + 50 + 40 + 15 + 5);
    assert_near(mec_gradients_memory(&network), (158 + 40) * one, 0);
}

static void too_much_memory_is_a_failure(void **state) {
    (void)state;
    mec_status status = {0};
    mec_gradients gradients;
    const mec_network network = {.n_unit = (size_t)1 << 45, .n_place = 3, .n_input = 2};
    assert_null(mec_forward_create_training(&network, 1, 1, 1, &status));
    assert_status(status, MEC_FAILED, "out of memory");
    status = (mec_status){0};
    assert_null(mec_backward_create(&network, 1, 1, &status));
    assert_status(status, MEC_FAILED, "out of memory");
    status = (mec_status){0};
    const mec_network wide = {.n_unit = (size_t)1 << 22, .n_place = 3, .n_input = 2};
    assert_int_equal(mec_gradients_create(&gradients, &wide, &status), MEC_FAILED);
    assert_status(status, MEC_FAILED, "out of memory");
    mec_gradients_destroy(&gradients);
}

int main(void) {
    mec_linalg_set_threads(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_agree_with_loops),
        cmocka_unit_test(every_activation_agrees_with_loops),
#ifdef MEC_REAL_IS_DOUBLE
        cmocka_unit_test(gradients_are_slopes_of_the_loss),
#endif
        cmocka_unit_test(gradients_of_parts_add_up),
        cmocka_unit_test(ranges_are_the_same_bits),
        cmocka_unit_test(a_second_pass_gives_the_same_bits),
        cmocka_unit_test(a_beat_tells_which_gradients_are_final),
        cmocka_unit_test(a_pass_for_training_leaves_the_same_layers),
        cmocka_unit_test(memory_is_what_is_allocated),
        cmocka_unit_test(too_much_memory_is_a_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
