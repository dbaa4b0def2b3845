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

/* A complete checkpoint; of equal steps, in the order of names. */
typedef struct line {
    const char *name;
    mec_model_info info;
} line;

static int by_step(const void *a, const void *b) {
    const line *x = a;
    const line *y = b;
    int order = (x->info.step > y->info.step) - (x->info.step < y->info.step);
    return order != 0 ? order : strcmp(x->name, y->name);
}

/* What is not known is left blank. */
static void print_line(const line *l, FILE *stream) {
    char epoch[32] = "";
    char rate[32] = "";
    if (l->info.epoch >= 0)
        snprintf(epoch, sizeof epoch, "%lld", (long long)l->info.epoch);
    if (isfinite(l->info.learning_rate))
        snprintf(rate, sizeof rate, "%g", l->info.learning_rate);
    fprintf(stream, "%-12s  %12lld  %6s  %-7s  %s\n", l->name, (long long)l->info.step, epoch,
            l->info.has_moments ? "yes" : "no", rate);
}

static void print_lines(line *lines, size_t n, size_t n_other, FILE *stream) {
    if (n > 0) {
        qsort(lines, n, sizeof *lines, by_step);
        model_summary_line(&lines[n - 1].info, stream);
    }
    fprintf(stream, "\n%-12s  %12s  %6s  %-7s  %s\n", "checkpoint", "step", "epoch", "moments",
            "learning_rate");
    for (size_t i = 0; i < n; i++)
        print_line(&lines[i], stream);
    if (n_other > 0)
        fprintf(stream, "%zu more not complete: still to be written, or not kept\n", n_other);
}

static void print_checkpoints(hid_t file, const char *path, FILE *stream, mec_status *status) {
    char **names = NULL;
    size_t n = 0;
    hid_t group = H5Gopen2(file, "/checkpoints", H5P_DEFAULT);
    size_t n_name = mec_h5_list_groups(group, &names, status);
    line *lines = mec_alloc(n_name, sizeof *lines, status);
    for (size_t i = 0; lines && i < n_name; i++) {
        mec_status reading = {0};
        lines[n].name = names[i];
        n += mec_checkpoint_read_info(file, path, names[i], &lines[n].info, &reading) == MEC_OK;
    }
    if (lines)
        print_lines(lines, n, n_name - n, stream);
    free(lines);
    mec_h5_free_names(names, n_name);
    H5Gclose(group);
}

/* Of a training that of its steps: its tasks are whole epochs. */
static double seconds_of(const mec_run_info *info, const training_results *training) {
    double seconds = training->n > 0 ? 0 : info->seconds;
    for (size_t i = 0; i < training->n; i++)
        seconds += training->columns[TRAINING_SECONDS][i];
    return seconds;
}

mec_code model_summary_print(const char *path, FILE *stream, mec_status *status) {
    mec_run_info info = {0};
    training_results training = {0};
    char seconds[32];
    hid_t file = mec_h5_open(path, H5F_ACC_RDONLY, status);
    if (file < 0)
        return status->code;
    if (mec_run_info_read(file, path, &info, status) == MEC_OK &&
        (!training_results_are_in(file) ||
         training_results_read(file, path, &training, status) == MEC_OK)) {
        mec_text_from_seconds(seconds_of(&info, &training), seconds, sizeof seconds);
        fprintf(stream, "%s: %s, %s, %zu of %zu tasks, %s of work\n", path, info.job,
                mec_run_info_state_name(&info), info.n_done, info.n_task, seconds);
        print_checkpoints(file, path, stream, status);
        training_summary_print(&training, stream);
    }
    training_results_release(&training);
    mec_run_info_destroy(&info);
    H5Fclose(file);
    return status->code;
}
