/* The parts that mec_merge_run joins, as far as reading them goes. Private to storage. */
#ifndef MEC_STORAGE_MERGE_PART_H
#define MEC_STORAGE_MERGE_PART_H

#include "storage/h5.h"
#include "storage/merge.h"
#include "storage/resume.h"

typedef struct merge_part {
    const char *path;
    bool there;
    char job[32], version[32], digest[MEC_DIGEST_TEXT_SIZE + 1];
    char *config; /* INI text */
    char **input_paths, **input_digests;
    size_t n_input;
    mec_task_table tasks; /* as far as their results are in the arrays */
    mec_run_state state;
    mec_run_share share;
} merge_part;

/* Reads what the file at part->path says of itself. MEC_REFUSED where it is no whole run file. */
mec_code merge_part_read(merge_part *part, mec_status *status);
void merge_part_destroy(merge_part *part);

/* MEC_REFUSED, with what differs, where two files are not of one run. */
mec_code merge_part_compare(const mec_merge *merge, const merge_part *one, const merge_part *other,
                            mec_status *status);

/* Fills into the open file `out`, which began as a copy of another part, what the part at `path`
 * has and it lacks. MEC_REFUSED where both have an element and differ. `from` names what is in
 * `out` in messages. */
mec_code merge_arrays(hid_t out, const char *from, const char *path, mec_status *status);

/* Takes out of the open file what only its own run can use. */
mec_code merge_clear(hid_t out, const char *path, mec_status *status);

#endif
