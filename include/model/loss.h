/* What training makes small: how far the network's answers are from the place code, or from the
 * position itself (Cueva & Wei, ICLR 2018), and a penalty on the size of weights. Sums are doubles,
 * so that they do not depend on how many there are. */
#ifndef MEC_MODEL_LOSS_H
#define MEC_MODEL_LOSS_H

#include <stddef.h>

#include "model/network.h"
#include "numerics/real.h"

/* The mean over rows of the cross-entropy between place codes `target` (n, n_place) and the softmax
 * of `logits` (n, n_place), the layer dc. */
double mec_loss_cross_entropy(size_t n, size_t n_place, const mec_real *target,
                              const mec_real *logits);

/* The mean over rows of the entropy of place codes `target` (n, n_place): the least cross-entropy
 * that any logits have. */
double mec_loss_entropy(size_t n, size_t n_place, const mec_real *target);

/* The mean squared difference of two (n, n_place). */
double mec_loss_squared(size_t n, size_t n_place, const mec_real *target, const mec_real *output);

/* Which of the two a network is trained by. */
typedef enum mec_loss { MEC_LOSS_CROSS_ENTROPY, MEC_LOSS_SQUARED } mec_loss;

/* `gradient` (n, n_place) of that mean with respect to `output` (n, n_place), logits or positions,
 * where the mean is over `n_total` rows, of which these n may be a part. */
void mec_loss_gradient(mec_loss loss, size_t n, size_t n_total, size_t n_place,
                       const mec_real *target, const mec_real *output, mec_real *gradient);

/* Which of the recurrent cell's weights are kept small: the reference takes its second one, which
 * is the bias. */
typedef enum mec_decay_on {
    MEC_DECAY_ON_BIAS,
    MEC_DECAY_ON_RECURRENT,
    MEC_N_DECAY_ON
} mec_decay_on;
extern const char *const MEC_DECAY_ON_NAMES[MEC_N_DECAY_ON + 1]; /* "bias", "recurrent", NULL */

/* `decay` times the sum of squares of b or of W. */
double mec_loss_decay(const mec_weights *weights, double decay, mec_decay_on on);

#endif
