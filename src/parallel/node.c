#include "parallel/node.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/fault.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "parallel/budget.h"

/* The counter lies in front of the data, more than a cache line away. */
enum { HEAD = 128 };
/* Left free for the MPI library's own segments. */
static const double SPARE_BYTES = 16.0 * 1024 * 1024;

/* Where Open MPI keeps shared windows. */
static const char *backing_directory(void) {
    const char *directory = getenv("OMPI_MCA_osc_sm_backing_directory");
    return directory ? directory : "/dev/shm";
}

static bool has_room(size_t bytes) {
    struct statvfs fs;
    if (mec_fault_here("shared_memory_space"))
        return false;
    if (statvfs(backing_directory(), &fs) != 0)
        return false;
    return (double)bytes + SPARE_BYTES <= (double)fs.f_bavail * (double)fs.f_frsize;
}

/* The same answer on every rank of a node; one line if any node is short. */
static bool decide_shared(const mec_world *world, size_t bytes, const char *what) {
    int fits = world->node_size > 1 && (world->node_rank != 0 || has_room(bytes));
    MPI_Bcast(&fits, 1, MPI_INT, 0, world->node);
    int is_short = world->node_rank == 0 && world->node_size > 1 && !fits;
    int n_short = 0;
    MPI_Allreduce(&is_short, &n_short, 1, MPI_INT, MPI_SUM, world->comm);
    char size[32];
    mec_text_from_bytes((double)bytes, size, sizeof size);
    if (n_short > 0)
        mec_log("%s: %s of shared memory are needed, and %s has less free on %d of %d nodes: every "
                "rank there keeps a copy of its own",
                what, size, backing_directory(), n_short, world->n_node);
    return fits;
}

static char *allocate_shared(const mec_world *world, size_t bytes, mec_node_array *array) {
    char *block = NULL;
    MPI_Aint own = world->node_rank == 0 ? (MPI_Aint)bytes : 0;
    MPI_Win_allocate_shared(own, 1, MPI_INFO_NULL, world->node, &block, &array->window);
    int unit = 0;
    MPI_Win_shared_query(array->window, 0, &own, &unit, &block);
    MPI_Win_lock_all(MPI_MODE_NOCHECK, array->window);
    return block;
}

static mec_code create(const mec_world *world, size_t count, size_t element_size, const char *what,
                       mec_node_array *array, mec_status *status) {
    double needed = (double)HEAD + (double)count * (double)element_size;
    *array = (mec_node_array){0};
    if (mec_budget_check(world, what, &(mec_budget){.node = needed},
                         "a smaller one, or nodes with more memory", status))
        return status->code;
    size_t bytes = HEAD + count * element_size;
    *array = (mec_node_array){.count = count, .element_size = element_size, .created = true};
    array->shared = decide_shared(world, bytes, what);
    char *block =
        array->shared ? allocate_shared(world, bytes, array) : mec_alloc(bytes, 1, status);
    if (mec_fault_here("node_array_create"))
        mec_fail(status, MEC_FAILED, "injected: no memory for %s", what);
    array->counter = block;
    array->data = block ? (double *)(void *)(block + HEAD) : NULL;
    MPI_Comm_dup(array->shared ? world->node : MPI_COMM_SELF, &array->sharers);
    bool holds = !array->shared || world->node_rank == 0;
    MPI_Comm_split(world->comm, holds ? 0 : MPI_UNDEFINED, world->rank, &array->holders);
    if (mec_agree(world, status))
        mec_node_array_destroy(array);
    else
        mec_node_array_restart(array);
    return status->code;
}

mec_code mec_node_array_create(const mec_world *world, size_t count, const char *what,
                               mec_node_array *array, mec_status *status) {
    return create(world, count, sizeof *array->data, what, array, status);
}

mec_code mec_node_array_create_reals(const mec_world *world, size_t count, const char *what,
                                     mec_node_array *array, mec_status *status) {
    return create(world, count, sizeof *array->reals, what, array, status);
}

void mec_node_array_destroy(mec_node_array *array) {
    if (!array->created)
        return;
    if (array->shared) {
        MPI_Win_unlock_all(array->window);
        MPI_Win_free(&array->window);
    } else {
        free(array->counter);
    }
    MPI_Comm_free(&array->sharers);
    if (array->holders != MPI_COMM_NULL)
        MPI_Comm_free(&array->holders);
    *array = (mec_node_array){0};
}

void mec_node_array_sync(mec_node_array *array) {
    if (array->shared)
        MPI_Win_sync(array->window);
    mec_quiet_barrier(array->sharers);
    if (array->shared)
        MPI_Win_sync(array->window);
}

void mec_node_array_share(mec_node_array *array, size_t first, size_t count) {
    if (array->holders != MPI_COMM_NULL)
        mec_broadcast(array->holders, (char *)array->data + first * array->element_size,
                      count * array->element_size);
    mec_node_array_sync(array);
}

size_t mec_node_array_next(mec_node_array *array) {
    return atomic_fetch_add((atomic_size_t *)array->counter, 1);
}

void mec_node_array_restart(mec_node_array *array) {
    int rank = 0;
    MPI_Comm_rank(array->sharers, &rank);
    mec_node_array_sync(array);
    if (rank == 0)
        atomic_store((atomic_size_t *)array->counter, 0);
    mec_node_array_sync(array);
}
