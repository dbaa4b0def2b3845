#include "fit/fit_tasks.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "fit/fit_splits.h"

/* Of a task's cost, the least over that of what its cells share. */
static const double SHARED_LEAST = 10;

/* Every rank holds the list of tasks, some hundred bytes each. */
static const double MOST_TASKS = 4e6;

typedef struct planning {
    fit_plan *plan;
    fit_task *uncut; /* one a split and group, or part of one that shares its parameters */
    size_t n_uncut, capacity;
    double size; /* of a task, in multiplications */
} planning;

mec_shape fit_tasks_shape(const fit_plan *plan, const fit_task *task, size_t m) {
    const fit_group *g = &plan->groups[task->group];
    return (mec_shape){plan->sources[g->source].source.n_cell, task->n_train, task->n_test, m};
}

/* Of the task with `m` cells: the map, and the scores that cost as much. */
static double cost_of(const fit_plan *plan, const fit_task *task, size_t m) {
    mec_shape shape = fit_tasks_shape(plan, task, m);
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

/* A part is that of its cell's cost, and prepares for itself; what joins them fits once more with
 * what they found. */
static double cost_of_task(const fit_plan *plan, const fit_task *task) {
    double shared = cost_of(plan, task, 0);
    double own = cost_of(plan, task, task->n_cell) - shared;
    if (task->n_part == 0)
        return shared + own;
    return shared + own / (task->part < task->n_part ? (double)task->n_part : 1e3);
}

/* "1.0/rat_a split 3", "1.0/rat_a to others split 3", "1.0/response split 3", and ", cells X and 7
 * more" where the task does not have all cells of its group; ", part 2 of 4" of a cell. */
static char *name_task(const fit_plan *plan, const fit_task *task, mec_status *status) {
    const fit_group *g = &plan->groups[task->group];
    const fit_source *s = &plan->sources[g->source];
    const mec_catalogue *c = plan->catalogue;
    const mec_animal *first = &c->animals[task->cells[0].animal];
    char cells[512] = "";
    char part[64] = "";
    char name[MEC_TEXT_SIZE];
    if (task->n_cell < g->n_cell || plan->alone)
        snprintf(cells, sizeof cells, ", %s%s and %zu more", task->n_cell > 1 ? "cells " : "cell ",
                 mec_catalogue_cell_id(c, first, task->cells[0].cell), task->n_cell - 1);
    if (task->n_cell == 1 && *cells)
        *strstr(cells, " and 0 more") = '\0';
    if (task->n_part > 0)
        snprintf(part, sizeof part, task->part < task->n_part ? ", part %zu of %zu" : ", joined",
                 task->part + 1, task->n_part);
    snprintf(
        name, sizeof name, "%s/%s%s split %zu%s%s", mec_catalogue_text(c, c->arenas[s->arena].name),
        s->animal == FIT_NO_ANIMAL ? "response" : mec_catalogue_text(c, c->animals[s->animal].name),
        plan->pairwise ? " to others" : "", task->split, cells, part);
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
    mec_shape shape = fit_tasks_shape(plan, &task, task.n_cell);
    fit_source *s = &plan->sources[plan->groups[task.group].source];
    s->wants_kernel |= fit_plan_map(plan, &task)
                           ->wants_kernel(&fit_plan_map_settings(plan, &task)->parameters, &shape);
    task.cost = cost_of_task(plan, &task);
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

/* How large a task of these cells may be. What all cells share is done again in every task: that
 * must remain a small part where tasks are made smaller than they need be. */
static double size_of_tasks(const planning *p, const fit_task *all) {
    const fit_cutting *cutting = &p->plan->work.cutting;
    double least = SHARED_LEAST * cost_of(p->plan, all, 0);
    return p->size < cutting->most ? fmin(fmax(p->size, least), cutting->most) : p->size;
}

/* How many cells a task has at most: as many as the limit allows, whole blocks as long as those do.
 * What all cells share does not count for smaller ones. */
static size_t cells_of_task(const planning *p, const fit_task *all) {
    const fit_plan *plan = p->plan;
    double most = size_of_tasks(p, all);
    size_t step = all->n_cell;
    while (step > MEC_FIT_BLOCK && cost_of(plan, all, step) > most)
        step = (step / 2 + MEC_FIT_BLOCK - 1) / MEC_FIT_BLOCK * MEC_FIT_BLOCK;
    double shared = cost_of(plan, all, 0);
    while (step > 1 && cost_of(plan, all, step) - shared > most)
        step /= 2;
    return step;
}

/* Into how many parts the work of each of these cells is cut; 0: it is not. */
static size_t parts_of_cell(const fit_plan *plan, const fit_task *all) {
    const fit_cutting *cutting = &plan->work.cutting;
    double own = cost_of(plan, all, 1) - cost_of(plan, all, 0);
    double wanted = cutting->parts > 0 ? (double)cutting->parts : own / cutting->most;
    return cutting->n_part && wanted > 1 ? cutting->n_part(plan->work.of, wanted) : 0;
}

/* The parts of one cell, and the task that joins them. */
static mec_code add_parts(fit_plan *plan, fit_task task, size_t n_part, mec_status *status) {
    task.n_cell = 1;
    task.n_part = n_part;
    task.cut = plan->n_cut++;
    plan->most_part = n_part > plan->most_part ? n_part : plan->most_part;
    for (task.part = 0; task.part <= n_part && status->code == MEC_OK; task.part++)
        add_task(plan, task, status);
    return status->code;
}

/* Cuts a task into as few as its size allows. */
static mec_code cut_task(const planning *p, const fit_task *all, mec_status *status) {
    size_t n_part = parts_of_cell(p->plan, all);
    size_t step = n_part > 0 ? 1 : cells_of_task(p, all);
    for (size_t first = 0; first < all->n_cell && status->code == MEC_OK;) {
        size_t end = end_of_task(p->plan, all, first, step);
        fit_task task = *all;
        task.cells = all->cells + first;
        task.n_cell = end - first;
        if (n_part > 0)
            add_parts(p->plan, task, n_part, status);
        else
            add_task(p->plan, task, status);
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

static mec_code add_uncut(planning *p, const fit_task *task, mec_status *status) {
    fit_task *uncut = mec_grow(p->uncut, p->n_uncut, &p->capacity, sizeof *uncut, status);
    if (!uncut)
        return status->code;
    p->uncut = uncut;
    uncut[p->n_uncut++] = *task;
    return MEC_OK;
}

/* What there is to do of one split of a group: one task for all cells that share their parameters.
 */
static mec_code list_split(planning *p, size_t group, size_t split, parcel *parcels,
                           uint32_t *order, mec_status *status) {
    fit_plan *plan = p->plan;
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
        add_uncut(p, &all, status);
        first = end;
    }
    return status->code;
}

static mec_code list_uncut(planning *p, mec_status *status) {
    fit_plan *plan = p->plan;
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
            list_split(p, g, split, parcels, order, status);
    free(parcels);
    free(order);
    return status->code;
}

/* As large as allowed, or smaller for as many as are wanted. */
static double choose_size(const planning *p) {
    const fit_cutting *cutting = &p->plan->work.cutting;
    double cost = 0;
    if (cutting->most == 0)
        return FIT_TASK_MOST;
    for (size_t i = 0; i < p->n_uncut; i++)
        cost += cost_of(p->plan, &p->uncut[i], p->uncut[i].n_cell);
    return fmin(fmax(cost / cutting->n_wanted, cutting->least), cutting->most);
}

/* Tasks alike: one source, and the same part of a cell's work. */
static uint32_t class_of(const fit_plan *plan, const fit_task *task) {
    size_t kind = task->n_part == 0           ? 0
                  : task->part < task->n_part ? task->part + 1
                                              : plan->most_part + 1;
    return (uint32_t)(plan->groups[task->group].source * (plan->most_part + 2) + kind);
}

/* What the farm and the run file need to know of the tasks. */
static mec_code describe_tasks(fit_plan *plan, mec_status *status) {
    plan->cost = mec_alloc(plan->n_task, sizeof *plan->cost, status);
    plan->names = mec_alloc(plan->n_task, sizeof *plan->names, status);
    plan->class = mec_alloc(plan->n_task, sizeof *plan->class, status);
    plan->wave = mec_alloc(plan->n_task, sizeof *plan->wave, status);
    plan->unit = mec_alloc(plan->n_task, sizeof *plan->unit, status);
    for (size_t i = 0; i < plan->n_task && status->code == MEC_OK; i++) {
        const fit_task *task = &plan->tasks[i];
        plan->cost[i] = task->cost;
        plan->names[i] = task->name;
        plan->class[i] = class_of(plan, task);
        plan->wave[i] = task->n_part > 0 && task->part == task->n_part;
        plan->unit[i] = i - task->part; /* the parts of a cell follow one another */
    }
    return status->code;
}

mec_code fit_tasks_plan(fit_plan *plan, mec_status *status) {
    planning p = {.plan = plan};
    list_uncut(&p, status);
    p.size = choose_size(&p);
    for (size_t i = 0; i < p.n_uncut && status->code == MEC_OK; i++)
        cut_task(&p, &p.uncut[i], status);
    if (status->code == MEC_OK)
        describe_tasks(plan, status);
    free(p.uncut);
    return status->code;
}
