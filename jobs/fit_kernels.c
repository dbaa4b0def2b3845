#include "fit_kernels.h"

#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "base/memory.h"
#include "maps/kernel.h"

/* The kernels of one arena while they are built. */
typedef struct building {
    const fit_plan *plan;
    const mec_arena *arena;
    mec_node_array *array; /* (n_animal, n, n), and the offsets */
    uint32_t *states;      /* (n) those that some fit keeps */
    uint32_t *index;       /* (n_state) where they stand there */
    size_t n;
    double *offset;       /* of all animals' cells, one after the other */
    size_t *first_offset; /* (n_animal) */
    size_t n_block;
    mec_scratch scratch;
} building;

static bool arena_wants_kernels(const fit_plan *plan, size_t arena) {
    for (size_t s = 0; s < plan->n_source; s++)
        if (plan->sources[s].arena == arena && fit_plan_wants_kernel(plan, s))
            return true;
    return false;
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
        const mec_arena *arena = &plan->catalogue->arenas[a];
        if (!arena_wants_kernels(plan, a))
            continue;
        uint32_t *states = mec_alloc(arena->n_state, sizeof *states, status);
        if (!states)
            break;
        double n = (double)list_kept(plan, a, states);
        *bytes += (double)sizeof(double) * (double)arena->n_animal * n * n;
        for (size_t i = 0; i < arena->n_animal; i++)
            *cost += n * n * (double)plan->populations[arena->first_animal + i].n_cell / 2;
        free(states);
    }
    return status->code;
}

/* Which states the arena's kernels are about. */
static mec_code find_states(building *b, size_t arena, mec_status *status) {
    b->states = mec_alloc(b->arena->n_state, sizeof *b->states, status);
    b->index = mec_alloc(b->arena->n_state, sizeof *b->index, status);
    if (!b->states || !b->index)
        return status->code;
    b->n = list_kept(b->plan, arena, b->states);
    b->n_block = mec_kernel_n_block(b->n);
    for (size_t i = 0; i < b->n; i++)
        b->index[b->states[i]] = (uint32_t)i;
    return MEC_OK;
}

static const mec_population *population_of(const building *b, size_t i) {
    return &b->plan->populations[b->arena->first_animal + i];
}

static const uint8_t *finite_of(const building *b, size_t i) {
    return b->plan->finite[b->arena->first_animal + i];
}

/* Where each animal's offsets stand among those of all cells; `*n_cell` receives their number. */
static mec_code place_offsets(building *b, size_t *n_cell, mec_status *status) {
    size_t n = b->arena->n_animal;
    *n_cell = 0;
    b->first_offset = mec_alloc(n, sizeof *b->first_offset, status);
    for (size_t i = 0; i < n && b->first_offset; i++) {
        b->first_offset[i] = *n_cell;
        *n_cell += population_of(b, i)->n_cell;
    }
    return status->code;
}

/* What is subtracted from every cell: nothing without an intercept. */
static void find_offsets(building *b) {
    for (size_t i; (i = mec_node_array_next(b->array)) < b->arena->n_animal;)
        if (b->plan->parameters.fit_intercept)
            mec_population_means(population_of(b, i), finite_of(b, i),
                                 b->offset + b->first_offset[i]);
    mec_node_array_restart(b->array);
}

static double *kernel_of(const building *b, size_t i) {
    return b->array->data + i * b->n * b->n;
}

/* The longest rows first: the blocks at the end of the triangle. */
static void fill(building *b, mec_status *status) {
    size_t n = b->arena->n_animal;
    for (size_t unit; (unit = mec_node_array_next(b->array)) < n * b->n_block;) {
        size_t i = unit % n;
        size_t block = b->n_block - 1 - unit / n;
        mec_scratch_reset(&b->scratch);
        if (status->code == MEC_OK)
            mec_kernel_fill(population_of(b, i), b->states, b->n, finite_of(b, i),
                            b->offset + b->first_offset[i], block, kernel_of(b, i), &b->scratch,
                            status);
    }
    mec_node_array_restart(b->array);
}

static void leave_one_out(building *b, mec_status *status) {
    for (size_t block; (block = mec_node_array_next(b->array)) < b->n_block;) {
        mec_scratch_reset(&b->scratch);
        if (status->code == MEC_OK)
            mec_kernel_leave_one_out(b->array->data, b->arena->n_animal, b->n, block, &b->scratch,
                                     status);
    }
    mec_node_array_restart(b->array);
}

static void mirror(building *b) {
    size_t n = b->arena->n_animal;
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
    size_t n_value = b->arena->n_animal * b->n * b->n;
    if (mec_agree(world, status) == MEC_OK &&
        mec_node_array_create(world, n_value + n_cell, "the kernels of states", b->array, status) ==
            MEC_OK) {
        b->offset = b->array->data + n_value;
        find_offsets(b);
        fill(b, status);
        if (b->plan->settings->source.mode == MODE_HOLDOUT)
            leave_one_out(b, status);
        mirror(b);
        mec_agree(world, status);
    }
    free(b->states);
    free(b->first_offset);
    mec_scratch_release(&b->scratch);
    return status->code;
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
        building b = {
            .plan = plan, .arena = &plan->catalogue->arenas[a], .array = &kernels->arrays[a]};
        build_arena(&b, a, world, status);
        kernels->index[a] = b.index;
        for (size_t s = 0; s < plan->n_source && status->code == MEC_OK; s++)
            if (plan->sources[s].arena == a)
                plan->sources[s].source.kernel = (mec_kernel){
                    .values = kernel_of(&b, plan->sources[s].animal - b.arena->first_animal),
                    .n = b.n,
                    .index = b.index};
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
