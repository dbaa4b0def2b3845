/* Rows of the grid, point by point: what is accepted without a solve is within the tolerance, by a
 * gap that is worked out anew from the weights, and scores as its gap allows. */
#include <string.h>

#include "maps/elastic_net_folds.h"
#include "maps/grid_row.h"
#include "numerics/linalg.h"
#include "oracle_elastic_net.h"
#include "random.h"
#include "unit.h"

enum { N_STATE = 40, MAX_CELL = 60, N_ALPHA = 16, N_RATIO = 21 };

static uint64_t seed = 61;

/* One cell and its first fold, searched by two rules in step. */
typedef struct fixture {
    size_t p;
    double x[N_STATE * MAX_CELL], y[N_STATE];
    double alphas[N_ALPHA], l1_ratios[N_RATIO];
    size_t alpha_order[N_ALPHA], ratio_order[N_RATIO];
    uint8_t counts[MAX_CELL];
    mec_grid grid, exact_grid;
    mec_grid_fold fold;
    mec_grid_rows rows, exact;
    mec_scratch scratch;
} fixture;

static void make_grid(fixture *f, bool positive) {
    for (size_t k = 0; k < N_ALPHA; k++) {
        f->alphas[k] = pow(10, 2 - 9 * (double)k / (N_ALPHA - 1));
        f->alpha_order[k] = k;
    }
    for (size_t k = 0; k < N_RATIO; k++) {
        f->l1_ratios[k] = k + 1 < N_RATIO ? 1 - (double)k / (N_RATIO - 1) : 1e-16;
        f->ratio_order[k] = k;
    }
    f->grid = (mec_grid){.alphas = f->alphas,
                         .l1_ratios = f->l1_ratios,
                         .n_alpha = N_ALPHA,
                         .n_l1_ratio = N_RATIO,
                         .n_fold = 2,
                         .cv_score = MEC_SCORE_MSE,
                         .rule = MEC_CERTIFICATE_SKLEARN,
                         .tol = 1e-4,
                         .fit_intercept = true,
                         .positive = positive};
    f->exact_grid = f->grid;
    f->exact_grid.rule = MEC_CERTIFICATE_OBJECTIVE;
    f->exact_grid.tol = 1e-6;
}

static void start_rows(fixture *f, const mec_grid *grid, mec_grid_rows *rows) {
    mec_status status = {0};
    mec_grid_rows_take(grid, f->alpha_order, f->ratio_order, N_STATE, f->p, rows, &f->scratch,
                       &status);
    assert_ok(status);
    mec_grid_rows_start(rows, &f->fold);
}

static void start(fixture *f, size_t p, bool positive) {
    mec_status status = {0};
    uint32_t order[N_STATE];
    mec_population population = {f->x, N_STATE, p};
    const mec_population *parts[] = {&population};
    mec_source source = {.parts = parts, .n_part = 1, .n_cell = p};
    mec_problem problem = {.source = &source, .train = order, .n_train = N_STATE};
    mec_net_targets targets;
    mec_scratch_reset(&f->scratch);
    f->p = p;
    random_fill(&seed, f->x, N_STATE * p);
    random_fill(&seed, f->y, N_STATE);
    random_order(&seed, order, N_STATE);
    for (size_t i = 0; i < N_STATE; i++)
        f->y[i] += f->x[order[i] * p] - 0.7 * f->x[order[i] * p + p - 1];
    make_grid(f, positive);
    memset(f->counts, 1, p);
    const mec_net_fold *folds =
        mec_net_folds_prepare(&problem, 2, true, true, &f->scratch, &status);
    assert_ok(status);
    f->fold = (mec_grid_fold){.split = &folds[0].split,
                              .counts = f->counts,
                              .cv_score = MEC_SCORE_MSE,
                              .held_out = {.n = folds[0].n, .y = f->y + folds[0].first}};
    f->fold.held_out.deviation = mec_scratch_take(&f->scratch, N_STATE, sizeof(double), &status);
    mec_net_fold_targets(&folds[0], f->y, 1, true, &f->fold.held_out.intercept, &targets,
                         &f->scratch, &status);
    assert_ok(status);
    f->fold.target = mec_net_split_target(f->fold.split, &targets, 0);
    mec_held_out_start(&f->fold.held_out);
    start_rows(f, &f->grid, &f->rows);
    start_rows(f, &f->exact_grid, &f->exact);
}

static oracle_net net_of(const fixture *f, size_t row, size_t place) {
    const mec_net_design *design = &f->fold.split->design;
    double strength = (double)design->n * f->alphas[row];
    return (oracle_net){design->n,
                        f->p,
                        design->columns,
                        f->fold.target.y,
                        strength * f->l1_ratios[place],
                        strength * (1 - f->l1_ratios[place]),
                        f->grid.positive};
}

