#include "unit.h"

#include <string.h>

void check_near(double found, double wanted, double tolerance, const char *file, int line) {
    if (isnan(found) && isnan(wanted))
        return;
    if (fabs(found - wanted) <= tolerance)
        return;
    print_error("found %.17g, wanted %.17g within %g (off by %g)\n", found, wanted, tolerance,
                found - wanted);
    _fail(file, line);
}

void check_status(const mec_status *status, mec_code code, const char *part, const char *file,
                  int line) {
    if (status->code == code && strstr(status->message, part))
        return;
    print_error("found status %d \"%s\", wanted %d with \"%s\"\n", (int)status->code,
                status->message, (int)code, part);
    _fail(file, line);
}
