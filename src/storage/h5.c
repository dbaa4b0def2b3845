#include "storage/h5.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

void mec_h5_set_defaults(void) {
    setenv("HDF5_USE_FILE_LOCKING", "FALSE", 0);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

/* Keeps the description of the innermost record, which says what was found. */
static herr_t keep_innermost(unsigned n, const H5E_error2_t *error, void *text) {
    if (n == 0 && error->desc)
        snprintf(text, 256, "%s", error->desc);
    return 0;
}

mec_code mec_h5_fail(mec_status *status, mec_code code, const char *format, ...) {
    char what[MEC_MESSAGE_SIZE];
    char reason[256] = "";
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_innermost, reason);
    return mec_fail(status, code, "%s%s%s", what, *reason ? ": HDF5 says: " : "", reason);
}

void mec_h5_split_location(const char *location, char *path, size_t size, const char **inside) {
    snprintf(path, size, "%s", location);
    *inside = "/";
    char *last = NULL;
    for (char *colon = path; (colon = strstr(colon, ":/")) != NULL; colon++)
        last = colon;
    if (last) {
        *inside = last + 1;
        *last = '\0';
    }
}

hid_t mec_h5_open(const char *path, unsigned flags, mec_status *status) {
    bool write = (flags & H5F_ACC_RDWR) != 0;
    if (access(path, write ? R_OK | W_OK : R_OK) != 0) {
        mec_fail(status, MEC_REFUSED, "%s: %s", path, strerror(errno));
        return H5I_INVALID_HID;
    }
    struct stat found;
    if (stat(path, &found) == 0 && S_ISDIR(found.st_mode)) {
        mec_fail(status, MEC_REFUSED, "%s: is a directory; accepted: an HDF5 file", path);
        return H5I_INVALID_HID;
    }
    H5Eclear2(H5E_DEFAULT);
    hid_t file = H5Fopen(path, flags, H5P_DEFAULT);
    if (file < 0)
        mec_h5_fail(status, MEC_REFUSED,
                    "%s: not a whole HDF5 file (damaged, cut short or of "
                    "another kind)",
                    path);
    return file;
}

static bool has_type(hid_t location, const char *name, H5I_type_t type) {
    if (H5Lexists(location, name, H5P_DEFAULT) <= 0)
        return false;
    hid_t object = H5Oopen(location, name, H5P_DEFAULT);
    if (object < 0)
        return false; /* a link to nothing */
    bool found = H5Iget_type(object) == type;
    H5Oclose(object);
    return found;
}

mec_code mec_h5_check_replaceable(const char *path, mec_status *status) {
    struct stat file;
    if (stat(path, &file) != 0 || (S_ISREG(file.st_mode) && file.st_size == 0) ||
        H5Fis_hdf5(path) > 0)
        return MEC_OK;
    return mec_fail(status, MEC_REFUSED,
                    "%s: is no HDF5 file, which alone run.resume=overwrite replaces; accepted: "
                    "another path",
                    path);
}

bool mec_h5_has_group(hid_t location, const char *name) {
    return has_type(location, name, H5I_GROUP);
}

bool mec_h5_has_dataset(hid_t location, const char *name) {
    return has_type(location, name, H5I_DATASET);
}

int mec_h5_shape(hid_t dataset, hsize_t *dims, int most) {
    hid_t space = H5Dget_space(dataset);
    int rank = H5Sget_simple_extent_ndims(space);
    if (rank >= 1 && rank <= most)
        H5Sget_simple_extent_dims(space, dims, NULL);
    H5Sclose(space);
    return rank;
}

bool mec_h5_is_number(hid_t dataset) {
    hid_t type = H5Dget_type(dataset);
    H5T_class_t class = H5Tget_class(type);
    H5Tclose(type);
    return class == H5T_FLOAT || class == H5T_INTEGER;
}

hid_t mec_h5_string_type(size_t size) {
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, size > 0 ? size : 1);
    H5Tset_strpad(type, H5T_STR_NULLPAD);
    H5Tset_cset(type, H5T_CSET_UTF8);
    return type;
}

bool mec_h5_write_text_attribute(hid_t object, const char *name, const char *text) {
    hid_t type = mec_h5_string_type(strlen(text) + 1);
    hid_t space = H5Screate(H5S_SCALAR);
    hid_t attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    bool good = attribute >= 0 && H5Awrite(attribute, type, text) >= 0;
    H5Aclose(attribute);
    H5Sclose(space);
    H5Tclose(type);
    return good;
}

bool mec_h5_write_int_attribute(hid_t object, const char *name, int64_t value) {
    hid_t space = H5Screate(H5S_SCALAR);
    hid_t attribute = H5Acreate2(object, name, H5T_STD_I64LE, space, H5P_DEFAULT, H5P_DEFAULT);
    bool good = attribute >= 0 && H5Awrite(attribute, H5T_NATIVE_INT64, &value) >= 0;
    H5Aclose(attribute);
    H5Sclose(space);
    return good;
}

void mec_h5_read_real_attribute(hid_t object, const char *name, double *value) {
    if (H5Aexists(object, name) <= 0)
        return;
    hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
    hid_t space = H5Aget_space(attribute);
    if (H5Sget_simple_extent_npoints(space) == 1)
        H5Aread(attribute, H5T_NATIVE_DOUBLE, value);
    H5Sclose(space);
    H5Aclose(attribute);
}

