#include "fit/fit_plan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "fit/fit_splits.h"

/* Every rank holds the list of tasks, some hundred bytes each. */
static const double MOST_TASKS = 4e6;

bool fit_plan_compares(const fit_plan *plan, size_t arena) {
    return plan->data->has_response || plan->catalogue->arenas[arena].n_animal > 1;
}

size_t fit_plan_n_source_of(const fit_plan *plan, const mec_arena *arena) {
    return plan->pairwise ? arena->n_animal - 1 : 1;
}

size_t fit_plan_source_index(const fit_plan *plan, const fit_source *source, size_t target) {
    if (!plan->pairwise)
        return 0;
    size_t first = plan->catalogue->arenas[source->arena].first_animal;
    return source->animal - first - (source->animal > target ? 1 : 0);
}

const map_settings *fit_plan_map_settings(const fit_plan *plan, const fit_task *task) {
    return &plan->data->parameters.recipes[task->recipe].map;
}

const mec_map *fit_plan_map(const fit_plan *plan, const fit_task *task) {
    return map_settings_map(fit_plan_map_settings(plan, task));
}

/* ---- sources ---- */

static mec_code make_populations(fit_plan *plan, mec_status *status) {
    const mec_catalogue *c = plan->catalogue;
    const fit_data *data = plan->data;
    plan->populations = mec_alloc(c->n_animal, sizeof *plan->populations, status);
    plan->responses = mec_alloc(c->n_arena, sizeof *plan->responses, status);
    plan->bins = mec_alloc(c->n_arena, sizeof *plan->bins, status);
    for (size_t a = 0; a < c->n_arena && status->code == MEC_OK; a++) {
        size_t n_state = c->arenas[a].n_state;
        for (size_t i = 0; i < c->arenas[a].n_animal; i++) {
            size_t animal = c->arenas[a].first_animal + i;
            plan->populations[animal] =
                (mec_population){.resp = mec_dataset_resp(&data->dataset, &c->animals[animal]),
                                 .n_state = n_state,
                                 .n_cell = c->animals[animal].n_cell};
        }
        if (data->has_response)
            plan->responses[a] = (mec_population){.resp = data->response.values.data +
                                                          data->response.arenas[a].offset,
                                                  .n_state = n_state,
                                                  .n_cell = data->response.arenas[a].n_unit};
    }
    return status->code;
}

static void add_part(fit_source *s, const mec_population *population) {
    s->parts[s->source.n_part++] = population;
    s->source.n_cell += population->n_cell;
    mec_population_mark_finite(population, s->finite);
}

/* The source that belongs to animal `own` of an arena, it alone or all but it; or the responses. */
static mec_code add_source(fit_plan *plan, size_t arena, size_t own, mec_status *status) {
    const mec_arena *a = &plan->catalogue->arenas[arena];
    fit_source *s = &plan->sources[plan->n_source++];
    *s = (fit_source){.arena = arena, .animal = own};
    s->parts = mec_alloc(a->n_animal, sizeof(const mec_population *), status);
    s->finite = mec_alloc(a->n_state, 1, status);
    if (!s->parts || !s->finite)
        return status->code;
    s->source.parts = s->parts;
    memset(s->finite, 1, a->n_state);
    if (own == FIT_NO_ANIMAL)
        add_part(s, &plan->responses[arena]);
    for (size_t i = 0; i < a->n_animal && own != FIT_NO_ANIMAL; i++)
        if ((a->first_animal + i == own) == plan->pairwise)
            add_part(s, &plan->populations[a->first_animal + i]);
    return MEC_OK;
}

/* ---- groups ---- */

static fit_group *add_group(fit_plan *plan, size_t source, const uint8_t *finite, size_t n_state,
                            mec_status *status) {
    fit_group *groups =
        mec_grow(plan->groups, plan->n_group, &plan->group_capacity, sizeof *groups, status);
    if (!groups)
        return NULL;
    plan->groups = groups;
    fit_group *g = &groups[plan->n_group++];
    *g = (fit_group){.source = source};
    g->states = mec_alloc(n_state, sizeof *g->states, status);
    for (size_t i = 0; i < n_state && g->states; i++)
        if (finite[i])
            g->states[g->n_state++] = (uint32_t)i;
    return g->states ? g : NULL;
}

