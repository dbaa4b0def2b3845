/* What a training step of a path integrator costs on one core, against the rate at which the same
 * core multiplies large square matrices, measured in between.
 *
 *   train_step UNITS PLACES WALKS STEPS KEPT REPEATS
 *
 * For example 4096 512 200 20 20 2: the sizes of the paper, with all gates kept. Times are of the
 * processor, not of the clock on the wall, so that others on the machine tell less. Prints seconds,
 * floating-point operations of the products a second, and that as a part of the square products'.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/memory.h"
#include "model/adam.h"
#include "model/backward.h"
#include "numerics/linalg.h"
#include "numerics/philox.h"

enum { N_SQUARE = 3072, N_ARGUMENT = 6 };

static const mec_adam adam = {
    .learning_rate = 1e-4, .beta_1 = 0.9, .beta_2 = 0.999, .epsilon = 1e-7};
static const mec_decay decay = {1e-4, MEC_DECAY_ON_BIAS};

typedef struct bench {
    mec_network network;
    size_t n_walk, n_step, n_kept, n_repeat, n_parameter;
    mec_weights weights;
    mec_share share;
    mec_real *code, *input, *target;
    mec_forward *forward;
    mec_backward *backward;
    mec_gradients gradients;
} bench;

static double seconds(void) {
    return (double)clock() / CLOCKS_PER_SEC;
}

static mec_real *make(size_t n, double scale, mec_status *status) {
    mec_real *x = mec_alloc(n, sizeof *x, status);
    mec_stream stream = mec_stream_at(1, 0, 0, 0);
    for (size_t i = 0; x && scale > 0 && i < n; i++)
        x[i] = (mec_real)(scale * mec_stream_uniform(&stream));
    return x;
}

static void create(bench *b, mec_status *status) {
    const mec_network *network = &b->network;
    size_t n_state = b->n_walk * b->n_step;
    b->n_parameter = mec_network_count(network);
    b->weights = mec_weights_view(network, make(b->n_parameter, 0, status));
    b->share = (mec_share){0, b->n_parameter, make(b->n_parameter, 0, status),
                           make(b->n_parameter, 0, status)};
    b->code = make(b->n_walk * network->n_place, 2 / (double)network->n_place, status);
    b->target = make(n_state * network->n_place, 2 / (double)network->n_place, status);
    b->input = make(n_state * network->n_input, 0.04, status);
    b->forward = mec_forward_create_training(network, b->n_walk, b->n_step, b->n_kept, status);
    b->backward = mec_backward_create(network, b->n_walk, b->n_step, status);
    mec_gradients_create(&b->gradients, network, status);
}

static void destroy(bench *b) {
    mec_gradients_destroy(&b->gradients);
    mec_backward_destroy(b->backward);
    mec_forward_destroy(b->forward);
    free(b->input);
    free(b->target);
    free(b->code);
    free(b->share.v);
    free(b->share.m);
    free(b->weights.block);
}

/* GFLOP/s of a square product. */
static double square_rate(mec_status *status) {
    const size_t n = N_SQUARE;
    mec_real *a = make(n * n, 1, status);
    mec_real *c = make(n * n, 0, status);
    double rate = 0;
    if (!status->code) {
        double before = seconds();
        mec_real_multiply(n, n, n, a, n, a, n, 0, c, n);
        rate = 2e-9 * (double)(n * n * n) / (seconds() - before);
    }
    free(c);
    free(a);
    return rate;
}

static void print(const char *name, double time, double gflop, double square) {
    printf("%-10s %8.3f s", name, time);
    if (gflop > 0)
        printf("  %6.1f GFLOP/s  %3.0f%% of square", gflop / time, 100 * gflop / time / square);
    printf("\n");
}

static void run_once(bench *b, uint64_t t, double square) {
    const mec_lesson lesson = {b->code, b->input, b->target, MEC_LOSS_CROSS_ENTROPY,
                               b->n_walk * b->n_step};
    double n = (double)b->network.n_unit;
    double n_place = (double)b->network.n_place;
    double gflop = 2e-9 * (double)(b->n_walk * b->n_step) * n * (3 * n + n_place);
    double times[4] = {seconds()};
    mec_forward_set_weights(b->forward, &b->weights);
    mec_forward_run(b->forward, b->n_walk, b->code, b->input, NULL);
    times[1] = seconds();
    mec_backward_run(b->backward, b->forward, &b->weights, &lesson, &b->gradients);
    times[2] = seconds();
    mec_gradients_close(&b->gradients, &b->weights);
    mec_adam_move_share(&adam, t, 1, &b->gradients, decay, &b->weights, &b->share);
    times[3] = seconds();
    print("forward", times[1] - times[0], gflop, square);
    print("backward", times[2] - times[1], 2 * gflop, square);
    print("update", times[3] - times[2], 0, square);
    print("step", times[3] - times[0], 3 * gflop, square);
}

int main(int argc, char **argv) {
    size_t n[N_ARGUMENT];
    mec_status status = {0};
    if (argc != N_ARGUMENT + 1) {
        fprintf(stderr, "usage: train_step UNITS PLACES WALKS STEPS KEPT REPEATS\n");
        return 2;
    }
    for (int i = 0; i < N_ARGUMENT; i++)
        n[i] = strtoul(argv[i + 1], NULL, 10);
    mec_linalg_set_threads(1);
    bench b = {{n[0], n[1], 2, MEC_ACTIVATION_RELU}, n[2], n[3], n[4], n[5], .n_parameter = 0};
    create(&b, &status);
    if (!status.code)
        mec_weights_initialize(&b.weights, 0);
    for (uint64_t t = 1; !status.code && t <= b.n_repeat; t++) {
        double square = square_rate(&status);
        printf("%s, square %.1f GFLOP/s\n", mec_linalg_core(), square);
        run_once(&b, t, square);
    }
    destroy(&b);
    if (status.code)
        fprintf(stderr, "%s\n", status.message);
    return status.code ? 1 : 0;
}
