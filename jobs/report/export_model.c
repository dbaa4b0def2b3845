#include "report/export_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/memory.h"
#include "report/model_summary.h"
#include "report/output_file.h"
#include "storage/lock.h"
#include "storage/model_file.h"
#include "storage/tf_model.h"

enum { PATH_SIZE = 4096, N_BLOCK = 3 };

/* What tf.train.latest_checkpoint reads. */
static mec_code write_latest(const char *directory, const char *name, mec_status *status) {
    char path[PATH_SIZE];
    output_file file;
    snprintf(path, sizeof path, "%s/checkpoint", directory);
    if (output_file_open(&file, path, status) == MEC_OK)
        fprintf(file.stream, "model_checkpoint_path: \"%s\"\nall_model_checkpoint_paths: \"%s\"\n",
                name, name);
    return output_file_close(&file, status);
}

static mec_code write_checkpoint(const mec_model_file *model, const char *prefix,
                                 mec_status *status) {
    const mec_model_info *info = mec_model_file_info(model);
    size_t n = mec_network_count(&info->network);
    size_t n_block = info->has_moments ? N_BLOCK : 1;
    mec_real *all = mec_alloc(n * n_block, sizeof *all, status);
    mec_real *blocks[N_BLOCK] = {NULL, NULL, NULL};
    for (size_t b = 0; b < n_block && all; b++)
        blocks[b] = all + b * n;
    if (all && mec_model_file_read(model, blocks[0], blocks[1], blocks[2], status) == MEC_OK)
        mec_tf_model_write(prefix, info, blocks, status);
    free(all);
    return status->code;
}

static mec_code write_model(const mec_model_file *model, const char *directory,
                            mec_status *status) {
    const mec_model_info *info = mec_model_file_info(model);
    char name[32];
    char prefix[PATH_SIZE];
    char index[PATH_SIZE + 8];
    snprintf(name, sizeof name, "ckpt-%lld", (long long)(info->epoch >= 0 ? info->epoch + 1 : 1));
    if (snprintf(prefix, sizeof prefix, "%s/%s", directory, name) >= (int)sizeof prefix)
        return mec_fail(status, MEC_REFUSED, "%.100s...: the name is too long", directory);
    snprintf(index, sizeof index, "%s.index", prefix);
    if (access(index, F_OK) == 0)
        return mec_fail(status, MEC_REFUSED, "%s: exists; accepted: another directory", index);
    if (mec_path_make_parents(prefix, status) == MEC_OK &&
        write_checkpoint(model, prefix, status) == MEC_OK &&
        write_latest(directory, name, status) == MEC_OK) {
        printf("wrote %s: ", prefix);
        model_summary_line(info, stdout);
        printf("from %s, step %lld%s\n", mec_model_file_name(model), (long long)info->step,
               info->has_moments ? ", with Adam's moments" : ", without Adam's moments");
    }
    return status->code;
}

mec_code export_model(const char *location, const char *directory, mec_status *status) {
    mec_model_file *model = mec_model_file_open(location, status);
    if (model)
        write_model(model, directory, status);
    mec_model_file_close(model);
    return status->code;
}
