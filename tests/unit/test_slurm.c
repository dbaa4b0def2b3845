#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/slurm.h"
#include "unit.h"

static void times_as_squeue_prints_them(void **state) {
    (void)state;
    const struct {
        const char *text;
        double seconds;
    } cases[] = {{"0:05\n", 5},
                 {"59:59", 3599},
                 {"1:00:00", 3600},
                 {"2-03:04:05\n", 183845},
                 {"12", 12},
                 {"UNLIMITED\n", INFINITY},
                 {"NOT_SET", INFINITY},
                 {"INVALID", INFINITY},
                 {"", INFINITY},
                 {"1:", INFINITY},
                 {"1:2:3:4", INFINITY},
                 {"slurm_load_jobs error: Invalid job id specified\n", INFINITY}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double found = mec_slurm_parse_time(cases[i].text);
        if (found != cases[i].seconds)
            fail_msg("\"%s\": %g, not %g", cases[i].text, found, cases[i].seconds);
    }
}

static void nothing_is_known_without_slurm(void **state) {
    (void)state;
    unsetenv("SLURM_JOB_END_TIME");
    unsetenv("SLURM_JOB_ID");
    unsetenv("SLURM_STEP_NUM_TASKS");
    assert_true(isinf(mec_slurm_seconds_left()));
    assert_int_equal(mec_slurm_step_size(), 0);
    assert_false(mec_slurm_has_ended("-"));
    assert_false(mec_slurm_has_ended("1; true"));
    setenv("SLURM_JOB_ID", "1 -o x", 1);
    assert_true(isinf(mec_slurm_seconds_left()));
    unsetenv("SLURM_JOB_ID");
}

static void the_environment_says_when_the_job_ends(void **state) {
    (void)state;
    char text[32];
    snprintf(text, sizeof text, "%.0f", mec_clock_epoch() + 1000);
    setenv("SLURM_JOB_END_TIME", text, 1);
    double left = mec_slurm_seconds_left();
    assert_true(left > 900 && left < 1001);
    unsetenv("SLURM_JOB_END_TIME");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_as_squeue_prints_them),
        cmocka_unit_test(nothing_is_known_without_slurm),
        cmocka_unit_test(the_environment_says_when_the_job_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
