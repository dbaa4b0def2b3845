#include "train/training.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/progress.h"
#include "base/stop.h"
#include "parallel/budget.h"
#include "storage/lock.h"
#include "storage/saves.h"
#include "train/train_output.h"
#include "train/train_weights.h"

typedef struct training {
    const train_plan *plan;
    const job_context *context;
    learner learner;
    train_output output;
    mec_layout layout;
    mec_outbox outbox;
    mec_run_file *file;
    mec_run_state state;
    mec_saves saves;
    mec_progress progress;
    char **names;  /* (n_epoch) of the epochs: the run's tasks */
    uint8_t *done; /* (n_epoch) */
    char *config, *identity_config;
    mec_task_record epoch; /* the one that is being trained */
    bool diverged;
    double saved; /* when the state was saved last, by mec_clock_seconds */
} training;

/* ---- the file ---- */

static mec_code name_epochs(training *t, mec_status *status) {
    size_t n = t->plan->n_epoch;
    t->names = mec_alloc(n, sizeof *t->names, status);
    t->done = mec_alloc(n, 1, status);
    for (size_t i = 0; i < n && status->code == MEC_OK; i++) {
        char name[32];
        snprintf(name, sizeof name, "epoch %zu", t->plan->first_epoch + i + 1);
        t->names[i] = mec_copy_text(name, status);
    }
    return status->code;
}

static mec_model_info info_of(const training *t) {
    const train_plan *plan = t->plan;
    return (mec_model_info){.network = plan->network,
                            .knows_activation = true,
                            .step = (int64_t)t->learner.step,
                            .epoch = (int64_t)t->learner.step / plan->train->n_steps,
                            .learning_rate = plan->adam.learning_rate,
                            .beta_1 = plan->adam.beta_1,
                            .beta_2 = plan->adam.beta_2};
}

static mec_run_identity identity_of(const training *t) {
    return (mec_run_identity){.job = "train",
                              .program_version = MEC_VERSION,
                              .config = t->config,
                              .identity_config = t->identity_config,
                              .inputs = &t->plan->start.input,
                              .n_input = t->plan->start.given};
}

static mec_code describe(training *t, mec_status *status) {
    const train_plan *plan = t->plan;
    mec_model_info info = info_of(t);
    t->config =
        mec_settings_text(t->context->settings, t->context->sections, MEC_SETTINGS_ALL, status);
    t->identity_config = mec_settings_text(t->context->settings, t->context->sections,
                                           MEC_SETTINGS_IDENTITY, status);
    t->saves = (mec_saves){.world = t->context->world,
                           .layout = &t->layout,
                           .network = plan->network,
                           .steps = plan->checkpoints,
                           .n_save = plan->n_checkpoint,
                           .n_keep = (size_t)plan->train->max_to_keep,
                           .moments = plan->train->keep_moments};
    if (name_epochs(t, status))
        return status->code;
    mec_run_identity identity = identity_of(t);
    mec_run_file_describe(&t->layout, &identity, (const char *const *)t->names, plan->n_epoch,
                          status);
    train_output_describe(&t->output, &t->layout, status);
    mec_checkpoint_describe_model(&t->layout, &info, status);
    t->outbox.layout = &t->layout;
    return mec_saves_describe(&t->saves, &t->layout, status);
}

static mec_code open_file(training *t, mec_status *status) {
    const run_settings *run = &t->context->values->run;
    mec_run_identity identity = identity_of(t);
    t->file = mec_run_file_open(t->context->world, run->output, (mec_resume)run->resume, &identity,
                                &t->layout, t->plan->n_epoch, t->done, &t->state, status);
    t->saves.file = t->file;
    return status->code;
}

/* ---- saving ---- */

/* What this rank writes of the weights and moments: its share. */
static void list_parts(const training *t, mec_block_part parts[MEC_CHECKPOINT_N_BLOCK]) {
    const learner *l = &t->learner;
    size_t skipped = l->own.first - l->moments.first;
    mec_real *const values[] = {l->weights.block + l->own.first, l->moments.m + skipped,
                                l->moments.v + skipped};
    for (mec_checkpoint_block b = 0; b < MEC_CHECKPOINT_N_BLOCK; b++)
        parts[b] = (mec_block_part){l->own.first, l->own.n, values[b]};
}

