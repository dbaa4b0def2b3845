#include "model/model_settings.h"

#include <math.h>
#include <stdio.h>

#include "base/text.h"

static const double DEFAULT_SIDE = 2.2; /* m */

static const job_settings *values_of(const mec_settings *settings) {
    return mec_settings_values(settings);
}

/* ---- box ---- */

/* One axis of a box: what the settings say of it, and their keys. */
typedef struct side {
    const char *size_key, *min_key, *max_key;
    double size, min, max; /* NaN: auto */
} side;

static mec_code resolve(mec_settings *settings, side *s, mec_status *status) {
    if (isnan(s->min) != isnan(s->max))
        return mec_fail(
            status, MEC_REFUSED, "%s: is given without %s; accepted: both, or neither",
            mec_settings_where(settings, "model", isnan(s->min) ? s->max_key : s->min_key),
            isnan(s->min) ? s->min_key : s->max_key);
    if (isnan(s->min)) {
        s->max = (isnan(s->size) ? DEFAULT_SIDE : s->size) / 2;
        s->min = -s->max;
    }
    if (s->min >= s->max)
        return mec_fail(status, MEC_REFUSED, "%s: found %g; accepted: less than %s, which is %g",
                        mec_settings_where(settings, "model", s->min_key), s->min, s->max_key,
                        s->max);
    if (!isnan(s->size) && fabs(s->max - s->min - s->size) > 1e-9 * s->size)
        return mec_fail(status, MEC_REFUSED, "%s: found %g; accepted: %s - %s, which is %g",
                        mec_settings_where(settings, "model", s->size_key), s->size, s->max_key,
                        s->min_key, s->max - s->min);
    return MEC_OK;
}

mec_code model_settings_box(mec_settings *settings, mec_box *box, mec_status *status) {
    const model_settings *m = &values_of(settings)->model;
    side x = {"box_width", "min_x", "max_x", m->box_width, m->min_x, m->max_x};
    side y = {"box_height", "min_y", "max_y", m->box_height, m->min_y, m->max_y};
    if (resolve(settings, &x, status) || resolve(settings, &y, status))
        return status->code;
    *box = (mec_box){.min_x = x.min, .max_x = x.max, .min_y = y.min, .max_y = y.max};
    return MEC_OK;
}

void model_box_name(const mec_box *box, char name[MODEL_BOX_NAME_SIZE]) {
    const double edges[] = {box->min_x, box->max_x, box->min_y, box->max_y};
    char text[4][32];
    if (-box->min_x == box->max_x && box->min_x == box->min_y && box->max_x == box->max_y) {
        mec_text_from_real(2 * box->max_x, text[0], sizeof text[0]);
        /* A whole number of metres has a decimal: "1.0". */
        bool whole = 2 * box->max_x == floor(2 * box->max_x) && box->max_x < 1e6;
        snprintf(name, MODEL_BOX_NAME_SIZE, "%s%s", text[0], whole ? ".0" : "");
        return;
    }
    for (int i = 0; i < 4; i++)
        mec_text_from_real(edges[i], text[i], sizeof text[i]);
    snprintf(name, MODEL_BOX_NAME_SIZE, "%s_%s_%s_%s", text[0], text[1], text[2], text[3]);
}

/* ---- place cells ---- */

mec_code model_settings_place(mec_settings *settings, const mec_box *box,
                              mec_place_options *options, mec_status *status) {
    const model_settings *m = &values_of(settings)->model;
    if (m->place_cell_identity ? m->n_place != 2 : m->n_place < 3)
        return mec_fail(status, MEC_REFUSED, "%s: found %lld; accepted: %s",
                        mec_settings_where(settings, "model", "Np"), (long long)m->n_place,
                        m->place_cell_identity ? "2 with place_cell_identity" : "at least 3");
    if (m->dog && !m->place_cell_identity && m->surround_scale == 1)
        return mec_fail(status, MEC_REFUSED, "%s: found 1; accepted with DoG: other than 1",
                        mec_settings_where(settings, "model", "surround_scale"));
    *options = (mec_place_options){.box = *box,
                                   .n_cell = (size_t)m->n_place,
                                   .sigma = m->place_cell_rf,
                                   .surround_scale = m->surround_scale,
                                   .dog = m->dog,
                                   .identity = m->place_cell_identity};
    return MEC_OK;
}

