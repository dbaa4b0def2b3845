#include "maps/fit.h"

#include <math.h>
#include <string.h>

#include "maps/emd.h"
#include "maps/rsa.h"

void mec_fit_workspace_release(mec_fit_workspace *workspace) {
    mec_scratch_release(&workspace->fit);
    mec_scratch_release(&workspace->target);
    mec_scratch_release(&workspace->block);
}

/* A fit under way. */
typedef struct fitting {
    const mec_fit *fit;
    const mec_problem *problem;
    const mec_fit_target *target; /* that is looked at */
    mec_fit_workspace *workspace;
    void *prepared;
    bool broken; /* the map cannot be fitted to this source */
    bool varies; /* predictions can be other than constant */
    /* For rsa: predictions with their intercepts, and responses, of all cells of the target on the
     * test states, (n_test, n) each; NULL where it is not wanted. */
    double *all_predictions, *all_responses;
} fitting;

static mec_code give_beat(const fitting *f, mec_status *status) {
    if (mec_pulse_stop(f->problem->pulse))
        mec_fail(status, MEC_STOPPED, "stopped on request");
    return status->code;
}

/* Memory for a block of `m` targets, and their train responses in it. */
static mec_code start_block(const fitting *f, const uint32_t *cells, size_t m, mec_block *block,
                            mec_status *status) {
    const mec_problem *problem = f->problem;
    mec_scratch *scratch = &f->workspace->block;
    mec_scratch_reset(scratch);
    *block = (mec_block){
        .m = m,
        .cells = cells,
        .n_cell = f->target->population->n_cell,
        .y = mec_scratch_take(scratch, problem->n_train * m, sizeof(double), status),
        .prediction = mec_scratch_take(scratch, problem->n_test * m, sizeof(double), status),
        .intercept = mec_scratch_take(scratch, m, sizeof(double), status),
        .gap = mec_scratch_take(scratch, m, sizeof(double), status),
        .outcome = mec_scratch_take(scratch, m, sizeof(int8_t), status)};
    if (status->code != MEC_OK)
        return status->code;
    memset(block->intercept, 0, m * sizeof *block->intercept);
    memset(block->outcome, MEC_OUTCOME_DONE, m);
    for (size_t j = 0; j < m; j++)
        block->gap[j] = NAN;
    mec_population_gather(f->target->population, cells, m, problem->train, problem->n_train,
                          block->y);
    if (problem->parameters->fit_intercept) {
        mec_column_means(block->y, problem->n_train, m, block->intercept);
        mec_subtract_row(block->y, problem->n_train, m, block->intercept);
    }
    return MEC_OK;
}

/* The best a linear map can say of test states that its source does not tell apart is one value;
 * rounding must not make it look like several. */
static void make_rows_equal(const mec_block *block, size_t n_test) {
    for (size_t i = 1; i < n_test; i++)
        memcpy(block->prediction + i * block->m, block->prediction,
               block->m * sizeof *block->prediction);
}

/* A fit that failed has no prediction. */
static void erase_failures(const mec_block *block, size_t n_test) {
    for (size_t j = 0; j < block->m; j++)
        for (size_t i = 0; i < n_test && block->outcome[j] != MEC_OUTCOME_DONE; i++)
            block->prediction[i * block->m + j] = NAN;
}

/* Keeps the block's predictions, of cells `first` and following, for rsa. */
static void keep_predictions(const fitting *f, size_t first, const mec_block *block) {
    for (size_t i = 0; i < f->problem->n_test && f->all_predictions; i++)
        for (size_t j = 0; j < block->m; j++)
            f->all_predictions[i * f->target->n + first + j] =
                block->prediction[i * block->m + j] + block->intercept[j];
}

/* Scores cells `first` and following of the target. */
static mec_code score_block(const fitting *f, size_t first, const mec_block *block,
                            mec_status *status) {
    const mec_fit_target *t = f->target;
    mec_scratch *scratch = &f->workspace->block;
    mec_predictions predictions = {.target = t->population,
                                   .cells = t->cells + first,
                                   .n = block->m,
                                   .test = f->problem->test,
                                   .n_test = f->problem->n_test,
                                   .prediction = block->prediction,
                                   .intercept = block->intercept};
    double *score[MEC_N_CELL_SCORE];
    for (int k = 0; k < MEC_N_CELL_SCORE; k++)
        score[k] = t->score[k] ? t->score[k] + first : NULL;
    if (t->gap)
        memcpy(t->gap + first, block->gap, block->m * sizeof *block->gap);
    if (t->outcome)
        memcpy(t->outcome + first, block->outcome, block->m);
    if (mec_score_cells(&predictions, score, scratch, status) || !score[MEC_SCORE_NEG_EMD])
        return status->code;
    return mec_score_neg_emd(&predictions, f->fit->bins, score[MEC_SCORE_NEG_EMD],
                             f->problem->pulse, scratch, status);
}

/* A map that broke down on the numbers has an outcome; the run goes on. */
static bool broke_down(mec_status *status) {
    if (status->code != MEC_INCOMPLETE)
        return false;
    *status = (mec_status){0};
    return true;
}

static mec_code predict(const fitting *f, mec_block *block, mec_status *status) {
    if (!f->broken)
        f->fit->map->predict(f->prepared, block, &f->workspace->block, status);
    if (broke_down(status) || f->broken)
        memset(block->outcome, MEC_OUTCOME_FAILED, block->m);
    return status->code;
}

