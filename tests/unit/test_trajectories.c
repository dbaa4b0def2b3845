#include "model/trajectories.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

enum { N = 40, T = 20 };

#define SQUARE                                                                                     \
    { -1.1, 1.1, -1.1, 1.1 }

static const mec_cue two_cues[] = {{0, 0, 0.3, 0.3}, {0.35, 0.35, 0.2, 0.2}};
static const mec_reward papers_reward = {{0.65, 0.85, 0.65, 0.85}, 0.2, 0.15, 0.15, 0.625, 7};
static const mec_reward whole_reward = {{0.65, 0.85, 0.65, 0.85}, 0.2, 0.15, 0.15, 1, T};

static const mec_walk walks[] = {
    {SQUARE, N, T, 0.02, .reward = NULL},
    {{-1, 1.5, 0.25, 1.25}, N, T, 0.02, .reward = NULL},
    {SQUARE, N, T, 0.02, two_cues, 2, 0.3, NULL},
    {SQUARE, N, T, 0.02, .reward = &papers_reward},
    {SQUARE, N, T, 0.02, .reward = &whole_reward},
};
enum { N_WALK = sizeof walks / sizeof *walks };

static mec_trajectories create(const mec_walk *walk) {
    mec_status status = {0};
    mec_trajectories batch;
    mec_walk_check(walk, &status);
    mec_trajectories_create(&batch, walk, &status);
    assert_ok(status);
    return batch;
}

/* Kind 0: seeded, 1: of a training step. */
static void draw(mec_trajectories *batch, const mec_walk *walk, int kind, uint32_t seed) {
    mec_status status = {0};
    if (kind == 0)
        mec_trajectories_draw_seeded(batch, walk, seed, &status);
    else
        mec_trajectories_draw_step(batch, walk, seed, 12, 0, &status);
    assert_ok(status);
}

/* Calls `check` with a batch of every kind of walk and generator. */
static void with_every_batch(void (*check)(const mec_trajectories *, const mec_walk *)) {
    for (size_t w = 0; w < N_WALK; w++)
        for (int kind = 0; kind < 2; kind++) {
            mec_trajectories batch = create(&walks[w]);
            draw(&batch, &walks[w], kind, 9);
            check(&batch, &walks[w]);
            mec_trajectories_destroy(&batch);
        }
}

static const double *position_before(const mec_trajectories *batch, size_t t, size_t i) {
    return t == 0 ? batch->initial + 2 * i : batch->target + 2 * ((t - 1) * N + i);
}

/* ---- what every batch is ---- */

static void check_sums(const mec_trajectories *batch, const mec_walk *walk) {
    (void)walk;
    for (size_t i = 0; i < N; i++)
        for (size_t axis = 0; axis < 2; axis++) {
            double position = batch->initial[2 * i + axis];
            for (size_t t = 0; t < T; t++) {
                position += batch->velocity[2 * (t * N + i) + axis];
                assert_near(batch->target[2 * (t * N + i) + axis], position, 1e-14);
            }
        }
}

static void velocities_lead_to_the_targets(void **state) {
    (void)state;
    with_every_batch(check_sums);
}

/* A wall turns walks away that come near it; a fast step may still end outside. */
static const double FAST_STEP = 0.07; /* m */

static void check_box(const mec_trajectories *batch, const mec_walk *walk) {
    const mec_box *box = &walk->box;
    double far[2] = {0, 0};
    for (size_t i = 0; i < (size_t)N * T; i++) {
        const double *p = batch->target + 2 * i;
        assert_true(p[0] > box->min_x - FAST_STEP && p[0] < box->max_x + FAST_STEP);
        assert_true(p[1] > box->min_y - FAST_STEP && p[1] < box->max_y + FAST_STEP);
        far[0] = fmax(far[0], fabs(p[0] - (box->min_x + box->max_x) / 2));
        far[1] = fmax(far[1], fabs(p[1] - (box->min_y + box->max_y) / 2));
    }
    assert_true(far[0] > 0.35 * (box->max_x - box->min_x));
    assert_true(far[1] > 0.35 * (box->max_y - box->min_y));
}

static void walks_use_their_box(void **state) {
    (void)state;
    with_every_batch(check_box);
}

static size_t count_chosen(const mec_trajectories *batch) {
    size_t n = 0;
    for (size_t i = 0; i < batch->batch_size; i++)
        n += batch->draws.chosen[i];
    return n;
}

