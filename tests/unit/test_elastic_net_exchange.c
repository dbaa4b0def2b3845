#include <math.h>
#include <string.h>

#include "maps/elastic_net_solver.h"
#include "numerics/linalg.h"
#include "oracle_elastic_net.h"
#include "random.h"
#include "unit.h"

enum { N = 11, P = 26 };

static uint64_t seed = 29;

typedef struct fixture {
    double columns[P * N], y[N], xy[P];
    double products[P]; /* X'(y - X w) of the solution */
    mec_net_design design;
    mec_net_target target;
    mec_net_state state;
    mec_net_weights solution;
    mec_scratch scratch;
} fixture;

/* A problem and its solution by Newton's method. */
static void start(fixture *f, const mec_net_penalty *penalty) {
    mec_status status = {0};
    double work[N + P];
    mec_scratch_reset(&f->scratch);
    random_fill(&seed, f->columns, P * N);
    random_fill(&seed, f->y, N);
    mec_net_prepare(f->columns, N, P, false, false, &f->design, &f->scratch, &status);
    mec_net_workspace *workspace = mec_net_workspace_take(N, P, &f->scratch, &status);
    mec_net_weights_take(P, &f->solution, &f->scratch, &status);
    assert_ok(status);
    mec_multiply_vector(P, N, f->columns, N, f->y, 0.0, f->xy);
    f->target = (mec_net_target){f->y, f->xy};
    f->solution.n = 0;
    mec_net_solve(&f->design, &f->target, penalty, workspace, &f->solution);
    mec_net_certify(&f->design, &f->target, penalty, &f->solution, work);
    memcpy(f->products, work + N, sizeof f->products);
    mec_net_workspace_forget(workspace);
    f->state = (mec_net_state){
        .design = &f->design,
        .target = &f->target,
        .penalty = *penalty,
        .space = workspace,
        .largest_xy = mec_net_largest_product(&f->design, &f->target, penalty->positive),
        .expected = f->products};
}

/* The weights in the workspace meet the conditions of a solution. */
static void check_solution(const fixture *f) {
    const mec_net_workspace *space = f->state.space;
    const mec_net_penalty *penalty = &f->state.penalty;
    double w[P] = {0};
    oracle_net net = {N, P, f->columns, f->y, penalty->lam1, penalty->lam2, penalty->positive};
    for (size_t k = 0; k < space->n_active; k++)
        w[space->active[k]] = space->weight[k];
    assert_true(oracle_net_violation(&net, w) <= 1e-12);
}

static mec_net_penalty any_penalty(int round) {
    double alpha = pow(10, -4 * random_uniform(&seed));
    double l1_ratio = 0.01 + 0.9 * random_uniform(&seed);
    return (mec_net_penalty){alpha * l1_ratio, alpha * (1 - l1_ratio), round % 4 == 3};
}

/* With fewer active columns than states and with more, of any sign and positive. */
static void a_good_guess_ends_at_the_solution(void **state) {
    (void)state;
    fixture f = {0};
    size_t n_few = 0;
    size_t n_many = 0;
    for (int round = 0; round < 200; round++) {
        mec_net_penalty penalty = any_penalty(round);
        start(&f, &penalty);
        if (f.solution.n == 0)
            continue;
        for (size_t j = 0; j < P; j++)
            f.products[j] *= 1 + 0.02 * (random_uniform(&seed) - 0.5);
        if (!mec_net_exchange(&f.state))
            continue;
        n_few += f.solution.n < N;
        n_many += f.solution.n >= N;
        check_solution(&f);
    }
    assert_true(n_few >= 20 && n_many >= 5);
    mec_scratch_release(&f.scratch);
}

/* A column of the solution that was not expected is not looked at: what is found is not the
 * solution, and the whole solver, which has the certificate say so, finds it all the same. */
