#include "parallel/farm.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/memory.h"
#include "base/stop.h"

enum { TAG_ORDER = 1, TAG_REPORT = 2 };

typedef enum order_kind { ORDER_TASK, ORDER_FLUSH, ORDER_END } order_kind;
typedef enum report_kind { REPORT_DONE, REPORT_TROUBLE, REPORT_BYE } report_kind;

typedef struct message {
    int32_t kind;
    uint64_t task;
    double seconds; /* that it took */
} message;

typedef struct farm {
    const mec_world *world;
    const mec_plan *plan;
    const mec_farm_job *job;
    const mec_farm_options *options;
    mec_status *status; /* of this rank until the end, then agreed */

    /* every rank */
    mec_task_record *records; /* finished here since the last flush */
    size_t n_record, record_capacity;
    bool ending;       /* no further task is begun */
    bool told_trouble; /* this worker has reported its failure or stop */
    bool flush_failed; /* on all ranks alike */
    bool computing;
    double seconds_flushing;
    double nap;

    /* workers: what rank 0 has ordered */
    size_t held[MEC_SCHEDULE_DEPTH]; /* first in, first out */
    size_t n_held;
    bool flush_ordered;

    /* rank 0 */
    mec_schedule schedule;
    size_t *n_out;                    /* [rank] tasks it holds */
    size_t n_out_all, n_done, n_task; /* done, of how many that are this run's */
    double cost, cost_before;         /* of the tasks to do; of all that were done at the start */
    int n_bye;
    double flushed;   /* when, by mec_clock_seconds */
    size_t n_flushed; /* tasks done by then */
} farm;

static void send_message(const farm *f, int rank, int tag, message m) {
    MPI_Send(&m, (int)sizeof m, MPI_BYTE, rank, tag, f->world->comm);
}

/* Takes a waiting message with `tag`; false where there is none. Open MPI looks among what has come
 * in already, and only a look that finds nothing lets more come in: so it takes two. */
static bool receive_message(const farm *f, int tag, message *m, int *rank) {
    int waiting = 0;
    MPI_Status from;
    for (int look = 0; look < 2 && !waiting; look++)
        MPI_Iprobe(MPI_ANY_SOURCE, tag, f->world->comm, &waiting, &from);
    if (!waiting)
        return false;
    *rank = from.MPI_SOURCE;
    MPI_Recv(m, (int)sizeof *m, MPI_BYTE, *rank, tag, f->world->comm, MPI_STATUS_IGNORE);
    return true;
}

static void nap(farm *f) {
    f->nap = f->nap < 1e-3 ? f->nap + 2e-5 : f->nap;
    mec_clock_sleep(f->nap);
}

/* ---- rank 0 ---- */

static void count_done(farm *f, int rank, size_t task, double seconds) {
    f->n_done++;
    if (f->options->progress && f->options->progress->busy)
        f->options->progress->busy[rank] += seconds;
    mec_schedule_learn(&f->schedule, task, seconds);
}

/* Tells how far the run is by what the tasks took and what the others are expected to take. */
static void tell_progress(const farm *f, const char *state, bool last) {
    double done;
    double left;
    if (!f->options->progress)
        return;
    mec_schedule_work(&f->schedule, &done, &left);
    double share = done + left > 0 ? done / (done + left) : 1;
    double cost_done = f->cost_before + share * f->cost;
    mec_progress_update(f->options->progress, f->n_done, cost_done, state, last);
}

static void order_all(const farm *f, order_kind kind) {
    for (int rank = 1; rank < f->world->size; rank++)
        send_message(f, rank, TAG_ORDER, (message){.kind = (int32_t)kind});
}

static void end_all(farm *f) {
    if (f->ending)
        return;
    f->ending = true;
    order_all(f, ORDER_END);
}

/* Hands `rank` tasks until it holds `depth`. */
static void top_up(farm *f, int rank, size_t depth) {
    size_t task;
    while (!f->ending && f->n_out[rank] < depth && mec_schedule_next(&f->schedule, &task)) {
        f->n_out[rank]++;
        f->n_out_all++;
        send_message(f, rank, TAG_ORDER, (message){.kind = ORDER_TASK, .task = task});
    }
}

