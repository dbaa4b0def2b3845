#include "settings.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "maps/scores.h"
#include "maps/splits.h"

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
    {"shards", MEC_SETTING_INT, AT(shards), "1", "[1, 1000000]", NULL, NULL,
     "into how many jobs, each with a file of its own, the tasks are divided"},
    {"shard", MEC_SETTING_TEXT, AT(shard), "", NULL, NULL, NULL,
     "this job's share, from 0; empty: SLURM_ARRAY_TASK_ID"},
    {"threads", MEC_SETTING_INT, AT(threads), "1", "[1, 1024]", NULL, NULL, "BLAS threads a rank"},
    {"group", MEC_SETTING_INT, AT(group), "auto", "[1, 1000000] auto", NULL, NULL,
     "of mec fit: ranks that share a fit; auto: 1, unless a fit needs more memory than a rank has, "
     "or there are fewer fits than ranks and these are large"},
    {"memory_per_rank", MEC_SETTING_TEXT, AT(memory_per_rank), "", NULL, NULL, NULL,
     "of mec fit: such as 4 GiB; empty: the node's or control group's memory over its ranks"},
    {"time_limit", MEC_SETTING_REAL, AT(time_limit), "0", "[0, inf)", NULL, "s",
     "saves and stops after this time; 0: none"},
    {"stop_seconds", MEC_SETTING_REAL, AT(stop_seconds), "20", "[1, 100000]", NULL, "s",
     "the longest that a stop on request may take"},
};
#undef AT

#define AT(member) offsetof(data_settings, member)
static const mec_setting data_table[] = {
    {"dataset", MEC_SETTING_PATH, AT(dataset), "", NULL, NULL, NULL,
     "recordings: file.h5, or file.h5:/group"},
    {"arenas", MEC_SETTING_TEXT, AT(arenas), "", NULL, NULL, NULL,
     "arenas to use, separated by commas; empty: all"},
    {"half1", MEC_SETTING_PATH, AT(half1), "", NULL, NULL, NULL,
     "the same cells from one half of each recording: a reliability beside every score"},
    {"half2", MEC_SETTING_PATH, AT(half2), "", NULL, NULL, NULL, "and from the other half"},
};
#undef AT

#define AT(member) offsetof(source_settings, member)
static const mec_setting source_table[] = {
    {"kind", MEC_SETTING_WORD, AT(kind), "animals", "animals model response", NULL, NULL,
     "what predicts the target animal"},
    {"mode", MEC_SETTING_WORD, AT(mode), "holdout", "holdout pairwise", NULL, NULL,
     "holdout: all other animals together; pairwise: one at a time"},
    {"response", MEC_SETTING_PATH, AT(response), "", NULL, NULL, NULL,
     "for kind = response: file.h5:/path, in which {arena} stands for the arena's name"},
    {"model", MEC_SETTING_PATH, AT(model), "", NULL, NULL, NULL,
     "for kind = model: the same as [model] file, or a run file of mec ratemaps"},
    {"layer", MEC_SETTING_WORD, AT(layer), "g", "pre_g g dc", NULL, NULL,
     "for kind = model: whose units predict"},
};
#undef AT

#define AT(member) offsetof(splits_settings, member)
static const mec_setting splits_table[] = {
    {"train_frac", MEC_SETTING_REAL_OR_WORD, AT(train_frac), "0.2", "[0, 1) " MEC_SPLIT_NAMES, NULL,
     NULL,
     "fraction of the states that train, or parts of the arena; 0 for maps that are not fitted"},
    {"num_splits", MEC_SETTING_INT, AT(num_splits), "10", "[1, 1000000]", NULL, NULL,
     "number of random splits"},
    {"split_start_seed", MEC_SETTING_INT, AT(split_start_seed), "0", "[0, 4294967295]", NULL, NULL,
     "seed of the first split; each next one is higher by 1"},
    {"shape_2d", MEC_SETTING_TEXT, AT(shape_2d), "", NULL, NULL, NULL,
     "rows x columns of flat responses; empty: a square"},
    {"file", MEC_SETTING_PATH, AT(file), "", NULL, NULL, NULL,
     "stored splits, HDF5 or CSV, instead of drawn ones"},
    {"keep", MEC_SETTING_BOOL, AT(keep), "no", NULL, NULL, NULL,
     "whether every split's states go into the run file"},
};
#undef AT

#define AT(member) offsetof(fit_settings, member)
static const mec_setting fit_table[] = {
    {"scores", MEC_SETTING_WORDS, AT(scores), "corr, r2, mse", MEC_SCORE_NAMES, NULL, NULL,
     "scores to compute"},
};
#undef AT

