/* A network, named in any of the ways that users name one:
 *
 *     run.h5                      the newest complete checkpoint of a run file
 *     run.h5:/checkpoints/STEP    one of them
 *     folder/ckpts/ckpt-101       the prefix of a TensorFlow checkpoint
 *     folder                      the one that the text file `checkpoint` in folder/ckpts (or in
 *                                 folder) names; where there is no such file, ckpt-N of largest N
 *
 * First it says what it holds, then the numbers can be read. Serial, reads only; one rank does this
 * and hands on what it read. */
#ifndef MEC_STORAGE_MODEL_FILE_H
#define MEC_STORAGE_MODEL_FILE_H

#include "storage/model_info.h"

typedef struct mec_model_file mec_model_file;

/* Opens what `location` names and checks all of it but the numbers themselves. NULL with
 * MEC_REFUSED: one line that names file, tensor, what was found and what is accepted. */
mec_model_file *mec_model_file_open(const char *location, mec_status *status);

/* The same of load_dir/run_id/ckpts/ckpt_file; `ckpt_file` may be empty: chosen as in a folder. */
mec_model_file *mec_model_file_open_run(const char *load_dir, const char *run_id,
                                        const char *ckpt_file, mec_status *status);
void mec_model_file_close(mec_model_file *file); /* may be NULL */

const mec_model_info *mec_model_file_info(const mec_model_file *file);

/* Which one it is, in full: "run.h5:/checkpoints/1000", "folder/ckpts/ckpt-101". And a file on disk
 * that it is read from. Both valid until it is closed. */
const char *mec_model_file_name(const mec_model_file *file);
const char *mec_model_file_path(const mec_model_file *file);

/* Reads the parameters into `weights` and, where not NULL, Adam's moments into `m` and `v`
 * (mec_network_count each; only where there are any). Checksums are compared where the file has
 * them. */
mec_code mec_model_file_read(const mec_model_file *file, mec_real *weights, mec_real *m,
                             mec_real *v, mec_status *status);

#endif
