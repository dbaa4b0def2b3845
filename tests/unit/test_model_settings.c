/* From the text of the settings to boxes, place cells, networks; words against the layers' own. */
#include <string.h>

#include "base/text.h"
#include "model/model_settings.h"
#include "unit.h"

static mec_settings *read_text(const char *text) {
    mec_status status = {0};
    mec_settings *settings = mec_settings_create(&job_section_table, &status);
    assert_non_null(settings);
    mec_settings_read(settings, "job.ini", text, strlen(text), &status);
    assert_ok(status);
    return settings;
}

/* The words of a key are these, in this order. */
static void check_words(const char *section_name, const char *key, const char *const *names) {
    const mec_section *section = job_section(section_name);
    size_t i = 0;
    while (strcmp(section->settings[i].key, key) != 0)
        i++;
    int n = 0;
    for (; names[n]; n++)
        assert_int_equal(mec_text_index(section->settings[i].accepted, names[n]), n);
    char word[64];
    const char *rest = section->settings[i].accepted;
    while (mec_text_next(&rest, " ", word, sizeof word))
        n--;
    assert_int_equal(n, 0);
}

static void words_are_those_of_the_layers(void **state) {
    (void)state;
    check_words("model", "activation", MEC_ACTIVATION_NAMES);
    check_words("ratemaps", "layers", (const char *const[]){"pre_g", "g", "dc", NULL});
}

static mec_box box_of(const char *text) {
    mec_box box = {0};
    mec_status status = {0};
    mec_settings *settings = read_text(text);
    model_settings_box(settings, &box, &status);
    assert_ok(status);
    mec_settings_destroy(settings);
    return box;
}

static void check_box(mec_box box, double min_x, double max_x, double min_y, double max_y) {
    assert_near(box.min_x, min_x, 1e-15);
    assert_near(box.max_x, max_x, 1e-15);
    assert_near(box.min_y, min_y, 1e-15);
    assert_near(box.max_y, max_y, 1e-15);
}

static void a_box_has_a_size_or_edges(void **state) {
    (void)state;
    check_box(box_of(""), -1.1, 1.1, -1.1, 1.1);
    check_box(box_of("[model]\nbox_width = 1\n"), -0.5, 0.5, -1.1, 1.1);
    check_box(box_of("[model]\nmin_x = -1\nmax_x = 1.5\nmin_y = 0.25\nmax_y = 1.25\n"), -1, 1.5,
              0.25, 1.25);
    check_box(box_of("[model]\nbox_width = 0.3\nmin_x = 0.1\nmax_x = 0.4\n"), 0.1, 0.4, -1.1, 1.1);
}

typedef mec_code (*reader)(mec_settings *settings, mec_status *status);

static mec_code read_box(mec_settings *settings, mec_status *status) {
    mec_box box;
    return model_settings_box(settings, &box, status);
}

static mec_code read_place(mec_settings *settings, mec_status *status) {
    mec_place_options options;
    return model_settings_place(settings, &(mec_box){-1, 1, -1, 1}, &options, status);
}

static mec_code read_network(mec_settings *settings, mec_status *status) {
    mec_network network;
    return model_settings_network(settings, &network, status);
}

static mec_code read_walk(mec_settings *settings, mec_status *status) {
    model_walk walk = {0};
    return model_settings_walk(settings, &(mec_box){-1, 1, -1, 1}, &walk, status);
}

static mec_code read_origin(mec_settings *settings, mec_status *status) {
    model_origin origin;
    return model_settings_origin(settings, &origin, status);
}

static void refuses(reader read, const char *text, const char *part) {
    mec_status status = {0};
    mec_settings *settings = read_text(text);
    read(settings, &status);
    assert_status(status, MEC_REFUSED, part);
    assert_null(strchr(status.message, '\n'));
    mec_settings_destroy(settings);
}

