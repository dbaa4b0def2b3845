/* What the fits of a run are: sources, groups of targets that share a fit, tasks.
 *
 * Inter-animal consistency: for every arena with at least two animals, every animal is a target;
 * its source is all other animals together (holdout) or each other animal alone (pairwise). Targets
 * that share a source and the states finite in both share a fit: a group. A task is one split of
 * one group, cut further where that would take too long. All of it is a function of settings and
 * data, the same on every rank. */
#ifndef MEC_JOBS_FIT_PLAN_H
#define MEC_JOBS_FIT_PLAN_H

#include "maps/fit.h"
#include "parallel/schedule.h"
#include "settings.h"
#include "storage/dataset.h"

typedef struct fit_source {
    size_t arena;
    size_t animal; /* holdout: the one left out; pairwise: the one it is */
    mec_source source;
    const mec_population **parts;
} fit_source;

/* Targets (indices of the dataset's animals) with one source and one list of kept states. */
typedef struct fit_group {
    size_t source;
    size_t *targets;
    size_t n_target;
    uint32_t *states;
    size_t n_state, n_train;
} fit_group;

/* One split of one group; cells [first, last) of the targets laid end to end. */
typedef struct fit_task {
    size_t group, split;
    size_t first_cell, last_cell;
    double cost; /* multiplications */
    char *name;
} fit_task;

typedef struct fit_skip {
    size_t arena;
    const char *reason;
} fit_skip;

typedef struct fit_plan {
    const mec_dataset *dataset;
    const mec_catalogue *catalogue; /* of the dataset */
    const job_settings *settings;
    const mec_map *map;
    mec_map_parameters parameters;
    size_t n_split;
    mec_population *populations; /* one an animal of the dataset */
    uint8_t **finite;            /* [animal] (n_state): which states are finite in all its cells */
    fit_source *sources;
    fit_group *groups;
    fit_task *tasks;
    double *cost;       /* (n_task) those of the tasks, for the farm */
    const char **names; /* (n_task) likewise, for the run file */
    fit_skip *skips;
    size_t n_source, n_group, n_task, n_skip;
    size_t group_capacity, task_capacity;
} fit_plan;

/* Plans the run; MEC_REFUSED where there is nothing to compare. Local. */
mec_code fit_plan_create(fit_plan *plan, const mec_dataset *dataset, const job_settings *settings,
                         mec_status *status);
void fit_plan_destroy(fit_plan *plan);

/* The animals of an arena as sources of one of them: the number of the `source` axis. */
size_t fit_plan_n_source_of(const fit_plan *plan, const mec_arena *arena);

/* Where animal `source` stands on the `source` axis of animal `target` of the same arena. */
size_t fit_plan_source_index(const mec_arena *arena, size_t source, size_t target);

/* Whether the fits of `source` will want its kernel. */
bool fit_plan_wants_kernel(const fit_plan *plan, size_t source);

/* Bytes that one rank needs for the largest fit. */
double fit_plan_memory(const fit_plan *plan);

#endif
