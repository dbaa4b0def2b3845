/* The settings of a job file as plain structs, one a section, and the tables behind them. Names,
 * defaults and accepted values are those of the README's settings table. */
#ifndef MEC_JOBS_SETTINGS_H
#define MEC_JOBS_SETTINGS_H

#include "base/settings.h"
#include "maps/map.h"
#include "settings_model.h"
#include "settings_train.h"

typedef struct run_settings {
    char output[MEC_TEXT_SIZE];
    int resume; /* mec_resume */
    double flush_seconds, log_seconds, time_limit, stop_seconds;
    int64_t threads, shards;
    int64_t group;                       /* MEC_AUTO: see fit/fit_groups.h */
    char memory_per_rank[MEC_TEXT_SIZE]; /* bytes, or empty: of the machine */
    char shard[MEC_TEXT_SIZE];           /* a number, or empty: of the SLURM array */
    size_t own_shard;                    /* no setting: which one it is, see shards.h */
} run_settings;

typedef struct data_settings {
    char dataset[MEC_TEXT_SIZE];
    char arenas[MEC_TEXT_SIZE];
    char half1[MEC_TEXT_SIZE], half2[MEC_TEXT_SIZE];
} data_settings;

typedef enum source_kind { SOURCE_ANIMALS, SOURCE_MODEL, SOURCE_RESPONSE } source_kind;

typedef enum source_mode { MODE_HOLDOUT, MODE_PAIRWISE } source_mode;

typedef struct source_settings {
    int kind; /* source_kind */
    int mode; /* source_mode */
    char response[MEC_TEXT_SIZE];
    char model[MEC_TEXT_SIZE];
    int layer; /* mec_layer */
} source_settings;

typedef struct splits_settings {
    mec_real_or_word train_frac; /* the words are MEC_SPLIT_NAMES */
    int64_t num_splits, split_start_seed;
    char shape_2d[MEC_TEXT_SIZE]; /* "rows x columns", or empty */
    char file[MEC_TEXT_SIZE];
    bool keep;
} splits_settings;

typedef struct fit_settings {
    uint32_t scores; /* a bit for every mec_score */
} fit_settings;

typedef enum map_type { MAP_SKLINEAR, MAP_PLS, MAP_CORR } map_type;

typedef struct map_settings {
    int type; /* map_type */
    mec_map_parameters parameters;
    bool warm_start; /* understood; changes nothing */
    int selection;   /* likewise */
    char per_cell[MEC_TEXT_SIZE];
} map_settings;

/* The map that the settings choose. */
const mec_map *map_settings_map(const map_settings *settings);

/* Whether regression_type plays a part: not for pls, nor where corr takes the best source. */
bool map_settings_regress(const map_settings *settings);

/* The keys of [map] that the map understands, besides those that choose it. */
enum { MAP_KEYS_SIZE = 256 };
void map_settings_keys(const map_settings *settings, char keys[MAP_KEYS_SIZE]);

typedef struct grid_settings {
    char alpha[MEC_TEXT_SIZE], l1_ratio[MEC_TEXT_SIZE]; /* numerics/range.h */
    int64_t folds;
    int cv_score;    /* mec_score */
    int certificate; /* mec_certificate */
    double tol;
    bool keep_scores;
    int64_t parts;
} grid_settings;

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

typedef struct import_settings {
    char from[MEC_TEXT_SIZE];
    char base_url[MEC_TEXT_SIZE];
} import_settings;

typedef struct job_settings {
    run_settings run;
    data_settings data;
    source_settings source;
    splits_settings splits;
    fit_settings fit;
    map_settings map;
    grid_settings grid;
    synth_settings synth;
    model_settings model;
    cues_settings cues;
    reward_settings reward;
    ratemaps_settings ratemaps;
    train_settings train;
    import_settings import;
} job_settings;

extern const mec_section_table job_section_table;

/* The section of this name, which is there. */
const mec_section *job_section(const char *name);

#endif
