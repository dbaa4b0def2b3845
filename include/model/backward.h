/* The backward pass of a path integrator through time: gradients of the loss with respect to its
 * parameters, of a batch or of a rank's part of one. No MPI here: sums over ranks, weight decay and
 * the step itself come after (model/gradients.h, model/adam.h). */
#ifndef MEC_MODEL_BACKWARD_H
#define MEC_MODEL_BACKWARD_H

#include <stddef.h>

#include "base/status.h"
#include "model/gradients.h"
#include "model/loss.h"
#include "model/network.h"
#include "numerics/real.h"

/* Working memory, for batches of up to `batch_size` walks of `sequence_length` steps. */
typedef struct mec_backward mec_backward;

/* What else is to be looked after while a pass goes on. Called once the first `n_ready` numbers of
 * what is summed (gradients->block) are final, those of the layers behind the recurrence, as many
 * in every pass; then after every step back through time. */
typedef struct mec_backward_beat {
    void (*call)(void *self, size_t n_ready); /* NULL: nothing */
    void *self;
} mec_backward_beat;

mec_backward *mec_backward_create(const mec_network *network, size_t batch_size,
                                  size_t sequence_length, mec_status *status);
void mec_backward_destroy(mec_backward *backward);
void mec_backward_set_beat(mec_backward *backward, mec_backward_beat beat);
double mec_backward_memory(const mec_network *network, size_t batch_size,
                           size_t sequence_length); /* bytes */

/* What a pass learns from: rows are states of all steps, t * batch + i. */
typedef struct mec_lesson {
    const mec_real *code;   /* (batch, n_place) of the initial positions */
    const mec_real *input;  /* (T, batch, n_input), as the forward pass had it */
    const mec_real *target; /* (T, batch, n_place): place codes, or positions */
    mec_loss loss;
    size_t n_total; /* states that the loss is the mean of: those of all ranks' parts */
} mec_lesson;

/* Writes what is summed (gradients->block) of the last pass of `forward`, made for training, with
 * weights `weights`. A batch of 0 gives zeros. Cost: twice that of the forward pass; where not all
 * gates were kept, its recurrence once more. */
void mec_backward_run(mec_backward *backward, mec_forward *forward, const mec_weights *weights,
                      const mec_lesson *lesson, mec_gradients *gradients);

#endif
