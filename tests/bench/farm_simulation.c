/* How well the task farm would use many ranks, simulated: the farm's own scheduling (order, what it
 * learns, depth of the workers' queues, waves) over a transport that is modelled, with tasks as
 * they were measured.
 *
 *   farm_simulation [NAME=VALUE ...] RANKS... < tasks
 *
 * Every line of `tasks` is a class, a wave, an estimated cost and measured seconds. Prints, for
 * every number of ranks, the time, the share of it that the ranks compute, what rank 0 has to do
 * with messages, the most of them that waited for it, how long a worker was without a task while
 * there were some left, and the flushes. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "parallel/schedule.h"

/* The model, in seconds where not said otherwise; each can be given on the command line. */
typedef struct model {
    double latency;       /* of a message */
    double handling;      /* of rank 0 for one */
    double beat;          /* between two looks of a rank that computes at its mail */
    double flush_seconds; /* between flushes */
    double flush;         /* a flush, once all ranks have joined: as many times log2(ranks) */
    double slow;          /* share of nodes of 32 ranks that compute half as fast */
    double stragglers;    /* share of tasks that take five times as long */
} model;

enum { NODE = 32 };
static const double SLOWNESS = 2;
static const double STRAGGLING = 5;

typedef struct tasks {
    double *cost, *seconds;
    uint32_t *class;
    uint8_t *wave;
    size_t n;
} tasks;

/* A rank: what it holds, and when it is through with it. */
typedef struct worker {
    size_t queue[MEC_SCHEDULE_DEPTH];
    size_t n_queue;
    double ready;      /* when its current task ends; INFINITY: it has none */
    double idle_since; /* when it has none */
    double slowness;
} worker;

static void *grow(void *list, size_t n, size_t *capacity, size_t size) {
    mec_status status = {0};
    list = mec_grow(list, n, capacity, size, &status);
    if (!list)
        exit(1);
    return list;
}

/* Whether the i-th of a random share. */
static bool is_among(size_t i, double share) {
    uint64_t x = (i + 1) * UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 31)) * UINT64_C(0xbf58476d1ce4e5b9);
    return (double)((x ^ (x >> 29)) >> 11) * 0x1p-53 < share;
}

static tasks read_tasks(const model *m) {
    tasks t = {0};
    size_t capacity[4] = {0};
    unsigned class;
    unsigned wave;
    double cost;
    double seconds;
    while (scanf("%u %u %lf %lf", &class, &wave, &cost, &seconds) == 4) {
        t.class = grow(t.class, t.n, &capacity[0], sizeof *t.class);
        t.wave = grow(t.wave, t.n, &capacity[1], sizeof *t.wave);
        t.cost = grow(t.cost, t.n, &capacity[2], sizeof *t.cost);
        t.seconds = grow(t.seconds, t.n, &capacity[3], sizeof *t.seconds);
        t.class[t.n] = class;
        t.wave[t.n] = (uint8_t)wave;
        t.cost[t.n] = cost;
        t.seconds[t.n] = seconds * (is_among(t.n, m->stragglers) ? STRAGGLING : 1);
        t.n++;
    }
    return t;
}

/* A run under way. */
typedef struct simulation {
    const tasks *t;
    const model *m;
    mec_schedule schedule;
    worker *workers; /* (n_rank) */
    size_t n_rank;
    double free_at; /* when rank 0 has handled what came before */
    double busy;    /* seconds that ranks have computed */
    /* what is told */
    double mail;   /* seconds that rank 0 has spent on messages */
    double *freed; /* (n_report) when each report was handled */
    size_t n_report, n_handled, longest_queue;
    double waited; /* seconds that workers had no task although there were some */
    double flushed, flushing;
    size_t n_flush;
} simulation;

static double seconds_of(const simulation *s, const worker *w) {
    return s->t->seconds[w->queue[0]] * w->slowness;
}

static void begin_task(simulation *s, worker *w, double now) {
    w->ready = now + seconds_of(s, w);
    s->busy += seconds_of(s, w);
}

/* Rank 0 spends time on a message, and that much later ends what it computes. */
static void handle(simulation *s) {
    s->free_at += s->m->handling;
    s->mail += s->m->handling;
    if (!isinf(s->workers[0].ready))
        s->workers[0].ready += s->m->handling;
}

/* Gives a worker tasks until it holds `depth`; each is a message. */
static void supply(simulation *s, worker *w, size_t depth) {
    bool idle = isinf(w->ready);
    bool leads = w == &s->workers[0];
    while (w->n_queue < depth && mec_schedule_next(&s->schedule, &w->queue[w->n_queue])) {
        w->n_queue++;
        if (!leads)
            handle(s);
        if (!idle)
            continue;
        double now = s->free_at + (leads ? 0 : s->m->latency);
        idle = false;
        s->waited += now - w->idle_since;
        begin_task(s, w, now);
    }
}

static size_t depth_now(const simulation *s) {
    return mec_schedule_depth(&s->schedule, s->n_rank);
}

/* The start of a wave; rank 0 takes its own first task after handing out the others'. */
static void hand_round(simulation *s) {
    size_t most = depth_now(s);
    for (size_t depth = 1; depth <= most; depth++)
        for (size_t i = 1; i < s->n_rank; i++)
            supply(s, &s->workers[i], depth);
    supply(s, &s->workers[0], 1);
}

/* The worker whose task ends first. */
static worker *first_to_end(worker *workers, size_t n) {
    worker *first = &workers[0];
    for (size_t i = 1; i < n; i++)
        if (workers[i].ready < first->ready)
            first = &workers[i];
    return first;
}

