#include "parallel/world.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/slurm.h"
#include "base/stop.h"

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

/* How many processes the launcher says there are. */
static int launcher_size(void) {
    const char *others = getenv("PMI_SIZE"); /* of another MPI's launcher */
    int n = mec_slurm_step_size();
    return others && atoi(others) > n ? atoi(others) : n;
}

int mec_world_count_separate(void) {
    bool can_connect = has_launcher() || getenv("PMI_RANK") || getenv("PMI_FD");
    int n = launcher_size();
    return n > 1 && !can_connect ? n : 0;
}

mec_code mec_world_start(mec_world *world, mec_status *status) {
    int provided = 0;
    bool launched = has_launcher(); /* MPI itself makes it look so */
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
    int n = launcher_size();
    world->n_apart = !launched && world->size == 1 && n > 1 ? n : 0;
    mec_log_set_speaking(world->rank == 0);
    mec_fault_set_rank(world->rank);
    return MEC_OK;
}

mec_world mec_world_part(const mec_world *world, int color) {
    mec_world part = {.node = MPI_COMM_NULL};
    MPI_Comm_split(world->comm, color, world->rank, &part.comm);
    if (part.comm == MPI_COMM_NULL)
        return part;
    MPI_Comm_rank(part.comm, &part.rank);
    MPI_Comm_size(part.comm, &part.size);
    return part;
}

void mec_world_part_free(mec_world *part) {
    if (part->size > 0)
        MPI_Comm_free(&part->comm);
    *part = (mec_world){0};
}

void mec_world_end(mec_world *world) {
    MPI_Comm_free(&world->node);
    MPI_Finalize();
}

static int exit_code;
static bool forgoes_end = false;

static void leave(int signal_number) {
    (void)signal_number;
    _exit(exit_code);
}

/* MPI_Finalize races with Open MPI's own threads now and then: a segmentation fault or a complaint
 * about the heap, once in some thousand runs, after all work is done and told. What this process
 * came to is decided by then, so such an end counts as the one it was about to have, and is not
 * told of. */
static void prepare_to_leave(int code) {
    static const int signals[] = {SIGSEGV, SIGABRT, SIGBUS, SIGILL, SIGFPE};
    struct sigaction action = {.sa_handler = leave};
    exit_code = code;
    mec_stop_end();
    fflush(NULL);
    int nowhere = open("/dev/null", O_WRONLY);
    if (nowhere >= 0)
        dup2(nowhere, STDERR_FILENO);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaction(signals[i], &action, NULL);
}

void mec_world_forgo_end(void) {
    forgoes_end = true;
}

void mec_world_exit(mec_world *world, int code) {
    prepare_to_leave(code);
    mec_quiet_barrier(world->comm); /* mpirun ends all after the first one that fails */
    if (!forgoes_end)
        mec_world_end(world);
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
