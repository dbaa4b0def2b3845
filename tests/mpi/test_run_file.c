/* The run file from creation to the end: what is in it after a flush, what a later run finds, what
 * is refused, and every place that can fail, on every rank. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "storage/h5.h"
#include "storage/lock.h"
#include "storage/run_file.h"
#include "together.h"

enum { N_TASK = 13, N_FRONT = 4, N_BACK = 3, N_WIDE = 10001 };

static mec_world world;
static const char path[] = "out/run.h5";

/* ---- a small job ---- */

typedef struct session {
    mec_layout layout;
    mec_outbox outbox;
    mec_run_file *file;
    int numbers, labels, wide; /* arrays of the layout */
    uint8_t done[N_TASK];
    mec_run_state state; /* found at opening */
} session;

static mec_input input = {.path = "data.h5", .n_byte = 5, .modified = 6};

static mec_run_identity identity_of(const char *config, const char *sha256) {
    snprintf(input.sha256, sizeof input.sha256, "%s", sha256);
    return (mec_run_identity){.job = "fit",
                              .program_version = "0.0",
                              .config = config,
                              .identity_config = config,
                              .inputs = &input,
                              .n_input = 1};
}

static mec_run_identity usual_identity(void) {
    return identity_of("[map]\nalpha = 1\ntype = Ridge\n", "aa");
}

/* /numbers (front, task, back) interleaves the tasks; /label (task) is text; a row of /wide
 * (task, wide) is more than goes through the rank that writes for a node; /untouched stays;
 * /few and /many repeat values that are less and more than one row. */
static void describe(session *s, const mec_run_identity *identity, mec_status *status) {
    const char *names[N_TASK];
    for (size_t task = 0; task < N_TASK; task++)
        names[task] = "a task";
    mec_run_file_describe(&s->layout, identity, names, N_TASK, status);
    int scale = mec_layout_find(&s->layout, "/tasks/task");
    mec_array numbers = {.path = (char[]){"/results/numbers"},
                         .element = MEC_REAL64,
                         .n_dim = 3,
                         .dims = {N_FRONT, N_TASK, N_BACK},
                         .scale = {-1, scale, -1},
                         .units = "Hz"};
    mec_array labels = {.path = (char[]){"/results/label"},
                        .element = MEC_STRING,
                        .string_size = 8,
                        .n_dim = 1,
                        .dims = {N_TASK},
                        .scale = {scale}};
    mec_array wide = {.path = (char[]){"/results/wide"},
                      .element = MEC_REAL64,
                      .n_dim = 2,
                      .dims = {N_TASK, N_WIDE},
                      .scale = {scale, -1}};
    mec_array untouched = {.path = (char[]){"/untouched"},
                           .element = MEC_REAL64,
                           .n_dim = 1,
                           .dims = {5},
                           .scale = {-1}};
    mec_array few = {.path = (char[]){"/few"},
                     .element = MEC_INT32,
                     .n_dim = 2,
                     .dims = {4, 3},
                     .scale = {-1, -1},
                     .values = (int32_t[]){7, 8, 9},
                     .n_value = 3};
    mec_array many = {.path = (char[]){"/many"},
                      .element = MEC_INT32,
                      .n_dim = 2,
                      .dims = {4, 3},
                      .scale = {-1, -1},
                      .values = (int32_t[]){0, 1, 2, 3, 4, 5},
                      .n_value = 6};
    mec_layout_add(&s->layout, &few, status);
    mec_layout_add(&s->layout, &many, status);
    s->numbers = mec_layout_add(&s->layout, &numbers, status);
    s->labels = mec_layout_add(&s->layout, &labels, status);
    s->wide = mec_layout_add(&s->layout, &wide, status);
    mec_layout_add(&s->layout, &untouched, status);
    s->outbox.layout = &s->layout;
}

static void open_session(session *s, const mec_run_identity *identity, mec_resume resume,
                         mec_status *status) {
    *s = (session){0};
    describe(s, identity, status);
    s->file = mec_run_file_open(&world, path, resume, identity, &s->layout, N_TASK, s->done,
                                &s->state, status);
}

static double number_at(size_t front, size_t task, size_t back) {
    return 1 + (double)((front * N_TASK + task) * N_BACK + back);
}

static double wide_at(size_t task, size_t i) {
    return -(double)(task * N_WIDE + i);
}

