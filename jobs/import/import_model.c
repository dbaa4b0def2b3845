#include "import/import_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "report/model_summary.h"
#include "storage/checkpoint.h"
#include "storage/lock.h"
#include "storage/model_file.h"
#include "storage/skeleton.h"

typedef struct importing {
    mec_settings *settings;
    const job_settings *values;
    const char *out;
    mec_model_file *file;
    mec_model_info info;
    mec_real *blocks[MEC_CHECKPOINT_N_BLOCK]; /* of one allocation */
    mec_input input;
    char name[MEC_CHECKPOINT_NAME_SIZE]; /* of the checkpoint in `out` */
    double started;                      /* since 1970 */
} importing;

/* ---- settings against file ---- */

static bool given(const importing *im, const char *section, const char *key) {
    return mec_settings_given(im->settings, section, key);
}

static mec_code disagree(const importing *im, const char *key, const char *found,
                         const char *accepted, mec_status *status) {
    return mec_fail(status, MEC_REFUSED, "%s: found %s; accepted: %s, as in %s",
                    mec_settings_where(im->settings, "model", key), found, accepted,
                    mec_model_file_name(im->file));
}

static mec_code check_count(const importing *im, const char *key, int64_t found, size_t accepted,
                            mec_status *status) {
    char theirs[32];
    char ours[32];
    if (!given(im, "model", key) || found == (int64_t)accepted)
        return MEC_OK;
    snprintf(theirs, sizeof theirs, "%lld", (long long)found);
    snprintf(ours, sizeof ours, "%zu", accepted);
    return disagree(im, key, theirs, ours, status);
}

static mec_code check_type(const importing *im, mec_status *status) {
    const char *accepted = mec_network_type_name(&im->info.network);
    const char *found = im->values->model.rnn_type == RNN_CUE_UGRNN ? "CueUGRNN" : "UGRNN";
    if (given(im, "model", "rnn_type") && strcmp(found, accepted) != 0)
        disagree(im, "rnn_type", found, accepted, status);
    return status->code;
}

/* Cues are inputs beside the two of the velocity. */
static mec_code check_cues(const importing *im, mec_status *status) {
    size_t n = im->values->cues.cue.n;
    size_t accepted = im->info.network.n_input - 2;
    if (given(im, "cues", "cue") && n != accepted)
        mec_fail(status, MEC_REFUSED, "%s: found %zu cues; accepted: %zu, as in %s",
                 mec_settings_where(im->settings, "cues", "cue"), n, accepted,
                 mec_model_file_name(im->file));
    return status->code;
}

/* A checkpoint of TensorFlow does not say: the settings then do. */
static mec_code resolve_activation(importing *im, mec_status *status) {
    mec_activation asked = (mec_activation)im->values->model.activation;
    if (!given(im, "model", "activation"))
        return MEC_OK;
    if (im->info.knows_activation && asked != im->info.network.activation)
        return disagree(im, "activation", MEC_ACTIVATION_NAMES[asked],
                        MEC_ACTIVATION_NAMES[im->info.network.activation], status);
    im->info.network.activation = asked;
    im->info.knows_activation = true;
    return MEC_OK;
}

static mec_code resolve(importing *im, mec_status *status) {
    const model_settings *model = &im->values->model;
    im->file = mec_model_file_open(im->values->import.from, status);
    if (!im->file)
        return status->code;
    im->info = *mec_model_file_info(im->file);
    snprintf(im->name, sizeof im->name, "%lld", (long long)im->info.step);
    if (check_type(im, status) == MEC_OK &&
        check_count(im, "Ng", model->n_unit, im->info.network.n_unit, status) == MEC_OK &&
        check_count(im, "Np", model->n_place, im->info.network.n_place, status) == MEC_OK &&
        check_cues(im, status) == MEC_OK)
        resolve_activation(im, status);
    return status->code;
}

/* ---- the file to write ---- */

static mec_code check_out(const importing *im, mec_status *status) {
    struct stat out;
    if (stat(im->out, &out) != 0)
        return MEC_OK;
    if ((uint64_t)out.st_dev == im->input.device && (uint64_t)out.st_ino == im->input.inode)
        return mec_fail(status, MEC_REFUSED, "%s: is what is imported; accepted: another file",
                        im->out);
    if (im->values->run.resume != MEC_RESUME_OVERWRITE)
        return mec_fail(status, MEC_REFUSED,
                        "%s: exists; accepted: a new path, or run.resume=overwrite to replace it",
                        im->out);
    return mec_h5_check_replaceable(im->out, status);
}

