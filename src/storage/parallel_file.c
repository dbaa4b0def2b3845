#include "storage/parallel_file.h"

#include "base/fault.h"
#include "storage/h5.h"
#include "storage/layout.h"

hid_t mec_parallel_file_open(const mec_world *world, const char *path, const char *fault,
                             mec_status *status) {
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_fapl_mpio(access, world->comm, MPI_INFO_NULL);
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

/* Adds the elements that differ in dimension `d` and those after it only: `first` and following. */
static void add_elements(hid_t space, const hsize_t *dims, int n_dim, int d, hsize_t stride,
                         hsize_t first, hsize_t count) {
    hsize_t start[MEC_MAX_DIM] = {0};
    hsize_t extent[MEC_MAX_DIM];
    hsize_t rest = first;
    for (int i = n_dim - 1; i >= 0; i--) {
        start[i] = rest % dims[i];
        rest /= dims[i];
        extent[i] = i < d ? 1 : i == d ? count / stride : dims[i];
    }
    H5Sselect_hyperslab(space, H5S_SELECT_OR, start, NULL, extent, NULL);
}

/* Blocks as large as they come: elements up to the end of a row, rows up to the end of a slab, and
 * so on, and back. */
void mec_parallel_file_select(hid_t space, hsize_t first, hsize_t count) {
    hsize_t dims[MEC_MAX_DIM];
    int n_dim = H5Sget_simple_extent_dims(space, dims, NULL);
    H5Sselect_none(space);
    while (count > 0) {
        hsize_t stride = 1; /* elements of a step along dimension d */
        int d = n_dim - 1;
        while (d > 0 && first % (stride * dims[d]) == 0 && count >= stride * dims[d])
            stride *= dims[d--];
        hsize_t to_end = d > 0 ? stride * dims[d] - first % (stride * dims[d]) : count;
        hsize_t most = (to_end < count ? to_end : count) / stride * stride;
        add_elements(space, dims, n_dim, d, stride, first, most);
        first += most;
        count -= most;
    }
}

static hid_t collective_transfer(void) {
    hid_t transfer = H5Pcreate(H5P_DATASET_XFER);
    H5Pset_dxpl_mpio(transfer, H5FD_MPIO_COLLECTIVE);
    return transfer;
}

bool mec_parallel_file_write(hid_t dataset, hid_t type, hid_t memory, hid_t space,
                             const void *values) {
    hid_t transfer = collective_transfer();
    bool good = H5Dwrite(dataset, type, memory, space, transfer, values) >= 0;
    H5Pclose(transfer);
    return good;
}

bool mec_parallel_file_read(hid_t dataset, hid_t type, hid_t memory, hid_t space, void *values) {
    hid_t transfer = collective_transfer();
    bool good = H5Dread(dataset, type, memory, space, transfer, values) >= 0;
    H5Pclose(transfer);
    return good;
}
