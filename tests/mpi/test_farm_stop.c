/* Stopping on a signal: a program of its own, as the request cannot be taken back. */
#include "base/stop.h"
#include "farm_job.h"
#include "together.h"

static mec_world world;

/* A signal reaches whichever rank has the task in hand; only that rank knows. */
static void a_signal_on_one_rank_stops_all(void) {
    check_about("SIGTERM on one rank");
    farm_job job = farm_job_make(&world, 200);
    mec_status status = {0};
    for (size_t task = 0; task < job.n_task; task++)
        job.cost[task] = 5e-3;
    job.stopping_task = 20;
    farm_job_run(&job, NULL, 3600, 0, &status);
    CHECK_STATUS(&world, status, MEC_STOPPED);
    farm_tally tally = farm_job_tally(&job);
    CHECK(&world, tally.once && tally.all_flushed);
    CHECK(&world, tally.n_computed > 0 && tally.n_computed < job.n_task);
    int knows = mec_stop_signal() != 0;
    MPI_Allreduce(MPI_IN_PLACE, &knows, 1, MPI_INT, MPI_SUM, world.comm);
    CHECK(&world, knows == 1);
}

/* The request still stands: what follows stops at once, without a hang. */
static void a_standing_request_stops_the_next_run(void) {
    check_about("a request from before");
    farm_job job = farm_job_make(&world, 200);
    mec_status status = {0};
    for (size_t task = 0; task < job.n_task; task++)
        job.cost[task] = 5e-3;
    farm_job_run(&job, NULL, 3600, 0, &status);
    CHECK_STATUS(&world, status, MEC_STOPPED);
    farm_tally tally = farm_job_tally(&job);
    CHECK(&world, tally.once && tally.all_flushed);
    CHECK(&world, tally.n_computed < job.n_task);
}

int main(void) {
    start_together(&world);
    mec_stop_install();
    a_signal_on_one_rank_stops_all();
    a_standing_request_stops_the_next_run();
    return end_together(&world);
}