static mec_code flush_history(training *t, mec_status *status) {
    if (t->context->world->rank == 0)
        train_output_take(&t->output, &t->outbox, status);
    if (mec_agree(t->context->world, status) == MEC_OK)
        mec_run_file_flush(t->file, &t->outbox, NULL, 0, status);
    return status->code;
}

static mec_code save_checkpoint(training *t, mec_status *status) {
    size_t save = train_plan_checkpoint(t->plan, t->learner.step);
    mec_block_part parts[MEC_CHECKPOINT_N_BLOCK];
    mec_model_info info = info_of(t);
    list_parts(t, parts);
    if (save < t->plan->n_checkpoint)
        mec_saves_write(&t->saves, save, &info, parts, status);
    return status->code;
}

/* All that a run needs to go on from here. */
static mec_code save_state(training *t, mec_status *status) {
    mec_block_part parts[MEC_CHECKPOINT_N_BLOCK];
    mec_model_info info = info_of(t);
    mec_saves_by by = {t->context->world->size, t->context->values->run.threads};
    list_parts(t, parts);
    if (flush_history(t, status) == MEC_OK)
        mec_saves_write_state(&t->saves, &info, by, parts, status);
    t->saved = mec_clock_seconds();
    t->progress.flushed = mec_clock_epoch();
    return status->code;
}

static bool saving_is_due(const training *t) {
    return mec_clock_seconds() - t->saved >= t->context->values->run.flush_seconds;
}

/* ---- beginning ---- */

static mec_code go_on(training *t, const mec_model_info *info, mec_saves_by by,
                      mec_status *status) {
    learner *l = &t->learner;
    const mec_block_part parts[MEC_CHECKPOINT_N_BLOCK] = {
        {0, l->n, l->weights.block},
        {l->moments.first, l->moments.count, l->moments.m},
        {l->moments.first, l->moments.count, l->moments.v}};
    l->step = (size_t)info->step;
    mec_log("%s: goes on after step %zu of %zu", t->context->values->run.output, l->step,
            t->plan->n_step);
    if (by.n_rank != t->context->world->size || by.n_thread != t->context->values->run.threads)
        mec_log("%s: was trained on %lld ranks x %lld threads so far, now on %d x %lld: the last "
                "bits will not be those of a run on either",
                t->context->values->run.output, (long long)by.n_rank, (long long)by.n_thread,
                t->context->world->size, (long long)t->context->values->run.threads);
    return mec_saves_read_state(&t->saves, parts, status);
}

/* What those steps of an epoch took that are in the file already; rank 0's. */
static double seconds_before(training *t, size_t epoch, mec_status *status) {
    const train_plan *plan = t->plan;
    size_t begin = (plan->first_epoch + epoch) * (size_t)plan->train->n_steps;
    size_t end = begin + (size_t)plan->train->n_steps;
    begin = begin > plan->start.step ? begin : plan->start.step;
    end = end < t->learner.step ? end : t->learner.step;
    size_t n = t->context->world->rank == 0 && end > begin ? end - begin : 0;
    double *seconds = mec_alloc(n, sizeof *seconds, status);
    mec_slice slice = {.array = t->output.columns[TRAIN_SECONDS],
                       .start = {begin - plan->start.step},
                       .count = {seconds ? n : 0},
                       .values = seconds};
    mec_run_file_read(t->file, &slice, status);
    double sum = 0;
    for (size_t i = 0; seconds && i < n; i++)
        sum += seconds[i];
    free(seconds);
    return sum;
}

/* A run that was killed after it saved the end of an epoch, and before it said so. */
static mec_code mark_ended(training *t, mec_status *status) {
    size_t n_steps = (size_t)t->plan->train->n_steps;
    size_t n_ended = t->learner.step / n_steps - t->plan->first_epoch;
    for (size_t i = 0; i < n_ended && status->code == MEC_OK; i++) {
        if (t->done[i])
            continue;
        const mec_task_record record = {
            .task = i, .started = mec_clock_epoch(), .seconds = seconds_before(t, i, status)};
        if (mec_agree(t->context->world, status) == MEC_OK)
            mec_run_file_mark(t->file, &record, t->context->world->rank == 0, status);
    }
    return status->code;
}