static void spread_weights(const mec_grid_spot *spot, size_t p, double *w) {
    memset(w, 0, p * sizeof *w);
    for (size_t k = 0; k < spot->known.weights.n; k++)
        w[spot->known.weights.index[k]] = spot->known.weights.value[k];
}

/* The penalty is strongly convex: lam2/2 ||w - best||^2 <= gap, which bounds how far predictions
 * are apart. */
static void check_score(const fixture *f, const oracle_net *net, double gap, double score,
                        double wanted) {
    const mec_net_split *split = f->fold.split;
    double square = mec_dot(split->n_test * f->p, split->test, split->test);
    double reach = sqrt(2 * fmax(gap, 0) / net->lam2 * square / (double)split->n_test);
    assert_true(fabs(sqrt(score) - sqrt(wanted)) <= reach + 1e-9);
}

/* Points that are accepted have a gap within the tolerance, found by the oracle; `*rough` counts
 * those that are clearly no solutions. */
static void check_row(const fixture *f, size_t row, size_t *rough) {
    double scale = mec_dot(f->fold.split->design.n, f->fold.target.y, f->fold.target.y);
    /* One in three, another third in every row: the oracle takes its time. */
    for (size_t place = row % 3; place < N_RATIO; place += 3) {
        const mec_grid_spot *spot = &f->rows.spots[place];
        const mec_grid_spot *exact = &f->exact.spots[place];
        double w[MAX_CELL];
        oracle_net net = net_of(f, row, place);
        assert_true(spot->accepted && exact->accepted);
        spread_weights(spot, f->p, w);
        double gap = (double)oracle_net_gap(&net, w);
        assert_true(spot->certified.gap <= 1e-4 * scale);
        assert_true(gap <= spot->certified.gap + 1e-5 * scale);
        assert_near(spot->certified.objective, (double)oracle_net_objective(&net, w),
                    1e-12 * scale);
        *rough += gap > 1e-6 * scale;
        if (net.lam2 > 0)
            check_score(f, &net, spot->certified.gap, spot->known.score, exact->known.score);
    }
}

static void accepted_points_are_within_the_tolerance(void **state) {
    (void)state;
    fixture f = {0};
    size_t rough = 0;
    for (int round = 0; round < 4; round++) {
        start(&f, round % 2 ? 60 : 12, round >= 2);
        for (size_t row = 0; row < N_ALPHA; row++) {
            mec_grid_rows_search(&f.rows, row);
            mec_grid_rows_search(&f.exact, row);
            check_row(&f, row, &rough);
        }
    }
    assert_true(rough > 20);
    mec_scratch_release(&f.scratch);
}

/* What is known of weights follows from them. */
static void means_are_known(void **state) {
    (void)state;
    fixture f = {0};
    mec_status status = {0};
    mec_grid_known mean;
    mec_grid_known again;
    double products[N_STATE + MAX_CELL];
    double sum[MAX_CELL] = {0};
    start(&f, 60, false);
    mec_grid_known_take(N_STATE, f.p, &mean, &f.scratch, &status);
    mec_grid_known_take(N_STATE, f.p, &again, &f.scratch, &status);
    assert_ok(status);
    for (size_t row = 0; row < 11; row++)
        mec_grid_rows_search(&f.exact, row);
    const mec_grid_known *a = &f.exact.spots[3].known;
    const mec_grid_known *b = &f.exact.spots[12].known;
    assert_true(a->weights.n > 1 && b->weights.n > a->weights.n);
    mec_grid_known_mix(&mean, &f.fold, a, b, 0.25, sum);
    mec_grid_known_score(&mean, &f.fold);
    mec_net_penalty penalty = {1, 1, false};
    mec_net_certify(&f.fold.split->design, &f.fold.target, &penalty, &mean.weights, products);
    mec_grid_known_set(&again, &f.fold, &mean.weights, products);
    for (size_t k = 0; k < f.fold.split->design.n + f.p; k++)
        assert_near(mean.products[k], products[k], 1e-12);
    assert_near(mean.score, again.score, 1e-12);
    for (size_t j = 0; j < f.p; j++)
        assert_near(sum[j], 0, 0);
    for (size_t k = 0; k < a->weights.n; k++) {
        uint32_t j = a->weights.index[k];
        double wanted = 0.75 * a->weights.value[k];
        double found = NAN;
        for (size_t i = 0; i < b->weights.n; i++)
            wanted += b->weights.index[i] == j ? 0.25 * b->weights.value[i] : 0;
        for (size_t i = 0; i < mean.weights.n; i++)
            found = mean.weights.index[i] == j ? mean.weights.value[i] : found;
        assert_near(found, wanted, 1e-15);
    }
    mec_scratch_release(&f.scratch);
}

int main(void) {
    mec_linalg_set_threads(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepted_points_are_within_the_tolerance),
        cmocka_unit_test(means_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
