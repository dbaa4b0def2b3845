#include "arguments.h"

#include <string.h>
#include <unistd.h>

static mec_code refuse(const argument_table *table, const char *found, const char *why,
                       mec_status *status) {
    return mec_fail(status, MEC_REFUSED, "%s: found \"%.200s\"%s; usage: mec %s %s", table->job,
                    found, why, table->job, table->usage);
}

static const argument_row *find_row(const argument_table *table, const char *argument) {
    for (size_t i = 0; i < table->n_row; i++) {
        const argument_row *row = &table->rows[i];
        size_t length = strlen(row->name);
        if (strncmp(argument, row->name, length) == 0 &&
            argument[length] == (row->kind == ARGUMENT_EQUALS ? '=' : '\0'))
            return row;
    }
    return NULL;
}

/* A slip in an option's name must not become the name of an output. */
static bool looks_like_option(const char *argument) {
    size_t word = strcspn(argument, "=/");
    return argument[0] == '-' || (argument[word] == '=' && access(argument, F_OK) != 0);
}

mec_code arguments_read(const argument_table *table, int n, char **arguments, const char **files,
                        size_t *n_file, mec_status *status) {
    *n_file = 0;
    for (int i = 0; i < n; i++) {
        const argument_row *row = find_row(table, arguments[i]);
        if (!row && looks_like_option(arguments[i]))
            return refuse(table, arguments[i], "", status);
        if (!row && *n_file == table->max_file)
            return refuse(table, arguments[i], ", one file too many", status);
        if (!row)
            files[(*n_file)++] = arguments[i];
        else if (row->kind == ARGUMENT_FLAG)
            *row->value = row->name;
        else if (row->kind == ARGUMENT_EQUALS)
            *row->value = strchr(arguments[i], '=') + 1;
        else if (i + 1 < n)
            *row->value = arguments[++i];
        else
            return refuse(table, arguments[i], " without a value", status);
    }
    if (*n_file == 0)
        mec_fail(status, MEC_REFUSED, "%s: no file given; usage: mec %s %s", table->job, table->job,
                 table->usage);
    return status->code;
}

mec_code arguments_yes(const char *job, const char *name, const char *value, bool *yes,
                       mec_status *status) {
    *yes = strcmp(value, "yes") == 0;
    if (!*yes && strcmp(value, "no") != 0)
        mec_fail(status, MEC_REFUSED, "%s: %s: found \"%.200s\"; accepted: yes or no", job, name,
                 value);
    return status->code;
}
