#include "report/model_summary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "report/training_summary.h"
#include "storage/checkpoint.h"
#include "storage/run_info.h"

bool model_summary_applies(const char *path) {
    mec_status ignored = {0};
    hid_t file = mec_h5_open(path, H5F_ACC_RDONLY, &ignored);
    bool applies = file >= 0 && mec_run_info_is_run(file) && mec_h5_has_group(file, "checkpoints");
    if (file >= 0)
        H5Fclose(file);
    return applies;
}

void model_summary_line(const mec_model_info *info, FILE *stream) {
    const mec_network *network = &info->network;
    fprintf(stream, "%s, Ng = %zu, Np = %zu, %zu inputs, activation %s\n",
            mec_network_type_name(network), network->n_unit, network->n_place, network->n_input,
            info->knows_activation ? MEC_ACTIVATION_NAMES[network->activation] : "not known");
}

/* One line of the table; what is not known is left blank. */
static void print_checkpoint(hid_t file, const char *path, const char *name, FILE *stream) {
    mec_status reading = {0};
    mec_model_info info;
    char epoch[32] = "";
    char rate[32] = "";
    if (mec_checkpoint_read_info(file, path, name, &info, &reading)) {
        fprintf(stream, "%-12s  not complete\n", name);
        return;
    }
    if (info.epoch >= 0)
        snprintf(epoch, sizeof epoch, "%lld", (long long)info.epoch);
    if (isfinite(info.learning_rate))
        snprintf(rate, sizeof rate, "%g", info.learning_rate);
    fprintf(stream, "%-12s  %12lld  %6s  %-7s  %s\n", name, (long long)info.step, epoch,
            info.has_moments ? "yes" : "no", rate);
}

static void print_checkpoints(hid_t file, const char *path, FILE *stream, mec_status *status) {
    char newest[MEC_CHECKPOINT_NAME_SIZE];
    mec_model_info info;
    mec_status finding = {0};
    char **names = NULL;
    if (mec_checkpoint_find_newest(file, path, newest, &finding) == MEC_OK &&
        mec_checkpoint_read_info(file, path, newest, &info, &finding) == MEC_OK)
        model_summary_line(&info, stream);
    hid_t group = H5Gopen2(file, "/checkpoints", H5P_DEFAULT);
    size_t n = mec_h5_list_groups(group, &names, status);
    fprintf(stream, "\n%-12s  %12s  %6s  %-7s  %s\n", "checkpoint", "step", "epoch", "moments",
            "learning_rate");
    for (size_t i = 0; i < n; i++)
        print_checkpoint(file, path, names[i], stream);
    mec_h5_free_names(names, n);
    H5Gclose(group);
}

mec_code model_summary_print(const char *path, FILE *stream, mec_status *status) {
    mec_run_info info = {0};
    char seconds[32];
    hid_t file = mec_h5_open(path, H5F_ACC_RDONLY, status);
    if (file < 0)
        return status->code;
    if (mec_run_info_read(file, path, &info, status) == MEC_OK) {
        mec_text_from_seconds(info.seconds, seconds, sizeof seconds);
        fprintf(stream, "%s: %s, %s, %zu of %zu tasks, %s of work\n", path, info.job,
                mec_run_info_state_name(&info), info.n_done, info.n_task, seconds);
        print_checkpoints(file, path, stream, status);
        training_summary_print(file, path, stream, status);
    }
    mec_run_info_destroy(&info);
    H5Fclose(file);
    return status->code;
}
