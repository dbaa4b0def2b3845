/* A cell's search in parts: joined, they are the search of the whole grid. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "maps/grid.h"
#include "random.h"
#include "unit.h"

enum { MAX_STATE = 24, MAX_CELL = 30, MAX_POINT = 64 };

static uint64_t seed = 17;

/* One target cell, and a source, on states that all train. */
typedef struct setting {
    double x[MAX_STATE * MAX_CELL], y[MAX_STATE];
    uint32_t order[MAX_STATE];
    mec_population population;
    const mec_population *parts[1];
    mec_source source;
    mec_problem problem;
    double surface[MAX_POINT];
    mec_grid_result result;
} setting;

static void start(setting *s, size_t n, size_t p) {
    *s = (setting){0};
    random_fill(&seed, s->x, n * p);
    random_fill(&seed, s->y, n);
    random_order(&seed, s->order, n);
    for (size_t i = 0; i < n; i++)
        s->y[i] += 3 + s->x[s->order[i] * p];
    s->population = (mec_population){s->x, n, p};
    s->parts[0] = &s->population;
    s->source = (mec_source){.parts = s->parts, .n_part = 1, .n_cell = p};
    s->problem = (mec_problem){.source = &s->source, .train = s->order, .n_train = n};
}

static void search_whole(setting *s, const mec_grid *grid) {
    mec_scratch scratch = {0};
    mec_status status = {0};
    mec_grid_prepared *prepared = NULL;
    mec_grid_output output = {.surface = s->surface};
    mec_grid_prepare(&s->problem, grid, &scratch, &prepared, &status);
    mec_grid_cell(prepared, s->y, &output, &s->result, &scratch, &status);
    assert_ok(status);
    mec_scratch_release(&scratch);
}

/* Searches the grid in parts and joins them. */
static void search_in_parts(setting *s, const mec_grid *grid, size_t n_part) {
    mec_scratch scratch = {0};
    mec_status status = {0};
    mec_grid_prepared *prepared = NULL;
    mec_grid_output output = {.surface = s->surface};
    mec_grid_result parts[3 * MAX_POINT];
    double scores[3 * MAX_POINT];
    double *next = scores;
    mec_grid_prepare(&s->problem, grid, &scratch, &prepared, &status);
    for (size_t k = 0; k < n_part; k++) {
        mec_grid_part part = mec_grid_part_at(grid, n_part, k);
        mec_grid_output nowhere = {0};
        mec_grid_cell_part(prepared, s->y, part, &nowhere, next, &parts[k], &scratch, &status);
        next += part.n * grid->n_alpha;
    }
    assert_int_equal(next - scores, grid->n_fold * grid->n_alpha * grid->n_l1_ratio);
    mec_grid_join(grid, scores, parts, n_part, &output, &s->result, &scratch, &status);
    assert_ok(status);
    mec_scratch_release(&scratch);
}

static void check_same_choice(const mec_grid_result *found, const mec_grid_result *wanted) {
    const mec_grid_choice *a = &found->choice;
    const mec_grid_choice *b = &wanted->choice;
    assert_int_equal(found->outcome, wanted->outcome);
    assert_int_equal(found->n_rejected, wanted->n_rejected);
    assert_int_equal(a->n_valid, b->n_valid);
    assert_int_equal(a->n_within_one_se, b->n_within_one_se);
    assert_int_equal(a->on_edge, b->on_edge);
    if (b->n_valid == 0)
        return;
    assert_true(a->best.alpha == b->best.alpha && a->best.l1_ratio == b->best.l1_ratio);
    if (b->n_within_one_se > 0)
        assert_true(a->one_se.alpha == b->one_se.alpha && a->one_se.l1_ratio == b->one_se.l1_ratio);
    assert_true(fabs(a->score - b->score) <= 1e-12);
}

