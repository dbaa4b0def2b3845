/* Checks that all ranks make together: the outcome is agreed before anything follows from it, so a
 * check that fails on one rank never leaves the others in a collective call. */
#ifndef MEC_TESTS_TOGETHER_H
#define MEC_TESTS_TOGETHER_H

#include <stdbool.h>

#include "parallel/world.h"

/* Whether `condition` holds on every rank; where not, rank 0 says so and the program will fail.
 * Collective. */
#define CHECK(world, condition) check_together(world, condition, #condition, __FILE__, __LINE__)

/* Whether every rank holds the same status with this code. Collective. */
#define CHECK_STATUS(world, status, code)                                                          \
    check_status_together(world, &(status), code, #status, __FILE__, __LINE__)

bool check_together(const mec_world *world, bool good, const char *text, const char *file,
                    int line);
bool check_status_together(const mec_world *world, const mec_status *status, mec_code code,
                           const char *text, const char *file, int line);

/* Said before the messages of the checks that follow: which case they belong to. */
void check_about(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Makes the next passage of `rank` through the place `name` fail; NULL: nothing fails any more. */
void inject(const mec_world *world, const char *name, int rank);
/* The same for its passage number `passage`, from 1. */
void inject_later(const mec_world *world, const char *name, int rank, int passage);

/* Starts the world for a test. */
void start_together(mec_world *world);

/* Ends it; returns the exit code of the program. */
int end_together(mec_world *world);

/* Whether `path` with `suffix` behind it exists. */
bool is_there(const char *path, const char *suffix);

/* Whether neither a lock nor a temporary file stands beside `path`, as rank 0 sees it. */
bool is_tidy(const mec_world *world, const char *path);

/* Removes `path`, on rank 0 while the others wait. Collective. */
void remove_file(const mec_world *world, const char *path);

#endif
