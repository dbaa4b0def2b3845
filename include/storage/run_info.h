/* What a run file says of itself, for those who only read it. Serial. */
#ifndef MEC_STORAGE_RUN_INFO_H
#define MEC_STORAGE_RUN_INFO_H

#include "storage/h5.h"
#include "storage/run_file.h"

typedef struct mec_run_info {
    char job[32], created[32];
    mec_run_state state;
    size_t n_task, n_done;
    mec_run_share share; /* n_shard 0: the whole run */
    double seconds;      /* of all tasks done, over all ranks */
    double wall;         /* seconds during which any rank was at one of them */
    char *config;        /* INI text, owned */
} mec_run_info;

/* Whether the file at `path` is a run file. */
bool mec_run_info_is_run(hid_t file);

/* The share of a run that the file holds. */
mec_run_share mec_run_info_share(hid_t file);

/* Reads it; MEC_REFUSED where it is not a whole run file. `path` is for messages. */
mec_code mec_run_info_read(hid_t file, const char *path, mec_run_info *info, mec_status *status);
void mec_run_info_destroy(mec_run_info *info);

/* "unfinished", "stopped", "complete", "complete with failures". */
const char *mec_run_info_state_name(const mec_run_info *info);

/* The text of /config; the caller frees it. NULL where there is none. */
char *mec_run_info_config(hid_t file, mec_status *status);

/* Reads a whole array that must have `count` elements; false otherwise. */
bool mec_run_info_array(hid_t file, const char *path, hid_t type, size_t count, void *values);

#endif
