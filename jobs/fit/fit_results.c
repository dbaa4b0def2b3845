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

/* The finishing of one file. */
typedef struct finishing {
    fit_output *output;
    hid_t file;
    mec_status *status;
} finishing;

static bool transfer(const finishing *f, int array, hid_t type, void *values, bool write) {
    return mec_h5_transfer(f->file, f->output->layout->arrays[array].path, type, values, write);
}

/* corr over the square root of each cell's reliability, from the means (n_cell). */
static bool write_noise_corrected(const finishing *f, size_t animal, double *means, size_t n_cell) {
    const fit_plan *plan = f->output->plan;
    const double *split_half_r =
        plan->data->split_half_r + plan->catalogue->animals[animal].first_id;
    for (size_t j = 0; j < n_cell; j++)
        means[j] = mec_noise_corrected(means[j], mec_reliability(split_half_r[j]));
    return transfer(f, f->output->arrays[animal].noise_corrected, H5T_NATIVE_DOUBLE, means, true);
}

/* The means of one score of one target; `counts`: the splits that counted are written too. */
static bool finish_score(const finishing *f, size_t animal, int score, bool counts) {
    const fit_plan *plan = f->output->plan;
    const fit_arrays *arrays = &f->output->arrays[animal];
    bool of_cells = score < MEC_N_CELL_SCORE;
    size_t n_cell = of_cells ? plan->catalogue->animals[animal].n_cell : 1;
    size_t n_split = plan->n_split;
    size_t n_source =
        mec_array_count(&f->output->layout->arrays[arrays->per_split[score]]) / (n_cell * n_split);
    double *values = mec_alloc(n_cell * n_split * n_source, sizeof *values, f->status);
    double *means = mec_alloc(n_cell, sizeof *means, f->status);
    int32_t *n_valid = mec_alloc(n_cell * n_source, sizeof *n_valid, f->status);
    bool good = f->status->code == MEC_OK &&
                transfer(f, arrays->per_split[score], H5T_NATIVE_DOUBLE, values, false);
    for (size_t j = 0; j < n_cell && good; j++)
        means[j] = fit_output_mean(values + j * n_split * n_source, n_split, n_source,
                                   n_valid + j * n_source);
    good = good && transfer(f, arrays->score[score], H5T_NATIVE_DOUBLE, means, true);
    if (counts && of_cells)
        good = good && transfer(f, arrays->n_valid_splits, H5T_NATIVE_INT32, n_valid, true);
    if (score == MEC_SCORE_CORR && arrays->noise_corrected >= 0)
        good = good && write_noise_corrected(f, animal, means, n_cell);
    free(values);
    free(means);
    free(n_valid);
    return good;
}

/* Counts the fits of one target that failed. */
static bool count_failures(const finishing *f, size_t animal) {
    int array = f->output->arrays[animal].outcome;
    size_t n = mec_array_count(&f->output->layout->arrays[array]);
    int8_t *outcome = mec_alloc(n, sizeof *outcome, f->status);
    bool good = outcome && transfer(f, array, H5T_NATIVE_INT8, outcome, false);
    for (size_t i = 0; i < n && good; i++)
        f->output->n_failed +=
            outcome[i] == MEC_OUTCOME_GAP_ABOVE_TOL || outcome[i] == MEC_OUTCOME_FAILED;
    free(outcome);
    return good;
}

static bool finish_target(const finishing *f, size_t animal) {
    const fit_arrays *arrays = &f->output->arrays[animal];
    bool first = true;
    bool good = count_failures(f, animal);
    for (int k = 0; k < MEC_N_SCORE && good; k++) {
        if (arrays->score[k] < 0)
            continue;
        good = finish_score(f, animal, k, first);
        first = false;
    }
    return good;
}

mec_code fit_output_finish(void *self, const char *path, mec_run_state *state, mec_status *status) {
    finishing f = {.output = self, .status = status};
    const mec_catalogue *c = f.output->plan->catalogue;
    f.file = mec_h5_open(path, H5F_ACC_RDWR, status);
    if (f.file < 0)
        return status->code;
    bool good = !mec_fault_here("fit_output_finish");
    f.output->n_failed = 0;
    for (size_t a = 0; a < c->n_arena; a++)
        for (size_t i = 0; i < c->arenas[a].n_animal && good; i++)
            if (fit_plan_compares(f.output->plan, a))
                good = finish_target(&f, c->arenas[a].first_animal + i);
    if (f.output->plan->settings->splits.keep && good)
        good = fit_splits_write(f.output->plan, f.file, status) == MEC_OK;
    if (!good)
        mec_h5_fail(status, MEC_FAILED, "%s: the means over splits cannot be written", path);
    if (H5Fclose(f.file) < 0)
        mec_h5_fail(status, MEC_FAILED, "%s: cannot be closed", path);
    if (f.output->n_failed > 0)
        *state = MEC_RUN_COMPLETE_WITH_FAILURES;
    return status->code;
}
