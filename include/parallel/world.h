/* The ranks of a run: start and end of MPI, who shares a node, agreement on failures, and waiting
 * without using a core.
 *
 * A collective function here and above follows one pattern: local work, then mec_agree, then
 * communicate. A rank that fails alone reaches the agreement like the others, so nobody hangs and
 * all return the same status. */
#ifndef MEC_PARALLEL_WORLD_H
#define MEC_PARALLEL_WORLD_H

#include <stddef.h>

#include <mpi.h>

#include "base/status.h"

typedef struct mec_world {
    MPI_Comm comm; /* all ranks */
    int rank, size;
    MPI_Comm node; /* those that share memory with this one */
    int node_rank, node_size;
    int n_node;
    /* Processes of this one's step of which MPI knows this one alone, as where another MPI's
     * launcher started them: they would all do the same. 0: none. */
    int n_apart;
} mec_world;

/* How many processes the launcher started, this one among them, without a way to find one another,
 * as srun does where it is told of no interface for MPI: each would do all of the work. 0: they
 * have one, or there are no others. To be asked before MPI is started, which would fail. */
int mec_world_count_separate(void);

/* Starts MPI (with the settings of the MPI library that this program relies on, unless the user has
 * set them) and silences the log of all ranks but 0. Collective over all processes. */
mec_code mec_world_start(mec_world *world, mec_status *status);

/* The ranks that give the same color, in their order, as a world of their own, of which only comm,
 * rank and size are set; MPI_UNDEFINED: none, a world of size 0. Collective. */
mec_world mec_world_part(const mec_world *world, int color);
void mec_world_part_free(mec_world *part);

/* Ends MPI. Collective. */
void mec_world_end(mec_world *world);

/* Ends MPI and the process, with `code`, without what libraries do at exit; nothing can be printed
 * any more. Collective. */
_Noreturn void mec_world_exit(mec_world *world, int code);

/* The run will end without MPI's own end, in which libraries would wait for one another: something
 * failed after which they can no more. On every rank. */
void mec_world_forgo_end(void);

/* Gives every rank the status of the rank that failed (the lowest one; a failure comes before a
 * stop), or leaves MEC_OK. Collective; ranks that arrive early sleep. */
mec_code mec_agree(const mec_world *world, mec_status *status);

/* Waits until every rank of `comm` is here, asleep. Collective. */
void mec_quiet_barrier(MPI_Comm comm);

/* Copies `size` bytes from rank 0 to all, any size. Collective; ranks that arrive early sleep. */
void mec_broadcast(MPI_Comm comm, void *bytes, size_t size);

/* How many ranks hold a text other than rank 0's. Collective. */
int mec_count_differing(const mec_world *world, const char *text);

/* Gives every rank a copy of rank 0's block: `*block` and `*size` are read on rank 0 and set on the
 * others, whose block is owned by the caller. Collective; the status is agreed. */
mec_code mec_broadcast_block(const mec_world *world, void **block, size_t *size,
                             mec_status *status);

#endif