static void what_cannot_be_is_refused(void **state) {
    (void)state;
    refuses(read_box, "[model]\nmin_x = -1\n",
            "job.ini:2: [model] min_x: is given without max_x; accepted: both, or neither");
    refuses(read_box, "[model]\nmin_y = 1\nmax_y = 1\n",
            "job.ini:2: [model] min_y: found 1; accepted: less than max_y, which is 1");
    refuses(read_box, "[model]\nbox_height = 2\nmin_y = 0\nmax_y = 1\n",
            "job.ini:2: [model] box_height: found 2; accepted: max_y - min_y, which is 1");
    refuses(read_place, "[model]\nNp = 2\n",
            "job.ini:2: [model] Np: found 2; accepted: at least 3");
    refuses(read_place, "[model]\nplace_cell_identity = yes\n",
            "default: [model] Np: found 512; accepted: 2 with place_cell_identity");
    refuses(read_network, "[model]\nrnn_type = CueUGRNN\n", "found CueUGRNN and no cue");
    refuses(read_network, "[cues]\ncue = 0 0 1 1\ncue = 2 2 1 1\n", "[cues] cue: found 2, and");
    refuses(read_origin, "", "weights come from nowhere; accepted: file");
    refuses(read_origin, "[model]\nfile = a\nload_dir = b\nrun_ID = c\n", "more than one place");
    refuses(read_origin, "[model]\nfile = a\nrandom_init = yes\n", "more than one place");
    refuses(read_origin, "[model]\nload_dir = a\n", "run_ID: is empty");
    refuses(read_origin, "[model]\nckpt_file = a\n", "load_dir: is empty");
}

static void what_is_wrong_with_walks_has_a_line(void **state) {
    (void)state;
    refuses(read_walk,
            "[cues]\ncue = 0 0 .5 .5\n\ncue = 2 0 .5 .5\ncue_prob = 1\ncue = .8 0 .1 .1\n",
            "job.ini:4: [cues] cue 2: found 2 0 0.5 0.5, which reaches outside the box");
    refuses(read_walk, "[reward]\nzone_size = 0.1\n",
            "job.ini:2: [reward] zone_max_x: found 0.85, which is 0.2 m above zone_min_x");
    refuses(read_walk, "[reward]\n[model]\nsequence_length = 3\n",
            "job.ini:1: [reward] navigate_timesteps: found 7; accepted: 1 to");
    refuses(read_walk, "[cues]\ncue = 0 0 .5 .5\n[reward]\nzone_prob = 1\n",
            "job.ini:3: [reward]: found together with [cues]");
}

static void settings_make_a_network(void **state) {
    (void)state;
    mec_status status = {0};
    mec_network network;
    mec_settings *settings = read_text("[model]\nrnn_type = CueUGRNN\nNg = 24\nNp = 32\n"
                                       "activation = gelu\n[cues]\ncue = 0 0 1 1\n");
    model_settings_network(settings, &network, &status);
    assert_ok(status);
    assert_int_equal(network.n_unit, 24);
    assert_int_equal(network.n_place, 32);
    assert_int_equal(network.n_input, 3);
    assert_int_equal(network.activation, MEC_ACTIVATION_GELU);
    mec_settings_destroy(settings);
}

static void a_box_has_one_name(void **state) {
    (void)state;
    char name[MODEL_BOX_NAME_SIZE];
    model_box_name(&(mec_box){-1.1, 1.1, -1.1, 1.1}, name);
    assert_string_equal(name, "2.2");
    model_box_name(&(mec_box){-0.5, 0.5, -0.5, 0.5}, name);
    assert_string_equal(name, "1.0");
    model_box_name(&(mec_box){-0.5, 0.5, -0.5, 0.25}, name);
    assert_string_equal(name, "-0.5_0.5_-0.5_0.25");
    model_box_name(&(mec_box){-1, 1.5, 0.25, 1.25}, name);
    assert_string_equal(name, "-1_1.5_0.25_1.25");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_those_of_the_layers),
        cmocka_unit_test(a_box_has_a_size_or_edges),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(what_is_wrong_with_walks_has_a_line),
        cmocka_unit_test(settings_make_a_network),
        cmocka_unit_test(a_box_has_one_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
