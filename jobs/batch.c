#include "batch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "finish.h"
#include "numerics/linalg.h"
#include "parallel/farm.h"
#include "report/summary.h"
#include "shards.h"

typedef struct running {
    const job_context *context;
    const batch *b;
    mec_layout layout;
    mec_run_file *file;
    uint8_t *done; /* (n_task) a mec_task_mark each */
    bool *own;     /* (n_task) whether it is this shard's */
    size_t n_own;
    mec_run_state state;
    char *config, *identity_config;
    mec_outbox outbox;
    double seconds_start, seconds_prepare, seconds_farm;
} running;

/* ---- the farm's view ---- */

static mec_code compute(void *self, size_t task, const mec_pulse *pulse, mec_status *status) {
    running *r = self;
    if (r->b->compute(r->b->self, task, &r->outbox, pulse, status) == MEC_OK)
        mec_outbox_commit(&r->outbox, status);
    else
        mec_outbox_discard(&r->outbox);
    return status->code;
}

static mec_code flush(void *self, const mec_task_record *records, size_t n_record,
                      mec_status *status) {
    running *r = self;
    if (r->b->phases)
        return r->b->phases->flush(r->b->self, r->file, records, n_record, status);
    return mec_run_file_flush(r->file, &r->outbox, records, n_record, status);
}

/* ---- before and after ---- */

/* The settings that decide the results: how many ranks share a task decides their last bits. */
static char *make_identity(const running *r, mec_status *status) {
    const job_context *c = r->context;
    char *text = mec_settings_text(c->settings, c->sections, MEC_SETTINGS_IDENTITY, status);
    if (!text || !r->b->groups)
        return text;
    size_t size = strlen(text) + 64;
    char *longer = mec_alloc(size, 1, status);
    if (longer)
        snprintf(longer, size, "%s\n[run]\ngroup = %d\n", text, r->b->groups->size);
    free(text);
    return longer;
}

static mec_code open_file(running *r, mec_status *status) {
    const job_context *c = r->context;
    r->config = mec_settings_text(c->settings, c->sections, MEC_SETTINGS_ALL, status);
    r->identity_config = make_identity(r, status);
    r->done = mec_alloc(r->b->n_task, 1, status);
    r->own = mec_alloc(r->b->n_task, sizeof *r->own, status);
    if (status->code == MEC_OK)
        r->n_own = shards_share(r->b, &c->values->run, r->own, status);
    mec_run_identity identity = {.job = r->b->job,
                                 .program_version = MEC_VERSION,
                                 .config = r->config,
                                 .identity_config = r->identity_config,
                                 .inputs = r->b->inputs,
                                 .n_input = r->b->n_input,
                                 .share = {.shard = (int64_t)c->values->run.own_shard,
                                           .n_shard = c->values->run.shards,
                                           .n_task = (int64_t)r->n_own}};
    if (status->code == MEC_OK)
        mec_run_file_describe(&r->layout, &identity, r->b->names, r->b->n_task, status);
    if (status->code == MEC_OK)
        r->b->describe(r->b->self, &r->layout, status);
    if (mec_agree(c->world, status))
        return status->code;
    r->outbox.layout = &r->layout;
    r->file = mec_run_file_open(c->world, c->values->run.output, (mec_resume)c->values->run.resume,
                                &identity, &r->layout, r->b->n_task, r->done, &r->state, status);
    if (r->file && r->b->phases)
        r->b->phases->open(r->b->self, r->file, r->done, status);
    for (size_t i = 0; i < r->b->n_task && status->code == MEC_OK; i++)
        if (!r->own[i])
            r->done[i] = MEC_TASK_ELSEWHERE;
    return status->code;
}

/* How many tasks of the share are done, what they cost and what all of it does. */
static size_t count_done(const running *r, double *cost_done, double *cost) {
    size_t n = 0;
    *cost_done = *cost = 0;
    for (size_t i = 0; i < r->b->n_task; i++) {
        if (r->done[i] == MEC_TASK_ELSEWHERE)
            continue;
        *cost += r->b->cost[i];
        *cost_done += r->done[i] ? r->b->cost[i] : 0;
        n += r->done[i];
    }
    return n;
}