static mec_code read_numbers(importing *im, mec_status *status) {
    size_t n = mec_network_count(&im->info.network);
    size_t n_block = im->info.has_moments ? MEC_CHECKPOINT_N_BLOCK : 1;
    mec_digest digest;
    mec_real *all = mec_alloc(n * n_block, sizeof *all, status);
    for (size_t b = 0; b < n_block && all; b++)
        im->blocks[b] = all + b * n;
    if (!all ||
        mec_model_file_read(im->file, im->blocks[MEC_CHECKPOINT_WEIGHTS],
                            im->blocks[MEC_CHECKPOINT_M], im->blocks[MEC_CHECKPOINT_V], status))
        return status->code;
    mec_digest_start(&digest);
    mec_digest_add(&digest, all, n * n_block * sizeof *all);
    mec_digest_finish(&digest, im->input.sha256);
    return MEC_OK;
}

static mec_code describe(const importing *im, const mec_run_identity *identity, mec_layout *layout,
                         mec_status *status) {
    const char *const task = "import";
    mec_run_file_describe(layout, identity, &task, 1, status);
    mec_checkpoint_describe_model(layout, &im->info, status);
    return mec_checkpoint_describe(layout, &im->info.network, im->name, im->info.has_moments,
                                   status);
}

/* Fills the skeleton, and last of all says that the run is complete. */
static mec_code fill(const importing *im, const char *path, mec_status *status) {
    int8_t done = 1;
    int8_t state = MEC_RUN_COMPLETE;
    double started = im->started;
    double seconds = mec_clock_epoch() - started;
    hid_t file = mec_h5_open(path, H5F_ACC_RDWR, status);
    if (file < 0)
        return status->code;
    if (mec_checkpoint_write(file, path, im->name, &im->info, im->blocks, status) == MEC_OK &&
        !(mec_h5_transfer(file, "/tasks/started", H5T_NATIVE_DOUBLE, &started, true) &&
          mec_h5_transfer(file, "/tasks/seconds", H5T_NATIVE_DOUBLE, &seconds, true) &&
          mec_h5_transfer(file, "/tasks/done", H5T_NATIVE_INT8, &done, true) &&
          mec_h5_transfer(file, "/status", H5T_NATIVE_INT8, &state, true)))
        mec_h5_fail(status, MEC_FAILED, "%s: /tasks cannot be written", path);
    if (H5Fclose(file) < 0)
        mec_h5_fail(status, MEC_FAILED, "%s: cannot be closed", path);
    return status->code;
}

static mec_code write_file(const importing *im, mec_status *status) {
    char *config = mec_settings_text(im->settings, "import", MEC_SETTINGS_ALL, status);
    char *own = mec_settings_text(im->settings, "import", MEC_SETTINGS_IDENTITY, status);
    char *draft = mec_path_with_suffix(im->out, ".new", status);
    mec_layout layout = {0};
    if (config && own && draft) {
        const mec_run_identity identity = {.job = "import",
                                           .program_version = MEC_VERSION,
                                           .config = config,
                                           .identity_config = own,
                                           .inputs = &im->input,
                                           .n_input = 1};
        if (describe(im, &identity, &layout, status) == MEC_OK &&
            mec_path_check_room(im->out, mec_layout_bytes(&layout), status) == MEC_OK &&
            mec_skeleton_write(draft, &identity, &layout, status) == MEC_OK &&
            fill(im, draft, status) == MEC_OK)
            mec_path_publish(draft, im->out, status);
        if (status->code != MEC_OK)
            unlink(draft);
    }
    mec_layout_destroy(&layout);
    free(draft);
    free(own);
    free(config);
    return status->code;
}

static mec_code write_locked(const importing *im, mec_status *status) {
    if (mec_path_make_parents(im->out, status) || mec_lock_take(im->out, status))
        return status->code;
    if (check_out(im, status) == MEC_OK)
        write_file(im, status);
    mec_lock_release(im->out);
    return status->code;
}

/* ---- telling ---- */

static void tell(const importing *im, const char *verb) {
    printf("%s %s: ", verb, im->out);
    model_summary_line(&im->info, stdout);
    printf("from %s, step %s%s\n", mec_model_file_name(im->file), im->name,
           im->info.has_moments ? ", with Adam's moments" : ", without Adam's moments");
    if (!im->info.knows_activation)
        mec_log("%s: does not say which activation the network has; model.activation=NAME tells it "
                "to %s",
                mec_model_file_name(im->file), im->out);
}

mec_code import_model(mec_settings *settings, const char *out, bool dry_run, mec_status *status) {
    importing im = {.settings = settings,
                    .values = mec_settings_values(settings),
                    .out = out,
                    .started = mec_clock_epoch()};
    if (resolve(&im, status) == MEC_OK) {
        mec_input_describe(&im.input, mec_model_file_path(im.file));
        if (check_out(&im, status) == MEC_OK && !dry_run && read_numbers(&im, status) == MEC_OK)
            write_locked(&im, status);
    }
    if (status->code == MEC_OK)
        tell(&im, dry_run ? "would write" : "wrote");
    free(im.blocks[0]);
    mec_model_file_close(im.file);
    return status->code;
}
