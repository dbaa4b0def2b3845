/* The settings of a job file as plain structs, one a section, and the tables behind them. Names,
 * defaults and accepted values are those of the README's settings table. */
#ifndef MEC_JOBS_SETTINGS_H
#define MEC_JOBS_SETTINGS_H

#include "base/settings.h"

typedef struct run_settings {
    char output[MEC_TEXT_SIZE];
    int resume; /* mec_resume */
    double flush_seconds, log_seconds, time_limit;
    int64_t threads;
} run_settings;

typedef struct data_settings {
    char dataset[MEC_TEXT_SIZE];
    char arenas[MEC_TEXT_SIZE];
} data_settings;

typedef enum source_mode { MODE_HOLDOUT, MODE_PAIRWISE } source_mode;

typedef struct source_settings {
    int kind;
    int mode; /* source_mode */
} source_settings;

typedef struct splits_settings {
    double train_frac;
    int64_t num_splits, split_start_seed;
} splits_settings;

typedef struct fit_settings {
    uint32_t scores; /* a bit for every mec_score */
} fit_settings;

typedef struct map_settings {
    int type;
    int regression_type; /* for mec_map_at */
    double alpha;
    bool fit_intercept;
} map_settings;

typedef enum synth_noise { NOISE_POISSON, NOISE_NONE } synth_noise;

typedef struct synth_settings {
    char arenas[MEC_TEXT_SIZE];
    double side_m, bin_cm;
    int64_t n_animals, n_cells;
    double fraction_grid, fraction_place, fraction_border;
    double peak_hz;
    int noise; /* synth_noise */
    double unvisited;
    int64_t seed;
} synth_settings;

typedef struct job_settings {
    run_settings run;
    data_settings data;
    source_settings source;
    splits_settings splits;
    fit_settings fit;
    map_settings map;
    synth_settings synth;
} job_settings;

extern const mec_section_table job_section_table;

#endif
