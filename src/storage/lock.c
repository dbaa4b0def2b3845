#include "storage/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/memory.h"
#include "base/slurm.h"
#include "base/text.h"

typedef struct holder {
    char host[256];
    long process;
    char job[64];             /* of the batch system, or "-" */
    int restart;              /* how often that was started before */
    unsigned long long start; /* of the process, in the system's clock ticks; 0: not known */
} holder;

/* State and start of a process of this host; false where it is not there. */
static bool look_up(long process, char *state, unsigned long long *start) {
    char path[64];
    char line[512] = "";
    snprintf(path, sizeof path, "/proc/%ld/stat", process);
    FILE *file = fopen(path, "r");
    if (!file)
        return false;
    bool good = fgets(line, sizeof line, file) != NULL;
    fclose(file);
    const char *behind = strrchr(line, ')'); /* the program's name may hold anything */
    return good && behind &&
           sscanf(behind,
                  ") %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
                  "%llu",
                  state, start) == 2;
}

static holder own_holder(void) {
    char state = ' ';
    holder own = {.process = (long)getpid(), .job = "-"};
    gethostname(own.host, sizeof own.host - 1);
    const char *job = getenv("SLURM_JOB_ID");
    const char *restart = getenv("SLURM_RESTART_COUNT");
    if (job)
        snprintf(own.job, sizeof own.job, "%s", job);
    if (restart)
        own.restart = atoi(restart);
    look_up(own.process, &state, &own.start);
    return own;
}

static bool read_holder(const char *lock, holder *found) {
    *found = (holder){0};
    FILE *file = fopen(lock, "r");
    if (!file)
        return false;
    int n = fscanf(file, "host %255s pid %ld job %63s restart %d start %llu", found->host,
                   &found->process, found->job, &found->restart, &found->start);
    fclose(file);
    return n >= 3;
}

/* On this host a process is gone, or a zombie, or its number has been given to another since. */
static bool runs_here(const holder *found) {
    char state = ' ';
    unsigned long long start = 0;
    if (!look_up(found->process, &state, &start))
        return kill((pid_t)found->process, 0) == 0 || errno == EPERM; /* without /proc */
    return state != 'Z' && (found->start == 0 || found->start == start);
}

/* A lock that cannot be read is one whose writer was killed in between: stale. A job that SLURM has
 * started again is not running elsewhere; of another job SLURM knows. */
static bool is_alive(const char *lock, holder *found) {
    if (!read_holder(lock, found))
        return false;
    holder own = own_holder();
    if (strcmp(found->host, own.host) == 0)
        return runs_here(found);
    if (strcmp(found->job, own.job) == 0)
        return strcmp(own.job, "-") == 0 || found->restart >= own.restart;
    return !mec_slurm_has_ended(found->job);
}

char *mec_path_with_suffix(const char *path, const char *suffix, mec_status *status) {
    size_t size = strlen(path) + strlen(suffix) + 1;
    char *joined = mec_alloc(size, 1, status);
    if (joined)
        snprintf(joined, size, "%s%s", path, suffix);
    return joined;
}

/* Written under a name of its own first, so that nobody ever reads half a lock. */
static bool create_lock(const char *lock, mec_status *status) {
    holder own = own_holder();
    char suffix[32];
    snprintf(suffix, sizeof suffix, ".%ld", own.process);
    char *draft = mec_path_with_suffix(lock, suffix, status);
    int file = draft ? open(draft, O_CREAT | O_EXCL | O_WRONLY, 0644) : -1;
    bool taken = false;
    if (file >= 0) {
        dprintf(file, "host %s pid %ld job %s restart %d start %llu\n", own.host, own.process,
                own.job, own.restart, own.start);
        close(file);
        taken = link(draft, lock) == 0;
        int reason = errno;
        unlink(draft);
        errno = reason;
    }
    free(draft);
    return taken;
}

/* Removes a stale lock and creates our own. Of several processes that find it stale, one at a time
 * holds the old file; the others then see that the name belongs to a new one. */
static bool take_over(const char *lock, mec_status *status) {
    struct stat held = {0};
    struct stat named = {0};
    holder found;
    int old = open(lock, O_RDONLY);
    bool taken = false;
    if (old >= 0 && flock(old, LOCK_EX) == 0 && fstat(old, &held) == 0 && stat(lock, &named) == 0 &&
        held.st_ino == named.st_ino && !is_alive(lock, &found)) {
        unlink(lock);
        taken = create_lock(lock, status);
    }
    if (old >= 0)
        close(old);
    if (!taken)
        errno = EEXIST;
    return taken;
}

mec_code mec_lock_take(const char *path, mec_status *status) {
    char *lock = mec_path_with_suffix(path, ".lock", status);
    if (!lock)
        return status->code;
    if (mec_fault_here("lock_take"))
        mec_fail(status, MEC_FAILED, "injected: %s cannot be created", lock);
    holder found;
    bool taken = status->code == MEC_OK && create_lock(lock, status);
    bool exists = !taken && errno == EEXIST;
    if (status->code == MEC_OK && exists && !is_alive(lock, &found)) {
        taken = take_over(lock, status);
        exists = !taken;
    }
    if (status->code != MEC_OK) {
        free(lock);
        return status->code;
    }
    if (exists && read_holder(lock, &found))
        mec_fail(status, MEC_REFUSED,
                 "%s: another run is writing this file (process %ld on %s, batch job %s); if it is "
                 "gone, remove %s",
                 path, found.process, found.host, found.job, lock);
    else if (!taken)
        mec_fail(status, MEC_REFUSED, "%s: cannot be created: %s", lock, strerror(errno));
    free(lock);
    return status->code;
}

