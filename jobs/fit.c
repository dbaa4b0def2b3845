/* mec fit: how well a linear map from other animals predicts each cell on states it has not seen.
 *
 * settings -> dataset (one copy a node) -> plan -> kernels -> run file -> farm -> means -> summary
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "fit/fit_check.h"
#include "fit/fit_kernels.h"
#include "fit/fit_output.h"
#include "fit/fit_splits.h"
#include "job.h"
#include "numerics/linalg.h"
#include "parallel/farm.h"
#include "report/summary.h"
#include "storage/run_file.h"

typedef struct fit_run {
    const job_context *context;
    fit_data data;
    fit_plan plan;
    fit_kernels kernels;
    mec_layout layout;
    fit_output output;
    mec_run_file *file;
    uint8_t *done; /* (n_task) */
    mec_run_state state;
    char *config, *identity_config;
    mec_outbox outbox;
    mec_fit_workspace workspace;
    mec_scratch task_scratch;
    double seconds_start, seconds_kernels, seconds_farm;
} fit_run;

/* ---- one task ---- */

static mec_code compute(void *self, size_t task, const mec_pulse *pulse, mec_status *status) {
    fit_run *run = self;
    const fit_task *t = &run->plan.tasks[task];
    const fit_group *g = &run->plan.groups[t->group];
    const fit_recipe *recipe = &run->data.parameters.recipes[t->recipe];
    mec_scratch_reset(&run->task_scratch);
    uint32_t *order = mec_scratch_take(&run->task_scratch, g->n_state, sizeof *order, status);
    mec_fit_target *targets = NULL;
    size_t n_target = fit_output_start(&run->output, t, &targets, &run->task_scratch, status);
    if (status->code != MEC_OK)
        return status->code;

    mec_problem problem = {.source = &run->plan.sources[g->source].source,
                           .train = order,
                           .parameters = &recipe->map.parameters,
                           .pulse = pulse};
    fit_splits_draw(&run->plan, g, t->split, recipe->train_frac, order, &problem.n_train,
                    &problem.n_test);
    problem.test = order + problem.n_train;
    mec_fit fit = {.problem = &problem,
                   .map = map_settings_map(&recipe->map),
                   .alone = run->plan.alone,
                   .bins = &run->plan.bins[run->plan.sources[g->source].arena]};
    if (mec_fit_run(&fit, targets, n_target, &run->workspace, status) == MEC_OK)
        fit_output_put(&run->output, &run->outbox, t, targets, n_target, status);
    if (status->code == MEC_OK)
        mec_outbox_commit(&run->outbox);
    else
        mec_outbox_discard(&run->outbox);
    return status->code;
}

static mec_code flush(void *self, const mec_task_record *records, size_t n_record,
                      mec_status *status) {
    fit_run *run = self;
    return mec_run_file_flush(run->file, &run->outbox, records, n_record, status);
}

/* ---- before and after the farm ---- */

static void tell_skips(const fit_run *run) {
    const mec_catalogue *d = &run->data.dataset.catalogue;
    for (size_t i = 0; i < run->plan.n_skip; i++)
        mec_log("arena %s is skipped: %s",
                mec_catalogue_text(d, d->arenas[run->plan.skips[i].arena].name),
                run->plan.skips[i].reason);
}

static size_t count_animals(const fit_group *g) {
    size_t n = 0;
    for (size_t i = 0; i < g->n_cell; i++)
        n += i == 0 || g->cells[i].animal != g->cells[i - 1].animal;
    return n;
}

/* Once a group, whatever the number of its splits. */
static void tell_lack_of_states(const fit_run *run) {
    const mec_catalogue *d = &run->data.dataset.catalogue;
    size_t told = SIZE_MAX;
    for (size_t i = 0; i < run->plan.n_task; i++) {
        const fit_task *t = &run->plan.tasks[i];
        const fit_group *g = &run->plan.groups[t->group];
        const fit_source *s = &run->plan.sources[g->source];
        bool trains = t->n_train > 0 || fit_plan_map(&run->plan, t)->passes_through;
        if ((trains && t->n_test > 0) || t->group == told)
            continue;
        told = t->group;
        size_t named = s->animal == FIT_NO_ANIMAL ? t->cells[0].animal : s->animal;
        size_t n_target = count_animals(g);
        mec_log("arena %s, animal %s: %zu states are finite in the source and %zu target%s; %zu to "
                "train and %zu to test in split %zu are too few; the scores are NaN",
                mec_catalogue_text(d, d->arenas[s->arena].name),
                mec_catalogue_text(d, d->animals[named].name), g->n_state, n_target,
                n_target == 1 ? "" : "s", t->n_train, t->n_test, t->split);
    }
}

