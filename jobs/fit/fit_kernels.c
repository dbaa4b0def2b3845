#include "fit/fit_kernels.h"

#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "base/memory.h"
#include "maps/kernel.h"

/* The kernels of one arena while they are built. */
typedef struct building {
    const fit_plan *plan;
    const mec_population *populations; /* (n_population) */
    size_t n_population;
    uint8_t **finite;      /* (n_population) (n_state) states finite in all their cells */
    mec_node_array *array; /* (n_population, n, n), and the offsets */
    uint32_t *states;      /* (n) those that some fit keeps */
    uint32_t *index;       /* (n_state) where they stand there */
    size_t n;
    double *offset;       /* of all populations' cells, one after the other */
    size_t *first_offset; /* (n_population) */
    size_t n_block;
    mec_scratch scratch;
} building;

static bool arena_wants_kernels(const fit_plan *plan, size_t arena) {
    for (size_t s = 0; s < plan->n_source; s++)
        if (plan->sources[s].arena == arena && plan->sources[s].wants_kernel)
            return true;
    return false;
}

/* The populations that sources of the arena are made of: its animals, or the responses. */
static const mec_population *populations_of(const fit_plan *plan, size_t arena, size_t *n) {
    const mec_arena *a = &plan->catalogue->arenas[arena];
    *n = plan->data->has_response ? 1 : a->n_animal;
    return plan->data->has_response ? &plan->responses[arena] : &plan->populations[a->first_animal];
}

/* Offsets cancel only in fits with an intercept: they are subtracted where all fits have one. */
static bool all_fit_intercept(const fit_plan *plan) {
    const per_cell *parameters = &plan->data->parameters;
    bool all = true;
    for (size_t i = 0; i < parameters->n_recipe; i++)
        all &= parameters->recipes[i].map.parameters.fit_intercept;
    return all;
}

/* Lists the states of an arena that some fit keeps, in order; returns how many. */
static size_t list_kept(const fit_plan *plan, size_t arena, uint32_t *states) {
    size_t n = 0;
    size_t n_state = plan->catalogue->arenas[arena].n_state;
    memset(states, 0, n_state * sizeof *states);
    for (size_t g = 0; g < plan->n_group; g++)
        if (plan->sources[plan->groups[g].source].arena == arena)
            for (size_t i = 0; i < plan->groups[g].n_state; i++)
                states[plan->groups[g].states[i]] = 1;
    for (size_t i = 0; i < n_state; i++)
        if (states[i])
            states[n++] = (uint32_t)i;
    return n;
}

mec_code fit_kernels_estimate(const fit_plan *plan, double *bytes, double *cost,
                              mec_status *status) {
    *bytes = *cost = 0;
    for (size_t a = 0; a < plan->catalogue->n_arena; a++) {
        if (!arena_wants_kernels(plan, a))
            continue;
        size_t n_population = 0;
        const mec_population *populations = populations_of(plan, a, &n_population);
        uint32_t *states = mec_alloc(populations->n_state, sizeof *states, status);
        if (!states)
            break;
        double n = (double)list_kept(plan, a, states);
        *bytes += (double)sizeof(double) * (double)n_population * n * n;
        for (size_t i = 0; i < n_population; i++)
            *cost += n * n * (double)populations[i].n_cell / 2;
        free(states);
    }
    return status->code;
}

/* Which states the arena's kernels are about. */
static mec_code find_states(building *b, size_t arena, mec_status *status) {
    size_t n_state = b->populations->n_state;
    b->states = mec_alloc(n_state, sizeof *b->states, status);
    b->index = mec_alloc(n_state, sizeof *b->index, status);
    b->finite = mec_alloc(b->n_population, sizeof *b->finite, status);
    if (status->code != MEC_OK)
        return status->code;
    b->n = list_kept(b->plan, arena, b->states);
    b->n_block = mec_kernel_n_block(b->n);
    for (size_t i = 0; i < b->n; i++)
        b->index[b->states[i]] = (uint32_t)i;
    for (size_t i = 0; i < b->n_population && status->code == MEC_OK; i++) {
        b->finite[i] = mec_alloc(n_state, 1, status);
        if (!b->finite[i])
            break;
        memset(b->finite[i], 1, n_state);
        mec_population_mark_finite(&b->populations[i], b->finite[i]);
    }
    return status->code;
}

/* Where each population's offsets stand among those of all cells; `*n_cell` receives their number.
 */
static mec_code place_offsets(building *b, size_t *n_cell, mec_status *status) {
    *n_cell = 0;
    b->first_offset = mec_alloc(b->n_population, sizeof *b->first_offset, status);
    for (size_t i = 0; i < b->n_population && b->first_offset; i++) {
        b->first_offset[i] = *n_cell;
        *n_cell += b->populations[i].n_cell;
    }
    return status->code;
}

