/* Saved networks in a run file: /checkpoints/NAME/weights/W_enc ..., Adam's moments in
 * adam/m/W_enc ... and adam/v/W_enc ..., beside them step, epoch, learning_rate, beta_1, beta_2,
 * and `complete`, which is set once all else is on disk. NAME is the step, or that of a slot that
 * is written again and again. Of all of them the file says rnn_type and activation, in /model.
 *
 * Arrays are described in the layout, as everything of a run file is. Reading and writing here is
 * serial. */
#ifndef MEC_STORAGE_CHECKPOINT_H
#define MEC_STORAGE_CHECKPOINT_H

#include "storage/h5.h"
#include "storage/layout.h"
#include "storage/model_info.h"

enum { MEC_CHECKPOINT_PATH_SIZE = 256, MEC_CHECKPOINT_NAME_SIZE = 64 };

/* The blocks of numbers of a checkpoint. */
typedef enum mec_checkpoint_block {
    MEC_CHECKPOINT_WEIGHTS,
    MEC_CHECKPOINT_M,
    MEC_CHECKPOINT_V,
    MEC_CHECKPOINT_N_BLOCK
} mec_checkpoint_block;

/* "/checkpoints/NAME/adam/m/W_enc" */
void mec_checkpoint_path(const char *name, mec_checkpoint_block block, mec_parameter parameter,
                         char path[MEC_CHECKPOINT_PATH_SIZE]);

/* "/checkpoints/NAME/step", and of the other numbers. */
void mec_checkpoint_item_path(const char *name, const char *item,
                              char path[MEC_CHECKPOINT_PATH_SIZE]);

/* Adds what all checkpoints of the file share: /model, and the dimension scales. Once, and first.
 */
mec_code mec_checkpoint_describe_model(mec_layout *layout, const mec_model_info *info,
                                       mec_status *status);

/* Adds the arrays of one checkpoint, with or without moments; filled with NaN, not complete. */
mec_code mec_checkpoint_describe(mec_layout *layout, const mec_network *network, const char *name,
                                 bool moments, mec_status *status);

/* Adds its numbers alone; its arrays are those of another. */
mec_code mec_checkpoint_describe_numbers(mec_layout *layout, const char *name, mec_status *status);

/* Writes a described checkpoint into an open file: `blocks[b]` (mec_network_count) for each
 * mec_checkpoint_block, those of moments NULL where there are none. Marks it as complete after all
 * else was flushed. */
mec_code mec_checkpoint_write(hid_t file, const char *path, const char *name,
                              const mec_model_info *info,
                              mec_real *const blocks[MEC_CHECKPOINT_N_BLOCK], mec_status *status);

/* The newest complete checkpoint of the run file `path`, open as `file`; MEC_REFUSED where there is
 * none. */
mec_code mec_checkpoint_find_newest(hid_t file, const char *path,
                                    char name[MEC_CHECKPOINT_NAME_SIZE], mec_status *status);

/* What checkpoint `name` holds. MEC_REFUSED where it is not there, not complete, or where an array
 * is missing or has another shape than W_enc and W_M ask for. */
mec_code mec_checkpoint_read_info(hid_t file, const char *path, const char *name,
                                  mec_model_info *info, mec_status *status);

/* Reads the blocks that are not NULL. */
mec_code mec_checkpoint_read(hid_t file, const char *path, const char *name,
                             const mec_model_info *info,
                             mec_real *const blocks[MEC_CHECKPOINT_N_BLOCK], mec_status *status);

#endif
