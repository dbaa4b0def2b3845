#include "settings_model.h"

#include <stddef.h>

/* The words are in the order of MEC_ACTIVATION_NAMES and MEC_LAYER_NAMES. */
#define AT(member) offsetof(model_settings, member)
const mec_setting model_table[] = {
    {"rnn_type", MEC_SETTING_WORD, AT(rnn_type), "UGRNN", "UGRNN CueUGRNN", NULL, NULL,
     "recurrent cell; CueUGRNN also reads the distances of the cues"},
    {"activation", MEC_SETTING_WORD, AT(activation), "relu",
     "linear tanh sigmoid relu elu selu softplus softsign exponential hard_sigmoid swish gelu",
     NULL, NULL, "of the candidate state and of the layer g"},
    {"Ng", MEC_SETTING_INT, AT(n_unit), "4096", "[1, 1000000]", NULL, NULL, "recurrent units"},
    {"Np", MEC_SETTING_INT, AT(n_place), "512", "[2, 1000000]", NULL, NULL,
     "place cells; 2 with place_cell_identity, else at least 3"},
    {"place_cell_rf", MEC_SETTING_REAL, AT(place_cell_rf), "0.12", "(0, inf)", NULL, "m",
     "width of a place field"},
    {"surround_scale", MEC_SETTING_REAL, AT(surround_scale), "2", "(0, inf)", NULL, NULL,
     "variance of a place field's surround over its own"},
    {"DoG", MEC_SETTING_BOOL, AT(dog), "yes", NULL, NULL, NULL,
     "whether place fields have a surround (difference of Gaussians)"},
    {"place_cell_identity", MEC_SETTING_BOOL, AT(place_cell_identity), "no", NULL, NULL, NULL,
     "whether the position itself takes the place of the place cells"},
    {"box_width", MEC_SETTING_REAL, AT(box_width), "auto", "(0, 1000] auto", NULL, "m",
     "along x; auto: 2.2, or max_x - min_x"},
    {"box_height", MEC_SETTING_REAL, AT(box_height), "auto", "(0, 1000] auto", NULL, "m",
     "along y; auto: 2.2, or max_y - min_y"},
    {"min_x", MEC_SETTING_REAL, AT(min_x), "auto", "[-1000, 1000] auto", NULL, "m",
     "edges of the box; auto: centred on 0"},
    {"max_x", MEC_SETTING_REAL, AT(max_x), "auto", "[-1000, 1000] auto", NULL, "m", "likewise"},
    {"min_y", MEC_SETTING_REAL, AT(min_y), "auto", "[-1000, 1000] auto", NULL, "m", "likewise"},
    {"max_y", MEC_SETTING_REAL, AT(max_y), "auto", "[-1000, 1000] auto", NULL, "m", "likewise"},
    {"sequence_length", MEC_SETTING_INT, AT(sequence_length), "20", "[1, 100000]", NULL, NULL,
     "steps a trajectory"},
    {"batch_size", MEC_SETTING_INT, AT(batch_size), "200", "[1, 100000]", NULL, NULL,
     "trajectories a batch"},
    {"dt", MEC_SETTING_REAL, AT(dt), "0.02", "(0, inf)", NULL, "s", "time a step"},
    {"file", MEC_SETTING_PATH, AT(file), "", NULL, NULL, NULL,
     "weights: a run file, run file:/checkpoints/STEP, or the prefix of a checkpoint"},
    {"load_dir", MEC_SETTING_PATH, AT(load_dir), "", NULL, NULL, NULL,
     "or by parts, load_dir/run_ID/ckpts/ckpt_file: the folder of all runs"},
    {"run_ID", MEC_SETTING_PATH, AT(run_id), "", NULL, NULL, NULL, "the run's folder in it"},
    {"ckpt_file", MEC_SETTING_PATH, AT(ckpt_file), "", NULL, NULL, NULL,
     "the checkpoint's name; empty: the latest"},
    {"random_init", MEC_SETTING_BOOL, AT(random_init), "no", NULL, NULL, NULL,
     "whether to take the weights that training starts from"},
};
#undef AT

#define AT(member) offsetof(cues_settings, member)
const mec_setting cues_table[] = {
    {"cue", MEC_SETTING_ROWS, AT(cue), "", "centre x, centre y, width and height in m", NULL, NULL,
     "a rectangle whose distance is felt"},
    {"cue_prob", MEC_SETTING_REAL, AT(cue_prob), "0.5", "[0, 1]", NULL, NULL,
     "share of a batch's trajectories that feel the cues"},
};
#undef AT

#define AT(member) offsetof(reward_settings, member)
const mec_setting reward_table[] = {
    {"zone_size", MEC_SETTING_REAL, AT(zone_size), "0.2", "(0, inf)", NULL, "m",
     "side of the zone"},
    {"zone_prob", MEC_SETTING_REAL, AT(zone_prob), "0.625", "(0, 1]", NULL, NULL,
     "share of a batch's trajectories that are rewarded"},
    {"zone_x_offset", MEC_SETTING_REAL, AT(zone_x_offset), "0.15", "[0, inf)", NULL, "m",
     "least distance of the zone from the walls"},
    {"zone_y_offset", MEC_SETTING_REAL, AT(zone_y_offset), "0.15", "[0, inf)", NULL, "m",
     "likewise"},
    {"zone_min_x", MEC_SETTING_REAL, AT(zone_min_x), "0.65", "(-inf, inf)", NULL, "m",
     "edges of the zone"},
    {"zone_max_x", MEC_SETTING_REAL, AT(zone_max_x), "0.85", "(-inf, inf)", NULL, "m", "likewise"},
    {"zone_min_y", MEC_SETTING_REAL, AT(zone_min_y), "0.65", "(-inf, inf)", NULL, "m", "likewise"},
    {"zone_max_y", MEC_SETTING_REAL, AT(zone_max_y), "0.85", "(-inf, inf)", NULL, "m", "likewise"},
    {"navigate_timesteps", MEC_SETTING_INT, AT(navigate_timesteps), "7", "[1, 100000]", NULL, NULL,
     "steps to the zone's centre"},
};
#undef AT

#define AT(member) offsetof(ratemaps_settings, member)
const mec_setting ratemaps_table[] = {
    {"layers", MEC_SETTING_WORDS, AT(layers), "g", "pre_g g dc", NULL, NULL,
     "layers: the recurrent state, the dense layer, the place cells read out"},
    {"bin_cm", MEC_SETTING_REAL, AT(bin_cm), "5", "(0, 10000]", NULL, "cm", "side of a bin"},
    {"nbins", MEC_SETTING_INT, AT(nbins), "auto", "[1, 10000] auto", NULL, NULL,
     "bins along x, and along y; auto: from bin_cm"},
    {"n_eval_seq", MEC_SETTING_INT, AT(n_eval_seq), "100", "[1, 10000000]", NULL, NULL,
     "batches of trajectories for every map"},
    {"trajectory_seed", MEC_SETTING_REALS, AT(trajectory_seed), "0", "[0, 4294967295]", NULL, NULL,
     "seed of the first batch, each next one is higher by 1; a list: maps for each"},
    {"environment", MEC_SETTING_ROWS, AT(environment), "", "min_x, max_x, min_y and max_y in m",
     NULL, NULL, "a box to draw maps in; none: that of [model]"},
};
#undef AT
