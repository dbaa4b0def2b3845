#include "storage/model_file.h"

#include <assert.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/text_file.h"
#include "storage/checkpoint.h"
#include "storage/run_info.h"
#include "storage/tf_model.h"

enum { PATH_SIZE = 4096 };

struct mec_model_file {
    mec_model_info info;
    char name[PATH_SIZE]; /* in full */
    char path[PATH_SIZE]; /* on disk */
    hid_t run;            /* H5I_INVALID_HID: the checkpoint is TensorFlow's */
    char checkpoint[MEC_CHECKPOINT_NAME_SIZE];
    mec_tf_bundle bundle;
};

/* ---- opening one of a kind ---- */

static bool has_index(const char *prefix) {
    char path[PATH_SIZE + 8];
    snprintf(path, sizeof path, "%s.index", prefix);
    return access(path, F_OK) == 0;
}

static mec_code open_bundle(mec_model_file *f, const char *prefix, mec_status *status) {
    snprintf(f->name, sizeof f->name, "%s", prefix);
    snprintf(f->path, sizeof f->path, "%.4000s.index", prefix);
    if (mec_tf_bundle_open(&f->bundle, prefix, status) == MEC_OK)
        mec_tf_model_describe(&f->bundle, &f->info, status);
    return status->code;
}

/* `inside` is "/" or "/checkpoints/NAME". */
static mec_code open_run_file(mec_model_file *f, const char *path, const char *inside,
                              mec_status *status) {
    static const char top[] = "/checkpoints/";
    size_t length = strlen(top);
    bool newest = strcmp(inside, "/") == 0;
    if (!newest &&
        (strncmp(inside, top, length) != 0 || strlen(inside + length) >= MEC_CHECKPOINT_NAME_SIZE))
        return mec_fail(status, MEC_REFUSED,
                        "%s: found \"%s\" behind the file; accepted: "
                        "/checkpoints/STEP",
                        path, inside);
    f->run = mec_h5_open(path, H5F_ACC_RDONLY, status);
    if (f->run < 0)
        return status->code;
    if (!mec_run_info_is_run(f->run))
        return mec_fail(status, MEC_REFUSED,
                        "%s: is HDF5 but no run file; accepted: a run file with checkpoints, or "
                        "the prefix of a TensorFlow checkpoint",
                        path);
    if (newest)
        mec_checkpoint_find_newest(f->run, path, f->checkpoint, status);
    else
        snprintf(f->checkpoint, sizeof f->checkpoint, "%s", inside + length);
    if (status->code == MEC_OK)
        mec_checkpoint_read_info(f->run, path, f->checkpoint, &f->info, status);
    snprintf(f->path, sizeof f->path, "%s", path);
    snprintf(f->name, sizeof f->name, "%.4000s:%s%s", path, top, f->checkpoint);
    return status->code;
}

/* ---- choosing in a folder ---- */

/* The checkpoint that the text file says is the latest; it names it as it was saved, perhaps
 * elsewhere: the last part of the path counts. False where there is no such file. */
static bool read_latest(const char *folder, char *name, size_t size, mec_status *status) {
    static const char key[] = "model_checkpoint_path:";
    char path[PATH_SIZE + 16];
    char line[PATH_SIZE];
    size_t length = 0;
    snprintf(path, sizeof path, "%s/checkpoint", folder);
    if (access(path, F_OK) != 0)
        return false;
    char *bytes = mec_text_file_read(path, &length, status);
    char *text = bytes ? mec_alloc(length + 1, 1, status) : NULL;
    const char *rest = text ? memcpy(text, bytes, length) : "";
    *name = '\0';
    while (!*name && mec_text_next(&rest, "\n", line, sizeof line)) {
        char *quote = strchr(line, '"');
        char *end = strrchr(line, '"');
        if (strncmp(line, key, strlen(key)) != 0 || !quote || end == quote)
            continue;
        *end = '\0';
        char *slash = strrchr(line, '/');
        snprintf(name, size, "%s", slash && slash > quote ? slash + 1 : quote + 1);
    }
    if (!*name)
        mec_fail(status, MEC_REFUSED, "%s: has no line %s \"NAME\"", path, key);
    free(text);
    free(bytes);
    return true;
}

/* N of "ckpt-N.index", or -1. */
static int64_t index_number(const char *file) {
    char digits[32];
    int64_t number = -1;
    const char *end = strstr(file, ".index");
    if (strncmp(file, "ckpt-", 5) != 0 || !end || strcmp(end, ".index") != 0)
        return -1;
    snprintf(digits, sizeof digits, "%.*s", (int)(end - file) - 5, file + 5);
    return mec_text_to_int(digits, &number) ? number : -1;
}