static void find_offsets(building *b) {
    bool subtract = all_fit_intercept(b->plan);
    for (size_t i; (i = mec_node_array_next(b->array)) < b->n_population;)
        if (subtract)
            mec_population_means(&b->populations[i], b->finite[i], b->offset + b->first_offset[i]);
    mec_node_array_restart(b->array);
}

static double *kernel_of(const building *b, size_t i) {
    return b->array->data + i * b->n * b->n;
}

/* The longest rows first: the blocks at the end of the triangle. */
static void fill(building *b, mec_status *status) {
    size_t n = b->n_population;
    for (size_t unit; (unit = mec_node_array_next(b->array)) < n * b->n_block;) {
        size_t i = unit % n;
        size_t block = b->n_block - 1 - unit / n;
        mec_scratch_reset(&b->scratch);
        if (status->code == MEC_OK)
            mec_kernel_fill(&b->populations[i], b->states, b->n, b->finite[i],
                            b->offset + b->first_offset[i], block, kernel_of(b, i), &b->scratch,
                            status);
    }
    mec_node_array_restart(b->array);
}

static void leave_one_out(building *b, mec_status *status) {
    for (size_t block; (block = mec_node_array_next(b->array)) < b->n_block;) {
        mec_scratch_reset(&b->scratch);
        if (status->code == MEC_OK)
            mec_kernel_leave_one_out(b->array->data, b->n_population, b->n, block, &b->scratch,
                                     status);
    }
    mec_node_array_restart(b->array);
}

static void mirror(building *b) {
    size_t n = b->n_population;
    for (size_t unit; (unit = mec_node_array_next(b->array)) < n * b->n_block;)
        mec_kernel_mirror(kernel_of(b, unit % n), b->n, unit / n);
    mec_node_array_restart(b->array);
}

static mec_code build_arena(building *b, size_t arena, const mec_world *world, mec_status *status) {
    size_t n_cell = 0;
    find_states(b, arena, status);
    place_offsets(b, &n_cell, status);
    if (mec_fault_here("kernels_build"))
        mec_fail(status, MEC_FAILED, "injected: no memory for kernels");
    size_t n_value = b->n_population * b->n * b->n;
    if (mec_agree(world, status) == MEC_OK &&
        mec_node_array_create(world, n_value + n_cell, "the kernels of states", b->array, status) ==
            MEC_OK) {
        b->offset = b->array->data + n_value;
        find_offsets(b);
        fill(b, status);
        if (!b->plan->pairwise && !b->plan->data->has_response)
            leave_one_out(b, status);
        mirror(b);
        mec_agree(world, status);
    }
    for (size_t i = 0; i < b->n_population && b->finite; i++)
        free(b->finite[i]);
    free(b->finite);
    free(b->states);
    free(b->first_offset);
    mec_scratch_release(&b->scratch);
    return status->code;
}

/* Points the arena's sources to their kernels. */
static void give_kernels(const building *b, fit_plan *plan, size_t arena) {
    for (size_t s = 0; s < plan->n_source; s++) {
        fit_source *source = &plan->sources[s];
        size_t first = plan->catalogue->arenas[arena].first_animal;
        size_t own = source->animal == FIT_NO_ANIMAL ? 0 : source->animal - first;
        if (source->arena == arena)
            source->source.kernel =
                (mec_kernel){.values = kernel_of(b, own), .n = b->n, .index = b->index};
    }
}

mec_code fit_kernels_build(fit_kernels *kernels, fit_plan *plan, const mec_world *world,
                           mec_status *status) {
    size_t n_arena = plan->catalogue->n_arena;
    kernels->arrays = mec_alloc(n_arena, sizeof *kernels->arrays, status);
    kernels->index = mec_alloc(n_arena, sizeof *kernels->index, status);
    if (mec_agree(world, status))
        return status->code;
    kernels->n_arena = n_arena;
    for (size_t a = 0; a < n_arena && status->code == MEC_OK; a++) {
        if (!arena_wants_kernels(plan, a))
            continue;
        building b = {.plan = plan, .array = &kernels->arrays[a]};
        b.populations = populations_of(plan, a, &b.n_population);
        build_arena(&b, a, world, status);
        kernels->index[a] = b.index;
        if (status->code == MEC_OK)
            give_kernels(&b, plan, a);
    }
    return status->code;
}

void fit_kernels_destroy(fit_kernels *kernels) {
    for (size_t a = 0; a < kernels->n_arena; a++) {
        mec_node_array_destroy(&kernels->arrays[a]);
        free(kernels->index[a]);
    }
    free(kernels->arrays);
    free(kernels->index);
    *kernels = (fit_kernels){0};
}
