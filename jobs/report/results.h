/* The results of a run file, for those who read them: its animals, arena by arena, and its metrics.
 *
 * A metric is whatever the file holds as one number a cell (`corr`, `reliability`) or one number an
 * animal (`rsa`); scores hold it per split as well, as NAME_per_split. What there is, is found in
 * the file, not known here. Of a grid search every real array over single fits is one, `test_corr`
 * being those of `corr`. Serial, reads only. */
#ifndef MEC_JOBS_RESULTS_H
#define MEC_JOBS_RESULTS_H

#include <stdint.h>

#include "base/settings.h"
#include "report/over_fits.h"
#include "storage/run_info.h"

/* The axes of an array, in this order; those of a single fit are all of them. */
enum {
    RESULTS_CELL = 1,
    RESULTS_SPLIT = 2,
    RESULTS_SOURCE = 4,
    RESULTS_FIT = RESULTS_CELL | RESULTS_SPLIT | RESULTS_SOURCE
};

typedef struct results_animal {
    char *arena, *name;
    char **cell_ids; /* (n_cell) */
    int32_t *splits; /* (n_split) */
    char **sources;  /* (n_source); NULL where all sources are fitted together */
    size_t n_cell, n_split;
    size_t n_source; /* 1 where `sources` is NULL: arrays then lack that axis */
} results_animal;

typedef struct results_metric {
    char name[64];
    char fits[128]; /* the array of single fits' numbers; "": none, it has no splits */
    bool of_animal; /* one number an animal, not a cell */
    over_fits over; /* what a cell's number is of those of its fits */
    char units[32]; /* "1": none */
    char long_name[128];
} results_metric;

typedef struct results {
    const char *path;
    hid_t file;
    const char *top; /* the group that the arenas are in: fits or grid */
    mec_run_info info;
    results_animal *animals; /* sorted by arena, then by name */
    size_t n_animal, n_arena;
    results_metric *metrics; /* scores first */
    size_t n_metric, metric_capacity;
} results;

/* Opens the run file at `path`, which must outlive the results. MEC_REFUSED where it is no run
 * file, holds no fits, is not whole, or is being written. To be closed in any case. */
mec_code results_open(results *r, const char *path, mec_status *status);
void results_close(results *r);

/* Not all tasks are done: means are those over the splits that are. */
bool results_are_unfinished(const results *r);

/* Whether animal `i` is the first of its arena. */
bool results_starts_arena(const results *r, size_t i);

/* The metric called `name`; NULL with MEC_REFUSED, which lists what the file holds. */
const results_metric *results_find(const results *r, const char *name, mec_status *status);

/* The metric called `name`, or NULL. */
const results_metric *results_metric_at(const results *r, const char *name);

/* Whether any animal has an array called `name`. */
bool results_have_array(const results *r, const char *name);

/* An array of an animal as numbers, shaped as `axes` says (sources only where there are any); the
 * caller frees it. NULL where the animal has no such array; NULL with a status where it has another
 * shape or cannot be read. */
double *results_read(const results *r, const results_animal *animal, const char *name,
                     unsigned axes, mec_status *status);

/* The same of a metric per split. */
double *results_per_split(const results *r, const results_animal *animal,
                          const results_metric *metric, mec_status *status);

/* The metric of every cell of the animal (or of the animal): the mean over splits, then over
 * sources (or what `over` says), computed here, so that it holds for unfinished runs too; NaN where
 * there is none. The caller frees the `*n` numbers. */
double *results_means(const results *r, const results_animal *animal, const results_metric *metric,
                      size_t *n, mec_status *status);

/* The group that the animal's arrays are in; closed by the caller. */
hid_t results_open_group(const results *r, const results_animal *animal);

/* Whether the run was a grid search. */
bool results_are_grid(const results *r);

/* Appends values to a list that is the caller's to free. */
void results_append(double **values, size_t *n, const double *more, size_t n_more,
                    mec_status *status);

/* Makes a column of a table wide enough for `text`. */
void results_widen(int *width, const char *text);

/* The word of a mec_outcome; "unknown" for a value that this version does not know. */
enum { RESULTS_OUTCOME_SIZE = 32 };
const char *results_outcome_word(double outcome, char word[RESULTS_OUTCOME_SIZE]);

#endif
