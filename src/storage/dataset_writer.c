#include "storage/dataset_writer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/memory.h"
#include "storage/h5.h"
#include "storage/lock.h"
#include "storage/parallel_file.h"

/* Ids that are written at once. */
enum { ID_PIECE = 512 };

struct mec_dataset_writer {
    const mec_world *world;
    const mec_dataset_plan *plan;
    char *path;
    char *temporary;
    size_t id_size; /* of a cell id */
    hid_t file;     /* open on all ranks, or invalid */
    bool locked;    /* on rank 0 */
};

/* The longest cell id: they are as long in every animal. */
static size_t longest_id(const mec_dataset_plan *plan) {
    char id[MEC_DATASET_NAME_SIZE];
    size_t longest = 0;
    for (size_t cell = 0; cell < plan->n_cell; cell++) {
        plan->cell_id(plan->names, 0, cell, id, sizeof id);
        longest = strlen(id) > longest ? strlen(id) : longest;
    }
    return longest;
}

double mec_dataset_plan_bytes(const mec_dataset_plan *plan) {
    double a_cell = (double)longest_id(plan);
    double bytes = 0;
    for (size_t a = 0; a < plan->n_arena; a++) {
        const mec_dataset_arena *arena = &plan->arenas[a];
        bytes += a_cell + (double)(arena->n_row * arena->n_column) * (double)sizeof(double);
    }
    return bytes * (double)plan->n_cell * (double)plan->n_animal;
}

/* ---- creating: rank 0 ---- */

/* Contiguous, its place in the file taken now; not filled, because every number is written before
 * the file gets its name. */
