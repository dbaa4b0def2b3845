/* Random problems for maps, and what a map and a plain oracle predict for them. */
#ifndef MEC_TESTS_ORACLE_PROBLEM_H
#define MEC_TESTS_ORACLE_PROBLEM_H

#include "fitting.h"

enum { N_PROBLEM_TARGET = 6 };

/* What is done to the problem. */
typedef enum problem_twist {
    TWIST_NONE,
    TWIST_DOUBLED,     /* the second population's cells are copies of the first's */
    TWIST_ZERO,        /* one source cell is silent */
    TWIST_ALL_ZERO,    /* all are */
    TWIST_NEARLY_EQUAL /* two source cells differ by 1e-3 of their size */
} problem_twist;

typedef struct problem_shape {
    size_t n_train, n_test;
    size_t n_cell[2]; /* of the two populations that are the source */
    problem_twist twist;
} problem_shape;

/* The source depends on the targets' states; the targets are linear in it, with noise of several
 * sizes; the last one is constant on the train states. */
typedef struct problem_data {
    size_t n_state, n_train, n_test, n_cell;
    double *resp[2], *target; /* target (n_state, N_PROBLEM_TARGET) */
    mec_population parts[2];
    const mec_population *list[2];
    uint32_t *order; /* (n_state) train, test, others */
} problem_data;

/* The caller frees it. */
problem_data *make_problem(problem_shape shape);
void free_problem(problem_data *data);

/* What `map` predicts: (n_test, N_PROBLEM_TARGET) without and with the intercept, outcomes; the
 * kernel, where it is wanted and `with_kernel`, has more states than the problem. */
typedef struct problem_result {
    double *prediction, *full;
    int8_t outcome[N_PROBLEM_TARGET];
} problem_result;

problem_result predict_by_map(const problem_data *data, const mec_map *map,
                              const mec_map_parameters *parameters, bool with_kernel);
void free_result(problem_result *result);

/* Fits one target `y` (n) on `x` (n, p) and predicts x_test (n_test, p), without the intercept. */
typedef void problem_oracle(const double *x, size_t n, size_t p, const double *y,
                            const double *x_test, size_t n_test,
                            const mec_map_parameters *parameters, double *prediction,
                            double *intercept);

/* Checks predictions with the intercept against the oracle's, with and without a kernel, to
 * `tolerance` of a target's largest; that the constant target's are exactly 0 before the intercept,
 * if there is one; and that every outcome is `done`. */
void compare_with_oracle(problem_shape shape, const mec_map *map, problem_oracle *oracle,
                         const mec_map_parameters *parameters, double tolerance);

#endif
