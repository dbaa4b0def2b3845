#include "model/walker.h"
#include "unit.h"

/* An off-centre box, so that no edge can stand in for another. */
static const mec_box box = {-1, 2, 0.5, 1.5};
static const double DT = 0.02;

static mec_walker step(mec_walker walker, double speed, double turn) {
    double moved[2];
    mec_walker next = walker;
    mec_walker_step(&next, &box, DT, speed, turn, moved);
    assert_near(next.x - walker.x, moved[0], 1e-15);
    assert_near(next.y - walker.y, moved[1], 1e-15);
    return next;
}

static void far_from_walls_it_moves_then_turns(void **state) {
    (void)state;
    mec_walker next = step((mec_walker){0.3, 1, 0.7}, 5, -3);
    assert_near(next.x, 0.3 + 0.1 * cos(0.7), 1e-15);
    assert_near(next.y, 1 + 0.1 * sin(0.7), 1e-15);
    assert_near(next.heading, 0.7 - 0.06, 1e-15);
}

/* At 0.02 m from a wall, heading for it a little to the left: a quarter of the way, and a turn to
 * the left until it runs along the wall. The heading may have gone round any number of times. */
static void near_a_wall_it_slows_and_turns_away(void **state) {
    (void)state;
    const double at[4][2] = {{1.98, 1}, {0.3, 1.48}, {-0.98, 1}, {0.3, 0.52}};
    for (int wall = 0; wall < 4; wall++)
        for (int side = -1; side <= 1; side += 2)
            for (int round = -2; round <= 2; round++) {
                double direction = wall * M_PI_2;
                double heading = direction + side * 0.3 + round * 2 * M_PI;
                mec_walker next = step((mec_walker){at[wall][0], at[wall][1], heading}, 5, 1);
                assert_near(next.x, at[wall][0] + 0.025 * cos(heading), 1e-14);
                assert_near(next.y, at[wall][1] + 0.025 * sin(heading), 1e-14);
                assert_near(next.heading, heading + side * (M_PI_2 - 0.3) + 0.02, 1e-14);
            }
}

static void expect_free(mec_walker walker) {
    mec_walker next = step(walker, 5, 1);
    assert_near(hypot(next.x - walker.x, next.y - walker.y), 0.1, 1e-14);
    assert_near(next.heading, walker.heading + 0.02, 1e-14);
}

static void a_wall_behind_or_far_is_nothing(void **state) {
    (void)state;
    expect_free((mec_walker){1.98, 1, M_PI_2 + 0.01});
    expect_free((mec_walker){1.98, 1, -M_PI_2 - 0.01});
    expect_free((mec_walker){1.969, 1, 0.3});
    expect_free((mec_walker){-0.98, 1, 0.3});
    expect_free((mec_walker){0.3, 0.52, 0.3});
}

/* Straight at the wall there is no side to turn to: it only slows, as in the published code. */
static void straight_at_the_wall_it_only_slows(void **state) {
    (void)state;
    mec_walker next = step((mec_walker){1.98, 1, 0}, 5, 1);
    assert_near(next.x, 1.98 + 0.025, 1e-15);
    assert_near(next.heading, 0.02, 1e-15);
}

/* In a corner, as near to one wall as to the other, the first of +x, +y, -x, -y counts. */
static void in_a_corner_the_first_wall_counts(void **state) {
    (void)state;
    const mec_box square = {-1, 1, -1, 1};
    mec_walker walker = {0.984375, 0.984375, 0.5}; /* whose distances are exactly the same */
    double moved[2];
    mec_walker_step(&walker, &square, DT, 5, 0, moved);
    assert_near(walker.heading, M_PI_2, 1e-15);
}

/* A walk that is already outside is near the wall too. */
static void outside_it_is_near(void **state) {
    (void)state;
    mec_walker next = step((mec_walker){2.1, 1, 0.3}, 5, 0);
    assert_near(next.heading, M_PI_2, 1e-15);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(far_from_walls_it_moves_then_turns),
        cmocka_unit_test(near_a_wall_it_slows_and_turns_away),
        cmocka_unit_test(a_wall_behind_or_far_is_nothing),
        cmocka_unit_test(straight_at_the_wall_it_only_slows),
        cmocka_unit_test(in_a_corner_the_first_wall_counts),
        cmocka_unit_test(outside_it_is_near),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
