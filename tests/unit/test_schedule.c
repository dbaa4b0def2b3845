#include <math.h>
#include <stdlib.h>

#include "parallel/schedule.h"
#include "random.h"
#include "unit.h"

static void costly_tasks_come_first(void **state) {
    (void)state;
    const double cost[] = {1, 5, 3, 5, 0, 3};
    const size_t wanted[] = {1, 3, 2, 5, 0, 4};
    mec_status status = {0};
    mec_schedule schedule;
    mec_schedule_create(&schedule, &(mec_plan){.n_task = 6, .cost = cost}, &status);
    assert_ok(status);
    size_t task = 0;
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(mec_schedule_n_left(&schedule), 6 - i);
        assert_true(mec_schedule_next(&schedule, &task));
        assert_int_equal(task, wanted[i]);
    }
    assert_false(mec_schedule_next(&schedule, &task));
    assert_int_equal(mec_schedule_n_left(&schedule), 0);
    mec_schedule_destroy(&schedule);
}

static void done_tasks_are_left_out(void **state) {
    (void)state;
    const double cost[] = {1, 5, 3, 5};
    const uint8_t done[] = {0, 1, 0, 0};
    const uint8_t all[] = {1, 1, 1, 1};
    const size_t wanted[] = {3, 2, 0};
    mec_status status = {0};
    mec_schedule schedule;
    size_t task = 0;
    mec_schedule_create(&schedule, &(mec_plan){.n_task = 4, .cost = cost, .done = done}, &status);
    for (size_t i = 0; i < 3; i++) {
        assert_true(mec_schedule_next(&schedule, &task));
        assert_int_equal(task, wanted[i]);
    }
    assert_false(mec_schedule_next(&schedule, &task));
    mec_schedule_destroy(&schedule);
    mec_schedule_create(&schedule, &(mec_plan){.n_task = 4, .cost = cost, .done = all}, &status);
    assert_false(mec_schedule_next(&schedule, &task));
    mec_schedule_destroy(&schedule);
    assert_ok(status);
}

static void a_part_of_the_tasks_is_handed_out(void **state) {
    (void)state;
    const double cost[] = {1, 5, 3, 5, 9, 2};
    const uint8_t done[] = {0, 1, 0, 0, 0, 0};
    const size_t wanted[] = {3, 2};
    mec_status status = {0};
    mec_schedule schedule;
    size_t task = 0;
    mec_plan plan = {.n_task = 6, .cost = cost, .done = done, .first = 1, .n_now = 3};
    mec_schedule_create(&schedule, &plan, &status);
    assert_ok(status);
    for (size_t i = 0; i < 2; i++) {
        assert_true(mec_schedule_next(&schedule, &task));
        assert_int_equal(task, wanted[i]);
    }
    assert_false(mec_schedule_next(&schedule, &task));
    mec_schedule_destroy(&schedule);
}

static void a_plan_may_be_empty(void **state) {
    (void)state;
    mec_status status = {0};
    mec_schedule schedule;
    size_t task = 0;
    mec_schedule_create(&schedule, &(mec_plan){0}, &status);
    assert_ok(status);
    assert_false(mec_schedule_next(&schedule, &task));
    mec_schedule_destroy(&schedule);
    mec_schedule_destroy(&schedule);
}

static void every_task_comes_once(void **state) {
    (void)state;
    enum { N = 500 };
    double cost[N];
    int seen[N] = {0};
    uint64_t random = 1;
    for (size_t i = 0; i < N; i++)
        cost[i] = (double)random_below(&random, 20);
    mec_status status = {0};
    mec_schedule schedule;
    mec_schedule_create(&schedule, &(mec_plan){.n_task = N, .cost = cost}, &status);
    size_t task = 0;
    size_t before = N;
    while (mec_schedule_next(&schedule, &task)) {
        seen[task]++;
        if (before < N)
            assert_true(cost[before] > cost[task] || (cost[before] == cost[task] && before < task));
        before = task;
    }
    for (size_t i = 0; i < N; i++)
        assert_int_equal(seen[i], 1);
    mec_schedule_destroy(&schedule);
}

static void workers_hold_fewer_the_fewer_are_left(void **state) {
    (void)state;
    enum { N = 40, N_RANK = 4 };
    double cost[N] = {0};
    mec_status status = {0};
    mec_schedule schedule;
    mec_schedule_create(&schedule, &(mec_plan){.n_task = N, .cost = cost}, &status);
    size_t task = 0;
    for (size_t left = N; left > 0; left--) {
        size_t share = left / (2 * N_RANK);
        size_t wanted = share > MEC_SCHEDULE_DEPTH ? MEC_SCHEDULE_DEPTH : share > 1 ? share : 1;
        assert_int_equal(mec_schedule_depth(&schedule, N_RANK), wanted);
        assert_true(mec_schedule_next(&schedule, &task));
    }
    assert_int_equal(mec_schedule_depth(&schedule, N_RANK), 1);
    mec_schedule_destroy(&schedule);
}

static void a_task_of_every_class_comes_first(void **state) {
    (void)state;
    const double cost[] = {9, 8, 1, 2, 5, 7};
    const uint32_t class[] = {0, 0, 3, 3, 1, 0};
    const size_t wanted[] = {0, 4, 3, 1, 5, 2};
    mec_status status = {0};
    mec_schedule schedule;
    size_t task = 0;
    mec_schedule_create(&schedule, &(mec_plan){.n_task = 6, .cost = cost, .class = class}, &status);
    assert_ok(status);
    for (size_t i = 0; i < 6; i++) {
        assert_true(mec_schedule_next(&schedule, &task));
        assert_int_equal(task, wanted[i]);
    }
    assert_false(mec_schedule_next(&schedule, &task));
    mec_schedule_destroy(&schedule);
}

