#include "maps/fit.h"

#include <math.h>
#include <string.h>

void mec_fit_workspace_release(mec_fit_workspace *workspace) {
    mec_scratch_release(&workspace->fit);
    mec_scratch_release(&workspace->block);
}

/* The best a linear map can say of test states that its source does not tell apart is one value;
 * rounding must not make it look like several. */
static void make_rows_equal(double *prediction, size_t n, size_t m) {
    for (size_t i = 1; i < n; i++)
        memcpy(prediction + i * m, prediction, m * sizeof *prediction);
}

/* A fit under way. */
typedef struct fitting {
    const mec_problem *problem;
    const mec_map *map;
    void *prepared;
    bool varies; /* predictions can be other than constant */
    const mec_pulse *pulse;
} fitting;

static mec_code give_beat(const fitting *f, mec_status *status) {
    if (mec_pulse_stop(f->pulse))
        mec_fail(status, MEC_STOPPED, "stopped on request");
    return status->code;
}

/* Predicts and scores cells [first, last) of one target. */
static mec_code fit_block(const fitting *f, const mec_fit_target *target, size_t first, size_t last,
                          mec_scratch *scratch, mec_status *status) {
    const mec_problem *problem = f->problem;
    size_t m = last - first;
    double *y = mec_scratch_take(scratch, problem->n_train * m, sizeof *y, status);
    double *prediction = mec_scratch_take(scratch, problem->n_test * m, sizeof *y, status);
    double *intercept = mec_scratch_take(scratch, m, sizeof *y, status);
    if (!y || !prediction || !intercept)
        return status->code;

    mec_population_gather(target->population, first, last, problem->train, problem->n_train, y);
    memset(intercept, 0, m * sizeof *intercept);
    if (problem->parameters->fit_intercept) {
        mec_column_means(y, problem->n_train, m, intercept);
        mec_subtract_row(y, problem->n_train, m, intercept);
    }
    if (f->map->predict(f->prepared, y, m, prediction, scratch, status) || give_beat(f, status))
        return status->code;
    if (!f->varies)
        make_rows_equal(prediction, problem->n_test, m);

    double *score[MEC_N_SCORE];
    for (int k = 0; k < MEC_N_SCORE; k++)
        score[k] =
            target->score[k] ? target->score[k] + (first - target->first) * target->stride : NULL;
    return mec_score_cells(target->population, first, last, problem->test, problem->n_test,
                           prediction, intercept, score, target->stride, scratch, status);
}

static void fill_with_nan(const mec_fit_target *target) {
    for (int k = 0; k < MEC_N_SCORE; k++)
        for (size_t j = 0; j < target->last - target->first && target->score[k]; j++)
            target->score[k][j * target->stride] = NAN;
}

mec_code mec_fit_run(const mec_problem *problem, const mec_map *map, const mec_fit_target *targets,
                     size_t n_target, mec_fit_workspace *workspace, const mec_pulse *pulse,
                     mec_status *status) {
    if (problem->n_train == 0 || problem->n_test == 0) {
        for (size_t t = 0; t < n_target; t++)
            fill_with_nan(&targets[t]);
        return MEC_OK;
    }
    fitting f = {.problem = problem, .map = map, .pulse = pulse};
    mec_scratch_reset(&workspace->fit);
    if (give_beat(&f, status) || map->prepare(problem, &workspace->fit, &f.prepared, status))
        return status->code;
    f.varies = mec_source_varies(problem->source, problem->train, problem->n_train, problem->test,
                                 problem->n_test, problem->parameters->fit_intercept);
    for (size_t t = 0; t < n_target; t++) {
        const mec_fit_target *target = &targets[t];
        for (size_t first = target->first; first < target->last; first += MEC_FIT_BLOCK) {
            size_t end = first + MEC_FIT_BLOCK;
            size_t last = end < target->last ? end : target->last;
            mec_scratch_reset(&workspace->block);
            if (give_beat(&f, status) ||
                fit_block(&f, target, first, last, &workspace->block, status))
                return status->code;
        }
    }
    return MEC_OK;
}

double mec_fit_memory(const mec_map *map, size_t n_source_cell, size_t n_train, size_t n_test,
                      size_t n_target_cell) {
    size_t m = n_target_cell < MEC_FIT_BLOCK ? n_target_cell : MEC_FIT_BLOCK;
    return map->memory(n_source_cell, n_train, n_test, m) +
           (double)sizeof(double) * (double)m * (double)(n_train + n_test + 12);
}
