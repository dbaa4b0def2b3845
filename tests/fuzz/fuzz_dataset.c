/* Datasets. HDF5's own reading of damaged bytes is HDF5's matter; here the bytes are decisions from
 * which a well-formed file is built that need not be a dataset at all: groups, links, types,
 * shapes, padding and attributes of any kind. What is accepted is read, as a whole and in bands. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "fuzz.h"
#include "storage/catalogue.h"
#include "storage/h5.h"
#include "storage/slab.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const char *const arena_names[] = {"1.0", "2.2",        "box",  "nan",
                                          "-3",  "\xC3\xA4 b", "a\nb", "x,y"};
static const char *const animal_names[] = {"rat_a", "rat_b", "", "r\xFF", "resp", "0"};
static const char *const attribute_names[] = {"side_m", "width_m", "height_m", "bin_cm",
                                              "min_x",  "max_x",   "min_y",    "max_y"};

/* ---- building ---- */

static hid_t choose_type(fuzz_bytes *bytes) {
    hid_t type;
    switch (fuzz_choose(bytes, 12)) {
    case 0:
        return H5Tcopy(H5T_IEEE_F32LE);
    case 1:
        return H5Tcopy(H5T_STD_I8LE);
    case 2:
        return H5Tcopy(H5T_STD_U64BE);
    case 3:
        type = H5Tcopy(H5T_C_S1);
        H5Tset_size(type, H5T_VARIABLE);
        return type;
    case 4:
    case 5:
        type = H5Tcopy(H5T_C_S1);
        H5Tset_size(type, 1 + fuzz_choose(bytes, 9));
        H5Tset_strpad(type, (H5T_str_t)fuzz_choose(bytes, 3));
        return type;
    case 6:
        return H5Tcopy(H5T_STD_B8LE);
    case 7:
        type = H5Tcreate(H5T_COMPOUND, 16);
        H5Tinsert(type, "r", 0, H5T_IEEE_F64LE);
        H5Tinsert(type, "i", 8, H5T_IEEE_F64LE);
        return type;
    case 8:
        return H5Tvlen_create(H5T_IEEE_F64LE);
    default:
        return H5Tcopy(H5T_IEEE_F64LE);
    }
}

/* Shapes mostly small, now and then beyond any memory. */
static int choose_shape(fuzz_bytes *bytes, hsize_t dims[4]) {
    static const hsize_t large[] = {65536, 1ull << 31, 1ull << 32, 1ull << 33, 1ull << 62};
    int rank = (int)fuzz_choose(bytes, 5);
    for (int d = 0; d < rank; d++) {
        size_t choice = fuzz_choose(bytes, 16);
        dims[d] = choice < 11 ? choice % 6 : large[choice - 11];
    }
    return rank;
}

/* Written where that is simple: numbers and strings of fixed length, few of them. */
static void fill(fuzz_bytes *bytes, hid_t dataset, hid_t type, hid_t space) {
    uint8_t values[2048];
    hssize_t n = H5Sget_simple_extent_npoints(space);
    size_t size = H5Tget_size(type);
    bool simple = H5Tget_class(type) == H5T_FLOAT || H5Tget_class(type) == H5T_INTEGER ||
                  (H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) <= 0);
    if (!simple || n < 0 || (size_t)n > sizeof values / size)
        return;
    for (size_t i = 0; i < (size_t)n * size; i++)
        values[i] = fuzz_take(bytes);
    H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
}

/* In chunks where the shape is large: nothing of them is stored. */
static void add_dataset(fuzz_bytes *bytes, hid_t group, const char *name) {
    hsize_t dims[4] = {0};
    const hsize_t chunk[4] = {4, 4, 4, 4};
    int rank = choose_shape(bytes, dims);
    hid_t type = choose_type(bytes);
    hid_t space = rank > 0 ? H5Screate_simple(rank, dims, NULL) : H5Screate(H5S_SCALAR);
    hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
    if (rank > 0 && H5Sget_simple_extent_npoints(space) != 0)
        H5Pset_chunk(properties, rank, chunk);
    hid_t dataset = H5Dcreate2(group, name, type, space, H5P_DEFAULT, properties, H5P_DEFAULT);
    if (dataset >= 0) {
        fill(bytes, dataset, type, space);
        H5Dclose(dataset);
    }
    H5Pclose(properties);
    H5Sclose(space);
    H5Tclose(type);
}