static size_t depth_now(const farm *f) {
    return mec_schedule_depth(&f->schedule, (size_t)f->world->size);
}

/* At the start of a wave: one task for every rank, then a second one, so that the longest tasks do
 * not wait behind one another. */
static void hand_round(farm *f) {
    size_t most = depth_now(f);
    for (size_t depth = 1; depth <= most; depth++)
        for (int rank = 1; rank < f->world->size; rank++)
            top_up(f, rank, depth);
}

static void answer_workers(farm *f) {
    message m;
    int rank;
    while (receive_message(f, TAG_REPORT, &m, &rank)) {
        f->nap = 0;
        switch ((report_kind)m.kind) {
        case REPORT_DONE:
            f->n_out[rank]--;
            f->n_out_all--;
            count_done(f, rank, m.task, m.seconds);
            top_up(f, rank, depth_now(f));
            break;
        case REPORT_TROUBLE:
            end_all(f);
            break;
        case REPORT_BYE:
            f->n_bye++;
            break;
        }
    }
}

/* ---- every rank ---- */

static void take_orders(farm *f) {
    message m;
    int rank;
    while (receive_message(f, TAG_ORDER, &m, &rank)) {
        f->nap = 0;
        switch ((order_kind)m.kind) {
        case ORDER_TASK:
            f->held[f->n_held++] = m.task;
            break;
        case ORDER_FLUSH:
            f->flush_ordered = true;
            break;
        case ORDER_END:
            f->ending = true;
            break;
        }
    }
}

/* Collective. After a failure here nothing is flushed any more. */
static void flush(farm *f) {
    mec_status local = {0};
    double start = mec_clock_seconds();
    mec_quiet_barrier(f->world->comm);
    if (f->job->flush(f->job->self, f->records, f->n_record, &local)) {
        f->flush_failed = true;
        if (f->status->code == MEC_OK || f->status->code == MEC_STOPPED)
            *f->status = local;
    } else if (f->options->progress) {
        f->options->progress->flushed = mec_clock_epoch();
    }
    f->n_record = 0;
    f->flush_ordered = false;
    f->seconds_flushing += mec_clock_seconds() - start;
}

static bool flush_is_due(const farm *f) {
    return f->n_done > f->n_flushed &&
           mec_clock_seconds() - f->flushed >= f->options->flush_seconds;
}

static void flush_all(farm *f) {
    order_all(f, ORDER_FLUSH);
    f->n_flushed = f->n_done;
    flush(f);
    f->flushed = mec_clock_seconds();
}

/* Joins a flush that rank 0 has ordered, or, as rank 0, orders one. */
static void flush_if_due(farm *f) {
    if (f->ending || (f->computing && !f->job->flushes_at_beats))
        return;
    if (f->flush_ordered)
        flush(f);
    else if (f->world->rank == 0 && flush_is_due(f))
        flush_all(f);
}

/* Looks after everything that is not computing. True where computing has to end. */
static bool attend(void *owner) {
    farm *f = owner;
    mec_stop_check(f->options->started, f->options->time_limit, f->status);
    if (f->status->code != MEC_OK && f->world->rank != 0 && !f->told_trouble) {
        f->told_trouble = true;
        send_message(f, 0, TAG_REPORT, (message){.kind = REPORT_TROUBLE});
    }
    if (f->world->rank != 0) {
        take_orders(f);
        flush_if_due(f);
        return f->ending;
    }
    answer_workers(f);
    if (f->status->code != MEC_OK)
        end_all(f);
    else
        flush_if_due(f);
    tell_progress(f, "running", false);
    return f->ending;
}