static void compute(session *s, size_t task, mec_status *status) {
    const size_t start[] = {0, task, 0};
    const size_t count[] = {N_FRONT, 1, N_BACK};
    const size_t one[] = {1};
    const size_t row[] = {task, 0};
    const size_t whole[] = {1, N_WIDE};
    double *numbers = mec_outbox_take(&s->outbox, s->numbers, start, count, status);
    char *label = mec_outbox_take(&s->outbox, s->labels, &task, one, status);
    double *wide = mec_outbox_take(&s->outbox, s->wide, row, whole, status);
    if (!numbers || !label || !wide)
        return;
    for (size_t i = 0; i < N_WIDE; i++)
        wide[i] = wide_at(task, i);
    for (size_t front = 0; front < N_FRONT; front++)
        for (size_t back = 0; back < N_BACK; back++)
            *numbers++ = number_at(front, task, back);
    memset(label, 0, 8);
    snprintf(label, 8, "task %zu", task);
    mec_outbox_commit(&s->outbox, status);
}

/* Computes the tasks of [first, last) that are not done, task t on rank t mod size (so that their
 * slices interleave), and flushes. */
static mec_code flush_tasks(session *s, size_t first, size_t last, mec_status *status) {
    mec_task_record records[N_TASK];
    size_t n = 0;
    for (size_t task = first; task < last; task++) {
        if (s->done[task] || task % (size_t)world.size != (size_t)world.rank)
            continue;
        compute(s, task, status);
        records[n++] = (mec_task_record){task, 1000 + (double)task, 0.5};
    }
    return mec_run_file_flush(s->file, &s->outbox, records, n, status);
}

static void close_session(session *s, mec_run_state state, mec_status *status) {
    mec_run_file_close(s->file, &state, NULL, NULL, status);
    mec_outbox_release(&s->outbox);
    mec_layout_destroy(&s->layout);
}

/* A whole run: opens, flushes in two rounds, closes. */
static void run_whole(mec_resume resume, mec_status *status) {
    session s;
    mec_run_identity identity = usual_identity();
    open_session(&s, &identity, resume, status);
    if (status->code == MEC_OK && flush_tasks(&s, 0, 6, status) == MEC_OK)
        flush_tasks(&s, 6, N_TASK, status);
    close_session(&s, MEC_RUN_COMPLETE, status);
}

/* ---- looking at what is there: rank 0, serially ---- */

static bool read_array(hid_t file, const char *name, hid_t type, void *values) {
    hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT);
    bool good = dataset >= 0 && H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0;
    H5Dclose(dataset);
    return good;
}

static bool task_is_as_it_should(hid_t file, size_t task, bool done) {
    double numbers[N_FRONT][N_TASK][N_BACK];
    char labels[N_TASK][8];
    int8_t flags[N_TASK];
    int32_t ranks[N_TASK];
    double started[N_TASK];
    double seconds[N_TASK];
    hid_t text = mec_h5_string_type(8);
    bool good = read_array(file, "/results/numbers", H5T_NATIVE_DOUBLE, numbers) &&
                read_array(file, "/results/label", text, labels) &&
                read_array(file, "/tasks/done", H5T_NATIVE_INT8, flags) &&
                read_array(file, "/tasks/rank", H5T_NATIVE_INT32, ranks) &&
                read_array(file, "/tasks/started", H5T_NATIVE_DOUBLE, started) &&
                read_array(file, "/tasks/seconds", H5T_NATIVE_DOUBLE, seconds);
    H5Tclose(text);
    if (!good || flags[task] != done)
        return false;
    char label[8] = "";
    if (done)
        snprintf(label, sizeof label, "task %zu", task);
    for (size_t front = 0; front < N_FRONT; front++)
        for (size_t back = 0; back < N_BACK; back++) {
            double found = numbers[front][task][back];
            good = good && (done ? found == number_at(front, task, back) : found != found);
        }
    if (done)
        good = good && ranks[task] == (int32_t)(task % (size_t)world.size) &&
               started[task] == 1000 + (double)task && seconds[task] == 0.5;
    return good && strncmp(labels[task], label, 8) == 0;
}

static bool wide_is_as_it_should(hid_t file, size_t n_done) {
    double *wide = malloc(sizeof *wide * N_TASK * N_WIDE);
    bool good = wide && read_array(file, "/results/wide", H5T_NATIVE_DOUBLE, wide);
    for (size_t task = 0; task < N_TASK && good; task++)
        for (size_t i = 0; i < N_WIDE; i++) {
            double found = wide[task * N_WIDE + i];
            good = good && (task < n_done ? found == wide_at(task, i) : found != found);
        }
    free(wide);
    return good;
}

