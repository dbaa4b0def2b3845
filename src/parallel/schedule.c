#include "parallel/schedule.h"

#include <stdlib.h>

#include "base/memory.h"

typedef struct entry {
    double cost;
    size_t task;
} entry;

static int by_cost_descending(const void *left, const void *right) {
    const entry *a = left;
    const entry *b = right;
    if (a->cost != b->cost)
        return a->cost < b->cost ? 1 : -1;
    return (a->task > b->task) - (a->task < b->task);
}

mec_code mec_schedule_create(mec_schedule *schedule, const mec_plan *plan, mec_status *status) {
    *schedule = (mec_schedule){0};
    entry *entries = mec_alloc(plan->n_task, sizeof *entries, status);
    schedule->order = mec_alloc(plan->n_task, sizeof *schedule->order, status);
    if (status->code == MEC_OK) {
        size_t end = plan->n_now > 0 ? plan->first + plan->n_now : plan->n_task;
        for (size_t task = plan->first; task < end; task++)
            if (!plan->done || !plan->done[task])
                entries[schedule->n++] = (entry){plan->cost[task], task};
        qsort(entries, schedule->n, sizeof *entries, by_cost_descending);
        for (size_t i = 0; i < schedule->n; i++)
            schedule->order[i] = entries[i].task;
    }
    free(entries);
    return status->code;
}

void mec_schedule_destroy(mec_schedule *schedule) {
    free(schedule->order);
    *schedule = (mec_schedule){0};
}

bool mec_schedule_next(mec_schedule *schedule, size_t *task) {
    if (schedule->next == schedule->n)
        return false;
    *task = schedule->order[schedule->next++];
    return true;
}

size_t mec_schedule_n_left(const mec_schedule *schedule) {
    return schedule->n - schedule->next;
}

size_t mec_schedule_depth(const mec_schedule *schedule, size_t n_rank) {
    size_t depth = mec_schedule_n_left(schedule) / n_rank;
    return depth < 1 ? 1 : depth > MEC_SCHEDULE_DEPTH ? MEC_SCHEDULE_DEPTH : depth;
}
