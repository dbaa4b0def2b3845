/* A sum of real numbers over ranks that goes on while the ranks compute.
 *
 * As in mec_sum_reals each rank adds up its share, in an order that depends on the number of ranks
 * alone, and hands it to all; but no call waits: messages are under way while the caller does
 * something else, and looks after them from time to time. Where the network moves memory by itself
 * that hides them; where processors copy, as between ranks of a node, it costs what it did. */
#ifndef MEC_PARALLEL_OVERLAPPED_SUM_H
#define MEC_PARALLEL_OVERLAPPED_SUM_H

#include <stddef.h>

#include "numerics/real.h"
#include "parallel/world.h"

typedef struct mec_overlapped_sum mec_overlapped_sum;

/* For sums of up to `most` numbers, at most MEC_OVERLAPPED_MOST. Local; the world must outlive it.
 * Takes room for the shares of others: about as much as the numbers. */
#define MEC_OVERLAPPED_MOST ((size_t)1 << 28)
mec_overlapped_sum *mec_overlapped_sum_create(const mec_world *world, size_t most,
                                              mec_status *status);
void mec_overlapped_sum_destroy(mec_overlapped_sum *sum);
double mec_overlapped_sum_memory(const mec_world *world, size_t most); /* bytes */

/* Begins to add up values (n) over all ranks: nobody else may touch them until the sum has ended.
 * Collective; n must agree; one sum at a time. */
void mec_overlapped_sum_start(mec_overlapped_sum *sum, size_t n, mec_real *values);

/* Goes on with what has arrived; returns at once. Local; nothing where no sum is under way. */
void mec_overlapped_sum_advance(mec_overlapped_sum *sum);

/* Waits for the end: values are the sum, on every rank. Collective. */
void mec_overlapped_sum_finish(mec_overlapped_sum *sum);

#endif
