#include "report/output_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/h5.h"
#include "storage/lock.h"

static mec_code check_path(const char *path, mec_status *status) {
    struct stat found;
    if (stat(path, &found) != 0)
        return MEC_OK; /* whatever else is wrong shows when it is created */
    if (!S_ISREG(found.st_mode))
        return mec_fail(status, MEC_REFUSED, "%s: is a %s; accepted: the name of a file", path,
                        S_ISDIR(found.st_mode) ? "directory" : "device or pipe");
    if (H5Fis_hdf5(path) > 0)
        return mec_fail(status, MEC_REFUSED,
                        "%s: is an HDF5 file, which would be lost; accepted: another name for the "
                        "output",
                        path);
    return MEC_OK;
}

mec_code output_file_open(output_file *file, const char *path, mec_status *status) {
    *file = (output_file){.path = path, .stream = path ? NULL : stdout};
    if (!path || check_path(path, status) || mec_path_make_parents(path, status))
        return status->code;
    file->draft = mec_path_with_suffix(path, ".new", status);
    if (!file->draft)
        return status->code;
    file->stream = fopen(file->draft, "wb");
    if (!file->stream)
        mec_fail(status, MEC_REFUSED, "%s: cannot be created: %s", file->draft, strerror(errno));
    return status->code;
}

mec_code output_file_close(output_file *file, mec_status *status) {
    bool opened = file->stream != NULL;
    if (opened) {
        errno = 0;
        bool good = fflush(file->stream) == 0 && !ferror(file->stream);
        if (file->path)
            good = fclose(file->stream) == 0 && good;
        if (!good)
            mec_fail(status, MEC_FAILED, "%s: cannot be written: %s",
                     file->path ? file->draft : "stdout", strerror(errno));
    }
    if (file->path && opened && status->code == MEC_OK)
        mec_path_publish(file->draft, file->path, status);
    if (file->path && opened && status->code != MEC_OK)
        unlink(file->draft);
    free(file->draft);
    *file = (output_file){0};
    return status->code;
}