/* The file holds the results of tasks [0, n_done) and nothing else, and says `state` of itself. */
static bool file_holds(size_t n_done, mec_run_state state) {
    if (world.rank != 0)
        return true;
    mec_status status = {0};
    hid_t file = mec_h5_open(path, H5F_ACC_RDONLY, &status);
    int8_t found_state = -1;
    double untouched[5];
    int32_t few[12] = {0};
    int32_t many[12] = {0};
    bool good = file >= 0 && read_array(file, "/status", H5T_NATIVE_INT8, &found_state) &&
                read_array(file, "/untouched", H5T_NATIVE_DOUBLE, untouched) &&
                read_array(file, "/few", H5T_NATIVE_INT32, few) &&
                read_array(file, "/many", H5T_NATIVE_INT32, many);
    for (int32_t i = 0; i < 12 && good; i++)
        good = few[i] == 7 + i % 3 && many[i] == i % 6;
    for (size_t i = 0; i < 5 && good; i++)
        good = untouched[i] != untouched[i];
    for (size_t task = 0; task < N_TASK && good; task++)
        good = task_is_as_it_should(file, task, task < n_done);
    good = good && wide_is_as_it_should(file, n_done);
    H5Fclose(file);
    return good && found_state == (int8_t)state;
}

static void write_other_file(const char *text) {
    FILE *file = world.rank == 0 ? fopen(path, "w") : NULL;
    if (file) {
        fputs(text, file);
        fclose(file);
    }
    mec_quiet_barrier(world.comm);
}

/* ---- cases ---- */

static void a_whole_run_is_in_the_file(void) {
    check_about("a whole run");
    mec_status status = {0};
    remove_file(&world, path);
    run_whole(MEC_RESUME_AUTO, &status);
    CHECK_STATUS(&world, status, MEC_OK);
    CHECK(&world, file_holds(N_TASK, MEC_RUN_COMPLETE));
    CHECK(&world, is_tidy(&world, path));
}

/* What was flushed is in the file, also where the run never closed it well. */
static void a_stopped_run_goes_on(void) {
    check_about("stopped and gone on with");
    mec_status status = {0};
    session s;
    mec_run_identity identity = usual_identity();
    remove_file(&world, path);
    open_session(&s, &identity, MEC_RESUME_AUTO, &status);
    if (!CHECK_STATUS(&world, status, MEC_OK))
        return;
    CHECK(&world, world.rank != 0 || is_there(path, ".lock"));
    bool none = true;
    for (size_t task = 0; task < N_TASK; task++)
        none = none && !s.done[task];
    CHECK(&world, none && s.state == MEC_RUN_RUNNING);
    flush_tasks(&s, 0, 6, &status);
    close_session(&s, MEC_RUN_STOPPED, &status);
    CHECK_STATUS(&world, status, MEC_OK);
    CHECK(&world, file_holds(6, MEC_RUN_STOPPED));

    open_session(&s, &identity, MEC_RESUME_AUTO, &status);
    bool right = true;
    for (size_t task = 0; task < N_TASK; task++)
        right = right && s.done[task] == (task < 6);
    CHECK(&world, right && s.state == MEC_RUN_STOPPED);
    flush_tasks(&s, 0, N_TASK, &status);
    close_session(&s, MEC_RUN_COMPLETE_WITH_FAILURES, &status);
    CHECK_STATUS(&world, status, MEC_OK);
    CHECK(&world, file_holds(N_TASK, MEC_RUN_COMPLETE_WITH_FAILURES));

    open_session(&s, &identity, MEC_RESUME_AUTO, &status);
    CHECK(&world, s.state == MEC_RUN_COMPLETE_WITH_FAILURES && s.done[0] && s.done[N_TASK - 1]);
    close_session(&s, s.state, &status);
    CHECK_STATUS(&world, status, MEC_OK);
    CHECK(&world, is_tidy(&world, path));
}