/* Whether the group keeps exactly the states marked finite. */
static bool keeps(const fit_group *g, const uint8_t *finite, size_t n_state) {
    size_t n = 0;
    for (size_t i = 0; i < n_state; i++)
        n += finite[i];
    if (n != g->n_state)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!finite[g->states[i]])
            return false;
    return true;
}

/* Whether `cell` may share its splits with the cells of the group: stored ones can be an animal's
 * or a cell's own. */
static bool shares_splits(const fit_plan *plan, const fit_group *g, fit_cell cell) {
    if (!plan->data->has_splits)
        return true;
    bool same_animal = g->cells[0].animal == cell.animal;
    return same_animal && (!plan->alone || g->cells[0].cell == cell.cell);
}

static mec_code add_cell(fit_group *g, fit_cell cell, mec_status *status) {
    fit_cell *cells = mec_grow(g->cells, g->n_cell, &g->capacity, sizeof *cells, status);
    if (!cells)
        return status->code;
    g->cells = cells;
    cells[g->n_cell++] = cell;
    return MEC_OK;
}

/* The group for a cell of `source` with these finite states: an old one, or a new one. */
static fit_group *find_group(fit_plan *plan, size_t source, fit_cell cell, const uint8_t *finite,
                             size_t n_state, mec_status *status) {
    for (size_t i = plan->n_group; i-- > 0 && plan->groups[i].source == source;)
        if (shares_splits(plan, &plan->groups[i], cell) && keeps(&plan->groups[i], finite, n_state))
            return &plan->groups[i];
    return add_group(plan, source, finite, n_state, status);
}

/* Clears the states in which one cell is not finite. */
static void mark_finite_cell(const mec_population *p, size_t cell, uint8_t *finite) {
    for (size_t i = 0; i < p->n_state; i++)
        finite[i] &= isfinite(p->resp[i * p->n_cell + cell]) != 0;
}

/* Puts the cells of `target` into groups of `source`. `finite` is room for (n_state). */
static mec_code group_target(fit_plan *plan, size_t source, size_t target, uint8_t *finite,
                             mec_status *status) {
    const mec_population *p = &plan->populations[target];
    memcpy(finite, plan->sources[source].finite, p->n_state);
    if (!plan->alone)
        mec_population_mark_finite(p, finite);
    fit_group *g = NULL;
    for (size_t j = 0; j < p->n_cell && status->code == MEC_OK; j++) {
        fit_cell cell = {(uint32_t)target, (uint32_t)j};
        if (plan->alone) {
            memcpy(finite, plan->sources[source].finite, p->n_state);
            mark_finite_cell(p, j, finite);
        }
        if (plan->alone || !g)
            g = find_group(plan, source, cell, finite, p->n_state, status);
        if (g)
            add_cell(g, cell, status);
    }
    return status->code;
}

static bool is_target(const fit_plan *plan, const fit_source *s, size_t animal) {
    return s->animal == FIT_NO_ANIMAL || (s->animal != animal) == plan->pairwise;
}

static mec_code group_targets(fit_plan *plan, size_t source, mec_status *status) {
    const fit_source *s = &plan->sources[source];
    const mec_arena *arena = &plan->catalogue->arenas[s->arena];
    uint8_t *finite = mec_alloc(arena->n_state, 1, status);
    for (size_t i = 0; i < arena->n_animal && status->code == MEC_OK; i++)
        if (is_target(plan, s, arena->first_animal + i))
            group_target(plan, source, arena->first_animal + i, finite, status);
    free(finite);
    return status->code;
}

static mec_code plan_arena(fit_plan *plan, size_t a, mec_status *status) {
    const mec_arena *arena = &plan->catalogue->arenas[a];
    bool response = plan->data->has_response;
    if (!fit_plan_compares(plan, a)) {
        plan->skips[plan->n_skip++] = (fit_skip){a, "one animal only"};
        return MEC_OK;
    }
    size_t n = response ? 1 : arena->n_animal;
    for (size_t i = 0; i < n && status->code == MEC_OK; i++) {
        size_t own = response ? FIT_NO_ANIMAL : arena->first_animal + i;
        if (add_source(plan, a, own, status) == MEC_OK)
            group_targets(plan, plan->n_source - 1, status);
    }
    return status->code;
}

