#include "train/train_output.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static const struct {
    const char *path, *units, *long_name;
} columns[TRAIN_N_COLUMN] = {
    [TRAIN_LOSS] = {"/train/loss", NULL, "loss on the step's batch, before the step"},
    [TRAIN_ERR_CM] = {"/train/err_cm", "cm", "mean error of the decoded position"},
    [TRAIN_FLOOR_CM] = {"/train/floor_cm", "cm", "the same of a perfect place code"},
    [TRAIN_ENTROPY] = {"/train/entropy", NULL, "mean entropy of the place codes, the least loss"},
    [TRAIN_SECONDS] = {"/train/seconds", "s", "how long the step took"},
    [TRAIN_SECONDS_PRODUCTS] = {"/train/seconds_products", "s", "rank 0: products of matrices"},
    [TRAIN_SECONDS_SUMS] = {"/train/seconds_sums", "s",
                            "rank 0: sums over ranks, waiting included"},
    [TRAIN_SECONDS_UPDATE] = {"/train/seconds_update", "s", "rank 0: update of the weights"},
    [TRAIN_LEARNING_RATE] = {"/train/learning_rate", NULL, "learning rate"},
};

mec_code train_output_create(train_output *o, const train_plan *plan, mec_status *status) {
    size_t n = (size_t)plan->train->n_steps;
    *o = (train_output){.plan = plan};
    double *all = mec_alloc(TRAIN_N_COLUMN * n, sizeof *all, status);
    for (train_column c = 0; c < TRAIN_N_COLUMN && all; c++)
        o->waiting[c] = all + c * n;
    return status->code;
}

void train_output_destroy(train_output *o) {
    free(o->waiting[0]);
}

/* ---- layout ---- */

/* A scale of the numbers first, first + 1, ... */
static int describe_numbers(mec_layout *layout, const char *path, size_t n, size_t first,
                            const char *long_name, mec_status *status) {
    int64_t *values = mec_alloc(n, sizeof *values, status);
    for (size_t i = 0; values && i < n; i++)
        values[i] = (int64_t)(first + i);
    int scale =
        values ? mec_layout_add_values_scale(layout, path, MEC_INT64, values, n, long_name, status)
               : -1;
    free(values);
    return scale;
}

static void describe_eval(train_output *o, mec_layout *layout, mec_status *status) {
    const train_plan *plan = o->plan;
    int64_t seeds[MEC_MAX_REALS];
    for (size_t i = 0; i < plan->n_eval; i++)
        seeds[i] = (int64_t)plan->eval_seeds[i];
    int epoch = describe_numbers(layout, "/train/eval/epoch", plan->n_epoch, plan->first_epoch + 1,
                                 "epochs that have ended", status);
    int seed = mec_layout_add_values_scale(layout, "/train/eval/seed", MEC_INT64, seeds,
                                           plan->n_eval, "seed of the batch", status);
    mec_array array = {.path = (char[]){"/train/eval/loss"},
                       .element = MEC_REAL64,
                       .n_dim = 2,
                       .dims = {plan->n_epoch, plan->n_eval},
                       .scale = {epoch, seed},
                       .long_name = "loss on the seed's batch"};
    o->eval_loss = mec_layout_add(layout, &array, status);
    array.path = (char[]){"/train/eval/err_cm"};
    array.units = "cm";
    array.long_name = "mean error of the decoded position";
    o->eval_err_cm = mec_layout_add(layout, &array, status);
}

mec_code train_output_describe(train_output *o, mec_layout *layout, mec_status *status) {
    size_t n = train_plan_own_steps(o->plan);
    int step = describe_numbers(layout, "/train/step", n, o->plan->start.step + 1,
                                "updates of the weights, this one included", status);
    for (train_column c = 0; c < TRAIN_N_COLUMN; c++) {
        mec_array array = {.path = (char *)columns[c].path,
                           .element = MEC_REAL64,
                           .n_dim = 1,
                           .dims = {n},
                           .scale = {step},
                           .units = columns[c].units,
                           .long_name = columns[c].long_name};
        o->columns[c] = mec_layout_add(layout, &array, status);
    }
    if (o->plan->n_eval > 0)
        describe_eval(o, layout, status);
    return status->code;
}

/* ---- numbers ---- */

void train_output_add(train_output *o, size_t step, const learner_result *result, double seconds) {
    size_t row = step - 1 - o->plan->start.step;
    if (o->n == 0)
        o->first = row;
    o->waiting[TRAIN_LOSS][o->n] = result->loss;
    o->waiting[TRAIN_ERR_CM][o->n] = result->err_cm;
    o->waiting[TRAIN_FLOOR_CM][o->n] = result->floor_cm;
    o->waiting[TRAIN_ENTROPY][o->n] = result->entropy;
    o->waiting[TRAIN_SECONDS][o->n] = seconds;
    o->waiting[TRAIN_SECONDS_PRODUCTS][o->n] = result->times.products;
    o->waiting[TRAIN_SECONDS_SUMS][o->n] = result->times.sums;
    o->waiting[TRAIN_SECONDS_UPDATE][o->n] = result->times.update;
    o->waiting[TRAIN_LEARNING_RATE][o->n] = o->plan->adam.learning_rate;
    o->n++;
}

mec_code train_output_take(train_output *o, mec_outbox *outbox, mec_status *status) {
    for (train_column c = 0; c < TRAIN_N_COLUMN && o->n > 0; c++) {
        double *slice = mec_outbox_take(outbox, o->columns[c], &o->first, &o->n, status);
        if (!slice)
            return status->code;
        memcpy(slice, o->waiting[c], o->n * sizeof *slice);
    }
    o->n = 0;
    return mec_outbox_commit(outbox, status);
}

mec_code train_output_eval(const train_output *o, mec_outbox *outbox, size_t epoch, size_t seed,
                           const learner_result *result, mec_status *status) {
    const size_t start[] = {epoch, seed};
    const size_t count[] = {1, 1};
    double *loss = mec_outbox_take(outbox, o->eval_loss, start, count, status);
    double *err_cm = mec_outbox_take(outbox, o->eval_err_cm, start, count, status);
    if (!loss || !err_cm)
        return status->code;
    *loss = result->loss;
    *err_cm = result->err_cm;
    return mec_outbox_commit(outbox, status);
}
