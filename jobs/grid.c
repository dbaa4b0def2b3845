/* mec grid: the elastic net's alpha and l1_ratio for every cell and split, by cross-validation on
 * the split's train states; then the fit with them, scored on its test states.
 *
 * Each cell is searched by itself, on the states finite in it and its source; cells that share
 * these share the folds' preparation. The fit with what was chosen is that of `mec fit`. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/memory.h"
#include "base/text.h"
#include "batch.h"
#include "fit/fit_check.h"
#include "fit/fit_model.h"
#include "fit/fit_splits.h"
#include "fit/fit_tell.h"
#include "grid/grid_output.h"
#include "grid/grid_parts.h"
#include "numerics/range.h"
#include "parallel/budget.h"

/* Multiplications a task, from some milliseconds to about two seconds; many tasks, so that each of
 * four thousand ranks still has several: with 8192 of them 4096 ranks computed 80 % of the time,
 * with these 91 % (tests/bench/scale_farm). Only a cell that takes longer than that is cut, unless
 * the settings say so: whatever part of the grid is searched by itself has to do without what the
 * other parts know of its solutions. */
static const double TASK_LEAST = 1e8;
static const double TASK_MOST = 5e10;
static const double TASKS_WANTED = 65536;

typedef struct grid_run {
    const job_context *context;
    job_context own;     /* the context with these settings: */
    job_settings values; /* the map is the elastic net, whatever [map] says */
    double *alphas, *l1_ratios;
    mec_grid grid;
    fit_data data;
    fit_plan plan;
    grid_output output;
    grid_parts parts;
    mec_fit_workspace workspace;
    mec_scratch split, cell; /* what lives as long as a task, and as one of its cells */
} grid_run;

/* ---- one task ---- */

/* One cell of a task: where its train responses and results are. */
typedef struct searching {
    grid_run *run;
    const fit_task *task;
    const mec_problem *problem;
    const mec_grid_prepared *prepared; /* NULL where parts are joined */
    fit_cell cell;
} searching;

/* A fit of the cell by itself, as mec fit does it with the cell's own parameters. */
static mec_code fit_cell_alone(const searching *s, const mec_map *map,
                               const mec_map_parameters *parameters, mec_fit_target *target,
                               mec_status *status) {
    grid_run *run = s->run;
    mec_problem problem = *s->problem;
    problem.parameters = parameters;
    target->population = &run->plan.populations[s->cell.animal];
    target->cells = &s->cell.cell;
    target->n = 1;
    mec_fit fit = {
        .problem = &problem,
        .map = map,
        .alone = true,
        .bins = &run->plan.bins[run->plan.sources[run->plan.groups[s->task->group].source].arena]};
    return mec_fit_run(&fit, target, 1, &run->workspace, status);
}

/* The fit with what was chosen. */
static mec_code refit(const searching *s, grid_cell_result *result, mec_status *status) {
    mec_map_parameters parameters = *s->problem->parameters;
    parameters.alpha = result->found.choice.best.alpha;
    parameters.l1_ratio = (mec_reals){.n = 1, .values = {result->found.choice.best.l1_ratio}};
    double gap = NAN;
    int8_t outcome = MEC_OUTCOME_NOT_DONE;
    mec_fit_target target = {.score = {&result->test_corr}, .gap = &gap, .outcome = &outcome};
    if (fit_cell_alone(s, map_settings_map(&s->run->values.map), &parameters, &target, status))
        return status->code;
    if (outcome == MEC_OUTCOME_DONE)
        result->found.largest_relative_gap = fmax(result->found.largest_relative_gap, gap);
    else
        result->found.outcome = (mec_outcome)outcome;
    return MEC_OK;
}

/* What is had without a search: the default of mec fit. */
static mec_code fit_ridge(const searching *s, grid_cell_result *result, mec_status *status) {
    const mec_map_parameters ridge = {.fit_intercept = true, .alpha = 1};
    mec_fit_target target = {.score = {&result->ridge_test_corr}};
    return fit_cell_alone(s, &mec_ridge, &ridge, &target, status);
}

