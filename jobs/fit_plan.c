#include "fit_plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "maps/splits.h"

/* The most multiplications in a task: some seconds on one core, so that a flush or a stop waits for
 * no longer. A constant, because the cut decides the last bits. */
static const double TASK_LIMIT = 1e11;
/* Every rank holds the list of tasks, some hundred bytes each. */
static const double MOST_TASKS = 4e6;

size_t fit_plan_n_source_of(const fit_plan *plan, const mec_arena *arena) {
    return plan->settings->source.mode == MODE_PAIRWISE ? arena->n_animal - 1 : 1;
}

size_t fit_plan_source_index(const mec_arena *arena, size_t source, size_t target) {
    return source - arena->first_animal - (source > target ? 1 : 0);
}

static mec_code make_populations(fit_plan *plan, mec_status *status) {
    const mec_catalogue *c = plan->catalogue;
    plan->populations = mec_alloc(c->n_animal, sizeof *plan->populations, status);
    plan->finite = mec_alloc(c->n_animal, sizeof *plan->finite, status);
    for (size_t a = 0; a < c->n_arena && status->code == MEC_OK; a++)
        for (size_t i = 0; i < c->arenas[a].n_animal && status->code == MEC_OK; i++) {
            size_t animal = c->arenas[a].first_animal + i;
            size_t n_state = c->arenas[a].n_state;
            plan->populations[animal] =
                (mec_population){.resp = mec_dataset_resp(plan->dataset, &c->animals[animal]),
                                 .n_state = n_state,
                                 .n_cell = c->animals[animal].n_cell};
            plan->finite[animal] = mec_alloc(n_state, 1, status);
            if (!plan->finite[animal])
                break;
            memset(plan->finite[animal], 1, n_state);
            mec_population_mark_finite(&plan->populations[animal], plan->finite[animal]);
        }
    return status->code;
}

/* Clears the states that are not finite in `animal`. */
static void keep_finite_in(const fit_plan *plan, size_t animal, uint8_t *finite, size_t n_state) {
    for (size_t i = 0; i < n_state; i++)
        finite[i] &= plan->finite[animal][i];
}

/* The source that belongs to animal `own` of an arena: it alone, or all but it. */
static mec_code add_source(fit_plan *plan, size_t arena, size_t own, mec_status *status) {
    const mec_arena *a = &plan->catalogue->arenas[arena];
    bool pairwise = plan->settings->source.mode == MODE_PAIRWISE;
    fit_source *s = &plan->sources[plan->n_source++];
    *s = (fit_source){.arena = arena, .animal = own};
    s->parts = mec_alloc(a->n_animal, sizeof(const mec_population *), status);
    if (!s->parts)
        return status->code;
    for (size_t animal = a->first_animal; animal < a->first_animal + a->n_animal; animal++) {
        if ((animal == own) != pairwise)
            continue;
        s->parts[s->source.n_part++] = &plan->populations[animal];
        s->source.n_cell += plan->populations[animal].n_cell;
    }
    s->source.parts = s->parts;
    return MEC_OK;
}