/* Flushes in which a rank, or every rank, has nothing. */
static void flushes_may_be_empty(void) {
    check_about("flushes of little or nothing");
    mec_status status = {0};
    session s;
    mec_run_identity identity = usual_identity();
    remove_file(&world, path);
    open_session(&s, &identity, MEC_RESUME_AUTO, &status);
    flush_tasks(&s, 0, 0, &status);
    for (size_t task = 0; task < N_TASK; task++)
        flush_tasks(&s, task, task + 1, &status);
    flush_tasks(&s, N_TASK, N_TASK, &status);
    close_session(&s, MEC_RUN_COMPLETE, &status);
    CHECK_STATUS(&world, status, MEC_OK);
    CHECK(&world, file_holds(N_TASK, MEC_RUN_COMPLETE));
}

/* What any rank has flushed can be read by all, each in its own time. */
static void what_was_flushed_can_be_read(void) {
    check_about("reading");
    mec_status status = {0};
    session s;
    mec_run_identity identity = usual_identity();
    remove_file(&world, path);
    open_session(&s, &identity, MEC_RESUME_AUTO, &status);
    flush_tasks(&s, 0, 7, &status);
    mec_run_file_open_arrays(s.file, &s.numbers, 1, &status);
    CHECK_STATUS(&world, status, MEC_OK);
    bool right = true;
    for (size_t task = 0; task < 7; task++) {
        double found[N_FRONT - 1][1][N_BACK];
        const size_t start[] = {1, task, 0};
        const size_t count[] = {N_FRONT - 1, 1, N_BACK};
        if (task % 2 == 0 && world.rank % 2 == 1)
            continue; /* not collective */
        mec_run_file_fetch(s.file, s.numbers, start, count, found, &status);
        for (size_t front = 1; front < N_FRONT; front++)
            for (size_t back = 0; back < N_BACK; back++)
                right = right && found[front - 1][0][back] == number_at(front, task, back);
    }
    CHECK(&world, right);
    flush_tasks(&s, 7, N_TASK, &status); /* goes on as before */
    close_session(&s, MEC_RUN_COMPLETE, &status);
    CHECK_STATUS(&world, status, MEC_OK);
    CHECK(&world, file_holds(N_TASK, MEC_RUN_COMPLETE));
}

/* What a job finds at the end can change the state. */
static mec_code add_note(void *user, const char *file_path, mec_run_state *state,
                         mec_status *status) {
    ++*(int *)user;
    *state = MEC_RUN_COMPLETE_WITH_FAILURES;
    hid_t file = mec_h5_open(file_path, H5F_ACC_RDWR, status);
    if (file < 0)
        return status->code;
    mec_h5_write_text_attribute(file, "note", "finished");
    H5Fclose(file);
    return MEC_OK;
}

static mec_code fail_to_finish(void *user, const char *file_path, mec_run_state *state,
                               mec_status *status) {
    (void)state;
    ++*(int *)user;
    return mec_fail(status, MEC_FAILED, "%s: cannot be finished", file_path);
}

static void the_end_is_written_by_rank_0(void) {
    check_about("finishing");
    mec_status status = {0};
    session s;
    int calls = 0;
    mec_run_state state = MEC_RUN_COMPLETE;
    mec_run_identity identity = usual_identity();
    remove_file(&world, path);
    open_session(&s, &identity, MEC_RESUME_AUTO, &status);
    flush_tasks(&s, 0, 6, &status);
    mec_run_file_close(s.file, &state, fail_to_finish, &calls, &status);
    CHECK_STATUS(&world, status, MEC_FAILED);
    CHECK(&world, calls == (world.rank == 0) && is_tidy(&world, path));
    CHECK(&world, file_holds(6, MEC_RUN_RUNNING));
    mec_outbox_release(&s.outbox);
    mec_layout_destroy(&s.layout);

    status = (mec_status){0};
    open_session(&s, &identity, MEC_RESUME_AUTO, &status);
    flush_tasks(&s, 0, N_TASK, &status);
    mec_run_file_close(s.file, &state, add_note, &calls, &status);
    mec_outbox_release(&s.outbox);
    mec_layout_destroy(&s.layout);
    CHECK_STATUS(&world, status, MEC_OK);
    CHECK(&world, calls == 2 * (world.rank == 0));
    CHECK(&world, state == MEC_RUN_COMPLETE_WITH_FAILURES); /* on every rank */
    CHECK(&world, file_holds(N_TASK, MEC_RUN_COMPLETE_WITH_FAILURES));
}

/* The path is refused with a message that contains all of `parts` (separated by |), and left alone.
 */
