#include "model/model_weights.h"

#include <stdio.h>

#include "base/log.h"
#include "model/model_settings.h"

/* What the settings say of a file and the file does not. */
mec_code model_weights_check(const job_context *c, const mec_network *wanted,
                             const mec_model_file *file, mec_status *status) {
    const mec_model_info *info = mec_model_file_info(file);
    const mec_network *found = &info->network;
    const struct {
        const char *section, *key;
        size_t wanted, found;
    } sizes[] = {
        {"model", "Ng", wanted->n_unit, found->n_unit},
        {"model", "Np", wanted->n_place, found->n_place},
    };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        if (sizes[i].wanted != sizes[i].found)
            return mec_fail(status, MEC_REFUSED, "%s: found %zu; accepted: %zu, which %s has",
                            mec_settings_where(c->settings, sizes[i].section, sizes[i].key),
                            sizes[i].wanted, sizes[i].found, mec_model_file_name(file));
    if (wanted->n_input != found->n_input)
        return mec_fail(status, MEC_REFUSED,
                        "%s: found %zu with rnn_type = %s; accepted: %zu with rnn_type = %s, as %s "
                        "was trained",
                        mec_settings_where(c->settings, "cues", "cue"), wanted->n_input - 2,
                        mec_network_type_name(wanted), found->n_input - 2,
                        mec_network_type_name(found), mec_model_file_name(file));
    if (info->knows_activation && wanted->activation != found->activation)
        return mec_fail(status, MEC_REFUSED, "%s: found %s; accepted: %s, as %s was trained",
                        mec_settings_where(c->settings, "model", "activation"),
                        MEC_ACTIVATION_NAMES[wanted->activation],
                        MEC_ACTIVATION_NAMES[found->activation], mec_model_file_name(file));
    /* TensorFlow's checkpoints do not know it, and weights fit any. */
    if (!info->knows_activation && !mec_settings_given(c->settings, "model", "activation"))
        mec_log("%s: does not say which activation the network has: taken for %s; "
                "model.activation=NAME tells it",
                mec_model_file_name(file), MEC_ACTIVATION_NAMES[wanted->activation]);
    return MEC_OK;
}

static mec_model_file *open_file(const job_context *c, model_origin origin, mec_status *status) {
    const model_settings *m = &c->values->model;
    const char *key = origin == MODEL_RUN ? "run_ID" : "file";
    mec_model_file *file =
        origin == MODEL_RUN ? mec_model_file_open_run(m->load_dir, m->run_id, m->ckpt_file, status)
                            : mec_model_file_open(m->file, status);
    if (!file)
        mec_fail_within(status, "%s", mec_settings_where(c->settings, "model", key));
    return file;
}

/* Rank 0 fills its copy. */
static void fill(model_weights *w, const mec_model_file *file, mec_status *status) {
    size_t n = mec_network_count(&w->weights.network);
    mec_digest digest;
    if (!file) {
        mec_weights_initialize(&w->weights, 0);
        return;
    }
    if (mec_model_file_read(file, w->block.reals, NULL, NULL, status))
        return;
    mec_digest_start(&digest);
    mec_digest_add(&digest, w->block.reals, n * sizeof *w->block.reals);
    mec_digest_finish(&digest, w->input.sha256);
}

mec_code model_weights_read(const job_context *c, const mec_network *network, bool read,
                            model_weights *w, mec_status *status) {
    model_origin origin = MODEL_RANDOM;
    mec_model_file *file = NULL;
    size_t n = mec_network_count(network);
    *w = (model_weights){.name = "random"};
    if (model_settings_origin(c->settings, &origin, status) == MEC_OK && origin != MODEL_RANDOM &&
        c->world->rank == 0 && (file = open_file(c, origin, status)) &&
        model_weights_check(c, network, file, status) == MEC_OK) {
        mec_input_describe(&w->input, mec_model_file_path(file));
        snprintf(w->name, sizeof w->name, "%s", mec_model_file_name(file));
    }
    w->n_input = origin != MODEL_RANDOM;
    if (mec_agree(c->world, status) == MEC_OK && read &&
        mec_node_array_create_reals(c->world, n, "the weights", &w->block, status) == MEC_OK) {
        w->weights = mec_weights_view(network, w->block.reals);
        if (c->world->rank == 0)
            fill(w, file, status);
        if (mec_agree(c->world, status) == MEC_OK)
            mec_node_array_share(&w->block, 0, n);
    }
    mec_model_file_close(file);
    if (status->code == MEC_OK)
        mec_broadcast(c->world->comm, &w->input, sizeof w->input);
    return status->code;
}

void model_weights_destroy(model_weights *w) {
    mec_node_array_destroy(&w->block);
}
