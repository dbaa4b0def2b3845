/* A network that learns: its weights, Adam's moments, and one step of both on all ranks together.
 *
 * Every rank draws its own walks of a step's batch, follows them, and adds up gradients; the sum
 * over ranks is taken in a fixed order, and every rank moves its weights by it: they stay the same
 * on all ranks to the bit. Gradients of decoder and dense layer, a third of all, are summed while
 * the backward pass goes through time. Nothing here is allocated in a step, read or written. */
#ifndef MEC_JOBS_TRAIN_LEARNER_H
#define MEC_JOBS_TRAIN_LEARNER_H

#include "model/backward.h"
#include "model/batch.h"
#include "parallel/overlapped_sum.h"
#include "parallel/reduction.h"
#include "train/train_plan.h"

typedef struct learner {
    const train_plan *plan;
    const mec_world *world;
    size_t n;            /* parameters */
    mec_rows_share own;  /* of the parameters, this rank's share */
    mec_weights weights; /* (n), whole on every rank */
    mec_share moments;   /* of all parameters; sharded: of this rank's share */
    size_t step;         /* that the weights have had */
    mec_place_cells cells;
    mec_batch batch; /* this rank's part */
    mec_forward *forward;
    mec_backward *backward;
    mec_gradients gradients;
    mec_overlapped_sum *early; /* of the gradients that a backward pass has first */
    size_t n_early;            /* how many these are */
    bool early_begun;          /* in this step */
    double early_seconds;      /* that it has taken of this step so far */
    mec_real *work;            /* of the sum of the others */
    double *few_work;          /* of sums of few numbers */
} learner;

/* Where the time of a step went on this rank, in s; what is left is elementwise work, walks and
 * what is told of the batch. */
typedef struct learner_times {
    double products; /* of matrices */
    double sums;     /* over ranks, waiting for them included, and handing weights around */
    double update;   /* of the weights */
} learner_times;

/* Means over a batch. */
typedef struct learner_result {
    double loss; /* with the weight decay */
    double err_cm, floor_cm;
    double entropy;
    learner_times times; /* of a step */
} learner_result;

/* What is known of a step besides, each rank's part of it: added up with the rest. */
typedef struct learner_votes {
    double stop;  /* in: 1 where this rank wants to end; out: how many do */
    double flush; /* in: 1 where it wants to save */
} learner_votes;

/* Weights and moments are zero. Collective; the status is agreed. To be destroyed in any case. */
mec_code learner_create(learner *l, const train_plan *plan, mec_status *status);
void learner_destroy(learner *l);
double learner_memory(const train_plan *plan); /* bytes of the rank that has most */

/* One step: the result is that before the weights are moved. MEC_FAILED where, and only where, loss
 * or gradient are not finite; the weights then stay. Collective; the status is agreed. */
mec_code learner_step(learner *l, learner_votes *votes, learner_result *result, mec_status *status);

/* Judges the weights by the batch of a seed. Collective; the status is agreed. */
mec_code learner_judge(learner *l, uint32_t seed, learner_result *result, mec_status *status);

#endif