static mec_code fit_block(const fitting *f, size_t first, size_t m, mec_status *status) {
    mec_block block;
    if (give_beat(f, status) || start_block(f, f->target->cells + first, m, &block, status) ||
        predict(f, &block, status) || give_beat(f, status))
        return status->code;
    if (!f->varies && !block.copied)
        make_rows_equal(&block, f->problem->n_test);
    erase_failures(&block, f->problem->n_test);
    keep_predictions(f, first, &block);
    return score_block(f, first, &block, status);
}

/* Room for what rsa compares; the responses are filled in. */
static mec_code start_rsa(fitting *f, mec_status *status) {
    size_t n = f->problem->n_test * f->target->n;
    f->all_predictions = f->all_responses = NULL;
    if (!f->target->rsa)
        return MEC_OK;
    f->all_responses = mec_scratch_take(&f->workspace->target, n, sizeof(double), status);
    f->all_predictions = mec_scratch_take(&f->workspace->target, n, sizeof(double), status);
    if (status->code == MEC_OK)
        mec_population_gather(f->target->population, f->target->cells, f->target->n,
                              f->problem->test, f->problem->n_test, f->all_responses);
    return status->code;
}

/* What a map that passes the source through predicts need not have a column for every cell. */
static mec_code finish_rsa(const fitting *f, mec_status *status) {
    const mec_problem *problem = f->problem;
    mec_scratch *scratch = &f->workspace->target;
    double *predictions = f->all_predictions;
    size_t n_prediction = f->target->n;
    if (!f->target->rsa)
        return MEC_OK;
    if (f->fit->map->passes_through) {
        n_prediction = problem->source->n_cell;
        predictions =
            mec_scratch_take(scratch, problem->n_test * n_prediction, sizeof *predictions, status);
        if (!predictions)
            return status->code;
        mec_source_gather(problem->source, problem->test, problem->n_test, predictions);
    }
    return mec_rsa(problem->n_test, predictions, n_prediction, f->all_responses, f->target->n,
                   f->target->rsa, scratch, status);
}

/* How many cells are predicted at once. */
static size_t block_size(const mec_fit *fit, size_t n) {
    if (fit->map->is_joint && fit->map->is_joint(fit->problem->parameters))
        return fit->alone ? 1 : n;
    return MEC_FIT_BLOCK;
}

static mec_code fit_target(fitting *f, mec_status *status) {
    size_t n = f->target->n;
    size_t step = block_size(f->fit, n);
    mec_scratch_reset(&f->workspace->target);
    start_rsa(f, status);
    for (size_t first = 0; first < n && status->code == MEC_OK; first += step)
        fit_block(f, first, first + step < n ? step : n - first, status);
    return status->code == MEC_OK ? finish_rsa(f, status) : status->code;
}

static void fill_with_nan(const mec_fit_target *target) {
    for (int k = 0; k < MEC_N_CELL_SCORE; k++)
        for (size_t j = 0; j < target->n && target->score[k]; j++)
            target->score[k][j] = NAN;
    for (size_t j = 0; j < target->n && target->gap; j++)
        target->gap[j] = NAN;
    if (target->outcome)
        memset(target->outcome, MEC_OUTCOME_NO_STATES, target->n);
    if (target->rsa)
        *target->rsa = NAN;
}

mec_code mec_fit_run(const mec_fit *fit, const mec_fit_target *targets, size_t n_target,
                     mec_fit_workspace *workspace, mec_status *status) {
    const mec_problem *problem = fit->problem;
    if (problem->n_test == 0 || (problem->n_train == 0 && !fit->map->passes_through)) {
        for (size_t t = 0; t < n_target; t++)
            fill_with_nan(&targets[t]);
        return MEC_OK;
    }
    fitting f = {.fit = fit, .problem = problem, .workspace = workspace};
    mec_scratch_reset(&workspace->fit);
    if (give_beat(&f, status) == MEC_OK)
        fit->map->prepare(problem, &workspace->fit, &f.prepared, status);
    f.broken = broke_down(status);
    if (status->code != MEC_OK)
        return status->code;
    f.varies = (fit->map->copies && fit->map->copies(problem->parameters)) ||
               mec_source_varies(problem->source, problem->train, problem->n_train, problem->test,
                                 problem->n_test, problem->parameters->fit_intercept);
    for (size_t t = 0; t < n_target && status->code == MEC_OK; t++) {
        f.target = &targets[t];
        fit_target(&f, status);
    }
    return status->code;
}

/* Predictions and responses of a whole target, the source where that is the prediction. */
static double rsa_memory(const mec_map *map, const mec_shape *shape) {
    double width = 2 * (double)shape->m + (map->passes_through ? (double)shape->n_cell : 0);
    return (double)sizeof(double) * (double)shape->n_test * width + mec_rsa_memory(shape->n_test);
}

double mec_fit_memory(const mec_map *map, const mec_map_parameters *parameters,
                      const mec_shape *shape, uint32_t scores) {
    bool joint = map->is_joint && map->is_joint(parameters);
    size_t m = shape->m < MEC_FIT_BLOCK || joint ? shape->m : MEC_FIT_BLOCK;
    mec_shape block = {shape->n_cell, shape->n_train, shape->n_test, m};
    double bytes =
        map->memory(parameters, &block) +
        (double)sizeof(double) * (double)m * (double)(shape->n_train + shape->n_test + 15);
    if (scores >> MEC_SCORE_NEG_EMD & 1)
        bytes += mec_neg_emd_memory(shape->n_test);
    if (scores >> MEC_SCORE_RSA & 1)
        bytes += rsa_memory(map, shape);
    return bytes;
}
