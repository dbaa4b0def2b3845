#include "fit/fit_check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "fit/fit_model.h"
#include "maps/scores.h"
#include "maps/splits.h"

static const char *where(const job_context *c, const char *section, const char *key) {
    return mec_settings_where(c->settings, section, key);
}

static bool is_pairwise(const job_context *c) {
    const source_settings *source = &c->values->source;
    return source->kind == SOURCE_ANIMALS && source->mode == MODE_PAIRWISE;
}

/* ---- files and splits ---- */

static void check_paths(const job_context *c, mec_status *status) {
    const job_settings *v = c->values;
    bool response = v->source.kind == SOURCE_RESPONSE;
    if (!*v->data.dataset)
        mec_fail(status, MEC_REFUSED, "%s: is empty; accepted: the path of a dataset",
                 where(c, "data", "dataset"));
    if (!*v->run.output && !c->dry_run)
        mec_fail(status, MEC_REFUSED, "%s: is empty; accepted: the path of the file to write",
                 where(c, "run", "output"));
    if (response && !*v->source.response)
        mec_fail(status, MEC_REFUSED, "%s: is empty; accepted for kind = response: file.h5:/path",
                 where(c, "source", "response"));
    if (!response && *v->source.response)
        mec_fail(status, MEC_REFUSED,
                 "%s: found \"%s\"; accepted only with [source] kind = response",
                 where(c, "source", "response"), v->source.response);
    if (v->source.kind != SOURCE_ANIMALS && v->source.mode == MODE_PAIRWISE)
        mec_fail(status, MEC_REFUSED,
                 "%s: found \"pairwise\"; accepted only with [source] kind = animals",
                 where(c, "source", "mode"));
    fit_model_check(c, status);
    if (!*v->data.half1 != !*v->data.half2)
        mec_fail(status, MEC_REFUSED, "%s: is empty; accepted: both halves or none",
                 where(c, "data", *v->data.half1 ? "half2" : "half1"));
}

static void check_splits(const job_context *c, mec_status *status) {
    const splits_settings *s = &c->values->splits;
    bool drawn = !*s->file && s->train_frac.word < 0;
    if (drawn && s->split_start_seed + s->num_splits - 1 > UINT32_MAX)
        mec_fail(status, MEC_REFUSED,
                 "%s: the last of %lld splits has a seed above 4294967295; accepted: lower ones",
                 where(c, "splits", "split_start_seed"), (long long)s->num_splits);
    if (*s->file && !mec_settings_is_default(c->settings, "splits", "train_frac"))
        mec_fail(status, MEC_REFUSED,
                 "%s: is given beside [splits] file, which says what trains; accepted: one of them",
                 where(c, "splits", "train_frac"));
}

/* ---- the map ---- */

static const char *name_of(const map_settings *map, char *text, size_t size) {
    const char *names = MEC_REGRESSION_NAMES;
    if (!map_settings_regress(map))
        snprintf(text, size, "type = %s", map->type == MAP_PLS ? "pls" : "corr");
    else
        for (int i = 0; i <= map->parameters.regression; i++)
            mec_text_next(&names, " ", text, size);
    return text;
}

/* A parameter that the map does not have would be ignored: unless it is the default anyway, it is
 * refused. */
static void check_keys(const job_context *c, mec_status *status) {
    static const char choosing[] = "type regression_type per_cell";
    const map_settings *map = &c->values->map;
    const mec_section *section = job_section("map");
    char known[MAP_KEYS_SIZE];
    char name[64];
    map_settings_keys(map, known);
    for (size_t i = 0; i < section->n_setting; i++) {
        const char *key = section->settings[i].key;
        if (!mec_settings_is_default(c->settings, "map", key) &&
            mec_text_index(choosing, key) < 0 && mec_text_index(known, key) < 0)
            mec_fail(status, MEC_REFUSED, "%s: %s has no such parameter; accepted: %s",
                     where(c, "map", key), name_of(map, name, sizeof name),
                     *known ? known : "none");
    }
    if (map->type == MAP_PLS && !mec_settings_is_default(c->settings, "map", "regression_type"))
        mec_fail(status, MEC_REFUSED, "%s: found with type = pls; accepted with sklinear and corr",
                 where(c, "map", "regression_type"));
}

