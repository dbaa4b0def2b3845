#include "settings.h"

#include "maps/map.h"
#include "maps/scores.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

#define AT(member) offsetof(run_settings, member)
static const mec_setting run_table[] = {
    {"output", MEC_SETTING_PATH, AT(output), "", NULL, NULL, NULL,
     "file to write; directories are created"},
    {"resume", MEC_SETTING_WORD, AT(resume), "auto", "auto never overwrite", NULL, NULL,
     "what to do where the file exists: go on if it is this run's own, refuse, replace"},
    {"flush_seconds", MEC_SETTING_REAL, AT(flush_seconds), "30", "(0, inf)", NULL, "s",
     "time between writes: what a kill can lose"},
    {"log_seconds", MEC_SETTING_REAL, AT(log_seconds), "10", "(0, inf)", NULL, "s",
     "time between progress lines where there is no terminal"},
    {"threads", MEC_SETTING_INT, AT(threads), "1", "[1, 1024]", NULL, NULL, "BLAS threads a rank"},
    {"time_limit", MEC_SETTING_REAL, AT(time_limit), "0", "[0, inf)", NULL, "s",
     "saves and stops after this time; 0: none"},
};
#undef AT

#define AT(member) offsetof(data_settings, member)
static const mec_setting data_table[] = {
    {"dataset", MEC_SETTING_PATH, AT(dataset), "", NULL, NULL, NULL,
     "recordings: file.h5, or file.h5:/group"},
    {"arenas", MEC_SETTING_TEXT, AT(arenas), "", NULL, NULL, NULL,
     "arenas to use, separated by commas; empty: all"},
};
#undef AT

#define AT(member) offsetof(source_settings, member)
static const mec_setting source_table[] = {
    {"kind", MEC_SETTING_WORD, AT(kind), "animals", "animals", "model response", NULL,
     "what predicts the target animal"},
    {"mode", MEC_SETTING_WORD, AT(mode), "holdout", "holdout pairwise", NULL, NULL,
     "holdout: all other animals together; pairwise: one at a time"},
};
#undef AT

#define AT(member) offsetof(splits_settings, member)
static const mec_setting splits_table[] = {
    {"train_frac", MEC_SETTING_REAL, AT(train_frac), "0.2", "(0, 1)",
     "topbottom leftright diag1 diag2 quad", NULL, "fraction of the states that train"},
    {"num_splits", MEC_SETTING_INT, AT(num_splits), "10", "[1, 1000000]", NULL, NULL,
     "number of random splits"},
    {"split_start_seed", MEC_SETTING_INT, AT(split_start_seed), "0", "[0, 4294967295]", NULL, NULL,
     "seed of the first split; each next one is higher by 1"},
};
#undef AT

#define AT(member) offsetof(fit_settings, member)
static const mec_setting fit_table[] = {
    {"scores", MEC_SETTING_WORDS, AT(scores), "corr, r2, mse", MEC_SCORE_NAMES, "rsa neg_emd", NULL,
     "scores to compute"},
};
#undef AT

#define AT(member) offsetof(map_settings, member)
static const mec_setting map_table[] = {
    {"type", MEC_SETTING_WORD, AT(type), "sklinear", "sklinear", "pls corr", NULL, "kind of map"},
    {"regression_type", MEC_SETTING_WORD, AT(regression_type), "Ridge", MEC_REGRESSION_NAMES,
     "LinearRegression Lasso ElasticNet RidgeCV LassoCV ElasticNetCV MultiTaskLasso "
     "MultiTaskElasticNet LassoLars BayesianRidge identity",
     NULL, "regression, by scikit-learn's name"},
    {"alpha", MEC_SETTING_REAL, AT(alpha), "1.0", "[0, inf)", NULL, NULL, "penalty"},
    {"fit_intercept", MEC_SETTING_BOOL, AT(fit_intercept), "yes", NULL, NULL, NULL,
     "whether to fit an intercept"},
};
#undef AT

#define AT(member) offsetof(synth_settings, member)
static const mec_setting synth_table[] = {
    {"arenas", MEC_SETTING_TEXT, AT(arenas), "1.0", NULL, NULL, NULL,
     "names, separated by commas; a number is the side in metres"},
    {"side_m", MEC_SETTING_REAL, AT(side_m), "1.0", "[0.1, 100]", NULL, "m",
     "side of the arenas whose name is not a number"},
    {"n_animals", MEC_SETTING_INT, AT(n_animals), "4", "[1, 100000]", NULL, NULL,
     "animals an arena"},
    {"n_cells", MEC_SETTING_INT, AT(n_cells), "50", "[1, 10000000]", NULL, NULL, "cells an animal"},
    {"bin_cm", MEC_SETTING_REAL, AT(bin_cm), "5", "[0.1, 100]", NULL, "cm", "side of a bin"},
    {"fraction_grid", MEC_SETTING_REAL, AT(fraction_grid), "0.4", "[0, 1]", NULL, NULL,
     "share of grid cells"},
    {"fraction_place", MEC_SETTING_REAL, AT(fraction_place), "0.2", "[0, 1]", NULL, NULL,
     "share of place cells"},
    {"fraction_border", MEC_SETTING_REAL, AT(fraction_border), "0.1", "[0, 1]", NULL, NULL,
     "share of border cells; the rest are mixed cells"},
    {"peak_hz", MEC_SETTING_REAL, AT(peak_hz), "15", "(0, 1000]", NULL, "Hz",
     "typical rate at a cell's best place"},
    {"noise", MEC_SETTING_WORD, AT(noise), "poisson", "poisson none", NULL, NULL,
     "spike counts over the time spent in a bin, or exact rates"},
    {"unvisited", MEC_SETTING_REAL, AT(unvisited), "0.02", "[0, 0.9]", NULL, NULL,
     "fraction of the bins that an animal never visits (NaN)"},
    {"seed", MEC_SETTING_INT, AT(seed), "0", "[0, 4294967295]", NULL, NULL,
     "of all random numbers"},
};
#undef AT

#define SECTION(name, later, help)                                                                 \
    { #name, offsetof(job_settings, name), name##_table, COUNT(name##_table), later, help }

static const mec_section sections[] = {
    SECTION(run, "shards shard memory_per_rank stop_seconds", "how the program runs"),
    SECTION(data, "half1 half2", "the recordings"),
    SECTION(source, "response model layer", "what predicts a target animal"),
    SECTION(splits, "shape_2d file keep", "train and test states"),
    SECTION(fit, NULL, "what is reported"),
    SECTION(map,
            "l1_ratio positive tol max_iter warm_start selection n_components scale percentile "
            "identity fit_per_target_unit certificate per_cell",
            "the linear map"),
    SECTION(synth, NULL, "a synthetic dataset"),
};

const mec_section_table job_section_table = {sections, COUNT(sections),
                                             "grid model train cues reward ratemaps import",
                                             sizeof(job_settings)};
