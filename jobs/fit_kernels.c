#include "fit_kernels.h"

#include <stdlib.h>

#include "base/fault.h"
#include "base/memory.h"
#include "maps/kernel.h"

/* The kernels of one arena while they are built. */
typedef struct building {
    const fit_plan *plan;
    const mec_arena *arena;
    mec_node_array *array; /* (n_animal, n_state, n_state) */
    double *offset;        /* of all animals' cells, one after the other */
    size_t *first_offset;  /* (n_animal) */
    size_t n_block;
    mec_scratch scratch;
} building;

static bool arena_wants_kernels(const fit_plan *plan, size_t arena) {
    for (size_t s = 0; s < plan->n_source; s++)
        if (plan->sources[s].arena == arena && fit_plan_wants_kernel(plan, s))
            return true;
    return false;
}

static size_t kernel_count(const mec_arena *arena) {
    return arena->n_animal * arena->n_state * arena->n_state;
}

double fit_kernels_memory(const fit_plan *plan) {
    double bytes = 0;
    for (size_t a = 0; a < plan->catalogue->n_arena; a++)
        if (arena_wants_kernels(plan, a))
            bytes += (double)sizeof(double) * (double)kernel_count(&plan->catalogue->arenas[a]);
    return bytes;
}

static const mec_population *population_of(const building *b, size_t i) {
    return &b->plan->populations[b->arena->first_animal + i];
}

static const uint8_t *finite_of(const building *b, size_t i) {
    return b->plan->finite[b->arena->first_animal + i];
}

/* What is subtracted from every cell: nothing without an intercept. */
static mec_code find_offsets(building *b, mec_status *status) {
    size_t n = b->arena->n_animal;
    size_t n_cell = 0;
    b->first_offset = mec_alloc(n, sizeof *b->first_offset, status);
    for (size_t i = 0; i < n && b->first_offset; i++) {
        b->first_offset[i] = n_cell;
        n_cell += population_of(b, i)->n_cell;
    }
    b->offset = mec_alloc(n_cell, sizeof *b->offset, status);
    if (status->code != MEC_OK)
        return status->code;
    for (size_t i = 0; i < n && b->plan->parameters.fit_intercept; i++)
        mec_population_means(population_of(b, i), finite_of(b, i), b->offset + b->first_offset[i]);
    return MEC_OK;
}

static double *kernel_of(const building *b, size_t i) {
    return b->array->data + i * b->arena->n_state * b->arena->n_state;
}

/* The longest rows first: the blocks at the end of the triangle. */
static void fill(building *b, mec_status *status) {
    size_t n = b->arena->n_animal;
    for (size_t unit; (unit = mec_node_array_next(b->array)) < n * b->n_block;) {
        size_t i = unit % n;
        size_t block = b->n_block - 1 - unit / n;
        mec_scratch_reset(&b->scratch);
        if (status->code == MEC_OK)
            mec_kernel_fill(population_of(b, i), finite_of(b, i), b->offset + b->first_offset[i],
                            block, kernel_of(b, i), &b->scratch, status);
    }
    mec_node_array_restart(b->array);
}

static void leave_one_out(building *b, mec_status *status) {
    for (size_t block; (block = mec_node_array_next(b->array)) < b->n_block;) {
        mec_scratch_reset(&b->scratch);
        if (status->code == MEC_OK)
            mec_kernel_leave_one_out(b->array->data, b->arena->n_animal, b->arena->n_state, block,
                                     &b->scratch, status);
    }
    mec_node_array_restart(b->array);
}

static void mirror(building *b) {
    size_t n = b->arena->n_animal;
    for (size_t unit; (unit = mec_node_array_next(b->array)) < n * b->n_block;)
        mec_kernel_mirror(kernel_of(b, unit % n), b->arena->n_state, unit / n);
    mec_node_array_restart(b->array);
}

static mec_code build_arena(building *b, const mec_world *world, mec_status *status) {
    if (mec_node_array_create(world, kernel_count(b->arena), "the kernels of states", b->array,
                              status))
        return status->code;
    find_offsets(b, status);
    if (mec_fault_here("kernels_build"))
        mec_fail(status, MEC_FAILED, "injected: no memory for kernels");
    if (mec_agree(world, status) == MEC_OK) {
        fill(b, status);
        if (b->plan->settings->source.mode == MODE_HOLDOUT)
            leave_one_out(b, status);
        mirror(b);
        mec_agree(world, status);
    }
    free(b->offset);
    free(b->first_offset);
    mec_scratch_release(&b->scratch);
    return status->code;
}

mec_code fit_kernels_build(fit_kernels *kernels, fit_plan *plan, const mec_world *world,
                           mec_status *status) {
    kernels->n_arena = plan->catalogue->n_arena;
    kernels->arrays = mec_alloc(kernels->n_arena, sizeof *kernels->arrays, status);
    if (mec_agree(world, status))
        return status->code;
    for (size_t a = 0; a < kernels->n_arena && status->code == MEC_OK; a++) {
        if (!arena_wants_kernels(plan, a))
            continue;
        building b = {.plan = plan,
                      .arena = &plan->catalogue->arenas[a],
                      .array = &kernels->arrays[a],
                      .n_block = mec_kernel_n_block(plan->catalogue->arenas[a].n_state)};
        if (build_arena(&b, world, status))
            break;
        for (size_t s = 0; s < plan->n_source; s++)
            if (plan->sources[s].arena == a)
                plan->sources[s].source.kernel =
                    kernel_of(&b, plan->sources[s].animal - b.arena->first_animal);
    }
    return status->code;
}

void fit_kernels_destroy(fit_kernels *kernels) {
    for (size_t a = 0; a < kernels->n_arena && kernels->arrays; a++)
        mec_node_array_destroy(&kernels->arrays[a]);
    free(kernels->arrays);
    *kernels = (fit_kernels){0};
}
