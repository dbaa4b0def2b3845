/* Job files, against the program's own tables of settings. What is accepted is written out as the
 * run file keeps it; read again that text has to give itself. */
#include <stdlib.h>
#include <string.h>

#include "base/settings.h"
#include "fuzz.h"
#include "settings.h"

static const char all_sections[] = "run data source splits fit map grid synth model cues reward "
                                   "ratemaps train import";

static char *text_of(const mec_settings *settings) {
    mec_status status = {0};
    char *text = mec_settings_text(settings, all_sections, MEC_SETTINGS_ALL, &status);
    FUZZ_CHECK(text);
    return text;
}

static mec_settings *create(void) {
    mec_status status = {0};
    mec_settings *settings = mec_settings_create(&job_section_table, &status);
    FUZZ_CHECK(settings);
    return settings;
}

/* Values longer than a line of a job file come from the command line, so each line of the text is
 * given as the command line gives it. */
static void check_again(const char *text) {
    mec_settings *again = create();
    char line[2 * MEC_TEXT_SIZE];
    char assignment[2 * MEC_TEXT_SIZE + 64];
    char section[64] = "";
    for (const char *at = text; *at; at += strcspn(at, "\n") + 1) {
        mec_status status = {0};
        snprintf(line, sizeof line, "%.*s", (int)strcspn(at, "\n"), at);
        char *equals = strchr(line, '=');
        if (*line == '[') {
            snprintf(section, sizeof section, "%.*s", (int)strcspn(line + 1, "]"), line + 1);
        } else {
            FUZZ_CHECK(equals && equals[-1] == ' ');
            equals[-1] = '\0';
            snprintf(assignment, sizeof assignment, "%s.%s=%s", section, line,
                     equals[1] == ' ' ? equals + 2 : equals + 1);
            mec_settings_override(again, assignment, &status);
            FUZZ_CHECK(status.code == MEC_OK);
        }
    }
    char *second = text_of(again);
    FUZZ_CHECK(strcmp(text, second) == 0);
    free(second);
    mec_settings_destroy(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    mec_settings *settings = create();
    mec_status status = {0};
    mec_settings_read(settings, "fuzz.ini", (const char *)data, size, &status);
    if (status.code == MEC_OK) {
        char *text = text_of(settings);
        check_again(text);
        free(text);
    } else {
        fuzz_check_refusal(&status);
    }
    mec_settings_destroy(settings);
    return 0;
}