static mec_code start_progress(running *r, mec_progress *progress, mec_status *status) {
    const job_context *c = r->context;
    double cost_done;
    double cost;
    size_t n_done = count_done(r, &cost_done, &cost);
    char *path = mec_run_file_progress_path(c->values->run.output, status);
    if (n_done > 0)
        mec_log("%s: goes on, %zu of %zu tasks are done", c->values->run.output, n_done, r->n_own);
    if (path && c->world->rank == 0)
        mec_progress_start(progress, path, r->n_own, cost, n_done, cost_done,
                           c->values->run.log_seconds, status);
    if (path && c->world->rank == 0 && status->code == MEC_OK)
        mec_progress_watch(progress, (size_t)c->world->size, status);
    free(path);
    return mec_agree(c->world, status);
}

/* The tasks that are not done, of all or of `n` from `first`. */
static mec_code farm(running *r, size_t first, size_t n, mec_progress *progress,
                     mec_status *status) {
    const job_context *c = r->context;
    mec_plan plan = {.n_task = r->b->n_task,
                     .cost = r->b->cost,
                     .done = r->done,
                     .first = first,
                     .n_now = n,
                     .class = r->b->class,
                     .wave = r->b->wave};
    mec_farm_job job = {r, compute, flush, .flushes_at_beats = true};
    mec_farm_options options = {.flush_seconds = c->values->run.flush_seconds,
                                .time_limit = c->values->run.time_limit,
                                .started = c->started,
                                .progress = c->world->rank == 0 ? progress : NULL};
    if (r->b->groups && r->b->groups->size > 1)
        mec_groups_run(r->b->groups, &plan, &job, &options, status);
    else
        mec_farm_run(c->world, &plan, &job, &options, status);
    if (status->code == MEC_OK)
        for (size_t i = first; i < first + (n > 0 ? n : r->b->n_task); i++)
            if (r->done[i] == MEC_TASK_TO_DO)
                r->done[i] = MEC_TASK_DONE;
    return status->code;
}

static bool all_done(const uint8_t *done, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (!done[i])
            return false;
    return true;
}

static mec_code farm_phases(running *r, mec_progress *progress, mec_status *status) {
    const batch_phases *phases = r->b->phases;
    void *self = r->b->self;
    size_t n = phases->n_task;
    for (size_t phase = 0; phase < r->b->n_task / n && status->code == MEC_OK; phase++) {
        bool done = all_done(r->done + phase * n, n);
        if (done && !phases->is_open(self, phase))
            continue;
        if (phases->begin(self, phase, status) == MEC_OK &&
            (done || farm(r, phase * n, n, progress, status) == MEC_OK))
            phases->end(self, r->file, phase, status);
    }
    if (status->code == MEC_OK)
        phases->close(self, r->file, status);
    return status->code;
}

/* What comes first, then every task that is not done. */
static mec_code work(running *r, mec_status *status) {
    const job_context *c = r->context;
    mec_progress progress = {0};
    double cost_done;
    double cost;
    double start = mec_clock_seconds();
    r->seconds_start = start - c->started;
    bool ended = r->state >= MEC_RUN_COMPLETE || !r->b->phases;
    if (count_done(r, &cost_done, &cost) == r->n_own && ended)
        return MEC_OK;
    if (r->b->prepare)
        r->b->prepare(r->b->self, r->file, status);
    r->seconds_prepare = mec_clock_seconds() - start;
    if (status->code == MEC_OK && start_progress(r, &progress, status) == MEC_OK) {
        if (r->b->phases)
            farm_phases(r, &progress, status);
        else
            farm(r, 0, 0, &progress, status);
    }
    r->seconds_farm = mec_clock_seconds() - start - r->seconds_prepare;
    mec_progress_end(&progress);
    return status->code;
}

static mec_code finish(void *self, const char *path, mec_run_state *state, mec_status *status) {
    const running *r = self;
    bool whole = r->n_own == r->b->n_task;
    if (!r->b->finish || r->b->finish(r->b->self, path, state, status) == MEC_OK)
        finish_file(r->b->job, path, whole, state, status);
    return status->code;
}

/* Closes the file whatever happened; a failure to do so counts unless another came first. */
static mec_code close_file(running *r, mec_status *status) {
    mec_status closing = {0};
    bool complete = status->code == MEC_OK;
    r->state = complete ? MEC_RUN_COMPLETE : MEC_RUN_STOPPED;
    mec_run_file_close(r->file, &r->state, complete ? finish : NULL, r, &closing);
    r->file = NULL;
    if (closing.code != MEC_OK && (complete || status->code == MEC_STOPPED))
        *status = closing;
    return status->code;
}

