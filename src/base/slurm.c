#include "base/slurm.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

/* A controller that is slow to answer must not hold up a run. */
static const double PATIENCE = 5;

/* ---- asking squeue ---- */

static int start(char *const arguments[], int output, pid_t *process) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
    int reason = posix_spawnp(process, arguments[0], &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    return reason;
}

/* Reads until the other end is closed; false where that takes too long. */
static bool read_all(int from, char *text, size_t size) {
    double deadline = mec_clock_seconds() + PATIENCE;
    size_t n = 0;
    for (;;) {
        struct pollfd wait = {.fd = from, .events = POLLIN};
        double left = deadline - mec_clock_seconds();
        int ready = left > 0 ? poll(&wait, 1, (int)ceil(1000 * left)) : 0;
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready <= 0)
            return false;
        char block[256];
        ssize_t got = read(from, block, sizeof block);
        if (got <= 0)
            break;
        size_t room = size - 1 - n;
        size_t kept = (size_t)got < room ? (size_t)got : room;
        memcpy(text + n, block, kept);
        n += kept;
    }
    text[n] = '\0';
    return true;
}

/* What squeue prints of a job in `format`, complaints included; false where it could not be asked.
 */
static bool ask(const char *job, char *format, char *text, size_t size) {
    char id[64];
    int ends[2];
    pid_t process = 0;
    int how = 0;
    snprintf(id, sizeof id, "%s", job);
    char *arguments[] = {"squeue", "-h", "-j", id, "-o", format, NULL};
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    bool good = start(arguments, ends[1], &process) == 0;
    close(ends[1]);
    if (good) {
        good = read_all(ends[0], text, size);
        if (!good)
            kill(process, SIGKILL);
        while (waitpid(process, &how, 0) < 0 && errno == EINTR)
            continue;
    }
    close(ends[0]);
    return good;
}

/* ---- answers ---- */

static bool is_id(const char *text) {
    size_t n = strspn(text, "0123456789");
    return n > 0 && n < 32 && text[n] == '\0';
}

double mec_slurm_parse_time(const char *text) {
    double days = 0;
    double seconds = 0;
    int n = 0;
    if (sscanf(text, "%lf-%n", &days, &n) != 1 || n == 0)
        days = n = 0;
    text += n;
    if (!isdigit((unsigned char)*text))
        return INFINITY;
    for (int parts = 0;; parts++) {
        char *end = NULL;
        seconds = 60 * seconds + strtod(text, &end);
        if (end == text || parts > 2)
            return INFINITY;
        if (*end != ':')
            return 86400 * days + seconds;
        text = end + 1;
    }
}

double mec_slurm_seconds_left(void) {
    const char *end = getenv("SLURM_JOB_END_TIME");
    const char *job = getenv("SLURM_JOB_ID");
    char text[256] = "";
    if (end && is_id(end))
        return strtod(end, NULL) - mec_clock_epoch();
    if (!job || !is_id(job) || !ask(job, "%L", text, sizeof text))
        return INFINITY;
    return mec_slurm_parse_time(text);
}

bool mec_slurm_has_ended(const char *job) {
    char text[256] = "";
    if (!is_id(job) || !ask(job, "%T", text, sizeof text))
        return false;
    return !*text || strncmp(text, "PENDING", 7) == 0 || strstr(text, "Invalid job id");
}

int mec_slurm_step_size(void) {
    const char *size = getenv("SLURM_STEP_NUM_TASKS");
    return size ? atoi(size) : 0;
}