static mec_code begin(training *t, mec_status *status) {
    mec_model_info info = {0};
    mec_saves_by by = {0};
    if (mec_saves_find_state(&t->saves, &info, &by, status))
        return status->code;
    if (t->saves.newest >= 0 && go_on(t, &info, by, status) == MEC_OK)
        return mark_ended(t, status);
    return status->code == MEC_OK ? save_checkpoint(t, status) : status->code;
}

static mec_code start_progress(training *t, mec_status *status) {
    const run_settings *run = &t->context->values->run;
    size_t n = train_plan_own_steps(t->plan);
    size_t n_before = t->learner.step - t->plan->start.step;
    char *path = mec_run_file_progress_path(run->output, status);
    if (path && t->context->world->rank == 0)
        mec_progress_start(&t->progress, path, n, (double)n, n_before, (double)n_before,
                           run->log_seconds, status);
    t->progress.unit = "steps";
    free(path);
    return mec_agree(t->context->world, status);
}

/* ---- the loop ---- */

static void tell_progress(training *t, const learner_result *result, const char *state, bool last) {
    size_t n = t->learner.step - t->plan->start.step;
    if (t->context->world->rank != 0)
        return;
    if (result)
        snprintf(t->progress.note, sizeof t->progress.note,
                 "loss %.4f (least %.4f), error %.1f cm (floor %.1f)", result->loss,
                 result->entropy, result->err_cm, result->floor_cm);
    mec_progress_update(&t->progress, n, (double)n, state, last);
}

static mec_code judge(training *t, size_t epoch, mec_status *status) {
    for (size_t i = 0; i < t->plan->n_eval && status->code == MEC_OK; i++) {
        learner_result result;
        if (learner_judge(&t->learner, (uint32_t)t->plan->eval_seeds[i], &result, status) ==
                MEC_OK &&
            t->context->world->rank == 0)
            train_output_eval(&t->output, &t->outbox, epoch, i, &result, status);
    }
    return mec_agree(t->context->world, status);
}

static mec_code end_epoch(training *t, mec_status *status) {
    size_t n_record = t->context->world->rank == 0;
    t->epoch.seconds = mec_clock_epoch() - t->epoch.started;
    if (judge(t, t->epoch.task, status) == MEC_OK && save_checkpoint(t, status) == MEC_OK &&
        save_state(t, status) == MEC_OK)
        mec_run_file_mark(t->file, &t->epoch, n_record, status);
    t->epoch = (mec_task_record){.task = t->epoch.task + 1, .started = mec_clock_epoch()};
    return status->code;
}

/* The reason is that of the first rank that has one. */
static mec_code stop(training *t, const mec_status *wish, mec_status *status) {
    mec_status saving = {0};
    *status = *wish;
    mec_agree(t->context->world, status);
    if (save_state(t, &saving))
        *status = saving;
    return status->code;
}

static mec_code step(training *t, mec_status *status) {
    mec_status wish = {0};
    learner_result result = {0};
    double start = mec_clock_seconds();
    bool asked = mec_stop_check(t->context->started, t->context->values->run.time_limit, &wish);
    learner_votes votes = {asked, t->context->world->rank == 0 && saving_is_due(t)};
    if (learner_step(&t->learner, &votes, &result, status)) {
        t->diverged = true;
        return status->code;
    }
    if (t->context->world->rank == 0)
        train_output_add(&t->output, t->learner.step, &result, mec_clock_seconds() - start);
    if (t->learner.step % (size_t)t->plan->train->n_steps == 0)
        end_epoch(t, status);
    else if (votes.flush > 0 && votes.stop == 0)
        save_state(t, status);
    tell_progress(t, &result, "running", false);
    if (votes.stop > 0 && status->code == MEC_OK && t->learner.step < t->plan->n_step)
        stop(t, &wish, status);
    return status->code;
}