static void what_was_learned_changes_the_order(void **state) {
    (void)state;
    const double cost[] = {3, 2, 1, 1};
    const uint32_t class[] = {0, 0, 1, 1};
    mec_status status = {0};
    mec_schedule schedule;
    size_t task = 0;
    double done = -1;
    double left = -1;
    mec_plan plan = {.n_task = 4, .cost = cost, .class = class};
    mec_schedule_create(&schedule, &plan, &status);
    mec_schedule_work(&schedule, &done, &left);
    assert_true(done == 0 && left == 7);
    mec_schedule_next(&schedule, &task);
    mec_schedule_next(&schedule, &task);
    mec_schedule_learn(&schedule, 0, 3);
    mec_schedule_learn(&schedule, 2, 100);
    mec_schedule_work(&schedule, &done, &left);
    assert_true(done == 103);
    assert_true(left > 50 && left < 150); /* 2 and 100, half known */
    assert_true(mec_schedule_next(&schedule, &task));
    assert_int_equal(task, 3);
    mec_schedule_destroy(&schedule);
}

static void waves_come_one_after_another(void **state) {
    (void)state;
    const double cost[] = {1, 2, 3, 4, 5};
    const uint32_t class[] = {1, 0, 1, 2, 0};
    const uint8_t wave[] = {2, 0, 2, 7, 0};
    const uint8_t first_done[] = {0, 1, 0, 0, 1};
    const size_t wanted[] = {4, 1, 2, 0, 3};
    const size_t n_of_wave[] = {2, 2, 1};
    for (size_t done = 0; done < 2; done++) {
        mec_status status = {0};
        mec_schedule schedule;
        size_t task = 0;
        mec_plan plan = {.n_task = 5, .cost = cost, .class = class, .wave = wave};
        plan.done = done ? first_done : NULL;
        mec_schedule_create(&schedule, &plan, &status);
        assert_ok(status);
        for (size_t w = done, i = done ? 2 : 0; w < 3; w++) {
            assert_int_equal(mec_schedule_n_left(&schedule), n_of_wave[w]);
            for (size_t k = 0; k < n_of_wave[w]; k++, i++) {
                assert_true(mec_schedule_next(&schedule, &task));
                assert_int_equal(task, wanted[i]);
            }
            assert_false(mec_schedule_next(&schedule, &task));
            assert_true(mec_schedule_next_wave(&schedule) == (w < 2));
        }
        mec_schedule_destroy(&schedule);
    }
}

/* How long `N_RANK` ranks take that are handed a task whenever they have none. */
enum { N_RANK = 8 };
static double makespan(const mec_plan *plan, const double *seconds) {
    mec_status status = {0};
    mec_schedule schedule;
    double ready[N_RANK] = {0};
    size_t held[N_RANK];
    bool holds[N_RANK] = {false};
    double end = 0;
    mec_schedule_create(&schedule, plan, &status);
    assert_ok(status);
    for (size_t n_idle = 0; n_idle < N_RANK;) {
        size_t rank = 0;
        for (size_t i = 1; i < N_RANK; i++)
            rank = ready[i] < ready[rank] ? i : rank;
        if (holds[rank]) {
            end = ready[rank];
            mec_schedule_learn(&schedule, held[rank], seconds[held[rank]]);
        }
        holds[rank] = mec_schedule_next(&schedule, &held[rank]);
        n_idle += !holds[rank];
        ready[rank] = holds[rank] ? ready[rank] + seconds[held[rank]] : INFINITY;
    }
    mec_schedule_destroy(&schedule);
    return end;
}

/* Costs that say 10 for 1 s, and 1 for 10 s. */
static void wrong_costs_are_found_out(void **state) {
    (void)state;
    enum { N_SHORT = 400, N_LONG = 33, N = N_SHORT + N_LONG };
    double cost[N];
    double seconds[N];
    uint32_t class[N];
    for (size_t i = 0; i < N; i++) {
        class[i] = i >= N_SHORT;
        cost[i] = class[i] ? 1 : 10;
        seconds[i] = class[i] ? 10 : 1;
    }
    double ideal = (N_SHORT * 1.0 + N_LONG * 10.0) / N_RANK;
    mec_plan plan = {.n_task = N, .cost = cost};
    assert_true(makespan(&plan, seconds) > 1.08 * ideal);
    plan.class = class;
    assert_true(makespan(&plan, seconds) < 1.02 * ideal);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(costly_tasks_come_first),
        cmocka_unit_test(done_tasks_are_left_out),
        cmocka_unit_test(a_part_of_the_tasks_is_handed_out),
        cmocka_unit_test(a_plan_may_be_empty),
        cmocka_unit_test(every_task_comes_once),
        cmocka_unit_test(workers_hold_fewer_the_fewer_are_left),
        cmocka_unit_test(a_task_of_every_class_comes_first),
        cmocka_unit_test(what_was_learned_changes_the_order),
        cmocka_unit_test(waves_come_one_after_another),
        cmocka_unit_test(wrong_costs_are_found_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