/* Everything up to the plan: the same on every rank. */
static mec_code plan_run(fit_run *run, mec_status *status) {
    const job_context *c = run->context;
    fit_check_settings(c, status);
    if (mec_agree(c->world, status) || fit_data_read(&run->data, c->world, c->values, status))
        return status->code;
    if (fit_check_data(c, &run->data, fit_splits_count(&run->data, c->values), status) == MEC_OK &&
        fit_plan_create(&run->plan, &run->data, c->values, status) == MEC_OK)
        fit_check_recipes(c, &run->plan, status);
    if (mec_fault_here("fit_plan"))
        mec_fail(status, MEC_FAILED, "injected: no memory for the plan");
    return mec_agree(c->world, status);
}

static mec_code open_file(fit_run *run, mec_status *status) {
    const job_context *c = run->context;
    run->config = mec_settings_text(c->settings, c->sections, MEC_SETTINGS_ALL, status);
    run->identity_config =
        mec_settings_text(c->settings, c->sections, MEC_SETTINGS_IDENTITY, status);
    run->done = mec_alloc(run->plan.n_task, 1, status);
    mec_run_identity identity = {.job = "fit",
                                 .program_version = MEC_VERSION,
                                 .config = run->config,
                                 .identity_config = run->identity_config,
                                 .inputs = run->data.inputs,
                                 .n_input = run->data.n_input};
    if (status->code == MEC_OK)
        mec_run_file_describe(&run->layout, &identity, run->plan.names, run->plan.n_task, status);
    if (status->code == MEC_OK)
        fit_output_describe(&run->output, &run->plan, &run->layout, status);
    if (mec_agree(c->world, status))
        return status->code;
    run->outbox.layout = &run->layout;
    run->file = mec_run_file_open(c->world, c->values->run.output,
                                  (mec_resume)c->values->run.resume, &identity, &run->layout,
                                  run->plan.n_task, run->done, &run->state, status);
    return status->code;
}

/* How many tasks are done, what they cost and what all do. */
static size_t count_done(const fit_run *run, double *cost_done, double *cost) {
    size_t n = 0;
    *cost_done = *cost = 0;
    for (size_t i = 0; i < run->plan.n_task; i++) {
        *cost += run->plan.cost[i];
        *cost_done += run->done[i] ? run->plan.cost[i] : 0;
        n += run->done[i];
    }
    return n;
}

static mec_code start_progress(fit_run *run, mec_progress *progress, mec_status *status) {
    const job_context *c = run->context;
    double cost_done;
    double cost;
    size_t n_done = count_done(run, &cost_done, &cost);
    char *path = mec_run_file_progress_path(c->values->run.output, status);
    if (n_done > 0)
        mec_log("%s: goes on, %zu of %zu tasks are done", c->values->run.output, n_done,
                run->plan.n_task);
    if (path && c->world->rank == 0)
        mec_progress_start(progress, path, run->plan.n_task, cost, n_done, cost_done,
                           c->values->run.log_seconds, status);
    free(path);
    return mec_agree(c->world, status);
}

/* Kernels, then every task that is not done. */
static mec_code work(fit_run *run, mec_status *status) {
    const job_context *c = run->context;
    mec_progress progress = {0};
    double cost_done;
    double cost;
    double start = mec_clock_seconds();
    run->seconds_start = start - c->started;
    if (count_done(run, &cost_done, &cost) == run->plan.n_task)
        return MEC_OK;
    fit_kernels_build(&run->kernels, &run->plan, c->world, status);
    run->seconds_kernels = mec_clock_seconds() - start;
    if (status->code == MEC_OK && start_progress(run, &progress, status) == MEC_OK) {
        mec_plan plan = {run->plan.n_task, run->plan.cost, run->done};
        mec_farm_job job = {run, compute, flush};
        mec_farm_options options = {.flush_seconds = c->values->run.flush_seconds,
                                    .time_limit = c->values->run.time_limit,
                                    .started = c->started,
                                    .progress = c->world->rank == 0 ? &progress : NULL};
        mec_farm_run(c->world, &plan, &job, &options, status);
    }
    run->seconds_farm = mec_clock_seconds() - start - run->seconds_kernels;
    mec_progress_end(&progress);
    return status->code;
}

