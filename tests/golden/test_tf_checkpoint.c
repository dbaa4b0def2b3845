/* Every golden checkpoint, bit for bit the weights and moments of the network that was saved. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "golden.h"
#include "storage/model_file.h"
#include "storage/tf_bundle.h"
#include "unit.h"

static const struct {
    const char *run;
    size_t n_place, n_input;
    int64_t n_step; /* of the last checkpoint */
} runs[] = {
    {"CueUGRNN_relu_two_shards", 32, 7, 10},
    {"UGRNN_position_loss", 2, 2, 10},
    {"UGRNN_relu", 32, 2, 20},
    {"UGRNN_tanh_rewards", 32, 2, 10},
};
enum { N_RUN = sizeof runs / sizeof *runs, N_UNIT = 24 };

/* The arrays of a group of model.h5 against a block. */
static void compare(hid_t golden, const char *run, const char *group, const mec_network *network,
                    mec_real *block) {
    mec_weights view = mec_weights_view(network, block);
    for (mec_parameter p = 0; p < MEC_N_PARAMETER; p++) {
        char path[256];
        size_t count = 0;
        mec_matrix_shape shape = mec_parameter_shape(network, p);
        snprintf(path, sizeof path, "/training/%s/%s/%s", run, group, MEC_PARAMETER_NAMES[p]);
        double *wanted = golden_read(golden, path, &count, NULL);
        assert_int_equal(count, shape.rows * shape.columns);
        for (size_t i = 0; i < count; i++) {
            float value = (float)wanted[i];
            assert_memory_equal(&view.of[p][i], &value, sizeof value);
        }
        free(wanted);
    }
}

static mec_model_file *open_checkpoint(size_t run, const char *name, mec_model_info *info) {
    mec_status status = {0};
    mec_model_file *file =
        mec_model_file_open_run(MEC_GOLDEN_CHECKPOINTS, runs[run].run, name, &status);
    assert_ok(status);
    *info = *mec_model_file_info(file);
    assert_int_equal(info->network.n_unit, N_UNIT);
    assert_int_equal(info->network.n_place, runs[run].n_place);
    assert_int_equal(info->network.n_input, runs[run].n_input);
    assert_string_equal(mec_network_type_name(&info->network),
                        runs[run].n_input > 2 ? "CueUGRNN" : "UGRNN");
    assert_false(info->knows_activation);
    return file;
}

static void first_checkpoint_is_the_initial_network(void **state) {
    (void)state;
    hid_t golden = golden_open(MEC_GOLDEN_MODEL);
    for (size_t r = 0; r < N_RUN; r++) {
        mec_status status = {0};
        mec_model_info info;
        mec_model_file *file = open_checkpoint(r, "ckpt-1", &info);
        float *block = malloc(mec_network_count(&info.network) * sizeof *block);
        assert_non_null(block);
        assert_false(info.has_moments);
        assert_int_equal(info.step, 0);
        assert_int_equal(info.epoch, 0);
        assert_true(isnan(info.learning_rate) && isnan(info.beta_1) && isnan(info.beta_2));
        mec_model_file_read(file, block, NULL, NULL, &status);
        assert_ok(status);
        compare(golden, runs[r].run, "initial_weights", &info.network, block);
        free(block);
        mec_model_file_close(file);
    }
    H5Fclose(golden);
}

/* Asked for without a name: the text file `checkpoint` names the last one. */
static void last_checkpoint_is_the_final_network(void **state) {
    (void)state;
    hid_t golden = golden_open(MEC_GOLDEN_MODEL);
    for (size_t r = 0; r < N_RUN; r++) {
        mec_status status = {0};
        mec_model_info info;
        mec_model_file *file = open_checkpoint(r, "", &info);
        size_t n = mec_network_count(&info.network);
        float *block = malloc(3 * n * sizeof *block);
        assert_non_null(block);
        assert_true(info.has_moments);
        assert_int_equal(info.step, runs[r].n_step);
        assert_int_equal(info.epoch, 2);
        assert_true((float)info.learning_rate == 0.001F);
        assert_true((float)info.beta_1 == 0.9F && (float)info.beta_2 == 0.999F);
        assert_non_null(strstr(mec_model_file_name(file), "/ckpts/ckpt-3"));
        mec_model_file_read(file, block, block + n, block + 2 * n, &status);
        assert_ok(status);
        compare(golden, runs[r].run, "final_weights", &info.network, block);
        compare(golden, runs[r].run, "final_adam/m", &info.network, block + n);
        compare(golden, runs[r].run, "final_adam/v", &info.network, block + 2 * n);
        free(block);
        mec_model_file_close(file);
    }
    H5Fclose(golden);
}

/* The object graph, a string, has a checksum of its own kind. */
static void every_tensor_has_its_checksum(void **state) {
    (void)state;
    for (size_t r = 0; r < N_RUN; r++)
        for (int number = 1; number <= 3; number++) {
            mec_status status = {0};
            mec_tf_bundle bundle;
            char prefix[512];
            snprintf(prefix, sizeof prefix, "%s/%s/ckpts/ckpt-%d", MEC_GOLDEN_CHECKPOINTS,
                     runs[r].run, number);
            mec_tf_bundle_open(&bundle, prefix, &status);
            mec_tf_bundle_verify(&bundle, &status);
            assert_ok(status);
            assert_int_equal(bundle.n_shard, r == 0 ? 2 : 1);
            const mec_tensor *graph = mec_tf_bundle_find(&bundle, "_CHECKPOINTABLE_OBJECT_GRAPH");
            assert_non_null(graph);
            assert_int_equal(graph->type, MEC_TENSOR_STRING);
            mec_tf_bundle_close(&bundle);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_checkpoint_is_the_initial_network),
        cmocka_unit_test(last_checkpoint_is_the_final_network),
        cmocka_unit_test(every_tensor_has_its_checksum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
