#include "train/learner.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/memory.h"
#include "numerics/product_clock.h"

static mec_rows_share walks_of(const train_plan *plan) {
    return mec_rows_of_rank(plan->context->world, plan->walk.walk.batch_size);
}

static unsigned draws_of(const train_plan *plan) {
    bool seeded = plan->train->trajectory_seed != MEC_AUTO;
    return (seeded || plan->n_eval > 0 ? MEC_BATCH_SEEDED : 0U) | (seeded ? 0U : MEC_BATCH_OF_STEP);
}

/* ---- memory ---- */

static void take_parameters(learner *l, mec_status *status) {
    mec_real *block = mec_alloc(l->n, sizeof *block, status);
    bool sharded = l->plan->train->shard_optimizer;
    l->own = mec_rows_of_rank(l->world, l->n);
    l->moments.first = sharded ? l->own.first : 0;
    l->moments.count = sharded ? l->own.n : l->n;
    l->moments.m = mec_alloc(l->moments.count, sizeof *block, status);
    l->moments.v = mec_alloc(l->moments.count, sizeof *block, status);
    l->weights = mec_weights_view(&l->plan->network, block);
}

static void take_passes(learner *l, mec_status *status) {
    const train_plan *plan = l->plan;
    const mec_network *network = &plan->network;
    size_t n_step = plan->walk.walk.sequence_length;
    mec_rows_share walks = walks_of(plan);
    if (mec_place_cells_create(&l->cells, &plan->place, status) == MEC_OK)
        mec_batch_create(&l->batch, &plan->walk.walk, &l->cells, walks.first, walks.n,
                         draws_of(plan), status);
    l->forward =
        mec_forward_create_training(network, walks.n, n_step, train_plan_kept_gates(plan), status);
    l->backward = mec_backward_create(network, walks.n, n_step, status);
    mec_gradients_create(&l->gradients, network, status);
}

/* Gradients that are summed while the pass goes on. */
static size_t early_of(const train_plan *plan) {
    size_t n = plan->context->world->size > 1 ? mec_gradients_early(&plan->network) : 0;
    return n < MEC_OVERLAPPED_MOST ? n : MEC_OVERLAPPED_MOST;
}

/* A backward pass goes on: the sum begins when the first gradients are there. */
static void look_after_sum(void *self, size_t n_ready) {
    learner *l = self;
    double start = mec_clock_seconds();
    assert(l->n_early <= n_ready);
    (void)n_ready;
    if (l->early_begun)
        mec_overlapped_sum_advance(l->early);
    else
        mec_overlapped_sum_start(l->early, l->n_early, l->gradients.block);
    l->early_begun = true;
    l->early_seconds += mec_clock_seconds() - start;
}

static void take_sums(learner *l, mec_status *status) {
    size_t n_late = mec_gradients_count(&l->plan->network) - early_of(l->plan);
    l->n_early = early_of(l->plan);
    l->early = mec_overlapped_sum_create(l->world, l->n_early, status);
    l->work = mec_alloc(mec_sum_work(l->world, n_late), sizeof *l->work, status);
    if (l->backward)
        mec_backward_set_beat(l->backward, (mec_backward_beat){look_after_sum, l});
}

enum { N_FEW = 7 }; /* numbers of a step that are added up together */

mec_code learner_create(learner *l, const train_plan *plan, mec_status *status) {
    const mec_world *world = plan->context->world;
    *l = (learner){.plan = plan, .world = world, .n = mec_network_count(&plan->network)};
    take_parameters(l, status);
    take_passes(l, status);
    take_sums(l, status);
    l->few_work = mec_alloc((size_t)world->size * N_FEW, sizeof *l->few_work, status);
    if (mec_fault_here("learner_create"))
        mec_fail(status, MEC_FAILED, "injected: no memory for the network");
    return mec_agree(world, status);
}

void learner_destroy(learner *l) {
    free(l->few_work);
    free(l->work);
    mec_overlapped_sum_destroy(l->early);
    mec_gradients_destroy(&l->gradients);
    mec_backward_destroy(l->backward);
    mec_forward_destroy(l->forward);
    mec_batch_destroy(&l->batch);
    mec_place_cells_destroy(&l->cells);
    free(l->moments.m);
    free(l->moments.v);
    free(l->weights.block);
}

double learner_memory(const train_plan *plan) {
    const mec_world *world = plan->context->world;
    const mec_network *network = &plan->network;
    size_t size = (size_t)world->size;
    size_t n = mec_network_count(network);
    size_t n_step = plan->walk.walk.sequence_length;
    size_t n_walk = (plan->walk.walk.batch_size + size - 1) / size;
    size_t moments = plan->train->shard_optimizer ? (n + size - 1) / size : n;
    size_t numbers =
        n + 2 * moments + mec_sum_work(world, mec_gradients_count(network) - early_of(plan));
    return (double)numbers * (double)sizeof(mec_real) +
           mec_overlapped_sum_memory(world, early_of(plan)) +
           mec_batch_memory(&plan->walk.walk, network->n_place, n_walk, draws_of(plan)) +
           mec_forward_training_memory(network, n_walk, n_step, train_plan_kept_gates(plan)) +
           mec_backward_memory(network, n_walk, n_step) + mec_gradients_memory(network);
}

