#include "finish.h"

#include <string.h>

#include "fit/fit_finish.h"
#include "grid/grid_finish.h"

typedef struct finish_row {
    const char *job;
    mec_code (*finish)(const char *path, bool whole, mec_run_state *state, mec_status *status);
} finish_row;

static const finish_row rows[] = {{"fit", fit_finish_file}, {"grid", grid_finish_file}};

mec_code finish_file(const char *job, const char *path, bool whole, mec_run_state *state,
                     mec_status *status) {
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].job, job) == 0)
            return rows[i].finish(path, whole, state, status);
    return status->code;
}