/* Every rank joins at its next beat, and none goes on before all have written. */
static void flush(simulation *s, double now) {
    double orders = (double)(s->n_rank - 1) * s->m->handling;
    double held = orders + s->m->latency + s->m->beat + s->m->flush * log2((double)s->n_rank);
    for (size_t i = 0; i < s->n_rank; i++)
        s->workers[i].ready += held;
    s->mail += orders;
    s->free_at = fmax(s->free_at, now) + held;
    s->flushing += held;
    s->flushed = now + held;
    s->n_flush++;
}

/* When rank 0 has read what is sent at `now`: at once, or at its next beat. */
static void read_report(simulation *s, double now) {
    double beat = isinf(s->workers[0].ready) ? 0 : s->m->beat;
    double come = now + s->m->latency;
    double read = beat > 0 ? ceil(come / beat) * beat : come;
    s->free_at = fmax(s->free_at, read);
    handle(s);
    while (s->n_handled < s->n_report && s->freed[s->n_handled] <= come)
        s->n_handled++;
    s->freed[s->n_report++] = s->free_at;
    size_t queue = s->n_report - s->n_handled;
    s->longest_queue = queue > s->longest_queue ? queue : s->longest_queue;
}

/* A worker's task ends: it goes on with the next one it holds, and rank 0 hands it another. */
static void end_task(simulation *s, worker *w) {
    double now = w->ready;
    size_t task = w->queue[0];
    bool leads = w == &s->workers[0];
    w->n_queue--;
    memmove(w->queue, w->queue + 1, w->n_queue * sizeof *w->queue);
    w->ready = INFINITY;
    w->idle_since = now;
    if (w->n_queue > 0)
        begin_task(s, w, now);
    if (leads)
        s->free_at = fmax(s->free_at, now);
    else
        read_report(s, now);
    mec_schedule_learn(&s->schedule, task, s->t->seconds[task] * w->slowness);
    supply(s, w, leads ? 1 : depth_now(s));
    if (now - s->flushed >= s->m->flush_seconds)
        flush(s, now);
}

static void start(simulation *s, const mec_plan *plan) {
    mec_status status = {0};
    size_t n_node = (s->n_rank + NODE - 1) / NODE;
    double n_slow = ceil(s->m->slow * (double)n_node);
    s->workers = mec_alloc(s->n_rank, sizeof *s->workers, &status);
    s->freed = mec_alloc(s->t->n, sizeof *s->freed, &status);
    if (status.code != MEC_OK || mec_schedule_create(&s->schedule, plan, &status))
        exit(1);
    for (size_t i = 0; i < s->n_rank; i++) {
        size_t node = n_node - 1 - i / NODE; /* the last ones are slow */
        s->workers[i].ready = INFINITY;
        s->workers[i].slowness = (double)node < n_slow ? SLOWNESS : 1;
    }
}

/* Returns when the last task has ended and its results are written. */
static double simulate(simulation *s) {
    const tasks *t = s->t;
    const mec_plan plan = {.n_task = t->n, .cost = t->cost, .class = t->class, .wave = t->wave};
    start(s, &plan);
    double end = 0;
    do {
        s->free_at = end;
        hand_round(s);
        for (worker *w; !isinf((w = first_to_end(s->workers, s->n_rank))->ready);) {
            end = w->ready;
            end_task(s, w);
        }
        flush(s, end);
        end = s->free_at;
    } while (mec_schedule_next_wave(&s->schedule));
    mec_schedule_destroy(&s->schedule);
    free(s->workers);
    free(s->freed);
    return end;
}

static void tell(const tasks *t, const model *m, size_t n_rank) {
    simulation s = {.t = t, .m = m, .n_rank = n_rank};
    double end = simulate(&s);
    double all = (double)n_rank * end;
    printf("%6zu  %10.2f  %10.1f  %10.3f  %8.1f  %7zu  %8.3f  %7zu  %8.3f\n", n_rank, end,
           (double)t->n / (double)n_rank, s.busy / all, 100 * s.mail / end, s.longest_queue,
           100 * s.waited / all, s.n_flush, 100 * s.flushing / end);
}

/* Takes NAME=VALUE; false where it is none. */
static bool set(model *m, const char *word) {
    const struct {
        const char *name;
        double *value;
    } settings[] = {{"latency=", &m->latency},
                    {"handling=", &m->handling},
                    {"beat=", &m->beat},
                    {"flush_seconds=", &m->flush_seconds},
                    {"flush=", &m->flush},
                    {"slow=", &m->slow},
                    {"stragglers=", &m->stragglers}};
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        if (strncmp(word, settings[i].name, strlen(settings[i].name)) == 0) {
            *settings[i].value = atof(word + strlen(settings[i].name));
            return true;
        }
    return false;
}

int main(int argc, char **argv) {
    model m = {.latency = 5e-6, .handling = 3e-6, .beat = 2e-3, .flush_seconds = 30, .flush = 0.02};
    int first = 1;
    while (first < argc && set(&m, argv[first]))
        first++;
    if (first == argc || atoi(argv[first]) < 1) {
        fprintf(stderr, "usage: farm_simulation [NAME=VALUE ...] RANKS... < tasks\n");
        return 2;
    }
    tasks t = read_tasks(&m);
    double work = 0;
    double longest = 0;
    for (size_t i = 0; i < t.n; i++) {
        work += t.seconds[i];
        longest = fmax(longest, t.seconds[i]);
    }
    printf("# %zu tasks, %.0f s of work, the longest %.2f s\n", t.n, work, longest);
    printf("# ranks     time, s  tasks/rank  efficiency  rank0, %%    queue  wait, %%  flushes  "
           "flush, %%\n");
    for (int k = first; k < argc; k++)
        tell(&t, &m, (size_t)atoi(argv[k]));
    free(t.cost);
    free(t.seconds);
    free(t.class);
    free(t.wave);
    return 0;
}
