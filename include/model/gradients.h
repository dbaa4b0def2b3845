/* Gradients of a loss with respect to a network's parameters, in two stages.
 *
 * What is summed over a batch, and so over ranks, is one block without the upper half of W's
 * gradient, nor W_M's and b_M's: u_t is affine in the few inputs of a step, so all of these follow
 * from a small matrix, D = sum [x_t, 1]' [da_t | dd_t] (see model/network.c for its forward twin):
 *
 *     dW_top = [W_M; b_M]' D      [dW_M; db_M] = D W_top'      db = the last row of D
 *
 * The sum once there, any range of the parameters' gradient is made on the spot, which the size of
 * a cache asks for: at no time does the whole of it have to stand in memory. */
#ifndef MEC_MODEL_GRADIENTS_H
#define MEC_MODEL_GRADIENTS_H

#include <stddef.h>

#include "base/status.h"
#include "model/loss.h"
#include "model/network.h"
#include "numerics/real.h"

/* Views of `block`, in the order in which a backward pass has them ready. */
typedef struct mec_gradients {
    mec_network network;
    mec_real *block;                             /* (mec_gradients_count) to be summed */
    mec_real *w_dec, *b_dec, *w_dense, *b_dense; /* as the parameters */
    mec_real *w_bottom;                          /* (n_unit, 2 n_unit): rows of h of W */
    mec_real *drive;                             /* (n_input + 1, 2 n_unit): D */
    mec_real *w_enc, *b_enc;
    mec_real *inputs;        /* (n_input + 1, n_unit): [W_M; b_M] as it was, not summed */
    mec_real *inputs_slopes; /* (n_input + 1, n_unit): [dW_M; db_M], not summed */
} mec_gradients;

size_t mec_gradients_count(const mec_network *network);  /* numbers that are summed */
size_t mec_gradients_early(const mec_network *network);  /* of them, those of decoder and dense
                                                          * layer, which come first */
double mec_gradients_memory(const mec_network *network); /* bytes */
mec_code mec_gradients_create(mec_gradients *gradients, const mec_network *network,
                              mec_status *status);
void mec_gradients_destroy(mec_gradients *gradients);

/* After the sum: makes [dW_M; db_M], and keeps [W_M; b_M], so that ranges may be taken while the
 * parameters before them are already new. `weights` are those of the pass. Cost: one product
 * (n_input + 1, 2Ng) by (2Ng, Ng). */
void mec_gradients_close(mec_gradients *gradients, const mec_weights *weights);

/* Keeps parameters small: `decay` times the sum of squares of one of them is part of the loss. */
typedef struct mec_decay {
    double decay;
    mec_decay_on on;
} mec_decay;

/* `gradient` (count) of parameters first .. first + count - 1 of the block of `weights`, closed,
 * with that of the decay. The same numbers to the bit whatever the range. */
void mec_gradients_range(const mec_gradients *gradients, const mec_weights *weights,
                         mec_decay decay, size_t first, size_t count, mec_real *gradient);

#endif