static mec_code plan_arenas(fit_plan *plan, mec_status *status) {
    const mec_catalogue *c = plan->catalogue;
    plan->sources = mec_alloc(c->n_animal, sizeof *plan->sources, status);
    plan->skips = mec_alloc(c->n_arena, sizeof *plan->skips, status);
    for (size_t a = 0; a < c->n_arena && status->code == MEC_OK; a++)
        plan_arena(plan, a, status);
    if (status->code == MEC_OK && plan->n_source == 0)
        mec_fail(status, MEC_REFUSED,
                 "%s: no arena has two animals; accepted: at least two to compare", c->input.path);
    return status->code;
}

/* ---- tasks ---- */

static mec_shape shape_of(const fit_plan *plan, const fit_task *task, size_t m) {
    const fit_group *g = &plan->groups[task->group];
    return (mec_shape){plan->sources[g->source].source.n_cell, task->n_train, task->n_test, m};
}

/* Of the task with `m` cells: the map, and the scores that cost as much. */
static double cost_of(const fit_plan *plan, const fit_task *task, size_t m) {
    mec_shape shape = shape_of(plan, task, m);
    if (plan->work.cost)
        return plan->work.cost(plan->work.of, &shape);
    uint32_t scores = plan->settings->fit.scores;
    double n_test = (double)task->n_test;
    double cost =
        fit_plan_map(plan, task)->cost(&fit_plan_map_settings(plan, task)->parameters, &shape);
    if (scores >> MEC_SCORE_NEG_EMD & 1) /* measured: 0.8 ms for 320 states, 20 ms for 1,500 */
        cost += 250 * n_test * n_test * (double)m;
    if (scores >> MEC_SCORE_RSA & 1)
        cost += n_test * n_test * (double)m;
    return cost;
}

/* "1.0/rat_a split 3", "1.0/rat_a to others split 3", "1.0/response split 3", and ", cells X and 7
 * more" where the task does not have all cells of its group. */
static char *name_task(const fit_plan *plan, const fit_task *task, mec_status *status) {
    const fit_group *g = &plan->groups[task->group];
    const fit_source *s = &plan->sources[g->source];
    const mec_catalogue *c = plan->catalogue;
    const mec_animal *first = &c->animals[task->cells[0].animal];
    char cells[512] = "";
    char name[MEC_TEXT_SIZE];
    if (task->n_cell < g->n_cell || plan->alone)
        snprintf(cells, sizeof cells, ", %s%s and %zu more", task->n_cell > 1 ? "cells " : "cell ",
                 mec_catalogue_cell_id(c, first, task->cells[0].cell), task->n_cell - 1);
    if (task->n_cell == 1 && *cells)
        *strstr(cells, " and 0 more") = '\0';
    snprintf(
        name, sizeof name, "%s/%s%s split %zu%s", mec_catalogue_text(c, c->arenas[s->arena].name),
        s->animal == FIT_NO_ANIMAL ? "response" : mec_catalogue_text(c, c->animals[s->animal].name),
        plan->pairwise ? " to others" : "", task->split, cells);
    return mec_copy_text(name, status);
}

static mec_code add_task(fit_plan *plan, fit_task task, mec_status *status) {
    if ((double)plan->n_task >= MOST_TASKS)
        return mec_fail(status, MEC_REFUSED,
                        "[splits] num_splits = %zu for %zu fits a split or more makes too many "
                        "tasks; accepted: at most %.0f",
                        plan->n_split, plan->n_group, MOST_TASKS);
    fit_task *tasks =
        mec_grow(plan->tasks, plan->n_task, &plan->task_capacity, sizeof *tasks, status);
    if (!tasks)
        return status->code;
    plan->tasks = tasks;
    mec_shape shape = shape_of(plan, &task, task.n_cell);
    fit_source *s = &plan->sources[plan->groups[task.group].source];
    s->wants_kernel |= fit_plan_map(plan, &task)
                           ->wants_kernel(&fit_plan_map_settings(plan, &task)->parameters, &shape);
    task.cost = cost_of(plan, &task, task.n_cell);
    task.name = name_task(plan, &task, status);
    tasks[plan->n_task++] = task;
    return status->code;
}

/* Where a task that begins at cell `first` ends if it is to have about `step` cells: fits that are
 * joint, and rsa, need all cells of an animal in one. */
static size_t end_of_task(const fit_plan *plan, const fit_task *all, size_t first, size_t step) {
    const mec_map *map = fit_plan_map(plan, all);
    bool joint = map->is_joint && map->is_joint(&fit_plan_map_settings(plan, all)->parameters);
    bool together = (joint && !plan->alone) || plan->settings->fit.scores >> MEC_SCORE_RSA & 1;
    size_t end = first + step < all->n_cell ? first + step : all->n_cell;
    while (together && end < all->n_cell && all->cells[end].animal == all->cells[end - 1].animal)
        end++;
    return end;
}