static void check_cues(const mec_trajectories *batch, const mec_walk *walk) {
    assert_int_equal(batch->cue != NULL, walk->n_cue > 0);
    if (!batch->cue)
        return;
    assert_int_equal(count_chosen(batch), 12); /* 0.3 of 40 */
    for (size_t t = 0; t < T; t++)
        for (size_t i = 0; i < N; i++) {
            const double *p = position_before(batch, t, i);
            for (size_t k = 0; k < 2; k++) {
                double distance = mec_cue_distance(&walk->cues[k], p[0], p[1]);
                assert_near(batch->cue[(t * N + i) * 2 + k], batch->draws.chosen[i] ? distance : 0,
                            0);
            }
        }
}

static void chosen_walks_feel_the_cues(void **state) {
    (void)state;
    with_every_batch(check_cues);
}

/* Rewarded walks are in the middle of the zone after n_step equal steps and then stay in it. */
static void check_rewarded_walk(const mec_trajectories *batch, const mec_reward *reward, size_t i) {
    const double *first = batch->velocity + 2 * i;
    for (size_t t = 0; t < T; t++) {
        const double *velocity = batch->velocity + 2 * (t * N + i);
        const double *target = batch->target + 2 * (t * N + i);
        if (t < reward->n_step) {
            assert_near(velocity[0], first[0], 0);
            assert_near(velocity[1], first[1], 0);
        }
        if (t + 1 == reward->n_step) {
            assert_near(target[0], 0.75, 1e-15);
            assert_near(target[1], 0.75, 1e-15);
        }
        if (t + 1 >= reward->n_step) {
            assert_near(target[0], 0.75, 0.1 + FAST_STEP);
            assert_near(target[1], 0.75, 0.1 + FAST_STEP);
        }
    }
}

static void check_rewards(const mec_trajectories *batch, const mec_walk *walk) {
    const mec_reward *reward = walk->reward;
    assert_int_equal(batch->reward != NULL, reward != NULL);
    if (!reward)
        return;
    size_t n_rewarded = 0;
    assert_int_equal(count_chosen(batch), ceil(reward->probability * N));
    for (size_t i = 0; i < N; i++) {
        if (batch->draws.chosen[i])
            check_rewarded_walk(batch, reward, i);
        for (size_t t = 0; t < T; t++) {
            const double *p = position_before(batch, t, i);
            bool is_in = mec_reward_contains(reward, p[0], p[1]);
            assert_int_equal(batch->reward[t * N + i], batch->draws.chosen[i] && is_in);
            n_rewarded += batch->reward[t * N + i];
        }
    }
    assert_true(n_rewarded > 0);
}

static void chosen_walks_are_rewarded(void **state) {
    (void)state;
    with_every_batch(check_rewards);
}

/* Walks that are not chosen are those of a batch without rewards. */
static void other_walks_do_not_know_of_rewards(void **state) {
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        mec_trajectories with = create(&walks[3]);
        mec_trajectories without = create(&walks[0]);
        draw(&with, &walks[3], kind, 9);
        draw(&without, &walks[0], kind, 9);
        for (size_t t = 0; t < T; t++)
            for (size_t i = 0; i < N; i++) {
                bool same = with.target[2 * (t * N + i)] == without.target[2 * (t * N + i)];
                assert_int_equal(same, !with.draws.chosen[i]);
            }
        mec_trajectories_destroy(&with);
        mec_trajectories_destroy(&without);
    }
}

/* ---- who draws a batch does not matter ---- */

static bool same_batch(const mec_trajectories *a, const mec_trajectories *b) {
    const size_t n = (size_t)N * T;
    return memcmp(a->initial, b->initial, 2 * N * sizeof *a->initial) == 0 &&
           memcmp(a->velocity, b->velocity, 2 * n * sizeof *a->velocity) == 0 &&
           memcmp(a->target, b->target, 2 * n * sizeof *a->target) == 0 &&
           (!a->cue || memcmp(a->cue, b->cue, 2 * n * sizeof *a->cue) == 0) &&
           (!a->reward || memcmp(a->reward, b->reward, n * sizeof *a->reward) == 0);
}

static void put_row(double *whole, const double *part, size_t t, size_t first, size_t n,
                    size_t width) {
    memcpy(whole + (t * N + first) * width, part + t * n * width, n * width * sizeof *whole);
}

