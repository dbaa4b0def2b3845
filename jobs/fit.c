/* mec fit: how well a linear map from other animals predicts each cell on states it has not seen.
 *
 * settings -> dataset (one copy a node) -> plan -> kernels -> run file -> farm -> means -> summary
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/fault.h"
#include "batch.h"
#include "fit/fit_check.h"
#include "fit/fit_kernels.h"
#include "fit/fit_model.h"
#include "fit/fit_output.h"
#include "fit/fit_splits.h"
#include "fit/fit_tell.h"

typedef struct fit_run {
    const job_context *context;
    fit_data data;
    fit_plan plan;
    fit_kernels kernels;
    fit_output output;
    mec_fit_workspace workspace;
    mec_scratch task_scratch;
} fit_run;

/* ---- one task ---- */

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
        fit_output_put(&run->output, outbox, t, targets, n_target, status);
    return status->code;
}

/* ---- before and after the farm ---- */

/* Everything up to the plan: the same on every rank. */
static mec_code plan_run(fit_run *run, mec_status *status) {
    const job_context *c = run->context;
    fit_check_settings(c, status);
    if (mec_agree(c->world, status) || fit_data_read(&run->data, c, status))
        return status->code;
    const fit_work fits = {.alone = per_cell_names_cells(&run->data.parameters)};
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
    return fit_kernels_build(&run->kernels, &run->plan, run->context->world, status);
}

static mec_code finish(void *self, const char *path, mec_run_state *state, mec_status *status) {
    fit_run *run = self;
    (void)state;
    return fit_splits_keep(&run->plan, path, status);
}

static mec_code print_dry_run(const fit_run *run, const batch *b, mec_status *status) {
    char of_tasks[64];
    batch_estimate e = {.of_tasks = of_tasks,
                        .data = (double)sizeof(double) * (double)(run->data.dataset.resp.count +
                                                                  run->data.response.values.count),
                        .rank = fit_plan_memory(&run->plan)};
    if (fit_kernels_estimate(&run->plan, &e.kernels, &e.cost, status))
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
