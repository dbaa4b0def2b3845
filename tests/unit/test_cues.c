#include "model/cues.h"
#include "unit.h"

static const mec_box box = {-1, 2, 0, 1};

static void expect_good(const mec_cue *cues, size_t n_cue) {
    mec_status status = {0};
    assert_int_equal(mec_cues_check(cues, n_cue, &box, &status), MEC_OK);
    assert_ok(status);
}

static void expect_refused(const mec_cue *cues, size_t n_cue, const char *part) {
    mec_status status = {0};
    assert_int_equal(mec_cues_check(cues, n_cue, &box, &status), MEC_REFUSED);
    assert_status(status, MEC_REFUSED, part);
}

static void distances_are_those_to_the_rectangle(void **state) {
    (void)state;
    const mec_cue cue = {0.5, -0.25, 0.2, 0.4}; /* x 0.4 to 0.6, y -0.45 to -0.05 */
    assert_near(mec_cue_distance(&cue, 0.5, -0.2), 0, 0);
    assert_near(mec_cue_distance(&cue, 0.59, -0.44), 0, 0);
    assert_near(mec_cue_distance(&cue, 0.9, -0.2), 0.3, 1e-15);
    assert_near(mec_cue_distance(&cue, 0.1, -0.2), 0.3, 1e-15);
    assert_near(mec_cue_distance(&cue, 0.45, 0.25), 0.3, 1e-15);
    assert_near(mec_cue_distance(&cue, 0.45, -0.75), 0.3, 1e-15);
    for (int x = -1; x <= 1; x += 2)
        for (int y = -1; y <= 1; y += 2)
            assert_near(mec_cue_distance(&cue, 0.5 + x * 0.4, -0.25 + y * 0.6), 0.5, 1e-15);
}

static void good_cues_pass(void **state) {
    (void)state;
    const mec_cue cues[] = {{0, 0.5, 0.3, 0.3}, {0.26, 0.5, 0.2, 0.3}, {0, 0.76, 0.3, 0.2}};
    expect_good(cues, 3);
    expect_good(NULL, 0);
    /* up to the walls, whatever the rounding of 0.85 + 0.3 / 2 */
    const mec_cue whole = {0.5, 0.5, 3, 1};
    const mec_cue corner = {1.85, 0.85, 0.3, 0.3};
    expect_good(&whole, 1);
    expect_good(&corner, 1);
}

static void cues_without_a_size_are_refused(void **state) {
    (void)state;
    const mec_cue bad[] = {
        {0, 0.5, 0, 0.1}, {0, 0.5, 0.1, 0}, {0, 0.5, -0.1, 0.1}, {0, 0.5, NAN, 0.1}};
    for (size_t i = 0; i < 4; i++) {
        const mec_cue cues[] = {{1, 0.5, 0.1, 0.1}, bad[i]};
        expect_refused(cues, 2, "[cues] cue 2: found 0 0.5 ");
        expect_refused(cues, 2, "; accepted: width and height above 0 m");
    }
}

static void cues_outside_the_box_are_refused(void **state) {
    (void)state;
    const mec_cue bad[] = {{-0.95, 0.5, 0.2, 0.1}, {1.95, 0.5, 0.2, 0.1}, {0, 0.01, 0.1, 0.1},
                           {0, 0.99, 0.1, 0.1},    {0, 5, 0.1, 0.1},      {NAN, 0.5, 0.1, 0.1},
                           {0, 0.5, INFINITY, 0.1}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect_refused(
            &bad[i], 1,
            ", which reaches outside the box; accepted: inside the box, x from -1 to 2 m "
            "and y from 0 to 1 m");
    expect_refused(bad, 1, "[cues] cue 1: found -0.95 0.5 0.2 0.1");
}

/* The second cue of each pair overlaps, touches, or lies within the first; 0.15 + 0.1 is rounded.
 */
static void cues_that_meet_are_refused(void **state) {
    (void)state;
    const mec_cue bad[] = {{0.1, 0.6, 0.3, 0.3},   {0.25, 0.5, 0.2, 0.3}, {-0.25, 0.5, 0.2, 0.3},
                           {0, 0.75, 0.3, 0.2},    {0, 0.25, 0.3, 0.2},   {0.25, 0.75, 0.2, 0.2},
                           {0.01, 0.5, 0.02, 0.02}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const mec_cue cues[] = {{1.5, 0.5, 0.1, 0.1}, {0, 0.5, 0.3, 0.3}, bad[i]};
        expect_refused(cues, 3, "[cues] cue 3: found ");
        expect_refused(cues, 3,
                       ", which overlaps or touches cue 2 (0 0.5 0.3 0.3); accepted: cues that lie "
                       "apart");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distances_are_those_to_the_rectangle),
        cmocka_unit_test(good_cues_pass),
        cmocka_unit_test(cues_without_a_size_are_refused),
        cmocka_unit_test(cues_outside_the_box_are_refused),
        cmocka_unit_test(cues_that_meet_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
