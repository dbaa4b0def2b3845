#include "import/published.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "storage/download.h"
#include "storage/lock.h"
#include "storage/tf_bundle.h"

enum { PATH_SIZE = 4096 };

static const char *const runs[] = {"UGRNN_relu", "UGRNN_relu_reward", "CueUGRNN_relu"};

#define CHECKPOINT "ckpt-101"
static const char *const suffixes[] = {".index", ".data-00000-of-00002", ".data-00001-of-00002"};

enum { N_RUN = sizeof runs / sizeof *runs, N_SUFFIX = sizeof suffixes / sizeof *suffixes };

static mec_code fetch_file(const char *base_url, const char *run, const char *prefix,
                           const char *suffix, bool *fetched, mec_status *status) {
    char url[PATH_SIZE];
    char path[PATH_SIZE];
    bool slash = *base_url && base_url[strlen(base_url) - 1] == '/';
    int n_url = snprintf(url, sizeof url, "%s%s%s/" CHECKPOINT "%s", base_url, slash ? "" : "/",
                         run, suffix);
    int n_path = snprintf(path, sizeof path, "%s%s", prefix, suffix);
    if (n_url >= (int)sizeof url || n_path >= (int)sizeof path)
        return mec_fail(status, MEC_REFUSED, "%.100s...: the name is too long", prefix);
    if (access(path, F_OK) == 0)
        return MEC_OK;
    *fetched = true;
    return mec_download(url, path, status);
}

/* What is damaged is left for the user to judge, and named. */
static mec_code verify(const char *run, const char *prefix, bool fetched, mec_status *status) {
    mec_status found = {0};
    mec_tf_bundle bundle;
    char size[32];
    double bytes = 0;
    if (mec_tf_bundle_open(&bundle, prefix, &found) || mec_tf_bundle_verify(&bundle, &found))
        mec_fail(status, found.code, "%.900s; remove that file to fetch it again", found.message);
    for (size_t i = 0; i < bundle.n_tensor; i++)
        bytes += (double)bundle.tensors[i].size;
    mec_text_from_bytes(bytes, size, sizeof size);
    if (status->code == MEC_OK)
        printf("%s: %s, %zu tensors, %s, all checksums agree: %s\n", run,
               fetched ? "fetched" : "was there", bundle.n_tensor, size, prefix);
    fflush(stdout);
    mec_tf_bundle_close(&bundle);
    return status->code;
}

mec_code published_fetch(const char *base_url, const char *directory, mec_status *status) {
    for (int r = 0; r < N_RUN; r++) {
        char prefix[PATH_SIZE];
        bool fetched = false;
        if (snprintf(prefix, sizeof prefix, "%s/%s/ckpts/" CHECKPOINT, directory, runs[r]) >=
            (int)sizeof prefix)
            return mec_fail(status, MEC_REFUSED, "%.100s...: the name is too long", directory);
        mec_path_make_parents(prefix, status);
        for (int s = 0; s < N_SUFFIX && status->code == MEC_OK; s++)
            fetch_file(base_url, runs[r], prefix, suffixes[s], &fetched, status);
        if (status->code != MEC_OK || verify(runs[r], prefix, fetched, status))
            return status->code;
    }
    return MEC_OK;
}
