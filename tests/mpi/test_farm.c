#include <sys/resource.h>

#include "base/clock.h"
#include "farm_job.h"
#include "random.h"
#include "together.h"

static mec_world world;

/* A run that must do all tasks that are not done. */
static void runs_whole(farm_job *job, const uint8_t *done, size_t n_left, double flush_seconds) {
    mec_status status = {0};
    farm_job_run(job, done, flush_seconds, 0, &status);
    CHECK_STATUS(&world, status, MEC_OK);
    farm_tally tally = farm_job_tally(job);
    CHECK(&world, tally.once);
    CHECK(&world, tally.n_computed == n_left);
    CHECK(&world, tally.all_flushed);
    CHECK(&world, job->n_flush >= 1);
    for (size_t task = 0; task < job->n_task; task++)
        if (done && done[task])
            CHECK(&world, job->computed[task] == 0);
}

static void every_task_is_done_once(void) {
    const size_t counts[] = {0, 1, 2, 3, 7, 50, MAX_TASK};
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        check_about("%zu tasks without cost", counts[c]);
        farm_job job = farm_job_make(&world, counts[c]);
        runs_whole(&job, NULL, counts[c], 3600);
        CHECK(&world, job.n_flush == 1);
    }
}

static void random_costs_and_many_flushes(void) {
    uint64_t random = 5; /* the same costs on every rank */
    check_about("random costs");
    farm_job job = farm_job_make(&world, 150);
    for (size_t task = 0; task < job.n_task; task++)
        job.cost[task] = 4e-3 * random_uniform(&random) * random_uniform(&random);
    runs_whole(&job, NULL, job.n_task, 0.01);
    check_about("a flush after every task");
    job = farm_job_make(&world, 40);
    runs_whole(&job, NULL, job.n_task, 1e-9);
    CHECK(&world, job.n_flush > 2);
}

static void done_tasks_stay_undone(void) {
    uint8_t done[60] = {0};
    size_t n_left = 0;
    check_about("every third task is done already");
    for (size_t task = 0; task < 60; task++) {
        done[task] = task % 3 == 0;
        n_left += !done[task];
    }
    farm_job job = farm_job_make(&world, 60);
    runs_whole(&job, done, n_left, 3600);
    for (size_t task = 0; task < 60; task++)
        done[task] = 1;
    check_about("all tasks are done already");
    job = farm_job_make(&world, 60);
    runs_whole(&job, done, 0, 3600);
}

/* Waves of many tasks, of one and of none, some done before. */
static void waves_follow_flushes(void) {
    const size_t n_first[] = {30, 1, 0, 60};
    for (size_t c = 0; c < sizeof n_first / sizeof *n_first; c++)
        for (int with_done = 0; with_done < 2; with_done++) {
            check_about("%zu of 60 tasks in the first wave, done before: %d", n_first[c],
                        with_done);
            farm_job job = farm_job_make(&world, 60);
            uint8_t done[60] = {0};
            size_t n_left = 0;
            for (size_t task = 0; task < 60; task++) {
                job.cost[task] = task % 7 == 0 ? 2e-3 : 0;
                job.wave[task] = task >= n_first[c];
                job.class[task] = (uint32_t)(4 * job.wave[task] + task % 3);
                done[task] = with_done && (task % 5 == 0 || task < n_first[c] / 2);
                n_left += !done[task];
            }
            runs_whole(&job, done, n_left, 3600);
            CHECK(&world, !job.early);
            CHECK(&world, job.n_flush <= 2);
        }
}

/* The flush between the waves fails: none of the second is begun. */
static void a_failing_flush_ends_the_wave(void) {
    for (int rank = 0; rank < world.size; rank++) {
        check_about("the flush between waves fails on rank %d", rank);
        farm_job job = farm_job_make(&world, 40);
        mec_status status = {0};
        for (size_t task = 20; task < 40; task++)
            job.class[task] = job.wave[task] = 1;
        job.failing_flush = 1;
        job.on_rank = rank;
        farm_job_run(&job, NULL, 3600, 0, &status);
        CHECK_STATUS(&world, status, MEC_FAILED);
        CHECK(&world, farm_job_tally(&job).n_computed == 20 && job.n_flush == 1);
    }
}

/* The rank waits for its first task as long as it takes: all have work for a while. */
static void a_failing_task_ends_the_run(void) {
    for (int rank = 0; rank < world.size; rank++) {
        check_about("a task fails on rank %d", rank);
        farm_job job = farm_job_make(&world, 100);
        mec_status status = {0};
        for (size_t task = 0; task < job.n_task; task++)
            job.cost[task] = 2e-3;
        inject(&world, "compute", rank);
        farm_job_run(&job, NULL, 3600, 0, &status);
        inject(&world, NULL, 0);
        CHECK_STATUS(&world, status, MEC_FAILED);
        farm_tally tally = farm_job_tally(&job);
        CHECK(&world, tally.once && tally.all_flushed);
        CHECK(&world, tally.n_computed < job.n_task);
    }
}

static void all_ranks_may_fail_at_once(void) {
    check_about("a task fails on every rank");
    farm_job job = farm_job_make(&world, 100);
    mec_status status = {0};
    inject(&world, "compute", world.rank);
    farm_job_run(&job, NULL, 3600, 0, &status);
    inject(&world, NULL, 0);
    CHECK_STATUS(&world, status, MEC_FAILED);
    farm_tally tally = farm_job_tally(&job);
    CHECK(&world, tally.once && tally.all_flushed);
}

