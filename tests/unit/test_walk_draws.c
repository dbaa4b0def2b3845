#include "model/walk_draws.h"

#include <stdlib.h>
#include <string.h>

#include "distribution.h"
#include "unit.h"

/* Counter-based numbers of whole batches: whether they are distributed as they claim, and whether
 * streams with neighbouring names know of each other. */

enum { N_WALK = 100, N_STEP = 21, N_ZONE_STEP = 13, N_BATCH = 20 };
static const double SPEED_SCALE = 0.13 * 2 * M_PI;
static const double TURN_DEVIATION = 11.52;

static mec_walk_draws create(size_t n_walk) {
    mec_status status = {0};
    mec_walk_draws draws;
    mec_walk_draws_create(&draws, n_walk, N_STEP, N_ZONE_STEP, &status);
    assert_ok(status);
    return draws;
}

/* A list of numbers from many batches. */
typedef struct list {
    double *x;
    size_t n;
} list;

static list create_list(size_t room) {
    list made = {.x = malloc(room * sizeof(double))};
    assert_non_null(made.x);
    return made;
}

static void append(list *numbers, const double *x, size_t n, double unit) {
    for (size_t i = 0; i < n; i++)
        numbers->x[numbers->n++] = x[i] / unit;
}

static void check(list numbers, distribution cumulated, double mean, double variance) {
    assert_true(fabs(mean_in_errors(numbers.x, numbers.n, mean, variance)) < ERROR_LIMIT);
    assert_true(kolmogorov(numbers.x, numbers.n, cumulated) < KOLMOGOROV_LIMIT);
    free(numbers.x);
}

static void append_wandering(const mec_wandering *wandering, list *heading, list *turn,
                             list *speed) {
    append(heading, wandering->heading, N_WALK, 2 * M_PI);
    append(turn, wandering->turn, N_WALK * wandering->n_step, TURN_DEVIATION);
    append(speed, wandering->speed, N_WALK * wandering->n_step, SPEED_SCALE);
}

static void numbers_are_distributed_right(void **state) {
    (void)state;
    const size_t n = (size_t)N_BATCH * N_WALK;
    mec_walk_draws draws = create(N_WALK);
    list start = create_list(2 * n);
    list heading = create_list(2 * n);
    list turn = create_list(n * (N_STEP + N_ZONE_STEP));
    list speed = create_list(n * (N_STEP + N_ZONE_STEP));
    for (uint64_t step = 0; step < N_BATCH; step++) {
        mec_walk_draws_of_step(&draws, 17, step, 0, N_WALK, 0);
        append(&start, draws.start, (size_t)2 * N_WALK, 1);
        append_wandering(&draws.in_box, &heading, &turn, &speed);
        append_wandering(&draws.in_zone, &heading, &turn, &speed);
    }
    check(start, cumulated_uniform, 0.5, 1.0 / 12);
    check(heading, cumulated_uniform, 0.5, 1.0 / 12);
    check(turn, cumulated_normal, 0, 1);
    check(speed, cumulated_rayleigh, sqrt(M_PI_2), 2 - M_PI_2);
    mec_walk_draws_destroy(&draws);
}

/* The checks above see speeds that are wrong by 3 %. */
static void wrong_distributions_are_seen(void **state) {
    (void)state;
    mec_walk_draws draws = create(N_WALK);
    list speed = create_list((size_t)N_BATCH * N_WALK * N_STEP);
    for (uint64_t step = 0; step < N_BATCH; step++) {
        mec_walk_draws_of_step(&draws, 17, step, 0, N_WALK, 0);
        append(&speed, draws.in_box.speed, (size_t)N_WALK * N_STEP, 1.03 * SPEED_SCALE);
    }
    assert_true(fabs(mean_in_errors(speed.x, speed.n, sqrt(M_PI_2), 2 - M_PI_2)) > ERROR_LIMIT);
    assert_true(kolmogorov(speed.x, speed.n, cumulated_rayleigh) > KOLMOGOROV_LIMIT);
    free(speed.x);
    mec_walk_draws_destroy(&draws);
}

/* Turns of all walks of a batch against those of the same or the next walk, batch or seed. */
static void expect_independence(const double *a, const double *b, size_t n) {
    assert_true(fabs(correlation_in_errors(a, b, n)) < ERROR_LIMIT);
}

static void neighbouring_streams_are_independent(void **state) {
    (void)state;
    const size_t n = (size_t)N_WALK * N_STEP;
    mec_walk_draws draws = create(N_WALK + 1);
    mec_walk_draws others[] = {create(N_WALK + 1), create(N_WALK + 1), create(N_WALK + 1)};
    mec_walk_draws_of_step(&draws, 5, 8, 0, N_WALK + 1, 0);
    mec_walk_draws_of_step(&others[0], 5, 9, 0, N_WALK + 1, 0);
    mec_walk_draws_of_step(&others[1], 6, 8, 0, N_WALK + 1, 0);
    mec_walk_draws_of_step(&others[2], 5, UINT64_C(1) << 32 | 8, 0, N_WALK + 1, 0);
    for (size_t i = 0; i < 3; i++) {
        expect_independence(draws.in_box.turn, others[i].in_box.turn, n);
        expect_independence(draws.in_box.speed, others[i].in_box.speed, n);
        expect_independence(draws.start, others[i].start, (size_t)2 * N_WALK);
        mec_walk_draws_destroy(&others[i]);
    }
    /* the next walk, the next step of a walk, the speed of the same step */
    expect_independence(draws.in_box.turn, draws.in_box.turn + N_STEP, n);
    expect_independence(draws.in_box.turn, draws.in_box.turn + 1, n);
    expect_independence(draws.in_box.speed, draws.in_box.speed + N_STEP, n);
    expect_independence(draws.in_box.speed, draws.in_box.speed + 1, n);
    expect_independence(draws.in_box.turn, draws.in_box.speed, n);
    expect_independence(draws.in_box.turn, draws.in_zone.turn, (size_t)N_WALK * N_ZONE_STEP);
    mec_walk_draws_destroy(&draws);
}

