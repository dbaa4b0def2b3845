#include "report/tasks.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "storage/lock.h"

enum {
    MOST_RANKS = 64, /* that are told one by one: of more, those with the least load */
    MOST_TASKS = 10
};

/* ---- reading ---- */

typedef struct naming {
    tasks *t;
    size_t n;
    mec_status *status;
} naming;

static mec_code keep_name(void *user, const char *name) {
    naming *n = user;
    n->t->names[n->n++] = mec_copy_text(name, n->status);
    return n->status->code;
}

static mec_code read_names(tasks *t, hid_t file, mec_status *status) {
    naming n = {.t = t, .status = status};
    t->names = mec_alloc(t->table.n_task, sizeof *t->names, status);
    if (!t->names)
        return status->code;
    hid_t names = H5Dopen2(file, "/tasks/name", H5P_DEFAULT);
    bool good = names >= 0 && mec_h5_read_strings(names, t->table.n_task, keep_name, &n, status);
    H5Dclose(names);
    return good ? status->code : mec_fail(status, MEC_REFUSED, "/tasks/name cannot be read");
}

static mec_code read_table(tasks *t, hid_t file, mec_status *status) {
    mec_run_state state;
    if (mec_task_table_create(&t->table, t->info.n_task, status))
        return status->code;
    if (!mec_task_table_read(file, &t->table, &state))
        return mec_fail(status, MEC_REFUSED, "/tasks cannot be read");
    for (size_t i = 0; i < t->table.n_task; i++)
        if (t->table.done[i] && (t->table.rank[i] < 0 || t->table.rank[i] > (1 << 24)))
            return mec_fail(status, MEC_REFUSED, "/tasks/rank: found %d", t->table.rank[i]);
    return MEC_OK;
}

/* qsort knows no context: tasks by what they took. */
typedef struct ranked {
    double seconds;
    size_t task;
} ranked;

static int from_high_to_low(const void *left, const void *right) {
    const ranked *a = left;
    const ranked *b = right;
    if (a->seconds != b->seconds)
        return a->seconds < b->seconds ? 1 : -1;
    return (a->task > b->task) - (a->task < b->task);
}

static void add_up(tasks *t, mec_status *status) {
    const mec_task_table *table = &t->table;
    t->first = INFINITY;
    t->last = -INFINITY;
    for (size_t i = 0; i < table->n_task; i++)
        if (table->done[i] && (size_t)table->rank[i] >= t->n_rank)
            t->n_rank = (size_t)table->rank[i] + 1;
    t->busy = mec_alloc(t->n_rank, sizeof *t->busy, status);
    t->n_done = mec_alloc(t->n_rank, sizeof *t->n_done, status);
    t->slowest = mec_alloc(t->info.n_done, sizeof *t->slowest, status);
    ranked *order = mec_alloc(t->info.n_done, sizeof *order, status);
    size_t n = 0;
    for (size_t i = 0; i < table->n_task && status->code == MEC_OK; i++) {
        if (!table->done[i])
            continue;
        t->busy[table->rank[i]] += table->seconds[i];
        t->n_done[table->rank[i]]++;
        t->first = fmin(t->first, table->started[i]);
        t->last = fmax(t->last, table->started[i] + table->seconds[i]);
        order[n++] = (ranked){table->seconds[i], i};
    }
    if (n > 0)
        qsort(order, n, sizeof *order, from_high_to_low);
    for (size_t i = 0; i < n; i++)
        t->slowest[i] = order[i].task;
    free(order);
}

mec_code tasks_read(tasks *t, const char *path, mec_status *status) {
    *t = (tasks){0};
    if (mec_lock_is_held(path))
        return mec_fail(status, MEC_REFUSED,
                        "%s: is being written; mec show without --tasks tells of the load so far",
                        path);
    hid_t file = mec_h5_open(path, H5F_ACC_RDONLY, status);
    if (file < 0)
        return status->code;
    if (mec_run_info_read(file, path, &t->info, status) == MEC_OK) {
        if (read_table(t, file, status) == MEC_OK && read_names(t, file, status) == MEC_OK)
            add_up(t, status);
        if (status->code != MEC_OK)
            mec_fail_within(status, "%s", path);
    }
    H5Fclose(file);
    return status->code;
}

