#include "base/machine.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

/* The number in a file of one line; infinite where there is none, as "max" is. */
static double limit_in(const char *path) {
    char line[64] = "";
    double value = INFINITY;
    FILE *file = fopen(path, "r");
    if (!file)
        return INFINITY;
    if (!fgets(line, sizeof line, file) || !mec_text_to_real(line, &value))
        value = INFINITY;
    fclose(file);
    return value;
}

/* The least limit of a group and of all those that it is part of. */
static double least_limit(const char *root, char *group, const char *name) {
    char path[4096];
    double least = INFINITY;
    for (;;) {
        snprintf(path, sizeof path, "%s%s/%s", root, group, name);
        least = fmin(least, limit_in(path));
        char *last = strrchr(group, '/');
        if (!last)
            return least;
        *last = '\0';
    }
}

/* Lines are "0::/group" of version 2, "N:controllers:/group" of version 1. */
static double control_group_limit(void) {
    char line[2048];
    double least = INFINITY;
    FILE *file = fopen("/proc/self/cgroup", "r");
    while (file && fgets(line, sizeof line, file)) {
        char *controllers = strchr(line, ':');
        char *group = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!group)
            continue;
        *group++ = '\0';
        group[strcspn(group, "\n")] = '\0';
        if (controllers[1] == '\0')
            least = fmin(least, least_limit("/sys/fs/cgroup", group, "memory.max"));
        else if (strstr(controllers + 1, "memory"))
            least =
                fmin(least, least_limit("/sys/fs/cgroup/memory", group, "memory.limit_in_bytes"));
    }
    if (file)
        fclose(file);
    return least;
}

double mec_machine_memory(void) {
    double machine = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
    return fmin(machine, control_group_limit());
}
