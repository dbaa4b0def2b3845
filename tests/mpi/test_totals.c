/* Sums over tasks in the run file: whatever fails at whatever moment, a run that goes on ends with
 * the totals of every task, each counted once. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "storage/totals.h"
#include "together.h"

enum { N_PHASE = 2, PHASE_TASKS = 4, N_TASK = N_PHASE * PHASE_TASKS, N_ROW = 5, N_COLUMN = 3 };

static mec_world world;
static const char path[] = "totals/run.h5";

typedef struct session {
    mec_layout layout;
    mec_run_file *file;
    mec_totals totals;
    int64_t sums[N_ROW][N_COLUMN];
    uint8_t flags[N_ROW];
    uint8_t done[N_TASK];
    mec_task_record records[N_TASK];
    size_t n_record;
} session;

static int64_t part(size_t task, size_t row, size_t column) {
    return (int64_t)(1000 * (task + 1) + 10 * row + column) * (row % 2 ? -1 : 1);
}

static void start(session *s, mec_resume resume, mec_status *status) {
    static const char *const names[N_TASK] = {"t", "t", "t", "t", "t", "t", "t", "t"};
    mec_run_identity identity = {.job = "ratemaps",
                                 .program_version = "0.0",
                                 .config = "[a]\nb = 1\n",
                                 .identity_config = "[a]\nb = 1\n"};
    mec_run_state state;
    *s = (session){0};
    s->totals = (mec_totals){.world = &world,
                             .n_task = PHASE_TASKS,
                             .n_item = 2,
                             .items = {{"sum", "sums", MEC_REDUCE_SUM, N_ROW, N_COLUMN, s->sums},
                                       {"flag", "flags", MEC_REDUCE_MOST, N_ROW, 1, s->flags}}};
    mec_run_file_describe(&s->layout, &identity, names, N_TASK, status);
    mec_totals_create(&s->totals, &s->layout, status);
    s->file = mec_run_file_open(&world, path, resume, &identity, &s->layout, N_TASK, s->done,
                                &state, status);
    if (status->code == MEC_OK)
        mec_totals_open(&s->totals, s->file, s->done, status);
}

static void finish(session *s) {
    mec_status status = {0};
    mec_run_state state = MEC_RUN_STOPPED;
    mec_run_file_close(s->file, &state, NULL, NULL, &status);
    CHECK_STATUS(&world, status, MEC_OK);
    mec_totals_destroy(&s->totals);
    mec_layout_destroy(&s->layout);
}

static void compute(session *s, size_t task) {
    for (size_t row = 0; row < N_ROW; row++)
        for (size_t column = 0; column < N_COLUMN; column++)
            s->sums[row][column] += part(task, row, column);
    s->flags[task % PHASE_TASKS] = 1;
    s->records[s->n_record++] = (mec_task_record){.task = task, .started = 1, .seconds = 2};
}

static mec_code flush(session *s, size_t phase, mec_status *status) {
    mec_totals_flush(&s->totals, s->file, phase, s->records, s->n_record, status);
    s->n_record = 0;
    return status->code;
}

/* What is left of a phase, a flush after every `each` tasks. */
static mec_code run_phase(session *s, size_t phase, size_t each, mec_status *status) {
    size_t n = 0;
    for (size_t i = 0; i < PHASE_TASKS && status->code == MEC_OK; i++) {
        size_t task = phase * PHASE_TASKS + i;
        if (s->done[task])
            continue;
        if (task % (size_t)world.size == (size_t)world.rank)
            compute(s, task);
        s->done[task] = 1;
        if (++n % each == 0)
            flush(s, phase, status);
    }
    return status->code == MEC_OK ? flush(s, phase, status) : status->code;
}

static bool totals_are_those_of(session *s, size_t phase) {
    mec_status status = {0};
    int64_t sums[N_ROW][N_COLUMN];
    uint8_t flags[N_ROW];
    mec_totals_read(&s->totals, s->file, 0, 0, N_ROW, sums, &status);
    mec_totals_read(&s->totals, s->file, 1, 0, N_ROW, flags, &status);
    bool good = status.code == MEC_OK && s->totals.phase == phase;
    for (size_t row = 0; row < N_ROW; row++) {
        good = good && flags[row] == (row < PHASE_TASKS);
        for (size_t column = 0; column < N_COLUMN; column++) {
            int64_t sum = 0;
            for (size_t i = 0; i < PHASE_TASKS; i++)
                sum += part(phase * PHASE_TASKS + i, row, column);
            good = good && sums[row][column] == sum;
        }
    }
    return good;
}

