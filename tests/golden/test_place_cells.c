#include <stdio.h>
#include <stdlib.h>

#include "golden.h"
#include "model/place_cells.h"
#include "unit.h"

typedef struct place_case {
    const char *name;
    mec_place_options options;
} place_case;

#define SQUARE                                                                                     \
    { -1.1, 1.1, -1.1, 1.1 }

static const place_case cases[] = {
    {"paper", {SQUARE, 512, 0.12, 2, .dog = true}},
    {"small", {SQUARE, 32, 0.12, 2, .dog = true}},
    {"no_DoG", {SQUARE, 32, 0.12, 2, .dog = false}},
    {"wide_surround", {SQUARE, 32, 0.2, 3, .dog = true}},
    {"off_centre", {{-1, 1.5, 0.25, 1.25}, 32, 0.12, 2, .dog = true}},
};
enum { N_CASE = sizeof cases / sizeof *cases };

static double *read_array(hid_t file, const place_case *c, const char *array, size_t *count) {
    char path[96];
    snprintf(path, sizeof path, "/place_cells/%s/%s", c->name, array);
    return golden_read(file, path, count, NULL);
}

/* Bit for bit where the tolerance is 0. */
static void compare(hid_t file, const place_case *c, const char *array, const double *found,
                    size_t n, double tolerance) {
    size_t count = 0;
    double *wanted = read_array(file, c, array, &count);
    assert_int_equal(count, n);
    for (size_t i = 0; i < n; i++)
        assert_near(found[i], wanted[i], tolerance);
    free(wanted);
}

/* Floats in the order of the activations. Far from a position these differ by less than a float can
 * tell, and the published code finds the most active in double precision. */
static float *in_order(const double *activation, size_t n, size_t n_cell) {
    float *order = calloc(n * n_cell, sizeof *order);
    assert_non_null(order);
    for (size_t i = 0; i < n * n_cell; i++)
        for (size_t cell = 0; cell < n_cell; cell++)
            order[i] -= activation[i / n_cell * n_cell + cell] > activation[i];
    return order;
}

static void compare_decoded(hid_t file, const place_case *c, const mec_place_cells *cells,
                            size_t n) {
    double *activation = read_array(file, c, "activation", NULL);
    float *order = in_order(activation, n, c->options.n_cell);
    double *decoded = malloc(2 * n * sizeof *decoded);
    assert_non_null(decoded);
    mec_place_cells_decode(cells, order, n, decoded);
    compare(file, c, "decoded", decoded, 2 * n, 1e-15);
    free(activation);
    free(order);
    free(decoded);
}

static void compare_case(hid_t file, const place_case *c) {
    mec_status status = {0};
    mec_place_cells cells;
    size_t n = 0;
    double *positions = read_array(file, c, "positions", &n);
    n /= 2;
    double *code = malloc(n * c->options.n_cell * sizeof *code);
    assert_non_null(code);
    mec_place_cells_create(&cells, &c->options, &status);
    assert_ok(status);
    compare(file, c, "centres", cells.centres, 2 * c->options.n_cell, 0);
    mec_place_cells_encode(&cells, positions, n, code);
    compare(file, c, "activation", code, n * c->options.n_cell, 1e-14);
    compare_decoded(file, c, &cells, n);
    mec_place_cells_destroy(&cells);
    free(positions);
    free(code);
}

static void place_cells_agree(void **state) {
    (void)state;
    mec_status status = {0};
    hid_t file = golden_open(MEC_GOLDEN_MODEL);
    hid_t group = H5Gopen2(file, "/place_cells", H5P_DEFAULT);
    char **names = NULL;
    size_t n_name = mec_h5_list_groups(group, &names, &status);
    assert_ok(status);
    assert_int_equal(n_name, N_CASE);
    for (size_t i = 0; i < N_CASE; i++)
        compare_case(file, &cases[i]);
    mec_h5_free_names(names, n_name);
    H5Gclose(group);
    H5Fclose(file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(place_cells_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