/* Room for what a search finds, and the cell's train responses (NULL: not wanted). */
static mec_code start_cell(const searching *s, grid_cell_result *result, double **y,
                           mec_status *status) {
    grid_run *run = s->run;
    const mec_problem *problem = s->problem;
    mec_scratch_reset(&run->cell);
    *result = (grid_cell_result){.test_corr = NAN, .ridge_test_corr = NAN};
    result->rejected =
        mec_scratch_take(&run->cell, GRID_N_LISTED, sizeof *result->rejected, status);
    if (run->output.keep_scores)
        result->surface = mec_scratch_take(&run->cell, run->grid.n_alpha * run->grid.n_l1_ratio,
                                           sizeof *result->surface, status);
    if (y && (*y = mec_scratch_take(&run->cell, problem->n_train, sizeof **y, status)))
        mec_population_gather(&run->plan.populations[s->cell.animal], &s->cell.cell, 1,
                              problem->train, problem->n_train, *y);
    return status->code;
}

/* Where the search leaves its lists. */
static mec_grid_output output_of(const grid_cell_result *result) {
    return (mec_grid_output){
        .surface = result->surface, .rejected = result->rejected, .n_rejected = GRID_N_LISTED};
}

/* The test scores, and everything on its way to the file. */
static mec_code finish_cell(const searching *s, grid_cell_result *result, mec_outbox *outbox,
                            mec_status *status) {
    if (result->found.choice.n_valid > 0 && refit(s, result, status))
        return status->code;
    if (fit_ridge(s, result, status))
        return status->code;
    return grid_output_put(&s->run->output, outbox, s->task, s->cell, result, status);
}

static mec_code search_cell(const searching *s, mec_outbox *outbox, mec_status *status) {
    grid_cell_result result;
    double *y = NULL;
    if (start_cell(s, &result, &y, status))
        return status->code;
    mec_grid_output output = output_of(&result);
    if (mec_grid_cell(s->prepared, y, &output, &result.found, &s->run->cell, status))
        return status->code;
    return finish_cell(s, &result, outbox, status);
}

static mec_code search_part(const searching *s, mec_outbox *outbox, mec_status *status) {
    grid_run *run = s->run;
    grid_cell_result result;
    double *y = NULL;
    double *scores = grid_parts_take_scores(&run->parts, outbox, s->task, status);
    if (!scores || start_cell(s, &result, &y, status))
        return status->code;
    mec_grid_output output = output_of(&result);
    mec_grid_part part = mec_grid_part_at(&run->grid, s->task->n_part, s->task->part);
    if (mec_grid_cell_part(s->prepared, y, part, &output, scores, &result.found, &run->cell,
                           status))
        return status->code;
    return grid_parts_put(&run->parts, outbox, s->task, &result, status);
}

static mec_code join_cell(const searching *s, mec_outbox *outbox, mec_status *status) {
    grid_cell_result result;
    if (start_cell(s, &result, NULL, status) ||
        grid_parts_join(&s->run->parts, s->task, &result, &s->run->cell, status))
        return status->code;
    return finish_cell(s, &result, outbox, status);
}

static mec_code search_task(grid_run *run, const fit_task *t, mec_outbox *outbox,
                            const mec_pulse *pulse, mec_status *status) {
    const fit_group *g = &run->plan.groups[t->group];
    const fit_recipe *recipe = &run->data.parameters.recipes[t->recipe];
    bool joins = t->n_part > 0 && t->part == t->n_part;
    mec_scratch_reset(&run->split);
    uint32_t *order = mec_scratch_take(&run->split, g->n_state, sizeof *order, status);
    if (!order)
        return status->code;
    mec_problem problem = {.source = &run->plan.sources[g->source].source,
                           .train = order,
                           .parameters = &recipe->map.parameters,
                           .pulse = pulse};
    fit_splits_draw(&run->plan, g, t->split, recipe->train_frac, order, &problem.n_train,
                    &problem.n_test);
    problem.test = order + problem.n_train;
    mec_grid_prepared *prepared = NULL;
    if (!joins)
        mec_grid_prepare(&problem, &run->grid, &run->split, &prepared, status);
    for (size_t i = 0; i < t->n_cell && status->code == MEC_OK; i++) {
        searching s = {run, t, &problem, prepared, t->cells[i]};
        if (t->n_part == 0)
            search_cell(&s, outbox, status);
        else if (joins)
            join_cell(&s, outbox, status);
        else
            search_part(&s, outbox, status);
    }
    return status->code;
}

static mec_code compute(void *self, size_t task, mec_outbox *outbox, const mec_pulse *pulse,
                        mec_status *status) {
    grid_run *run = self;
    return search_task(run, &run->plan.tasks[task], outbox, pulse, status);
}

/* ---- before and after ---- */

