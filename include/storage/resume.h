/* Whether an existing run file is this run's own, and what it has done already. Serial. */
#ifndef MEC_STORAGE_RESUME_H
#define MEC_STORAGE_RESUME_H

#include "storage/h5.h"
#include "storage/run_file.h"

/* What /tasks holds, kept whole on rank 0. */
typedef struct mec_task_table {
    size_t n_task;
    int8_t *done;    /* (n_task) */
    int32_t *rank;   /* that did it */
    double *started; /* seconds since 1970 */
    double *seconds;
} mec_task_table;

mec_code mec_task_table_create(mec_task_table *table, size_t n_task, mec_status *status);
void mec_task_table_destroy(mec_task_table *table);

/* Moves /tasks of an open file, and reads /status; false where they are not as large, or cannot be
 * moved. */
bool mec_task_table_read(hid_t file, mec_task_table *table, mec_run_state *state);
bool mec_task_table_write(hid_t file, const mec_task_table *table);

/* MEC_REFUSED, with what differs, if the file at `path` is not one of the run that `identity`
 * describes. Inputs whose digest is empty are not compared. */
mec_code mec_resume_check(const char *path, const mec_run_identity *identity, mec_status *status);

/* Reads the task table and the state of the run file at `path`, which is this run's. */
mec_code mec_resume_read(const char *path, mec_task_table *table, mec_run_state *state,
                         mec_status *status);

/* Names the first settings of `ours` that differ: "[map] alpha is 10 there and 1 here". */
void mec_resume_name_differences(const char *theirs, const char *ours, char *text, size_t size);

#endif
