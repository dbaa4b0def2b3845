#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "golden.h"
#include "maps/splits.h"
#include "unit.h"

static void compare_part(hid_t file, const char *split, const char *part, const uint32_t *order,
                         size_t n) {
    char path[128];
    size_t count = 0;
    snprintf(path, sizeof path, "/splits/%s/%s", split, part);
    double *wanted = golden_read(file, path, &count, NULL);
    assert_int_equal(n, count);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(order[i], wanted[i]);
    free(wanted);
}

static void compare_split(hid_t file, const char *name, size_t n, double train_frac,
                          uint32_t seed) {
    uint32_t *states = malloc(n * sizeof *states);
    uint32_t *order = malloc(n * sizeof *order);
    assert_true(states && order);
    for (size_t i = 0; i < n; i++)
        states[i] = (uint32_t)i;
    mec_split_random(seed, states, n, order);
    size_t n_train = mec_split_n_train(n, train_frac);
    compare_part(file, name, "train", order, n_train);
    compare_part(file, name, "test", order + n_train, n - n_train);
    free(states);
    free(order);
}

static void random_splits_agree(void **state) {
    (void)state;
    mec_status status = {0};
    hid_t file = golden_open(MEC_GOLDEN_FITS);
    hid_t group = H5Gopen2(file, "/splits", H5P_DEFAULT);
    char **names = NULL;
    size_t n_name = mec_h5_list_groups(group, &names, &status);
    size_t n_compared = 0;
    assert_ok(status);
    for (size_t i = 0; i < n_name; i++) {
        size_t n = 0;
        double train_frac = 0;
        uint32_t seed = 0;
        if (sscanf(names[i], "n%zu_f%lf_s%u", &n, &train_frac, &seed) != 3)
            continue; /* a structured split */
        compare_split(file, names[i], n, train_frac, seed);
        n_compared++;
    }
    assert_int_equal(n_compared, 6);
    mec_h5_free_names(names, n_name);
    H5Gclose(group);
    H5Fclose(file);
}

/* All splits of a kind on one grid: /splits/<kind>_<rows>x<columns>/<split>. */
static size_t compare_structured(hid_t file, const char *name, mec_split_kind kind,
                                 const mec_bins *bins) {
    size_t n = bins->n_row * bins->n_column;
    uint32_t *states = malloc(n * sizeof *states);
    uint32_t *order = malloc(n * sizeof *order);
    assert_true(states && order);
    for (size_t i = 0; i < n; i++)
        states[i] = (uint32_t)i;
    for (size_t split = 0; split < mec_split_count(kind); split++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%zu", name, split);
        size_t n_train = mec_split_structured(kind, split, bins, states, n, order);
        compare_part(file, path, "train", order, n_train);
        compare_part(file, path, "test", order + n_train, n - n_train);
    }
    free(states);
    free(order);
    return mec_split_count(kind);
}

/* As many splits as the file has, no more and no fewer. */
static void structured_splits_agree(void **state) {
    (void)state;
    mec_status status = {0};
    hid_t file = golden_open(MEC_GOLDEN_FITS);
    hid_t group = H5Gopen2(file, "/splits", H5P_DEFAULT);
    char **names = NULL;
    size_t n_name = mec_h5_list_groups(group, &names, &status);
    size_t n_compared = 0;
    assert_ok(status);
    for (size_t i = 0; i < n_name; i++) {
        mec_bins bins = {0};
        char kind[32];
        if (sscanf(names[i], "%31[a-z0-9]_%zux%zu", kind, &bins.n_row, &bins.n_column) != 3)
            continue; /* a random split */
        int index = mec_text_index(MEC_SPLIT_NAMES, kind);
        hid_t splits = H5Gopen2(group, names[i], H5P_DEFAULT);
        H5G_info_t info;
        assert_true(index >= 0);
        assert_true(H5Gget_info(splits, &info) >= 0);
        H5Gclose(splits);
        size_t n = compare_structured(file, names[i], (mec_split_kind)index, &bins);
        assert_int_equal(n, info.nlinks);
        n_compared += n;
    }
    assert_int_equal(n_compared, 3 * (2 + 2 + 2 + 2 + 4));
    mec_h5_free_names(names, n_name);
    H5Gclose(group);
    H5Fclose(file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_splits_agree),
        cmocka_unit_test(structured_splits_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
