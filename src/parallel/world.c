#include "parallel/world.h"

#include <dlfcn.h>
#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/memory.h"

/* MPI counts are ints: larger copies go in pieces. */
enum { PIECE = 1 << 30 };

/* Whether mpirun, srun or the like started this process. */
static bool has_launcher(void) {
    return getenv("OMPI_COMM_WORLD_SIZE") || getenv("PMIX_RANK");
}

/* Open MPI reads these at its start. */
static void set_mpi_defaults(void) {
    /* ROMIO rather than OMPIO, which lost writes under parallel HDF5 (open-mpi/ompi#12718). */
    setenv("OMPI_MCA_io", "^ompio", 0);
    /* Containers often forbid one process to read another's memory; the copy then goes through
     * shared memory, and the warning about it helps nobody. */
    setenv("OMPI_MCA_btl_vader_single_copy_mechanism", "none", 0);
    /* On one node nothing but shared memory is used: looking for network cards costs 0.2 s. */
    const char *here = getenv("OMPI_COMM_WORLD_LOCAL_SIZE");
    const char *all = getenv("OMPI_COMM_WORLD_SIZE");
    bool one_node = !has_launcher() || (here && all && strcmp(here, all) == 0);
    if (one_node && !getenv("OMPI_MCA_mtl"))
        setenv("OMPI_MCA_pml", "ob1", 0);
}

mec_code mec_world_start(mec_world *world, mec_status *status) {
    int provided = 0;
    set_mpi_defaults();
    if (MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS)
        return mec_fail(status, MEC_FAILED, "MPI could not be started");
    world->comm = MPI_COMM_WORLD;
    MPI_Comm_rank(world->comm, &world->rank);
    MPI_Comm_size(world->comm, &world->size);
    MPI_Comm_split_type(world->comm, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &world->node);
    MPI_Comm_rank(world->node, &world->node_rank);
    MPI_Comm_size(world->node, &world->node_size);
    int is_leader = world->node_rank == 0;
    MPI_Allreduce(&is_leader, &world->n_node, 1, MPI_INT, MPI_SUM, world->comm);
    mec_log_set_speaking(world->rank == 0);
    mec_fault_set_rank(world->rank);
    return MEC_OK;
}

typedef struct object_list {
    char **names;
    size_t n, capacity;
} object_list;

static int list_object(struct dl_phdr_info *object, size_t size, void *user) {
    (void)size;
    object_list *list = user;
    mec_status ignored = {0};
    char **names = mec_grow(list->names, list->n, &list->capacity, sizeof *names, &ignored);
    if (!names)
        return 1;
    list->names = names;
    names[list->n] = mec_copy_text(object->dlpi_name, &ignored);
    return names[list->n++] == NULL;
}

/* MPI_Finalize unloads Open MPI's plug-ins, and one of its threads may still be on its way through
 * them: a segmentation fault at the end of a process, one in some thousand. Here every loaded
 * object is told to stay. */
static void keep_objects_loaded(void) {
    object_list list = {0};
    dl_iterate_phdr(list_object, &list);
    for (size_t i = 0; i < list.n; i++) {
        if (list.names[i] && *list.names[i])
            dlopen(list.names[i], RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
        free(list.names[i]);
    }
    free(list.names);
}

void mec_world_end(mec_world *world) {
    MPI_Comm_free(&world->node);
    keep_objects_loaded();
    MPI_Finalize();
}

/* MPI_Finalize and the exit handlers of its libraries race with Open MPI's own threads now and then
 * (a segmentation fault, a damaged heap): a process that is alone has nobody to tell that it ends,
 * and its helper process goes when it goes. */
void mec_world_exit(mec_world *world, int code) {
    if (world->size > 1 || has_launcher())
        mec_world_end(world);
    fflush(NULL);
    _exit(code);
}

/* Tests often at first, then sleeps longer and longer: a short wait is short, a long one is free.
 */
static void wait_quietly(MPI_Request *request) {
    int done = 0;
    double nap = 0;
    for (int tries = 0;; tries++) {
        MPI_Test(request, &done, MPI_STATUS_IGNORE);
        if (done)
            return;
        if (tries < 50)
            continue;
        nap = nap < 1e-3 ? nap + 2e-5 : nap;
        mec_clock_sleep(nap);
    }
}

void mec_quiet_barrier(MPI_Comm comm) {
    MPI_Request request;
    MPI_Ibarrier(comm, &request);
    wait_quietly(&request);
}

mec_code mec_agree(const mec_world *world, mec_status *status) {
    int own = 2 * world->size; /* nothing to tell */
    if (status->code != MEC_OK)
        own = world->rank + (status->code == MEC_STOPPED ? world->size : 0);
    int teller = own;
    MPI_Request request;
    MPI_Iallreduce(&own, &teller, 1, MPI_INT, MPI_MIN, world->comm, &request);
    wait_quietly(&request);
    if (teller < 2 * world->size)
        MPI_Bcast(status, (int)sizeof *status, MPI_BYTE, teller % world->size, world->comm);
    return status->code;
}

void mec_broadcast(MPI_Comm comm, void *bytes, size_t size) {
    mec_quiet_barrier(comm);
    for (size_t done = 0; done < size; done += PIECE) {
        size_t piece = size - done < PIECE ? size - done : PIECE;
        MPI_Bcast((char *)bytes + done, (int)piece, MPI_BYTE, 0, comm);
    }
}

int mec_count_differing(const mec_world *world, const char *text) {
    char first[64] = "";
    if (world->rank == 0)
        snprintf(first, sizeof first, "%s", text);
    mec_broadcast(world->comm, first, sizeof first);
    int differs = strncmp(first, text, sizeof first - 1) != 0;
    int n = 0;
    MPI_Allreduce(&differs, &n, 1, MPI_INT, MPI_SUM, world->comm);
    return n;
}

mec_code mec_broadcast_block(const mec_world *world, void **block, size_t *size,
                             mec_status *status) {
    mec_broadcast(world->comm, size, sizeof *size);
    if (world->rank != 0)
        *block = mec_alloc(*size, 1, status);
    if (mec_fault_here("broadcast_block"))
        mec_fail(status, MEC_FAILED, "injected: no memory for a broadcast");
    if (mec_agree(world, status))
        return status->code;
    mec_broadcast(world->comm, *block, *size);
    return MEC_OK;
}
