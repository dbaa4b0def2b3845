/* Lists of single fits: the columns that say which fit a line is about. */
#ifndef MEC_JOBS_FIT_LIST_H
#define MEC_JOBS_FIT_LIST_H

#include <stdio.h>

#include "report/results.h"

enum { FIT_LIST_MOST = 20 }; /* lines of a list, before it says how many more there are */

typedef struct fit_list {
    FILE *stream;
    bool pairwise;
    int width[4]; /* of the columns of names: arena, animal, cell, source */
} fit_list;

fit_list fit_list_start(const results *r, FILE *stream);

/* Makes the columns wide enough for the fit at `index` of an animal's arrays. */
void fit_list_widen(fit_list *list, const results_animal *animal, size_t index);

/* The columns' heads, and what stands in them for a fit; the line is to be continued. */
void fit_list_print_heads(const fit_list *list);
void fit_list_print(const fit_list *list, const results_animal *animal, size_t index);

#endif