static void same_numbers(const double *part, const double *whole, size_t n) {
    assert_memory_equal(part, whole, n * sizeof *part);
}

static void compare_part(const mec_walk_draws *part, const mec_walk_draws *whole, size_t first) {
    const size_t n = part->n_walk;
    same_numbers(part->start, whole->start + 2 * first, 2 * n);
    same_numbers(part->in_box.heading, whole->in_box.heading + first, n);
    same_numbers(part->in_box.turn, whole->in_box.turn + first * N_STEP, n * N_STEP);
    same_numbers(part->in_box.speed, whole->in_box.speed + first * N_STEP, n * N_STEP);
    same_numbers(part->in_zone.heading, whole->in_zone.heading + first, n);
    same_numbers(part->in_zone.turn, whole->in_zone.turn + first * N_ZONE_STEP, n * N_ZONE_STEP);
    same_numbers(part->in_zone.speed, whole->in_zone.speed + first * N_ZONE_STEP, n * N_ZONE_STEP);
    assert_memory_equal(part->chosen, whole->chosen + first, n);
}

static void parts_are_the_whole(void **state) {
    (void)state;
    mec_walk_draws whole = create(N_WALK);
    mec_walk_draws_of_step(&whole, UINT64_MAX - 3, UINT64_MAX, 0, N_WALK, 37);
    for (size_t n = 1; n <= N_WALK; n = 3 * n + 1) {
        mec_walk_draws part = create(n);
        for (size_t first = 0; first + n <= N_WALK; first += n) {
            mec_walk_draws_of_step(&part, UINT64_MAX - 3, UINT64_MAX, first, N_WALK, 37);
            compare_part(&part, &whole, first);
        }
        mec_walk_draws_destroy(&part);
    }
    mec_walk_draws_destroy(&whole);
}

static size_t count_chosen(const mec_walk_draws *draws) {
    size_t n = 0;
    for (size_t i = 0; i < draws->n_walk; i++)
        n += draws->chosen[i];
    return n;
}

static void as_many_are_chosen_as_asked(void **state) {
    (void)state;
    mec_walk_draws draws = create(N_WALK);
    for (size_t n = 0; n <= N_WALK; n++) {
        mec_walk_draws_of_step(&draws, 3, n, 0, N_WALK, n);
        assert_int_equal(count_chosen(&draws), n);
        mec_walk_draws_seeded(&draws, (uint32_t)n, n);
        assert_int_equal(count_chosen(&draws), n);
    }
    mec_walk_draws_destroy(&draws);
}

/* Of 5 walks 2 are chosen: each of the 10 pairs as often as any other. */
static void every_choice_is_as_likely(void **state) {
    (void)state;
    enum { N = 20000 };
    mec_walk_draws draws = create(5);
    double seen[32] = {0};
    double chi_square = 0;
    for (uint64_t step = 0; step < N; step++) {
        size_t set = 0;
        mec_walk_draws_of_step(&draws, 1, step, 0, 5, 2);
        for (size_t i = 0; i < 5; i++)
            set |= (size_t)draws.chosen[i] << i;
        seen[set]++;
    }
    for (size_t set = 0; set < 32; set++)
        if (__builtin_popcountll(set) == 2)
            chi_square += (seen[set] - N / 10.0) * (seen[set] - N / 10.0) / (N / 10.0);
    assert_true(chi_square < 27.9); /* of 9 degrees of freedom: one in a thousand */
    mec_walk_draws_destroy(&draws);
}

/* What is drawn for the choice, or for a zone, does not move the walks. */
static void a_choice_leaves_the_walks_alone(void **state) {
    (void)state;
    mec_status status = {0};
    mec_walk_draws draws = create(N_WALK);
    mec_walk_draws plain;
    mec_walk_draws_create(&plain, N_WALK, N_STEP, 0, &status);
    assert_ok(status);
    mec_walk_draws_of_step(&draws, 3, 4, 0, N_WALK, 50);
    mec_walk_draws_of_step(&plain, 3, 4, 0, N_WALK, 0);
    same_numbers(plain.in_box.turn, draws.in_box.turn, (size_t)N_WALK * N_STEP);
    same_numbers(plain.start, draws.start, (size_t)2 * N_WALK);
    mec_walk_draws_destroy(&draws);
    mec_walk_draws_destroy(&plain);
}

static void too_much_is_a_failure(void **state) {
    (void)state;
    mec_status status = {0};
    mec_walk_draws draws;
    mec_walk_draws_create(&draws, SIZE_MAX / 1000, 100, 0, &status);
    assert_status(status, MEC_FAILED, "out of memory");
    assert_null(draws.block);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_distributed_right),
        cmocka_unit_test(wrong_distributions_are_seen),
        cmocka_unit_test(neighbouring_streams_are_independent),
        cmocka_unit_test(parts_are_the_whole),
        cmocka_unit_test(as_many_are_chosen_as_asked),
        cmocka_unit_test(every_choice_is_as_likely),
        cmocka_unit_test(a_choice_leaves_the_walks_alone),
        cmocka_unit_test(too_much_is_a_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
