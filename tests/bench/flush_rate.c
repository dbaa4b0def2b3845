/* What a flush of the run file takes: every rank has finished tasks whose results are rows of an
 * array, as those of `mec grid` with grid.keep_scores are, and all ranks write them together.
 *
 *   mpirun -n RANKS flush_rate FILE MIB...
 *
 * Prints a line for every number of MiB in all: ranks, MiB, arrays that are written, and seconds of
 * the flush (the median of three) until all is on the disk. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "storage/h5.h"
#include "storage/run_file.h"

enum { N_VALUE = 9900, N_FLUSH = 3, N_SMALL = 8 }; /* of a row: 99 alphas, 100 l1_ratios */

typedef struct bench {
    mec_world world;
    mec_layout layout;
    mec_outbox outbox;
    mec_run_file *file;
    uint8_t *done;
    size_t n_row; /* of a flush */
    int rows, small[N_SMALL];
    mec_status status;
} bench;

static void check(const bench *b) {
    if (b->status.code == MEC_OK)
        return;
    fprintf(stderr, "flush_rate: %s\n", b->status.message);
    MPI_Abort(b->world.comm, 1);
}

/* A large array and some of a number a task, all of N_FLUSH times n_row tasks. */
static void open_file(bench *b, const char *path) {
    static mec_input input = {.path = "none", .sha256 = "aa"};
    const mec_run_identity identity = {.job = "fit",
                                       .program_version = "0",
                                       .config = "[map]\n",
                                       .identity_config = "[map]\n",
                                       .inputs = &input,
                                       .n_input = 1};
    size_t n_task = N_FLUSH * b->n_row;
    const char **names = malloc(n_task * sizeof *names);
    b->done = malloc(n_task);
    for (size_t i = 0; i < n_task; i++)
        names[i] = "task";
    mec_array rows = {.path = (char[]){"/rows"},
                      .element = MEC_REAL64,
                      .n_dim = 2,
                      .dims = {n_task, N_VALUE},
                      .scale = {-1, -1}};
    mec_run_file_describe(&b->layout, &identity, names, n_task, &b->status);
    b->rows = mec_layout_add(&b->layout, &rows, &b->status);
    for (int k = 0; k < N_SMALL; k++) {
        char name[32];
        snprintf(name, sizeof name, "/small_%d", k);
        b->small[k] = mec_layout_add(
            &b->layout,
            &(mec_array){
                .path = name, .element = MEC_REAL64, .n_dim = 1, .dims = {n_task}, .scale = {-1}},
            &b->status);
    }
    mec_run_state state;
    b->outbox.layout = &b->layout;
    b->file = mec_run_file_open(&b->world, path, MEC_RESUME_OVERWRITE, &identity, &b->layout,
                                n_task, b->done, &state, &b->status);
    free(names);
    check(b);
}

static void finish_task(bench *b, size_t task) {
    const size_t start[] = {task, 0};
    const size_t count[] = {1, N_VALUE};
    double *row = mec_outbox_take(&b->outbox, b->rows, start, count, &b->status);
    for (size_t i = 0; i < N_VALUE && row; i++)
        row[i] = (double)(task + i);
    for (int k = 0; k < N_SMALL; k++) {
        double *value = mec_outbox_take(&b->outbox, b->small[k], start, count, &b->status);
        if (value)
            *value = (double)task;
    }
    mec_outbox_commit(&b->outbox, &b->status);
    check(b);
}

/* Tasks first .. first + n_row - 1, task t done by rank t mod size. */
static double flush(bench *b, size_t first) {
    size_t n = 0;
    mec_task_record *records = malloc((b->n_row + 1) * sizeof *records);
    for (size_t task = first; task < first + b->n_row; task++)
        if (task % (size_t)b->world.size == (size_t)b->world.rank) {
            finish_task(b, task);
            records[n++] = (mec_task_record){.task = task, .started = 1, .seconds = 1};
        }
    mec_quiet_barrier(b->world.comm);
    double start = mec_clock_seconds();
    mec_run_file_flush(b->file, &b->outbox, records, n, &b->status);
    double seconds = mec_clock_seconds() - start;
    free(records);
    check(b);
    return seconds;
}

static int by_size(const void *left, const void *right) {
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

static void measure(const mec_world *world, const char *path, double mib) {
    double bytes = N_VALUE * sizeof(double);
    bench b = {.world = *world, .n_row = (size_t)(mib * 1024 * 1024 / bytes)};
    mec_run_state state = MEC_RUN_STOPPED;
    double seconds[N_FLUSH];
    b.n_row = b.n_row > 0 ? b.n_row : 1;
    open_file(&b, path);
    for (size_t i = 0; i < N_FLUSH; i++)
        seconds[i] = flush(&b, i * b.n_row);
    mec_run_file_close(b.file, &state, NULL, NULL, &b.status);
    check(&b);
    qsort(seconds, N_FLUSH, sizeof *seconds, by_size);
    if (world->rank == 0) {
        unlink(path);
        printf("%d %.1f %d %.4f\n", world->size, (double)b.n_row * bytes / 1024 / 1024, N_SMALL + 1,
               seconds[N_FLUSH / 2]);
        fflush(stdout);
    }
    mec_outbox_release(&b.outbox);
    mec_layout_destroy(&b.layout);
    free(b.done);
}

int main(int argc, char **argv) {
    mec_world world;
    mec_status status = {0};
    if (argc < 3 || mec_world_start(&world, &status)) {
        fprintf(stderr, "usage: mpirun -n RANKS flush_rate FILE MIB...\n");
        return 2;
    }
    mec_h5_set_defaults();
    for (int i = 2; i < argc; i++)
        measure(&world, argv[1], atof(argv[i]));
    mec_world_end(&world);
    return 0;
}
