/* mec import FROM OUT.h5 [CONFIG.ini] [section.key=value ...]: a network of a TensorFlow checkpoint
 * into a run file; mec import --published DIR [CONFIG.ini]: fetches the paper's checkpoints. One
 * process, no MPI. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text_file.h"
#include "import/import_model.h"
#include "import/published.h"
#include "job.h"

enum { MAX_FILE = 3 };

typedef struct import_line {
    const char *files[MAX_FILE]; /* FROM, OUT.h5, CONFIG.ini */
    int n_file;
    const char *published; /* DIR, or NULL */
    char **overrides;
    int n_override;
    bool dry_run;
} import_line;

static mec_code refuse(const char *found, const char *why, mec_status *status) {
    return mec_fail(status, MEC_REFUSED, "import: found \"%.200s\"%s; usage: mec import %s", found,
                    why, JOB_IMPORT_USAGE);
}

/* section.key=value; a file may have such a name. */
static bool is_override(const char *argument) {
    size_t word = strcspn(argument, "=/");
    return argument[word] == '=' && access(argument, F_OK) != 0;
}

static mec_code take_argument(import_line *line, int n, char **arguments, int *i,
                              mec_status *status) {
    char *argument = arguments[*i];
    if (strcmp(argument, "--dry-run") == 0)
        line->dry_run = true;
    else if (strcmp(argument, "--published") == 0 && *i + 1 < n)
        line->published = arguments[++*i];
    else if (strcmp(argument, "--published") == 0)
        return refuse(argument, " without a directory", status);
    else if (argument[0] == '-')
        return refuse(argument, "", status);
    else if (is_override(argument))
        line->overrides[line->n_override++] = argument;
    else if (line->n_file == MAX_FILE)
        return refuse(argument, ", one file too many", status);
    else
        line->files[line->n_file++] = argument;
    return MEC_OK;
}

/* Overrides are gathered at the front of `arguments`. */
static mec_code read_line(import_line *line, int n, char **arguments, mec_status *status) {
    *line = (import_line){.overrides = arguments};
    for (int i = 0; i < n; i++)
        if (take_argument(line, n, arguments, &i, status))
            return status->code;
    if (!line->published && line->n_file < 2)
        return mec_fail(status, MEC_REFUSED, "import: %s; usage: mec import %s",
                        line->n_file == 0 ? "nothing given" : "no OUT.h5 given", JOB_IMPORT_USAGE);
    if (line->published && line->n_file > 1)
        return refuse(line->files[1], " beside --published, one file too many", status);
    if (line->published && line->dry_run)
        return refuse("--dry-run", " beside --published", status);
    return MEC_OK;
}

static mec_code read_settings(const import_line *line, mec_settings *settings, mec_status *status) {
    const char *config = line->files[line->published ? 0 : 2];
    size_t size = 0;
    char *text = config ? mec_text_file_read(config, &size, status) : NULL;
    char from[MEC_TEXT_SIZE + 16];
    if (config && status->code == MEC_OK)
        mec_settings_read(settings, config, text, size, status);
    for (int i = 0; i < line->n_override && status->code == MEC_OK; i++)
        mec_settings_override(settings, line->overrides[i], status);
    free(text);
    if (line->published || status->code != MEC_OK)
        return status->code;
    if (strlen(line->files[0]) >= MEC_TEXT_SIZE)
        return refuse(line->files[0], "..., too long a name", status);
    snprintf(from, sizeof from, "import.from=%s", line->files[0]);
    return mec_settings_override(settings, from, status);
}

mec_code job_import(int n, char **arguments, mec_status *status) {
    import_line line;
    if (read_line(&line, n, arguments, status))
        return status->code;
    mec_settings *settings = mec_settings_create(&job_section_table, status);
    if (settings && read_settings(&line, settings, status) == MEC_OK) {
        const job_settings *values = mec_settings_values(settings);
        if (line.published)
            published_fetch(values->import.base_url, line.published, status);
        else
            import_model(settings, line.files[1], line.dry_run, status);
    }
    mec_settings_destroy(settings);
    return status->code;
}