static void a_bad_guess_is_found_out(void **state) {
    (void)state;
    fixture f = {0};
    mec_net_weights found;
    mec_status status = {0};
    for (int round = 0; round < 20; round++) {
        mec_net_penalty penalty = any_penalty(round);
        start(&f, &penalty);
        mec_net_weights_take(P, &found, &f.scratch, &status);
        assert_ok(status);
        if (f.solution.n == 0)
            continue;
        f.products[f.solution.index[0]] = 0;
        if (mec_net_exchange(&f.state)) {
            double work[N + P];
            for (size_t k = 0; k < f.state.space->n_active; k++) {
                found.index[k] = f.state.space->active[k];
                found.value[k] = f.state.space->weight[k];
            }
            found.n = f.state.space->n_active;
            mec_certified judged = mec_net_certify(&f.design, &f.target, &penalty, &found, work);
            assert_false(mec_net_is_good(&judged));
        }
        found.n = 0;
        mec_certified solved = mec_net_solve_near(&f.design, &f.target, &penalty, f.products, NULL,
                                                  f.state.space, &found);
        assert_true(mec_net_is_good(&solved));
        assert_int_equal(found.n, f.solution.n);
    }
    mec_scratch_release(&f.scratch);
}

/* The largest part of (X_A X_A' + lam2 I) v - y - kappa X_A s, by loops. */
static double kernel_error(const fixture *f, const double *sign) {
    const double *v = f->state.space->residual;
    const mec_net_penalty *penalty = &f->state.penalty;
    double error[N];
    double largest = 0;
    for (size_t i = 0; i < N; i++)
        error[i] = penalty->lam2 * v[i] - f->y[i];
    for (size_t j = 0; j < P; j++) {
        double along = -penalty->lam1 / penalty->lam2 * sign[j];
        for (size_t i = 0; i < N; i++)
            along += f->columns[j * N + i] * v[i];
        for (size_t i = 0; i < N && sign[j] != 0; i++)
            error[i] += f->columns[j * N + i] * along;
    }
    for (size_t i = 0; i < N; i++)
        largest = fmax(largest, fabs(error[i]));
    return largest;
}

/* Takes the columns with a sign for the active set and solves for it. */
static void solve_by_kernel(const fixture *f, const double *sign) {
    mec_net_workspace *space = f->state.space;
    space->n_active = 0;
    memcpy(space->residual, f->y, sizeof f->y);
    for (size_t j = 0; j < P; j++) {
        if (sign[j] == 0)
            continue;
        space->active[space->n_active] = (uint32_t)j;
        space->sign[space->n_active++] = sign[j];
        for (size_t i = 0; i < N; i++)
            space->residual[i] +=
                f->state.penalty.lam1 / f->state.penalty.lam2 * sign[j] * f->columns[j * N + i];
    }
    assert_true(mec_net_factor_kernel(&f->state));
    mec_net_apply_inverse(space, space->residual);
    mec_net_update_start(&f->state);
}

/* Columns come, go, and change their signs, which is both. */
static void changes_of_the_active_set_are_followed(void **state) {
    (void)state;
    fixture f = {0};
    for (int round = 0; round < 50; round++) {
        const mec_net_penalty penalty = {0.3, 0.5, false};
        double sign[P];
        start(&f, &penalty);
        for (size_t j = 0; j < P; j++)
            sign[j] = j % 4 == 3 ? 0 : random_uniform(&seed) < 0.5 ? -1 : 1;
        solve_by_kernel(&f, sign);
        assert_true(kernel_error(&f, sign) < 1e-12);
        for (int k = 0; k < MEC_NET_UPDATES; k++) {
            size_t j = (size_t)(P * random_uniform(&seed)) % P;
            bool comes = sign[j] == 0;
            double s = comes ? (k % 2 ? -1 : 1) : sign[j];
            assert_true(mec_net_update(&f.state, (mec_net_change){(uint32_t)j, comes, s}));
            sign[j] = comes ? s : 0;
            assert_true(kernel_error(&f, sign) < 1e-11);
        }
        assert_false(mec_net_update(&f.state, (mec_net_change){0, sign[0] == 0, 1}));
    }
    mec_scratch_release(&f.scratch);
}

/* Of as many columns as states none can go while lam2 is next to nothing. */
static void a_column_that_is_needed_stays(void **state) {
    (void)state;
    fixture f = {0};
    const mec_net_penalty penalty = {1e-12, 1e-11, false};
    double sign[P] = {0};
    start(&f, &penalty);
    for (size_t j = 0; j < N; j++)
        sign[j] = 1;
    solve_by_kernel(&f, sign);
    assert_false(mec_net_update(&f.state, (mec_net_change){3, false, 1}));
    mec_scratch_release(&f.scratch);
}

int main(void) {
    mec_linalg_set_threads(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_guess_ends_at_the_solution),
        cmocka_unit_test(a_bad_guess_is_found_out),
        cmocka_unit_test(changes_of_the_active_set_are_followed),
        cmocka_unit_test(a_column_that_is_needed_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
