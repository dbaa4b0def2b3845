#include "fit/fit_tell.h"

#include "base/log.h"

void fit_tell_skips(const fit_plan *plan) {
    const mec_catalogue *d = plan->catalogue;
    for (size_t i = 0; i < plan->n_skip; i++)
        mec_log("arena %s is skipped: %s",
                mec_catalogue_text(d, d->arenas[plan->skips[i].arena].name), plan->skips[i].reason);
}

static size_t count_animals(const fit_group *g) {
    size_t n = 0;
    for (size_t i = 0; i < g->n_cell; i++)
        n += i == 0 || g->cells[i].animal != g->cells[i - 1].animal;
    return n;
}

/* Once a group, whatever the number of its splits. */
void fit_tell_lack_of_states(const fit_plan *plan) {
    const mec_catalogue *d = plan->catalogue;
    size_t told = SIZE_MAX;
    for (size_t i = 0; i < plan->n_task; i++) {
        const fit_task *t = &plan->tasks[i];
        const fit_group *g = &plan->groups[t->group];
        const fit_source *s = &plan->sources[g->source];
        bool trains = t->n_train > 0 || fit_plan_map(plan, t)->passes_through;
        if ((trains && t->n_test > 0) || t->group == told)
            continue;
        told = t->group;
        size_t named = s->animal == FIT_NO_ANIMAL ? t->cells[0].animal : s->animal;
        size_t n_target = count_animals(g);
        mec_log("arena %s, animal %s: %zu states are finite in the source and %zu target%s; %zu to "
                "train and %zu to test in split %zu are too few; the scores are NaN",
                mec_catalogue_text(d, d->arenas[s->arena].name),
                mec_catalogue_text(d, d->animals[named].name), g->n_state, n_target,
                n_target == 1 ? "" : "s", t->n_train, t->n_test, t->split);
    }
}