void mec_lock_release(const char *path) {
    mec_status ignored = {0};
    char *lock = mec_path_with_suffix(path, ".lock", &ignored);
    if (lock)
        unlink(lock);
    free(lock);
}

bool mec_lock_is_held(const char *path) {
    mec_status ignored = {0};
    holder found;
    char *lock = mec_path_with_suffix(path, ".lock", &ignored);
    bool held = lock && access(lock, F_OK) == 0 && is_alive(lock, &found);
    free(lock);
    return held;
}

mec_code mec_path_make_parents(const char *path, mec_status *status) {
    char *copy = mec_copy_text(path, status);
    for (char *slash = copy; slash && (slash = strchr(slash + 1, '/')) != NULL;) {
        *slash = '\0';
        if (mkdir(copy, 0777) != 0 && errno != EEXIST)
            mec_fail(status, MEC_REFUSED, "%s: the directory cannot be created: %s", copy,
                     strerror(errno));
        *slash = '/';
    }
    free(copy);
    return status->code;
}

static bool sync_path(const char *path) {
    int file = open(path, O_RDONLY);
    bool good = file >= 0 && fsync(file) == 0;
    if (file >= 0)
        close(file);
    return good;
}

void mec_path_give_back(const char *path, int64_t offset, int64_t n_byte) {
    int file = open(path, O_WRONLY);
    if (file < 0)
        return;
    fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, n_byte);
    close(file);
}

double mec_path_free_bytes(const char *path) {
    mec_status ignored = {0};
    struct statvfs fs;
    char *copy = mec_copy_text(path, &ignored);
    char *directory = copy ? dirname(copy) : NULL;
    bool known = directory && statvfs(directory, &fs) == 0;
    while (directory && !known && errno == ENOENT) { /* not made yet */
        directory = dirname(directory);
        known = statvfs(directory, &fs) == 0;
    }
    free(copy);
    return known ? (double)fs.f_bavail * (double)fs.f_frsize : -1;
}

mec_code mec_path_check_room(const char *path, double needed, mec_status *status) {
    double there = mec_path_free_bytes(path);
    char needed_text[32];
    char there_text[32];
    if (there < 0 || needed <= there)
        return MEC_OK;
    mec_text_from_bytes(needed, needed_text, sizeof needed_text);
    mec_text_from_bytes(there, there_text, sizeof there_text);
    return mec_fail(status, MEC_REFUSED, "%s: needs %s of disk, and %s are free", path, needed_text,
                    there_text);
}

mec_code mec_path_publish(const char *from, const char *to, mec_status *status) {
    char *copy = mec_copy_text(to, status);
    if (!copy)
        return status->code;
    if (mec_fault_here("publish"))
        mec_fail(status, MEC_FAILED, "injected: %s cannot be renamed", from);
    else if (!sync_path(from) || rename(from, to) != 0 || !sync_path(dirname(copy)))
        mec_fail(status, MEC_FAILED, "%s: cannot be renamed to %s: %s", from, to, strerror(errno));
    free(copy);
    return status->code;
}

/* Copies bytes [start, end); their places are the same in both files. */
static bool copy_range(int from, int to, off_t start, off_t end) {
    char block[1 << 16];
    while (start < end) {
        off_t left = end - start;
        size_t size = left < (off_t)sizeof block ? (size_t)left : sizeof block;
        ssize_t n = pread(from, block, size, start);
        if (n <= 0 || pwrite(to, block, (size_t)n, start) != n)
            return false;
        start += n;
    }
    return true;
}

static bool copy_open(int from, int to) {
    struct stat file;
    bool good = fstat(from, &file) == 0 && ftruncate(to, file.st_size) == 0;
    for (off_t end = 0; good && end < file.st_size;) {
        off_t start = lseek(from, end, SEEK_DATA);
        if (start < 0 && errno == ENXIO) /* nothing but a hole is left */
            break;
        end = lseek(from, start, SEEK_HOLE);
        good = start >= 0 && end > start && copy_range(from, to, start, end);
    }
    return good;
}

mec_code mec_path_copy(const char *from, const char *to, mec_status *status) {
    int source = open(from, O_RDONLY);
    int target = open(to, O_CREAT | O_TRUNC | O_WRONLY, 0666);
    bool good = source >= 0 && target >= 0 && copy_open(source, target);
    int reason = errno;
    if (source >= 0)
        close(source);
    if (target >= 0 && close(target) != 0 && good) {
        good = false;
        reason = errno;
    }
    if (!good)
        mec_fail(status, MEC_FAILED, "%s: cannot be written as a copy of %s: %s", to, from,
                 strerror(reason));
    return status->code;
}