#define AT(member) offsetof(map_settings, member)
static const mec_setting map_table[] = {
    {"type", MEC_SETTING_WORD, AT(type), "sklinear", "sklinear pls corr", NULL, NULL,
     "a regression, partial least squares, or the one best correlated source"},
    {"regression_type", MEC_SETTING_WORD, AT(parameters.regression), "Ridge", MEC_REGRESSION_NAMES,
     NULL, NULL, "regression, by scikit-learn's name"},
    {"alpha", MEC_SETTING_REAL, AT(parameters.alpha), "1.0", "[0, inf)", NULL, NULL, "penalty"},
    {"alphas", MEC_SETTING_REALS, AT(parameters.alphas), "auto", "(0, inf) auto", NULL, NULL,
     "penalties to choose from; auto: 0.1, 1, 10 (RidgeCV), n_alphas of a path (the others)"},
    {"l1_ratio", MEC_SETTING_REALS, AT(parameters.l1_ratio), "0.5", "[0, 1]", NULL, NULL,
     "share of the l1 penalty; ElasticNetCV chooses from a list"},
    {"fit_intercept", MEC_SETTING_BOOL, AT(parameters.fit_intercept), "yes", NULL, NULL, NULL,
     "whether to fit an intercept"},
    {"positive", MEC_SETTING_BOOL, AT(parameters.positive), "no", NULL, NULL, NULL,
     "whether weights must not be negative"},
    {"tol", MEC_SETTING_REAL, AT(parameters.tol), "auto", "(0, inf) auto", NULL, NULL,
     "limit of the duality gap, or of change; auto: scikit-learn's default"},
    {"max_iter", MEC_SETTING_INT, AT(parameters.max_iter), "auto", "[1, inf) auto", NULL, NULL,
     "most iterations; auto: scikit-learn's default; changes no fit that has a duality gap"},
    {"certificate", MEC_SETTING_WORD, AT(parameters.certificate), "sklearn", "sklearn objective",
     NULL, NULL,
     "what the duality gap is compared with: tol x the target's, or the objective's size"},
    {"n_alphas", MEC_SETTING_INT, AT(parameters.n_alphas), "100", "[1, 100000]", NULL, NULL,
     "of LassoCV and ElasticNetCV: points of the path"},
    {"eps", MEC_SETTING_REAL, AT(parameters.eps), "0.001", "(0, 1)", NULL, NULL,
     "of LassoCV and ElasticNetCV: smallest alpha of the path over the largest"},
    {"cv", MEC_SETTING_INT, AT(parameters.cv), "5", "[2, 1000000]", NULL, NULL,
     "of LassoCV and ElasticNetCV: folds"},
    {"alpha_1", MEC_SETTING_REAL, AT(parameters.alpha_1), "1e-6", "[0, inf)", NULL, NULL,
     "of BayesianRidge: shape of the prior of the noise's precision"},
    {"alpha_2", MEC_SETTING_REAL, AT(parameters.alpha_2), "1e-6", "[0, inf)", NULL, NULL,
     "its rate"},
    {"lambda_1", MEC_SETTING_REAL, AT(parameters.lambda_1), "1e-6", "[0, inf)", NULL, NULL,
     "of BayesianRidge: shape of the prior of the weights' precision"},
    {"lambda_2", MEC_SETTING_REAL, AT(parameters.lambda_2), "1e-6", "[0, inf)", NULL, NULL,
     "its rate"},
    {"warm_start", MEC_SETTING_BOOL, AT(warm_start), "no", NULL, NULL, NULL,
     "understood, changes nothing: results do not depend on where a solver starts"},
    {"selection", MEC_SETTING_WORD, AT(selection), "cyclic", "cyclic random", NULL, NULL,
     "understood, changes nothing"},
    {"n_components", MEC_SETTING_INT, AT(parameters.n_components), "auto", "[1, 1000000] auto",
     NULL, NULL, "of pls: components; must be given"},
    {"scale", MEC_SETTING_BOOL, AT(parameters.scale), "no", NULL, NULL, NULL,
     "of pls: whether to scale to unit deviation"},
    {"fit_per_target_unit", MEC_SETTING_BOOL, AT(parameters.fit_per_target_unit), "no", NULL, NULL,
     NULL, "of pls: one fit a target cell, instead of one an animal"},
    {"percentile", MEC_SETTING_REAL, AT(parameters.percentile), "100", "[0, 100]", NULL, NULL,
     "of corr: sources at or above this percentile of the correlations are kept"},
    {"identity", MEC_SETTING_BOOL, AT(parameters.identity), "yes", NULL, NULL, NULL,
     "of corr: the best source is the prediction; no: regression_type is fitted on those kept"},
    {"per_cell", MEC_SETTING_PATH, AT(per_cell), "", NULL, NULL, NULL,
     "parameters for single cells and splits: a CSV file, or a run file of mec grid"},
};
#undef AT

