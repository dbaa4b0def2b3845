/* The arguments of a job that runs alone: files, options and `name=value` words, in any order. */
#ifndef MEC_JOBS_ARGUMENTS_H
#define MEC_JOBS_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

typedef enum argument_kind {
    ARGUMENT_FLAG,   /* --name: the value is the name */
    ARGUMENT_BEHIND, /* --name VALUE */
    ARGUMENT_EQUALS, /* name=VALUE */
} argument_kind;

typedef struct argument_row {
    const char *name;
    argument_kind kind;
    const char **value; /* left as it is where the argument is not given */
} argument_row;

typedef struct argument_table {
    const char *job, *usage;
    const argument_row *rows;
    size_t n_row;
    size_t max_file; /* at least one file must be given */
} argument_table;

/* Takes the arguments apart: the values through the rows, the files in order. A word with `=` that
 * is no option is a file if there is one of that name. MEC_REFUSED names what was found and the
 * usage. */
mec_code arguments_read(const argument_table *table, int n, char **arguments, const char **files,
                        size_t *n_file, mec_status *status);

/* The value of a `name=yes` or `name=no`. */
mec_code arguments_yes(const char *job, const char *name, const char *value, bool *yes,
                       mec_status *status);

#endif