/* How many cells a task has at most: as many as the limit allows, whole blocks as long as those do.
 * What all cells share is done again in every task, so that it does not count for smaller ones. */
static size_t cells_of_task(const fit_plan *plan, const fit_task *all) {
    double most = plan->work.most > 0 ? plan->work.most : FIT_TASK_MOST;
    size_t step = all->n_cell;
    while (step > MEC_FIT_BLOCK && cost_of(plan, all, step) > most)
        step = (step / 2 + MEC_FIT_BLOCK - 1) / MEC_FIT_BLOCK * MEC_FIT_BLOCK;
    double shared = cost_of(plan, all, 0);
    while (step > 1 && cost_of(plan, all, step) - shared > most)
        step /= 2;
    return step;
}

/* Cuts a task into as few as the limit allows. */
static mec_code cut_task(fit_plan *plan, const fit_task *all, mec_status *status) {
    size_t step = cells_of_task(plan, all);
    for (size_t first = 0; first < all->n_cell && status->code == MEC_OK;) {
        size_t end = end_of_task(plan, all, first, step);
        fit_task task = *all;
        task.cells = all->cells + first;
        task.n_cell = end - first;
        add_task(plan, task, status);
        first = end;
    }
    return status->code;
}

/* A cell and its parameters, while they are put in order. */
typedef struct parcel {
    size_t recipe, index;
    fit_cell cell;
} parcel;

