#include "base/fault.h"

#ifdef MEC_FAULTS

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int own_rank = 0;
static long n_passage = 0; /* of this rank through the place of the order */

void mec_fault_set_rank(int rank) {
    own_rank = rank;
    n_passage = 0;
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
    note_passage(name);
    const char *order = getenv("MEC_FAULT");
    size_t length = strlen(name);
    if (!order || strncmp(order, name, length) != 0 || order[length] != ':')
        return false;
    char *end = NULL;
    long rank = strtol(order + length + 1, &end, 10);
    long passage = *end == ':' ? strtol(end + 1, NULL, 10) : 1;
    return rank == own_rank && ++n_passage == passage;
}

#else
typedef int mec_fault_is_off; /* ISO C wants a declaration in every file */
#endif
