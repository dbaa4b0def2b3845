#include "failures.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { N_LISTED = 20 };

typedef struct counting {
    const results *r;
    FILE *stream;
    size_t n_done; /* whatever became of them */
    size_t n[RESULTS_N_OUTCOME];
    size_t n_unknown;
    size_t n_listed;
    int width[4]; /* of the columns of names: arena, animal, cell, source */
} counting;

static const unsigned EVERY_AXIS = RESULTS_CELL | RESULTS_SPLIT | RESULTS_SOURCE;

/* Too few states is a matter of the data; it is counted, but is no failure of the fit. */
static bool is_failure(double outcome) {
    return outcome != RESULTS_NOT_DONE && outcome != RESULTS_DONE && outcome != RESULTS_NO_STATES;
}

static size_t n_failed(const counting *c) {
    return c->n[RESULTS_GAP_ABOVE_TOL] + c->n[RESULTS_FAILED] + c->n_unknown;
}

static size_t n_fit(const results_animal *animal) {
    return animal->n_cell * animal->n_split * animal->n_source;
}

/* Which cell, split and source the fit at `index` of an animal's arrays is of. */
typedef struct place {
    const char *cell, *source;
    int split;
} place;

static place place_of(const results_animal *animal, size_t index) {
    size_t k = index % animal->n_source;
    size_t split = index / animal->n_source % animal->n_split;
    return (place){.cell = animal->cell_ids[index / animal->n_source / animal->n_split],
                   .source = animal->sources ? animal->sources[k] : "",
                   .split = animal->splits[split]};
}

static void count_fit(counting *c, const results_animal *animal, size_t index, double outcome) {
    if (outcome >= 0 && outcome < RESULTS_N_OUTCOME)
        c->n[(int)outcome]++;
    else
        c->n_unknown++;
    c->n_done += outcome != RESULTS_NOT_DONE;
    if (!is_failure(outcome) || n_failed(c) > N_LISTED)
        return;
    place p = place_of(animal, index);
    const char *const names[] = {animal->arena, animal->name, p.cell, p.source};
    for (int i = 0; i < 4; i++)
        results_widen(&c->width[i], names[i]);
}

static void list_fit(counting *c, const results_animal *animal, size_t index, double outcome,
                     double gap) {
    char number[32] = "-";
    place p = place_of(animal, index);
    if (isfinite(gap))
        snprintf(number, sizeof number, "%.3g", gap);
    fprintf(c->stream, "  %-*s  %-*s  %-*s  %5d  ", c->width[0], animal->arena, c->width[1],
            animal->name, c->width[2], p.cell, p.split);
    if (animal->sources)
        fprintf(c->stream, "%-*s  ", c->width[3], p.source);
    fprintf(c->stream, "%-13s  %s\n", results_outcome_word(outcome), number);
}

/* Counts the fits of an animal, or lists those that failed. */
static void visit_animal(counting *c, const results_animal *animal, bool list, mec_status *status) {
    double *outcomes = results_read(c->r, animal, "status", EVERY_AXIS, status);
    double *gaps = list ? results_read(c->r, animal, "relative_gap", EVERY_AXIS, status) : NULL;
    for (size_t i = 0; outcomes && i < n_fit(animal); i++) {
        if (!list)
            count_fit(c, animal, i, outcomes[i]);
        else if (is_failure(outcomes[i]) && c->n_listed++ < N_LISTED)
            list_fit(c, animal, i, outcomes[i], gaps ? gaps[i] : NAN);
    }
    free(gaps);
    free(outcomes);
}

static void visit_all(counting *c, bool list, mec_status *status) {
    for (size_t i = 0; i < c->r->n_animal && status->code == MEC_OK; i++)
        visit_animal(c, &c->r->animals[i], list, status);
}

static void print_counts(const counting *c) {
    const char *separator = ": ";
    fprintf(c->stream, "%zu of %zu fits failed", n_failed(c), c->n_done);
    for (int i = RESULTS_GAP_ABOVE_TOL; i <= RESULTS_FAILED; i++) {
        if (c->n[i] == 0)
            continue;
        fprintf(c->stream, "%s%zu %s", separator, c->n[i], results_outcome_word(i));
        separator = ", ";
    }
    if (c->n_unknown > 0)
        fprintf(c->stream, "%s%zu %s", separator, c->n_unknown, results_outcome_word(-1));
    fputc('\n', c->stream);
}

static void print_list(counting *c, mec_status *status) {
    fprintf(c->stream, "  %-*s  %-*s  %-*s  split  ", c->width[0], "arena", c->width[1], "animal",
            c->width[2], "cell");
    if (c->r->animals[0].sources)
        fprintf(c->stream, "%-*s  ", c->width[3], "source");
    fprintf(c->stream, "%-13s  gap\n", "status");
    visit_all(c, true, status);
    if (c->n_listed > N_LISTED)
        fprintf(c->stream, "  ... and %zu more: mec export %s splits=yes\n", c->n_listed - N_LISTED,
                c->r->path);
}

void failures_print(const results *r, FILE *stream, mec_status *status) {
    static const char *const heads[] = {"arena", "animal", "cell", "source"};
    counting c = {.r = r, .stream = stream};
    for (int i = 0; i < 4; i++)
        results_widen(&c.width[i], heads[i]);
    visit_all(&c, false, status);
    if (c.n[RESULTS_NO_STATES] > 0)
        fprintf(stream, "%zu of %zu fits had too few states to train and test (no_states)\n",
                c.n[RESULTS_NO_STATES], c.n_done);
    if (n_failed(&c) == 0 || status->code != MEC_OK)
        return;
    print_counts(&c);
    print_list(&c, status);
}