static void a_failing_start_is_agreed(void) {
    for (int rank = 0; rank < world.size; rank++) {
        check_about("the farm cannot start on rank %d", rank);
        farm_job job = farm_job_make(&world, 10);
        mec_status status = {0};
        inject(&world, "farm_start", rank);
        farm_job_run(&job, NULL, 3600, 0, &status);
        inject(&world, NULL, 0);
        CHECK_STATUS(&world, status, MEC_FAILED);
        CHECK(&world, farm_job_tally(&job).n_computed == 0 && job.n_flush == 0);
    }
}

static void a_failing_flush_ends_the_run(void) {
    for (int rank = 0; rank < world.size; rank++)
        for (int number = 1; number <= 3; number += 2) {
            check_about("flush %d fails on rank %d", number, rank);
            farm_job job = farm_job_make(&world, 100);
            mec_status status = {0};
            for (size_t task = 0; task < job.n_task; task++)
                job.cost[task] = 1e-3;
            job.failing_flush = number;
            job.on_rank = rank;
            farm_job_run(&job, NULL, 2e-3, 0, &status);
            CHECK_STATUS(&world, status, MEC_FAILED);
            CHECK(&world, job.n_flush == number && !job.flushed_after_failure);
            CHECK(&world, farm_job_tally(&job).once);
        }
}

static void the_last_flush_may_fail(void) {
    for (int rank = 0; rank < world.size; rank++) {
        check_about("the only flush fails on rank %d", rank);
        farm_job job = farm_job_make(&world, 10);
        mec_status status = {0};
        job.failing_flush = 1;
        job.on_rank = rank;
        farm_job_run(&job, NULL, 3600, 0, &status);
        CHECK_STATUS(&world, status, MEC_FAILED);
        CHECK(&world, farm_job_tally(&job).n_flushed == 0);
    }
}

static void the_time_limit_stops_it(void) {
    check_about("a time limit");
    farm_job job = farm_job_make(&world, MAX_TASK);
    mec_status status = {0};
    for (size_t task = 0; task < job.n_task; task++)
        job.cost[task] = 0.02;
    farm_job_run(&job, NULL, 3600, 0.3, &status);
    CHECK_STATUS(&world, status, MEC_STOPPED);
    farm_tally tally = farm_job_tally(&job);
    CHECK(&world, tally.once && tally.all_flushed);
    CHECK(&world, tally.n_computed > 0 && tally.n_computed < job.n_task);
}

/* A task longer than the limit is given up at one of its beats. */
static void the_time_limit_reaches_into_tasks(void) {
    check_about("a time limit within a task");
    farm_job job = farm_job_make(&world, 1);
    mec_status status = {0};
    job.cost[0] = 3600;
    farm_job_run(&job, NULL, 3600, 0.1, &status);
    CHECK_STATUS(&world, status, MEC_STOPPED);
    CHECK(&world, farm_job_tally(&job).n_computed == 0);
}

/* Whoever is idle when rank 0 ends a task is given the next one before rank 0 takes it. */
static void who_waits_comes_first(void) {
    if (world.size != 2)
        return;
    check_about("rank 0 computes without a beat");
    farm_job job = farm_job_make(&world, 6);
    job.deaf = true;
    runs_whole(&job, NULL, 6, 3600);
    int n_computed = 0;
    for (size_t task = 0; task < job.n_task; task++)
        n_computed += job.computed[task];
    CHECK(&world, n_computed == 3);
}

/* One task takes long, the others are done meanwhile: their flush does not wait for it where the
 * job has it so, and else comes between tasks only. */
static void flushes_reach_into_tasks(void) {
    for (int at_beats = 0; at_beats < 2; at_beats++) {
        check_about("flushes at beats: %d", at_beats);
        farm_job job = farm_job_make(&world, 40);
        for (size_t task = 0; task < job.n_task; task++)
            job.cost[task] = task == 0 ? 0.5 : 1e-3;
        job.flushes_at_beats = at_beats;
        runs_whole(&job, NULL, job.n_task, 0.02);
        int within = job.flushed_within;
        MPI_Allreduce(MPI_IN_PLACE, &within, 1, MPI_INT, MPI_MAX, world.comm);
        CHECK(&world, within == (at_beats && world.size > 1));
    }
}

static double cpu_seconds(void) {
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
           1e-6 * (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec);
}

/* One task that sleeps, nothing for the others: nobody may spin. */
static void ranks_that_wait_sleep(void) {
    check_about("one task for all ranks");
    farm_job job = farm_job_make(&world, 1);
    mec_status status = {0};
    job.cost[0] = 0.5;
    double cpu = cpu_seconds();
    double wall = mec_clock_seconds();
    farm_job_run(&job, NULL, 3600, 0, &status);
    cpu = cpu_seconds() - cpu;
    wall = mec_clock_seconds() - wall;
    CHECK_STATUS(&world, status, MEC_OK);
    CHECK(&world, wall >= 0.5);
    CHECK(&world, cpu < 0.5 * wall);
}

int main(void) {
    start_together(&world);
    every_task_is_done_once();
    random_costs_and_many_flushes();
    done_tasks_stay_undone();
    waves_follow_flushes();
    a_failing_flush_ends_the_wave();
    a_failing_task_ends_the_run();
    all_ranks_may_fail_at_once();
    a_failing_start_is_agreed();
    a_failing_flush_ends_the_run();
    the_last_flush_may_fail();
    the_time_limit_stops_it();
    the_time_limit_reaches_into_tasks();
    who_waits_comes_first();
    flushes_reach_into_tasks();
    ranks_that_wait_sleep();
    return end_together(&world);
}