/* What the search cannot do. */
static void check_grid(const grid_run *run, mec_status *status) {
    const mec_grid *grid = &run->grid;
    const splits_settings *splits = &run->values.splits;
    mec_settings *settings = run->context->settings;
    double n_point = (double)grid->n_fold * (double)grid->n_alpha * (double)grid->n_l1_ratio;
    for (size_t i = 0; i < grid->n_alpha; i++)
        if (grid->alphas[i] < 0)
            mec_fail(status, MEC_REFUSED, "%s: found %g; accepted: penalties of 0 or more",
                     mec_settings_where(settings, "grid", "alpha"), grid->alphas[i]);
    for (size_t i = 0; i < grid->n_l1_ratio; i++)
        if (grid->l1_ratios[i] < 0 || grid->l1_ratios[i] > 1)
            mec_fail(status, MEC_REFUSED, "%s: found %g; accepted: shares from 0 to 1",
                     mec_settings_where(settings, "grid", "l1_ratio"), grid->l1_ratios[i]);
    if (n_point > INT32_MAX) /* their positions are listed */
        mec_fail(status, MEC_REFUSED,
                 "%s: with %zu values of l1_ratio and %zu folds there are %.0f points; accepted: "
                 "at most %d",
                 mec_settings_where(settings, "grid", "alpha"), grid->n_l1_ratio, grid->n_fold,
                 n_point, INT32_MAX);
    if (!*splits->file && splits->train_frac.word < 0 && splits->train_frac.number == 0)
        mec_fail(status, MEC_REFUSED,
                 "%s: found 0, which leaves no state to train on; accepted: above 0",
                 mec_settings_where(settings, "splits", "train_frac"));
}

/* The settings of [grid] as the search takes them; and the map that they are about. */
static mec_code read_grid(grid_run *run, mec_status *status) {
    const grid_settings *g = &run->context->values->grid;
    mec_settings *settings = run->context->settings;
    run->values = *run->context->values;
    run->own = *run->context;
    run->own.values = &run->values;
    map_settings *map = &run->values.map;
    *map = (map_settings){
        .type = MAP_SKLINEAR,
        .parameters = {
            .fit_intercept = true, .alpha = 1, .tol = g->tol, .certificate = g->certificate}};
    map->parameters.regression = mec_text_index(MEC_REGRESSION_NAMES, "ElasticNet");
    run->values.fit.scores = UINT32_C(1) << MEC_SCORE_CORR;
    run->values.data.half1[0] = run->values.data.half2[0] = '\0';
    run->grid = (mec_grid){.n_fold = (size_t)g->folds,
                           .cv_score = (mec_score)g->cv_score,
                           .rule = (mec_certificate)g->certificate,
                           .tol = g->tol,
                           .fit_intercept = true};
    run->alphas = mec_range_parse(g->alpha, mec_settings_where(settings, "grid", "alpha"),
                                  &run->grid.n_alpha, status);
    run->l1_ratios = mec_range_parse(g->l1_ratio, mec_settings_where(settings, "grid", "l1_ratio"),
                                     &run->grid.n_l1_ratio, status);
    run->grid.alphas = run->alphas;
    run->grid.l1_ratios = run->l1_ratios;
    check_grid(run, status);
    return status->code;
}

static double cost(const void *grid, const mec_shape *shape) {
    return mec_grid_cost(shape, grid);
}

static double memory(const void *grid, const mec_shape *shape) {
    return mec_grid_memory(shape, grid);
}

static size_t n_part(const void *grid, double wanted) {
    return mec_grid_n_part(grid, wanted);
}

/* Everything up to the plan: the same on every rank. */
static mec_code plan_run(grid_run *run, mec_status *status) {
    const mec_world *world = run->context->world;
    if (read_grid(run, status) == MEC_OK)
        fit_check_sources(&run->own, status);
    if (mec_agree(world, status) || fit_data_open(&run->data, &run->own, status) ||
        fit_data_load(&run->data, &run->own, true, status))
        return status->code;
    int64_t parts = run->context->values->grid.parts;
    const fit_work search = {.alone = true,
                             .cost = cost,
                             .memory = memory,
                             .of = &run->grid,
                             .cutting = {.least = TASK_LEAST,
                                         .most = TASK_MOST,
                                         .n_wanted = TASKS_WANTED,
                                         .n_part = n_part,
                                         .parts = parts == MEC_AUTO ? 0 : (size_t)parts}};
    size_t n_split = fit_splits_count(&run->data, &run->values);
    if (fit_check_data(&run->own, &run->data, true, n_split, status) == MEC_OK &&
        fit_plan_create(&run->plan, &run->data, &run->values, &search, status) == MEC_OK)
        fit_check_recipes(&run->own, &run->plan, status);
    if (mec_fault_here("grid_plan"))
        mec_fail(status, MEC_FAILED, "injected: no memory for the plan");
    return mec_agree(world, status);
}

