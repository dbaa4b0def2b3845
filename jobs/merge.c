/* mec merge [--partial] OUT.h5 PART.h5...: joins the run files of a SLURM array. One process, no
 * MPI. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "finish.h"
#include "job.h"
#include "report/summary.h"
#include "shards.h"
#include "storage/merge.h"

/* The sections that a text of settings has, separated by blanks. */
static char *sections_of(const char *config, mec_status *status) {
    char line[MEC_TEXT_SIZE];
    size_t size = strlen(config) + 1;
    size_t used = 0;
    char *names = mec_alloc(size, 1, status);
    while (names && mec_text_next(&config, "\n", line, sizeof line)) {
        char *end = strchr(line, ']');
        if (*line != '[' || !end)
            continue;
        *end = '\0';
        used += (size_t)snprintf(names + used, size - used, "%s%s", used ? " " : "", line + 1);
    }
    return names;
}

/* What decides the results: without [run] and without paths. */
static char *identity(const char *config, mec_status *status) {
    char *text = NULL;
    char *names = sections_of(config, status);
    mec_settings *settings = mec_settings_create(&job_section_table, status);
    if (names && settings &&
        mec_settings_read(settings, "/config", config, strlen(config), status) == MEC_OK)
        text = mec_settings_text(settings, names, MEC_SETTINGS_IDENTITY, status);
    mec_settings_destroy(settings);
    free(names);
    return text;
}

static mec_code tell(const mec_merge *merge, const mec_merged *merged, mec_status *status) {
    if (*merged->missing)
        mec_log("%s: %s; the same command goes on with them once their files are there",
                merge->output, merged->missing);
    summary_print(merge->output, "corr", stdout, status);
    if (merged->state == MEC_RUN_COMPLETE_WITH_FAILURES)
        mec_fail(status, MEC_INCOMPLETE, "%s: fits failed: the file lists them", merge->output);
    return status->code;
}

mec_code job_merge(int n, char **arguments, mec_status *status) {
    const char *partial = NULL;
    const argument_row rows[] = {{"--partial", ARGUMENT_FLAG, &partial}};
    const argument_table table = {"merge", JOB_MERGE_USAGE, rows, 1, (size_t)n};
    const char **files = mec_alloc((size_t)n, sizeof *files, status);
    size_t n_file = 0;
    if (files && arguments_read(&table, n, arguments, files, &n_file, status) == MEC_OK) {
        mec_merge merge = {.output = files[0],
                           .parts = files + 1,
                           .n_part = n_file - 1,
                           .jobs = SHARDS_JOBS,
                           .partial = partial != NULL,
                           .identity = identity,
                           .finish = finish_file};
        mec_merged merged;
        if (n_file < 2)
            mec_fail(status, MEC_REFUSED, "merge: found no file to join; usage: mec merge %s",
                     JOB_MERGE_USAGE);
        else if (mec_merge_run(&merge, &merged, status) == MEC_OK)
            tell(&merge, &merged, status);
    }
    free(files);
    return status->code;
}
