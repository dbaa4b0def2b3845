/* What the machine allows. */
#include <unistd.h>

#include "base/machine.h"
#include "unit.h"

static void memory_is_there_and_no_more_than_the_machine_has(void **state) {
    (void)state;
    double machine = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
    double memory = mec_machine_memory();
    assert_true(memory > 1024 * 1024); /* this program runs in it */
    assert_true(memory <= machine);
    assert_true(memory == mec_machine_memory());
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_there_and_no_more_than_the_machine_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
