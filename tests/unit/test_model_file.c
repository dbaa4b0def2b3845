/* Networks in checkpoints of TensorFlow, older and newer, and in run files; the ways to name one;
 * what does not fit is refused with file, tensor, what was found and what is accepted. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bundle.h"
#include "random.h"
#include "storage/checkpoint.h"
#include "storage/model_file.h"
#include "storage/skeleton.h"
#include "unit.h"

#define VALUE "/.ATTRIBUTES/VARIABLE_VALUE"

static char directory[] = "/tmp/mec_test_model_XXXXXX";

static int enter(void **state) {
    (void)state;
    mec_h5_set_defaults();
    strcpy(directory + strlen(directory) - 6, "XXXXXX");
    return mkdtemp(directory) ? 0 : -1;
}

static int leave(void **state) {
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", directory);
    return system(command);
}

static const char *inside(const char *name) {
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return path;
}

/* ---- a checkpoint made here ---- */

enum { N_UNIT = 3, N_PLACE = 4, N_INPUT = 5, MAX_COUNT = 200, N_BLOCK = 3 };

static const mec_network network = {.n_unit = N_UNIT, .n_place = N_PLACE, .n_input = N_INPUT};

static const char *const variables[MEC_N_PARAMETER] = {
    "net/encoder/kernel",  "net/encoder/bias",  "net/M/kernel",     "net/M/bias",
    "net/RNN/cell/weight", "net/RNN/cell/bias", "net/dense/kernel", "net/dense/bias",
    "net/decoder/kernel",  "net/decoder/bias",
};

/* Newer Keras lists moments in the order in which layers were made. */
static const mec_parameter listed[MEC_N_PARAMETER] = {
    MEC_W_ENC,   MEC_B_ENC, MEC_W_M,   MEC_B_M, MEC_W_DENSE,
    MEC_B_DENSE, MEC_W_DEC, MEC_B_DEC, MEC_W,   MEC_B,
};

typedef struct saved {
    float numbers[N_BLOCK][MAX_COUNT]; /* weights, m, v */
    int64_t iterations;
    float rate, beta, decay;
    char keys[N_BLOCK * MEC_N_PARAMETER + 4][96];
    bundle_item items[N_BLOCK * MEC_N_PARAMETER + 4];
    size_t n;
} saved;

static void add_scalar(saved *s, const char *key, int type, const void *bytes, size_t size) {
    snprintf(s->keys[s->n], sizeof s->keys[0], "%s" VALUE, key);
    s->items[s->n] =
        (bundle_item){.key = s->keys[s->n], .type = type, .bytes = bytes, .size = size};
    s->n++;
}

static void name_moment(char key[96], mec_parameter p, int block, bool newer) {
    int place = 0;
    while (listed[place] != p)
        place++;
    if (newer)
        snprintf(key, 96, "optimizer/_variables/%d" VALUE, 2 * place + block);
    else
        snprintf(key, 96, "%s/.OPTIMIZER_SLOT/optimizer/%c" VALUE, variables[p], "wmv"[block]);
}

/* Items block after block, in the order of parameters, so that tests find them. */
static void make(saved *s, bool newer) {
    uint64_t seed = 7;
    *s = (saved){.iterations = 1234567890123, .rate = 0.25F, .beta = 0.75F};
    for (int block = 0; block < N_BLOCK; block++) {
        mec_weights view = mec_weights_view(&network, s->numbers[block]);
        assert_true(mec_network_count(&network) <= MAX_COUNT);
        for (size_t i = 0; i < MAX_COUNT; i++)
            s->numbers[block][i] = (float)random_uniform(&seed);
        for (mec_parameter p = 0; p < MEC_N_PARAMETER; p++, s->n++) {
            mec_matrix_shape shape = mec_parameter_shape(&network, p);
            bool matrix = strstr(variables[p], "bias") == NULL;
            if (block == 0)
                snprintf(s->keys[s->n], sizeof s->keys[0], "%s" VALUE, variables[p]);
            else
                name_moment(s->keys[s->n], p, block, newer);
            s->items[s->n] = (bundle_item){.key = s->keys[s->n],
                                           .type = 1,
                                           .n_dim = matrix ? 2 : 1,
                                           .bytes = view.of[p],
                                           .size = shape.rows * shape.columns * sizeof(float)};
            s->items[s->n].dims[0] = matrix ? shape.rows : shape.columns;
            s->items[s->n].dims[1] = matrix ? shape.columns : 0;
        }
    }
    add_scalar(s, newer ? "optimizer/_iterations" : "optimizer/iter", 9, &s->iterations, 8);
    add_scalar(s, newer ? "optimizer/_learning_rate" : "optimizer/learning_rate", 1, &s->rate, 4);
    if (newer)
        return;
    add_scalar(s, "optimizer/beta_1", 1, &s->beta, 4);
    add_scalar(s, "optimizer/decay", 1, &s->decay, 4);
}

