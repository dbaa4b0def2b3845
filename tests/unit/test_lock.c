#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "storage/lock.h"
#include "unit.h"

static char directory[] = "/tmp/mec_test_lock_XXXXXX";
static char output[64];
static char lock[128];

static int enter(void **state) {
    (void)state;
    strcpy(directory + strlen(directory) - 6, "XXXXXX");
    if (!mkdtemp(directory))
        return -1;
    snprintf(output, sizeof output, "%s/out.h5", directory);
    snprintf(lock, sizeof lock, "%s.lock", output);
    return 0;
}

static int leave(void **state) {
    (void)state;
    char command[256];
    snprintf(command, sizeof command, "rm -r %s", directory);
    return system(command);
}

static void write_text(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void write_holder(const char *host, long process) {
    char text[512];
    snprintf(text, sizeof text, "host %s pid %ld job 77\n", host, process);
    write_text(lock, text);
}

static const char *own_host(void) {
    static char host[256];
    gethostname(host, sizeof host - 1);
    return host;
}

/* The number of a process that has ended. */
static long dead_process(void) {
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    waitpid(child, NULL, 0);
    return child;
}

static void is_taken(void) {
    mec_status status = {0};
    mec_lock_take(output, &status);
    assert_ok(status);
    assert_int_equal(access(lock, F_OK), 0);
    assert_true(mec_lock_is_held(output));
    mec_lock_release(output);
    assert_int_not_equal(access(lock, F_OK), 0);
    assert_false(mec_lock_is_held(output));
}

static void is_refused(const char *part) {
    mec_status status = {0};
    assert_true(mec_lock_is_held(output));
    mec_lock_take(output, &status);
    assert_status(status, MEC_REFUSED, "another run is writing this file");
    assert_status(status, MEC_REFUSED, part);
    assert_int_equal(access(lock, F_OK), 0);
}

static void a_free_path_is_locked_and_released(void **state) {
    (void)state;
    assert_false(mec_lock_is_held(output));
    is_taken();
    is_taken();
}

static void a_second_run_is_refused(void **state) {
    (void)state;
    mec_status status = {0};
    mec_lock_take(output, &status);
    assert_ok(status);
    is_refused(own_host());
    mec_lock_release(output);
}

static void the_refusal_says_who_holds_it(void **state) {
    (void)state;
    write_holder("another-host", 4711);
    is_refused("process 4711 on another-host, batch job 77");
    is_refused(lock);
}

static void a_lock_of_a_dead_process_is_taken_over(void **state) {
    (void)state;
    write_holder(own_host(), dead_process());
    assert_false(mec_lock_is_held(output));
    is_taken();
}

static void a_lock_without_a_holder_is_taken_over(void **state) {
    (void)state;
    write_text(lock, "");
    is_taken();
    write_text(lock, "host");
    is_taken();
}

/* Process 1 belongs to another user unless this runs as root; it is alive either way. */
static void a_lock_of_a_live_process_is_respected(void **state) {
    (void)state;
    write_holder(own_host(), 1);
    is_refused("process 1 on");
}

static void a_missing_directory_is_told(void **state) {
    (void)state;
    mec_status status = {0};
    char path[192];
    snprintf(path, sizeof path, "%s/absent/out.h5", directory);
    mec_lock_take(path, &status);
    assert_status(status, MEC_REFUSED, "No such file or directory");
}

static void parents_are_made(void **state) {
    (void)state;
    mec_status status = {0};
    char path[192];
    struct stat found;
    snprintf(path, sizeof path, "%s/a/b/c/out.h5", directory);
    mec_path_make_parents(path, &status);
    mec_path_make_parents(path, &status);
    assert_ok(status);
    *strrchr(path, '/') = '\0';
    assert_int_equal(stat(path, &found), 0);
    assert_true(S_ISDIR(found.st_mode));
    mec_path_make_parents("no_directory_in_it.h5", &status);
    assert_ok(status);
    write_text(output, "a file");
    snprintf(path, sizeof path, "%s/below/out.h5", output);
    mec_path_make_parents(path, &status);
    assert_status(status, MEC_REFUSED, "out.h5/below: the directory cannot be created");
}

static void publishing_replaces(void **state) {
    (void)state;
    mec_status status = {0};
    char *from = mec_path_with_suffix(output, ".new", &status);
    write_text(from, "new");
    write_text(output, "old");
    mec_path_publish(from, output, &status);
    assert_ok(status);
    assert_int_not_equal(access(from, F_OK), 0);
    char text[8] = "";
    FILE *file = fopen(output, "r");
    assert_non_null(file);
    assert_non_null(fgets(text, sizeof text, file));
    fclose(file);
    assert_string_equal(text, "new");
    mec_path_publish(from, output, &status);
    assert_status(status, MEC_FAILED, "cannot be renamed");
    assert_int_equal(access(output, F_OK), 0);
    free(from);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_free_path_is_locked_and_released, enter, leave),
        cmocka_unit_test_setup_teardown(a_second_run_is_refused, enter, leave),
        cmocka_unit_test_setup_teardown(the_refusal_says_who_holds_it, enter, leave),
        cmocka_unit_test_setup_teardown(a_lock_of_a_dead_process_is_taken_over, enter, leave),
        cmocka_unit_test_setup_teardown(a_lock_without_a_holder_is_taken_over, enter, leave),
        cmocka_unit_test_setup_teardown(a_lock_of_a_live_process_is_respected, enter, leave),
        cmocka_unit_test_setup_teardown(a_missing_directory_is_told, enter, leave),
        cmocka_unit_test_setup_teardown(parents_are_made, enter, leave),
        cmocka_unit_test_setup_teardown(publishing_replaces, enter, leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