/* Computes one task and tells how long it took; false where it was dropped or failed. */
static bool run_task(farm *f, size_t task, double *seconds) {
    mec_pulse pulse = {attend, f};
    mec_task_record *records =
        mec_grow(f->records, f->n_record, &f->record_capacity, sizeof *f->records, f->status);
    if (!records)
        return false;
    f->records = records;
    mec_task_record record = {.task = task, .started = mec_clock_epoch()};
    double start = mec_clock_seconds() - f->seconds_flushing;
    mec_status local = {0};
    f->computing = true;
    if (mec_fault_here("compute"))
        mec_fail(&local, MEC_FAILED, "injected: a task that fails");
    if (local.code == MEC_OK)
        f->job->compute(f->job->self, task, &pulse, &local);
    f->computing = false;
    *seconds = record.seconds = mec_clock_seconds() - f->seconds_flushing - start;
    if (local.code == MEC_OK)
        f->records[f->n_record++] = record;
    else if (local.code != MEC_STOPPED) {   /* else dropped for another's trouble: nothing to add */
        if (f->status->code == MEC_STOPPED) /* a failure says more than a request to stop */
            *f->status = (mec_status){0};
        int ranks_each = f->options->ranks_each ? f->options->ranks_each : 1;
        mec_fail(f->status, local.code, "task %zu on rank %d: %s", task,
                 f->world->rank * ranks_each, local.message);
    }
    return local.code == MEC_OK;
}

/* All tasks of a wave are done: what comes next may need what they found, so that this has to be in
 * its place first. */
static void end_wave(farm *f) {
    if (!mec_schedule_next_wave(&f->schedule)) {
        end_all(f);
        return;
    }
    flush_all(f);
    if (f->status->code == MEC_OK)
        hand_round(f);
}

static void lead(farm *f) {
    f->flushed = mec_clock_seconds();
    hand_round(f);
    size_t task;
    double seconds;
    while (!attend(f)) {
        if (mec_schedule_next(&f->schedule, &task)) {
            if (run_task(f, task, &seconds))
                count_done(f, 0, task, seconds);
        } else if (f->n_out_all == 0) {
            end_wave(f);
        } else {
            nap(f);
        }
    }
    while (f->n_bye < f->world->size - 1) {
        answer_workers(f);
        nap(f);
    }
}

static void follow(farm *f) {
    message done = {.kind = REPORT_DONE};
    while (!attend(f)) {
        if (f->n_held > 0) {
            done.task = f->held[0];
            f->n_held--;
            memmove(f->held, f->held + 1, f->n_held * sizeof *f->held);
            if (run_task(f, done.task, &done.seconds))
                send_message(f, 0, TAG_REPORT, done);
        } else {
            nap(f);
        }
    }
    send_message(f, 0, TAG_REPORT, (message){.kind = REPORT_BYE});
}

static mec_code start(farm *f) {
    f->n_out = mec_alloc((size_t)f->world->size, sizeof *f->n_out, f->status);
    mec_schedule_create(&f->schedule, f->plan, f->status);
    if (mec_fault_here("farm_start"))
        mec_fail(f->status, MEC_FAILED, "injected: no memory for the farm");
    for (size_t task = 0; task < f->plan->n_task; task++) {
        uint8_t mark = f->plan->done ? f->plan->done[task] : MEC_TASK_TO_DO;
        bool done = mark == MEC_TASK_DONE;
        f->n_done += done;
        f->n_task += mark != MEC_TASK_ELSEWHERE;
        f->cost_before += done ? f->plan->cost[task] : 0;
    }
    for (size_t i = 0; i < f->schedule.n; i++)
        f->cost += f->plan->cost[f->schedule.order[i]];
    f->n_flushed = f->n_done;
    return mec_agree(f->world, f->status);
}

/* A farm may do some of a job's tasks, others being left for the next. */
static void tell_end(const farm *f) {
    bool goes_on = f->status->code == MEC_OK && f->n_done < f->n_task;
    const char *state = goes_on                     ? "running"
                        : f->status->code == MEC_OK ? "complete"
                                                    : mec_code_name(f->status->code);
    tell_progress(f, state, !goes_on);
}

mec_code mec_farm_run(const mec_world *world, const mec_plan *plan, const mec_farm_job *job,
                      const mec_farm_options *options, mec_status *status) {
    farm f = {.world = world, .plan = plan, .job = job, .options = options, .status = status};
    if (start(&f) == MEC_OK) {
        if (world->rank == 0)
            lead(&f);
        else
            follow(&f);
        if (!f.flush_failed)
            flush(&f);
        mec_agree(world, status);
        tell_end(&f);
    }
    mec_schedule_destroy(&f.schedule);
    free(f.n_out);
    free(f.records);
    return status->code;
}
