/* What the fits of a run are: sources, groups of cells that share source and states, tasks.
 *
 * Inter-animal consistency: for every arena with at least two animals, every animal is a target;
 * its source is all other animals together (holdout) or each other animal alone (pairwise). With a
 * model's responses as the source, every animal of every arena is a target. Cells that share a
 * source and the states finite in it and in them are a group: all cells of an animal count
 * together, unless parameters are given per cell; then each counts by itself. A task is one split
 * of the cells of a group that share their parameters, cut further where that would take too long
 * (fit/fit_tasks.h).
 * All of it is a function of settings and data, the same on every rank. */
#ifndef MEC_JOBS_FIT_PLAN_H
#define MEC_JOBS_FIT_PLAN_H

#include "fit/fit_data.h"
#include "maps/fit.h"
#include "parallel/schedule.h"

/* Of a fit_source that is no animal. */
#define FIT_NO_ANIMAL SIZE_MAX

typedef struct fit_source {
    size_t arena;
    size_t animal; /* holdout: the one left out; pairwise: the one it is; else FIT_NO_ANIMAL */
    mec_source source;
    const mec_population **parts;
    uint8_t *finite;   /* (n_state) states finite in all parts */
    bool wants_kernel; /* some fit does */
} fit_source;

/* A cell of an animal of the dataset. */
typedef struct fit_cell {
    uint32_t animal, cell;
} fit_cell;

typedef struct fit_group {
    size_t source;
    uint32_t *states; /* kept ones, ascending */
    size_t n_state;
    fit_cell *cells; /* animal after animal, each in its own order */
    size_t n_cell, capacity;
} fit_group;

typedef struct fit_task {
    size_t group, split;
    size_t recipe; /* of data->parameters */
    size_t n_train, n_test;
    const fit_cell *cells; /* part of the group's, or of one of the plan's lists */
    size_t n_cell;
    /* Where one cell is a task too long: parts 0 .. n_part - 1 of its work are tasks of their own,
     * and part n_part, of a later wave, joins what they found. 0: the cells' whole work. */
    size_t n_part, part;
    size_t cut;  /* of such a cell and split: which one of the plan's n_cut it is */
    double cost; /* multiplications */
    char *name;
} fit_task;

typedef struct fit_skip {
    size_t arena;
    const char *reason;
} fit_skip;

/* How large tasks are, in multiplications: total / n_wanted, within `least` and `most`. */
typedef struct fit_cutting {
    double least, most; /* both 0: FIT_TASK_MOST, whatever the total */
    double n_wanted;    /* tasks */
    /* Into how many parts the work on one cell can be cut where about `wanted` are; NULL: it cannot
     * be cut. Fits must be made cell by cell. */
    size_t (*n_part)(const void *of, double wanted);
    size_t parts; /* wanted of every cell; 0: of those that take longer than `most`, as many as do
                     not */
} fit_cutting;

/* What is done with the cells of a task, as far as a plan must know. */
typedef struct fit_work {
    bool alone; /* every cell by itself, on the states finite in it */
    /* Multiplications for a task of that shape; NULL: those of its map, and of the scores. */
    double (*cost)(const void *of, const mec_shape *shape);
    double (*memory)(const void *of, const mec_shape *shape); /* bytes beside a fit's; NULL: none */
    const void *of;
    fit_cutting cutting;
} fit_work;

/* The most multiplications in a task: some seconds on one core, so that a flush or a stop waits for
 * no longer. A constant, because the cut decides the last bits. */
#define FIT_TASK_MOST 1e11

typedef struct fit_plan {
    fit_data *data;
    const mec_catalogue *catalogue; /* of the dataset */
    const job_settings *settings;
    bool pairwise;
    bool alone; /* each cell is fitted by itself */
    fit_work work;
    size_t n_split;
    mec_bins *bins;              /* one an arena */
    mec_population *populations; /* one an animal of the dataset */
    mec_population *responses;   /* one an arena, where they are the source */
    fit_source *sources;
    fit_group *groups;
    fit_task *tasks;
    fit_cell **lists;   /* cells of groups in the order of their parameters, where these differ */
    double *cost;       /* (n_task) those of the tasks, for the farm */
    const char **names; /* (n_task) likewise, for the run file */
    uint32_t *class;    /* (n_task) tasks alike in source and part, for the farm */
    uint8_t *wave;      /* (n_task) 1: joins parts */
    size_t *unit;       /* (n_task) the first task of those that need one another's results */
    fit_skip *skips;
    size_t n_source, n_group, n_task, n_list, n_skip;
    size_t n_cut, most_part; /* cells and splits that are cut, and the most parts of one */
    size_t group_capacity, task_capacity, list_capacity;
} fit_plan;

/* Plans the run; MEC_REFUSED where there is nothing to compare, or the arenas' bins are not known
 * and are asked for. Local. */
mec_code fit_plan_create(fit_plan *plan, fit_data *data, const job_settings *settings,
                         const fit_work *work, mec_status *status);
void fit_plan_destroy(fit_plan *plan);

/* The settings of a task's map, and the map. */
const map_settings *fit_plan_map_settings(const fit_plan *plan, const fit_task *task);
const mec_map *fit_plan_map(const fit_plan *plan, const fit_task *task);

/* Whether the animals of an arena are targets. */
bool fit_plan_compares(const fit_plan *plan, size_t arena);

/* The animals of an arena as sources of one of them: the number of the `source` axis. */
size_t fit_plan_n_source_of(const fit_plan *plan, const mec_arena *arena);

/* Where the source stands on the `source` axis of animal `target`. */
size_t fit_plan_source_index(const fit_plan *plan, const fit_source *source, size_t target);

/* Bytes that one rank needs for the largest task. */
double fit_plan_memory(const fit_plan *plan);

#endif