#define AT(member) offsetof(grid_settings, member)
static const mec_setting grid_table[] = {
    {"alpha", MEC_SETTING_TEXT, AT(alpha), "geomspace(1e-9, 1e9, 99)", NULL, NULL, NULL,
     "penalties: numbers, geomspace and linspace, joined by commas"},
    {"l1_ratio", MEC_SETTING_TEXT, AT(l1_ratio), "1e-16, linspace(0.01, 1, 99)", NULL, NULL, NULL,
     "shares of the l1 penalty, likewise"},
    {"folds", MEC_SETTING_INT, AT(folds), "2", "[2, 1000000]", NULL, NULL,
     "parts of the train states, each of which scores the others' fits"},
    {"cv_score", MEC_SETTING_WORD, AT(cv_score), "corr", "corr r2 mse", NULL, NULL,
     "what chooses: the highest, of mse the lowest"},
    {"certificate", MEC_SETTING_WORD, AT(certificate), "objective", "sklearn objective", NULL, NULL,
     "what the duality gap of every point is compared with, as in [map]"},
    {"tol", MEC_SETTING_REAL, AT(tol), "auto", "(0, inf) auto", NULL, NULL,
     "limit of the duality gap; auto: 1e-6, with certificate = sklearn 1e-4"},
    {"keep_scores", MEC_SETTING_BOOL, AT(keep_scores), "no", NULL, NULL, NULL,
     "whether the score of every combination goes into the run file"},
    {"parts", MEC_SETTING_INT, AT(parts), "auto", "[1, 1000000] auto", NULL, NULL,
     "into about how many tasks the search for one cell is cut, for few cells on many ranks; auto: "
     "as "
     "few as take some two seconds each"},
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

#define AT(member) offsetof(import_settings, member)
static const mec_setting import_table[] = {
    {"from", MEC_SETTING_PATH, AT(from), "", NULL, NULL, NULL,
     "a checkpoint's prefix, a run's folder or a run file; given as FROM"},
    {"base_url", MEC_SETTING_TEXT, AT(base_url), "https://mecmodels.s3-us-west-1.amazonaws.com",
     NULL, NULL, NULL, "of --published: where the runs' folders are"},
};
#undef AT

#define SECTION(name, later, help)                                                                 \
    { #name, offsetof(job_settings, name), name##_table, COUNT(name##_table), later, help }

static const mec_section sections[] = {
    SECTION(run, NULL, "how the program runs"),
    SECTION(data, NULL, "the recordings"),
    SECTION(source, NULL, "what predicts a target animal"),
    SECTION(splits, NULL, "train and test states"),
    SECTION(fit, NULL, "what is reported"),
    SECTION(map, NULL, "the linear map"),
    SECTION(grid, NULL, "the search for an elastic net's penalty"),
    SECTION(synth, NULL, "a synthetic dataset"),
    SECTION(model, NULL, "the path integrator"),
    SECTION(cues, NULL, "what CueUGRNN feels besides its own motion"),
    SECTION(reward, NULL, "a zone that some trajectories head for; on where the section is there"),
    SECTION(ratemaps, NULL, "the rate maps of a model"),
    SECTION(train, NULL, "the training of a path integrator"),
    SECTION(import, NULL, "what mec import takes"),
};

const mec_section_table job_section_table = {sections, COUNT(sections), NULL, sizeof(job_settings),
                                             "reward"};

const mec_map *map_settings_map(const map_settings *settings) {
    switch ((map_type)settings->type) {
    case MAP_PLS:
        return &mec_pls;
    case MAP_CORR:
        return &mec_corr;
    case MAP_SKLINEAR:
        break;
    }
    return mec_map_at(settings->parameters.regression);
}

bool map_settings_regress(const map_settings *settings) {
    return settings->type == MAP_SKLINEAR ||
           (settings->type == MAP_CORR && !settings->parameters.identity);
}

void map_settings_keys(const map_settings *settings, char keys[MAP_KEYS_SIZE]) {
    bool both = settings->type == MAP_CORR && map_settings_regress(settings);
    snprintf(keys, MAP_KEYS_SIZE, "%s%s%s", map_settings_map(settings)->parameters, both ? " " : "",
             both ? mec_map_at(settings->parameters.regression)->parameters : "");
}

const mec_section *job_section(const char *name) {
    size_t i = 0;
    while (i < COUNT(sections) && strcmp(sections[i].name, name) != 0)
        i++;
    assert(i < COUNT(sections));
    return &sections[i];
}
