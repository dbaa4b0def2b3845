/* Joins run files that hold parts of one run, those of the shards of a SLURM array for one, into
 * the file that the run would have left by itself.
 *
 * What a task has not filled has its fill value, byte for byte, in every part; what one has filled
 * is the same in every part that has it. So the joined arrays are those of the first part with
 * whatever the others have filled. Nothing is asked of the job but what it does in a finished file.
 *
 * The joined file is written beside its place and then renamed: whatever happens, either nothing or
 * all of it is there. Serial. */
#ifndef MEC_STORAGE_MERGE_H
#define MEC_STORAGE_MERGE_H

#include "storage/run_file.h"

typedef struct mec_merge {
    const char *output;
    const char *const *parts; /* (n_part) paths */
    size_t n_part;
    const char *jobs; /* whose runs can be joined, words */
    bool partial;     /* parts may be absent, and tasks missing */
    /* The settings that decide the results out of a file's /config; the caller frees them. */
    char *(*identity)(const char *config, mec_status *status);
    /* What the job does in a file with all tasks. */
    mec_code (*finish)(const char *job, const char *path, bool whole, mec_run_state *state,
                       mec_status *status);
} mec_merge;

/* What became of it. */
typedef struct mec_merged {
    size_t n_part; /* that were there */
    size_t n_task, n_done;
    mec_run_state state;
    char missing[MEC_MESSAGE_SIZE / 2]; /* which tasks, and in which shards; empty: none */
} mec_merged;

/* Joins them. MEC_REFUSED, with what differs in which files, where the parts are not of one run, a
 * part is being written, the output holds something else, or tasks are missing and not `partial`;
 * nothing is written then. A file of the same run at the output is replaced, unless it has tasks
 * that the parts lack. */
mec_code mec_merge_run(const mec_merge *merge, mec_merged *merged, mec_status *status);

#endif
