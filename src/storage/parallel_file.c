#include "storage/parallel_file.h"

#include <stdlib.h>

#include "base/fault.h"
#include "base/memory.h"
#include "storage/h5.h"

/* Of this rank: something of a file that all have open could not be written. */
static bool has_failed = false;

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
    has_failed |= !good;
    H5Pclose(transfer);
    return good;
}

/* Ranks of one node share its page cache: from this size on each writes its stretch from where it
 * is. Through the one rank that writes for a node it would be copied twice more, which is slower
 * than the disk (tests/bench/scale_flush). Across nodes that rank spares a parallel file system
 * stretches of many nodes in one of its blocks. */
static const size_t DIRECT = (size_t)1 << 16;

/* MPI counts bytes in ints: a stretch goes in pieces, and so many pieces at once. */
static const size_t PIECE = (size_t)1 << 28;
enum { PIECES = 1 << 16 };
static const size_t AT_ONCE = (size_t)1 << 30;

/* What is left to write together, and the next pieces of it. */
typedef struct writing {
    const mec_stretch *stretches;
    size_t n;
    size_t direct; /* stretches of this size and more are written already */
    size_t begun;  /* bytes of the first that are written */
    int n_piece;
    int *sizes;
    MPI_Aint *places, *addresses; /* in the file, in memory */
} writing;

static mec_code take_room(writing *w, mec_status *status) {
    size_t most = 0;
    for (size_t i = 0; i < w->n && most < PIECES; i++)
        most += w->stretches[i].size / PIECE + 1;
    most = most < PIECES ? most : PIECES;
    w->sizes = mec_alloc(most, sizeof *w->sizes, status);
    w->places = mec_alloc(most, sizeof *w->places, status);
    w->addresses = mec_alloc(most, sizeof *w->addresses, status);
    return status->code;
}

/* Goes on to the next stretch that is to be written together, the first at hand included. */
static void skip_direct(writing *w) {
    while (w->n > 0 && w->stretches->size >= w->direct) {
        w->stretches++;
        w->n--;
    }
}

static void take_pieces(writing *w) {
    size_t total = 0;
    w->n_piece = 0;
    while (w->n > 0 && w->n_piece < PIECES && total + PIECE <= AT_ONCE) {
        const mec_stretch *s = w->stretches;
        size_t size = s->size - w->begun < PIECE ? s->size - w->begun : PIECE;
        w->sizes[w->n_piece] = (int)size;
        w->places[w->n_piece] = (MPI_Aint)(s->place + w->begun);
        MPI_Get_address((const char *)s->values + w->begun, &w->addresses[w->n_piece++]);
        total += size;
        w->begun += size;
        if (w->begun == s->size) {
            w->stretches++;
            w->n--;
            w->begun = 0;
            skip_direct(w);
        }
    }
}

/* Writes what goes straight from this rank's memory into the file; MPI_SUCCESS or MPI's error. */
static int write_direct(MPI_File file, const mec_stretch *stretches, size_t n, size_t direct) {
    int error = MPI_SUCCESS;
    for (size_t i = 0; i < n; i++) {
        const mec_stretch *s = &stretches[i];
        for (size_t at = 0; s->size >= direct && at < s->size && error == MPI_SUCCESS;) {
            size_t size = s->size - at < PIECE ? s->size - at : PIECE;
            error = MPI_File_write_at(file, (MPI_Offset)s->place + (MPI_Offset)at,
                                      (const char *)s->values + at, (int)size, MPI_BYTE,
                                      MPI_STATUS_IGNORE);
            at += size;
        }
    }
    return error;
}

static MPI_Datatype make_type(const writing *w, const MPI_Aint *starts) {
    MPI_Datatype type;
    MPI_Type_create_hindexed(w->n_piece, w->sizes, starts, MPI_BYTE, &type);
    MPI_Type_commit(&type);
    return type;
}