static mec_code describe(void *self, mec_layout *layout, mec_status *status) {
    grid_run *run = self;
    grid_output_describe(&run->output, &run->plan, &run->grid, run->values.grid.keep_scores, layout,
                         status);
    return grid_parts_describe(&run->parts, &run->plan, &run->grid, layout, status);
}

static mec_code prepare(void *self, mec_run_file *file, mec_status *status) {
    grid_run *run = self;
    return grid_parts_open(&run->parts, file, status);
}

static mec_code finish(void *self, const char *path, mec_run_state *state, mec_status *status) {
    grid_run *run = self;
    (void)state;
    return fit_splits_keep(&run->plan, path, status);
}

/* ---- a dry run ---- */

/* How many searches a task makes, of whole cells or of a part of one; joining takes next to no
 * time.
 */
static size_t n_search(const fit_task *task) {
    return task->part < task->n_part ? 1 : task->n_part > 0 ? 0 : task->n_cell;
}

/* The searches of one source, and what those that were tried took. */
typedef struct stratum {
    double n, n_tried, seconds;
} stratum;

static stratum *count_searches(const fit_plan *plan, mec_status *status) {
    stratum *strata = mec_alloc(plan->n_source, sizeof *strata, status);
    for (size_t i = 0; i < plan->n_task && strata; i++)
        strata[plan->groups[plan->tasks[i].group].source].n += (double)n_search(&plan->tasks[i]);
    return strata;
}

/* Search `index` of a source as a task of its own. */
static fit_task search_at(const fit_plan *plan, size_t source, size_t index) {
    size_t i = 0;
    for (;; i++) {
        size_t n =
            plan->groups[plan->tasks[i].group].source == source ? n_search(&plan->tasks[i]) : 0;
        if (index < n)
            break;
        index -= n;
    }
    fit_task one = plan->tasks[i];
    one.cells += index;
    one.n_cell = 1;
    return one;
}

/* Makes a search of every source, then another one, until it has been `long_enough`. Processor
 * time counts: the machine may be busy with other things. */
static mec_code try_searches(grid_run *run, mec_outbox *outbox, stratum *strata,
                             mec_status *status) {
    const double long_enough = 2.5;
    const double golden = 0.6180339887498949; /* steps of it visit all parts of a list early */
    const fit_plan *plan = &run->plan;
    double start = mec_clock_seconds();
    for (size_t k = 0; k < plan->n_source * plan->n_task; k++) {
        size_t round = k / plan->n_source;
        stratum *at = &strata[k % plan->n_source];
        if ((double)round >= at->n)
            continue;
        size_t index = (size_t)(at->n * fmod(0.5 + golden * (double)round, 1));
        fit_task one = search_at(plan, k % plan->n_source, index);
        clock_t before = clock();
        if (search_task(run, &one, outbox, NULL, status))
            break;
        at->n_tried++;
        at->seconds += (double)(clock() - before) / CLOCKS_PER_SEC;
        if (mec_clock_seconds() - start > long_enough)
            break;
    }
    return status->code;
}

/* Seconds that all tasks take on one core, from some searches of every source that are made here
 * and now; sources that none was tried of count by their cost. */
static double calibrate(grid_run *run, const mec_layout *layout, mec_status *status) {
    const fit_plan *plan = &run->plan;
    mec_outbox outbox = {.layout = layout};
    double seconds = 0;
    double cost[2] = {0}; /* of sources without and with a search that was tried */
    stratum *strata = count_searches(plan, status);
    if (strata)
        try_searches(run, &outbox, strata, status);
    for (size_t i = 0; i < plan->n_source && strata; i++)
        if (strata[i].n_tried > 0)
            seconds += strata[i].n * strata[i].seconds / strata[i].n_tried;
    for (size_t i = 0; i < plan->n_task && strata; i++)
        cost[strata[plan->groups[plan->tasks[i].group].source].n_tried > 0] += plan->cost[i];
    mec_outbox_release(&outbox);
    free(strata);
    return cost[1] > 0 ? seconds * (1 + cost[0] / cost[1]) : 0;
}

/* How many ranks have tasks enough to share evenly; where those of this run have not, what would
 * help: parts, as long as these are not the smallest tasks anyway. */
