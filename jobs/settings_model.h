/* The settings of a path integrator and of what is done with one: [model], [cues], [reward] and
 * [ratemaps]. The other half of settings.h, which includes this. */
#ifndef MEC_JOBS_SETTINGS_MODEL_H
#define MEC_JOBS_SETTINGS_MODEL_H

#include "base/settings.h"

typedef enum rnn_type { RNN_UGRNN, RNN_CUE_UGRNN } rnn_type;

typedef struct model_settings {
    int rnn_type;   /* rnn_type */
    int activation; /* mec_activation */
    int64_t n_unit, n_place;
    double place_cell_rf, surround_scale;
    bool dog, place_cell_identity;
    double box_width, box_height;      /* NaN: auto */
    double min_x, max_x, min_y, max_y; /* likewise */
    int64_t sequence_length, batch_size;
    double dt;
    char file[MEC_TEXT_SIZE];
    char load_dir[MEC_TEXT_SIZE], run_id[MEC_TEXT_SIZE], ckpt_file[MEC_TEXT_SIZE];
    bool random_init;
} model_settings;

typedef struct cues_settings {
    mec_rows cue; /* x, y of the centre, width, height */
    double cue_prob;
} cues_settings;

typedef struct reward_settings {
    double zone_size, zone_prob;
    double zone_x_offset, zone_y_offset;
    double zone_min_x, zone_max_x, zone_min_y, zone_max_y;
    int64_t navigate_timesteps;
} reward_settings;

typedef struct ratemaps_settings {
    uint32_t layers; /* a bit for every mec_layer */
    double bin_cm;
    int64_t nbins; /* MEC_AUTO: from bin_cm */
    int64_t n_eval_seq;
    mec_reals trajectory_seed;
    mec_rows environment; /* min_x, max_x, min_y, max_y */
} ratemaps_settings;

/* The tables; how many rows each has is checked where it is written. */
enum { N_MODEL_KEY = 22, N_CUES_KEY = 2, N_REWARD_KEY = 9, N_RATEMAPS_KEY = 6 };
extern const mec_setting model_table[N_MODEL_KEY];
extern const mec_setting cues_table[N_CUES_KEY];
extern const mec_setting reward_table[N_REWARD_KEY];
extern const mec_setting ratemaps_table[N_RATEMAPS_KEY];

#endif
