/* One step of a random walk in a box: straight on, then a turn; slower and away from a wall that is
 * near (Raudies & Hasselmo, PLoS Comput Biol 2012, as Sorscher et al., NeurIPS 2019, have it). */
#ifndef MEC_MODEL_WALKER_H
#define MEC_MODEL_WALKER_H

#include "model/box.h"

typedef struct mec_walker {
    double x, y;    /* m */
    double heading; /* rad, any number of turns */
} mec_walker;

/* Moves on for `dt` seconds at `speed` (m/s) and then turns by `turn` (rad/s); `moved` (2) is the
 * step in m. */
void mec_walker_step(mec_walker *walker, const mec_box *box, double dt, double speed, double turn,
                     double moved[2]);

#endif