static void parts_make_the_whole(void **state) {
    (void)state;
    const double alphas[] = {0.1, 10, 1e-3, 1, 1e-6, 0.1, 0.3};
    const double l1_ratios[] = {0.5, 1e-16, 1, 0.2};
    const double wanted[] = {1, 2, 5, 8, 1000};
    const size_t n_train[] = {22, 9, 2};
    setting s;
    for (size_t i = 0; i < 3; i++)
        for (size_t k = 0; k < sizeof wanted / sizeof *wanted; k++) {
            const mec_grid grid = {.alphas = alphas,
                                   .l1_ratios = l1_ratios,
                                   .n_alpha = 7,
                                   .n_l1_ratio = 4,
                                   .n_fold = 2 + k % 2,
                                   .cv_score = MEC_SCORE_CORR,
                                   .rule = MEC_CERTIFICATE_OBJECTIVE,
                                   .tol = NAN,
                                   .fit_intercept = true};
            start(&s, n_train[i], 12);
            search_whole(&s, &grid);
            mec_grid_result whole = s.result;
            double surface[MAX_POINT];
            memcpy(surface, s.surface, sizeof surface);
            size_t n_part = mec_grid_n_part(&grid, wanted[k]);
            assert_int_equal(n_part % grid.n_fold, 0);
            assert_true(n_part <= grid.n_fold * 4 && (double)n_part >= fmin(wanted[k], 8));
            search_in_parts(&s, &grid, n_part);
            check_same_choice(&s.result, &whole);
            for (size_t at = 0; at < 28; at++)
                assert_true((isnan(surface[at]) && isnan(s.surface[at])) ||
                            fabs(surface[at] - s.surface[at]) <= 1e-12);
        }
}

/* Every l1_ratio of every fold once, in order, in parts that differ by one at most. */
static void parts_cover_the_grid(void **state) {
    (void)state;
    for (size_t n_l1_ratio = 1; n_l1_ratio < 12; n_l1_ratio++)
        for (size_t n_range = 1; n_range <= n_l1_ratio; n_range++) {
            const mec_grid grid = {.n_alpha = 1, .n_l1_ratio = n_l1_ratio, .n_fold = 3};
            size_t n_seen = 0;
            for (size_t k = 0; k < 3 * n_range; k++) {
                mec_grid_part part = mec_grid_part_at(&grid, 3 * n_range, k);
                assert_int_equal(part.fold * n_l1_ratio + part.first, n_seen);
                assert_in_range(part.n, n_l1_ratio / n_range, (n_l1_ratio - 1) / n_range + 1);
                n_seen += part.n;
            }
            assert_int_equal(n_seen, 3 * n_l1_ratio);
        }
}

/* Points that are not accepted keep their places in the whole grid. */
static void parts_list_what_is_not_accepted(void **state) {
    (void)state;
    const double alphas[] = {0.1, 0.01};
    const double l1_ratios[] = {0.5, 0.7, 0.2, 1};
    const size_t place[] = {2, 1, 3, 0}; /* by falling l1_ratio */
    const mec_grid grid = {.alphas = alphas,
                           .l1_ratios = l1_ratios,
                           .n_alpha = 2,
                           .n_l1_ratio = 4,
                           .n_fold = 2,
                           .cv_score = MEC_SCORE_CORR,
                           .rule = MEC_CERTIFICATE_SKLEARN,
                           .tol = 1e-300,
                           .fit_intercept = true};
    setting s;
    mec_scratch scratch = {0};
    mec_status status = {0};
    mec_grid_prepared *prepared = NULL;
    start(&s, 20, 6);
    mec_grid_prepare(&s.problem, &grid, &scratch, &prepared, &status);
    size_t n_listed = 0;
    for (size_t k = 0; k < 4; k++) {
        mec_grid_point rejected[8];
        double scores[4];
        const mec_grid_output output = {.rejected = rejected, .n_rejected = 8};
        mec_grid_part part = mec_grid_part_at(&grid, 4, k);
        mec_grid_cell_part(prepared, s.y, part, &output, scores, &s.result, &scratch, &status);
        assert_ok(status);
        for (size_t i = 0; i < s.result.n_rejected; i++) {
            size_t at = place[rejected[i].l1_ratio] - part.first;
            assert_int_equal(rejected[i].fold, part.fold);
            assert_in_range(at, 0, part.n - 1);
            assert_true(isnan(scores[at * grid.n_alpha + rejected[i].alpha]));
            n_listed++;
        }
    }
    assert_true(n_listed > 0);
    mec_scratch_release(&scratch);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_make_the_whole),
        cmocka_unit_test(parts_cover_the_grid),
        cmocka_unit_test(parts_list_what_is_not_accepted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
