/* A rectangular arena, in metres. */
#ifndef MEC_MODEL_BOX_H
#define MEC_MODEL_BOX_H

typedef struct mec_box {
    double min_x, max_x, min_y, max_y;
} mec_box;

/* What edges may differ by and count as equal, in m: 0.85 - 0.65 is not quite 0.2. */
#define MEC_BOX_ROUNDING 1e-9

#endif
