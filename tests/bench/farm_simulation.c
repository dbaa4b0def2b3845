/* How well the task farm would use many ranks, simulated: the farm's own scheduling (order, what it
 * learns, depth of the workers' queues, waves) over a transport that is modelled, with tasks as
 * they were measured.
 *
 *   farm_simulation BEAT_SECONDS RANKS... < tasks
 *
 * Every line of `tasks` is a class, a wave, an estimated cost and measured seconds. Messages take
 * 5 us; rank 0, which computes too, reads its mail every BEAT_SECONDS and spends 3 us on a message.
 * What flushes take is not counted. Prints, for every number of ranks, the time, the efficiency
 * (seconds of work over ranks x time) and what limits it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "parallel/schedule.h"

static const double LATENCY = 5e-6;
static const double HANDLING = 3e-6;

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
    double ready; /* when its current task ends; INFINITY: it has none */
} worker;

static void *grow(void *list, size_t n, size_t *capacity, size_t size) {
    mec_status status = {0};
    list = mec_grow(list, n, capacity, size, &status);
    if (!list)
        exit(1);
    return list;
}

static tasks read_tasks(void) {
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
        t.seconds[t.n++] = seconds;
    }
    return t;
}

/* A run under way. */
typedef struct simulation {
    const tasks *t;
    mec_schedule schedule;
    worker *workers; /* (n_rank) */
    size_t n_rank;
    double free_at; /* when rank 0 has handled what came before */
    double mail;    /* what it has spent on that */
} simulation;

/* Gives a worker tasks until it holds `depth`; `now` is when the orders reach it. */
static void supply(simulation *s, worker *w, size_t depth, double now) {
    while (w->n_queue < depth && mec_schedule_next(&s->schedule, &w->queue[w->n_queue]))
        w->n_queue++;
    if (isinf(w->ready) && w->n_queue > 0)
        w->ready = now + s->t->seconds[w->queue[0]];
}

static size_t depth_now(const simulation *s) {
    return mec_schedule_depth(&s->schedule, s->n_rank);
}

/* The start of a wave; rank 0 takes its own first task after handing out the others'. */
static void hand_round(simulation *s) {
    size_t most = depth_now(s);
    for (size_t depth = 1; depth <= most; depth++)
        for (size_t i = 1; i < s->n_rank; i++) {
            s->free_at += HANDLING;
            s->mail += HANDLING;
            supply(s, &s->workers[i], depth, s->free_at + LATENCY);
        }
    supply(s, &s->workers[0], 1, s->free_at);
}

/* The worker whose task ends first. */
static worker *first_to_end(worker *workers, size_t n) {
    worker *first = &workers[0];
    for (size_t i = 1; i < n; i++)
        if (workers[i].ready < first->ready)
            first = &workers[i];
    return first;
}

/* A worker's task ends: it goes on with the next one it holds, and rank 0 hands it another. */
static void end_task(simulation *s, worker *w, double beat) {
    double now = w->ready;
    size_t task = w->queue[0];
    bool leads = w == &s->workers[0];
    w->n_queue--;
    for (size_t i = 0; i < w->n_queue; i++)
        w->queue[i] = w->queue[i + 1];
    w->ready = w->n_queue > 0 ? now + s->t->seconds[w->queue[0]] : INFINITY;
    bool busy = !isinf(s->workers[0].ready);
    double read = leads || !busy ? now + LATENCY : ceil((now + LATENCY) / beat) * beat;
    s->free_at = fmax(s->free_at, read) + HANDLING;
    s->mail += HANDLING;
    mec_schedule_learn(&s->schedule, task, s->t->seconds[task]);
    supply(s, w, leads ? 1 : depth_now(s), s->free_at + LATENCY);
}

/* Returns when the last task ends. `*mail` receives the time that rank 0 spends on messages. */
static double simulate(const tasks *t, size_t n_rank, double beat, double *mail) {
    mec_status status = {0};
    mec_plan plan = {.n_task = t->n, .cost = t->cost, .class = t->class, .wave = t->wave};
    simulation s = {.t = t, .n_rank = n_rank};
    s.workers = mec_alloc(n_rank, sizeof *s.workers, &status);
    if (!s.workers || mec_schedule_create(&s.schedule, &plan, &status))
        exit(1);
    for (size_t i = 0; i < n_rank; i++)
        s.workers[i].ready = INFINITY;
    double end = 0;
    do {
        s.free_at = end;
        hand_round(&s);
        for (worker *w; !isinf((w = first_to_end(s.workers, n_rank))->ready);) {
            end = w->ready;
            end_task(&s, w, beat);
        }
    } while (mec_schedule_next_wave(&s.schedule));
    *mail = s.mail;
    mec_schedule_destroy(&s.schedule);
    free(s.workers);
    return end;
}

int main(int argc, char **argv) {
    if (argc < 3) {
        fprintf(stderr, "usage: farm_simulation BEAT_SECONDS RANKS... < tasks\n");
        return 2;
    }
    tasks t = read_tasks();
    double work = 0;
    double longest = 0;
    for (size_t i = 0; i < t.n; i++) {
        work += t.seconds[i];
        longest = fmax(longest, t.seconds[i]);
    }
    printf("%zu tasks, %.1f s of work, the longest %.2f s\n", t.n, work, longest);
    printf("%6s  %10s  %10s  %s\n", "ranks", "time, s", "efficiency", "limits");
    for (int k = 2; k < argc; k++) {
        size_t n_rank = (size_t)atoi(argv[k]);
        double mail = 0;
        double end = simulate(&t, n_rank, atof(argv[1]), &mail);
        double even = work / (double)n_rank;
        printf("%6zu  %10.2f  %10.3f  %.1f tasks a rank, longest task %.0f %% of an even share, "
               "rank 0 on mail %.2f %%\n",
               n_rank, end, even / end, (double)t.n / (double)n_rank, 100 * longest / even,
               100 * mail / end);
    }
    free(t.cost);
    free(t.seconds);
    free(t.class);
    free(t.wave);
    return 0;
}