static void both_ways_of_saving_moments_are_read(void **state) {
    (void)state;
    for (int newer = 0; newer < 2; newer++) {
        mec_status status = {0};
        saved s;
        float found[N_BLOCK][MAX_COUNT];
        size_t bytes = mec_network_count(&network) * sizeof(float);
        make(&s, newer);
        bundle_write(inside("ckpt-2"), s.items, s.n, &(bundle_flaws){0});
        mec_model_file *file = mec_model_file_open(inside("ckpt-2"), &status);
        assert_ok(status);
        const mec_model_info *info = mec_model_file_info(file);
        assert_memory_equal(&info->network, &network, sizeof network);
        assert_true(info->has_moments);
        assert_int_equal(info->step, 1234567890123);
        assert_int_equal(info->epoch, -1);
        assert_true(info->learning_rate == 0.25);
        assert_true(newer ? isnan(info->beta_1) : info->beta_1 == 0.75);
        assert_true(isnan(info->beta_2));
        mec_model_file_read(file, found[0], found[1], found[2], &status);
        assert_ok(status);
        for (int block = 0; block < N_BLOCK; block++)
            assert_memory_equal(found[block], s.numbers[block], bytes);
        mec_model_file_close(file);
    }
}

/* ---- what does not fit ---- */

static void expect(const saved *s, const char *part) {
    mec_status status = {0};
    float found[N_BLOCK][MAX_COUNT];
    bundle_write(inside("ckpt-2"), s->items, s->n, &(bundle_flaws){0});
    mec_model_file *file = mec_model_file_open(inside("ckpt-2"), &status);
    if (file)
        mec_model_file_read(file, found[0], found[1], found[2], &status);
    assert_status(status, MEC_REFUSED, part);
    assert_non_null(strstr(status.message, inside("ckpt-2")));
    mec_model_file_close(file);
}

/* Every tensor in turn has one row more, lacks, or holds integers. */
static void a_tensor_that_does_not_fit_is_named(void **state) {
    (void)state;
    static uint8_t zeros[4 * MAX_COUNT];
    for (int newer = 0; newer < 2; newer++)
        for (size_t i = 0; i < N_BLOCK * MEC_N_PARAMETER; i++) {
            saved s;
            make(&s, newer);
            bundle_item *item = &s.items[i];
            bool infers = i == MEC_W_ENC || i == MEC_W_M; /* what the others are held against */
            bool tells = strstr(item->key, "net/encoder/kernel/.OPTIMIZER_SLOT/optimizer/m") ||
                         strcmp(item->key, "optimizer/_variables/1" VALUE) == 0;
            bundle_item good = *item;
            item->dims[0]++;
            item->size = item->dims[0] * (item->n_dim == 2 ? item->dims[1] : 1) * sizeof(float);
            item->bytes = zeros;
            expect(&s, infers ? "has shape" : item->key);
            *item = good;
            item->type = 3;
            expect(&s, item->key);
            *item = good;
            item->key = "unknown";
            if (!tells) /* without it there are no moments */
                expect(&s, good.key);
        }
}

static void what_else_does_not_fit_is_refused(void **state) {
    (void)state;
    saved s;
    make(&s, false);
    s.items[MEC_W_M].dims[0] = 1;
    s.items[MEC_W_M].size = N_UNIT * sizeof(float);
    expect(&s, "has shape [1, 3]; accepted: at least 2 inputs");
    make(&s, false);
    s.items[MEC_W_ENC].dims[0] = 0;
    s.items[MEC_W_ENC].size = 0;
    expect(&s, "has shape [0, 3]");
    make(&s, false);
    s.decay = 0.5F;
    expect(&s, "optimizer/decay is 0.5; accepted: 0");
    make(&s, false);
    s.iterations = -5;
    expect(&s, "the step is -5");
    make(&s, false);
    s.items[N_BLOCK * MEC_N_PARAMETER].type = 10;
    s.items[N_BLOCK * MEC_N_PARAMETER].size = 1;
    expect(&s, "optimizer/iter" VALUE " is bool of shape []; accepted: int64");
}

/* ---- which one ---- */

