#include "fit/fit_groups.h"

#include <math.h>
#include <stdio.h>

#include "base/log.h"
#include "base/room.h"
#include "base/text.h"
#include "fit/fit_plan.h"
#include "fit/fit_splits.h"
#include "fit/shared_fit.h"
#include "maps/splits.h"
#include "parallel/reduction.h"

/* The model: see fit_groups.h. */
static const double SHARED_MEMORY = 1.1;
static const double PROCESS_MEMORY = 160.0 * 1024 * 1024;
static const double SHARED_COST = 1.25;
static const double READING_COST = 20; /* multiplications in the time that a byte takes */
static const double WORTH_WHILE = 1.25;

/* What all fits of the run come to. */
typedef struct survey {
    const job_context *context;
    const fit_data *data;
    const char *obstacle; /* why no fit can be shared; NULL: none */
    double n_fit;
    double node;                 /* bytes that a node holds for fits by single ranks */
    double alone, matrices;      /* bytes, of the largest fit: on one rank; of all that share it */
    double cost, task_cost;      /* multiplications by single ranks: of all, of the longest task */
    double shared_cost;          /* of the costliest fit that is shared, with reading */
    char largest[MEC_TEXT_SIZE]; /* the arena of the largest fit */
} survey;

/* ---- what there is to do ---- */

static size_t n_train_of(const survey *s, const fit_recipe *recipe, size_t n_state) {
    const splits_settings *splits = &s->context->values->splits;
    bool drawn = !s->data->has_splits && splits->train_frac.word < 0;
    double part = splits->train_frac.word == MEC_SPLIT_QUAD ? 0.75 : 0.5;
    if (!isnan(recipe->train_frac))
        part = recipe->train_frac;
    else if (drawn)
        part = splits->train_frac.number;
    return mec_split_n_train(n_state, part);
}

/* The fits of one source by one recipe, of which there is one a split. */
static void add_fits(survey *s, const mec_arena *arena, const fit_recipe *recipe, double n_split,
                     size_t n_source, size_t n_target) {
    const mec_map *map = map_settings_map(&recipe->map);
    const mec_map_parameters *p = &recipe->map.parameters;
    size_t n_train = n_train_of(s, recipe, arena->n_state);
    mec_shape shape = {n_source, n_train, arena->n_state - n_train, n_target};
    mec_shape none = shape;
    none.m = 0;
    double prepare = map->cost(p, &none);
    double each = map->cost(p, &shape) - prepare;
    double n_task = ceil(fmax(each / FIT_TASK_MOST, 1));
    double alone = mec_fit_memory(map, p, &shape, s->context->values->fit.scores);
    double bytes = (double)sizeof(double) * (double)arena->n_state * (double)(n_source + n_target);
    s->n_fit += n_split;
    s->cost += n_split * (n_task * prepare + each);
    s->task_cost = fmax(s->task_cost, prepare + each / n_task);
    if (alone > s->alone)
        snprintf(s->largest, sizeof s->largest, "%s",
                 mec_catalogue_text(&s->data->dataset.catalogue, arena->name));
    s->alone = fmax(s->alone, alone);
    if (s->obstacle)
        return;
    s->matrices = fmax(s->matrices, shared_fit_memory(map, &shape));
    s->shared_cost = fmax(s->shared_cost, shared_fit_cost(map, &shape) + READING_COST * bytes);
}

/* The kernels of an arena's states, where some fit wants them: one a population. */
static void add_kernels(survey *s, const mec_arena *arena, const fit_recipe *recipe,
                        size_t n_source) {
    mec_shape shape = {n_source, n_train_of(s, recipe, arena->n_state), 1, 1};
    double n = (double)arena->n_state;
    double n_population = s->data->has_response ? 1 : (double)arena->n_animal;
    if (!map_settings_map(&recipe->map)->wants_kernel(&recipe->map.parameters, &shape))
        return;
    s->node += (double)sizeof(double) * n_population * n * n;
    s->cost += n * n * (double)n_source / 2;
}

