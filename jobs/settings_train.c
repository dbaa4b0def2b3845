#include "settings_train.h"

#include <stddef.h>

/* The words are in the order of MEC_DECAY_ON_NAMES. */
#define AT(member) offsetof(train_settings, member)
const mec_setting train_table[] = {
    {"n_epochs", MEC_SETTING_INT, AT(n_epochs), "100", "[1, 1000000]", NULL, NULL,
     "epochs, those before start_from included"},
    {"n_steps", MEC_SETTING_INT, AT(n_steps), "1000", "[1, 1000000]", NULL, NULL,
     "updates of the weights an epoch"},
    {"learning_rate", MEC_SETTING_REAL, AT(learning_rate), "1e-4", "(0, inf)", NULL, NULL,
     "of Adam; where not given, that of start_from"},
    {"beta_1", MEC_SETTING_REAL, AT(beta_1), "0.9", "[0, 1)", NULL, NULL,
     "decay of Adam's mean of gradients; likewise"},
    {"beta_2", MEC_SETTING_REAL, AT(beta_2), "0.999", "[0, 1)", NULL, NULL,
     "decay of Adam's mean of squared gradients; likewise"},
    {"epsilon", MEC_SETTING_REAL, AT(epsilon), "1e-7", "(0, inf)", NULL, NULL,
     "keeps Adam's steps finite"},
    {"weight_decay", MEC_SETTING_REAL, AT(weight_decay), "1e-4", "[0, inf)", NULL, NULL,
     "of the sum of squares that is added to the loss"},
    {"weight_decay_on", MEC_SETTING_WORD, AT(weight_decay_on), "bias", "bias recurrent", NULL, NULL,
     "of the recurrent cell: its bias, as the reference has it, or its matrix"},
    {"clip_norm", MEC_SETTING_REAL, AT(clip_norm), "0", "[0, inf)", NULL, NULL,
     "longer gradients are shortened to it; 0: none"},
    {"seed", MEC_SETTING_INT, AT(seed), "0", "[0, 4294967295]", NULL, NULL,
     "of the initial weights (0: those of the reference) and of the trajectories"},
    {"trajectory_seed", MEC_SETTING_INT, AT(trajectory_seed), "auto", "[0, 4294967295] auto", NULL,
     NULL,
     "step k, from 0, takes the batch that mec ratemaps draws from this + k; auto: from seed"},
    {"start_from", MEC_SETTING_PATH, AT(start_from), "", NULL, NULL, NULL,
     "goes on from this: a run file, run file:/checkpoints/STEP, or the prefix of a checkpoint"},
    {"checkpoint_epochs", MEC_SETTING_INT, AT(checkpoint_epochs), "1", "[1, 1000000]", NULL, NULL,
     "from one checkpoint to the next"},
    {"max_to_keep", MEC_SETTING_INT, AT(max_to_keep), "5", "[1, 1000000]", NULL, NULL,
     "newest checkpoints that are kept, besides the first"},
    {"keep_moments", MEC_SETTING_BOOL, AT(keep_moments), "no", NULL, NULL, NULL,
     "whether checkpoints hold Adam's moments too, so that start_from can take them"},
    {"recompute", MEC_SETTING_BOOL, AT(recompute), "no", NULL, NULL, NULL,
     "whether gates are computed again in the backward pass: less memory, more time"},
    {"shard_optimizer", MEC_SETTING_BOOL, AT(shard_optimizer), "no", NULL, NULL, NULL,
     "whether Adam's moments are divided over the ranks"},
    {"eval_seeds", MEC_SETTING_REALS, AT(eval_seeds), "auto", "[0, 4294967295] auto", NULL, NULL,
     "batches of these seeds are judged after every epoch; auto: none"},
};
#undef AT
