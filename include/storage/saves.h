/* What a training run saves, over and over, in the place that its skeleton has for it.
 *
 * Checkpoints are kept for others: the first, and the newest few. Their steps are known beforehand,
 * and so are their names; arrays beyond those that are kept are used again, so that
 * /checkpoints/9000/weights and /checkpoints/3000/weights may be one group with two names. Only the
 * one of them that is complete says so.
 *
 * The state to go on from, with Adam's moments, lies in /checkpoints/resume_a or resume_b, written
 * in turn. Whatever is written is marked as complete after it was synced, and what is about to be
 * written over is unmarked before: a kill at any moment leaves the one before. Collective. */
#ifndef MEC_STORAGE_SAVES_H
#define MEC_STORAGE_SAVES_H

#include "storage/checkpoint.h"
#include "storage/run_file.h"

typedef struct mec_saves {
    const mec_world *world;
    const mec_layout *layout;
    mec_run_file *file;
    mec_network network;
    const int64_t *steps; /* (n_save) of the checkpoints, ascending; not owned */
    size_t n_save;
    size_t n_keep; /* besides the first; at least 1 */
    bool moments;  /* in every checkpoint */
    int newest;    /* resume slot, 0 or 1; -1: none is complete */
} mec_saves;

/* What a state was computed with, which decides its last bits. */
typedef struct mec_saves_by {
    int64_t n_rank, n_thread;
} mec_saves_by;

/* Numbers first .. first + count - 1 of a block of parameters. */
typedef struct mec_block_part {
    size_t first, count;
    mec_real *values; /* (count) */
} mec_block_part;

/* Adds all of them to the layout, after mec_checkpoint_describe_model. */
mec_code mec_saves_describe(const mec_saves *saves, mec_layout *layout, mec_status *status);

/* Writes checkpoint `save` (an index of steps). Each rank writes its part of each block; together
 * the parts are the whole. `info` is rank 0's. The status is agreed. */
mec_code mec_saves_write(mec_saves *saves, size_t save, const mec_model_info *info,
                         const mec_block_part parts[MEC_CHECKPOINT_N_BLOCK], mec_status *status);

/* Writes the older resume slot. Likewise. */
mec_code mec_saves_write_state(mec_saves *saves, const mec_model_info *info, mec_saves_by by,
                               const mec_block_part parts[MEC_CHECKPOINT_N_BLOCK],
                               mec_status *status);

/* Finds the newest complete resume slot, and what it says of itself on every rank. */
mec_code mec_saves_find_state(mec_saves *saves, mec_model_info *info, mec_saves_by *by,
                              mec_status *status);

/* Reads the parts that this rank asks for from it. */
mec_code mec_saves_read_state(mec_saves *saves, const mec_block_part parts[MEC_CHECKPOINT_N_BLOCK],
                              mec_status *status);

#endif
