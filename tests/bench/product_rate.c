/* How fast this process multiplies matrices of a network's numbers, on one thread.
 *
 *   product_rate SECONDS ROWSxCOLUMNSxINNER...
 *
 * Every product is done again and again for SECONDS; its median rate in GFLOP/s goes to a line of
 * its own. Ranks that are started together stay beside each other, product by product. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "numerics/linalg.h"

enum { MAX_REPEAT = 10000 };

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static mec_real *make_matrix(size_t n, mec_status *status) {
    mec_real *x = mec_alloc(n, sizeof *x, status);
    for (size_t i = 0; x && i < n; i++)
        x[i] = (mec_real)(i % 1009) / 1009;
    return x;
}

/* GFLOP/s; the first time, which warms up, does not count. */
static double median_rate(size_t m, size_t n, size_t k, double seconds, mec_status *status) {
    static double rate[MAX_REPEAT];
    size_t n_rate = 0;
    mec_real *a = make_matrix(m * k, status);
    mec_real *b = make_matrix(k * n, status);
    mec_real *c = make_matrix(m * n, status);
    if (!status->code) {
        mec_real_multiply(m, n, k, a, k, b, n, 0, c, n);
        double end = mec_clock_seconds() + seconds;
        for (double now = mec_clock_seconds(); n_rate == 0 || (now < end && n_rate < MAX_REPEAT);) {
            mec_real_multiply(m, n, k, a, k, b, n, 0, c, n);
            double before = now;
            now = mec_clock_seconds();
            rate[n_rate++] = 2e-9 * (double)m * (double)n * (double)k / (now - before);
        }
        qsort(rate, n_rate, sizeof *rate, ascending);
    }
    free(a);
    free(b);
    free(c);
    return rate[n_rate / 2];
}

int main(int argc, char **argv) {
    mec_status status = {0};
    mec_linalg_set_threads(1);
    double seconds = argc > 1 ? atof(argv[1]) : 0;
    for (int i = 2; i < argc; i++) {
        size_t m;
        size_t n;
        size_t k;
        if (sscanf(argv[i], "%zux%zux%zu", &m, &n, &k) != 3) {
            fprintf(stderr, "product_rate: found %s; accepted: ROWSxCOLUMNSxINNER\n", argv[i]);
            return MEC_REFUSED;
        }
        double rate = median_rate(m, n, k, seconds, &status);
        if (status.code) {
            fprintf(stderr, "product_rate: %s\n", status.message);
            return (int)status.code;
        }
        printf("%s %.2f\n", argv[i], rate);
    }
    return MEC_OK;
}
