/* Tasks end in any order, and the slices of a flush come in that order: where they land may not
 * depend on it. Small enough to try them all: HDF5 1.10.8 selects wrong elements for few of them,
 * such as rows 1, 3, 0. */
#include <stdio.h>

#include "storage/h5.h"
#include "storage/run_file.h"
#include "together.h"

enum { N_ROW = 5, N_COLUMN = 2, N_SLICE = 3 };

static mec_world world;
static const char path[] = "out/order.h5";

static mec_run_file *open_file(mec_layout *layout, int *array, mec_status *status) {
    static mec_input input = {.path = "data.h5", .sha256 = "aa"};
    const mec_run_identity identity = {.job = "fit",
                                       .program_version = "0.0",
                                       .config = "[map]\n",
                                       .identity_config = "[map]\n",
                                       .inputs = &input,
                                       .n_input = 1};
    const char *const names[N_ROW] = {"a", "b", "c", "d", "e"};
    const mec_array rows = {.path = (char[]){"/rows"},
                            .element = MEC_REAL64,
                            .n_dim = 2,
                            .dims = {N_ROW, N_COLUMN},
                            .scale = {-1, -1}};
    uint8_t done[N_ROW];
    mec_run_state state;
    mec_run_file_describe(layout, &identity, names, N_ROW, status);
    *array = mec_layout_add(layout, &rows, status);
    return mec_run_file_open(&world, path, MEC_RESUME_AUTO, &identity, layout, N_ROW, done, &state,
                             status);
}

/* The value of a row's first column; the second stays empty. */
static double value_of(size_t row) {
    return 10 + (double)row;
}

static void put_row(mec_outbox *outbox, int array, size_t row, mec_status *status) {
    const size_t start[] = {row, 0};
    const size_t count[] = {1, 1};
    double *value = mec_outbox_take(outbox, array, start, count, status);
    if (value)
        *value = value_of(row);
    mec_outbox_commit(outbox, status);
}

static bool is_among(size_t row, const size_t rows[N_SLICE]) {
    for (size_t i = 0; i < N_SLICE; i++)
        if (rows[i] == row)
            return true;
    return false;
}

/* The file holds these rows and nothing else, as rank 0 sees it. */
static bool file_holds(const size_t rows[N_SLICE]) {
    if (world.rank != 0)
        return true;
    mec_status status = {0};
    double found[N_ROW][N_COLUMN] = {{0}};
    hid_t file = mec_h5_open(path, H5F_ACC_RDONLY, &status);
    bool good = file >= 0 && mec_h5_transfer(file, "/rows", H5T_NATIVE_DOUBLE, found, false);
    H5Fclose(file);
    for (size_t row = 0; row < N_ROW && good; row++) {
        bool written = is_among(row, rows);
        good = written ? found[row][0] == value_of(row) : found[row][0] != found[row][0];
        good = good && found[row][1] != found[row][1];
    }
    return good;
}

/* One flush, in which `rank` has all there is. */
static void check_order(const size_t rows[N_SLICE], int rank) {
    check_about("rows %zu, %zu, %zu on rank %d", rows[0], rows[1], rows[2], rank);
    mec_status status = {0};
    mec_layout layout = {0};
    mec_outbox outbox = {.layout = &layout};
    mec_run_state state = MEC_RUN_STOPPED;
    int array = -1;
    remove_file(&world, path);
    mec_run_file *file = open_file(&layout, &array, &status);
    if (!CHECK_STATUS(&world, status, MEC_OK))
        return;
    for (size_t i = 0; i < N_SLICE && world.rank == rank; i++)
        put_row(&outbox, array, rows[i], &status);
    mec_run_file_flush(file, &outbox, NULL, 0, &status);
    mec_run_file_close(file, &state, NULL, NULL, &status);
    mec_outbox_release(&outbox);
    mec_layout_destroy(&layout);
    CHECK_STATUS(&world, status, MEC_OK);
    CHECK(&world, file_holds(rows));
}

static void slices_may_come_in_any_order(void) {
    for (size_t i = 0; i < (size_t)N_ROW * N_ROW * N_ROW; i++) {
        const size_t rows[N_SLICE] = {i / N_ROW / N_ROW, i / N_ROW % N_ROW, i % N_ROW};
        if (rows[0] != rows[1] && rows[0] != rows[2] && rows[1] != rows[2])
            check_order(rows, (int)i % world.size);
    }
}

int main(void) {
    start_together(&world);
    mec_h5_set_defaults();
    slices_may_come_in_any_order();
    remove_file(&world, path);
    return end_together(&world);
}
