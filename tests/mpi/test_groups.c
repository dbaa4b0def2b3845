/* Tasks that groups of ranks do together: who belongs together, every task once and by all of a
 * group, flushes by all ranks, failures and stops of ranks that do not lead. */
#include <signal.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/stop.h"
#include "parallel/groups.h"
#include "together.h"

enum { N_TASK = 40 };

static mec_world world;

/* Keeps book of what this rank took part in. */
typedef struct job {
    const mec_groups *groups;
    double seconds;       /* that a task takes */
    size_t special;       /* the task in which something happens; N_TASK: none */
    int on_rank;          /* of the world, where it happens */
    bool fails, raises;   /* what it is */
    int failing_flush;    /* from 1; 0: none */
    int computed[N_TASK]; /* on this rank */
    int flushed[N_TASK];  /* records of this rank */
    int n_flush;
} job;

static mec_code compute(void *self, size_t task, const mec_pulse *pulse, mec_status *status) {
    job *j = self;
    const mec_world *group = &j->groups->group;
    int sum = 0;
    MPI_Allreduce(&(int){1}, &sum, 1, MPI_INT, MPI_SUM, group->comm);
    bool here = task == j->special && world.rank == j->on_rank;
    if (here && j->fails)
        mec_fail(status, MEC_FAILED, "made to fail");
    if (here && j->raises)
        raise(SIGTERM);
    if (j->seconds > 0)
        mec_clock_sleep(j->seconds);
    if (mec_pulse_stop(pulse))
        mec_fail(status, MEC_STOPPED, "stopped on request");
    if (mec_agree(group, status) == MEC_OK)
        j->computed[task] += sum == j->groups->size;
    return status->code;
}

static mec_code flush(void *self, const mec_task_record *records, size_t n_record,
                      mec_status *status) {
    job *j = self;
    j->n_flush++;
    if (j->n_flush == j->failing_flush && world.rank == j->on_rank)
        mec_fail(status, MEC_FAILED, "flush made to fail");
    if (mec_agree(&world, status))
        return status->code;
    for (size_t i = 0; i < n_record; i++)
        j->flushed[records[i].task]++;
    return MEC_OK;
}

static mec_code run(job *j, double flush_seconds, mec_status *status) {
    double cost[N_TASK];
    for (size_t i = 0; i < N_TASK; i++)
        cost[i] = (double)(1 + i % 3);
    mec_plan plan = {.n_task = N_TASK, .cost = cost};
    mec_farm_job farm = {.self = j, .compute = compute, .flush = flush};
    mec_farm_options options = {.flush_seconds = flush_seconds, .started = mec_clock_seconds()};
    return mec_groups_run(j->groups, &plan, &farm, &options, status);
}

/* Over all ranks: whether every task was computed by `size` ranks once or by none, and flushed
 * once where it was computed; how many were. */
static bool keeps_book(const job *j, size_t *n_done) {
    int computed[N_TASK];
    int flushed[N_TASK];
    bool good = true;
    MPI_Allreduce(j->computed, computed, N_TASK, MPI_INT, MPI_SUM, world.comm);
    MPI_Allreduce(j->flushed, flushed, N_TASK, MPI_INT, MPI_SUM, world.comm);
    *n_done = 0;
    for (size_t i = 0; i < N_TASK; i++) {
        good &= computed[i] == flushed[i] * j->groups->size && flushed[i] <= 1;
        *n_done += flushed[i] == 1;
    }
    return good;
}

static void ranks_are_grouped(const mec_groups *g) {
    int own = world.rank / g->size;
    bool left_over = own >= g->n_group;
    CHECK(&world, g->n_group == world.size / g->size);
    CHECK(&world, g->group.size == (left_over ? 0 : g->size));
    CHECK(&world, left_over || g->group.rank == world.rank % g->size);
    bool leads = !left_over && world.rank % g->size == 0;
    CHECK(&world, g->leaders.size == (leads ? g->n_group : 0));
    CHECK(&world, !leads || g->leaders.rank == own);
}

static void every_task_is_done_by_one_group(const mec_groups *g) {
    for (int often = 0; often < 2; often++) {
        job j = {.groups = g, .special = N_TASK, .seconds = often ? 1e-3 : 0};
        mec_status status = {0};
        size_t n_done = 0;
        run(&j, often ? 1e-9 : 3600, &status);
        CHECK_STATUS(&world, status, MEC_OK);
        CHECK(&world, keeps_book(&j, &n_done));
        CHECK(&world, n_done == N_TASK);
        CHECK(&world, often ? j.n_flush > 1 : j.n_flush == 1);
    }
}

static void failures_reach_all(const mec_groups *g) {
    for (int rank = 0; rank < g->size; rank++) {
        job j = {.groups = g, .special = 7, .on_rank = -1, .fails = true};
        mec_status status = {0};
        size_t n_done = 0;
        if (world.rank % g->size == rank) /* whichever group has the task */
            j.on_rank = world.rank;
        run(&j, 3600, &status);
        CHECK_STATUS(&world, status, MEC_FAILED);
        CHECK(&world, keeps_book(&j, &n_done));
        CHECK(&world, n_done < N_TASK);
    }
    job j = {.groups = g, .special = N_TASK, .failing_flush = 1, .on_rank = world.size - 1};
    mec_status status = {0};
    run(&j, 3600, &status);
    CHECK_STATUS(&world, status, MEC_FAILED);
    CHECK(&world, j.n_flush == 1);
}

/* The request cannot be taken back: the last test. */
static void a_signal_on_a_rank_that_does_not_lead_stops_all(const mec_groups *g) {
    job j = {.groups = g, .special = 9, .raises = true, .seconds = 2e-3, .on_rank = -1};
    mec_status status = {0};
    size_t n_done = 0;
    if (world.rank % g->size == g->size - 1)
        j.on_rank = world.rank;
    run(&j, 3600, &status);
    CHECK_STATUS(&world, status, MEC_STOPPED);
    CHECK(&world, keeps_book(&j, &n_done));
    CHECK(&world, n_done < N_TASK);
}

int main(void) {
    mec_groups groups = {0};
    start_together(&world);
    mec_stop_install();
    for (int size = 1; size <= world.size; size++) {
        check_about("groups of %d", size);
        mec_groups_create(&world, size, &groups);
        ranks_are_grouped(&groups);
        every_task_is_done_by_one_group(&groups);
        failures_reach_all(&groups);
        if (size == world.size)
            a_signal_on_a_rank_that_does_not_lead_stops_all(&groups);
        mec_groups_destroy(&groups);
    }
    return end_together(&world);
}
