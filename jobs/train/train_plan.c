#include "train/train_plan.h"

#include <math.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "model/model_weights.h"

/* ---- from the settings ---- */

static mec_code read_model(train_plan *p, mec_status *status) {
    mec_settings *settings = p->context->settings;
    mec_box box = {0};
    if (model_settings_box(settings, &box, status) == MEC_OK &&
        model_settings_place(settings, &box, &p->place, status) == MEC_OK &&
        model_settings_walk(settings, &box, &p->walk, status) == MEC_OK)
        model_settings_network(settings, &p->network, status);
    return status->code;
}

static void read_training(train_plan *p) {
    const train_settings *t = p->train;
    p->adam = (mec_adam){.learning_rate = t->learning_rate,
                         .beta_1 = t->beta_1,
                         .beta_2 = t->beta_2,
                         .epsilon = t->epsilon,
                         .clip_norm = t->clip_norm};
    p->decay = (mec_decay){t->weight_decay, (mec_decay_on)t->weight_decay_on};
    p->loss = p->place.identity ? MEC_LOSS_SQUARED : MEC_LOSS_CROSS_ENTROPY;
    p->eval_seeds = t->eval_seeds.values;
    p->n_eval = t->eval_seeds.n;
    p->n_step = (size_t)t->n_epochs * (size_t)t->n_steps;
}

static mec_code refuse(const train_plan *p, const char *key, const char *found,
                       const char *accepted, mec_status *status) {
    return mec_fail(status, MEC_REFUSED, "%s: found %s; accepted: %s",
                    mec_settings_where(p->context->settings, "train", key), found, accepted);
}

static mec_code check_seeds(const train_plan *p, mec_status *status) {
    const train_settings *t = p->train;
    double last = (double)t->trajectory_seed + (double)p->n_step - 1;
    char found[64];
    if (t->trajectory_seed != MEC_AUTO && last > UINT32_MAX) {
        snprintf(found, sizeof found, "%lld", (long long)t->trajectory_seed);
        return refuse(p, "trajectory_seed", found,
                      "so low that the last step's seed is at most 4294967295", status);
    }
    for (size_t i = 0; i < p->n_eval; i++)
        if (p->eval_seeds[i] != floor(p->eval_seeds[i])) {
            snprintf(found, sizeof found, "%g", p->eval_seeds[i]);
            return refuse(p, "eval_seeds", found, "whole numbers", status);
        }
    return MEC_OK;
}

/* ---- what it starts from ---- */

/* Rank 0 looks at the file. */
static void open_start(train_plan *p, mec_model_info *info, mec_status *status) {
    train_start *s = &p->start;
    s->file = mec_model_file_open(p->train->start_from, status);
    if (!s->file) {
        mec_fail_within(status, "%s",
                        mec_settings_where(p->context->settings, "train", "start_from"));
        return;
    }
    *info = *mec_model_file_info(s->file);
    mec_input_describe(&s->input, mec_model_file_path(s->file));
    model_weights_check(p->context, &p->network, s->file, status);
}

/* Settings that are given win over those that were saved, as in TensorFlow. */
static void take_rate(const train_plan *p, const char *key, double saved, double *value) {
    if (isfinite(saved) && !mec_settings_given(p->context->settings, "train", key)) {
        *value = saved;
        mec_log("train.%s = %.9g, from %s", key, saved, p->train->start_from);
    } else if (isfinite(saved) && saved != *value)
        mec_log("train.%s = %.9g, as set; %s has %.9g", key, *value, p->train->start_from, saved);
}

static void take_info(train_plan *p, const mec_model_info *info) {
    train_start *s = &p->start;
    s->moments = info->has_moments;
    s->step = s->moments ? (size_t)info->step : 0;
    if (s->moments)
        mec_log("goes on from %s after %zu steps, with its moments", p->train->start_from, s->step);
    else
        mec_log("starts with the weights of %s, which has no moments: steps count from 0",
                p->train->start_from);
    take_rate(p, "learning_rate", info->learning_rate, &p->adam.learning_rate);
    take_rate(p, "beta_1", info->beta_1, &p->adam.beta_1);
    take_rate(p, "beta_2", info->beta_2, &p->adam.beta_2);
}

