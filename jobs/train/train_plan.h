/* What a training run will do, from its settings and from what it starts from: decided before the
 * first step, the same on every rank. */
#ifndef MEC_JOBS_TRAIN_PLAN_H
#define MEC_JOBS_TRAIN_PLAN_H

#include "job.h"
#include "model/adam.h"
#include "model/model_settings.h"
#include "storage/catalogue.h"
#include "storage/model_file.h"

/* The saved network that training goes on from. */
typedef struct train_start {
    mec_model_file *file; /* open on rank 0; NULL: none */
    bool given;
    bool moments; /* else the weights alone are taken, and steps count from 0 */
    mec_input input;
    size_t step;
} train_start;

typedef struct train_plan {
    const job_context *context;
    const train_settings *train;
    mec_network network;
    mec_place_options place;
    model_walk walk;
    mec_adam adam;
    mec_decay decay;
    mec_loss loss;
    train_start start;
    size_t n_step;        /* that the weights will have had in the end */
    size_t first_epoch;   /* epochs that have ended before; the first may be begun */
    size_t n_epoch;       /* to be ended */
    int64_t *checkpoints; /* (n_checkpoint) their steps */
    size_t n_checkpoint;
    const double *eval_seeds; /* (n_eval) */
    size_t n_eval;
} train_plan;

/* Collective; the status is agreed. To be destroyed in any case. */
mec_code train_plan_make(train_plan *plan, const job_context *context, mec_status *status);
void train_plan_destroy(train_plan *plan);

/* Steps of this run: those after what it starts from. */
size_t train_plan_own_steps(const train_plan *plan);

/* The epoch, from 0 among those to be ended, that step number `step` (from 1) belongs to. */
size_t train_plan_epoch(const train_plan *plan, size_t step);

/* The checkpoint of the state after `step` steps; n_checkpoint where there is none. */
size_t train_plan_checkpoint(const train_plan *plan, size_t step);

/* How many checkpoints there are in the end. */
size_t train_plan_kept(const train_plan *plan);

/* Multiplications of a step, those of its large products. */
double train_plan_step_cost(const train_plan *plan);

/* Steps whose gates are held at a time. */
size_t train_plan_kept_gates(const train_plan *plan);

#endif
