/* Stored splits: every format, what is refused in each, and that all ranks hold the same. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <hdf5_hl.h>

#include "storage/h5.h"
#include "storage/split_file.h"
#include "together.h"

static mec_world world;
static const char h5_path[] = "splits.h5";
static const char csv_path[] = "splits.csv";

/* ---- files, written by rank 0 while the others wait ---- */

static hid_t written = H5I_INVALID_HID;

static void begin_h5(void) {
    if (world.rank == 0)
        written = H5Fcreate(h5_path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
}

static void end_h5(void) {
    if (world.rank == 0)
        H5Fclose(written);
    mec_quiet_barrier(world.comm);
}

/* Parses "1 2 3"; returns how many. */
static size_t parse_numbers(const char *text, int32_t *values) {
    size_t n = 0;
    char *end = NULL;
    for (long value = strtol(text, &end, 10); end != text; value = strtol(text, &end, 10)) {
        values[n++] = (int32_t)value;
        text = end;
    }
    return n;
}

static void put_values(const char *path, int rank, const hsize_t *dims, hid_t type,
                       const void *values) {
    if (world.rank != 0)
        return;
    hid_t links = H5Pcreate(H5P_LINK_CREATE);
    H5Pset_create_intermediate_group(links, 1);
    hid_t space = H5Screate_simple(rank, dims, NULL);
    hid_t dataset = H5Dcreate2(written, path, type, space, links, H5P_DEFAULT, H5P_DEFAULT);
    H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    H5Dclose(dataset);
    H5Sclose(space);
    H5Pclose(links);
}

/* An array of integers; `axes` names the first axis by a label, or by a scale ("/cell"); NULL: not
 * at all. */
static void put_array(const char *path, const char *dims_text, const char *axis,
                      const char *values_text) {
    int32_t values[256];
    int32_t numbers[4];
    hsize_t dims[4];
    size_t rank = parse_numbers(dims_text, numbers);
    for (size_t i = 0; i < rank; i++)
        dims[i] = (hsize_t)numbers[i];
    parse_numbers(values_text, values);
    put_values(path, (int)rank, dims, H5T_NATIVE_INT32, values);
    if (world.rank != 0 || !axis)
        return;
    hid_t dataset = H5Dopen2(written, path, H5P_DEFAULT);
    if (*axis == '/') {
        put_values("scale", 1, dims, H5T_NATIVE_INT32, values);
        hid_t scale = H5Dopen2(written, "scale", H5P_DEFAULT);
        H5DSset_scale(scale, axis + 1);
        H5DSattach_scale(dataset, scale, 0);
        H5Dclose(scale);
    } else {
        H5DSset_label(dataset, 0, axis);
    }
    H5Dclose(dataset);
}

static void put_list(const char *path, const char *values_text) {
    int32_t values[256];
    hsize_t n = parse_numbers(values_text, values);
    put_values(path, 1, &n, H5T_NATIVE_INT32, values);
}

/* "0", "1/2": a split below a group ("" or "1.0/rat/"). */
static void put_split(const char *group, const char *split, const char *train, const char *test) {
    char path[128];
    snprintf(path, sizeof path, "%s%s/train", group, split);
    put_list(path, train);
    snprintf(path, sizeof path, "%s%s/test", group, split);
    put_list(path, test);
}

static void put_bytes(const char *path, const char *bytes, size_t size) {
    if (world.rank == 0) {
        FILE *file = fopen(path, "wb");
        fwrite(bytes, 1, size, file);
        fclose(file);
    }
    mec_quiet_barrier(world.comm);
}

static void put_csv(const char *text) {
    put_bytes(csv_path, text, strlen(text));
}

/* ---- what was read ---- */

static mec_split_file file;

static bool reads(const char *location) {
    mec_status status = {0};
    mec_split_file_read(&world, location, &file, &status);
    return CHECK_STATUS(&world, status, MEC_OK);
}

/* Whether a list is "1 2 | 3 4". */
static bool list_is(const char *arena, const char *animal, size_t cell, size_t source, size_t split,
                    const char *wanted) {
    const uint32_t *order = NULL;
    size_t n_train = 0;
    size_t n_test = 0;
    char text[512] = "none";
    if (mec_split_file_find(&file, arena, animal, cell, source, split, &order, &n_train, &n_test)) {
        size_t used = 0;
        *text = '\0';
        for (size_t i = 0; i <= n_train + n_test; i++) {
            if (i == n_train)
                used += (size_t)snprintf(text + used, sizeof text - used, "| ");
            if (i < n_train + n_test)
                used += (size_t)snprintf(text + used, sizeof text - used, "%u ", order[i]);
        }
        text[strlen(text) - 1] = '\0';
    }
    if (strcmp(text, wanted) != 0)
        fprintf(stderr, "%s, %s, cell %zu, source %zu, split %zu: \"%s\", wanted \"%s\"\n", arena,
                animal, cell, source, split, text, wanted);
    return strcmp(text, wanted) == 0;
}

static void refused(const char *location, const char *part) {
    mec_status status = {0};
    mec_split_file_read(&world, location, &file, &status);
    CHECK_STATUS(&world, status, MEC_REFUSED);
    bool told = strstr(status.message, part) && strstr(status.message, "accepted") &&
                !strchr(status.message, '\n');
    if (!CHECK(&world, told) && world.rank == 0)
        fprintf(stderr, "\"%s\" is not in \"%s\"\n", part, status.message);
    mec_split_file_destroy(&file);
}

/* ---- HDF5 lists ---- */

static void lists_for_all_are_read(void) {
    check_about("HDF5 lists for all");
    begin_h5();
    put_split("", "0", "5 2 0", "1 3");
    put_split("", "1", "", "4 3 2");
    put_list("other/things", "1");
    end_h5();
    if (!reads(h5_path))
        return;
    CHECK(&world, mec_split_file_count(&file) == 2);
    CHECK(&world, list_is("1.0", "rat", 0, 0, 0, "5 2 0 | 1 3"));
    CHECK(&world, list_is("box", "cat", 3, 4, 1, "| 4 3 2"));
    mec_split_file_destroy(&file);
}

static void the_most_exact_lists_are_taken(void) {
    check_about("HDF5 lists, exactness");
    begin_h5();
    put_split("", "0", "0", "1");
    put_split("", "1", "5 2 0", "1 3");
    put_split("1.0/", "0", "2", "3");
    put_split("1.0/", "1", "3", "2");
    put_split("1.0/rat/", "0", "4 6", "5");
    put_split("1.0/rat/", "1", "", "9");
    put_list("1.0/rat/notes/other", "1");
    end_h5();
    if (!reads(h5_path))
        return;
    CHECK(&world, mec_split_file_count(&file) == 2);
    CHECK(&world, list_is("1.0", "rat", 0, 0, 0, "4 6 | 5"));
    CHECK(&world, list_is("1.0", "rat", 7, 8, 1, "| 9"));
    CHECK(&world, list_is("1.0", "cat", 0, 0, 0, "2 | 3"));
    CHECK(&world, list_is("1.0", "cat", 0, 0, 1, "3 | 2"));
    CHECK(&world, list_is("box", "rat", 0, 0, 0, "0 | 1"));
    CHECK(&world, list_is("box", "rat", 0, 0, 1, "5 2 0 | 1 3"));
    CHECK(&world, list_is("box", "rat", 0, 0, 2, "none"));
    CHECK(&world, strlen(file.input.sha256) == MEC_DIGEST_TEXT_SIZE - 1);
    CHECK(&world, mec_count_differing(&world, file.input.sha256) == 0);
    CHECK(&world, strcmp(file.input.path, h5_path) == 0 && file.input.n_byte > 0);
    mec_split_file_destroy(&file);
}

static void a_group_of_the_file_may_be_named(void) {
    check_about("HDF5, group");
    begin_h5();
    put_split("a/splits/", "0", "1", "2");
    put_split("a/splits/1/", "0", "3", "4"); /* an arena called 1 */
    end_h5();
    if (!reads("splits.h5:/a/splits"))
        return;
    CHECK(&world, list_is("1.0", "rat", 0, 0, 0, "1 | 2"));
    CHECK(&world, list_is("1", "rat", 0, 0, 0, "3 | 4"));
    mec_split_file_destroy(&file);
    refused("splits.h5:/b", "splits.h5:/b: the file has no group /b");
}

static void any_integers_will_do(void) {
    const uint8_t bytes[] = {200, 1};
    const int64_t wide[] = {3, INT64_C(5000000000)};
    const double none[] = {0};
    check_about("HDF5, types");
    begin_h5();
    put_values("0/train", 1, &(hsize_t){2}, H5T_NATIVE_UINT8, bytes);
    put_values("0/test", 1, &(hsize_t){2}, H5T_NATIVE_INT64, wide);
    put_values("1/train", 1, &(hsize_t){0}, H5T_NATIVE_DOUBLE, none);
    put_list("1/test", "4");
    end_h5();
    if (!reads(h5_path))
        return;
    CHECK(&world, list_is("1.0", "rat", 0, 0, 0, "200 1 | 3 2147483647"));
    CHECK(&world, list_is("1.0", "rat", 0, 0, 1, "| 4"));
    mec_split_file_destroy(&file);
}

static void refused_h5(const char *part) {
    end_h5();
    refused(h5_path, part);
    begin_h5();
}

static void broken_lists_are_refused(void) {
    const double real[] = {1, 2};
    const char text[] = "ab";
    check_about("HDF5 lists, refusals");
    begin_h5();
    refused_h5("splits.h5: found no splits; accepted: ");
    put_list("fits/1.0/rat/corr", "1");
    refused_h5("found no splits");
    put_list("0/train", "1");
    refused_h5("splits.h5: /0/test is missing; accepted: train and test");
    put_list("1.0/rat/0/test", "1");
    refused_h5("splits.h5: /1.0/rat/0/train is missing");
    put_split("", "0", "1", "2");
    put_split("", "2", "1", "2");
    refused_h5("splits.h5: /: found 2 splits, but none is called 1; accepted: ");
    put_split("1.0/", "first", "1", "2");
    refused_h5("splits.h5: /1.0/: found 1 splits, but none is called 0");
    put_split("", "0", "1", "2");
    put_split("1.0/", "0", "1", "2");
    put_split("1.0/", "1", "1", "2");
    refused_h5("splits.h5: /1.0/: found 2 splits, but 1 for all animals; accepted: the same");
    put_split("", "0", "1 -3", "2");
    refused_h5("splits.h5: /0/train: found state -3; accepted: from 0");
    put_split("", "0", "1", "2");
    put_values("1/train", 1, &(hsize_t){2}, H5T_NATIVE_DOUBLE, real);
    put_list("1/test", "4");
    refused_h5("splits.h5: /1/train does not hold integers");
    put_values("0/train", 1, &(hsize_t){2}, H5T_NATIVE_CHAR, text);
    put_array("0/test", "2 2", NULL, "1 2 3 4");
    refused_h5("splits.h5: /0/test has 2 dimensions; accepted: 1");
    put_list("0/train/x", "1"); /* train is a group */
    put_list("0/test", "1");
    refused_h5("splits.h5: /0/train is missing");
    end_h5();
}

/* ---- what a run keeps ---- */

static void kept_splits_are_read(void) {
    check_about("kept splits");
    begin_h5();
    put_array("splits/1.0/rat/order", "2 4", NULL, "3 1 0 -1  0 2 3 1");
    put_array("splits/1.0/rat/n_train", "2", NULL, "1 0");
    put_array("splits/1.0/cat/order", "2 4", NULL, "3 1 -1 -1  2 3 -1 -1");
    put_array("splits/1.0/cat/n_train", "2", NULL, "1 1");
    end_h5();
    if (!reads("splits.h5:/splits"))
        return;
    CHECK(&world, mec_split_file_count(&file) == 2);
    CHECK(&world, list_is("1.0", "rat", 5, 5, 0, "3 | 1 0"));
    CHECK(&world, list_is("1.0", "rat", 5, 5, 1, "| 0 2 3 1"));
    CHECK(&world, list_is("1.0", "cat", 0, 0, 1, "2 | 3"));
    CHECK(&world, list_is("1.0", "dog", 0, 0, 1, "none"));
    mec_split_file_destroy(&file);
}

/* Two cells (or sources) and three splits. */
static void kept_axes_are_told_apart(void) {
    const char *const axes[] = {"cell", "split", "/cell", "/split"};
    for (size_t i = 0; i < 4; i++) {
        bool cells = strstr(axes[i], "cell") != NULL;
        check_about("kept splits, the first axis is %s", axes[i]);
        begin_h5();
        put_array("1.0/rat/order", cells ? "2 3 2" : "3 2 2", axes[i],
                  "0 1  2 3  4 5  6 7  8 9  10 11");
        put_array("1.0/rat/n_train", cells ? "2 3" : "3 2", NULL, "1 1 1 1 1 1");
        end_h5();
        if (!reads(h5_path))
            continue;
        CHECK(&world, mec_split_file_count(&file) == 3);
        CHECK(&world, list_is("1.0", "rat", 0, 0, 1, cells ? "2 | 3" : "4 | 5"));
        CHECK(&world, list_is("1.0", "rat", 1, 0, 2, cells ? "10 | 11" : "8 | 9"));
        CHECK(&world, list_is("1.0", "rat", 0, 1, 2, cells ? "4 | 5" : "10 | 11"));
        CHECK(&world, list_is("1.0", "rat", 2, 0, 0, cells ? "none" : "0 | 1"));
        CHECK(&world, list_is("1.0", "rat", 0, 2, 0, cells ? "0 | 1" : "none"));
        mec_split_file_destroy(&file);
    }
    check_about("kept splits, both axes");
    begin_h5();
    put_array("1.0/rat/order", "2 1 3 2", NULL, "0 1  2 3  4 5  6 7  8 9  10 11");
    put_array("1.0/rat/n_train", "2 1 3", NULL, "1 1 1 1 1 1");
    end_h5();
    if (!reads(h5_path))
        return;
    CHECK(&world, mec_split_file_count(&file) == 1);
    CHECK(&world, list_is("1.0", "rat", 1, 2, 0, "10 | 11"));
    CHECK(&world, list_is("1.0", "rat", 1, 0, 0, "6 | 7"));
    CHECK(&world, list_is("1.0", "rat", 0, 1, 0, "2 | 3"));
    mec_split_file_destroy(&file);
}

static void put_kept(const char *dims, const char *order, const char *train_dims,
                     const char *n_train) {
    put_array("1.0/rat/order", dims, NULL, order);
    put_array("1.0/rat/n_train", train_dims, NULL, n_train);
}

static void broken_kept_splits_are_refused(void) {
    check_about("kept splits, refusals");
    begin_h5();
    put_kept("1 2 2", "0 1 2 3", "1 2", "1 1");
    refused_h5("splits.h5: /1.0/rat/order: the first of its three axes is called \"\"; accepted");
    put_array("1.0/rat/order", "1 2 2", "rat", "0 1 2 3");
    put_array("1.0/rat/n_train", "1 2", NULL, "1 1");
    refused_h5("is called \"rat\"");
    put_kept("2 2", "0 1 2 3", "3", "1 1 1");
    refused_h5("splits.h5: /1.0/rat/: the axes of n_train are not those of order");
    put_kept("2 2", "0 1 2 3", "2 2", "1 1 1 1");
    refused_h5("the axes of n_train");
    put_kept("4", "0 1 2 3", "1", "1");
    refused_h5("the axes of n_train");
    put_kept("0 4", "0", "0", "0");
    refused_h5("the axes of n_train");
    put_kept("2 2", "0 1 -1 3", "2", "1 0");
    refused_h5("splits.h5: /1.0/rat/order: found 3 at 1 of row 1; accepted: ");
    put_kept("2 2", "0 1 2 -2", "2", "1 0");
    refused_h5("found -2 at 1 of row 1");
    put_kept("2 2", "0 -1 2 3", "2", "2 0");
    refused_h5("splits.h5: /1.0/rat/n_train: found 2 for row 0 of order; accepted: 0 to 1");
    put_kept("2 2", "0 -1 2 3", "2", "1 -1");
    refused_h5("n_train: found -1 for row 1");
    put_array("1.0/rat/order", "2 2", NULL, "0 1 2 3");
    refused_h5("splits.h5: /1.0/rat/: n_train is missing; accepted: order and n_train");
    put_array("1.0/rat/n_train", "2", NULL, "0 1");
    refused_h5("splits.h5: /1.0/rat/: order is missing");
    put_kept("1 2", "0 1", "1", "1");
    put_split("1.0/rat/", "0", "1", "2");
    refused_h5("splits.h5: /1.0/rat/: lists for arena 1.0, animal rat stand twice");
    put_kept("1 2", "0 1", "1", "1");
    put_array("1.0/sat/order", "2 2", NULL, "0 1 2 3");
    put_array("1.0/sat/n_train", "2", NULL, "0 1");
    refused_h5("splits.h5: /1.0/sat/: found 2 splits, but 1 for arena 1.0, animal rat");
    end_h5();
}

/* ---- CSV ---- */

static void csv_is_read(void) {
    check_about("CSV");
    put_csv("# in no order\nset,state,split,animal,arena\n"
            "test,1,0,*,*\ntrain,5,1,*,*\ntest,3,1,*,*\ntrain,2,1,*,*\ntrain,0,0,*,*\n"
            "test,9,0,rat,1.0\ntrain,8,0,rat,1.0\ntest,7,0,rat,1.0\ntest,6,1,rat,1.0\n"
            "test,4,0,cat,*\ntest,4,1,cat,*\ntest,5,0,*,1.0\ntest,5,1,*,1.0\n");
    if (!reads(csv_path))
        return;
    CHECK(&world, mec_split_file_count(&file) == 2);
    CHECK(&world, list_is("box", "dog", 0, 0, 0, "0 | 1"));
    CHECK(&world, list_is("box", "dog", 0, 0, 1, "5 2 | 3"));
    CHECK(&world, list_is("1.0", "rat", 0, 0, 0, "8 | 9 7"));
    CHECK(&world, list_is("1.0", "rat", 0, 0, 1, "| 6"));
    CHECK(&world, list_is("1.0", "cat", 0, 0, 1, "| 4"));
    CHECK(&world, list_is("1.0", "dog", 0, 0, 1, "| 5"));
    CHECK(&world, list_is("box", "rat", 0, 0, 1, "5 2 | 3"));
    mec_split_file_destroy(&file);
}

static void both_formats_have_one_digest(void) {
    char of_csv[MEC_DIGEST_TEXT_SIZE];
    check_about("digests");
    put_csv("arena,split,state,set\n1.0,0,1,train\n1.0,0,2,test\nbox,0,3,train\nbox,0,0,test\n");
    begin_h5();
    put_split("1.0/", "0", "1", "2");
    put_split("box/", "0", "3", "0");
    end_h5();
    if (!reads(csv_path))
        return;
    memcpy(of_csv, file.input.sha256, sizeof of_csv);
    mec_split_file_destroy(&file);
    if (!reads(h5_path))
        return;
    CHECK(&world, strcmp(of_csv, file.input.sha256) == 0);
    mec_split_file_destroy(&file);
    put_csv("arena,split,state,set\n1.0,0,1,train\n1.0,0,2,test\nbox,0,0,train\nbox,0,3,test\n");
    if (!reads(csv_path))
        return;
    CHECK(&world, strcmp(of_csv, file.input.sha256) != 0);
    mec_split_file_destroy(&file);
}

static void refused_csv(const char *text, const char *part) {
    put_csv(text);
    refused(csv_path, part);
}

static void broken_csv_is_refused(void) {
    check_about("CSV, refusals");
    refused_csv("", "splits.csv: found no header line, the file is empty");
    refused_csv("split,state,set\n", "splits.csv:1: found no row below the header");
    refused_csv("split,state\n0,1\n", "splits.csv:1: a column is missing; accepted: split");
    refused_csv("split,state,set,cell\n", "splits.csv:1: unknown column \"cell\"; accepted: arena");
    refused_csv("split,state,set\n0,1,Train\n", "splits.csv:2: set: found \"Train\"; accepted");
    refused_csv("split,state,set\n0,1,test\n0,-1,train\n", "splits.csv:3: state: found \"-1\"");
    refused_csv("split,state,set\n0,3000000000,test\n", "state: found \"3000000000\"");
    refused_csv("split,state,set\n0,1.5,test\n", "splits.csv:2: state: found \"1.5\"");
    refused_csv("split,state,set\nx,1,test\n", "splits.csv:2: split: found \"x\"");
    refused_csv("split,state,set\n0,,test\n", "splits.csv:2: state: found \"\"");
    refused_csv("split,state,set,arena\n0,1,test,\n", "splits.csv:2: arena is empty; accepted");
    refused_csv("split,state,set\n0,1,test\n2,1,test\n",
                "splits.csv:3: found split 2, but no row of split 1; accepted: ");
    refused_csv("split,state,set\n1,1,test\n", "found split 1, but no row of split 0");
    refused_csv("arena,split,state,set\na,0,1,test\nb,0,1,test\nb,1,1,test\n",
                "splits.csv:3: found 2 splits, but 1 for arena a; accepted: the same number");
    refused_csv("split,state,set\n0,1,\"test\n", "splits.csv:2: the quoted field");
    refused("splits.csv:/group", "splits.csv:/group: splits.csv is not an HDF5 file");
    put_bytes(csv_path, "split\0state\n", 12);
    refused(csv_path, "splits.csv: found a NUL byte; accepted: CSV text");
}

static void files_that_cannot_be_read_are_refused(void) {
    mec_status status = {0};
    check_about("no file");
    mec_split_file_read(&world, "absent.h5", &file, &status);
    CHECK_STATUS(&world, status, MEC_REFUSED);
    CHECK(&world, strstr(status.message, "absent.h5") != NULL);
    mec_split_file_destroy(&file);
    check_about("an HDF5 file cut short");
    begin_h5();
    put_split("", "0", "1 2 3", "4");
    end_h5();
    if (world.rank == 0 && truncate(h5_path, 600) != 0)
        perror(h5_path);
    mec_quiet_barrier(world.comm);
    status = (mec_status){0};
    mec_split_file_read(&world, h5_path, &file, &status);
    CHECK_STATUS(&world, status, MEC_REFUSED);
    CHECK(&world, strstr(status.message, "not a whole HDF5 file") != NULL);
    mec_split_file_destroy(&file);
}

/* ---- against the data ---- */

/* Arena 1.0 of 6 states: animals cat (2 cells), dog (1), rat (3); arena box: animal rat alone. */
static char pool[] = "1.0\0cat\0dog\0rat\0box";
static mec_arena arenas[] = {{.name = 0, .first_animal = 0, .n_animal = 3, .n_state = 6},
                             {.name = 16, .first_animal = 3, .n_animal = 1, .n_state = 4}};
static mec_animal animals[] = {{.name = 4, .n_cell = 2},
                               {.name = 8, .n_cell = 1},
                               {.name = 12, .n_cell = 3},
                               {.name = 12, .n_cell = 3}};
static const mec_catalogue catalogue = {
    .arenas = arenas, .animals = animals, .pool = pool, .n_arena = 2, .n_animal = 4};

static void check_gives(const char *location, const mec_split_use *use, mec_code code,
                        const char *part) {
    mec_status status = {0};
    if (!reads(location))
        return;
    mec_split_file_check(&file, &catalogue, use, &status);
    CHECK_STATUS(&world, status, code);
    bool told = strstr(status.message, part) && !strchr(status.message, '\n');
    if (!CHECK(&world, told) && world.rank == 0)
        fprintf(stderr, "\"%s\" is not in \"%s\"\n", part, status.message);
    mec_split_file_destroy(&file);
}

static const mec_split_use compared = {.fewest_animals = 2, .needs_train = true};

static void checked_csv(const char *text, mec_code code, const char *part) {
    put_csv(text);
    check_gives(csv_path, &compared, code, part);
}

static void lists_are_checked_against_the_data(void) {
    check_about("checks");
    checked_csv("split,state,set\n0,0,train\n0,5,test\n", MEC_OK, "");
    checked_csv("split,state,set\n0,0,train\n0,6,test\n", MEC_REFUSED,
                "splits.csv: arena 1.0, animal cat, split 0: found state 6; accepted: 0 to 5");
    checked_csv("split,state,set\n0,0,train\n0,1,test\n1,3,train\n1,2,test\n1,3,train\n",
                MEC_REFUSED, "animal cat, split 1: state 3 stands twice; accepted: once");
    checked_csv("split,state,set\n0,0,train\n0,0,test\n", MEC_REFUSED, "state 0 stands twice");
    checked_csv("split,state,set\n0,0,train\n", MEC_REFUSED,
                "split 0: found no test state; accepted: one or more");
    checked_csv("split,state,set\n0,0,test\n", MEC_REFUSED,
                "split 0: found no train state; accepted: one or more, since the map is fitted");
    checked_csv("arena,split,state,set\nbox,0,0,train\nbox,0,1,test\n", MEC_REFUSED,
                "splits.csv: arena 1.0, animal cat: found no lists; accepted: ");
    checked_csv("animal,split,state,set\nrat,0,0,train\nrat,0,1,test\ndog,0,0,train\ndog,0,1,test\n"
                "cat,0,0,train\ncat,0,9,test\n",
                MEC_REFUSED, "animal cat, split 0: found state 9");
    checked_csv("arena,animal,split,state,set\n1.0,dog,0,0,train\n1.0,dog,0,1,test\n"
                "1.0,cat,0,0,train\n1.0,cat,0,1,test\n",
                MEC_REFUSED, "arena 1.0, animal rat: found no lists");
}

static void what_a_run_needs_differs(void) {
    mec_split_use unfitted = {.fewest_animals = 2};
    mec_split_use all_arenas = {.fewest_animals = 1, .needs_train = true};
    check_about("checks, use");
    put_csv("split,state,set\n0,0,test\n");
    check_gives(csv_path, &unfitted, MEC_OK, "");
    put_csv("split,state,set\n0,0,train\n0,5,test\n");
    check_gives(csv_path, &all_arenas, MEC_REFUSED,
                "splits.csv: arena box, animal rat, split 0: found state 5; accepted: 0 to 3");
}

/* Kept lists for all animals of arena 1.0 with an axis of the lengths given. */
static void put_kept_axes(const char *axis, int cat, int dog, int rat, const char *first_list) {
    const struct {
        const char *name;
        int n;
    } kept[] = {{"cat", cat}, {"dog", dog}, {"rat", rat}};
    begin_h5();
    for (size_t i = 0; i < 3; i++) {
        char path[64];
        char dims[64];
        char order[256];
        bool cells = strcmp(axis, "cell") == 0;
        snprintf(order, sizeof order, "%s", first_list);
        for (int k = 1; k < kept[i].n; k++)
            snprintf(order + strlen(order), sizeof order - strlen(order), " %d 1 -1", k + 1);
        snprintf(dims, sizeof dims, cells ? "%d 1 3" : "1 %d 3", kept[i].n);
        snprintf(path, sizeof path, "1.0/%s/order", kept[i].name);
        put_array(path, dims, axis, order);
        snprintf(dims, sizeof dims, cells ? "%d 1" : "1 %d", kept[i].n);
        snprintf(path, sizeof path, "1.0/%s/n_train", kept[i].name);
        put_array(path, dims, NULL, *first_list == '-' ? "0 1 1 1" : "1 1 1 1");
    }
    end_h5();
}

static void axes_are_those_of_the_run(void) {
    mec_split_use alone = compared;
    mec_split_use pairwise = compared;
    alone.cells_alone = true;
    pairwise.pairwise = true;
    check_about("checks, axes");
    put_kept_axes("cell", 2, 1, 3, "0 1 -1");
    check_gives(h5_path, &alone, MEC_OK, "");
    check_gives(h5_path, &compared, MEC_REFUSED,
                "splits.h5: arena 1.0, animal cat: found lists for every cell, but cells are taken "
                "together; accepted: the same lists for all");
    check_gives(h5_path, &pairwise, MEC_REFUSED, "found lists for every cell");
    put_kept_axes("cell", 2, 1, 4, "0 1 -1");
    check_gives(h5_path, &alone, MEC_REFUSED,
                "animal rat: found lists for 4 cells; accepted: for all 3");
    put_kept_axes("split", 2, 2, 2, "0 1 -1");
    check_gives(h5_path, &pairwise, MEC_OK, "");
    check_gives(h5_path, &alone, MEC_REFUSED, "found lists for every source animal, but");
    put_kept_axes("split", 2, 2, 3, "0 1 -1");
    check_gives(h5_path, &pairwise, MEC_REFUSED,
                "animal rat: found lists for 3 source animals; accepted: for all 2");
    put_kept_axes("split", 2, 2, 2, "0 6 -1");
    check_gives(h5_path, &pairwise, MEC_REFUSED,
                "animal cat, split 0, source 0: found state 6; accepted: 0 to 5");
    put_kept_axes("cell", 2, 1, 3, "0 -1 -1");
    check_gives(h5_path, &alone, MEC_OK, "");
    put_kept_axes("cell", 2, 1, 3, "-1 -1 -1");
    check_gives(h5_path, &alone, MEC_OK, "");
}

static void put_kept_of_all(const char *order, const char *n_train) {
    const char *paths[] = {"1.0/cat/", "1.0/dog/", "1.0/rat/"};
    char path[64];
    begin_h5();
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%sorder", paths[i]);
        put_array(path, "2 3", NULL, order);
        snprintf(path, sizeof path, "%sn_train", paths[i]);
        put_array(path, "2", NULL, n_train);
    }
    end_h5();
}