/* ---- walks ---- */

static void take_cues(const cues_settings *cues, model_walk *walk) {
    for (size_t i = 0; i < cues->cue.n; i++) {
        const double *row = cues->cue.values[i];
        walk->cues[i] = (mec_cue){.x = row[0], .y = row[1], .width = row[2], .height = row[3]};
    }
    walk->walk.cues = walk->cues;
    walk->walk.n_cue = cues->cue.n;
    walk->walk.cue_probability = cues->cue_prob;
}

static void take_reward(const reward_settings *reward, model_walk *walk) {
    walk->reward = (mec_reward){.zone = {.min_x = reward->zone_min_x,
                                         .max_x = reward->zone_max_x,
                                         .min_y = reward->zone_min_y,
                                         .max_y = reward->zone_max_y},
                                .size = reward->zone_size,
                                .offset_x = reward->zone_x_offset,
                                .offset_y = reward->zone_y_offset,
                                .probability = reward->zone_prob,
                                .n_step = (size_t)reward->navigate_timesteps};
    walk->walk.reward = &walk->reward;
}

mec_code model_settings_walk(mec_settings *settings, const mec_box *box, model_walk *walk,
                             mec_status *status) {
    const job_settings *values = values_of(settings);
    walk->walk = (mec_walk){.box = *box,
                            .batch_size = (size_t)values->model.batch_size,
                            .sequence_length = (size_t)values->model.sequence_length,
                            .dt = values->model.dt};
    take_cues(&values->cues, walk);
    if (mec_settings_given(settings, "reward", NULL))
        take_reward(&values->reward, walk);
    mec_walk_check(&walk->walk, status);
    return mec_settings_locate(settings, status);
}

/* ---- network ---- */

mec_code model_settings_network(mec_settings *settings, mec_network *network, mec_status *status) {
    const job_settings *values = values_of(settings);
    const model_settings *m = &values->model;
    size_t n_cue = values->cues.cue.n;
    bool reads = m->rnn_type == RNN_CUE_UGRNN;
    if (reads && n_cue == 0)
        return mec_fail(status, MEC_REFUSED,
                        "%s: found CueUGRNN and no cue; accepted: a cue in [cues] for each that it "
                        "was trained with, or UGRNN",
                        mec_settings_where(settings, "model", "rnn_type"));
    if (!reads && n_cue > 0)
        return mec_fail(status, MEC_REFUSED,
                        "%s: found %zu, and rnn_type = UGRNN reads none; accepted: none, or "
                        "rnn_type = CueUGRNN",
                        mec_settings_where(settings, "cues", "cue"), n_cue);
    *network = (mec_network){.n_unit = (size_t)m->n_unit,
                             .n_place = (size_t)m->n_place,
                             .n_input = 2 + n_cue,
                             .activation = (mec_activation)m->activation};
    return MEC_OK;
}

/* ---- weights ---- */

mec_code model_settings_origin(mec_settings *settings, model_origin *origin, mec_status *status) {
    const model_settings *m = &values_of(settings)->model;
    bool by_parts = *m->load_dir || *m->run_id || *m->ckpt_file;
    int n = (*m->file != '\0') + by_parts + m->random_init;
    if (n != 1)
        return mec_fail(status, MEC_REFUSED,
                        "%s: weights come from %s; accepted: file, or load_dir and run_ID (and "
                        "ckpt_file), or random_init = yes",
                        mec_settings_where(settings, "model", "file"),
                        n == 0 ? "nowhere" : "more than one place");
    if (by_parts && !(*m->load_dir && *m->run_id))
        return mec_fail(
            status, MEC_REFUSED, "%s: is empty; accepted: both load_dir and run_ID",
            mec_settings_where(settings, "model", *m->load_dir ? "run_ID" : "load_dir"));
    *origin = m->random_init ? MODEL_RANDOM : by_parts ? MODEL_RUN : MODEL_FILE;
    return MEC_OK;
}