static void every_task_counts_once(void) {
    for (size_t each = 1; each <= PHASE_TASKS; each += 3) {
        session s;
        mec_status status = {0};
        check_about("a flush after %zu tasks", each);
        start(&s, MEC_RESUME_OVERWRITE, &status);
        for (size_t phase = 0; phase < N_PHASE && status.code == MEC_OK; phase++) {
            run_phase(&s, phase, each, &status);
            CHECK(&world, totals_are_those_of(&s, phase));
        }
        CHECK_STATUS(&world, status, MEC_OK);
        finish(&s);
    }
}

/* The first phase may be used up already, or not be complete. */
static size_t phase_to_go_on_with(const session *s) {
    return s->totals.newest >= 0 ? s->totals.phase : 0;
}

static void go_on(void) {
    session s;
    mec_status status = {0};
    start(&s, MEC_RESUME_AUTO, &status);
    CHECK_STATUS(&world, status, MEC_OK);
    for (size_t phase = phase_to_go_on_with(&s); phase < N_PHASE; phase++) {
        run_phase(&s, phase, PHASE_TASKS, &status);
        CHECK(&world, totals_are_those_of(&s, phase));
    }
    CHECK_STATUS(&world, status, MEC_OK);
    mec_totals_clear(&s.totals, s.file, &status);
    CHECK_STATUS(&world, status, MEC_OK);
    CHECK(&world, s.totals.newest == -1);
    finish(&s);
}

/* What a run that needs its totals no more leaves. */
static void nothing_is_left(void) {
    session s;
    mec_status status = {0};
    start(&s, MEC_RESUME_AUTO, &status);
    CHECK_STATUS(&world, status, MEC_OK);
    CHECK(&world, s.totals.newest == -1);
    for (size_t task = 0; task < N_TASK; task++)
        CHECK(&world, s.done[task] == 1);
    finish(&s);
}

/* Breaks off at a passage of a place. */
static bool breaks_off(const char *place, int rank, int passage) {
    session s;
    mec_status status = {0};
    start(&s, MEC_RESUME_OVERWRITE, &status);
    CHECK_STATUS(&world, status, MEC_OK);
    inject_later(&world, place, rank, passage);
    for (size_t phase = 0; phase < N_PHASE && status.code == MEC_OK; phase++)
        run_phase(&s, phase, 2, &status);
    inject(&world, NULL, 0);
    bool broke = status.code != MEC_OK;
    finish(&s);
    return broke;
}

/* A flush writes the mark, two arrays, the tasks and the mark; the second is the first that goes on
 * from totals, the third begins a phase. Many ranks take their time for each: they do some. */
static void a_run_that_broke_off_goes_on(void) {
    static const struct {
        const char *place;
        int passage;
    } cases[] = {
        {"part_write", 2}, {"part_write", 10}, {"part_write", 5},  {"flush_sync", 3},
        {"part_write", 8}, {"flush_tasks", 2}, {"part_write", 4},  {"flush_sync", 6},
        {"part_read", 2},  {"part_write", 6},  {"reduce_rows", 3}, {"part_write", 13},
    };
    size_t step = world.size == 1 ? 1 : (size_t)(4 * (world.size - 1));
    for (size_t i = (size_t)world.size - 1; i < sizeof cases / sizeof *cases; i += step) {
        int rank = (int)i % world.size;
        check_about("%s fails the %d. time on rank %d", cases[i].place, cases[i].passage, rank);
        CHECK(&world, breaks_off(cases[i].place, rank, cases[i].passage));
        go_on();
    }
    nothing_is_left();
}

int main(void) {
    start_together(&world);
    every_task_counts_once();
    a_run_that_broke_off_goes_on();
    remove_file(&world, path);
    return end_together(&world);
}
