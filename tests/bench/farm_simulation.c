/* How well the task farm would use many ranks, simulated: the farm's own scheduling (order, depth
 * of the workers' queues) over a transport that is modelled, with tasks as they were measured.
 *
 *   farm_simulation BEAT_SECONDS RANKS... < tasks
 *
 * Every line of `tasks` is an estimated cost and measured seconds. Messages take 5 us; rank 0,
 * which computes too, reads its mail every BEAT_SECONDS and spends 3 us on a message. Prints, for
 * every number of ranks, the time, the efficiency (seconds of work over ranks x time) and what
 * limits it.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "parallel/schedule.h"

static const double LATENCY = 5e-6;
static const double HANDLING = 3e-6;

typedef struct tasks {
    double *cost, *seconds;
    size_t n;
} tasks;

/* A rank: what it holds, and when it is through with it. */
typedef struct worker {
    size_t queue[MEC_SCHEDULE_DEPTH];
    size_t n_queue;
    double ready; /* when its current task ends; INFINITY: it has none */
    double idle;
} worker;

static tasks read_tasks(void) {
    tasks t = {0};
    size_t capacity[2] = {0};
    double cost;
    double seconds;
    mec_status status = {0};
    while (scanf("%lf %lf", &cost, &seconds) == 2) {
        t.cost = mec_grow(t.cost, t.n, &capacity[0], sizeof *t.cost, &status);
        t.seconds = mec_grow(t.seconds, t.n, &capacity[1], sizeof *t.seconds, &status);
        if (status.code != MEC_OK)
            exit(1);
        t.cost[t.n] = cost;
        t.seconds[t.n++] = seconds;
    }
    return t;
}

/* Gives a worker what it may hold; `now` is when the orders reach it. */
static void supply(mec_schedule *schedule, const tasks *t, worker *w, size_t n_rank, double now) {
    size_t depth = mec_schedule_depth(schedule, n_rank);
    while (w->n_queue < depth && mec_schedule_next(schedule, &w->queue[w->n_queue]))
        w->n_queue++;
    if (isinf(w->ready) && w->n_queue > 0)
        w->ready = now + t->seconds[w->queue[0]];
}

/* The worker whose task ends first. */
static worker *first_to_end(worker *workers, size_t n) {
    worker *first = &workers[0];
    for (size_t i = 1; i < n; i++)
        if (workers[i].ready < first->ready)
            first = &workers[i];
    return first;
}

/* Returns when the last task ends. `*mail` receives the time that rank 0 spends on messages. */
static double simulate(const tasks *t, size_t n_rank, double beat, double *mail) {
    mec_status status = {0};
    mec_schedule schedule = {0};
    worker *workers = mec_alloc(n_rank, sizeof *workers, &status);
    mec_plan plan = {.n_task = t->n, .cost = t->cost};
    if (!workers || mec_schedule_create(&schedule, &plan, &status))
        exit(1);
    double free_at = 0; /* when rank 0 has handled what came before */
    double end = 0;
    *mail = 0;
    for (size_t i = 0; i < n_rank; i++) {
        workers[i].ready = INFINITY;
        free_at += i > 0 ? HANDLING : 0;
        supply(&schedule, t, &workers[i], n_rank, i > 0 ? free_at + LATENCY : 0);
    }
    for (worker *w; !isinf((w = first_to_end(workers, n_rank))->ready);) {
        double now = w->ready;
        end = now;
        w->n_queue--;
        for (size_t i = 0; i < w->n_queue; i++)
            w->queue[i] = w->queue[i + 1];
        w->ready = w->n_queue > 0 ? now + t->seconds[w->queue[0]] : INFINITY;
        double read = w == &workers[0] ? now : ceil((now + LATENCY) / beat) * beat;
        free_at = fmax(free_at, read) + HANDLING;
        *mail += HANDLING;
        supply(&schedule, t, w, n_rank, free_at + LATENCY);
    }
    mec_schedule_destroy(&schedule);
    free(workers);
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
    return 0;
}