static void expect_name(const char *location, const char *wanted) {
    mec_status status = {0};
    char path[256];
    snprintf(path, sizeof path, "%s%s%s", directory, *location ? "/" : "", location);
    mec_model_file *file = mec_model_file_open(path, &status);
    assert_ok(status);
    assert_string_equal(mec_model_file_name(file), inside(wanted));
    mec_model_file_close(file);
}

static void expect_refusal(const char *location, const char *part) {
    mec_status status = {0};
    assert_null(mec_model_file_open(inside(location), &status));
    assert_status(status, MEC_REFUSED, part);
}

static void write_text(const char *name, const char *text) {
    bundle_save(inside(name), (const uint8_t *)text, strlen(text));
}

static void the_latest_of_a_folder_is_found(void **state) {
    (void)state;
    static const char *const names[] = {"run/ckpts/ckpt-2", "run/ckpts/ckpt-9", "run/ckpts/ckpt-10",
                                        "run/ckpts/other-77"};
    saved s;
    make(&s, false);
    assert_int_equal(mkdir(inside("run"), 0777), 0);
    assert_int_equal(mkdir(inside("run/ckpts"), 0777), 0);
    expect_refusal("run", "holds neither a file `checkpoint` nor any ckpt-N.index");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        bundle_write(inside(names[i]), s.items, s.n, &(bundle_flaws){0});
    expect_name("run", "run/ckpts/ckpt-10");
    expect_name("run/ckpts", "run/ckpts/ckpt-10");
    expect_name("run/ckpts/ckpt-9", "run/ckpts/ckpt-9");
    expect_name("run/ckpts/ckpt-9.index", "run/ckpts/ckpt-9");
    write_text("run/ckpts/checkpoint", "all_model_checkpoint_paths: \"ckpt-2\"\n"
                                       "model_checkpoint_path: \"/elsewhere/ckpts/ckpt-9\"\n");
    expect_name("run", "run/ckpts/ckpt-9");
    write_text("run/ckpts/checkpoint", "model_checkpoint_path: \"other-77\"");
    expect_name("run", "run/ckpts/other-77");
    write_text("run/ckpts/checkpoint", "model_checkpoint_path: \"ckpt-3\"\n");
    expect_refusal("run", "ckpts/ckpt-3.index: cannot be read");
    write_text("run/ckpts/checkpoint", "nothing\n");
    expect_refusal("run", "has no line model_checkpoint_path:");
    expect_refusal("run/ckpts/ckpt-11", "no such run file");
    expect_refusal("run/ckpts/checkpoint", "not a whole HDF5 file");
    mec_status status = {0};
    mec_model_file *file = mec_model_file_open_run(directory, "run", "ckpt-2", &status);
    assert_ok(status);
    assert_string_equal(mec_model_file_name(file), inside("run/ckpts/ckpt-2"));
    mec_model_file_close(file);
}

/* ---- run files ---- */

static const mec_run_identity identity = {
    .job = "train", .program_version = "0", .config = "", .identity_config = ""};

static void create_run(mec_model_info *info) {
    mec_status status = {0};
    mec_layout layout = {0};
    *info = (mec_model_info){.network = network,
                             .knows_activation = true,
                             .has_moments = true,
                             .learning_rate = 0.001,
                             .beta_1 = 0.9,
                             .beta_2 = NAN};
    info->network.activation = MEC_ACTIVATION_TANH;
    mec_run_file_describe(&layout, &identity, NULL, 0, &status);
    mec_checkpoint_describe_model(&layout, info, &status);
    mec_checkpoint_describe(&layout, &network, "100", false, &status);
    mec_checkpoint_describe(&layout, &network, "200", false, &status);
    mec_checkpoint_describe(&layout, &network, "resume_a", true, &status);
    mec_skeleton_write(inside("run.h5"), &identity, &layout, &status);
    assert_ok(status);
    mec_layout_destroy(&layout);
}

static void write_checkpoint(const saved *s, const char *name, int64_t step, bool moments,
                             mec_model_info *info) {
    mec_status status = {0};
    float *const blocks[N_BLOCK] = {(float *)s->numbers[0], moments ? (float *)s->numbers[1] : NULL,
                                    moments ? (float *)s->numbers[2] : NULL};
    hid_t file = mec_h5_open(inside("run.h5"), H5F_ACC_RDWR, &status);
    info->step = step;
    mec_checkpoint_write(file, "run.h5", name, info, blocks, &status);
    assert_ok(status);
    H5Fclose(file);
}