static hid_t create_array(hid_t group, const char *name, hid_t type, int n_dim, const hsize_t *dims,
                          const char *units, const char *long_name) {
    hid_t space = H5Screate_simple(n_dim, dims, NULL);
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_layout(creation, H5D_CONTIGUOUS);
    H5Pset_alloc_time(creation, H5D_ALLOC_TIME_EARLY);
    H5Pset_fill_time(creation, H5D_FILL_TIME_NEVER);
    H5Pset_obj_track_times(creation, false); /* the same numbers make the same file */
    hid_t dataset = H5Dcreate2(group, name, type, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    bool good = dataset >= 0 && mec_h5_write_text_attribute(dataset, "long_name", long_name) &&
                (!units || mec_h5_write_text_attribute(dataset, "units", units));
    H5Pclose(creation);
    H5Sclose(space);
    if (!good && dataset >= 0) {
        H5Dclose(dataset);
        dataset = H5I_INVALID_HID;
    }
    return dataset;
}

/* Ids first .. first + n - 1. */
static bool write_some_ids(const mec_dataset_writer *w, hid_t dataset, hid_t type, size_t animal,
                           size_t first, size_t n) {
    char bytes[ID_PIECE * MEC_DATASET_NAME_SIZE];
    for (size_t i = 0; i < n; i++) {
        char id[MEC_DATASET_NAME_SIZE] = "";
        w->plan->cell_id(w->plan->names, animal, first + i, id, sizeof id);
        memcpy(bytes + i * w->id_size, id, w->id_size);
    }
    hid_t space = H5Dget_space(dataset);
    hid_t memory = H5Screate_simple(1, &(hsize_t){n}, NULL);
    H5Sselect_hyperslab(space, H5S_SELECT_SET, &(hsize_t){first}, NULL, &(hsize_t){n}, NULL);
    bool good = H5Dwrite(dataset, type, memory, space, H5P_DEFAULT, bytes) >= 0;
    H5Sclose(memory);
    H5Sclose(space);
    return good;
}

static bool write_ids(const mec_dataset_writer *w, hid_t group, size_t animal) {
    size_t n_cell = w->plan->n_cell;
    hid_t type = mec_h5_string_type(w->id_size);
    hid_t dataset = create_array(group, "cell_ids", type, 1, &(hsize_t){n_cell}, NULL,
                                 "cell; the same id in two arenas is the same cell");
    bool good = dataset >= 0;
    for (size_t first = 0; first < n_cell && good; first += ID_PIECE) {
        size_t n = n_cell - first < ID_PIECE ? n_cell - first : ID_PIECE;
        good = write_some_ids(w, dataset, type, animal, first, n);
    }
    H5Dclose(dataset);
    H5Tclose(type);
    return good;
}

static bool create_animal(const mec_dataset_writer *w, hid_t arena_group,
                          const mec_dataset_arena *arena, size_t animal) {
    char name[MEC_DATASET_NAME_SIZE];
    hsize_t dims[] = {arena->n_row, arena->n_column, w->plan->n_cell};
    w->plan->animal_name(w->plan->names, animal, name, sizeof name);
    hid_t group = H5Gcreate2(arena_group, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    hid_t resp = create_array(group, "resp", H5T_IEEE_F64LE, 3, dims, "Hz",
                              "firing rate over x, y and cell; NaN where never visited");
    bool good = resp >= 0 && write_ids(w, group, animal);
    H5Dclose(resp);
    H5Gclose(group);
    return good;
}

static bool write_real_attribute(hid_t object, const char *name, double value) {
    hid_t space = H5Screate(H5S_SCALAR);
    hid_t attribute = H5Acreate2(object, name, H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT);
    bool good = attribute >= 0 && H5Awrite(attribute, H5T_NATIVE_DOUBLE, &value) >= 0;
    H5Aclose(attribute);
    H5Sclose(space);
    return good;
}

static bool create_arena(const mec_dataset_writer *w, hid_t file, const mec_dataset_arena *arena) {
    hid_t links = H5Pcreate(H5P_LINK_CREATE);
    H5Pset_char_encoding(links, H5T_CSET_UTF8);
    hid_t group = H5Gcreate2(file, arena->name, links, H5P_DEFAULT, H5P_DEFAULT);
    bool good = group >= 0 && write_real_attribute(group, "width_m", arena->width_m) &&
                write_real_attribute(group, "height_m", arena->height_m) &&
                write_real_attribute(group, "bin_cm", arena->bin_cm);
    for (size_t animal = 0; animal < w->plan->n_animal && good; animal++)
        good = create_animal(w, group, arena, animal);
    H5Gclose(group);
    H5Pclose(links);
    return good;
}

static mec_code create_file(const mec_dataset_writer *w, mec_status *status) {
    H5Eclear2(H5E_DEFAULT);
    hid_t file = H5Fcreate(w->temporary, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    if (file < 0)
        return mec_h5_fail(status, MEC_REFUSED, "%s: cannot be created: %s", w->temporary,
                           strerror(errno));
    bool good = mec_h5_write_text_attribute(file, "config", w->plan->config);
    for (size_t a = 0; a < w->plan->n_arena && good; a++)
        good = create_arena(w, file, &w->plan->arenas[a]);
    if (mec_fault_here("synth_create"))
        good = false;
    if (!good)
        mec_h5_fail(status, MEC_FAILED, "%s: the arrays cannot be created", w->temporary);
    if (H5Fclose(file) < 0)
        mec_h5_fail(status, MEC_FAILED, "%s: cannot be closed", w->temporary);
    return status->code;
}

mec_code mec_dataset_writer_check(const char *path, bool replace, mec_status *status) {
    struct stat found;
    if (stat(path, &found) != 0)
        return MEC_OK;
    if (!S_ISREG(found.st_mode))
        return mec_fail(status, MEC_REFUSED, "%s: is there and is no file; accepted: a new path",
                        path);
    if (!replace)
        return mec_fail(status, MEC_REFUSED,
                        "%s: exists, and a dataset is never continued; accepted: a new path, or "
                        "run.resume=overwrite",
                        path);
    return mec_h5_check_replaceable(path, status);
}

static mec_code prepare_file(mec_dataset_writer *w, bool replace, mec_status *status) {
    if (mec_dataset_writer_check(w->path, replace, status) ||
        mec_path_check_room(w->path, mec_dataset_plan_bytes(w->plan), status) ||
        mec_path_make_parents(w->path, status) || mec_lock_take(w->path, status))
        return status->code;
    w->locked = true;
    w->id_size = longest_id(w->plan);
    return create_file(w, status);
}

/* ---- all ranks ---- */

/* Collective where the file is open, as it then is on every rank. */
static void release(mec_dataset_writer *w) {
    if (w->file >= 0)
        H5Fclose(w->file);
    if (w->locked) {
        unlink(w->temporary); /* not there any more if it got its name */
        mec_lock_release(w->path);
    }
    free(w->temporary);
    free(w->path);
    free(w);
}

mec_dataset_writer *mec_dataset_writer_open(const mec_world *world, const char *path, bool replace,
                                            const mec_dataset_plan *plan, mec_status *status) {
    mec_dataset_writer *w = mec_alloc(1, sizeof *w, status);
    if (w) {
        *w = (mec_dataset_writer){.world = world, .plan = plan, .file = H5I_INVALID_HID};
        w->path = mec_copy_text(path, status);
        w->temporary = mec_path_with_suffix(path, ".new", status);
    }
    if (mec_fault_here("synth_prepare"))
        mec_fail(status, MEC_FAILED, "injected: no memory for the dataset");
    if (mec_agree(world, status) == MEC_OK && world->rank == 0)
        prepare_file(w, replace, status);
    if (mec_agree(world, status) == MEC_OK)
        w->file = mec_parallel_file_open(world, w->temporary, "synth_open", status);
    if (status->code != MEC_OK && w) {
        release(w);
        w = NULL;
    }
    return w;
}

/* Collective in the sense of HDF5; the status is this rank's own. */
static void write_animal(const mec_dataset_writer *w, const mec_dataset_arena *arena, size_t animal,
                         const mec_dataset_block *block, mec_status *status) {
    char name[MEC_DATASET_NAME_SIZE];
    char path[1024];
    w->plan->animal_name(w->plan->names, animal, name, sizeof name);
    snprintf(path, sizeof path, "/%s/%s/resp", arena->name, name);
    bool mine = block->n_row > 0 && block->animal == animal;
    hsize_t start[] = {block->first_row, 0, block->first_cell};
    hsize_t count[] = {block->n_row, arena->n_column, block->n_cell};
    hid_t dataset = H5Dopen2(w->file, path, H5P_DEFAULT);
    hid_t space = H5Dget_space(dataset);
    hsize_t n_value = mine ? count[0] * count[1] * count[2] : 0;
    hid_t memory = H5Screate_simple(1, &n_value, NULL);
    if (mine)
        H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL);
    else
        H5Sselect_none(space);
    if (!mec_parallel_file_write(dataset, H5T_NATIVE_DOUBLE, memory, space, block->values))
        mec_h5_fail(status, MEC_FAILED, "%s: %s cannot be written on rank %d", w->temporary, path,
                    w->world->rank);
    H5Sclose(memory);
    H5Sclose(space);
    H5Dclose(dataset);
}

mec_code mec_dataset_writer_put(mec_dataset_writer *w, size_t arena, size_t first_animal,
                                size_t last_animal, const mec_dataset_block *block,
                                mec_status *status) {
    if (mec_fault_here("synth_write"))
        mec_fail(status, MEC_FAILED, "injected: %s cannot be written on rank %d", w->temporary,
                 w->world->rank);
    if (mec_agree(w->world, status))
        return status->code;
    H5Eclear2(H5E_DEFAULT);
    for (size_t animal = first_animal; animal <= last_animal; animal++)
        write_animal(w, &w->plan->arenas[arena], animal, block, status);
    return mec_agree(w->world, status);
}

mec_code mec_dataset_writer_close(mec_dataset_writer *w, mec_status *status) {
    if (!w)
        return status->code;
    const mec_world *world = w->world;
    mec_parallel_file_close(world, w->file, w->temporary, status);
    w->file = H5I_INVALID_HID;
    if (mec_fault_here("synth_close"))
        mec_fail(status, MEC_FAILED, "injected: %s cannot be closed on rank %d", w->temporary,
                 world->rank);
    if (mec_agree(world, status) == MEC_OK && world->rank == 0)
        mec_path_publish(w->temporary, w->path, status);
    mec_agree(world, status);
    release(w);
    return status->code;
}
