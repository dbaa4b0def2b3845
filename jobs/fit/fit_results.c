/* The results of fits on their way into the run file: from a task to the outbox, and what is worked
 * out from them at the end. The arrays are described in fit_output.c. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "base/memory.h"
#include "fit/fit_output.h"
#include "fit/fit_splits.h"
#include "maps/reliability.h"
#include "numerics/statistics.h"
#include "storage/h5.h"

/* ---- one task ---- */

/* Where the cells of the animal at `first` end. */
static size_t end_of_animal(const fit_task *task, size_t first) {
    size_t end = first + 1;
    while (end < task->n_cell && task->cells[end].animal == task->cells[first].animal)
        end++;
    return end;
}

static double *take_reals(mec_scratch *scratch, bool wanted, size_t n, mec_status *status) {
    return wanted ? mec_scratch_take(scratch, n, sizeof(double), status) : NULL;
}

/* The cells [first, end) of the task, of one animal. */
static void start_target(const fit_output *output, const fit_task *task, size_t first, size_t end,
                         mec_fit_target *target, mec_scratch *scratch, mec_status *status) {
    size_t animal = task->cells[first].animal;
    size_t n = end - first;
    const fit_arrays *arrays = &output->arrays[animal];
    uint32_t *cells = mec_scratch_take(scratch, n, sizeof *cells, status);
    for (size_t i = 0; i < n && cells; i++)
        cells[i] = task->cells[first + i].cell;
    *target =
        (mec_fit_target){.population = &output->plan->populations[animal], .cells = cells, .n = n};
    for (int k = 0; k < MEC_N_CELL_SCORE; k++)
        target->score[k] = take_reals(scratch, arrays->per_split[k] >= 0, n, status);
    target->rsa = take_reals(scratch, arrays->per_split[MEC_SCORE_RSA] >= 0, 1, status);
    target->gap = take_reals(scratch, arrays->gap >= 0, n, status);
    target->outcome = mec_scratch_take(scratch, n, sizeof *target->outcome, status);
}

size_t fit_output_start(const fit_output *output, const fit_task *task, mec_fit_target **targets,
                        mec_scratch *scratch, mec_status *status) {
    size_t n = 0;
    for (size_t first = 0; first < task->n_cell; first = end_of_animal(task, first))
        n++;
    *targets = mec_scratch_take(scratch, n, sizeof **targets, status);
    n = 0;
    for (size_t first = 0; first < task->n_cell && *targets;) {
        size_t end = end_of_animal(task, first);
        start_target(output, task, first, end, *targets + n++, scratch, status);
        first = end;
    }
    return n;
}

/* Takes a slice of cells [first, first + n) of the animal's array and copies `values` into it. */
static void put_slice(mec_outbox *outbox, int array, const size_t *start, const size_t *count,
                      const void *values, size_t bytes, mec_status *status) {
    void *slice = NULL;
    if (array >= 0 && values && status->code == MEC_OK)
        slice = mec_outbox_take(outbox, array, start, count, status);
    if (slice)
        memcpy(slice, values, bytes);
}

/* Puts results [i, end) of a target, cells that follow each other. */
static void put_run(const fit_arrays *arrays, mec_outbox *outbox, const fit_task *task,
                    size_t source, const mec_fit_target *t, size_t i, size_t end,
                    mec_status *status) {
    size_t n = end - i;
    const size_t start[MEC_MAX_DIM] = {t->cells[i], task->split, source};
    const size_t count[MEC_MAX_DIM] = {n, 1, 1};
    for (int k = 0; k < MEC_N_CELL_SCORE; k++)
        put_slice(outbox, arrays->per_split[k], start, count, t->score[k] ? t->score[k] + i : NULL,
                  n * sizeof(double), status);
    put_slice(outbox, arrays->gap, start, count, t->gap ? t->gap + i : NULL, n * sizeof(double),
              status);
    put_slice(outbox, arrays->outcome, start, count, t->outcome + i, n, status);
}

mec_code fit_output_put(const fit_output *output, mec_outbox *outbox, const fit_task *task,
                        const mec_fit_target *targets, size_t n_target, mec_status *status) {
    const fit_plan *plan = output->plan;
    const fit_source *s = &plan->sources[plan->groups[task->group].source];
    for (size_t k = 0; k < n_target && status->code == MEC_OK; k++) {
        const mec_fit_target *t = &targets[k];
        size_t animal = (size_t)(t->population - plan->populations);
        size_t source = fit_plan_source_index(plan, s, animal);
        const fit_arrays *arrays = &output->arrays[animal];
        for (size_t i = 0; i < t->n;) {
            size_t end = i + 1;
            while (end < t->n && t->cells[end] == t->cells[end - 1] + 1)
                end++;
            put_run(arrays, outbox, task, source, t, i, end, status);
            i = end;
        }
        put_slice(outbox, arrays->per_split[MEC_SCORE_RSA],
                  (const size_t[MEC_MAX_DIM]){task->split, source},
                  (const size_t[MEC_MAX_DIM]){1, 1}, t->rsa, sizeof(double), status);
    }
    return status->code;
}

/* ---- at the end ---- */

double fit_output_mean(const double *per_split, size_t n_split, size_t n_source, int32_t *n_valid) {
    double sum = 0;
    size_t n = 0;
    for (size_t k = 0; k < n_source; k++) {
        size_t valid = 0;
        double mean = mec_nanmean(per_split + k, n_split, n_source, &valid);
        if (n_valid)
            n_valid[k] = (int32_t)valid;
        if (valid == 0)
            continue;
        sum += mean;
        n++;
    }
    return n ? sum / (double)n : NAN;
}
