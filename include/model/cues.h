/* Cues: rectangles of a box whose distance is felt. */
#ifndef MEC_MODEL_CUES_H
#define MEC_MODEL_CUES_H

#include <stddef.h>

#include "base/status.h"
#include "model/box.h"

/* An axis-aligned rectangle, in metres. */
typedef struct mec_cue {
    double x, y; /* centre */
    double width, height;
} mec_cue;

/* The distance in m from a point to the rectangle, 0 inside it. */
double mec_cue_distance(const mec_cue *cue, double x, double y);

/* MEC_REFUSED unless every cue has a size and lies inside the box (at most reaching its walls), and
 * no two overlap or touch. Cues are counted from 1. */
mec_code mec_cues_check(const mec_cue *cues, size_t n_cue, const mec_box *box, mec_status *status);

#endif
