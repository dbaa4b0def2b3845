#include "farm_job.h"

#include <signal.h>
#include <string.h>

#include "base/clock.h"

enum { MOST_FLUSHES = 5000 }; /* a farm that does nothing but flush ends here */

farm_job farm_job_make(const mec_world *world, size_t n_task) {
    return (farm_job){.world = world, .n_task = n_task, .stopping_task = MAX_TASK};
}

static mec_code compute(void *self, size_t task, const mec_pulse *pulse, mec_status *status) {
    farm_job *job = self;
    size_t n_first = 0;
    for (size_t i = 0; i < job->n_task; i++)
        n_first += job->wave[i] == 0;
    job->early = job->early || (job->wave[task] == 1 && job->n_first_flushed < n_first);
    if (task == job->stopping_task)
        raise(SIGTERM);
    job->computing = true;
    bool deaf = job->deaf && job->world->rank == 0;
    if (deaf)
        mec_clock_sleep(0.3);
    double end = mec_clock_seconds() + job->cost[task];
    do {
        if (!deaf && mec_pulse_stop(pulse)) {
            job->computing = false;
            return mec_fail(status, MEC_STOPPED, "stopped on request");
        }
        if (job->cost[task] > 0)
            mec_clock_sleep(1e-3);
    } while (mec_clock_seconds() < end);
    job->computed[task]++;
    job->computing = false;
    return MEC_OK;
}

static mec_code flush(void *self, const mec_task_record *records, size_t n_record,
                      mec_status *status) {
    farm_job *job = self;
    job->n_flush++;
    job->flushed_within = job->flushed_within || job->computing;
    if (job->failing_flush > 0 && job->n_flush > job->failing_flush)
        job->flushed_after_failure = true;
    if (job->n_flush == job->failing_flush && job->world->rank == job->on_rank)
        mec_fail(status, MEC_FAILED, "flush %d fails on rank %d", job->n_flush, job->on_rank);
    if (job->n_flush > MOST_FLUSHES)
        mec_fail(status, MEC_FAILED, "flushed %d times", job->n_flush);
    if (mec_agree(job->world, status))
        return status->code;
    uint64_t n_first = 0;
    for (size_t i = 0; i < n_record; i++) {
        job->flushed[records[i].task]++;
        n_first += job->wave[records[i].task] == 0;
    }
    MPI_Allreduce(MPI_IN_PLACE, &n_first, 1, MPI_UINT64_T, MPI_SUM, job->world->comm);
    job->n_first_flushed += n_first;
    return MEC_OK;
}

mec_code farm_job_run(farm_job *job, const uint8_t *done, double flush_seconds, double time_limit,
                      mec_status *status) {
    mec_plan plan = {.n_task = job->n_task,
                     .cost = job->cost,
                     .done = done,
                     .class = job->class,
                     .wave = job->wave};
    for (size_t task = 0; task < job->n_task; task++)
        job->n_first_flushed += done && done[task] && job->wave[task] == 0;
    mec_farm_job farm = {job, compute, flush, job->flushes_at_beats};
    mec_farm_options options = {
        .flush_seconds = flush_seconds, .time_limit = time_limit, .started = mec_clock_seconds()};
    return mec_farm_run(job->world, &plan, &farm, &options, status);
}

farm_tally farm_job_tally(const farm_job *job) {
    int computed[MAX_TASK];
    int flushed[MAX_TASK];
    farm_tally tally = {.once = true, .all_flushed = true};
    MPI_Allreduce(job->computed, computed, MAX_TASK, MPI_INT, MPI_SUM, job->world->comm);
    MPI_Allreduce(job->flushed, flushed, MAX_TASK, MPI_INT, MPI_SUM, job->world->comm);
    for (size_t task = 0; task < MAX_TASK; task++) {
        tally.n_computed += computed[task] > 0;
        tally.n_flushed += flushed[task] > 0;
        tally.once = tally.once && computed[task] <= 1 && flushed[task] <= 1;
        tally.all_flushed = tally.all_flushed && computed[task] == flushed[task];
    }
    return tally;
}
