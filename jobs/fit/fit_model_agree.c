#include "fit/fit_model_agree.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "storage/h5.h"
#include "storage/run_info.h"

enum { N_SECTION = 4, VALUE_SIZE = 4 * MEC_TEXT_SIZE };
static const char *const sections[N_SECTION] = {"model", "cues", "reward", "ratemaps"};

/* Where maps are drawn, and of what: a map is found by these, or not. */
static const char PLACES[] = "box_width box_height min_x max_x min_y max_y layers bin_cm nbins "
                             "environment";

/* All values of a key in a text of settings, which may have it several times. */
static void collect(const char *text, const char *section, const char *key,
                    char value[VALUE_SIZE]) {
    char row[MEC_TEXT_SIZE];
    size_t used = 0;
    *value = '\0';
    for (size_t i = 0; mec_settings_find_row(text, section, key, i, row, sizeof row); i++)
        if (used < VALUE_SIZE)
            used +=
                (size_t)snprintf(value + used, VALUE_SIZE - used, "%s%s", i > 0 ? ", " : "", row);
}

static mec_code compare_key(const job_context *c, const char *path, const char *section,
                            const char *key, const char *drawn, const char *ours,
                            mec_status *status) {
    char own[VALUE_SIZE];
    char other[VALUE_SIZE];
    collect(ours, section, key, own);
    collect(drawn, section, key, other);
    if (strcmp(own, other) == 0)
        return MEC_OK;
    return mec_fail(status, MEC_REFUSED,
                    "%s: found %s; accepted: %s, as the maps of %s were drawn, or nothing",
                    mec_settings_where(c->settings, section, key), *own ? own : "none",
                    *other ? other : "none", path);
}

static mec_code compare_section(const job_context *c, const char *path, const char *section,
                                const char *drawn, const char *ours, mec_status *status) {
    const mec_section *table = job_section(section);
    for (size_t i = 0; i < table->n_setting && status->code == MEC_OK; i++) {
        const mec_setting *setting = &table->settings[i];
        if (setting->type != MEC_SETTING_PATH && mec_text_index(PLACES, setting->key) < 0 &&
            mec_settings_given(c->settings, section, setting->key))
            compare_key(c, path, section, setting->key, drawn, ours, status);
    }
    return status->code;
}

static mec_code compare(const job_context *c, const char *path, const mec_run_info *info,
                        mec_status *status) {
    char *ours =
        mec_settings_text(c->settings, "model cues reward ratemaps", MEC_SETTINGS_ALL, status);
    for (int i = 0; i < N_SECTION && status->code == MEC_OK; i++)
        compare_section(c, path, sections[i], info->config, ours, status);
    if (status->code == MEC_OK && mec_settings_given(c->settings, "reward", NULL) &&
        !strstr(info->config, "[reward]"))
        mec_fail(status, MEC_REFUSED,
                 "[reward]: is given; accepted: no such section, as the maps of %s were drawn",
                 path);
    free(ours);
    return mec_settings_locate(c->settings, status);
}

mec_code fit_model_agree(const job_context *c, const char *path, mec_status *status) {
    mec_run_info info = {0};
    hid_t file = mec_h5_open(path, H5F_ACC_RDONLY, status);
    if (file < 0)
        return status->code;
    if (mec_run_info_read(file, path, &info, status) == MEC_OK) {
        if (info.state != MEC_RUN_COMPLETE)
            mec_fail(status, MEC_REFUSED,
                     "%s: is %s, %zu of %zu tasks are done; accepted: a complete file of mec "
                     "ratemaps",
                     path, mec_run_info_state_name(&info), info.n_done, info.n_task);
        else
            compare(c, path, &info, status);
    }
    mec_run_info_destroy(&info);
    H5Fclose(file);
    return status->code;
}
