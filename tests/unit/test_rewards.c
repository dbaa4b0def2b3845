#include "model/rewards.h"
#include "unit.h"

static const mec_box box = {-1.1, 1.1, -1.1, 1.1};
static const mec_reward papers = {{0.65, 0.85, 0.65, 0.85}, 0.2, 0.15, 0.15, 0.625, 7};

static void expect_good(mec_reward reward) {
    mec_status status = {0};
    assert_int_equal(mec_reward_check(&reward, &box, 20, &status), MEC_OK);
    assert_ok(status);
}

static void expect_refused(mec_reward reward, const char *part) {
    mec_status status = {0};
    assert_int_equal(mec_reward_check(&reward, &box, 20, &status), MEC_REFUSED);
    assert_status(status, MEC_REFUSED, part);
}

static void good_rewards_pass(void **state) {
    (void)state;
    mec_reward reward = papers; /* 0.85 - 0.65 is not 0.2 to the last bit */
    expect_good(reward);
    reward.probability = 1;
    reward.n_step = 20;
    expect_good(reward);
    /* up to the offset: 1.1 - 0.15 and -1.1 + 0.15 */
    reward.zone = (mec_box){0.75, 0.95, -0.95, -0.75};
    expect_good(reward);
    reward.zone = (mec_box){0.9, 1.1, -1.1, -0.9};
    reward.offset_x = 0;
    reward.offset_y = 0;
    expect_good(reward);
}

static void zones_hold_their_edges(void **state) {
    (void)state;
    assert_true(mec_reward_contains(&papers, 0.65, 0.85));
    assert_true(mec_reward_contains(&papers, 0.85, 0.65));
    assert_false(mec_reward_contains(&papers, nextafter(0.65, 0), 0.7));
    assert_false(mec_reward_contains(&papers, nextafter(0.85, 1), 0.7));
    assert_false(mec_reward_contains(&papers, 0.7, nextafter(0.65, 0)));
    assert_false(mec_reward_contains(&papers, 0.7, nextafter(0.85, 1)));
}

/* `change` makes the paper's reward a bad one. */
#define REFUSED(change, part)                                                                      \
    do {                                                                                           \
        mec_reward reward = papers;                                                                \
        change;                                                                                    \
        expect_refused(reward, part);                                                              \
    } while (0)

static void zones_of_another_size_are_refused(void **state) {
    (void)state;
    REFUSED(reward.size = 0, "[reward] zone_size: found 0; accepted: above 0 m");
    REFUSED(reward.size = NAN, "[reward] zone_size: found nan");
    REFUSED(reward.size = 0.25, "[reward] zone_max_x: found 0.85, which is 0.2 m above zone_min_x; "
                                "accepted: 0.25 m above, as zone_size says");
    REFUSED(reward.zone.max_y = 0.8, "[reward] zone_max_y: found 0.8, which is 0.15 m above");
    REFUSED(reward.zone.min_x = 1.05, "[reward] zone_max_x: found 0.85, which is -0.2 m above");
}

static void zones_near_or_outside_walls_are_refused(void **state) {
    (void)state;
    REFUSED(reward.zone = ((mec_box){0.76, 0.96, 0.65, 0.85}),
            "[reward] zone_min_x and zone_max_x: found 0.76 and 0.96; accepted: from -0.95 to 0.95 "
            "m, zone_x_offset = 0.15 m off the walls");
    REFUSED(reward.zone = ((mec_box){-0.96, -0.76, 0.65, 0.85}), "zone_min_x and zone_max_x");
    REFUSED(reward.zone = ((mec_box){0.65, 0.85, 0.76, 0.96}), "zone_min_y and zone_max_y");
    REFUSED(reward.zone = ((mec_box){0.65, 0.85, -0.96, -0.76}), "zone_min_y and zone_max_y");
    REFUSED(reward.zone = ((mec_box){3, 3.2, 0.65, 0.85}), "zone_min_x and zone_max_x");
    REFUSED(reward.offset_x = 0.3, "zone_min_x and zone_max_x");
    REFUSED(reward.offset_y = 0.3, "zone_min_y and zone_max_y");
    REFUSED(reward.offset_x = -0.1, "[reward] zone_x_offset: found -0.1; accepted: 0 m or more");
    REFUSED(reward.offset_y = NAN, "[reward] zone_y_offset: found nan");
}

static void bad_numbers_are_refused(void **state) {
    (void)state;
    REFUSED(reward.probability = 0, "[reward] zone_prob: found 0; accepted: above 0, at most 1");
    REFUSED(reward.probability = 1.01, "[reward] zone_prob: found 1.01");
    REFUSED(reward.probability = NAN, "[reward] zone_prob: found nan");
    REFUSED(reward.n_step = 0, "[reward] navigate_timesteps: found 0");
    REFUSED(reward.n_step = 21, "[reward] navigate_timesteps: found 21; accepted: 1 to "
                                "sequence_length, which is 20");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_rewards_pass),
        cmocka_unit_test(zones_hold_their_edges),
        cmocka_unit_test(zones_of_another_size_are_refused),
        cmocka_unit_test(zones_near_or_outside_walls_are_refused),
        cmocka_unit_test(bad_numbers_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
