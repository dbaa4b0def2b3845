#include "parallel/schedule.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

struct mec_schedule_class {
    unsigned wave;
    size_t next, end; /* in the order: what is left to hand out */
    size_t n;         /* tasks of the schedule */
    double cost;      /* of these */
    size_t n_given, n_done;
    double cost_done, seconds; /* of those learned from */
};

typedef struct mec_schedule_class class;

typedef struct entry {
    double cost;
    size_t task;
    uint32_t class;
} entry;

static uint32_t class_of(const mec_plan *plan, size_t task) {
    return plan->class ? plan->class[task] : 0;
}

static unsigned wave_of(const mec_plan *plan, size_t task) {
    return plan->wave ? plan->wave[task] : 0;
}

static int by_class_and_cost(const void *left, const void *right) {
    const entry *a = left;
    const entry *b = right;
    if (a->class != b->class)
        return a->class < b->class ? -1 : 1;
    if (a->cost != b->cost)
        return a->cost < b->cost ? 1 : -1;
    return (a->task > b->task) - (a->task < b->task);
}

/* The tasks that are not done, in their order; counts the schedule's. */
static void sort_tasks(mec_schedule *schedule, entry *entries) {
    const mec_plan *plan = schedule->plan;
    size_t end = plan->n_now > 0 ? plan->first + plan->n_now : plan->n_task;
    for (size_t task = plan->first; task < end; task++)
        if (!plan->done || !plan->done[task])
            entries[schedule->n++] = (entry){plan->cost[task], task, class_of(plan, task)};
    qsort(entries, schedule->n, sizeof *entries, by_class_and_cost);
    for (size_t i = 0; i < schedule->n; i++)
        schedule->order[i] = entries[i].task;
}

static void fill_classes(mec_schedule *schedule) {
    for (size_t i = 0; i < schedule->n; i++) {
        size_t task = schedule->order[i];
        class *c = &schedule->classes[class_of(schedule->plan, task)];
        if (c->n++ == 0)
            *c = (class){.wave = wave_of(schedule->plan, task), .next = i, .n = 1};
        c->end = i + 1;
        c->cost += schedule->plan->cost[task];
    }
}

static size_t count_wave(const mec_schedule *schedule, unsigned wave) {
    size_t n = 0;
    for (size_t i = 0; i < schedule->n_class; i++)
        n += schedule->classes[i].wave == wave ? schedule->classes[i].n : 0;
    return n;
}

mec_code mec_schedule_create(mec_schedule *schedule, const mec_plan *plan, mec_status *status) {
    *schedule = (mec_schedule){.plan = plan, .n_class = 1};
    for (size_t task = 0; task < plan->n_task; task++)
        if (class_of(plan, task) >= schedule->n_class)
            schedule->n_class = (size_t)class_of(plan, task) + 1;
    entry *entries = mec_alloc(plan->n_task, sizeof *entries, status);
    schedule->order = mec_alloc(plan->n_task, sizeof *schedule->order, status);
    schedule->classes = mec_alloc(schedule->n_class, sizeof *schedule->classes, status);
    if (status->code == MEC_OK) {
        sort_tasks(schedule, entries);
        fill_classes(schedule);
        schedule->n_left = count_wave(schedule, 0);
        if (schedule->n_left == 0)
            mec_schedule_next_wave(schedule);
    }
    free(entries);
    return status->code;
}

void mec_schedule_destroy(mec_schedule *schedule) {
    free(schedule->order);
    free(schedule->classes);
    *schedule = (mec_schedule){0};
}

/* Seconds a unit of cost over all classes; 1 as long as nothing was learned. */
static double common_rate(const mec_schedule *schedule) {
    double cost = 0;
    double seconds = 0;
    for (size_t i = 0; i < schedule->n_class; i++) {
        cost += schedule->classes[i].cost_done;
        seconds += schedule->classes[i].seconds;
    }
    return cost > 0 && seconds > 0 ? seconds / cost : 1;
}

/* Seconds a unit of cost of the class: the common rate counts like one task of it. */
static double rate_of(const class *c, double common) {
    double typical = c->n > 0 ? c->cost / (double)c->n : 0;
    double cost = c->cost_done + typical;
    return cost > 0 ? (c->seconds + common * typical) / cost : common;
}

/* What the next task of the class is expected to take. */
static double seconds_of_next(const mec_schedule *schedule, const class *c, double common) {
    return rate_of(c, common) * schedule->plan->cost[schedule->order[c->next]];
}

bool mec_schedule_next(mec_schedule *schedule, size_t *task) {
    class *best = NULL;
    double longest = 0;
    double common = common_rate(schedule);
    for (size_t i = 0; i < schedule->n_class; i++) {
        class *c = &schedule->classes[i];
        if (c->wave != schedule->wave || c->next == c->end)
            continue;
        double seconds = seconds_of_next(schedule, c, common);
        bool first = best && c->n_given == 0 && best->n_given > 0;
        bool later = best && c->n_given > 0 && best->n_given == 0;
        if (!best || first || (!later && seconds > longest)) {
            best = c;
            longest = seconds;
        }
    }
    if (!best)
        return false;
    *task = schedule->order[best->next++];
    best->n_given++;
    schedule->n_left--;
    return true;
}

bool mec_schedule_next_wave(mec_schedule *schedule) {
    for (unsigned wave = schedule->wave + 1; wave <= UINT8_MAX; wave++) {
        size_t n = count_wave(schedule, wave);
        if (n > 0) {
            schedule->wave = wave;
            schedule->n_left = n;
            return true;
        }
    }
    return false;
}

void mec_schedule_learn(mec_schedule *schedule, size_t task, double seconds) {
    class *c = &schedule->classes[class_of(schedule->plan, task)];
    c->n_done++;
    c->cost_done += schedule->plan->cost[task];
    c->seconds += seconds;
}

void mec_schedule_work(const mec_schedule *schedule, double *done, double *left) {
    double common = common_rate(schedule);
    *done = *left = 0;
    for (size_t i = 0; i < schedule->n_class; i++) {
        const class *c = &schedule->classes[i];
        *done += c->seconds;
        if (c->n_done < c->n)
            *left += rate_of(c, common) * fmax(c->cost - c->cost_done, 0);
    }
}

size_t mec_schedule_n_left(const mec_schedule *schedule) {
    return schedule->n_left;
}

size_t mec_schedule_depth(const mec_schedule *schedule, size_t n_rank) {
    const size_t shares = 2; /* of what is left, in hand at most the first of these */
    size_t depth = mec_schedule_n_left(schedule) / (shares * n_rank);
    return depth < 1 ? 1 : depth > MEC_SCHEDULE_DEPTH ? MEC_SCHEDULE_DEPTH : depth;
}
