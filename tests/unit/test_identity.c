#include <stdlib.h>

#include "maps/fit.h"
#include "random.h"
#include "unit.h"

enum { N_STATE = 30, N_CELL = MEC_FIT_BLOCK + 9, N_FIRST = 20 };

static uint64_t seed = 5;

/* A source of two populations with as many cells as the target, or one fewer. */
typedef struct fixture {
    double *resp[2], *target_resp;
    mec_population parts[2], target;
    const mec_population *list[2];
    mec_source source;
    uint32_t states[N_STATE], cells[N_CELL];
    double corr[N_CELL], mse[N_CELL], rsa;
    int8_t outcome[N_CELL];
} fixture;

static double *random_numbers(size_t n) {
    double *x = malloc(n * sizeof *x);
    assert_non_null(x);
    random_fill(&seed, x, n);
    return x;
}

static fixture *make_fixture(size_t n_missing) {
    fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    const size_t n_cell[2] = {N_FIRST, N_CELL - N_FIRST - n_missing};
    for (int k = 0; k < 2; k++) {
        f->resp[k] = random_numbers(N_STATE * n_cell[k]);
        f->parts[k] = (mec_population){f->resp[k], N_STATE, n_cell[k]};
        f->list[k] = &f->parts[k];
    }
    f->source = (mec_source){.parts = f->list, .n_part = 2, .n_cell = N_CELL - n_missing};
    f->target_resp = random_numbers((size_t)N_STATE * N_CELL);
    f->target = (mec_population){f->target_resp, N_STATE, N_CELL};
    random_order(&seed, f->states, N_STATE);
    for (uint32_t j = 0; j < N_CELL; j++)
        f->cells[j] = j;
    return f;
}

static void free_fixture(fixture *f) {
    free(f->resp[0]);
    free(f->resp[1]);
    free(f->target_resp);
    free(f);
}

/* Scores cells `first` and following, `n` of them. */
static void score(fixture *f, size_t n_train, size_t first, size_t n) {
    mec_map_parameters parameters = {.fit_intercept = true};
    mec_problem problem = {.source = &f->source,
                           .train = f->states,
                           .test = f->states + n_train,
                           .n_train = n_train,
                           .n_test = N_STATE - n_train,
                           .parameters = &parameters};
    mec_fit fit = {.problem = &problem, .map = &mec_identity};
    mec_fit_target target = {.population = &f->target,
                             .cells = f->cells + first,
                             .n = n,
                             .score = {[MEC_SCORE_CORR] = f->corr, [MEC_SCORE_MSE] = f->mse},
                             .outcome = f->outcome,
                             .rsa = &f->rsa};
    mec_fit_workspace workspace = {0};
    mec_status status = {0};
    mec_fit_run(&fit, &target, 1, &workspace, &status);
    mec_fit_workspace_release(&workspace);
    assert_ok(status);
}

static double source_at(const fixture *f, uint32_t state, uint32_t cell) {
    return cell < N_FIRST ? f->resp[0][state * N_FIRST + cell]
                          : f->resp[1][state * (N_CELL - N_FIRST) + cell - N_FIRST];
}

static void assert_copied(const fixture *f, size_t n_train, size_t first, size_t n) {
    for (size_t j = 0; j < n; j++) {
        double mse = 0;
        for (size_t i = n_train; i < N_STATE; i++) {
            double y = f->target_resp[f->states[i] * N_CELL + f->cells[first + j]];
            double error = y - source_at(f, f->states[i], f->cells[first + j]);
            mse += error * error / (double)(N_STATE - n_train);
        }
        assert_near(f->mse[j], mse, 1e-14);
        assert_true(isfinite(f->corr[j]));
        assert_int_equal(f->outcome[j], MEC_OUTCOME_DONE);
    }
}

/* More cells than a block holds; with train states, which it does not look at, and without. */
static void every_cell_gets_its_column(void **state) {
    (void)state;
    for (size_t n_train = 0; n_train < 12; n_train += 11) {
        fixture *f = make_fixture(0);
        score(f, n_train, 0, N_CELL);
        assert_copied(f, n_train, 0, N_CELL);
        assert_true(isfinite(f->rsa));
        free_fixture(f);
    }
}

static void some_cells_get_theirs_too(void **state) {
    (void)state;
    fixture *f = make_fixture(0);
    random_order(&seed, f->cells, N_CELL);
    score(f, 0, 17, 30);
    assert_copied(f, 0, 17, 30);
    free_fixture(f);
}

static void a_source_of_other_width_predicts_no_cell(void **state) {
    (void)state;
    fixture *f = make_fixture(1);
    score(f, 0, 0, N_CELL);
    for (size_t j = 0; j < N_CELL; j++) {
        assert_near(f->corr[j], NAN, 0);
        assert_int_equal(f->outcome[j], MEC_OUTCOME_DONE);
    }
    assert_true(isfinite(f->rsa));
    free_fixture(f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cell_gets_its_column),
        cmocka_unit_test(some_cells_get_theirs_too),
        cmocka_unit_test(a_source_of_other_width_predicts_no_cell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
