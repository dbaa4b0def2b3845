/* mec fit: how well a linear map from other animals predicts each cell on states it has not seen.
 *
 * settings -> dataset (one copy a node) -> plan -> kernels -> run file -> farm -> means -> summary
 * Where ranks share a fit: settings -> catalogue -> groups -> what is finite -> plan -> run file
 * ...
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fault.h"
#include "base/text.h"
#include "batch.h"
#include "fit/fit_check.h"
#include "fit/fit_groups.h"
#include "fit/fit_kernels.h"
#include "fit/fit_model.h"
#include "fit/fit_output.h"
#include "fit/fit_splits.h"
#include "fit/fit_tell.h"
#include "fit/shared_fit.h"

typedef struct fit_run {
    const job_context *context;
    fit_data data;
    fit_plan plan;
    fit_groups sharing; /* how many ranks share a fit */
    mec_groups groups;
    fit_kernels kernels;
    fit_output output;
    mec_fit_workspace workspace;
    mec_scratch task_scratch;
} fit_run;

/* ---- one task ---- */

static bool is_shared(const fit_run *run) {
    return run->sharing.size > 1;
}

static mec_code compute(void *self, size_t task, mec_outbox *outbox, const mec_pulse *pulse,
                        mec_status *status) {
    fit_run *run = self;
    const fit_task *t = &run->plan.tasks[task];
    const fit_group *g = &run->plan.groups[t->group];
    const fit_recipe *recipe = &run->data.parameters.recipes[t->recipe];
    mec_scratch_reset(&run->task_scratch);
    uint32_t *order = mec_scratch_take(&run->task_scratch, g->n_state, sizeof *order, status);
    mec_fit_target *targets = NULL;
    size_t n_target = fit_output_start(&run->output, t, &targets, &run->task_scratch, status);
    if (is_shared(run) ? mec_agree(&run->groups.group, status) : status->code)
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
    bool fits = problem.n_train > 0 && problem.n_test > 0;
    if (is_shared(run) && fits)
        shared_fit_run(&run->groups.group, &run->plan, t, &problem, targets, n_target,
                       &run->task_scratch, status);
    else
        mec_fit_run(&fit, targets, n_target, &run->workspace, status);
    if (status->code == MEC_OK && (!is_shared(run) || run->groups.group.rank == 0))
        fit_output_put(&run->output, outbox, t, targets, n_target, status);
    return status->code;
}

/* ---- before and after the farm ---- */

static double shared_cost(const void *self, const mec_shape *shape) {
    const fit_run *run = self;
    return shared_fit_cost(map_settings_map(&run->data.parameters.recipes[0].map), shape);
}

/* What was chosen is a setting like one that was given, in the file too. */
static mec_code choose_groups(fit_run *run, mec_status *status) {
    mec_settings *settings = run->context->settings;
    char setting[64];
    if (fit_groups_choose(run->context, &run->data, &run->sharing, status) ||
        mec_settings_given(settings, "run", "group"))
        return status->code;
    snprintf(setting, sizeof setting, "run.group=%d", run->sharing.size);
    return mec_settings_override(settings, setting, status);
}

/* Everything up to the plan: the same on every rank. What ranks share is not cut into tasks: each
 * would have to prepare again what all its cells share. */
static mec_code plan_run(fit_run *run, mec_status *status) {
    const job_context *c = run->context;
    fit_check_settings(c, status);
    if (mec_agree(c->world, status) || fit_data_open(&run->data, c, status) ||
        choose_groups(run, status) || fit_data_load(&run->data, c, !is_shared(run), status))
        return status->code;
    fit_work fits = {.alone = per_cell_names_cells(&run->data.parameters)};
    if (is_shared(run))
        fits = (fit_work){.cost = shared_cost,
                          .of = run,
                          .cutting = {.least = INFINITY, .most = INFINITY, .n_wanted = 1}};
    size_t n_split = fit_splits_count(&run->data, c->values);
    if (fit_check_data(c, &run->data, fits.alone, n_split, status) == MEC_OK &&
        fit_plan_create(&run->plan, &run->data, c->values, &fits, status) == MEC_OK)
        fit_check_recipes(c, &run->plan, status);
    if (mec_fault_here("fit_plan"))
        mec_fail(status, MEC_FAILED, "injected: no memory for the plan");
    return mec_agree(c->world, status);
}

