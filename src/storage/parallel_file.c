#include "storage/parallel_file.h"

#include "base/fault.h"
#include "storage/h5.h"

/* Left to itself, ROMIO takes ranks for not interleaved where one between them writes nothing, and
 * lets each read a whole stretch, change its part and write the stretch back: what others write
 * meanwhile survives by the grace of file locks, which on some clusters hold within a node only.
 * With collective buffering every stretch has one rank that writes it. */
static MPI_Info make_hints(void) {
    MPI_Info hints;
    MPI_Info_create(&hints);
    MPI_Info_set(hints, "romio_cb_write", "enable");
    return hints;
}

hid_t mec_parallel_file_open(const mec_world *world, const char *path, const char *fault,
                             mec_status *status) {
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    MPI_Info hints = make_hints();
    H5Pset_fapl_mpio(access, world->comm, hints);
    MPI_Info_free(&hints);
    H5Pset_all_coll_metadata_ops(access, true); /* rank 0 reads what all need to know */
    H5Eclear2(H5E_DEFAULT);
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, access);
    H5Pclose(access);
    if (file < 0)
        mec_h5_fail(status, MEC_FAILED, "%s: cannot be opened on rank %d", path, world->rank);
    if (mec_fault_here(fault))
        mec_fail(status, MEC_FAILED, "injected: %s cannot be opened on rank %d", path, world->rank);
    mec_agree(world, status);
    return file;
}

bool mec_parallel_file_write(hid_t dataset, hid_t type, hid_t memory, hid_t space,
                             const void *values) {
    hid_t transfer = H5Pcreate(H5P_DATASET_XFER);
    H5Pset_dxpl_mpio(transfer, H5FD_MPIO_COLLECTIVE);
    bool good = H5Dwrite(dataset, type, memory, space, transfer, values) >= 0;
    H5Pclose(transfer);
    return good;
}

bool mec_parallel_file_read(hid_t dataset, hid_t type, hid_t memory, hid_t space, void *values) {
    hid_t transfer = H5Pcreate(H5P_DATASET_XFER);
    H5Pset_dxpl_mpio(transfer, H5FD_MPIO_COLLECTIVE);
    bool good = H5Dread(dataset, type, memory, space, transfer, values) >= 0;
    H5Pclose(transfer);
    return good;
}