/* Of one that was begun before, as if it had been trained without a stop. */
static mec_code begin_epoch(training *t, mec_status *status) {
    size_t n_steps = (size_t)t->plan->train->n_steps;
    t->epoch = (mec_task_record){.task = t->learner.step / n_steps - t->plan->first_epoch};
    double before = t->learner.step % n_steps > 0 ? seconds_before(t, t->epoch.task, status) : 0;
    t->epoch.started = mec_clock_epoch() - before;
    return mec_agree(t->context->world, status);
}

static mec_code train(training *t, mec_status *status) {
    if (begin(t, status) || start_progress(t, status))
        return status->code;
    t->saved = mec_clock_seconds();
    if (begin_epoch(t, status))
        return status->code;
    while (status->code == MEC_OK && t->learner.step < t->plan->n_step)
        step(t, status);
    if (status->code == MEC_OK) /* both slots hold the end, however often a run was stopped */
        save_state(t, status);
    if (t->diverged) {
        mec_status ignored = {0};
        flush_history(t, &ignored); /* how it came to that */
    }
    tell_progress(t, NULL, status->code == MEC_OK ? "complete" : mec_code_name(status->code), true);
    mec_progress_end(&t->progress);
    return status->code;
}

static mec_code close_file(training *t, mec_status *status) {
    mec_status closing = {0};
    bool complete = status->code == MEC_OK;
    t->state = complete ? MEC_RUN_COMPLETE : MEC_RUN_STOPPED;
    mec_run_file_close(t->file, &t->state, NULL, NULL, &closing);
    if (closing.code != MEC_OK && (complete || status->code == MEC_STOPPED))
        *status = closing;
    return status->code;
}

static void release(training *t) {
    for (size_t i = 0; t->names && i < t->plan->n_epoch; i++)
        free(t->names[i]);
    free(t->names);
    free(t->done);
    free(t->config);
    free(t->identity_config);
    mec_outbox_release(&t->outbox);
    mec_layout_destroy(&t->layout);
    train_output_destroy(&t->output);
}

/* The network and its walks, which ranks divide among them, and the numbers of all steps. */
static mec_code check_memory(const train_plan *plan, mec_status *status) {
    const job_context *c = plan->context;
    double network = learner_memory(plan);
    double steps = 2.0 * sizeof(int64_t) * (double)train_plan_own_steps(plan);
    bool by_steps = steps > network;
    return mec_budget_check(
        c->world,
        by_steps ? mec_settings_where(c->settings, "train", "n_epochs")
                 : mec_settings_where(c->settings, "model", "Ng"),
        &(mec_budget){.node = (network + steps) * c->world->node_size},
        by_steps ? "fewer steps"
                 : "fewer ranks a node, train.recompute = yes, train.shard_optimizer = yes, or a "
                   "smaller network or batch",
        status);
}

/* Before anything is taken; a file that is there has its room already. */
static mec_code check_room(const train_plan *plan, mec_status *status) {
    const run_settings *run = &plan->context->values->run;
    bool there = access(run->output, F_OK) == 0 && run->resume != MEC_RESUME_OVERWRITE;
    if (check_memory(plan, status))
        return status->code;
    if (plan->context->world->rank == 0 && !there) {
        double disk = training_disk(plan, status);
        if (status->code == MEC_OK)
            mec_path_check_room(run->output, disk, status);
    }
    return mec_agree(plan->context->world, status);
}

mec_code training_run(train_plan *plan, mec_status *status) {
    training t = {.plan = plan, .context = plan->context};
    if (check_room(plan, status) == MEC_OK && learner_create(&t.learner, plan, status) == MEC_OK &&
        train_weights_read(plan, &t.learner, status) == MEC_OK) {
        train_output_create(&t.output, plan, status);
        describe(&t, status);
    }
    if (mec_agree(plan->context->world, status) == MEC_OK && open_file(&t, status) == MEC_OK) {
        if (t.state != MEC_RUN_COMPLETE)
            train(&t, status);
        close_file(&t, status);
    }
    release(&t);
    learner_destroy(&t.learner);
    return status->code;
}

double training_disk(const train_plan *plan, mec_status *status) {
    training t = {.plan = plan, .context = plan->context};
    train_output_create(&t.output, plan, status);
    describe(&t, status);
    double bytes = mec_layout_bytes(&t.layout);
    release(&t);
    return bytes;
}
