#include "fit/fit_plan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "fit/fit_splits.h"
#include "fit/fit_tasks.h"

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

/* Clears the states in which some cell is not finite; of responses that are not in memory the
 * dataset knows them. */
static void mark_finite(const fit_plan *plan, const mec_population *p, uint8_t *finite) {
    if (p->resp) {
        mec_population_mark_finite(p, finite);
        return;
    }
    const mec_animal *animal = &plan->catalogue->animals[p - plan->populations];
    const uint8_t *known = mec_dataset_finite(&plan->data->dataset, animal);
    for (size_t i = 0; i < p->n_state; i++)
        finite[i] &= known[i];
}

static void add_part(const fit_plan *plan, fit_source *s, const mec_population *population) {
    s->parts[s->source.n_part++] = population;
    s->source.n_cell += population->n_cell;
    mark_finite(plan, population, s->finite);
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
        add_part(plan, s, &plan->responses[arena]);
    for (size_t i = 0; i < a->n_animal && own != FIT_NO_ANIMAL; i++)
        if ((a->first_animal + i == own) == plan->pairwise)
            add_part(plan, s, &plan->populations[a->first_animal + i]);
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
        mark_finite(plan, p, finite);
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

/* ---- all ---- */

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
        plan_arenas(plan, status) == MEC_OK)
        fit_tasks_plan(plan, status);
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
    free(plan->class);
    free(plan->wave);
    free(plan->unit);
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
        mec_shape shape = fit_tasks_shape(plan, task, largest_target(task));
        double bytes =
            mec_fit_memory(fit_plan_map(plan, task), &fit_plan_map_settings(plan, task)->parameters,
                           &shape, plan->settings->fit.scores);
        if (plan->work.memory)
            bytes += plan->work.memory(plan->work.of, &shape);
        most = bytes > most ? bytes : most;
    }
    return most;
}
