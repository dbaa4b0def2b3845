#include "parallel/groups.h"

#include <signal.h>

#include "base/stop.h"

/* ---- who belongs to whom ---- */

void mec_groups_create(const mec_world *world, int size, mec_groups *groups) {
    int n_group = world->size / size;
    int own = world->rank / size;
    bool left_over = own >= n_group;
    bool leads = !left_over && world->rank % size == 0;
    *groups = (mec_groups){.world = world, .size = size, .n_group = n_group};
    groups->group = mec_world_part(world, left_over ? MPI_UNDEFINED : own);
    groups->leaders = mec_world_part(world, leads ? 0 : MPI_UNDEFINED);
    groups->told = mec_world_part(world, left_over ? n_group - 1 : own);
}

void mec_groups_destroy(mec_groups *groups) {
    if (!groups->world)
        return;
    mec_world_part_free(&groups->group);
    mec_world_part_free(&groups->leaders);
    mec_world_part_free(&groups->told);
    *groups = (mec_groups){0};
}

/* ---- orders of the first rank to its group ---- */

typedef enum order_kind { ORDER_TASK, ORDER_FLUSH, ORDER_END } order_kind;

typedef struct order {
    int kind;
    size_t task;
} order;

typedef struct together {
    const mec_groups *groups;
    const mec_farm_job *job;
    const mec_farm_options *options;
} together;

static void tell(const together *t, order o) {
    mec_broadcast(t->groups->told.comm, &o, sizeof o);
}

/* A request to stop can reach any rank of the group. */
static bool heed_stop(void *owner) {
    const together *t = owner;
    mec_status ignored = {0};
    return mec_stop_check(t->options->started, t->options->time_limit, &ignored) != MEC_OK;
}

static mec_code compute(const together *t, size_t task, const mec_pulse *pulse,
                        mec_status *status) {
    if (mec_pulse_stop(pulse))
        mec_fail(status, MEC_STOPPED, "stopped on request");
    if (mec_agree(&t->groups->group, status) == MEC_OK)
        t->job->compute(t->job->self, task, pulse, status);
    return mec_agree(&t->groups->group, status);
}

/* The farm takes a task that stops for one that it has ended itself: what only another rank of the
 * group was asked for has to reach it. */
static mec_code lead_compute(void *self, size_t task, const mec_pulse *pulse, mec_status *status) {
    const together *t = self;
    tell(t, (order){ORDER_TASK, task});
    if (compute(t, task, pulse, status) == MEC_STOPPED && !mec_pulse_stop(pulse))
        mec_stop_request(SIGTERM);
    return status->code;
}

static mec_code lead_flush(void *self, const mec_task_record *records, size_t n_record,
                           mec_status *status) {
    const together *t = self;
    tell(t, (order){.kind = ORDER_FLUSH});
    return t->job->flush(t->job->self, records, n_record, status);
}

/* What becomes of a task or a flush the first rank of the group tells the farm. */
static void follow(together *t) {
    const mec_pulse pulse = {heed_stop, t};
    for (;;) {
        order o = {0};
        mec_status local = {0};
        mec_broadcast(t->groups->told.comm, &o, sizeof o);
        switch ((order_kind)o.kind) {
        case ORDER_TASK:
            if (t->groups->group.size > 0)
                compute(t, o.task, &pulse, &local);
            break;
        case ORDER_FLUSH:
            t->job->flush(t->job->self, NULL, 0, &local);
            break;
        case ORDER_END:
            return;
        }
    }
}

mec_code mec_groups_run(const mec_groups *groups, const mec_plan *plan, const mec_farm_job *job,
                        const mec_farm_options *options, mec_status *status) {
    together t = {groups, job, options};
    /* The other ranks of a group are in the task: no flush comes at its beats. */
    mec_farm_job leading = {.self = &t, .compute = lead_compute, .flush = lead_flush};
    mec_farm_options of_groups = *options;
    of_groups.ranks_each = groups->size;
    if (groups->leaders.size > 0) {
        mec_farm_run(&groups->leaders, plan, &leading, &of_groups, status);
        tell(&t, (order){.kind = ORDER_END});
    } else {
        follow(&t);
    }
    return mec_agree(groups->world, status);
}