static void tell_times(const running *r) {
    const job_context *c = r->context;
    double closed =
        mec_clock_seconds() - c->started - r->seconds_start - r->seconds_prepare - r->seconds_farm;
    mec_log("%zu tasks on %d rank%s: start %.3f s, work %.3f s (preparing %.3f s, tasks %.3f s), "
            "finish %.3f s",
            r->n_own, c->world->size, c->world->size == 1 ? "" : "s", r->seconds_start,
            r->seconds_prepare + r->seconds_farm, r->seconds_prepare, r->seconds_farm, closed);
}

/* Fits that failed are a result too, of which the exit code tells. */
static mec_code tell_results(const running *r, mec_status *status) {
    const char *output = r->context->values->run.output;
    tell_times(r);
    if (r->context->world->rank == 0)
        summary_print(output, "corr", stdout, status);
    if (r->state == MEC_RUN_COMPLETE_WITH_FAILURES)
        mec_fail(status, MEC_INCOMPLETE, "%s: %s", output, r->b->failures);
    return status->code;
}

mec_code batch_run(const job_context *context, const batch *b, mec_status *status) {
    running r = {.context = context, .b = b, .state = MEC_RUN_RUNNING};
    if (open_file(&r, status) == MEC_OK) {
        work(&r, status);
        if (close_file(&r, status) == MEC_OK)
            tell_results(&r, status);
    } else if (r.file) {
        close_file(&r, status);
    }
    mec_layout_destroy(&r.layout);
    mec_outbox_release(&r.outbox);
    free(r.done);
    free(r.own);
    free(r.config);
    free(r.identity_config);
    return status->code;
}

mec_code batch_check_output(const job_context *c, const char *job, const mec_input *inputs,
                            size_t n_input, mec_status *status) {
    char *config = mec_settings_text(c->settings, c->sections, MEC_SETTINGS_IDENTITY, status);
    const mec_run_identity identity = {
        .job = job, .identity_config = config, .inputs = inputs, .n_input = n_input};
    if (config && c->world->rank == 0)
        mec_run_file_check(c->values->run.output, (mec_resume)c->values->run.resume, &identity,
                           status);
    free(config);
    return mec_agree(c->world, status);
}

/* ---- dry run ---- */

/* Multiplications a second that one core does here, on a product of the usual size. */
static double measure_rate(mec_status *status) {
    const size_t n = 384;
    double *block = mec_alloc(3 * n * n, sizeof *block, status);
    if (!block)
        return 1e9;
    double best = INFINITY;
    for (int i = 0; i < 4; i++) {
        double start = mec_clock_seconds();
        mec_multiply(n, n, n, block, n, block + n * n, n, 0.0, block + 2 * n * n, n);
        best = fmin(best, mec_clock_seconds() - start);
    }
    free(block);
    return (double)(n * n * n) / best;
}

/* Where the run is divided: what this job has of it. */
static void print_share(const batch *b, const run_settings *run, mec_status *status) {
    bool *own = run->shards > 1 ? mec_alloc(b->n_task, sizeof *own, status) : NULL;
    if (own)
        printf("share:   %zu of them in shard %zu of 0 to %lld\n",
               shards_share(b, run, own, status), run->own_shard, (long long)run->shards - 1);
    free(own);
}

mec_code batch_print_dry_run(const job_context *context, const batch *b,
                             const batch_estimate *estimate, mec_status *status) {
    char data[32];
    char kernels[32];
    char rank[32];
    char disk[32];
    char seconds[32];
    double work = estimate->seconds;
    char *config =
        mec_settings_text(context->settings, context->sections, MEC_SETTINGS_ALL, status);
    if (!config)
        return status->code;
    mec_text_from_bytes(estimate->data, data, sizeof data);
    mec_text_from_bytes(estimate->kernels, kernels, sizeof kernels);
    mec_text_from_bytes(estimate->rank, rank, sizeof rank);
    mec_text_from_bytes(estimate->disk, disk, sizeof disk);
    if (work == 0)
        work = estimate->cost / measure_rate(status);
    mec_text_from_seconds(work, seconds, sizeof seconds);
    printf("%s\n", config);
    printf("tasks:   %zu (%s)\n", b->n_task, estimate->of_tasks);
    print_share(b, &context->values->run, status);
    printf("memory:  %s of data and %s of kernels a node, %s of working memory a rank\n", data,
           kernels, rank);
    if (estimate->disk > 0)
        printf("disk:    %s\n", disk);
    printf("work:    about %s on one core like this one (%.2g core-hours)\n", seconds, work / 3600);
    if (estimate->groups)
        printf("groups:  %s\n", estimate->groups);
    if (estimate->ranks)
        printf("ranks:   %s\n", estimate->ranks);
    printf("nothing was written\n");
    free(config);
    return status->code;
}
