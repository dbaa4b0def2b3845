/* The run file: one parallel HDF5 file a run, written so that a kill at any moment leaves a file
 * that opens, with everything that was flushed.
 *
 * Rank 0 writes the whole skeleton (every array, contiguous, allocated and filled, with names,
 * units and dimension scales) under a temporary name, syncs and renames it. After that only raw
 * numbers move: no metadata is ever changed again. A flush writes results collectively, syncs, and
 * only then marks the tasks as done. What changes (`/status`, `/tasks`) are small arrays of fixed
 * place.
 *
 * A run goes on in its own unfinished file; a file of another run is refused, with what differs.
 * FILE.lock keeps a second run off; FILE.progress can be read while the run writes. */
#ifndef MEC_STORAGE_RUN_FILE_H
#define MEC_STORAGE_RUN_FILE_H

#include "parallel/farm.h"
#include "storage/dataset.h"
#include "storage/outbox.h"

#define MEC_RUN_SCHEMA "mec-run"
#define MEC_RUN_SCHEMA_VERSION "1"

/* Values of /status. */
typedef enum mec_run_state {
    MEC_RUN_RUNNING = 0,
    MEC_RUN_STOPPED = 1,
    MEC_RUN_COMPLETE = 2,
    MEC_RUN_COMPLETE_WITH_FAILURES = 3,
} mec_run_state;

typedef enum mec_resume { MEC_RESUME_AUTO, MEC_RESUME_NEVER, MEC_RESUME_OVERWRITE } mec_resume;

/* Of the tasks of a run that is divided among several jobs, each with a file of its own. */
typedef struct mec_run_share {
    int64_t shard, n_shard; /* n_shard 0 or 1: the whole run */
    int64_t n_task;         /* of the share */
} mec_run_share;

/* What a run is, and what a file must agree with to be its own. */
typedef struct mec_run_identity {
    const char *job;
    const char *program_version;
    const char *config;          /* resolved settings, INI text: kept for the reader */
    const char *identity_config; /* the part that decides the results, INI text: compared */
    const mec_input *inputs;
    size_t n_input;
    mec_run_share share;
} mec_run_identity;

typedef struct mec_run_file mec_run_file;

/* Describes the arrays that every run file has: /status, /config, /inputs, /tasks. `names`
 * (n_task) say what each task is. To be called before the job adds its own. */
mec_code mec_run_file_describe(mec_layout *layout, const mec_run_identity *identity,
                               const char *const *names, size_t n_task, mec_status *status);

/* Refuses what mec_run_file_open would refuse of a path before anything is written: where it holds
 * another run, or must not be replaced. For jobs with long work before they open their file; inputs
 * whose digest is still empty are not compared. Serial. */
mec_code mec_run_file_check(const char *path, mec_resume resume, const mec_run_identity *identity,
                            mec_status *status);

/* Takes the lock, creates or checks the file, opens it on all ranks. `done` (n_task) receives which
 * tasks are done already, `*state` what the file says of itself. The layout must outlive the file.
 * Collective; arguments must agree; the status is agreed: MEC_REFUSED where the path holds another
 * run, or is in use. */
mec_run_file *mec_run_file_open(const mec_world *world, const char *path, mec_resume resume,
                                const mec_run_identity *identity, const mec_layout *layout,
                                size_t n_task, uint8_t *done, mec_run_state *state,
                                mec_status *status);

/* Writes and syncs the committed slices of every rank's outbox and then marks the tasks of
 * `records` as done; empties the outbox. Collective; the status is agreed. */
mec_code mec_run_file_flush(mec_run_file *file, mec_outbox *outbox, const mec_task_record *records,
                            size_t n_record, mec_status *status);

/* Marks tasks as done whose results are in the file already. The same. */
mec_code mec_run_file_mark(mec_run_file *file, const mec_task_record *records, size_t n_record,
                           mec_status *status);

/* Writes, or reads, this rank's part of an array, at once: for jobs whose results are not slices
 * that one task fills. A rank with nothing to move has a count of 0. Collective; the array must
 * agree, parts that are written must not overlap. The status is this rank's own: every rank goes on
 * to where they agree next, also the one that failed. */
mec_code mec_run_file_write(mec_run_file *file, const mec_slice *slice, mec_status *status);
mec_code mec_run_file_read(mec_run_file *file, const mec_slice *slice, mec_status *status);

/* Once it returns, what was written is on disk. Collective; the status is agreed. */
mec_code mec_run_file_sync(mec_run_file *file, mec_status *status);

/* Opens arrays of the layout, whose indices are `arrays` (n), for mec_run_file_fetch. Collective;
 * arguments must agree; the status is agreed. */
mec_code mec_run_file_open_arrays(mec_run_file *file, const int *arrays, size_t n,
                                  mec_status *status);

/* Reads a slice of an opened array that has been flushed, by one rank alone: `values` receives its
 * elements, row-major. */
mec_code mec_run_file_fetch(const mec_run_file *file, int array, const size_t *start,
                            const size_t *count, void *values, mec_status *status);

/* What a job does with its file once all ranks have closed it: may write to it serially and change
 * the state that the file is given. */
typedef mec_code (*mec_run_finish)(void *user, const char *path, mec_run_state *state,
                                   mec_status *status);

/* Closes the file on all ranks; then, where `finish` is not NULL, rank 0 alone calls it; then
 * /status is set to `*state`, which every rank receives. Releases the lock. Collective; the status
 * is agreed; `file` is freed in any case and may be NULL. */
mec_code mec_run_file_close(mec_run_file *file, mec_run_state *state, mec_run_finish finish,
                            void *user, mec_status *status);

/* FILE.progress of a run file; the caller frees it. */
char *mec_run_file_progress_path(const char *path, mec_status *status);

#endif