/* Closes the file whatever happened; a failure to do so counts unless another came first. */
static mec_code close_file(fit_run *run, mec_status *status) {
    mec_status closing = {0};
    bool complete = status->code == MEC_OK;
    run->state = complete ? MEC_RUN_COMPLETE : MEC_RUN_STOPPED;
    mec_run_file_close(run->file, &run->state, complete ? fit_output_finish : NULL, &run->output,
                       &closing);
    run->file = NULL;
    if (closing.code != MEC_OK && (complete || status->code == MEC_STOPPED))
        *status = closing;
    return status->code;
}

static void tell_times(const fit_run *run) {
    const job_context *c = run->context;
    double closed = mec_clock_seconds() - c->started - run->seconds_start - run->seconds_kernels -
                    run->seconds_farm;
    mec_log("%zu tasks on %d rank%s: start %.3f s, work %.3f s (kernels %.3f s, fits %.3f s), "
            "finish %.3f s",
            run->plan.n_task, c->world->size, c->world->size == 1 ? "" : "s", run->seconds_start,
            run->seconds_kernels + run->seconds_farm, run->seconds_kernels, run->seconds_farm,
            closed);
}

/* Fits that failed are a result too, of which the exit code tells. */
static mec_code tell_failures(const fit_run *run, mec_status *status) {
    if (run->state != MEC_RUN_COMPLETE_WITH_FAILURES)
        return status->code;
    return mec_fail(status, MEC_INCOMPLETE,
                    "%s: fits failed, their scores are NaN: status and relative_gap in the file, "
                    "mec export with splits=yes, list them",
                    run->context->values->run.output);
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

static void print_dry_run(fit_run *run, mec_status *status) {
    const job_context *c = run->context;
    double bytes;
    double cost;
    run->config = mec_settings_text(c->settings, c->sections, MEC_SETTINGS_ALL, status);
    if (!run->config || fit_kernels_estimate(&run->plan, &bytes, &cost, status))
        return;
    for (size_t i = 0; i < run->plan.n_task; i++)
        cost += run->plan.cost[i];
    char data[32];
    char kernels[32];
    char rank[32];
    char seconds[32];
    mec_text_from_bytes(
        8 * (double)(run->data.dataset.resp.count + run->data.response.values.count), data,
        sizeof data);
    mec_text_from_bytes(bytes, kernels, sizeof kernels);
    mec_text_from_bytes(fit_plan_memory(&run->plan), rank, sizeof rank);
    mec_text_from_seconds(cost / measure_rate(status), seconds, sizeof seconds);
    printf("%s\n", run->config);
    printf("tasks:   %zu (%zu sources, %zu splits)\n", run->plan.n_task, run->plan.n_source,
           run->plan.n_split);
    printf("memory:  %s of data and %s of kernels a node, %s of working memory a rank\n", data,
           kernels, rank);
    printf("work:    about %s on one core like this one\n", seconds);
    printf("nothing was written\n");
}

/* ---- the job ---- */

static void release(fit_run *run) {
    fit_output_destroy(&run->output);
    mec_layout_destroy(&run->layout);
    fit_kernels_destroy(&run->kernels);
    fit_plan_destroy(&run->plan);
    fit_data_destroy(&run->data);
    mec_outbox_release(&run->outbox);
    mec_fit_workspace_release(&run->workspace);
    mec_scratch_release(&run->task_scratch);
    free(run->done);
    free(run->config);
    free(run->identity_config);
}

mec_code job_fit(const job_context *context, mec_status *status) {
    fit_run run = {.context = context};
    bool speaks = context->world->rank == 0;
    if (plan_run(&run, status) == MEC_OK) {
        tell_skips(&run);
        tell_lack_of_states(&run);
        if (context->dry_run && speaks)
            print_dry_run(&run, status);
        if (!context->dry_run && open_file(&run, status) == MEC_OK) {
            work(&run, status);
            if (close_file(&run, status) == MEC_OK) {
                tell_times(&run);
                if (speaks)
                    summary_print(context->values->run.output, "corr", stdout, status);
                tell_failures(&run, status);
            }
        }
    }
    release(&run);
    return mec_agree(context->world, status);
}
