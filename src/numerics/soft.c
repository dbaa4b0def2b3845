#include "numerics/soft.h"

#include "numerics/clones.h"

enum { LANES = 8 };

static inline double larger(double a, double b) {
    return a > b ? a : b;
}

static inline double sum_lanes(const double *lanes) {
    return ((lanes[0] + lanes[4]) + (lanes[1] + lanes[5])) +
           ((lanes[2] + lanes[6]) + (lanes[3] + lanes[7]));
}

MEC_CLONES
double mec_soft_largest(size_t n, const double *c, double mirror) {
    double lanes[LANES] = {0};
    size_t j = 0;
    for (; j + LANES <= n; j += LANES)
        for (size_t k = 0; k < LANES; k++)
            lanes[k] = larger(larger(c[j + k], mirror * c[j + k]), lanes[k]);
    for (; j < n; j++)
        lanes[0] = larger(larger(c[j], mirror * c[j]), lanes[0]);
    for (size_t k = 1; k < LANES; k++)
        lanes[0] = larger(lanes[0], lanes[k]);
    return lanes[0];
}

MEC_CLONES
double mec_soft_squares(size_t n, const double *c, double mirror, double bound) {
    double lanes[LANES] = {0};
    size_t j = 0;
    for (; j + LANES <= n; j += LANES)
        for (size_t k = 0; k < LANES; k++) {
            double push = larger(larger(c[j + k], mirror * c[j + k]) - bound, 0);
            lanes[k] += push * push;
        }
    for (; j < n; j++) {
        double push = larger(larger(c[j], mirror * c[j]) - bound, 0);
        lanes[0] += push * push;
    }
    return sum_lanes(lanes);
}

MEC_CLONES
mec_soft mec_soft_sums(size_t n, const double *c, double mirror, double bound) {
    double lanes[3][LANES] = {{0}};
    size_t j = 0;
    for (; j + LANES <= n; j += LANES)
        for (size_t k = 0; k < LANES; k++) {
            double size = larger(c[j + k], mirror * c[j + k]);
            double push = larger(size - bound, 0);
            double beyond = size > bound ? size : 0;
            lanes[0][k] += push * push;
            lanes[1][k] += push * size;
            lanes[2][k] += beyond * beyond;
        }
    for (; j < n; j++) {
        double size = larger(c[j], mirror * c[j]);
        double push = larger(size - bound, 0);
        double beyond = size > bound ? size : 0;
        lanes[0][0] += push * push;
        lanes[1][0] += push * size;
        lanes[2][0] += beyond * beyond;
    }
    return (mec_soft){sum_lanes(lanes[0]), sum_lanes(lanes[1]), sum_lanes(lanes[2])};
}
