#include "base/room.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_SIZE = 4096 };
static const double MIB = 1024.0 * 1024;

static void take_less(mec_room *room, double bytes, const char *of) {
    if (bytes > 0 && bytes < room->bytes)
        *room = (mec_room){bytes, of};
}

/* The number at the beginning of a small file; infinite where there is none ("max"). */
static double read_number(const char *path) {
    double value;
    FILE *file = fopen(path, "r");
    bool good = file && fscanf(file, "%lf", &value) == 1;
    if (file)
        fclose(file);
    return good ? value : INFINITY;
}

/* ---- the machine ---- */

static double read_machine(const char *root) {
    char path[PATH_SIZE];
    char line[256];
    double kib = INFINITY;
    snprintf(path, sizeof path, "%s/proc/meminfo", root);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file) && sscanf(line, "MemTotal: %lf", &kib) != 1)
        continue;
    if (file)
        fclose(file);
    return 1024 * kib;
}

/* ---- control groups ---- */

/* The limits of a group and of all those that it is in: `directory` ends with the group's path, of
 * which `length` characters are the hierarchy's own. Containers see their group as the root. */
static void walk_up(mec_room *room, char *directory, size_t length, const char *limit) {
    for (;;) {
        char path[PATH_SIZE + 32];
        snprintf(path, sizeof path, "%s/%s", directory, limit);
        take_less(room, read_number(path), "the control group");
        char *slash = strrchr(directory + length, '/');
        if (!slash)
            break;
        *slash = '\0';
    }
}

/* A line of /proc/self/cgroup: "0::/path" of version 2, "4:memory,cpu:/path" of version 1. */
static void read_group(mec_room *room, const char *root, char *line) {
    char directory[PATH_SIZE];
    char *controllers = strchr(line, ':');
    char *path = controllers ? strchr(controllers + 1, ':') : NULL;
    if (!path)
        return;
    *path++ = '\0';
    controllers++;
    path[strcspn(path, "\n")] = '\0';
    bool second = *controllers == '\0';
    bool memory = false;
    char *rest = NULL;
    for (char *one = strtok_r(controllers, ",", &rest); one; one = strtok_r(NULL, ",", &rest))
        memory |= strcmp(one, "memory") == 0;
    if (!second && !memory)
        return;
    size_t length = (size_t)snprintf(directory, sizeof directory, "%s/sys/fs/cgroup%s", root,
                                     second ? "" : "/memory");
    if (length + strlen(path) < sizeof directory) {
        snprintf(directory + length, sizeof directory - length, "%s",
                 strcmp(path, "/") == 0 ? "" : path);
        walk_up(room, directory, length, second ? "memory.max" : "memory.limit_in_bytes");
    }
}

static void read_groups(mec_room *room, const char *root) {
    char path[PATH_SIZE];
    char line[PATH_SIZE];
    snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        read_group(room, root, line);
    if (file)
        fclose(file);
}

/* ---- SLURM ---- */

static double number_of(const char *variable) {
    const char *text = getenv(variable);
    return text ? strtod(text, NULL) : 0;
}

static void read_slurm(mec_room *room) {
    take_less(room, number_of("SLURM_MEM_PER_NODE") * MIB, "SLURM's job");
    take_less(room, number_of("SLURM_MEM_PER_CPU") * number_of("SLURM_CPUS_ON_NODE") * MIB,
              "SLURM's job");
}

mec_room mec_room_find(const char *root) {
    mec_room room = {INFINITY, "the machine"};
    take_less(&room, read_machine(root), "the machine");
    read_groups(&room, root);
    read_slurm(&room);
    return room;
}

mec_room mec_room_here(void) {
    static mec_room room;
    if (room.bytes == 0)
        room = mec_room_find("");
    return room;
}