/* Puts walks first .. first + n - 1 where they belong in the whole batch. */
static void put_part(mec_trajectories *whole, const mec_trajectories *part, size_t first) {
    const size_t n = part->batch_size;
    put_row(whole->initial, part->initial, 0, first, n, 2);
    for (size_t t = 0; t < T; t++) {
        put_row(whole->velocity, part->velocity, t, first, n, 2);
        put_row(whole->target, part->target, t, first, n, 2);
        if (whole->cue)
            put_row(whole->cue, part->cue, t, first, n, whole->n_cue);
        if (whole->reward)
            memcpy(whole->reward + t * N + first, part->reward + t * n, n);
    }
}

/* A batch of a step, put together from `n_part` parts, some of which may be empty. */
static mec_trajectories draw_in_parts(const mec_walk *walk, size_t n_part) {
    mec_trajectories whole = create(walk);
    for (size_t k = 0; k < n_part; k++) {
        mec_status status = {0};
        mec_trajectories part;
        mec_walk share = *walk;
        size_t first = k * N / n_part;
        share.batch_size = (k + 1) * N / n_part - first;
        mec_trajectories_create(&part, &share, &status);
        mec_trajectories_draw_step(&part, walk, 77, 5, first, &status);
        assert_ok(status);
        put_part(&whole, &part, first);
        mec_trajectories_destroy(&part);
    }
    return whole;
}

static void parts_of_a_batch_are_the_whole(void **state) {
    (void)state;
    const size_t n_parts[] = {2, 3, 7, N, N + 13};
    for (size_t w = 0; w < N_WALK; w++) {
        mec_status status = {0};
        mec_trajectories whole = create(&walks[w]);
        mec_trajectories_draw_step(&whole, &walks[w], 77, 5, 0, &status);
        assert_ok(status);
        for (size_t k = 0; k < sizeof n_parts / sizeof *n_parts; k++) {
            mec_trajectories parts = draw_in_parts(&walks[w], n_parts[k]);
            assert_true(same_batch(&parts, &whole));
            mec_trajectories_destroy(&parts);
        }
        mec_trajectories_destroy(&whole);
    }
}

/* What was drawn before leaves nothing behind; another seed or step is another batch. */
static void a_batch_is_a_function_of_its_seed(void **state) {
    (void)state;
    for (size_t w = 0; w < N_WALK; w++)
        for (int kind = 0; kind < 2; kind++) {
            mec_trajectories once = create(&walks[w]);
            mec_trajectories again = create(&walks[w]);
            draw(&once, &walks[w], kind, 21);
            draw(&again, &walks[w], 1 - kind, 3);
            draw(&again, &walks[w], kind, 22);
            assert_false(same_batch(&once, &again));
            draw(&again, &walks[w], kind, 21);
            assert_true(same_batch(&once, &again));
            mec_trajectories_destroy(&once);
            mec_trajectories_destroy(&again);
        }
}

static void steps_differ(void **state) {
    (void)state;
    mec_status status = {0};
    mec_trajectories a = create(&walks[0]);
    mec_trajectories b = create(&walks[0]);
    const uint64_t steps[] = {1, UINT64_C(1) << 32, UINT64_MAX};
    mec_trajectories_draw_step(&a, &walks[0], 1, 0, 0, &status);
    for (size_t k = 0; k < 3; k++) {
        mec_trajectories_draw_step(&b, &walks[0], 1, steps[k], 0, &status);
        assert_false(same_batch(&a, &b));
    }
    assert_ok(status);
    mec_trajectories_destroy(&a);
    mec_trajectories_destroy(&b);
}

/* ---- refusals ---- */

/* `change` makes a good walk a bad one. */
#define REFUSED(change, part)                                                                      \
    do {                                                                                           \
        mec_walk walk = walks[0];                                                                  \
        mec_status status = {0};                                                                   \
        change;                                                                                    \
        assert_int_equal(mec_walk_check(&walk, &status), MEC_REFUSED);                             \
        assert_status(status, MEC_REFUSED, part);                                                  \
    } while (0)

