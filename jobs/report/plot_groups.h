/* The picture of distributions while it is made: its values (plot_groups.c), where they stand
 * (plot_places.c). */
#ifndef MEC_JOBS_PLOT_GROUPS_H
#define MEC_JOBS_PLOT_GROUPS_H

#include "numerics/statistics.h"
#include "report/plot_kinds.h"

enum {
    GROUPS_N_DENSITY = 64, /* points of a violin's outline */
    GROUPS_MAX_LABEL = 28, /* characters of a name */
    GROUPS_HEIGHT = 280,   /* of the axes of one row, pixels */
    GROUPS_TOP = 52,       /* above them, for the arena's name */
    GROUPS_FOOT = 30,      /* below all, for the caption */
    /* Sizes of fonts, points. */
    GROUPS_FONT_HEAD = 12,
    GROUPS_FONT_AXIS = 11,
    GROUPS_FONT_LABEL = 10,
    GROUPS_FONT_NOTE = 9,
};

/* The values of one animal (or, of a metric of animals, of one arena), sorted, NaN at the end. */
typedef struct group {
    const char *arena, *name;
    double *values;
    size_t n; /* not NaN */
    mec_summary summary;
    double density[GROUPS_N_DENSITY]; /* from the least to the greatest value; at most 1 */
    bool starts_arena;
    size_t arena_size;     /* of the first of an arena: its groups */
    mec_summary arena_all; /* and all their values */
    double x;              /* of its middle in its row, slots */
    size_t row, arena_index;
} group;

/* One row of the picture. */
typedef struct group_row {
    double width;       /* slots */
    double top, bottom; /* of the axes; of what stands below them: pixels from above */
} group_row;

typedef struct figure {
    const results *r;
    const results_metric *metric;
    group *groups;
    size_t n_group, n_most; /* values in the largest of them */
    double *all;            /* every value */
    size_t n_all;
    double low, high; /* of the axis */
    size_t n_outside; /* values that it leaves out */
    group_row *rows;
    size_t n_row;
    bool upright; /* names stand below their group, or are turned by 45 degrees */
    double slot;  /* a group's width, pixels */
    double left;  /* of the axes, pixels */
    int width, height;
    gnuplot g;
    mec_status *status;
} figure;

/* Puts arenas side by side in as many rows as it takes (one arena is never broken), and chooses
 * sizes so that no text is cut or runs into another. */
void plot_place_groups(figure *f);

/* How many values a group has, as it stands under its name. */
void plot_group_count(const figure *f, const group *p, char *text, size_t size);

/* The line under an arena's name. */
void plot_arena_note(const group *first, char *text, size_t size);

#endif
