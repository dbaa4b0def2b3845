/* Parameters of the map for single cells, sources and splits, from a CSV file ([map] per_cell): the
 * outcome of a grid search, or what a user writes by hand.
 *
 * A line names cells, splits, sources and arenas, or all of them by *, and gives some keys of [map]
 * and train_frac. Every fit asks for its recipe: each key is decided by the most exact of the lines
 * that match and give it, in the end by [map] and [splits]. A line that names its cell is more
 * exact than one that does not; between two of a kind the split decides, then the source, then the
 * arena. Fits of one recipe can share work, so recipes are numbered by value. No I/O, no MPI: ranks
 * with the same text that ask the same questions get the same answers. */
#ifndef MEC_JOBS_PER_CELL_H
#define MEC_JOBS_PER_CELL_H

#include "base/csv.h"
#include "base/lookup.h"
#include "settings.h"
#include "storage/catalogue.h"

/* What a fit is made with. */
typedef struct fit_recipe {
    map_settings map;
    double train_frac; /* NaN: [splits] decides */
} fit_recipe;

typedef enum per_cell_key {
    PER_CELL_ARENA,
    PER_CELL_SOURCE,
    PER_CELL_SPLIT,
    PER_CELL_CELL,
    N_PER_CELL_KEY
} per_cell_key;

typedef struct per_cell {
    mec_csv *csv;
    size_t key_column[N_PER_CELL_KEY];  /* csv->n_column: not in the file */
    struct per_cell_column *columns;    /* (csv->n_column) */
    struct per_cell_line *lines;        /* (csv->n_row) */
    bool has_kind[1 << N_PER_CELL_KEY]; /* whether some line names these keys, a bit each */
    bool names_cells, gives_train_frac;
    mec_lookup line_lookup; /* lines by their keys */
    struct per_cell_step *steps;
    size_t n_step, step_capacity;
    mec_lookup step_lookup;
    fit_recipe *recipes; /* (n_recipe) none twice; 0 is [map] and [splits] alone */
    size_t n_recipe, recipe_capacity;
    mec_lookup recipe_lookup;
} per_cell;

/* Parses the `length` bytes of `text`; `file` is its name in messages, `base` the settings that
 * hold where no line says otherwise. Columns: cell_id; arena, source, split (absent: *); the keys
 * of [map] but type and per_cell; train_frac. MEC_REFUSED names file, line, what was found and what
 * is accepted. The table is to be destroyed in any case. */
mec_code per_cell_parse(per_cell *table, const char *file, const char *text, size_t length,
                        const map_settings *base, mec_status *status);
/* A table without a line: `base` holds for every fit. */
mec_code per_cell_plain(per_cell *table, const map_settings *base, mec_status *status);

void per_cell_destroy(per_cell *table);

/* Whether some line has a cell_id other than *: then every cell is fitted alone. */
bool per_cell_names_cells(const per_cell *table);

/* Whether some line has a train_frac of its own. */
bool per_cell_gives_train_frac(const per_cell *table);

/* Whether a column of this name gives a parameter of some maps: all but those of keys, of the map
 * itself and train_frac. */
bool per_cell_is_parameter(const char *column);

/* Which of table->recipes fits this cell; `source` is NULL where the source is not one animal, and
 * lines that name one then do not match. Recipes are numbered in the order in which they are first
 * asked for, and may move in memory with every call. Takes well under a microsecond, whatever the
 * number of lines; the status is for memory. */
size_t per_cell_recipe(per_cell *table, const char *arena, const char *source, const char *cell_id,
                       size_t split, mec_status *status);

/* Whether all that the file names is there: arenas, cells and sources among those of the catalogue
 * (sources only where the comparison is pairwise), splits among the first `n_split`. MEC_REFUSED
 * names the line and the nearest name. */
mec_code per_cell_check(const per_cell *table, const mec_catalogue *catalogue, size_t n_split,
                        bool pairwise, mec_status *status);

#endif