static void is_refused(const mec_run_identity *identity, mec_resume resume, const char *parts) {
    char copy[256];
    session s;
    mec_status status = {0};
    open_session(&s, identity, resume, &status);
    CHECK_STATUS(&world, status, MEC_REFUSED);
    CHECK(&world, s.file == NULL && is_tidy(&world, path));
    snprintf(copy, sizeof copy, "%s", parts);
    for (char *part = strtok(copy, "|"); part; part = strtok(NULL, "|"))
        if (!CHECK(&world, strstr(status.message, part) != NULL) && world.rank == 0)
            fprintf(stderr, "\"%s\" is not in \"%s\"\n", part, status.message);
    close_session(&s, MEC_RUN_RUNNING, &(mec_status){0});
}

static void other_runs_are_refused(void) {
    check_about("the file of another run");
    mec_status status = {0};
    remove_file(&world, path);
    run_whole(MEC_RESUME_AUTO, &status);
    CHECK_STATUS(&world, status, MEC_OK);
    mec_run_identity other = identity_of("[map]\nalpha = 10\ntype = Ridge\n", "aa");
    is_refused(&other, MEC_RESUME_AUTO, "other settings|[map] alpha is 1 there and 10 here");
    other = identity_of("[map]\nalpha = 1\ntype = Ridge\nnew = 2\n", "aa");
    is_refused(&other, MEC_RESUME_AUTO, "[map] new is absent there and 2 here");
    other = identity_of("[map]\nalpha = 1\n", "aa");
    is_refused(&other, MEC_RESUME_AUTO, "other settings");
    other = identity_of("[map]\nalpha = 1\ntype = Ridge\n", "bb");
    is_refused(&other, MEC_RESUME_AUTO, "another dataset|data.h5");
    other = usual_identity();
    other.job = "grid";
    is_refused(&other, MEC_RESUME_AUTO, "a run of job fit, not of grid");
    other = usual_identity();
    is_refused(&other, MEC_RESUME_NEVER, "exists and run.resume is never");
    CHECK(&world, file_holds(N_TASK, MEC_RUN_COMPLETE));
}