static void survey_arena(survey *s, size_t a) {
    const mec_arena *arena = &s->data->dataset.catalogue.arenas[a];
    const mec_animal *animals = &s->data->dataset.catalogue.animals[arena->first_animal];
    const per_cell *parameters = &s->data->parameters;
    bool response = s->data->has_response;
    bool pairwise = !response && s->context->values->source.mode == MODE_PAIRWISE;
    double n_split = (double)fit_splits_count(s->data, s->context->values);
    size_t n_all = 0;
    for (size_t i = 0; i < arena->n_animal; i++)
        n_all += animals[i].n_cell;
    s->node += (double)sizeof(double) * (double)arena->n_state *
               (double)(n_all + (response ? s->data->response.arenas[a].n_unit : 0));
    if (!response && arena->n_animal < 2)
        return;
    for (size_t k = 0; k < parameters->n_recipe; k++) {
        const fit_recipe *recipe = &parameters->recipes[k];
        double each = n_split / (double)parameters->n_recipe;
        if (response)
            add_fits(s, arena, recipe, each, s->data->response.arenas[a].n_unit, n_all);
        for (size_t i = 0; i < arena->n_animal && !response; i++) {
            size_t own = animals[i].n_cell;
            add_fits(s, arena, recipe, each, pairwise ? own : n_all - own,
                     pairwise ? n_all - own : own);
        }
    }
    add_kernels(s, arena, &parameters->recipes[0],
                response ? s->data->response.arenas[a].n_unit : n_all);
}

static const char *find_obstacle(const survey *s) {
    const job_settings *v = s->context->values;
    const per_cell *parameters = &s->data->parameters;
    for (size_t i = 0; i < parameters->n_recipe; i++)
        if (!shared_fit_serves(map_settings_map(&parameters->recipes[i].map)))
            return "only Ridge and LinearRegression can be shared by ranks";
    if (per_cell_names_cells(parameters))
        return "fits of single cells (map.per_cell) cannot be shared by ranks";
    if (v->fit.scores >> MEC_SCORE_NEG_EMD & 1 || v->fit.scores >> MEC_SCORE_RSA & 1)
        return "neg_emd and rsa need all predictions on one rank";
    if (*v->data.half1)
        return "halves of the recordings are read whole";
    return NULL;
}

/* ---- what it takes ---- */

static double memory_alone(const survey *s) {
    return PROCESS_MEMORY + s->alone + s->node / s->context->world->node_size;
}

static double memory_shared(const survey *s, int size) {
    double response = (double)sizeof(double) * (double)s->data->response.values.count;
    return PROCESS_MEMORY + SHARED_MEMORY * s->matrices / size +
           response / s->context->world->node_size;
}

static double time_alone(const survey *s) {
    return fmax(s->cost / s->context->world->size, s->task_cost);
}

static double time_shared(const survey *s, int size) {
    double n_group = floor((double)s->context->world->size / size);
    return ceil(s->n_fit / n_group) * SHARED_COST * s->shared_cost / size;
}

static mec_code find_memory(const job_context *c, double *bytes, mec_status *status) {
    const char *text = c->values->run.memory_per_rank;
    if (*text && (!mec_text_to_bytes(text, bytes) || *bytes == 0))
        return mec_fail(status, MEC_REFUSED,
                        "%s: found \"%.100s\"; accepted: bytes above 0, such as 4 GiB, or empty",
                        mec_settings_where(c->settings, "run", "memory_per_rank"), text);
    if (*text)
        return MEC_OK;
    double least = mec_room_here().bytes / c->world->node_size;
    double most = least;
    mec_range_reals64(c->world, 1, &least, &most);
    *bytes = least;
    return MEC_OK;
}

/* ---- choosing ---- */