static mec_code choose(const char *folder, char *name, size_t size, mec_status *status) {
    int64_t largest = -1;
    if (read_latest(folder, name, size, status))
        return status->code;
    DIR *listing = opendir(folder);
    for (const struct dirent *entry; listing && (entry = readdir(listing));)
        if (index_number(entry->d_name) > largest)
            largest = index_number(entry->d_name);
    if (listing)
        closedir(listing);
    if (largest < 0)
        return mec_fail(status, MEC_REFUSED,
                        "%s: holds neither a file `checkpoint` nor any ckpt-N.index; accepted: the "
                        "folder of a run with TensorFlow's checkpoints in it or in its ckpts/",
                        folder);
    snprintf(name, size, "ckpt-%lld", (long long)largest);
    return MEC_OK;
}

static mec_code open_folder(mec_model_file *f, const char *folder, mec_status *status) {
    char inner[PATH_SIZE];
    char name[256];
    char prefix[PATH_SIZE];
    struct stat found;
    snprintf(inner, sizeof inner, "%.4000s/ckpts", folder);
    if (stat(inner, &found) != 0 || !S_ISDIR(found.st_mode))
        snprintf(inner, sizeof inner, "%s", folder);
    if (choose(inner, name, sizeof name, status))
        return status->code;
    if (snprintf(prefix, sizeof prefix, "%s/%s", inner, name) >= (int)sizeof prefix)
        return mec_fail(status, MEC_REFUSED, "%.100s...: the name is too long", folder);
    return open_bundle(f, prefix, status);
}

/* ---- the front ---- */

static mec_code open_any(mec_model_file *f, const char *location, mec_status *status) {
    static const char suffix[] = ".index";
    char path[PATH_SIZE];
    const char *inside;
    struct stat found;
    size_t length = strlen(location);
    if (length > 4000)
        return mec_fail(status, MEC_REFUSED, "%.100s...: the name is too long", location);
    if (has_index(location))
        return open_bundle(f, location, status);
    if (stat(location, &found) == 0 && S_ISDIR(found.st_mode))
        return open_folder(f, location, status);
    if (length > strlen(suffix) && strcmp(location + length - strlen(suffix), suffix) == 0) {
        snprintf(path, sizeof path, "%.*s", (int)(length - strlen(suffix)), location);
        return open_bundle(f, path, status);
    }
    mec_h5_split_location(location, path, sizeof path, &inside);
    if (access(path, F_OK) != 0)
        return mec_fail(status, MEC_REFUSED,
                        "%s: there is no such run file, no %s.index of a TensorFlow checkpoint and "
                        "no such folder",
                        location, location);
    return open_run_file(f, path, inside, status);
}

mec_model_file *mec_model_file_open(const char *location, mec_status *status) {
    mec_model_file *f = mec_alloc(1, sizeof *f, status);
    if (!f)
        return NULL;
    f->run = H5I_INVALID_HID;
    if (open_any(f, location, status)) {
        mec_model_file_close(f);
        f = NULL;
    }
    return f;
}

mec_model_file *mec_model_file_open_run(const char *load_dir, const char *run_id,
                                        const char *ckpt_file, mec_status *status) {
    char location[PATH_SIZE];
    int length = snprintf(location, sizeof location, "%s/%s%s%s", load_dir, run_id,
                          *ckpt_file ? "/ckpts/" : "", ckpt_file);
    if (length >= (int)sizeof location) {
        mec_fail(status, MEC_REFUSED, "%.100s...: the name is too long", location);
        return NULL;
    }
    return mec_model_file_open(location, status);
}

void mec_model_file_close(mec_model_file *f) {
    if (!f)
        return;
    if (f->run >= 0)
        H5Fclose(f->run);
    mec_tf_bundle_close(&f->bundle);
    free(f);
}

const mec_model_info *mec_model_file_info(const mec_model_file *f) {
    return &f->info;
}

const char *mec_model_file_name(const mec_model_file *f) {
    return f->name;
}

const char *mec_model_file_path(const mec_model_file *f) {
    return f->path;
}

mec_code mec_model_file_read(const mec_model_file *f, mec_real *weights, mec_real *m, mec_real *v,
                             mec_status *status) {
    mec_real *const blocks[MEC_CHECKPOINT_N_BLOCK] = {weights, m, v};
    assert(f->info.has_moments || (!m && !v));
    return f->run >= 0
               ? mec_checkpoint_read(f->run, f->path, f->checkpoint, &f->info, blocks, status)
               : mec_tf_model_read(&f->bundle, &f->info, weights, m, v, status);
}