static void bad_walks_are_refused(void **state) {
    (void)state;
    REFUSED(walk.box.max_x = -1.1, "[model] max_x: found -1.1; accepted: above min_x, which is "
                                   "-1.1");
    REFUSED(walk.box.min_y = 2, "[model] max_y: found 1.1; accepted: above min_y, which is 2");
    REFUSED(walk.box.min_x = NAN, "[model] max_x: found 1.1");
    REFUSED(walk.box.max_y = INFINITY, "[model] max_y: found inf");
    REFUSED(walk.batch_size = 0, "[model] batch_size: found 0; accepted: 1 to 4294967294");
    REFUSED(walk.batch_size = UINT32_MAX, "[model] batch_size: found 4294967295");
    REFUSED(walk.sequence_length = 0, "[model] sequence_length: found 0");
    REFUSED(walk.sequence_length = SIZE_MAX, "[model] sequence_length: found 18446744073709551615");
    REFUSED(walk.dt = 0, "[model] dt: found 0; accepted: above 0 s");
    REFUSED(walk.dt = NAN, "[model] dt: found nan");
}

static void bad_cues_and_rewards_are_refused(void **state) {
    (void)state;
    const mec_cue bad_cue = {1.1, 0, 0.1, 0.1};
    mec_reward bad_reward = papers_reward;
    bad_reward.n_step = T + 1;
    REFUSED((walk.cues = &bad_cue, walk.n_cue = 1), "[cues] cue 1: found 1.1 0 0.1 0.1");
    REFUSED(walk.cue_probability = -0.1, "[cues] cue_prob: found -0.1; accepted: 0 to 1");
    REFUSED(walk.cue_probability = 1.5, "[cues] cue_prob: found 1.5");
    REFUSED(walk.cue_probability = NAN, "[cues] cue_prob: found nan");
    REFUSED(walk.reward = &bad_reward, "[reward] navigate_timesteps: found 21; accepted: 1 to "
                                       "sequence_length, which is 20");
    REFUSED((walk.cues = two_cues, walk.n_cue = 2, walk.reward = &papers_reward),
            "[reward]: found together with [cues]; accepted: one or the other");
}

static void expect_no_draw(mec_trajectories *batch, const mec_walk *walk, size_t first,
                           const char *part) {
    mec_status status = {0};
    mec_trajectories_draw_step(batch, walk, 0, 0, first, &status);
    assert_status(status, MEC_REFUSED, part);
}

/* A batch that was made for other walks is not written past its end. */
static void batches_fit_their_walks(void **state) {
    (void)state;
    mec_status status = {0};
    mec_trajectories batch = create(&walks[0]);
    mec_walk longer = walks[0];
    mec_walk larger = walks[0];
    longer.sequence_length++;
    larger.batch_size++;
    expect_no_draw(&batch, &longer, 0, "the batch was made for other walks: 20 steps and 0 cues");
    expect_no_draw(&batch, &walks[2], 0, "the batch was made for other walks");
    expect_no_draw(&batch, &walks[3], 0, "the batch was made for other walks");
    expect_no_draw(&batch, &walks[0], 1, "40 trajectories from number 1 on");
    expect_no_draw(&batch, &larger, 2, "more than a batch of 41 has");
    expect_no_draw(&batch, &larger, SIZE_MAX, "more than a batch of 41 has");
    mec_trajectories_draw_seeded(&batch, &larger, 0, &status);
    assert_status(status, MEC_REFUSED, "a seed gives a whole batch of 41, not 40 of it");
    mec_trajectories_destroy(&batch);
    batch = create(&walks[3]);
    expect_no_draw(&batch, &walks[4], 0, "the batch was made for other walks");
    mec_trajectories_destroy(&batch);
}

static void too_long_walks_are_a_failure(void **state) {
    (void)state;
    mec_status status = {0};
    mec_trajectories batch;
    mec_walk walk = walks[0];
    walk.batch_size = UINT32_MAX - 1;
    walk.sequence_length = UINT32_MAX - 1;
    mec_trajectories_create(&batch, &walk, &status);
    assert_status(status, MEC_FAILED, "out of memory");
    assert_null(batch.initial);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(velocities_lead_to_the_targets),
        cmocka_unit_test(walks_use_their_box),
        cmocka_unit_test(chosen_walks_feel_the_cues),
        cmocka_unit_test(chosen_walks_are_rewarded),
        cmocka_unit_test(other_walks_do_not_know_of_rewards),
        cmocka_unit_test(parts_of_a_batch_are_the_whole),
        cmocka_unit_test(a_batch_is_a_function_of_its_seed),
        cmocka_unit_test(steps_differ),
        cmocka_unit_test(bad_walks_are_refused),
        cmocka_unit_test(bad_cues_and_rewards_are_refused),
        cmocka_unit_test(batches_fit_their_walks),
        cmocka_unit_test(too_long_walks_are_a_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