static void add_item(fuzz_bytes *bytes, hid_t group, const char *name) {
    switch (fuzz_choose(bytes, 12)) {
    case 0:
        return;
    case 1:
        H5Lcreate_soft("/nothing", group, name, H5P_DEFAULT, H5P_DEFAULT);
        return;
    case 2:
        H5Lcreate_soft("/", group, name, H5P_DEFAULT, H5P_DEFAULT);
        return;
    case 3:
        H5Lcreate_external("elsewhere.h5", "/", group, name, H5P_DEFAULT, H5P_DEFAULT);
        return;
    case 4:
        H5Gclose(H5Gcreate2(group, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
        return;
    default:
        add_dataset(bytes, group, name);
    }
}

/* A usual animal, so that more than refusals are reached: resp (2, 3, cells) and as many ids. */
static void add_usual_animal(fuzz_bytes *bytes, hid_t animal) {
    hsize_t dims[3] = {2, 3, 1 + fuzz_choose(bytes, 4)};
    hid_t resp_space = H5Screate_simple(3, dims, NULL);
    hid_t ids_space = H5Screate_simple(1, &dims[2], NULL);
    hid_t ids_type = H5Tcopy(H5T_C_S1);
    H5Tset_size(ids_type, 4);
    H5Tset_strpad(ids_type, (H5T_str_t)fuzz_choose(bytes, 3));
    hid_t resp = H5Dcreate2(animal, "resp", H5T_IEEE_F64LE, resp_space, H5P_DEFAULT, H5P_DEFAULT,
                            H5P_DEFAULT);
    hid_t ids =
        H5Dcreate2(animal, "cell_ids", ids_type, ids_space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    fill(bytes, ids, ids_type, ids_space);
    fill(bytes, resp, H5T_IEEE_F64LE, resp_space);
    H5Dclose(ids);
    H5Dclose(resp);
    H5Tclose(ids_type);
    H5Sclose(ids_space);
    H5Sclose(resp_space);
}

static void add_animal(fuzz_bytes *bytes, hid_t arena) {
    const char *name = animal_names[fuzz_choose(bytes, COUNT(animal_names))];
    hid_t animal = H5Gcreate2(arena, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    if (animal < 0)
        return;
    if (fuzz_choose(bytes, 2) == 0) {
        add_usual_animal(bytes, animal);
    } else {
        add_item(bytes, animal, "resp");
        add_item(bytes, animal, "cell_ids");
    }
    H5Gclose(animal);
}

static void add_attribute(fuzz_bytes *bytes, hid_t arena) {
    const char *name = attribute_names[fuzz_choose(bytes, COUNT(attribute_names))];
    hsize_t n = fuzz_choose(bytes, 3);
    hid_t type = choose_type(bytes);
    hid_t space = n == 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &n, NULL);
    hid_t attribute = H5Acreate2(arena, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    double values[2] = {(double)fuzz_take(bytes) - 100, (double)fuzz_take(bytes)};
    if (attribute >= 0 && H5Tget_class(type) == H5T_FLOAT)
        H5Awrite(attribute, H5T_NATIVE_DOUBLE, values);
    if (attribute >= 0)
        H5Aclose(attribute);
    H5Sclose(space);
    H5Tclose(type);
}

static void build(fuzz_bytes *bytes, const char *path) {
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    FUZZ_CHECK(file >= 0);
    for (size_t left = fuzz_choose(bytes, 4); left > 0; left--) {
        const char *name = arena_names[fuzz_choose(bytes, COUNT(arena_names))];
        hid_t arena = H5Gcreate2(file, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
        if (arena < 0) /* the name is taken */
            continue;
        for (size_t n = fuzz_choose(bytes, 4); n > 0; n--)
            add_attribute(bytes, arena);
        for (size_t n = fuzz_choose(bytes, 4); n > 0; n--)
            add_animal(bytes, arena);
        H5Gclose(arena);
    }
    add_item(bytes, file, "item");
    H5Fclose(file);
}

/* ---- reading ---- */

/* The bands of an animal hold what the whole of it holds. */
static void read_bands(const mec_catalogue *c, const mec_arena *arena, const mec_animal *animal,
                       const double *whole) {
    mec_status status = {0};
    mec_slab slab;
    mec_slab_open(c, arena, animal, &slab, &status);
    FUZZ_CHECK(status.code == MEC_OK);
    double *band = mec_alloc(mec_slab_most(&slab) * animal->n_cell, sizeof *band, &status);
    FUZZ_CHECK(band);
    for (size_t first = 0; first < arena->n_state;) {
        size_t n = mec_slab_size(&slab, first);
        FUZZ_CHECK(n > 0 && first + n <= arena->n_state);
        FUZZ_CHECK(mec_slab_read(&slab, first, band, &status) == MEC_OK);
        FUZZ_CHECK(
            memcmp(band, whole + first * animal->n_cell, n * animal->n_cell * sizeof *band) == 0);
        first += n;
    }
    free(band);
    mec_slab_close(&slab);
}

static void read_animal(const mec_catalogue *c, const mec_arena *arena, const mec_animal *animal) {
    static const size_t most = 1 << 16; /* numbers; more tell nothing more */
    mec_status status = {0};
    FUZZ_CHECK(arena->n_state > 0 && animal->n_cell > 0);
    FUZZ_CHECK(arena->n_row == 0 || arena->n_row * arena->n_column == arena->n_state);
    for (size_t cell = 0; cell < animal->n_cell; cell++)
        FUZZ_CHECK(mec_catalogue_cell_id(c, animal, cell));
    if (arena->n_state > most / animal->n_cell)
        return;
    double *resp = mec_alloc(arena->n_state * animal->n_cell, sizeof *resp, &status);
    FUZZ_CHECK(resp);
    if (mec_catalogue_read_animal(c, arena, animal, resp, &status) == MEC_OK)
        read_bands(c, arena, animal, resp);
    else
        fuzz_check_refusal(&status);
    free(resp);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char path[512];
    fuzz_bytes bytes = {data, data + size};
    mec_status status = {0};
    mec_catalogue catalogue;
    mec_h5_set_defaults();
    snprintf(path, sizeof path, "%s/dataset.h5", fuzz_folder());
    build(&bytes, path);
    if (mec_catalogue_read(&catalogue, path, "", &status) == MEC_OK) {
        for (size_t a = 0; a < catalogue.n_arena; a++)
            for (size_t i = 0; i < catalogue.arenas[a].n_animal; i++)
                read_animal(&catalogue, &catalogue.arenas[a],
                            &catalogue.animals[catalogue.arenas[a].first_animal + i]);
    } else {
        fuzz_check_refusal(&status);
    }
    mec_catalogue_destroy(&catalogue);
    FUZZ_CHECK(H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL) == 0);
    return 0;
}