/* ---- a step ---- */

static size_t n_total(const learner *l) {
    return l->plan->walk.walk.batch_size * l->plan->walk.walk.sequence_length;
}

static void draw(learner *l) {
    const train_settings *t = l->plan->train;
    mec_status status = {0};
    if (t->trajectory_seed == MEC_AUTO)
        mec_batch_draw_step(&l->batch, (uint64_t)t->seed, l->step, &status);
    else
        mec_batch_draw_seeded(&l->batch, (uint32_t)((size_t)t->trajectory_seed + l->step), &status);
    assert(status.code == MEC_OK); /* the batch was made for this walk */
}

/* Follows the batch; what this rank's part adds to the sums. */
static void follow(learner *l, mec_batch_sums *sums) {
    mec_forward_set_weights(l->forward, &l->weights);
    mec_forward_run(l->forward, l->batch.n_walk, l->batch.code, l->batch.input, NULL);
    mec_batch_judge(&l->batch, l->plan->loss, mec_forward_layer(l->forward, MEC_LAYER_DC), sums);
}

/* Adds what has passed since `start` to `part`. */
static void count(double start, double *part) {
    *part += mec_clock_seconds() - start;
}

static void find_gradients(learner *l, learner_times *times) {
    const mec_lesson lesson = {.code = l->batch.code,
                               .input = l->batch.input,
                               .target = l->batch.target,
                               .loss = l->plan->loss,
                               .n_total = n_total(l)};
    l->early_begun = false;
    l->early_seconds = 0;
    mec_backward_run(l->backward, l->forward, &l->weights, &lesson, &l->gradients);
    double start = mec_clock_seconds();
    mec_overlapped_sum_finish(l->early);
    mec_sum_reals(l->world, mec_gradients_count(&l->plan->network) - l->n_early,
                  l->gradients.block + l->n_early, l->work);
    count(start - l->early_seconds, &times->sums);
    mec_gradients_close(&l->gradients, &l->weights);
}

static learner_result result_of(const learner *l, const mec_batch_sums *sums) {
    double n = (double)n_total(l);
    double decay = mec_loss_decay(&l->weights, l->plan->decay.decay, l->plan->decay.on);
    return (learner_result){.loss = sums->loss / n + decay,
                            .err_cm = 100 * sums->error_m / n,
                            .floor_cm = 100 * sums->floor_m / n,
                            .entropy = sums->entropy / n};
}

static void move(learner *l, double factor, learner_times *times) {
    double start = mec_clock_seconds();
    mec_adam_move_share(&l->plan->adam, l->step + 1, factor, &l->gradients, l->plan->decay,
                        &l->weights, &l->moments);
    count(start, &times->update);
    start = mec_clock_seconds();
    if (l->plan->train->shard_optimizer)
        mec_gather_shares(l->world, l->n, l->weights.block);
    count(start, &times->sums);
    l->step++;
}

static mec_code check_finite(const learner *l, const learner_result *result, double squares,
                             mec_status *status) {
    if (isfinite(result->loss) && isfinite(squares))
        return MEC_OK;
    return mec_fail(status, MEC_FAILED,
                    "step %zu: the %s is not finite; the checkpoints before it stay; a lower "
                    "train.learning_rate or train.clip_norm may help",
                    l->step + 1, isfinite(result->loss) ? "gradient" : "loss");
}

mec_code learner_step(learner *l, learner_votes *votes, learner_result *result,
                      mec_status *status) {
    mec_batch_sums sums = {0};
    learner_times times = {.products = -mec_product_clock_seconds()};
    draw(l);
    follow(l, &sums);
    find_gradients(l, &times);
    double start = mec_clock_seconds();
    double squares =
        mec_adam_sum_of_squares(&l->gradients, l->plan->decay, &l->weights, l->own.first, l->own.n);
    count(start, &times.update);
    start = mec_clock_seconds();
    double few[N_FEW] = {sums.loss, sums.error_m, sums.floor_m, sums.entropy,
                         squares,   votes->stop,  votes->flush};
    mec_sum_reals64(l->world, N_FEW, few, l->few_work);
    count(start, &times.sums);
    sums = (mec_batch_sums){few[0], few[1], few[2], few[3]};
    votes->stop = few[5];
    votes->flush = few[6];
    *result = result_of(l, &sums);
    if (check_finite(l, result, few[4], status) == MEC_OK)
        move(l, mec_adam_clip_factor(&l->plan->adam, few[4]), &times);
    times.products += mec_product_clock_seconds();
    result->times = times;
    return status->code;
}

mec_code learner_judge(learner *l, uint32_t seed, learner_result *result, mec_status *status) {
    mec_batch_sums sums = {0};
    if (mec_batch_draw_seeded(&l->batch, seed, status) == MEC_OK)
        follow(l, &sums);
    double few[4] = {sums.loss, sums.error_m, sums.floor_m, sums.entropy};
    mec_sum_reals64(l->world, 4, few, l->few_work);
    sums = (mec_batch_sums){few[0], few[1], few[2], few[3]};
    *result = result_of(l, &sums);
    return mec_agree(l->world, status);
}
