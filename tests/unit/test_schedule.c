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
    enum { N = 20, N_RANK = 4 };
    double cost[N] = {0};
    mec_status status = {0};
    mec_schedule schedule;
    mec_schedule_create(&schedule, &(mec_plan){.n_task = N, .cost = cost}, &status);
    size_t task = 0;
    for (size_t left = N; left > 0; left--) {
        size_t share = left / N_RANK;
        size_t wanted = share > MEC_SCHEDULE_DEPTH ? MEC_SCHEDULE_DEPTH : share > 1 ? share : 1;
        assert_int_equal(mec_schedule_depth(&schedule, N_RANK), wanted);
        assert_true(mec_schedule_next(&schedule, &task));
    }
    assert_int_equal(mec_schedule_depth(&schedule, N_RANK), 1);
    mec_schedule_destroy(&schedule);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(costly_tasks_come_first),
        cmocka_unit_test(done_tasks_are_left_out),
        cmocka_unit_test(a_part_of_the_tasks_is_handed_out),
        cmocka_unit_test(a_plan_may_be_empty),
        cmocka_unit_test(every_task_comes_once),
        cmocka_unit_test(workers_hold_fewer_the_fewer_are_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
