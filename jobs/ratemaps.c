/* mec ratemaps: the mean activation of every unit of a path integrator in every bin of a box.
 *
 * A batch of seeded walks is a task, whoever does it: its activations go into sums of whole
 * numbers, which are added up over ranks at every flush. Maps of several boxes and seeds are made
 * one after the other, so that memory does not depend on how many there are. */
#include <stdio.h>

#include "batch.h"
#include "parallel/budget.h"
#include "ratemaps/ratemaps_job.h"
#include "ratemaps/ratemaps_run.h"

/* ---- the batch's view ---- */

static mec_code describe(void *self, mec_layout *layout, mec_status *status) {
    return ratemaps_run_describe(self, layout, status);
}

static mec_code prepare(void *self, mec_run_file *file, mec_status *status) {
    (void)file;
    return ratemaps_run_prepare(self, status);
}

static mec_code compute(void *self, size_t task, mec_outbox *outbox, const mec_pulse *pulse,
                        mec_status *status) {
    ratemaps_run *run = self;
    (void)outbox; /* results are sums */
    return ratemaps_run_batch(run, task % run->plan.n_batch, pulse, status);
}

static mec_code open(void *self, mec_run_file *file, uint8_t *done, mec_status *status) {
    ratemaps_run *run = self;
    return mec_totals_open(&run->totals, file, done, status);
}

static mec_code begin(void *self, size_t phase, mec_status *status) {
    return ratemaps_run_begin(self, phase, status);
}

static mec_code flush(void *self, mec_run_file *file, const mec_task_record *records,
                      size_t n_record, mec_status *status) {
    ratemaps_run *run = self;
    return mec_totals_flush(&run->totals, file, run->map, records, n_record, status);
}

static bool is_open(void *self, size_t phase) {
    const ratemaps_run *run = self;
    return run->totals.newest >= 0 && run->totals.phase == phase;
}

static mec_code end(void *self, mec_run_file *file, size_t phase, mec_status *status) {
    (void)phase;
    return ratemaps_run_write(self, file, status);
}

static mec_code close(void *self, mec_run_file *file, mec_status *status) {
    ratemaps_run *run = self;
    return mec_totals_clear(&run->totals, file, status);
}

static batch_phases phases_of(const ratemaps_plan *plan) {
    return (batch_phases){.n_task = plan->n_batch,
                          .open = open,
                          .begin = begin,
                          .flush = flush,
                          .is_open = is_open,
                          .end = end,
                          .close = close};
}

/* ---- the job ---- */

/* Before weights, walks and sums are taken. */
static mec_code check_memory(const ratemaps_run *run, mec_status *status) {
    const job_context *c = run->context;
    const ratemaps_plan *plan = &run->plan;
    const mec_budget budget = {.node = (double)mec_network_count(&plan->network) * sizeof(mec_real),
                               .rank = ratemaps_run_memory(c, plan)};
    bool by_bins = ratemaps_run_sums_memory(c, plan) > budget.rank / 2;
    const char *key = mec_settings_given(c->settings, "ratemaps", "nbins") ? "nbins" : "bin_cm";
    const char *where = by_bins ? mec_settings_where(c->settings, "ratemaps", key)
                                : mec_settings_where(c->settings, "model", "Ng");
    return mec_budget_check(c->world, where, &budget,
                            by_bins ? "fewer bins or layers" : "a smaller network or batch",
                            status);
}

static mec_code print_dry_run(const ratemaps_run *run, const batch *b, mec_status *status) {
    const ratemaps_plan *plan = &run->plan;
    char of_tasks[128];
    snprintf(of_tasks, sizeof of_tasks, "%zu map%s from %zu batches each", plan->n_map,
             plan->n_map == 1 ? "" : "s", plan->n_batch);
    batch_estimate e = {.of_tasks = of_tasks,
                        .data = (double)mec_network_count(&plan->network) * sizeof(mec_real),
                        .rank = ratemaps_run_memory(run->context, plan),
                        /* single precision takes half the time of the double that is measured */
                        .cost = (double)plan->n_task * plan->cost[0] / 2};
    printf("weights: %s\n", run->weights.name);
    return batch_print_dry_run(run->context, b, &e, status);
}

static mec_code run_batch(ratemaps_run *run, const mec_input *inputs, size_t n_input,
                          mec_status *status) {
    const job_context *c = run->context;
    batch_phases phases = phases_of(&run->plan);
    batch b = {.self = run,
               .job = "ratemaps",
               .n_task = run->plan.n_task,
               .cost = run->plan.cost,
               .names = (const char *const *)run->plan.names,
               .inputs = inputs,
               .n_input = n_input,
               .describe = describe,
               .prepare = prepare,
               .compute = compute,
               .phases = &phases};
    if (c->dry_run)
        return c->world->rank == 0 ? print_dry_run(run, &b, status) : MEC_OK;
    return batch_run(c, &b, status);
}

static mec_code check_output(const job_context *c, mec_status *status) {
    if (!*c->values->run.output)
        mec_fail(status, MEC_REFUSED, "%s: is empty; accepted: the path of the file to write",
                 mec_settings_where(c->settings, "run", "output"));
    return status->code;
}

mec_code ratemaps_make(const job_context *context, const ratemaps_request *request,
                       mec_status *status) {
    ratemaps_run run = {.context = context};
    mec_input inputs[2];
    size_t n_input = 0;
    check_output(context, status);
    if (status->code == MEC_OK)
        ratemaps_plan_make(&run.plan, context, request->boxes, request->n_box, status);
    if (mec_agree(context->world, status) == MEC_OK && check_memory(&run, status) == MEC_OK &&
        model_weights_read(context, &run.plan.network, !context->dry_run, &run.weights, status) ==
            MEC_OK) {
        if (run.weights.n_input > 0)
            inputs[n_input++] = run.weights.input;
        if (request->input)
            inputs[n_input++] = *request->input;
        run_batch(&run, inputs, n_input, status);
    }
    ratemaps_run_destroy(&run);
    return mec_agree(context->world, status);
}

mec_code job_ratemaps(const job_context *context, mec_status *status) {
    return ratemaps_make(context, &(ratemaps_request){0}, status);
}
