/* What mec ratemaps computes: maps of boxes and seeds, each from n_eval_seq batches. */
#ifndef MEC_JOBS_RATEMAPS_PLAN_H
#define MEC_JOBS_RATEMAPS_PLAN_H

#include "job.h"
#include "model/model_settings.h"
#include "model/rate_map.h"

/* One box and the seed of its first batch: the batches are the tasks of a phase. */
typedef struct ratemaps_map {
    char name[MODEL_BOX_NAME_SIZE + 32]; /* of the group in the file; see ratemaps_output.h */
    mec_map_bins bins;
    mec_place_options place;
    model_walk walk;
    uint32_t seed;
} ratemaps_map;

typedef struct ratemaps_plan {
    mec_network network;
    ratemaps_map *maps; /* the seed is the outer, the box the inner order */
    size_t n_map, n_batch, n_task;
    double *cost;     /* (n_task) multiplications */
    char **names;     /* (n_task) */
    size_t most_bins; /* of any map */
    mec_layer last;   /* that has to be computed */
} ratemaps_plan;

/* Whether a layer is asked for. */
bool ratemaps_has_layer(const job_context *context, mec_layer layer);
size_t ratemaps_layer_units(const ratemaps_plan *plan, mec_layer layer);

/* Every refusal of the settings comes from here. */
mec_code ratemaps_plan_make(ratemaps_plan *plan, const job_context *context, mec_status *status);
void ratemaps_plan_destroy(ratemaps_plan *plan);

#endif
