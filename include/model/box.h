/* A rectangular arena, in metres. */
#ifndef MEC_MODEL_BOX_H
#define MEC_MODEL_BOX_H

typedef struct mec_box {
    double min_x, max_x, min_y, max_y;
} mec_box;

#endif