void tasks_release(tasks *t) {
    for (size_t i = 0; t->names && i < t->table.n_task; i++)
        free(t->names[i]);
    free(t->names);
    mec_task_table_destroy(&t->table);
    mec_run_info_destroy(&t->info);
    free(t->busy);
    free(t->n_done);
    free(t->slowest);
}

/* ---- telling ---- */

static void print_head(const tasks *t, const char *path, FILE *stream) {
    char work[32];
    char wall[32];
    mec_text_from_seconds(t->info.seconds, work, sizeof work);
    mec_text_from_seconds(t->info.wall, wall, sizeof wall);
    fprintf(stream, "%s: %s, %s, %zu of %zu tasks, %s of work within %s on %zu rank%s\n", path,
            t->info.job, mec_run_info_state_name(&t->info), t->info.n_done, t->info.n_task, work,
            wall, t->n_rank, t->n_rank == 1 ? "" : "s");
}

/* The share of the time during which any rank worked. */
static double idle_of(const tasks *t, size_t rank) {
    return t->info.wall > 0 ? fmax(0, 1 - t->busy[rank] / t->info.wall) : 0;
}

static void print_ranks(const tasks *t, FILE *stream, mec_status *status) {
    double sum = 0;
    ranked *order = mec_alloc(t->n_rank, sizeof *order, status);
    if (!order)
        return;
    for (size_t i = 0; i < t->n_rank; i++) {
        order[i] = (ranked){idle_of(t, i), i};
        sum += idle_of(t, i);
    }
    bool some = t->n_rank > MOST_RANKS;
    if (some)
        qsort(order, t->n_rank, sizeof *order, from_high_to_low);
    fprintf(stream, "\nidle: %.1f %% on average%s\n", 100 * sum / (double)t->n_rank,
            some ? "; the ranks that were idle most:" : "");
    fprintf(stream, "%6s  %8s  %10s  %7s\n", "rank", "tasks", "busy", "idle");
    for (size_t i = 0; i < t->n_rank && i < MOST_RANKS; i++) {
        char busy[32];
        mec_text_from_seconds(t->busy[order[i].task], busy, sizeof busy);
        fprintf(stream, "%6zu  %8zu  %10s  %5.1f %%\n", order[i].task, t->n_done[order[i].task],
                busy, 100 * order[i].seconds);
    }
    free(order);
}

static void print_slowest(const tasks *t, FILE *stream) {
    fprintf(stream, "\nslowest tasks\n%10s  %6s  task\n", "seconds", "rank");
    for (size_t i = 0; i < t->info.n_done && i < MOST_TASKS; i++) {
        size_t task = t->slowest[i];
        fprintf(stream, "%10.3f  %6d  %s\n", t->table.seconds[task], t->table.rank[task],
                t->names[task]);
    }
}

static void print_missing(const tasks *t, FILE *stream) {
    size_t n = t->info.n_task - t->info.n_done;
    size_t n_told = 0;
    if (n == 0)
        return;
    fprintf(stream, "\nnot done: %zu of %zu tasks\n", n, t->info.n_task);
    for (size_t i = 0; i < t->table.n_task && n_told < MOST_TASKS; i++)
        if (!t->table.done[i] && ++n_told)
            fprintf(stream, "  %s\n", t->names[i]);
    if (n > n_told)
        fprintf(stream, "  ... and %zu more\n", n - n_told);
}

mec_code tasks_print(const char *path, FILE *stream, mec_status *status) {
    tasks t;
    if (tasks_read(&t, path, status) == MEC_OK) {
        print_head(&t, path, stream);
        if (t.info.n_done > 0) {
            print_ranks(&t, stream, status);
            print_slowest(&t, stream);
        }
        print_missing(&t, stream);
    }
    tasks_release(&t);
    return status->code;
}