static void run_files_keep_networks(void **state) {
    (void)state;
    saved s;
    mec_model_info info;
    mec_status status = {0};
    float found[N_BLOCK][MAX_COUNT];
    size_t bytes = mec_network_count(&network) * sizeof(float);
    make(&s, false);
    create_run(&info);
    expect_refusal("run.h5", "holds no complete checkpoint");
    expect_refusal("run.h5:/checkpoints/100", "checkpoint 100 is not complete");
    expect_refusal("run.h5:/checkpoints/150", "has no checkpoint 150");
    expect_refusal("run.h5:/train", "accepted: /checkpoints/STEP");
    write_checkpoint(&s, "200", 200, false, &info);
    write_checkpoint(&s, "100", 100, false, &info);
    expect_name("run.h5", "run.h5:/checkpoints/200");
    expect_name("run.h5:/checkpoints/100", "run.h5:/checkpoints/100");
    write_checkpoint(&s, "resume_a", 200, true, &info);
    mec_model_file *file = mec_model_file_open(inside("run.h5"), &status);
    assert_ok(status);
    assert_string_equal(mec_model_file_name(file), inside("run.h5:/checkpoints/resume_a"));
    const mec_model_info *read = mec_model_file_info(file);
    assert_memory_equal(&read->network, &info.network, sizeof network);
    assert_true(read->knows_activation && read->has_moments);
    assert_int_equal(read->step, 200);
    assert_true(read->beta_1 == 0.9 && isnan(read->beta_2));
    mec_model_file_read(file, found[0], found[1], found[2], &status);
    assert_ok(status);
    for (int block = 0; block < N_BLOCK; block++)
        assert_memory_equal(found[block], s.numbers[block], bytes);
    mec_model_file_close(file);
}

/* Before a checkpoint is written its numbers are NaN, not zeros that look like weights. */
static void unwritten_weights_are_nan(void **state) {
    (void)state;
    mec_status status = {0};
    mec_model_info info;
    float values[N_PLACE * N_UNIT] = {0};
    create_run(&info);
    hid_t file = mec_h5_open(inside("run.h5"), H5F_ACC_RDONLY, &status);
    assert_true(mec_h5_transfer(file, "/checkpoints/resume_a/adam/v/W_enc", H5T_NATIVE_FLOAT,
                                values, false));
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        assert_true(isnan(values[i]));
    H5Fclose(file);
}

static void replace_array(const char *path, const hsize_t *dims, int n_dim) {
    mec_status status = {0};
    hid_t file = mec_h5_open(inside("run.h5"), H5F_ACC_RDWR, &status);
    assert_true(H5Ldelete(file, path, H5P_DEFAULT) >= 0);
    if (n_dim > 0) {
        hid_t space = H5Screate_simple(n_dim, dims, NULL);
        H5Dclose(
            H5Dcreate2(file, path, H5T_IEEE_F32LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
        H5Sclose(space);
    }
    H5Fclose(file);
}

static void run_files_that_do_not_fit_are_refused(void **state) {
    (void)state;
    saved s;
    mec_model_info info;
    make(&s, false);
    create_run(&info);
    write_checkpoint(&s, "100", 100, false, &info);
    replace_array("/checkpoints/100/weights/W_dec", (hsize_t[]){N_UNIT, N_PLACE + 1}, 2);
    expect_refusal("run.h5", "/checkpoints/100/weights/W_dec is 3 x 5; accepted: 3 x 4");
    replace_array("/checkpoints/100/weights/W_dec", NULL, 0);
    expect_refusal("run.h5", "has no /checkpoints/100/weights/W_dec");
    replace_array("/checkpoints/100/weights/W_M", (hsize_t[]){1, N_UNIT}, 2);
    expect_refusal("run.h5", "says 1 inputs");
    replace_array("/checkpoints/100/weights/W_enc", (hsize_t[]){1, 1, 1}, 3);
    expect_refusal("run.h5", "W_enc is no matrix or vector of numbers");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(both_ways_of_saving_moments_are_read, enter, leave),
        cmocka_unit_test_setup_teardown(a_tensor_that_does_not_fit_is_named, enter, leave),
        cmocka_unit_test_setup_teardown(what_else_does_not_fit_is_refused, enter, leave),
        cmocka_unit_test_setup_teardown(the_latest_of_a_folder_is_found, enter, leave),
        cmocka_unit_test_setup_teardown(run_files_keep_networks, enter, leave),
        cmocka_unit_test_setup_teardown(unwritten_weights_are_nan, enter, leave),
        cmocka_unit_test_setup_teardown(run_files_that_do_not_fit_are_refused, enter, leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
