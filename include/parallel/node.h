/* Arrays of which a node holds one copy, whatever its number of ranks (MPI-3 shared memory).
 *
 * Shared memory comes out of a file system that can be small (containers often have 64 MiB), and a
 * window larger than that kills the job at its first touch: its free space is asked for first.
 * Where it does not suffice, every rank of that node holds a private copy, and the log says so.
 * Everything above works the same either way. */
#ifndef MEC_PARALLEL_NODE_H
#define MEC_PARALLEL_NODE_H

#include <stdbool.h>

#include "numerics/real.h"
#include "parallel/world.h"

typedef struct mec_node_array {
    union {
        double *data;
        mec_real *reals; /* of mec_node_array_create_reals */
    };
    size_t count, element_size;
    bool created, shared;
    MPI_Comm sharers; /* the ranks that see this copy */
    MPI_Comm holders; /* one rank of every copy, rank 0 of the world first; else MPI_COMM_NULL */
    void *counter;    /* the counter of mec_node_array_next */
    MPI_Win window;
} mec_node_array;

/* Room for `count` doubles, zeroed; `what` names it in messages. Collective; `count` and `what`
 * must agree, and the status is agreed. */
mec_code mec_node_array_create(const mec_world *world, size_t count, const char *what,
                               mec_node_array *array, mec_status *status);

/* The same of the numbers of a network. */
mec_code mec_node_array_create_reals(const mec_world *world, size_t count, const char *what,
                                     mec_node_array *array, mec_status *status);

/* Collective; a zeroed array is ignored. */
void mec_node_array_destroy(mec_node_array *array);

/* Copies elements [first, first + count) of rank 0's copy to all others. Collective. */
void mec_node_array_share(mec_node_array *array, size_t first, size_t count);

/* Waits for the ranks that see this copy and makes their writes visible. Collective. */
void mec_node_array_sync(mec_node_array *array);

/* The next number, from 0, of a counter that the ranks of a copy draw from: who is free takes the
 * next piece of work on the array. */
size_t mec_node_array_next(mec_node_array *array);

/* Sets the counter back to 0. Collective; implies mec_node_array_sync before and after. */
void mec_node_array_restart(mec_node_array *array);

#endif
