/* The settings of training a path integrator. A part of settings.h, which includes this. */
#ifndef MEC_JOBS_SETTINGS_TRAIN_H
#define MEC_JOBS_SETTINGS_TRAIN_H

#include "base/settings.h"

typedef struct train_settings {
    int64_t n_epochs, n_steps;
    double learning_rate, beta_1, beta_2, epsilon;
    double weight_decay;
    int weight_decay_on; /* mec_decay_on */
    double clip_norm;    /* 0: off */
    int64_t seed;
    int64_t trajectory_seed; /* MEC_AUTO: drawn from the seed by counters */
    char start_from[MEC_TEXT_SIZE];
    int64_t checkpoint_epochs, max_to_keep;
    bool keep_moments, recompute, shard_optimizer;
    mec_reals eval_seeds;
} train_settings;

/* The table; how many rows it has is checked where it is written. */
enum { N_TRAIN_KEY = 18 };
extern const mec_setting train_table[N_TRAIN_KEY];

#endif
