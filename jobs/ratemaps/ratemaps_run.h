/* One rank's work on rate maps: batches into sums, sums into maps and what they say of each unit.
 */
#ifndef MEC_JOBS_RATEMAPS_RUN_H
#define MEC_JOBS_RATEMAPS_RUN_H

#include "base/pulse.h"
#include "model/model_weights.h"
#include "ratemaps/ratemaps_follower.h"
#include "ratemaps/ratemaps_output.h"
#include "storage/totals.h"

typedef struct ratemaps_run {
    const job_context *context;
    ratemaps_plan plan;
    model_weights weights;
    ratemaps_arrays *arrays;        /* (n_map) */
    mec_map_sums sums[MEC_N_LAYER]; /* of the map at work; room for the largest */
    int64_t *count;                 /* (n_bin) likewise */
    mec_totals totals;              /* item 0 the count, then three for every layer */
    size_t map;                     /* at work */
    ratemaps_follower follower;
} ratemaps_run;

/* Adds the arrays and the totals to the layout. */
mec_code ratemaps_run_describe(ratemaps_run *run, mec_layout *layout, mec_status *status);

/* Room for batches; takes the weights. Collective; the status is agreed. */
mec_code ratemaps_run_prepare(ratemaps_run *run, mec_status *status);

/* Turns to a map: its place cells, walks and bins. Collective; the status is agreed. */
mec_code ratemaps_run_begin(ratemaps_run *run, size_t map, mec_status *status);

/* Adds a batch of the map at work to the sums: all of it, or with a failure nothing. */
mec_code ratemaps_run_batch(ratemaps_run *run, size_t batch, const mec_pulse *pulse,
                            mec_status *status);

/* Writes the map at work from its totals, then what it says of every unit. Collective; the status
 * is agreed. */
mec_code ratemaps_run_write(ratemaps_run *run, mec_run_file *file, mec_status *status);

/* Bytes a rank: of all, and of the maps' sums alone. */
double ratemaps_run_memory(const job_context *context, const ratemaps_plan *plan);
double ratemaps_run_sums_memory(const job_context *context, const ratemaps_plan *plan);

void ratemaps_run_destroy(ratemaps_run *run);

#endif
