/* Scores of many predictions of the same held-out states, one after another. What depends on the
 * responses alone is worked out once. The definitions are those of maps/scores.h. Only
 * src/maps/grid*.c look in here. */
#ifndef MEC_MAPS_GRID_SCORE_H
#define MEC_MAPS_GRID_SCORE_H

#include "maps/scores.h"

/* One cell's responses to the states that a fold holds out. */
typedef struct mec_held_out {
    size_t n;
    const double *y;   /* (n) */
    double *deviation; /* (n) room for y less its mean, scaled */
    double intercept;  /* what is added to predictions */
    bool is_constant;  /* no two responses differ */
    double scale;      /* of the deviations */
    double squares;    /* of the deviations, summed */
} mec_held_out;

/* Works out the rest from n, y and intercept. */
void mec_held_out_start(mec_held_out *h);

/* The score of a prediction (n) without the intercept. `varies`: whether it can differ between
 * states at all; where it cannot, rounding shall not make it look as if it did. */
double mec_held_out_score(const mec_held_out *h, mec_score score, const double *prediction,
                          bool varies);

#endif
