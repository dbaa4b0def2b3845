/* Lists of numbers as settings say them: "1e-16, linspace(0.01, 1, 99)" or "geomspace(1e-9, 1e9,
 * 99)", joined by commas. The ranges are NumPy's: the first and last value are exactly those
 * written, inner ones agree to rounding. */
#ifndef MEC_NUMERICS_RANGE_H
#define MEC_NUMERICS_RANGE_H

#include <stddef.h>

#include "base/status.h"

/* The numbers of `text`, `*n` of them, owned by the caller; NULL with MEC_REFUSED, which says what
 * was found and what is accepted, or without memory. `name` is the head of the message. */
double *mec_range_parse(const char *text, const char *name, size_t *n, mec_status *status);

#endif
