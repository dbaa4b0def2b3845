#include <stdio.h>
#include <string.h>

#include "storage/checkpoint.h"

static const char *const block_groups[MEC_CHECKPOINT_N_BLOCK] = {"weights", "adam/m", "adam/v"};

void mec_checkpoint_path(const char *name, mec_checkpoint_block block, mec_parameter parameter,
                         char path[MEC_CHECKPOINT_PATH_SIZE]) {
    snprintf(path, MEC_CHECKPOINT_PATH_SIZE, "/checkpoints/%s/%s/%s", name, block_groups[block],
             MEC_PARAMETER_NAMES[parameter]);
}

void mec_checkpoint_item_path(const char *name, const char *item,
                              char path[MEC_CHECKPOINT_PATH_SIZE]) {
    snprintf(path, MEC_CHECKPOINT_PATH_SIZE, "/checkpoints/%s/%s", name, item);
}

/* ---- what all checkpoints share ---- */

#define SCALE(name) "/checkpoints/" name

/* Scales of a parameter's rows and columns; a bias has only columns. */
static const struct {
    const char *rows, *columns;
} scales[MEC_N_PARAMETER] = {
    [MEC_W_ENC] = {SCALE("place"), SCALE("unit")},
    [MEC_B_ENC] = {NULL, SCALE("unit")},
    [MEC_W_M] = {SCALE("input"), SCALE("unit")},
    [MEC_B_M] = {NULL, SCALE("unit")},
    [MEC_W] = {SCALE("cell_input"), SCALE("cell_output")},
    [MEC_B] = {NULL, SCALE("cell_output")},
    [MEC_W_DENSE] = {SCALE("unit"), SCALE("dense_unit")},
    [MEC_B_DENSE] = {NULL, SCALE("dense_unit")},
    [MEC_W_DEC] = {SCALE("dense_unit"), SCALE("place")},
    [MEC_B_DEC] = {NULL, SCALE("place")},
};

static void describe_text(mec_layout *layout, const char *path, const char *text,
                          const char *long_name, mec_status *status) {
    const mec_array array = {.path = (char *)path,
                             .element = MEC_STRING,
                             .string_size = *text ? strlen(text) : 1,
                             .n_dim = 1,
                             .dims = {1},
                             .scale = {-1},
                             .long_name = long_name,
                             .values = (void *)text};
    mec_layout_add(layout, &array, status);
}

mec_code mec_checkpoint_describe_model(mec_layout *layout, const mec_model_info *info,
                                       mec_status *status) {
    const mec_network *network = &info->network;
    const char *activation =
        info->knows_activation ? MEC_ACTIVATION_NAMES[network->activation] : "";
    describe_text(layout, "/model/rnn_type", mec_network_type_name(network), "recurrent cell",
                  status);
    describe_text(layout, "/model/activation", activation,
                  "function between layers; empty: not known", status);
    const struct {
        const char *path;
        size_t n;
        const char *long_name;
    } rows[] = {
        {SCALE("unit"), network->n_unit, "recurrent unit"},
        {SCALE("dense_unit"), network->n_unit, "unit of the dense layer"},
        {SCALE("place"), network->n_place, "place cell"},
        {SCALE("input"), network->n_input, "velocity along x, along y, and one for each cue"},
        {SCALE("cell_input"), 2 * network->n_unit, "input of each unit, then its last state"},
        {SCALE("cell_output"), 2 * network->n_unit, "gate of each unit, then its candidate"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        mec_layout_add_int_scale(layout, rows[i].path, rows[i].n, rows[i].long_name, status);
    return status->code;
}

/* ---- one checkpoint ---- */

static void describe_block(mec_layout *layout, const mec_network *network, const char *name,
                           mec_checkpoint_block block, mec_status *status) {
    static const char *const long_names[MEC_CHECKPOINT_N_BLOCK] = {
        "weights", "Adam's mean of gradients", "Adam's mean of squared gradients"};
    for (mec_parameter p = 0; p < MEC_N_PARAMETER; p++) {
        char path[MEC_CHECKPOINT_PATH_SIZE];
        mec_matrix_shape shape = mec_parameter_shape(network, p);
        bool matrix = scales[p].rows != NULL;
        int columns = mec_layout_find(layout, scales[p].columns);
        mec_array array = {.path = path,
                           .element = MEC_REAL32,
                           .n_dim = matrix ? 2 : 1,
                           .dims = {matrix ? shape.rows : shape.columns, shape.columns},
                           .scale = {columns, columns},
                           .long_name = long_names[block]};
        if (matrix)
            array.scale[0] = mec_layout_find(layout, scales[p].rows);
        mec_checkpoint_path(name, block, p, path);
        mec_layout_add(layout, &array, status);
    }
}

static void describe_number(mec_layout *layout, const char *name, const char *what,
                            mec_element element, const char *long_name, mec_status *status) {
    char path[MEC_CHECKPOINT_PATH_SIZE];
    mec_checkpoint_item_path(name, what, path);
    mec_layout_add(layout,
                   &(mec_array){.path = path,
                                .element = element,
                                .n_dim = 1,
                                .dims = {1},
                                .scale = {-1},
                                .long_name = long_name},
                   status);
}

mec_code mec_checkpoint_describe(mec_layout *layout, const mec_network *network, const char *name,
                                 bool moments, mec_status *status) {
    mec_checkpoint_block last = moments ? MEC_CHECKPOINT_V : MEC_CHECKPOINT_WEIGHTS;
    for (mec_checkpoint_block block = 0; block <= last; block++)
        describe_block(layout, network, name, block, status);
    return mec_checkpoint_describe_numbers(layout, name, status);
}

mec_code mec_checkpoint_describe_numbers(mec_layout *layout, const char *name, mec_status *status) {
    describe_number(layout, name, "step", MEC_INT64, "updates of the weights", status);
    describe_number(layout, name, "epoch", MEC_INT64, "epochs that have ended; -1: not known",
                    status);
    describe_number(layout, name, "learning_rate", MEC_REAL64, "Adam's learning rate", status);
    describe_number(layout, name, "beta_1", MEC_REAL64, "decay of Adam's first moment", status);
    describe_number(layout, name, "beta_2", MEC_REAL64, "decay of Adam's second moment", status);
    describe_number(layout, name, "complete", MEC_INT8, "1 once the checkpoint is whole on disk",
                    status);
    return status->code;
}
