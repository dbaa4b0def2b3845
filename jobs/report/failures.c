#include "report/failures.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "maps/map.h"
#include "report/fit_list.h"

typedef struct counting {
    const results *r;
    FILE *stream;
    size_t n_done; /* whatever became of them */
    size_t n_failed;
    size_t n[MEC_N_OUTCOME + 1]; /* by their outcome; the last: unknown ones */
    size_t n_listed;
    fit_list list;
} counting;

/* Too few states is a matter of the data; it is counted, but is no failure of the fit. */
static bool is_failure(double outcome) {
    return outcome != MEC_OUTCOME_NOT_DONE && outcome != MEC_OUTCOME_DONE &&
           outcome != MEC_OUTCOME_NO_STATES;
}

static void count_fit(counting *c, const results_animal *animal, size_t index, double outcome) {
    c->n[outcome >= 0 && outcome < MEC_N_OUTCOME ? (int)outcome : MEC_N_OUTCOME]++;
    c->n_done += outcome != MEC_OUTCOME_NOT_DONE;
    if (!is_failure(outcome) || c->n_failed++ >= FIT_LIST_MOST)
        return;
    fit_list_widen(&c->list, animal, index);
}

static void list_fit(counting *c, const results_animal *animal, size_t index, double outcome,
                     double gap) {
    char number[32] = "-";
    char word[RESULTS_OUTCOME_SIZE];
    if (isfinite(gap))
        snprintf(number, sizeof number, "%.3g", gap);
    fit_list_print(&c->list, animal, index);
    fprintf(c->stream, "  %-13s  %s\n", results_outcome_word(outcome, word), number);
}

/* Counts the fits of an animal, or lists those that failed. */
static void visit_animal(counting *c, const results_animal *animal, bool list, mec_status *status) {
    double *outcomes = results_read(c->r, animal, "status", RESULTS_FIT, status);
    const char *gap = results_are_grid(c->r) ? "largest_relative_gap" : "relative_gap";
    double *gaps = list ? results_read(c->r, animal, gap, RESULTS_FIT, status) : NULL;
    size_t n_fit = animal->n_cell * animal->n_split * animal->n_source;
    for (size_t i = 0; outcomes && i < n_fit; i++) {
        if (!list)
            count_fit(c, animal, i, outcomes[i]);
        else if (is_failure(outcomes[i]) && c->n_listed++ < FIT_LIST_MOST)
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
    fit_list_print_heads(&c->list);
    fprintf(c->stream, "  %-13s  gap\n", "status");
    visit_all(c, true, status);
    if (c->n_listed > FIT_LIST_MOST)
        fprintf(c->stream, "  ... and %zu more: mec export %s splits=yes\n",
                c->n_listed - FIT_LIST_MOST, c->r->path);
}

void failures_print(const results *r, FILE *stream, mec_status *status) {
    counting c = {.r = r, .stream = stream, .list = fit_list_start(r, stream)};
    visit_all(&c, false, status);
    if (c.n[MEC_OUTCOME_NO_STATES] > 0)
        fprintf(stream, "%zu of %zu fits had too few states to train and test (no_states)\n",
                c.n[MEC_OUTCOME_NO_STATES], c.n_done);
    if (c.n_failed == 0 || status->code != MEC_OK)
        return;
    print_counts(&c);
    print_list(&c, status);
}