/* What one set of parameters cannot do; `place` names it. */
static void check_recipe(const job_context *c, const fit_recipe *recipe, const char *place,
                         mec_status *status) {
    const map_settings *map = &recipe->map;
    const mec_map_parameters *p = &map->parameters;
    const mec_map *chosen = map_settings_map(map);
    const splits_settings *splits = &c->values->splits;
    char name[64];
    bool stored = *splits->file != '\0';
    double train_frac = recipe->train_frac;
    if (isnan(train_frac))
        train_frac = splits->train_frac.word < 0 && !stored ? splits->train_frac.number : 1;
    name_of(map, name, sizeof name);
    if (train_frac == 0 && !chosen->passes_through)
        mec_fail(status, MEC_REFUSED,
                 "%s: train_frac = 0 leaves %s no state to train on; accepted: above 0, or "
                 "regression_type = identity",
                 place, name);
    if (map->type == MAP_PLS && p->n_components == MEC_AUTO)
        mec_fail(status, MEC_REFUSED, "%s: type = pls needs n_components; accepted: 1 or more",
                 place);
    char keys[MAP_KEYS_SIZE];
    map_settings_keys(map, keys);
    bool l1_ratio_list = mec_text_index(keys, "n_alphas") >= 0;
    if (p->l1_ratio.n > 1 && !l1_ratio_list)
        mec_fail(status, MEC_REFUSED,
                 "%s: l1_ratio has %zu values for %s; accepted: one, or a list for ElasticNetCV",
                 place, p->l1_ratio.n, name);
    for (size_t i = 0; i < p->l1_ratio.n && l1_ratio_list && p->alphas.n == 0; i++)
        if (p->l1_ratio.values[i] == 0)
            mec_fail(status, MEC_REFUSED,
                     "%s: l1_ratio = 0 has no path of alphas of its own; accepted: above 0, or "
                     "alphas given",
                     place);
}

mec_code fit_check_sources(const job_context *context, mec_status *status) {
    check_paths(context, status);
    check_splits(context, status);
    return status->code;
}

mec_code fit_check_settings(const job_context *context, mec_status *status) {
    fit_check_sources(context, status);
    check_keys(context, status);
    return status->code;
}

/* ---- what was read ---- */

static void check_parameters(const job_context *c, const fit_data *data, size_t n_split,
                             mec_status *status) {
    const job_settings *v = c->values;
    const per_cell *parameters = &data->parameters;
    if (!*v->map.per_cell)
        return;
    per_cell_check(parameters, &data->dataset.catalogue, n_split, is_pairwise(c), status);
    if (per_cell_gives_train_frac(parameters) &&
        (*v->splits.file || v->splits.train_frac.word >= 0))
        mec_fail(status, MEC_REFUSED,
                 "%s: gives train_frac, but the splits are %s; accepted with drawn splits",
                 v->map.per_cell, *v->splits.file ? "stored ones" : "parts of the arena");
    if (per_cell_names_cells(parameters) && v->fit.scores >> MEC_SCORE_RSA & 1)
        mec_fail(status, MEC_REFUSED,
                 "%s: rsa compares all cells of an animal on the same states, but %s names single "
                 "cells; accepted: other scores, or parameters without cell ids",
                 where(c, "fit", "scores"), v->map.per_cell);
}

mec_code fit_check_data(const job_context *context, const fit_data *data, bool alone,
                        size_t n_split, mec_status *status) {
    check_parameters(context, data, n_split, status);
    const mec_split_use use = {.fewest_animals = data->has_response ? 1 : 2,
                               .cells_alone = alone,
                               .pairwise = is_pairwise(context),
                               .needs_train =
                                   !map_settings_map(&context->values->map)->passes_through};
    if (data->has_splits && status->code == MEC_OK)
        mec_split_file_check(&data->splits, &data->dataset.catalogue, &use, status);
    return status->code;
}

/* A column for a parameter that no used set's map has would be ignored. */
static void check_columns(const job_context *c, const per_cell *parameters, const bool *used,
                          mec_status *status) {
    const mec_csv *csv = parameters->csv;
    char known[MAP_KEYS_SIZE];
    char name[64];
    for (size_t i = 0; i < csv->n_column && csv->n_row > 0; i++) {
        const char *key = mec_csv_name(csv, i);
        bool has = !per_cell_is_parameter(key);
        for (size_t k = 0; k < parameters->n_recipe && !has; k++) {
            map_settings_keys(&parameters->recipes[k].map, known);
            has = used[k] && mec_text_index(known, key) >= 0;
        }
        map_settings_keys(&c->values->map, known);
        if (!has)
            mec_csv_refuse(csv, MEC_CSV_HEADER, status,
                           "column \"%.100s\": %s has no such parameter; accepted: %s", key,
                           name_of(&c->values->map, name, sizeof name), *known ? known : "none");
    }
}

mec_code fit_check_recipes(const job_context *context, const fit_plan *plan, mec_status *status) {
    const per_cell *parameters = &plan->data->parameters;
    const char *file = context->values->map.per_cell;
    bool *used = mec_alloc(parameters->n_recipe, sizeof *used, status);
    for (size_t i = 0; i < plan->n_task && used; i++)
        used[plan->tasks[i].recipe] = true;
    for (size_t i = 0; i < parameters->n_recipe && used; i++)
        if (used[i])
            check_recipe(context, &parameters->recipes[i], *file ? file : "[map]", status);
    if (used)
        check_columns(context, parameters, used, status);
    free(used);
    return status->code;
}