/* A string of a type with strings as its class, ended by NUL; blanks that only pad are removed. */
static void copy_fixed(const char *from, size_t size, H5T_str_t padding, char *to) {
    size_t length = strnlen(from, size);
    while (padding == H5T_STR_SPACEPAD && length > 0 && from[length - 1] == ' ')
        length--;
    memmove(to, from, length);
    to[length] = '\0';
}

/* What a read of strings needs to know of their type. */
typedef struct string_type {
    hid_t memory;
    bool variable;
    size_t size;
    H5T_str_t padding;
} string_type;

static bool describe_strings(hid_t file_type, string_type *type) {
    if (file_type < 0 || H5Tget_class(file_type) != H5T_STRING)
        return false;
    type->variable = H5Tis_variable_str(file_type) > 0;
    type->size = H5Tget_size(file_type);
    type->padding = H5Tget_strpad(file_type);
    type->memory = H5Tcopy(file_type);
    return true;
}

static bool read_attribute(hid_t attribute, const string_type *type, char *text, size_t size) {
    char *value = NULL;
    bool good = false;
    if (type->variable) {
        good = H5Aread(attribute, type->memory, &value) >= 0 && value;
        if (good)
            snprintf(text, size, "%s", value);
        H5free_memory(value);
        return good;
    }
    value = mec_alloc(type->size + 1, 1, &(mec_status){0});
    good = value && H5Aread(attribute, type->memory, value) >= 0;
    if (good) {
        copy_fixed(value, type->size, type->padding, value);
        snprintf(text, size, "%s", value);
    }
    free(value);
    return good;
}

bool mec_h5_read_text_attribute(hid_t object, const char *name, char *text, size_t size) {
    if (H5Aexists(object, name) <= 0)
        return false;
    hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
    hid_t file_type = H5Aget_type(attribute);
    string_type type;
    bool good = describe_strings(file_type, &type);
    if (good) {
        good = read_attribute(attribute, &type, text, size);
        H5Tclose(type.memory);
    }
    H5Tclose(file_type);
    H5Aclose(attribute);
    return good;
}

static bool read_fixed(hid_t dataset, const string_type *type, size_t count,
                       mec_code (*take)(void *user, const char *text), void *user,
                       mec_status *status) {
    char *bytes = mec_alloc(count, type->size, status);
    char *text = mec_alloc(type->size + 1, 1, status);
    bool good =
        bytes && text && H5Dread(dataset, type->memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes) >= 0;
    for (size_t i = 0; good && i < count; i++) {
        copy_fixed(bytes + i * type->size, type->size, type->padding, text);
        good = take(user, text) == MEC_OK;
    }
    free(text);
    free(bytes);
    return good;
}

static bool read_variable(hid_t dataset, const string_type *type, size_t count,
                          mec_code (*take)(void *user, const char *text), void *user,
                          mec_status *status) {
    char **texts = mec_alloc(count, sizeof *texts, status);
    bool good = texts && H5Dread(dataset, type->memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, texts) >= 0;
    for (size_t i = 0; good && i < count; i++)
        good = take(user, texts[i] ? texts[i] : "") == MEC_OK;
    for (size_t i = 0; texts && i < count; i++)
        H5free_memory(texts[i]);
    free(texts);
    return good;
}

bool mec_h5_read_strings(hid_t dataset, size_t count,
                         mec_code (*take)(void *user, const char *text), void *user,
                         mec_status *status) {
    hid_t space = H5Dget_space(dataset);
    bool fits = H5Sget_simple_extent_npoints(space) == (hssize_t)count;
    H5Sclose(space);
    hid_t file_type = H5Dget_type(dataset);
    string_type type;
    bool good = fits && describe_strings(file_type, &type);
    if (good) {
        good = type.variable ? read_variable(dataset, &type, count, take, user, status)
                             : read_fixed(dataset, &type, count, take, user, status);
        H5Tclose(type.memory);
    }
    H5Tclose(file_type);
    return good;
}

size_t mec_h5_list_groups(hid_t group, char ***names, mec_status *status) {
    H5G_info_t info = {0};
    H5Gget_info(group, &info);
    *names = mec_alloc(info.nlinks, sizeof **names, status);
    size_t n = 0;
    for (hsize_t i = 0; *names && i < info.nlinks; i++) {
        char name[1024];
        H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, name, sizeof name,
                           H5P_DEFAULT);
        if (mec_h5_has_group(group, name) && ((*names)[n] = mec_copy_text(name, status)))
            n++;
    }
    return n;
}

void mec_h5_free_names(char **names, size_t n) {
    for (size_t i = 0; i < n; i++)
        free(names[i]);
    free(names);
}

bool mec_h5_transfer(hid_t location, const char *path, hid_t type, void *values, bool write) {
    hid_t dataset = H5Dopen2(location, path, H5P_DEFAULT);
    herr_t result = write ? H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values)
                          : H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    H5Dclose(dataset);
    return result >= 0;
}

bool mec_h5_write_part(hid_t location, const char *path, const hsize_t *start, const hsize_t *count,
                       hid_t type, const void *values) {
    hid_t dataset = H5Dopen2(location, path, H5P_DEFAULT);
    hid_t space = H5Dget_space(dataset);
    hsize_t n = 1;
    for (int d = 0; d < H5Sget_simple_extent_ndims(space); d++)
        n *= count[d];
    hid_t memory = H5Screate_simple(1, &n, NULL);
    bool good = H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL) >= 0 &&
                H5Dwrite(dataset, type, memory, space, H5P_DEFAULT, values) >= 0;
    H5Sclose(memory);
    H5Sclose(space);
    H5Dclose(dataset);
    return good;
}