/* Through HDF5's own handle, whose view of the file is given back as it was. */
static int write_pieces(MPI_File file, const writing *w) {
    MPI_Datatype in_file = make_type(w, w->places);
    MPI_Datatype in_memory = make_type(w, w->addresses);
    bool some = w->n_piece > 0; /* a view needs a type that is not empty */
    char native[] = "native";
    int failed[] = {
        MPI_File_set_view(file, 0, MPI_BYTE, some ? in_file : MPI_BYTE, native, MPI_INFO_NULL),
        MPI_File_write_at_all(file, 0, MPI_BOTTOM, some, some ? in_memory : MPI_BYTE,
                              MPI_STATUS_IGNORE),
        MPI_File_set_view(file, 0, MPI_BYTE, MPI_BYTE, native, MPI_INFO_NULL)};
    MPI_Type_free(&in_file);
    MPI_Type_free(&in_memory);
    for (int i = 0; i < 3; i++)
        if (failed[i] != MPI_SUCCESS)
            return failed[i];
    return MPI_SUCCESS;
}

static mec_code fail_to_write(const mec_world *world, int error, mec_status *status) {
    char reason[MPI_MAX_ERROR_STRING] = "";
    int length = 0;
    has_failed = true;
    MPI_Error_string(error, reason, &length);
    return mec_fail(status, MEC_FAILED, "cannot be written on rank %d: MPI says: %s", world->rank,
                    reason);
}

static bool any(const mec_world *world, bool own) {
    int found = own;
    MPI_Allreduce(MPI_IN_PLACE, &found, 1, MPI_INT, MPI_MAX, world->comm);
    return found;
}

mec_code mec_parallel_file_write_stretches(const mec_world *world, hid_t file,
                                           const mec_stretch *stretches, size_t n,
                                           mec_status *status) {
    writing w = {.stretches = stretches, .n = n, .direct = world->n_node == 1 ? DIRECT : SIZE_MAX};
    MPI_File *handle = NULL;
    if (status->code == MEC_OK)
        take_room(&w, status);
    if (H5Fget_vfd_handle(file, H5P_DEFAULT, (void **)&handle) < 0)
        mec_h5_fail(status, MEC_FAILED, "has no handle of MPI");
    if (mec_agree(world, status) == MEC_OK) {
        int direct_error = write_direct(*handle, stretches, n, w.direct);
        if (direct_error != MPI_SUCCESS)
            fail_to_write(world, direct_error, status);
        skip_direct(&w);
        while (any(world, w.n > 0)) {
            take_pieces(&w);
            int error = write_pieces(*handle, &w);
            if (error != MPI_SUCCESS)
                fail_to_write(world, error, status);
        }
        mec_agree(world, status);
    }
    free(w.sizes);
    free(w.places);
    free(w.addresses);
    return status->code;
}

bool mec_parallel_file_read(hid_t dataset, hid_t type, hid_t memory, hid_t space, void *values) {
    hid_t transfer = H5Pcreate(H5P_DATASET_XFER);
    H5Pset_dxpl_mpio(transfer, H5FD_MPIO_COLLECTIVE);
    bool good = H5Dread(dataset, type, memory, space, transfer, values) >= 0;
    H5Pclose(transfer);
    return good;
}

mec_code mec_parallel_file_sync(const mec_world *world, hid_t file, const char *path,
                                mec_status *status) {
    H5Eclear2(H5E_DEFAULT);
    if (H5Fflush(file, H5F_SCOPE_GLOBAL) < 0) {
        has_failed = true;
        mec_h5_fail(status, MEC_FAILED, "%s: cannot be synced on rank %d", path, world->rank);
    }
    return status->code;
}

mec_code mec_parallel_file_close(const mec_world *world, hid_t file, const char *path,
                                 mec_status *status) {
    H5Eclear2(H5E_DEFAULT);
    if (any(world, has_failed)) {
        mec_world_forgo_end();
        mec_fail(status, MEC_FAILED, "%s: was not closed, after it could not be written", path);
    } else if (H5Fclose(file) < 0) {
        mec_h5_fail(status, MEC_FAILED, "%s: cannot be closed on rank %d", path, world->rank);
    }
    return status->code;
}
