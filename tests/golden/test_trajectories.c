#include <stdio.h>
#include <stdlib.h>

#include "golden.h"
#include "model/place_cells.h"
#include "model/trajectories.h"
#include "unit.h"

typedef struct walk_case {
    const char *name;
    uint32_t seed; /* of its first batch */
    size_t n_batch;
    mec_walk walk;
} walk_case;

#define SQUARE                                                                                     \
    { -1.1, 1.1, -1.1, 1.1 }

static const mec_cue five_cues[5] = {{0, 0, 0.3, 0.3},
                                     {0.35, 0.35, 0.2, 0.2},
                                     {-0.3, -0.3, 0.1, 0.1},
                                     {0.6, 0.5, 0.1, 0.1},
                                     {-0.7, -0.6, 0.06, 0.06}};
static const mec_reward papers_reward = {{0.65, 0.85, 0.65, 0.85}, 0.2, 0.15, 0.15, 0.625, 7};
static const mec_reward near_reward = {{-0.4, -0.1, 0.1, 0.4}, 0.3, 0.15, 0.15, 1, 5};

static const walk_case cases[] = {
    {"plain", 0, 3, {SQUARE, 6, 20, 0.02, .reward = NULL}},
    {"plain_long", 4, 1, {SQUARE, 3, 60, 0.02, .reward = NULL}},
    {"off_centre", 11, 1, {{-1, 1.5, 0.25, 1.25}, 6, 20, 0.02, .reward = NULL}},
    {"cues", 3, 2, {SQUARE, 6, 20, 0.02, five_cues, 5, 0.5, NULL}},
    {"two_cues_prob_0.3", 8, 1, {SQUARE, 6, 20, 0.02, five_cues + 1, 2, 0.3, NULL}},
    {"rewards", 5, 2, {SQUARE, 6, 20, 0.02, .reward = &papers_reward}},
    {"rewards_5_steps", 6, 1, {SQUARE, 6, 20, 0.02, .reward = &near_reward}},
};
enum { N_CASE = sizeof cases / sizeof *cases };

static bool exists(hid_t file, const char *batch, const char *array) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", batch, array);
    return H5Lexists(file, path, H5P_DEFAULT) > 0;
}

/* The file has trajectories first, (batch, T, width); here time comes first. */
static void compare(hid_t file, const char *batch, const char *array, const double *found,
                    const mec_trajectories *size, size_t width, double tolerance) {
    char path[128];
    size_t count = 0;
    snprintf(path, sizeof path, "%s/%s", batch, array);
    double *wanted = golden_read(file, path, &count, NULL);
    assert_int_equal(count, size->batch_size * size->sequence_length * width);
    for (size_t i = 0; i < size->batch_size; i++)
        for (size_t t = 0; t < size->sequence_length; t++)
            for (size_t k = 0; k < width; k++)
                assert_near(found[(t * size->batch_size + i) * width + k],
                            wanted[(i * size->sequence_length + t) * width + k], tolerance);
    free(wanted);
}

/* The codes of the trajectories' positions, where the file has them. */
static void compare_codes(hid_t file, const char *name, const mec_trajectories *batch,
                          const mec_box *box) {
    const mec_place_options options = {*box, 32, 0.12, 2, .dog = true};
    const size_t n = batch->batch_size * batch->sequence_length;
    mec_trajectories start = {.batch_size = batch->batch_size, .sequence_length = 1};
    mec_status status = {0};
    mec_place_cells cells;
    double *code = malloc(n * 32 * sizeof *code);
    assert_non_null(code);
    mec_place_cells_create(&cells, &options, &status);
    assert_ok(status);
    mec_place_cells_encode(&cells, batch->initial, batch->batch_size, code);
    compare(file, name, "initial_place_code", code, &start, 32, 1e-13);
    if (exists(file, name, "target_place_code")) {
        mec_place_cells_encode(&cells, batch->target, n, code);
        compare(file, name, "target_place_code", code, batch, 32, 1e-13);
    }
    mec_place_cells_destroy(&cells);
    free(code);
}

static void compare_batch(hid_t file, const walk_case *c, const char *name,
                          const mec_trajectories *batch) {
    mec_trajectories start = {.batch_size = batch->batch_size, .sequence_length = 1};
    compare(file, name, "initial_position", batch->initial, &start, 2, 1e-12);
    compare(file, name, "velocity", batch->velocity, batch, 2, 1e-12);
    compare(file, name, "target_position", batch->target, batch, 2, 1e-12);
    compare_codes(file, name, batch, &c->walk.box);
    assert_int_equal(exists(file, name, "cue_distance"), batch->cue != NULL);
    if (batch->cue)
        compare(file, name, "cue_distance", batch->cue, batch, c->walk.n_cue, 1e-12);
    assert_int_equal(exists(file, name, "reward"), batch->reward != NULL);
    if (batch->reward) {
        size_t n = batch->batch_size * batch->sequence_length;
        double *reward = malloc(n * sizeof *reward);
        assert_non_null(reward);
        for (size_t i = 0; i < n; i++)
            reward[i] = batch->reward[i];
        compare(file, name, "reward", reward, batch, 1, 0);
        free(reward);
    }
}

static void compare_case(hid_t file, const walk_case *c) {
    mec_status status = {0};
    mec_trajectories batch;
    mec_walk_check(&c->walk, &status);
    assert_ok(status);
    mec_trajectories_create(&batch, &c->walk, &status);
    assert_ok(status);
    for (size_t k = 0; k < c->n_batch; k++) {
        char name[96];
        snprintf(name, sizeof name, "/trajectories/%s/batch%zu", c->name, k);
        mec_trajectories_draw_seeded(&batch, &c->walk, c->seed + (uint32_t)k, &status);
        assert_ok(status);
        compare_batch(file, c, name, &batch);
    }
    mec_trajectories_destroy(&batch);
}

static void batches_agree(void **state) {
    (void)state;
    mec_status status = {0};
    hid_t file = golden_open(MEC_GOLDEN_MODEL);
    hid_t group = H5Gopen2(file, "/trajectories", H5P_DEFAULT);
    char **names = NULL;
    size_t n_name = mec_h5_list_groups(group, &names, &status);
    assert_ok(status);
    assert_int_equal(n_name, N_CASE);
    for (size_t i = 0; i < N_CASE; i++) {
        hid_t batches = H5Gopen2(group, cases[i].name, H5P_DEFAULT);
        H5G_info_t info;
        assert_true(H5Gget_info(batches, &info) >= 0);
        assert_int_equal(info.nlinks, cases[i].n_batch);
        compare_case(file, &cases[i]);
        H5Gclose(batches);
    }
    mec_h5_free_names(names, n_name);
    H5Gclose(group);
    H5Fclose(file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batches_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