static mec_code describe(void *self, mec_layout *layout, mec_status *status) {
    fit_run *run = self;
    return fit_output_describe(&run->output, &run->plan, layout, status);
}

static mec_code build_kernels(void *self, mec_run_file *file, mec_status *status) {
    fit_run *run = self;
    (void)file;
    if (is_shared(run))
        return MEC_OK;
    return fit_kernels_build(&run->kernels, &run->plan, run->context->world, status);
}

static mec_code finish(void *self, const char *path, mec_run_state *state, mec_status *status) {
    fit_run *run = self;
    (void)state;
    return fit_splits_keep(&run->plan, path, status);
}

/* What the planner chose, and by what. */
static void describe_groups(const fit_run *run, char *text, size_t size) {
    char alone[32];
    char shared[32];
    char has[32];
    mec_text_from_bytes(run->sharing.alone, alone, sizeof alone);
    mec_text_from_bytes(run->sharing.shared, shared, sizeof shared);
    mec_text_from_bytes(run->sharing.has, has, sizeof has);
    if (is_shared(run))
        snprintf(
            text, size,
            "%d ranks share a fit, %s of each, which has %s; alone each would need %s with its "
            "share of the node's data",
            run->sharing.size, shared, has, alone);
    else
        snprintf(text, size, "every rank makes fits by itself, with %s of the %s that it has",
                 alone, has);
}

static mec_code print_dry_run(const fit_run *run, const batch *b, mec_status *status) {
    char of_tasks[64];
    char groups[256];
    batch_estimate e = {.of_tasks = of_tasks,
                        .data = (double)sizeof(double) * (double)(run->data.dataset.resp.count +
                                                                  run->data.response.values.count),
                        .rank = is_shared(run) ? run->sharing.shared : fit_plan_memory(&run->plan),
                        .groups = groups};
    describe_groups(run, groups, sizeof groups);
    if (!is_shared(run) && fit_kernels_estimate(&run->plan, &e.kernels, &e.cost, status))
        return status->code;
    for (size_t i = 0; i < run->plan.n_task; i++)
        e.cost += run->plan.cost[i];
    snprintf(of_tasks, sizeof of_tasks, "%zu sources, %zu splits", run->plan.n_source,
             run->plan.n_split);
    return batch_print_dry_run(run->context, b, &e, status);
}

/* ---- the job ---- */

static void release(fit_run *run) {
    fit_output_destroy(&run->output);
    fit_kernels_destroy(&run->kernels);
    fit_plan_destroy(&run->plan);
    mec_groups_destroy(&run->groups);
    fit_data_destroy(&run->data);
    mec_fit_workspace_release(&run->workspace);
    mec_scratch_release(&run->task_scratch);
}

static mec_code run_batch(fit_run *run, mec_status *status) {
    const job_context *c = run->context;
    batch b = {.self = run,
               .job = "fit",
               .n_task = run->plan.n_task,
               .cost = run->plan.cost,
               .names = run->plan.names,
               .class = run->plan.class,
               .unit = run->plan.unit,
               .groups = &run->groups,
               .inputs = run->data.inputs,
               .n_input = run->data.n_input,
               .describe = describe,
               .prepare = build_kernels,
               .compute = compute,
               .finish = finish,
               .failures = "fits failed, their scores are NaN: status and relative_gap in the "
                           "file, mec export with splits=yes, list them"};
    if (c->dry_run)
        return c->world->rank == 0 ? print_dry_run(run, &b, status) : MEC_OK;
    mec_groups_create(c->world, run->sharing.size, &run->groups);
    return batch_run(c, &b, status);
}

static mec_code rehearse(const job_context *context, mec_status *status) {
    fit_run run = {.context = context};
    if (plan_run(&run, status) == MEC_OK)
        batch_check_output(context, "fit", run.data.inputs, run.data.n_input, status);
    release(&run);
    return status->code;
}

mec_code job_fit(const job_context *context, mec_status *status) {
    char sections[FIT_SECTIONS_SIZE];
    job_context own = fit_model_context(context, sections);
    fit_run run = {.context = &own};
    if (fit_model_rehearse(&own, rehearse, status) == MEC_OK && plan_run(&run, status) == MEC_OK) {
        fit_tell_skips(&run.plan);
        fit_tell_lack_of_states(&run.plan);
        run_batch(&run, status);
    }
    release(&run);
    return mec_agree(context->world, status);
}
