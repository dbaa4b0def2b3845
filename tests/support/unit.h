/* What every cmocka test includes: cmocka with the headers it needs, and checks of numbers and of
 * statuses that say what was found. */
#ifndef MEC_TESTS_UNIT_H
#define MEC_TESTS_UNIT_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/status.h"

/* |found - wanted| <= tolerance, or both NaN. */
#define assert_near(found, wanted, tolerance)                                                      \
    check_near(found, wanted, tolerance, __FILE__, __LINE__)

#define assert_ok(status) check_status(&(status), MEC_OK, "", __FILE__, __LINE__)

/* The status has this code, and its message contains `part`. */
#define assert_status(status, code, part) check_status(&(status), code, part, __FILE__, __LINE__)

void check_near(double found, double wanted, double tolerance, const char *file, int line);
void check_status(const mec_status *status, mec_code code, const char *part, const char *file,
                  int line);

#endif
