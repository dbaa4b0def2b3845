#include "report/failures.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "maps/map.h"

enum { N_LISTED = 20 };

typedef struct counting {
    const results *r;
    FILE *stream;
    size_t n_done; /* whatever became of them */
    size_t n_failed;
    size_t n[MEC_N_OUTCOME + 1]; /* by their outcome; the last: unknown ones */
    size_t n_listed;
    int width[4]; /* of the columns of names: arena, animal, cell, source */
} counting;

/* Too few states is a matter of the data; it is counted, but is no failure of the fit. */
static bool is_failure(double outcome) {
    return outcome != MEC_OUTCOME_NOT_DONE && outcome != MEC_OUTCOME_DONE &&
           outcome != MEC_OUTCOME_NO_STATES;
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
    c->n[outcome >= 0 && outcome < MEC_N_OUTCOME ? (int)outcome : MEC_N_OUTCOME]++;
    c->n_done += outcome != MEC_OUTCOME_NOT_DONE;
    if (!is_failure(outcome) || c->n_failed++ >= N_LISTED)
        return;
    place p = place_of(animal, index);
    const char *const names[] = {animal->arena, animal->name, p.cell, p.source};
    for (int i = 0; i < 4; i++)
        results_widen(&c->width[i], names[i]);
}

static void list_fit(counting *c, const results_animal *animal, size_t index, double outcome,
                     double gap) {
    char number[32] = "-";
    char word[RESULTS_OUTCOME_SIZE];
    place p = place_of(animal, index);
    if (isfinite(gap))
        snprintf(number, sizeof number, "%.3g", gap);
    fprintf(c->stream, "  %-*s  %-*s  %-*s  %5d  ", c->width[0], animal->arena, c->width[1],
            animal->name, c->width[2], p.cell, p.split);
    if (animal->sources)
        fprintf(c->stream, "%-*s  ", c->width[3], p.source);
    fprintf(c->stream, "%-13s  %s\n", results_outcome_word(outcome, word), number);
}

/* Counts the fits of an animal, or lists those that failed. */
static void visit_animal(counting *c, const results_animal *animal, bool list, mec_status *status) {
    double *outcomes = results_read(c->r, animal, "status", RESULTS_FIT, status);
    double *gaps = list ? results_read(c->r, animal, "relative_gap", RESULTS_FIT, status) : NULL;
    size_t n_fit = animal->n_cell * animal->n_split * animal->n_source;
    for (size_t i = 0; outcomes && i < n_fit; i++) {
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
    char word[RESULTS_OUTCOME_SIZE];
    const char *separator = ": ";
    fprintf(c->stream, "%zu of %zu fits failed", c->n_failed, c->n_done);
    for (int i = 0; i <= MEC_N_OUTCOME; i++)
        if (is_failure(i) && c->n[i] > 0) {
            fprintf(c->stream, "%s%zu %s", separator, c->n[i], results_outcome_word(i, word));
            separator = ", ";
        }
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
    if (c.n[MEC_OUTCOME_NO_STATES] > 0)
        fprintf(stream, "%zu of %zu fits had too few states to train and test (no_states)\n",
                c.n[MEC_OUTCOME_NO_STATES], c.n_done);
    if (c.n_failed == 0 || status->code != MEC_OK)
        return;
    print_counts(&c);
    print_list(&c, status);
}
