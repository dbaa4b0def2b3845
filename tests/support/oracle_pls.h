/* Partial least squares by the book: NIPALS on the centred matrices themselves, component after
 * component, with every matrix deflated (Wegelin 2000, section 4.1). */
#ifndef MEC_TESTS_ORACLE_PLS_H
#define MEC_TESTS_ORACLE_PLS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct oracle_pls_rules {
    size_t n_component;
    bool scale;
    double tol;
    size_t max_iter;
} oracle_pls_rules;

/* Fits `y` (n, m) on `x` (n, p): `prediction` (n_test, m) of `x_test` (n_test, p), less the means
 * of y. */
void oracle_pls(const oracle_pls_rules *rules, const double *x, size_t n, size_t p, const double *y,
                size_t m, const double *x_test, size_t n_test, double *prediction);

#endif
