/* How much memory there is, by made-up machines in a folder and by the environment. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/room.h"
#include "unit.h"

static const double MIB = 1024.0 * 1024;
static char root[] = "/tmp/mec_test_room_XXXXXX";

static int enter(void **state) {
    (void)state;
    unsetenv("SLURM_MEM_PER_NODE");
    unsetenv("SLURM_MEM_PER_CPU");
    unsetenv("SLURM_CPUS_ON_NODE");
    strcpy(root + sizeof root - 7, "XXXXXX");
    return mkdtemp(root) ? 0 : -1;
}

static int leave(void **state) {
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", root);
    return system(command);
}

/* A file below the root, with the folders that it is in. */
static void put(const char *path, const char *text) {
    char whole[512];
    snprintf(whole, sizeof whole, "%s%s", root, path);
    for (char *slash = whole + strlen(root) + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
        *slash = '\0';
        mkdir(whole, 0700);
    }
    FILE *file = fopen(whole, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void assert_room(double mib, const char *of) {
    mec_room room = mec_room_find(root);
    assert_near(room.bytes / MIB, mib, 0);
    assert_string_equal(room.of, of);
}

static void put_machine(void) {
    put("/proc/meminfo", "HugePages: 0\nMemTotal:       8388608 kB\nMemFree: 12 kB\n");
}

static void nothing_known_is_no_limit(void **state) {
    (void)state;
    assert_true(isinf(mec_room_find(root).bytes));
}

static void the_machine(void **state) {
    (void)state;
    put_machine();
    assert_room(8192, "the machine");
}

static void groups_of_version_2(void **state) {
    (void)state;
    put_machine();
    put("/proc/self/cgroup", "0::/system/job/step\n");
    put("/sys/fs/cgroup/system/job/step/memory.max", "max\n");
    assert_room(8192, "the machine");
    put("/sys/fs/cgroup/system/job/memory.max", "2147483648\n");
    assert_room(2048, "the control group");
    put("/sys/fs/cgroup/system/memory.max", "1073741824\n");
    assert_room(1024, "the control group");
    put("/sys/fs/cgroup/system/memory.max", "4294967296\n");
    assert_room(2048, "the control group");
}

static void a_container_sees_its_group_as_the_root(void **state) {
    (void)state;
    put_machine();
    put("/proc/self/cgroup", "0::/\n");
    put("/sys/fs/cgroup/memory.max", "536870912\n");
    assert_room(512, "the control group");
}

static void groups_of_version_1(void **state) {
    (void)state;
    put_machine();
    put("/proc/self/cgroup", "12:cpu,cpuacct:/small\n7:memory:/a/b\n1:name=systemd:/\n");
    put("/sys/fs/cgroup/memory/small/memory.limit_in_bytes", "1048576\n");
    put("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    assert_room(8192, "the machine");
    put("/sys/fs/cgroup/memory/a/b/memory.limit_in_bytes", "104857600\n");
    assert_room(100, "the control group");
}

static void slurm(void **state) {
    (void)state;
    put_machine();
    setenv("SLURM_MEM_PER_NODE", "0", 1); /* all of it */
    assert_room(8192, "the machine");
    setenv("SLURM_MEM_PER_NODE", "3000", 1);
    assert_room(3000, "SLURM's job");
    unsetenv("SLURM_MEM_PER_NODE");
    setenv("SLURM_MEM_PER_CPU", "500", 1);
    assert_room(8192, "the machine"); /* of how many is not known */
    setenv("SLURM_CPUS_ON_NODE", "4", 1);
    assert_room(2000, "SLURM's job");
}

static void here_there_is_some(void **state) {
    (void)state;
    mec_room room = mec_room_here();
    assert_true(room.bytes > 64 * MIB && isfinite(room.bytes));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_known_is_no_limit, enter, leave),
        cmocka_unit_test_setup_teardown(the_machine, enter, leave),
        cmocka_unit_test_setup_teardown(groups_of_version_2, enter, leave),
        cmocka_unit_test_setup_teardown(a_container_sees_its_group_as_the_root, enter, leave),
        cmocka_unit_test_setup_teardown(groups_of_version_1, enter, leave),
        cmocka_unit_test_setup_teardown(slurm, enter, leave),
        cmocka_unit_test_setup_teardown(here_there_is_some, enter, leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
