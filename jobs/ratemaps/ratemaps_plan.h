/* What mec ratemaps computes: maps of boxes and seeds, each from n_eval_seq batches. */
#ifndef MEC_JOBS_RATEMAPS_PLAN_H
#define MEC_JOBS_RATEMAPS_PLAN_H

#include "job.h"
#include "model/model_settings.h"
#include "model/rate_map.h"

enum { RATEMAPS_NAME_SIZE = MODEL_BOX_NAME_SIZE + 64 };

/* A box to draw maps in, and what it is called. */
typedef struct ratemaps_box {
    char name[RATEMAPS_NAME_SIZE];
    mec_map_bins bins;
} ratemaps_box;

/* A box with bins as [ratemaps] has them. */
mec_code ratemaps_box_in(const job_context *context, const mec_box *box, ratemaps_box *out,
                         mec_status *status);

/* The boxes of [ratemaps] environment, as many as there are lines. */
mec_code ratemaps_boxes_given(const job_context *context, ratemaps_box *boxes, mec_status *status);

/* The name of a map: of its box, and of its seed where there are several. */
void ratemaps_map_name(const ratemaps_box *box, const mec_reals *seeds, size_t i_seed,
                       char name[RATEMAPS_NAME_SIZE]);

/* One box and the seed of its first batch: the batches are the tasks of a phase. */
typedef struct ratemaps_map {
    char name[RATEMAPS_NAME_SIZE]; /* of the group in the file; see ratemaps_output.h */
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

/* The maps of `boxes` (n_box), or with 0 those of the settings. Every refusal of the settings comes
 * from here. */
mec_code ratemaps_plan_make(ratemaps_plan *plan, const job_context *context,
                            const ratemaps_box *boxes, size_t n_box, mec_status *status);
void ratemaps_plan_destroy(ratemaps_plan *plan);

#endif