static int by_recipe(const void *left, const void *right) {
    const parcel *a = left;
    const parcel *b = right;
    if (a->recipe != b->recipe)
        return a->recipe < b->recipe ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

/* The cells of a group in the order of their parameters for `split`: `parcels` (n_cell). */
static mec_code find_recipes(fit_plan *plan, const fit_group *g, size_t split, parcel *parcels,
                             mec_status *status) {
    const mec_catalogue *c = plan->catalogue;
    const fit_source *s = &plan->sources[g->source];
    const char *arena = mec_catalogue_text(c, c->arenas[s->arena].name);
    const char *source = plan->pairwise ? mec_catalogue_text(c, c->animals[s->animal].name) : NULL;
    for (size_t i = 0; i < g->n_cell && status->code == MEC_OK; i++) {
        const char *id =
            mec_catalogue_cell_id(c, &c->animals[g->cells[i].animal], g->cells[i].cell);
        parcels[i] = (parcel){
            .recipe = per_cell_recipe(&plan->data->parameters, arena, source, id, split, status),
            .index = i,
            .cell = g->cells[i]};
    }
    qsort(parcels, g->n_cell, sizeof *parcels, by_recipe);
    return status->code;
}

static fit_cell *add_list(fit_plan *plan, const parcel *parcels, size_t n, mec_status *status) {
    fit_cell **lists =
        mec_grow(plan->lists, plan->n_list, &plan->list_capacity, sizeof(fit_cell *), status);
    fit_cell *list = lists ? mec_alloc(n, sizeof *list, status) : NULL;
    if (lists)
        plan->lists = lists;
    if (!list)
        return NULL;
    for (size_t i = 0; i < n; i++)
        list[i] = parcels[i].cell;
    return plan->lists[plan->n_list++] = list;
}

/* The tasks of one split of a group: one for all cells that share their parameters. */
static mec_code add_tasks(fit_plan *plan, size_t group, size_t split, parcel *parcels,
                          uint32_t *order, mec_status *status) {
    const fit_group *g = &plan->groups[group];
    if (find_recipes(plan, g, split, parcels, status))
        return status->code;
    bool alike = parcels[0].recipe == parcels[g->n_cell - 1].recipe;
    const fit_cell *cells = alike ? g->cells : add_list(plan, parcels, g->n_cell, status);
    for (size_t first = 0; first < g->n_cell && status->code == MEC_OK;) {
        size_t end = first + 1;
        while (end < g->n_cell && parcels[end].recipe == parcels[first].recipe)
            end++;
        fit_task all = {.group = group,
                        .split = split,
                        .recipe = parcels[first].recipe,
                        .cells = cells + first,
                        .n_cell = end - first};
        double train_frac = plan->data->parameters.recipes[all.recipe].train_frac;
        fit_splits_draw(plan, g, split, train_frac, order, &all.n_train, &all.n_test);
        cut_task(plan, &all, status);
        first = end;
    }
    return status->code;
}

static mec_code plan_tasks(fit_plan *plan, mec_status *status) {
    size_t most_cells = 0;
    size_t most_states = 0;
    for (size_t i = 0; i < plan->n_group; i++) {
        const fit_group *g = &plan->groups[i];
        most_cells = g->n_cell > most_cells ? g->n_cell : most_cells;
        most_states = g->n_state > most_states ? g->n_state : most_states;
    }
    parcel *parcels = mec_alloc(most_cells, sizeof *parcels, status);
    uint32_t *order = mec_alloc(most_states, sizeof *order, status);
    if ((double)plan->n_group * (double)plan->n_split > MOST_TASKS)
        mec_fail(status, MEC_REFUSED,
                 "[splits] num_splits = %zu for %zu fits a split makes %.0f tasks; accepted: at "
                 "most %.0f",
                 plan->n_split, plan->n_group, (double)plan->n_group * (double)plan->n_split,
                 MOST_TASKS);
    for (size_t g = 0; g < plan->n_group && status->code == MEC_OK; g++)
        for (size_t split = 0; split < plan->n_split && status->code == MEC_OK; split++)
            add_tasks(plan, g, split, parcels, order, status);
    free(parcels);
    free(order);
    return status->code;
}

static mec_code list_costs_and_names(fit_plan *plan, mec_status *status) {
    plan->cost = mec_alloc(plan->n_task, sizeof *plan->cost, status);
    plan->names = mec_alloc(plan->n_task, sizeof *plan->names, status);
    for (size_t i = 0; i < plan->n_task && status->code == MEC_OK; i++) {
        plan->cost[i] = plan->tasks[i].cost;
        plan->names[i] = plan->tasks[i].name;
    }
    return status->code;
}

mec_code fit_plan_create(fit_plan *plan, fit_data *data, const job_settings *settings,
                         const fit_work *work, mec_status *status) {
    *plan = (fit_plan){.data = data,
                       .catalogue = &data->dataset.catalogue,
                       .settings = settings,
                       .pairwise = settings->source.kind == SOURCE_ANIMALS &&
                                   settings->source.mode == MODE_PAIRWISE,
                       .alone = work->alone,
                       .work = *work,
                       .n_split = fit_splits_count(data, settings)};
    if (make_populations(plan, status) == MEC_OK &&
        fit_splits_find_bins(data, settings, plan->bins, status) == MEC_OK &&
        plan_arenas(plan, status) == MEC_OK && plan_tasks(plan, status) == MEC_OK)
        list_costs_and_names(plan, status);
    return status->code;
}

void fit_plan_destroy(fit_plan *plan) {
    for (size_t i = 0; i < plan->n_source; i++) {
        free(plan->sources[i].parts);
        free(plan->sources[i].finite);
    }
    for (size_t i = 0; i < plan->n_group; i++) {
        free(plan->groups[i].cells);
        free(plan->groups[i].states);
    }
    for (size_t i = 0; i < plan->n_task; i++)
        free(plan->tasks[i].name);
    for (size_t i = 0; i < plan->n_list; i++)
        free(plan->lists[i]);
    free(plan->bins);
    free(plan->populations);
    free(plan->responses);
    free(plan->sources);
    free(plan->groups);
    free(plan->tasks);
    free(plan->lists);
    free(plan->cost);
    free(plan->names);
    free(plan->skips);
    *plan = (fit_plan){0};
}

/* The most cells of one animal in the task. */
static size_t largest_target(const fit_task *task) {
    size_t most = 0;
    for (size_t first = 0; first < task->n_cell;) {
        size_t end = first + 1;
        while (end < task->n_cell && task->cells[end].animal == task->cells[first].animal)
            end++;
        most = end - first > most ? end - first : most;
        first = end;
    }
    return most;
}

double fit_plan_memory(const fit_plan *plan) {
    double most = 0;
    for (size_t i = 0; i < plan->n_task; i++) {
        const fit_task *task = &plan->tasks[i];
        mec_shape shape = shape_of(plan, task, largest_target(task));
        double bytes =
            mec_fit_memory(fit_plan_map(plan, task), &fit_plan_map_settings(plan, task)->parameters,
                           &shape, plan->settings->fit.scores);
        if (plan->work.memory)
            bytes += plan->work.memory(plan->work.of, &shape);
        most = bytes > most ? bytes : most;
    }
    return most;
}
