/* Adam (Kingma & Ba, ICLR 2015) as Keras and TensorFlow 2.0 have it:
 *
 *     m += (g - m) (1 - beta_1)      v += (g^2 - v) (1 - beta_2)
 *     w -= r_t m / (sqrt(v) + epsilon),  r_t = rate sqrt(1 - beta_2^t) / (1 - beta_1^t)
 *
 * Every parameter is by itself, so that any range of a block may be moved by anyone. The betas are
 * those that a float holds, as in TensorFlow: 1 - beta_2 is 1.3e-5 off otherwise. */
#ifndef MEC_MODEL_ADAM_H
#define MEC_MODEL_ADAM_H

#include <stddef.h>
#include <stdint.h>

#include "model/gradients.h"
#include "model/network.h"
#include "numerics/real.h"

typedef struct mec_adam {
    double learning_rate;
    double beta_1, beta_2; /* 0.9, 0.999 */
    double epsilon;        /* 1e-7 */
    double clip_norm;      /* the largest norm that a gradient keeps; 0: any */
} mec_adam;

/* The step `t` (1, 2, ...) of n parameters `w`, with moments `m` and `v`, by `factor` times the
 * `gradient`; all (n). */
void mec_adam_move(const mec_adam *adam, uint64_t t, double factor, size_t n,
                   const mec_real *gradient, mec_real *w, mec_real *m, mec_real *v);

/* A rank's share of the parameters: numbers first .. first + count - 1 of their block, and the
 * moments (count) of these. */
typedef struct mec_share {
    size_t first, count;
    mec_real *m, *v;
} mec_share;

/* The same of a share, by gradients that are closed. The gradient is made piece by piece where it
 * is used. Cost: seven passes through memory of the share's size. */
void mec_adam_move_share(const mec_adam *adam, uint64_t t, double factor,
                         const mec_gradients *gradients, mec_decay decay,
                         const mec_weights *weights, const mec_share *share);

/* The sum of the squares of a share's gradient, decay included. To the bit the same for the same
 * share; shares may be added in any fixed order. */
double mec_adam_sum_of_squares(const mec_gradients *gradients, mec_decay decay,
                               const mec_weights *weights, size_t first, size_t count);

/* The factor that brings a gradient of this sum of squares, over all parameters, to at most
 * `clip_norm` (Pascanu, Mikolov & Bengio, ICML 2013). NaN where the gradient is not finite. */
double mec_adam_clip_factor(const mec_adam *adam, double sum_of_squares);

#endif