static mec_code read_start(train_plan *p, mec_status *status) {
    const mec_world *world = p->context->world;
    mec_model_info info = {0};
    p->start.given = *p->train->start_from != '\0';
    if (p->start.given && world->rank == 0 && status->code == MEC_OK)
        open_start(p, &info, status);
    if (mec_agree(world, status) || !p->start.given)
        return status->code;
    mec_broadcast(world->comm, &info, sizeof info);
    mec_broadcast(world->comm, &p->start.input, sizeof p->start.input);
    take_info(p, &info);
    if (p->start.step >= p->n_step)
        mec_fail(status, MEC_REFUSED,
                 "%s: found %lld, of %lld steps each; accepted: more than the %zu steps that %s "
                 "has had",
                 mec_settings_where(p->context->settings, "train", "n_epochs"),
                 (long long)p->train->n_epochs, (long long)p->train->n_steps, p->start.step,
                 p->train->start_from);
    return status->code;
}

/* ---- epochs ---- */

static mec_code plan_epochs(train_plan *p, mec_status *status) {
    size_t n_steps = (size_t)p->train->n_steps;
    size_t every = (size_t)p->train->checkpoint_epochs;
    size_t last = (size_t)p->train->n_epochs;
    p->first_epoch = p->start.step / n_steps;
    p->n_epoch = last - p->first_epoch;
    p->checkpoints = mec_alloc(p->n_epoch + 1, sizeof *p->checkpoints, status);
    if (!p->checkpoints)
        return status->code;
    p->checkpoints[p->n_checkpoint++] = (int64_t)p->start.step;
    for (size_t epoch = p->first_epoch + 1; epoch <= last; epoch++)
        if (epoch % every == 0 || epoch == last)
            p->checkpoints[p->n_checkpoint++] = (int64_t)(epoch * n_steps);
    return MEC_OK;
}

mec_code train_plan_make(train_plan *p, const job_context *context, mec_status *status) {
    *p = (train_plan){.context = context, .train = &context->values->train};
    if (read_model(p, status) == MEC_OK) {
        read_training(p);
        check_seeds(p, status);
    }
    if (read_start(p, status) == MEC_OK)
        plan_epochs(p, status);
    return mec_agree(context->world, status);
}

void train_plan_destroy(train_plan *p) {
    mec_model_file_close(p->start.file);
    free(p->checkpoints);
}

size_t train_plan_own_steps(const train_plan *p) {
    return p->n_step - p->start.step;
}

size_t train_plan_epoch(const train_plan *p, size_t step) {
    return (step - 1) / (size_t)p->train->n_steps - p->first_epoch;
}

size_t train_plan_checkpoint(const train_plan *p, size_t step) {
    size_t i = 0;
    while (i < p->n_checkpoint && p->checkpoints[i] != (int64_t)step)
        i++;
    return i;
}

size_t train_plan_kept(const train_plan *p) {
    size_t most = (size_t)p->train->max_to_keep + 1;
    return p->n_checkpoint < most ? p->n_checkpoint : most;
}

/* Forward, and twice as much backward: h W_bottom, the dense layer and the decoder of every state,
 * the encoder of every walk; once more h W_bottom where gates are made again. */
double train_plan_step_cost(const train_plan *p) {
    double n_unit = (double)p->network.n_unit;
    double n_place = (double)p->network.n_place;
    double n_walk = (double)p->walk.walk.batch_size;
    double n_state = n_walk * (double)p->walk.walk.sequence_length;
    double recurrent = n_state * 2 * n_unit * n_unit;
    double cost = recurrent + n_state * n_unit * (n_unit + n_place) + n_walk * n_unit * n_place;
    return 3 * cost + (p->train->recompute ? recurrent : 0);
}

size_t train_plan_kept_gates(const train_plan *p) {
    size_t n_step = p->walk.walk.sequence_length;
    return p->train->recompute ? (n_step + 3) / 4 : n_step;
}