static void what_a_run_kept_may_lack_states_as_the_run_did(void) {
    mec_split_use unfitted = {.fewest_animals = 2};
    check_about("checks, kept lists without train or test states");
    put_kept_of_all("0 1 2 -1 -1 -1", "2 0");
    check_gives(h5_path, &compared, MEC_OK, "");
    put_kept_of_all("0 1 2 3 4 5", "3 0");
    check_gives(h5_path, &compared, MEC_OK, "");
    put_kept_of_all("0 1 2 3 4 5", "0 0");
    check_gives(h5_path, &unfitted, MEC_OK, "");
    check_gives(h5_path, &compared, MEC_REFUSED, "splits.h5: found no train state in any split");
}

/* ---- failures ---- */

/* How many times broadcast_block is passed in one reading. */
enum { N_BLOCK = 4 };

static void reading_fails(const char *name, int rank, int passage, bool fails) {
    mec_status status = {0};
    check_about("%s fails on rank %d, passage %d", name, rank, passage);
    inject_later(&world, name, rank, passage);
    mec_split_file_read(&world, csv_path, &file, &status);
    inject(&world, NULL, 0);
    CHECK_STATUS(&world, status, fails ? MEC_FAILED : MEC_OK);
    mec_split_file_destroy(&file);
}

static void every_place_may_fail(void) {
    put_csv("split,state,set\n0,0,train\n0,5,test\n");
    for (int rank = 0; rank < world.size; rank++) {
        reading_fails("split_file_read", rank, 1, rank == 0);
        for (int passage = 1; passage <= N_BLOCK + 1; passage++)
            reading_fails("broadcast_block", rank, passage, passage <= N_BLOCK);
    }
}

int main(void) {
    start_together(&world);
    mec_h5_set_defaults();
    lists_for_all_are_read();
    the_most_exact_lists_are_taken();
    a_group_of_the_file_may_be_named();
    any_integers_will_do();
    broken_lists_are_refused();
    kept_splits_are_read();
    kept_axes_are_told_apart();
    broken_kept_splits_are_refused();
    csv_is_read();
    both_formats_have_one_digest();
    broken_csv_is_refused();
    files_that_cannot_be_read_are_refused();
    lists_are_checked_against_the_data();
    what_a_run_needs_differs();
    axes_are_those_of_the_run();
    what_a_run_kept_may_lack_states_as_the_run_did();
    every_place_may_fail();
    remove_file(&world, h5_path);
    remove_file(&world, csv_path);
    return end_together(&world);
}
