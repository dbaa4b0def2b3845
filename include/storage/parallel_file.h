/* An HDF5 file that is open on all ranks at once, for raw numbers only: what every writer here does
 * once rank 0 has created all there is to name.
 *
 * Where a write or a sync fails on one rank, HDF5 (1.10.8) there leaves out what the others then
 * wait for, at the latest when the file is closed: such a file stays open, and the run ends without
 * MPI's end. What is in it is what was flushed, as after a kill. */
#ifndef MEC_STORAGE_PARALLEL_FILE_H
#define MEC_STORAGE_PARALLEL_FILE_H

#include <stdbool.h>

#include <hdf5.h>

#include "parallel/world.h"
#include "storage/outbox.h"

/* Opens an existing file for writing on every rank; closed with mec_parallel_file_close.
 * `fault` names the place for base/fault.h. Collective; the status is agreed; on failure a rank may
 * still hold the file, or a negative id. */
hid_t mec_parallel_file_open(const mec_world *world, const char *path, const char *fault,
                             mec_status *status);

/* Writes this rank's selection `space` of a dataset, all ranks together (a rank with nothing to
 * write selects nothing). `memory` selects from `values`. Collective in the sense of HDF5; false
 * where this rank failed. */
bool mec_parallel_file_write(hid_t dataset, hid_t type, hid_t memory, hid_t space,
                             const void *values);

/* Writes this rank's stretches of the file, which are in the order of their places and overlap with
 * nobody's, all ranks together and of all arrays at once: what HDF5 selects slice by slice takes a
 * time that grows with the square of their number, and one call an array. The stretches must lie
 * within arrays that are allocated. Collective, also for a rank that comes with a failure in its
 * status; n may differ; the status is agreed. */
mec_code mec_parallel_file_write_stretches(const mec_world *world, hid_t file,
                                           const mec_stretch *stretches, size_t n,
                                           mec_status *status);

/* Brings to the disk what was written. Collective; the status is this rank's own. */
mec_code mec_parallel_file_sync(const mec_world *world, hid_t file, const char *path,
                                mec_status *status);

/* Closes the file, or leaves it open where some rank could not write: a failure too. Collective;
 * the status is this rank's own. */
mec_code mec_parallel_file_close(const mec_world *world, hid_t file, const char *path,
                                 mec_status *status);

/* The same as mec_parallel_file_write for reading into `values`. */
bool mec_parallel_file_read(hid_t dataset, hid_t type, hid_t memory, hid_t space, void *values);

#endif
