#include "base/fault.h"

#ifdef MEC_FAULTS

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int own_rank = 0;

void mec_fault_set_rank(int rank) {
    own_rank = rank;
}

static void note_passage(const char *name) {
    const char *path = getenv("MEC_FAULT_LOG");
    FILE *file = path ? fopen(path, "a") : NULL;
    if (!file)
        return;
    fprintf(file, "%s\n", name);
    fclose(file);
}

bool mec_fault_here(const char *name) {
    static int passages = 0;
    note_passage(name);
    const char *order = getenv("MEC_FAULT");
    size_t length = strlen(name);
    if (!order || strncmp(order, name, length) != 0 || order[length] != ':')
        return false;
    char *end = NULL;
    long rank = strtol(order + length + 1, &end, 10);
    long passage = *end == ':' ? strtol(end + 1, NULL, 10) : 1;
    return rank == own_rank && ++passages == passage;
}

#else
typedef int mec_fault_is_off; /* ISO C wants a declaration in every file */
#endif
