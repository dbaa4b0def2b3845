#include <string.h>

#include "maps/elastic_net_ray.h"
#include "numerics/linalg.h"
#include "oracle_elastic_net.h"
#include "random.h"
#include "unit.h"

enum { N = 9, P = 30, N_RAY = 12 };

static uint64_t seed = 23;

typedef struct fixture {
    double columns[P * N], y[N], xy[P];
    mec_net_design design;
    mec_net_target target;
    mec_net_workspace *workspace;
    mec_net_weights weights;
    mec_net_ray ray;
    mec_scratch scratch;
} fixture;

static void start(fixture *f, size_t p) {
    mec_status status = {0};
    mec_scratch_reset(&f->scratch);
    random_fill(&seed, f->columns, p * N);
    random_fill(&seed, f->y, N);
    mec_net_prepare(f->columns, N, p, false, false, &f->design, &f->scratch, &status);
    f->workspace = mec_net_workspace_take(N, p, &f->scratch, &status);
    mec_net_weights_take(p, &f->weights, &f->scratch, &status);
    mec_net_ray_take(N, p, &f->ray, &f->scratch, &status);
    assert_ok(status);
    mec_multiply_vector(p, N, f->columns, N, f->y, 0.0, f->xy);
    f->target = (mec_net_target){f->y, f->xy};
    f->weights.n = 0;
}

/* Penalties that fall by `factor` each, from `alpha` on. */
static void make_ray(mec_net_penalty *penalties, double alpha, double factor, double l1_ratio) {
    for (int i = 0; i < N_RAY; i++, alpha *= factor)
        penalties[i] = (mec_net_penalty){alpha * l1_ratio, alpha * (1 - l1_ratio), false};
}

/* A point meets the conditions of a solution, and its products are those of its weights. */
static void check_point(fixture *f, const mec_net_penalty *penalty, size_t i) {
    double w[P] = {0};
    double residual[N];
    oracle_net net = {N, P, f->columns, f->y, penalty->lam1, penalty->lam2, false};
    mec_net_ray_weights(&f->ray, i, &f->weights);
    for (size_t k = 0; k < f->weights.n; k++)
        w[f->weights.index[k]] = f->weights.value[k];
    assert_true(oracle_net_violation(&net, w) <= 1e-13);
    for (size_t k = 0; k < N; k++) {
        residual[k] = f->y[k];
        for (size_t j = 0; j < P; j++)
            residual[k] -= f->columns[j * N + k] * w[j];
        assert_near(f->ray.products[i * (N + P) + k], residual[k], 1e-13);
    }
    for (size_t j = 0; j < P; j++)
        assert_near(f->ray.products[i * (N + P) + N + j], mec_dot(N, f->columns + j * N, residual),
                    1e-13);
    assert_true((double)oracle_net_gap(&net, w) <= f->ray.certified[i].gap + 1e-14);
}

static void points_are_solutions_as_far_as_they_go(void **state) {
    (void)state;
    static const double alphas[] = {1e-2, 1e-3, 1e-5};
    fixture f = {0};
    size_t n_whole = 0;
    size_t n_part = 0;
    for (int round = 0; round < 30; round++) {
        mec_net_penalty penalties[N_RAY];
        double l1_ratio = 0.05 + 0.4 * random_uniform(&seed);
        start(&f, P);
        make_ray(penalties, alphas[round % 3], 0.7, l1_ratio);
        mec_net_solve(&f.design, &f.target, &penalties[0], f.workspace, &f.weights);
        size_t m = mec_net_ray_solve(&f.design, &f.target, penalties, N_RAY, &f.weights,
                                     f.workspace, &f.ray);
        assert_true(m <= N_RAY);
        n_whole += m == N_RAY;
        n_part += m > 0 && m < N_RAY;
        for (size_t i = 0; i < m; i++)
            check_point(&f, &penalties[i], i);
    }
    assert_true(n_whole >= 5 && n_part >= 1);
    mec_scratch_release(&f.scratch);
}

static void another_active_set_is_no_ray(void **state) {
    (void)state;
    fixture f = {0};
    mec_net_penalty penalties[N_RAY];
    start(&f, P);
    make_ray(penalties, 1e-4, 0.7, 0.3);
    mec_net_solve(&f.design, &f.target, &penalties[0], f.workspace, &f.weights);
    f.weights.value[0] = -f.weights.value[0];
    assert_int_equal(
        mec_net_ray_solve(&f.design, &f.target, penalties, N_RAY, &f.weights, f.workspace, &f.ray),
        0);
    f.weights.n = N - 1; /* fewer columns than states: another method's */
    assert_int_equal(
        mec_net_ray_solve(&f.design, &f.target, penalties, N_RAY, &f.weights, f.workspace, &f.ray),
        0);
    mec_scratch_release(&f.scratch);
}

int main(void) {
    mec_linalg_set_threads(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_are_solutions_as_far_as_they_go),
        cmocka_unit_test(another_active_set_is_no_ray),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
