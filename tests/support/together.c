#include "together.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/log.h"
#include "numerics/linalg.h"

static int n_check = 0;
static int n_failed = 0;
static char about[256] = "";

void check_about(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(about, sizeof about, format, arguments);
    va_end(arguments);
}

bool check_together(const mec_world *world, bool good, const char *text, const char *file,
                    int line) {
    int own = good ? world->size : world->rank;
    int lowest = 0;
    MPI_Allreduce(&own, &lowest, 1, MPI_INT, MPI_MIN, world->comm);
    n_check++;
    if (lowest == world->size)
        return true;
    n_failed++;
    if (world->rank == 0)
        fprintf(stderr, "%s:%d: failed on rank %d of %d%s%s: %s\n", file, line, lowest, world->size,
                *about ? ", " : "", about, text);
    return false;
}

bool check_status_together(const mec_world *world, const mec_status *status, mec_code code,
                           const char *text, const char *file, int line) {
    mec_status first = *status;
    char detail[2 * MEC_MESSAGE_SIZE];
    MPI_Bcast(&first, (int)sizeof first, MPI_BYTE, 0, world->comm);
    bool same = first.code == status->code && strcmp(first.message, status->message) == 0;
    snprintf(detail, sizeof detail, "%s has code %d (rank 0: \"%s\") and is the same everywhere",
             text, (int)code, first.message);
    return check_together(world, same && status->code == code, detail, file, line);
}

void inject_later(const mec_world *world, const char *name, int rank, int passage) {
    char order[128];
    snprintf(order, sizeof order, "%s:%d:%d", name, rank, passage);
    setenv("MEC_FAULT", order, 1);
    mec_fault_set_rank(world->rank);
}

void inject(const mec_world *world, const char *name, int rank) {
    if (name)
        inject_later(world, name, rank, 1);
    else
        unsetenv("MEC_FAULT");
}

void start_together(mec_world *world) {
    mec_status status = {0};
    if (mec_world_start(world, &status)) {
        fprintf(stderr, "%s\n", status.message);
        exit(EXIT_FAILURE);
    }
    mec_linalg_set_threads(1);
    mec_log_set_speaking(false); /* notes about provoked trouble */
}

int end_together(mec_world *world) {
    if (world->rank == 0)
        printf("%d checks on %d ranks, %d failed\n", n_check, world->size, n_failed);
    mec_world_end(world);
    return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

bool is_there(const char *path, const char *suffix) {
    char name[256];
    snprintf(name, sizeof name, "%s%s", path, suffix);
    return access(name, F_OK) == 0;
}

bool is_tidy(const mec_world *world, const char *path) {
    return world->rank != 0 || (!is_there(path, ".lock") && !is_there(path, ".new"));
}

void remove_file(const mec_world *world, const char *path) {
    if (world->rank == 0)
        unlink(path);
    mec_quiet_barrier(world->comm);
}
