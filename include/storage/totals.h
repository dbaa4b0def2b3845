/* Results that are sums over tasks: every rank adds up its own tasks, a flush adds all ranks' sums
 * to totals in the run file, and a kill at any moment loses at most what was not flushed and counts
 * nothing twice.
 *
 * The totals lie in two slots, `/resume/a` and `/resume/b`, each with the list of the tasks that
 * are in it and a mark. A flush reads the newest complete slot, writes the other, syncs, marks that
 * one, syncs, and only then marks the tasks as done. A run that goes on takes the slot of the
 * highest mark.
 *
 * Tasks come in phases, one after the other; totals are those of one phase, and are used anew by
 * the next. Sums are whole numbers and maxima: the same bytes in any order, on any number of ranks.
 */
#ifndef MEC_STORAGE_TOTALS_H
#define MEC_STORAGE_TOTALS_H

#include "parallel/reduction.h"
#include "storage/h5.h"
#include "storage/run_file.h"

enum { MEC_MAX_TOTAL = 16 };

/* Bytes of the rows that a flush reduces and moves at once. It takes three times as many besides
 * the sums: the library's copy, this rank's rows of the sum and of the totals. */
#define MEC_TOTALS_BLOCK ((size_t)32 << 20)

/* One array that is summed. */
typedef struct mec_total {
    const char *name, *long_name;
    mec_reduction reduction;
    size_t n_row, n_column; /* n_row may be lower in a phase than it is described with */
    void *values;           /* (n_row, n_column) this rank's, since the last flush; not owned */
} mec_total;

typedef struct mec_totals {
    const mec_world *world;
    mec_total items[MEC_MAX_TOTAL];
    size_t n_item;
    size_t n_task; /* of every phase */
    /* kept by the functions below */
    int arrays[2][MEC_MAX_TOTAL]; /* in the layout, of either slot */
    size_t most_rows[MEC_MAX_TOTAL];
    int task_array[2], mark_array[2];
    int newest;     /* slot; -1: none is complete */
    int64_t number; /* of its mark */
    size_t phase;   /* that it is of */
    uint8_t *done;  /* (n_task) tasks that are in it */
} mec_totals;

/* Takes room, and adds the slots to the layout; world, items and n_task are set before. */
mec_code mec_totals_create(mec_totals *totals, mec_layout *layout, mec_status *status);
void mec_totals_destroy(mec_totals *totals); /* also of a zeroed one */

/* Finds the newest complete slot of a file that was opened, and sets in `done` (all tasks of the
 * file) those of its phase that are in it. Collective; the status is agreed. */
mec_code mec_totals_open(mec_totals *totals, mec_run_file *file, uint8_t *done, mec_status *status);

/* Adds every rank's sums to the totals of `phase` in the file, zeroes them, and marks the tasks of
 * `records` as done. Collective; the status is agreed. */
mec_code mec_totals_flush(mec_totals *totals, mec_run_file *file, size_t phase,
                          const mec_task_record *records, size_t n_record, mec_status *status);

/* Reads rows of item `item` of the newest slot: this rank's, from `first`; `values` (n, n_column).
 * Collective; the item must agree; the status is this rank's own, as mec_run_file_read's. */
mec_code mec_totals_read(const mec_totals *totals, mec_run_file *file, size_t item, size_t first,
                         size_t n, void *values, mec_status *status);

/* Zeroes both slots of a run that needs them no more. Collective; the status is agreed. */
mec_code mec_totals_clear(mec_totals *totals, mec_run_file *file, mec_status *status);

/* Takes the tasks out of `done` (n_task of the run) whose results are in the totals of the open run
 * file alone, not in its arrays yet. Serial. */
mec_code mec_totals_forget(hid_t file, int8_t *done, size_t n_task, mec_status *status);

#endif
