#include "report/grid_ridge.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "numerics/statistics.h"

/* Cells that have both scores, those of all animals so far. */
typedef struct pairs {
    double *chosen, *ridge;
    size_t n, n_ridge; /* equal */
} pairs;

typedef struct comparing {
    const results *r;
    FILE *stream;
    mec_status *status;
    int arena_width, animal_width;
    pairs all;
} comparing;

static double median_of(const double *values, size_t n, mec_status *status) {
    double *copy = mec_alloc(n, sizeof *copy, status);
    if (!copy)
        return NAN;
    memcpy(copy, values, n * sizeof *copy);
    double median = mec_summarise(copy, n).median;
    free(copy);
    return median;
}

/* One row, from pair `first` on. */
static void print_row(const comparing *c, const char *arena, const char *animal, size_t first) {
    const double *chosen = c->all.chosen + first;
    const double *ridge = c->all.ridge + first;
    size_t n = c->all.n - first;
    size_t n_better = 0;
    double *gain = mec_alloc(n, sizeof *gain, c->status);
    for (size_t i = 0; i < n && gain; i++) {
        gain[i] = chosen[i] - ridge[i];
        n_better += gain[i] > 0;
    }
    if (gain)
        fprintf(c->stream, "%-*s  %-*s  %6zu  %8.4f  %8.4f  %8.4f  %6zu\n", c->arena_width, arena,
                c->animal_width, animal, n, median_of(chosen, n, c->status),
                median_of(ridge, n, c->status), mec_summarise(gain, n).median, n_better);
    free(gain);
}

/* Adds an animal's cells. */
static void add_animal(comparing *c, const results_animal *animal, const results_metric *corr,
                       const results_metric *ridge_corr) {
    size_t n = 0;
    size_t n_pair = 0;
    double *chosen = results_means(c->r, animal, corr, &n, c->status);
    double *ridge = chosen ? results_means(c->r, animal, ridge_corr, &n, c->status) : NULL;
    for (size_t i = 0; i < n && ridge; i++) {
        chosen[n_pair] = chosen[i];
        ridge[n_pair] = ridge[i];
        n_pair += isfinite(chosen[i]) && isfinite(ridge[i]);
    }
    if (ridge) {
        results_append(&c->all.chosen, &c->all.n, chosen, n_pair, c->status);
        results_append(&c->all.ridge, &c->all.n_ridge, ridge, n_pair, c->status);
    }
    free(chosen);
    free(ridge);
}

static void print_rows(comparing *c, const results_metric *corr, const results_metric *ridge) {
    const results *r = c->r;
    size_t start = 0; /* of the arena's pairs */
    for (size_t i = 0; i < r->n_animal && c->status->code == MEC_OK; i++) {
        size_t first = c->all.n;
        bool starts = results_starts_arena(r, i);
        start = starts ? first : start;
        add_animal(c, &r->animals[i], corr, ridge);
        print_row(c, starts ? r->animals[i].arena : "", r->animals[i].name, first);
        if (i + 1 == r->n_animal || results_starts_arena(r, i + 1))
            print_row(c, "", "all", start);
    }
    if (r->n_arena > 1 && c->status->code == MEC_OK)
        print_row(c, "all", "all", 0);
}

void grid_ridge_print(const results *r, FILE *stream, mec_status *status) {
    const results_metric *corr = results_metric_at(r, "corr");
    const results_metric *ridge = results_metric_at(r, "ridge_test_corr");
    if (!results_are_grid(r) || !corr || !ridge)
        return;
    comparing c = {.r = r,
                   .stream = stream,
                   .status = status,
                   .arena_width = (int)strlen("arena"),
                   .animal_width = (int)strlen("animal")};
    for (size_t i = 0; i < r->n_animal; i++) {
        results_widen(&c.arena_width, r->animals[i].arena);
        results_widen(&c.animal_width, r->animals[i].name);
    }
    fputs("\ntest corr of what was chosen and of Ridge with alpha = 1, medians over cells\n",
          stream);
    fprintf(stream, "%-*s  %-*s  %6s  %8s  %8s  %8s  %6s\n", c.arena_width, "arena", c.animal_width,
            "animal", "cells", "chosen", "Ridge", "gain", "better");
    print_rows(&c, corr, ridge);
    free(c.all.chosen);
    free(c.all.ridge);
}