static fit_group *add_group(fit_plan *plan, size_t source, const uint8_t *finite, size_t n_state,
                            size_t most_targets, mec_status *status) {
    fit_group *groups =
        mec_grow(plan->groups, plan->n_group, &plan->group_capacity, sizeof *groups, status);
    if (!groups)
        return NULL;
    plan->groups = groups;
    fit_group *g = &groups[plan->n_group++];
    *g = (fit_group){.source = source};
    g->targets = mec_alloc(most_targets, sizeof *g->targets, status);
    g->states = mec_alloc(n_state, sizeof *g->states, status);
    for (size_t i = 0; i < n_state && g->states; i++)
        if (finite[i])
            g->states[g->n_state++] = (uint32_t)i;
    g->n_train = mec_split_n_train(g->n_state, plan->settings->splits.train_frac);
    return g;
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

/* Puts `target` into a group of `source`; `finite` marks the states finite in the source. */
static mec_code add_target(fit_plan *plan, size_t source, size_t target, const uint8_t *finite,
                           uint8_t *both, mec_status *status) {
    const mec_arena *arena = &plan->catalogue->arenas[plan->sources[source].arena];
    memcpy(both, finite, arena->n_state);
    keep_finite_in(plan, target, both, arena->n_state);
    fit_group *g = NULL;
    for (size_t i = plan->n_group; i-- > 0 && !g && plan->groups[i].source == source;)
        if (keeps(&plan->groups[i], both, arena->n_state))
            g = &plan->groups[i];
    if (!g)
        g = add_group(plan, source, both, arena->n_state, arena->n_animal, status);
    if (g && g->targets)
        g->targets[g->n_target++] = target;
    return status->code;
}

/* The targets of one source: the animal it leaves out, or all that it is not. */
static mec_code group_targets(fit_plan *plan, size_t source, mec_status *status) {
    const fit_source *s = &plan->sources[source];
    const mec_arena *arena = &plan->catalogue->arenas[s->arena];
    bool pairwise = plan->settings->source.mode == MODE_PAIRWISE;
    uint8_t *finite = mec_alloc(arena->n_state, 1, status);
    uint8_t *both = mec_alloc(arena->n_state, 1, status);
    if (finite && both) {
        memset(finite, 1, arena->n_state);
        for (size_t k = 0; k < s->source.n_part; k++)
            keep_finite_in(plan, (size_t)(s->parts[k] - plan->populations), finite, arena->n_state);
        for (size_t i = 0; i < arena->n_animal; i++) {
            size_t target = arena->first_animal + i;
            if ((target != s->animal) == pairwise)
                add_target(plan, source, target, finite, both, status);
        }
    }
    free(finite);
    free(both);
    return status->code;
}

static size_t group_n_cell(const fit_plan *plan, const fit_group *g) {
    size_t n_cell = 0;
    for (size_t t = 0; t < g->n_target; t++)
        n_cell += plan->populations[g->targets[t]].n_cell;
    return n_cell;
}

static double task_cost(const fit_plan *plan, const fit_group *g, size_t n_cell) {
    return plan->map->cost(plan->sources[g->source].source.n_cell, g->n_train,
                           g->n_state - g->n_train, n_cell);
}

/* "1.0/rat_a split 3", "1.0/rat_a to others split 3, cells 512-1023" */
static char *name_task(const fit_plan *plan, const fit_task *task, size_t n_cell,
                       mec_status *status) {
    const fit_group *g = &plan->groups[task->group];
    const fit_source *s = &plan->sources[g->source];
    const mec_catalogue *c = plan->catalogue;
    bool pairwise = plan->settings->source.mode == MODE_PAIRWISE;
    char cells[64] = "";
    char name[MEC_TEXT_SIZE];
    if (task->first_cell > 0 || task->last_cell < n_cell)
        snprintf(cells, sizeof cells, ", cells %zu-%zu", task->first_cell, task->last_cell - 1);
    snprintf(name, sizeof name, "%s/%s%s split %zu%s",
             mec_catalogue_text(c, c->arenas[s->arena].name),
             mec_catalogue_text(c, c->animals[s->animal].name), pairwise ? " to others" : "",
             task->split, cells);
    return mec_copy_text(name, status);
}

static mec_code add_task(fit_plan *plan, fit_task task, size_t n_cell, mec_status *status) {
    fit_task *tasks =
        mec_grow(plan->tasks, plan->n_task, &plan->task_capacity, sizeof *tasks, status);
    if (!tasks)
        return status->code;
    plan->tasks = tasks;
    task.cost = task_cost(plan, &plan->groups[task.group], task.last_cell - task.first_cell);
    task.name = name_task(plan, &task, n_cell, status);
    tasks[plan->n_task++] = task;
    return status->code;
}

/* Cuts every split of a group into as few tasks as the limit allows. */
static mec_code add_tasks(fit_plan *plan, size_t group, mec_status *status) {
    size_t n_cell = group_n_cell(plan, &plan->groups[group]);
    size_t step = n_cell;
    while (step > MEC_FIT_BLOCK && task_cost(plan, &plan->groups[group], step) > TASK_LIMIT)
        step = (step / 2 + MEC_FIT_BLOCK - 1) / MEC_FIT_BLOCK * MEC_FIT_BLOCK;
    for (size_t split = 0; split < plan->n_split; split++)
        for (size_t first = 0; first < n_cell; first += step) {
            size_t last = first + step < n_cell ? first + step : n_cell;
            fit_task task = {
                .group = group, .split = split, .first_cell = first, .last_cell = last};
            if (add_task(plan, task, n_cell, status))
                return status->code;
        }
    return MEC_OK;
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

static mec_code plan_arenas(fit_plan *plan, mec_status *status) {
    const mec_catalogue *c = plan->catalogue;
    plan->sources = mec_alloc(c->n_animal, sizeof *plan->sources, status);
    plan->skips = mec_alloc(c->n_arena, sizeof *plan->skips, status);
    for (size_t a = 0; a < c->n_arena && status->code == MEC_OK; a++) {
        const mec_arena *arena = &c->arenas[a];
        if (arena->n_animal < 2) {
            plan->skips[plan->n_skip++] = (fit_skip){a, "one animal only"};
            continue;
        }
        for (size_t i = 0; i < arena->n_animal && status->code == MEC_OK; i++)
            if (add_source(plan, a, arena->first_animal + i, status) == MEC_OK)
                group_targets(plan, plan->n_source - 1, status);
    }
    if (status->code == MEC_OK && plan->n_source == 0)
        mec_fail(status, MEC_REFUSED,
                 "%s: no arena has two animals; accepted: at least two to compare", c->input.path);
    return status->code;
}

mec_code fit_plan_create(fit_plan *plan, const mec_dataset *dataset, const job_settings *settings,
                         mec_status *status) {
    *plan = (fit_plan){
        .dataset = dataset,
        .catalogue = &dataset->catalogue,
        .settings = settings,
        .map = mec_map_at(settings->map.regression_type),
        .parameters = {.alpha = settings->map.alpha, .fit_intercept = settings->map.fit_intercept},
        .n_split = (size_t)settings->splits.num_splits};
    if (make_populations(plan, status) || plan_arenas(plan, status))
        return status->code;
    double n_task = (double)plan->n_group * (double)plan->n_split;
    if (n_task > MOST_TASKS)
        return mec_fail(
            status, MEC_REFUSED,
            "[splits] num_splits = %zu for %zu fits a split makes %.0f tasks; accepted: "
            "at most %.0f",
            plan->n_split, plan->n_group, n_task, MOST_TASKS);
    for (size_t g = 0; g < plan->n_group && status->code == MEC_OK; g++)
        add_tasks(plan, g, status);
    return status->code == MEC_OK ? list_costs_and_names(plan, status) : status->code;
}

void fit_plan_destroy(fit_plan *plan) {
    for (size_t i = 0; i < plan->n_source; i++)
        free(plan->sources[i].parts);
    for (size_t i = 0; i < plan->n_group; i++) {
        free(plan->groups[i].targets);
        free(plan->groups[i].states);
    }
    for (size_t i = 0; i < plan->n_task; i++)
        free(plan->tasks[i].name);
    for (size_t i = 0; plan->finite && i < plan->catalogue->n_animal; i++)
        free(plan->finite[i]);
    free(plan->finite);
    free(plan->populations);
    free(plan->sources);
    free(plan->groups);
    free(plan->tasks);
    free(plan->cost);
    free(plan->names);
    free(plan->skips);
    *plan = (fit_plan){0};
}

bool fit_plan_wants_kernel(const fit_plan *plan, size_t source) {
    for (size_t i = 0; i < plan->n_group; i++)
        if (plan->groups[i].source == source &&
            plan->map->wants_kernel(plan->sources[source].source.n_cell, plan->groups[i].n_train))
            return true;
    return false;
}

double fit_plan_memory(const fit_plan *plan) {
    double most = 0;
    for (size_t i = 0; i < plan->n_group; i++) {
        const fit_group *g = &plan->groups[i];
        double bytes = mec_fit_memory(plan->map, plan->sources[g->source].source.n_cell, g->n_train,
                                      g->n_state - g->n_train, group_n_cell(plan, g));
        most = bytes > most ? bytes : most;
    }
    return most;
}
