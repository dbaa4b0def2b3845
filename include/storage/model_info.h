/* What a file says of the network that it holds, besides the network's numbers. */
#ifndef MEC_STORAGE_MODEL_INFO_H
#define MEC_STORAGE_MODEL_INFO_H

#include <stdint.h>

#include "model/network.h"

typedef struct mec_model_info {
    mec_network network;                  /* its activation only if known */
    bool knows_activation;                /* TensorFlow's checkpoints do not */
    bool has_moments;                     /* Adam's m and v, so that training can go on */
    int64_t step;                         /* updates of the weights so far */
    int64_t epoch;                        /* that have ended; -1: not known */
    double learning_rate, beta_1, beta_2; /* of Adam; NaN: not known */
} mec_model_info;

/* "UGRNN", or "CueUGRNN" where there are inputs beside velocity. */
const char *mec_network_type_name(const mec_network *network);

#endif