static void tell_ranks(const grid_run *run, char *text, size_t size) {
    const double enough = 4; /* tasks a rank */
    const fit_plan *plan = &run->plan;
    double n_rank = run->context->world->size;
    double n_cell = 0;
    double cost = 0;
    for (size_t i = 0; i < plan->n_task; i++) {
        n_cell += plan->tasks[i].part == 0 ? (double)plan->tasks[i].n_cell : 0;
        cost += plan->cost[i];
    }
    double wanted = fmin(enough * n_rank, cost / TASK_LEAST) / n_cell;
    double n_part = wanted > 1 ? (double)mec_grid_n_part(&run->grid, wanted) : 0;
    int n = snprintf(text, size, "up to %.0f have %.0f tasks or more each",
                     fmax(floor((double)plan->n_task / enough), 1), enough);
    if ((double)plan->n_task < enough * n_rank && n_part * n_cell > (double)plan->n_task)
        snprintf(text + n, size - (size_t)n, "; with [grid] parts = %.0f, up to %.0f", n_part,
                 floor(n_part * n_cell / enough));
}

/* Before working memory is taken. */
static mec_code check_memory(const grid_run *run, mec_status *status) {
    const job_context *c = run->context;
    const mec_budget budget = {.node = fit_data_bytes(&run->data),
                               .rank = fit_plan_memory(&run->plan)};
    return mec_budget_check(c->world, mec_settings_where(c->settings, "grid", "alpha"), &budget,
                            "fewer values of alpha and l1_ratio, cells or states", status);
}

static mec_code print_dry_run(grid_run *run, const batch *b, mec_status *status) {
    char of_tasks[128];
    char ranks[128];
    batch_estimate e = {.of_tasks = of_tasks,
                        .ranks = ranks,
                        .data = fit_data_bytes(&run->data),
                        .rank = fit_plan_memory(&run->plan)};
    mec_layout layout = {0};
    if (describe(run, &layout, status) == MEC_OK)
        e.seconds = calibrate(run, &layout, status);
    e.disk = mec_layout_bytes(&layout);
    mec_layout_destroy(&layout);
    snprintf(of_tasks, sizeof of_tasks, "%zu sources, %zu splits, %zu combinations, %zu folds",
             run->plan.n_source, run->plan.n_split, run->grid.n_alpha * run->grid.n_l1_ratio,
             run->grid.n_fold);
    tell_ranks(run, ranks, sizeof ranks);
    return batch_print_dry_run(run->context, b, &e, status);
}

/* ---- the job ---- */

static mec_code run_batch(grid_run *run, mec_status *status) {
    const job_context *c = run->context;
    batch b = {.self = run,
               .job = "grid",
               .n_task = run->plan.n_task,
               .cost = run->plan.cost,
               .names = run->plan.names,
               .class = run->plan.class,
               .wave = run->plan.wave,
               .unit = run->plan.unit,
               .inputs = run->data.inputs,
               .n_input = run->data.n_input,
               .describe = describe,
               .prepare = prepare,
               .compute = compute,
               .finish = finish,
               .failures = "points of the grid were not accepted by their certificate and left "
                           "out, or searches failed: n_rejected, rejected and status in the file "
                           "list them"};
    if (c->dry_run)
        return c->world->rank == 0 ? print_dry_run(run, &b, status) : MEC_OK;
    return check_memory(run, status) == MEC_OK ? batch_run(c, &b, status) : status->code;
}

static void release(grid_run *run) {
    grid_output_destroy(&run->output);
    fit_plan_destroy(&run->plan);
    fit_data_destroy(&run->data);
    mec_fit_workspace_release(&run->workspace);
    mec_scratch_release(&run->split);
    mec_scratch_release(&run->cell);
    free(run->alphas);
    free(run->l1_ratios);
}

static mec_code rehearse(const job_context *context, mec_status *status) {
    grid_run run = {.context = context};
    if (plan_run(&run, status) == MEC_OK)
        batch_check_output(context, "grid", run.data.inputs, run.data.n_input, status);
    release(&run);
    return status->code;
}

mec_code job_grid(const job_context *context, mec_status *status) {
    char sections[FIT_SECTIONS_SIZE];
    job_context own = fit_model_context(context, sections);
    grid_run run = {.context = &own};
    if (fit_model_rehearse(&own, rehearse, status) == MEC_OK && plan_run(&run, status) == MEC_OK) {
        fit_tell_skips(&run.plan);
        fit_tell_lack_of_states(&run.plan);
        run_batch(&run, status);
    }
    release(&run);
    return mec_agree(context->world, status);
}