/* Refuses with what the largest fit needs and what a rank has. */
static mec_code refuse(const survey *s, const fit_groups *g, const char *key, const char *why,
                       const char *accepted, mec_status *status) {
    char alone[32];
    char has[32];
    mec_text_from_bytes(g->alone, alone, sizeof alone);
    mec_text_from_bytes(g->has, has, sizeof has);
    return mec_fail(status, MEC_REFUSED,
                    "%s: %s; the largest fit (arena %s) needs about %s on one rank with its share "
                    "of the data, and a rank has %s; accepted: %s",
                    mec_settings_where(s->context->settings, "run", key), why, s->largest, alone,
                    has, accepted);
}

static mec_code take_setting(const survey *s, fit_groups *g, mec_status *status) {
    char found[128];
    char accepted[64];
    char needs[32];
    char has[32];
    int64_t wanted = s->context->values->run.group;
    snprintf(found, sizeof found, "found %lld, but %s", (long long)wanted,
             s->obstacle ? s->obstacle : "there are fewer ranks");
    snprintf(accepted, sizeof accepted, "1 to %d", s->context->world->size);
    if (wanted > 1 && s->obstacle)
        return refuse(s, g, "group", found, "1", status);
    if (wanted > s->context->world->size)
        return refuse(s, g, "group", found, accepted, status);
    g->size = (int)wanted;
    double bytes = wanted == 1 ? g->alone : memory_shared(s, g->size);
    mec_text_from_bytes(bytes, needs, sizeof needs);
    mec_text_from_bytes(g->has, has, sizeof has);
    if (bytes > g->has)
        mec_log("run.group = %d: a fit needs about %s a rank, which has %s", g->size, needs, has);
    return MEC_OK;
}

static mec_code refuse_too_large(const survey *s, const fit_groups *g, mec_status *status) {
    char why[128];
    char accepted[128];
    char needs[32];
    int size = s->context->world->size;
    double room = g->has - memory_shared(s, INT32_MAX);
    mec_text_from_bytes(memory_shared(s, size), needs, sizeof needs);
    if (s->obstacle)
        snprintf(why, sizeof why, "is too little, and %s", s->obstacle);
    else if (size == 1)
        snprintf(why, sizeof why, "is too little");
    else
        snprintf(why, sizeof why, "is too little: shared by all %d ranks a fit needs %s of each",
                 size, needs);
    if (s->obstacle || room <= 0)
        snprintf(accepted, sizeof accepted, "more memory, or fewer ranks a node");
    else
        snprintf(accepted, sizeof accepted, "more memory, or %.0f ranks of as much",
                 ceil(SHARED_MEMORY * s->matrices / room));
    return refuse(s, g, "memory_per_rank", why, accepted, status);
}

static mec_code choose(const survey *s, fit_groups *g, mec_status *status) {
    double best = INFINITY;
    int size = 0;
    bool alone = g->alone <= g->has;
    for (int i = 2; i <= s->context->world->size && !s->obstacle; i++)
        if (memory_shared(s, i) <= g->has && time_shared(s, i) < best) {
            best = time_shared(s, i);
            size = i;
        }
    if (!alone && size == 0)
        return refuse_too_large(s, g, status);
    bool large = s->shared_cost > FIT_TASK_MOST && s->n_fit < s->context->world->size;
    bool faster = size > 0 && large && time_alone(s) > WORTH_WHILE * best;
    g->size = alone && !faster ? 1 : size;
    return MEC_OK;
}

mec_code fit_groups_choose(const job_context *context, const fit_data *data, fit_groups *g,
                           mec_status *status) {
    survey s = {.context = context, .data = data};
    *g = (fit_groups){.size = 1};
    if (mec_agree(context->world, status) || find_memory(context, &g->has, status))
        return status->code;
    s.obstacle = find_obstacle(&s);
    for (size_t a = 0; a < data->dataset.catalogue.n_arena; a++)
        survey_arena(&s, a);
    g->alone = memory_alone(&s);
    if (context->values->run.group == MEC_AUTO)
        choose(&s, g, status);
    else
        take_setting(&s, g, status);
    g->shared = memory_shared(&s, g->size);
    return mec_agree(context->world, status);
}