static void other_files_are_refused(void) {
    check_about("a file of another kind");
    mec_run_identity identity = usual_identity();
    write_other_file("not HDF5 at all\n");
    is_refused(&identity, MEC_RESUME_AUTO, "not a whole HDF5 file");
    write_other_file("");
    is_refused(&identity, MEC_RESUME_AUTO, "not a whole HDF5 file");
    remove_file(&world, path);
    if (world.rank == 0)
        H5Fclose(H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
    mec_quiet_barrier(world.comm);
    is_refused(&identity, MEC_RESUME_AUTO, "is not a run file of this version");
}

static void a_file_cut_short_is_refused(void) {
    check_about("a file cut short");
    mec_status status = {0};
    mec_run_identity identity = usual_identity();
    remove_file(&world, path);
    run_whole(MEC_RESUME_AUTO, &status);
    CHECK(&world, world.rank != 0 || truncate(path, 3000) == 0);
    is_refused(&identity, MEC_RESUME_AUTO, "not a whole HDF5 file");
}

static void never_and_overwrite_do_what_they_say(void) {
    check_about("never");
    mec_status status = {0};
    remove_file(&world, path);
    run_whole(MEC_RESUME_NEVER, &status);
    CHECK_STATUS(&world, status, MEC_OK);
    check_about("overwrite");
    session s;
    mec_run_identity other = identity_of("[map]\nalpha = 10\n", "cc");
    open_session(&s, &other, MEC_RESUME_OVERWRITE, &status);
    bool none = true;
    for (size_t task = 0; task < N_TASK; task++)
        none = none && !s.done[task];
    CHECK(&world, none && s.state == MEC_RUN_RUNNING);
    close_session(&s, MEC_RUN_STOPPED, &status);
    CHECK_STATUS(&world, status, MEC_OK);
    CHECK(&world, file_holds(0, MEC_RUN_STOPPED));
    run_whole(MEC_RESUME_OVERWRITE, &status);
    CHECK_STATUS(&world, status, MEC_OK);
    CHECK(&world, file_holds(N_TASK, MEC_RUN_COMPLETE));
    check_about("overwrite what is not a run's");
    write_other_file("not HDF5 at all\n");
    is_refused(&other, MEC_RESUME_OVERWRITE, "is no HDF5 file");
}

static void a_second_run_is_kept_off(void) {
    check_about("two runs on one file");
    mec_status status = {0};
    mec_status second = {0};
    session s;
    session other;
    mec_run_identity identity = usual_identity();
    remove_file(&world, path);
    open_session(&s, &identity, MEC_RESUME_AUTO, &status);
    open_session(&other, &identity, MEC_RESUME_OVERWRITE, &second);
    CHECK_STATUS(&world, second, MEC_REFUSED);
    CHECK(&world, strstr(second.message, "another run is writing") != NULL);
    CHECK(&world, world.rank != 0 || is_there(path, ".lock"));
    close_session(&other, MEC_RUN_RUNNING, &(mec_status){0});
    flush_tasks(&s, 0, N_TASK, &status);
    close_session(&s, MEC_RUN_COMPLETE, &status);
    CHECK_STATUS(&world, status, MEC_OK);
    CHECK(&world, file_holds(N_TASK, MEC_RUN_COMPLETE) && is_tidy(&world, path));
}

/* ---- every place that can fail ---- */

typedef struct place {
    const char *name;
    bool on_rank_0_only;
} place;

static const place places[] = {
    {"run_file_prepare", false}, {"lock_take", true},      {"skeleton_write", true},
    {"publish", true},           {"run_file_open", false}, {"flush_prepare", false},
    {"flush_write", false},      {"flush_sync", false},    {"flush_tasks", false},
    {"run_file_close", false},   {"write_state", true},
};

/* After the failure the same command goes on and completes the file. */
static void every_place_may_fail(void) {
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        for (int rank = 0; rank < world.size; rank++) {
            bool fails = rank == 0 || !places[i].on_rank_0_only;
            mec_status status = {0};
            check_about("%s fails on rank %d", places[i].name, rank);
            remove_file(&world, path);
            inject(&world, places[i].name, rank);
            run_whole(MEC_RESUME_AUTO, &status);
            inject(&world, NULL, 0);
            CHECK_STATUS(&world, status, fails ? MEC_FAILED : MEC_OK);
            CHECK(&world, is_tidy(&world, path));
            status = (mec_status){0};
            run_whole(MEC_RESUME_AUTO, &status);
            CHECK_STATUS(&world, status, MEC_OK);
            CHECK(&world, file_holds(N_TASK, MEC_RUN_COMPLETE) && is_tidy(&world, path));
        }
}

/* Between two flushes: what the first one wrote stays. */
static void a_failing_flush_keeps_the_one_before(void) {
    const char *const names[] = {"flush_prepare", "flush_write", "flush_sync", "flush_tasks"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (int rank = 0; rank < world.size; rank++) {
            check_about("%s fails on rank %d in the second flush", names[i], rank);
            mec_status status = {0};
            session s;
            mec_run_identity identity = usual_identity();
            remove_file(&world, path);
            open_session(&s, &identity, MEC_RESUME_AUTO, &status);
            flush_tasks(&s, 0, 6, &status);
            CHECK_STATUS(&world, status, MEC_OK);
            inject(&world, names[i], rank);
            flush_tasks(&s, 6, N_TASK, &status);
            inject(&world, NULL, 0);
            CHECK_STATUS(&world, status, MEC_FAILED);
            close_session(&s, MEC_RUN_STOPPED, &status);
            open_session(&s, &identity, MEC_RESUME_AUTO, &(mec_status){0});
            bool right = s.file != NULL;
            for (size_t task = 0; task < N_TASK; task++)
                right = right && s.done[task] == (task < 6);
            CHECK(&world, right);
            status = (mec_status){0};
            flush_tasks(&s, 0, N_TASK, &status);
            close_session(&s, MEC_RUN_COMPLETE, &status);
            CHECK_STATUS(&world, status, MEC_OK);
            CHECK(&world, file_holds(N_TASK, MEC_RUN_COMPLETE) && is_tidy(&world, path));
        }
}

int main(void) {
    start_together(&world);
    mec_h5_set_defaults();
    a_whole_run_is_in_the_file();
    a_stopped_run_goes_on();
    flushes_may_be_empty();
    what_was_flushed_can_be_read();
    the_end_is_written_by_rank_0();
    other_runs_are_refused();
    other_files_are_refused();
    a_file_cut_short_is_refused();
    never_and_overwrite_do_what_they_say();
    a_second_run_is_kept_off();
    every_place_may_fail();
    a_failing_flush_keeps_the_one_before();
    remove_file(&world, path);
    return end_together(&world);
}
