/* What mec_fit_run promises whatever the map: which cells a map gets together, where results go,
 * what becomes of fits without states, of those that fail and of those that are stopped. */
#include <stdlib.h>
#include <string.h>

#include "maps/emd.h"
#include "maps/fit.h"
#include "numerics/linalg.h"
#include "oracle.h"
#include "random.h"
#include "unit.h"

enum { N_STATE = 40, N_SOURCE = 5, N_CELL = MEC_FIT_BLOCK + 88, MAX_CALL = 2 * N_CELL };

static uint64_t seed = 41;

/* ---- maps that keep book ---- */

/* What the maps below were asked for since the last `forget`. */
static struct {
    size_t n_prepare, n_predict;
    size_t m[MAX_CALL]; /* targets of each call of predict */
    mec_shape shape;    /* of the last estimate */
} seen;

static void forget(void) {
    memset(&seen, 0, sizeof seen);
}

static mec_code prepare(const mec_problem *problem, mec_scratch *scratch, void **prepared,
                        mec_status *status) {
    seen.n_prepare++;
    const mec_problem **kept = mec_scratch_take(scratch, 1, sizeof *kept, status);
    if (!kept)
        return status->code;
    *kept = problem;
    *prepared = kept;
    return MEC_OK;
}

/* Predicts of the target in column j of a block: source cell j % N_SOURCE times 1 + j. */
static mec_code predict(const void *prepared, mec_block *block, mec_scratch *scratch,
                        mec_status *status) {
    const mec_problem *problem = *(const mec_problem *const *)prepared;
    (void)scratch;
    (void)status;
    for (size_t i = 0; i < problem->n_test; i++)
        for (size_t j = 0; j < block->m; j++)
            block->prediction[i * block->m + j] =
                (double)(1 + j) *
                problem->source->parts[0]->resp[problem->test[i] * N_SOURCE + j % N_SOURCE];
    seen.m[seen.n_predict++] = block->m;
    return MEC_OK;
}

/* The same; a target whose first train response is 1 fails, one where it is 2 is not within its
 * certificate, one where it is 3 is, and has a gap. */
static mec_code predict_with_outcomes(const void *prepared, mec_block *block, mec_scratch *scratch,
                                      mec_status *status) {
    const mec_problem *problem = *(const mec_problem *const *)prepared;
    predict(prepared, block, scratch, status);
    for (size_t j = 0; j < block->m; j++) {
        double mark = block->y[j];
        if (mark == 1)
            block->outcome[j] = MEC_OUTCOME_FAILED;
        if (mark == 2)
            block->outcome[j] = MEC_OUTCOME_GAP_ABOVE_TOL;
        if (mark == 2 || mark == 3)
            block->gap[j] = mark / 100;
        for (size_t i = 0; i < problem->n_test && (mark == 1 || mark == 2); i++)
            block->prediction[i * block->m + j] = NAN;
    }
    return MEC_OK;
}

static bool joint_if_scaled(const mec_map_parameters *parameters) {
    return parameters->scale;
}

static double memory(const mec_map_parameters *parameters, const mec_shape *shape) {
    (void)parameters;
    seen.shape = *shape;
    return 1000;
}

static const mec_map plain_map = {.prepare = prepare, .predict = predict, .memory = memory};
static const mec_map joint_map = {
    .is_joint = joint_if_scaled, .prepare = prepare, .predict = predict, .memory = memory};
static bool copies(const mec_map_parameters *parameters) {
    (void)parameters;
    return true;
}

static const mec_map passing_map = {.passes_through = true,
                                    .copies = copies,
                                    .prepare = prepare,
                                    .predict = predict,
                                    .memory = memory};
static const mec_map failing_map = {.prepare = prepare, .predict = predict_with_outcomes};

/* ---- data ---- */

typedef struct fixture {
    double source_resp[N_STATE * N_SOURCE];
    double target_resp[N_STATE * N_CELL];
    mec_population source_part, target;
    const mec_population *parts[1];
    mec_source source;
    uint32_t order[N_STATE], cells[N_CELL];
    mec_map_parameters parameters;
    mec_problem problem;
} fixture;

/* All cells in a random order. */
static fixture *make_fixture(size_t n_train) {
    fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    random_fill(&seed, f->source_resp, N_STATE * N_SOURCE);
    random_fill(&seed, f->target_resp, N_STATE * N_CELL);
    random_order(&seed, f->order, N_STATE);
    random_order(&seed, f->cells, N_CELL);
    f->source_part = (mec_population){f->source_resp, N_STATE, N_SOURCE};
    f->target = (mec_population){f->target_resp, N_STATE, N_CELL};
    f->parts[0] = &f->source_part;
    f->source = (mec_source){.parts = f->parts, .n_part = 1, .n_cell = N_SOURCE};
    f->problem = (mec_problem){.source = &f->source,
                               .train = f->order,
                               .test = f->order + n_train,
                               .n_train = n_train,
                               .n_test = N_STATE - n_train,
                               .parameters = &f->parameters};
    return f;
}

static mec_status run(fixture *f, const mec_map *map, bool alone, const mec_fit_target *targets,
                      size_t n_target) {
    mec_fit fit = {.problem = &f->problem, .map = map, .alone = alone};
    mec_fit_workspace workspace = {0};
    mec_status status = {0};
    forget();
    mec_code code = mec_fit_run(&fit, targets, n_target, &workspace, &status);
    assert_int_equal(code, status.code);
    mec_fit_workspace_release(&workspace);
    return status;
}

/* The responses of one cell on the test states. */
static void test_responses(const fixture *f, size_t cell, double *y) {
    for (size_t i = 0; i < f->problem.n_test; i++)
        y[i] = f->target_resp[f->problem.test[i] * N_CELL + cell];
}

static double train_mean(const fixture *f, size_t cell) {
    double sum = 0;
    for (size_t i = 0; i < f->problem.n_train; i++)
        sum += f->target_resp[f->problem.train[i] * N_CELL + cell];
    return sum / (double)f->problem.n_train;
}

/* What `predict` says of column j of a block. */
static void book_prediction(const fixture *f, size_t j, double *p) {
    for (size_t i = 0; i < f->problem.n_test; i++)
        p[i] = (double)(1 + j) * f->source_resp[f->problem.test[i] * N_SOURCE + j % N_SOURCE];
}

/* ---- which cells a map gets together ---- */

/* Two targets, of all cells and of three. */
static void check_blocks(const mec_map *map, bool joint, bool alone, const size_t *m, size_t n) {
    fixture *f = make_fixture(10);
    f->parameters.scale = joint;
    const mec_fit_target targets[] = {
        {.population = &f->target, .cells = f->cells, .n = N_CELL},
        {.population = &f->target, .cells = f->cells, .n = 3},
    };
    mec_status status = run(f, map, alone, targets, 2);
    assert_ok(status);
    assert_int_equal(seen.n_prepare, 1);
    assert_int_equal(seen.n_predict, n);
    for (size_t k = 0; k < n; k++)
        assert_int_equal(seen.m[k], m[k]);
    free(f);
}

static void a_map_gets_blocks_of_bounded_width(void **state) {
    (void)state;
    const size_t blocks[] = {MEC_FIT_BLOCK, 88, 3};
    check_blocks(&plain_map, false, false, blocks, 3);
    check_blocks(&joint_map, false, false, blocks, 3); /* not joint with these parameters */
}

static void a_joint_map_gets_whole_targets(void **state) {
    (void)state;
    const size_t blocks[] = {N_CELL, 3};
    check_blocks(&joint_map, true, false, blocks, 2);
}

static void alone_a_joint_map_gets_single_cells(void **state) {
    (void)state;
    size_t blocks[N_CELL + 3];
    for (size_t k = 0; k < N_CELL + 3; k++)
        blocks[k] = 1;
    check_blocks(&joint_map, true, true, blocks, N_CELL + 3);
}

/* ---- where results go ---- */

/* mse of every cell: the one score that the fake prediction's factor and the intercept both move.
 * `width` cells a block. */
static void check_scores(const mec_map *map, bool joint, bool alone, size_t width) {
    fixture *f = make_fixture(10);
    f->parameters.scale = joint;
    f->parameters.fit_intercept = true;
    double mse[N_CELL + 1];
    mse[N_CELL] = -7;
    const mec_fit_target target = {
        .population = &f->target, .cells = f->cells, .n = N_CELL, .score = {[MEC_SCORE_MSE] = mse}};
    mec_status status = run(f, map, alone, &target, 1);
    assert_ok(status);
    for (size_t j = 0; j < N_CELL; j++) {
        double y[N_STATE];
        double p[N_STATE];
        double wanted[N_PLAIN_SCORE];
        test_responses(f, f->cells[j], y);
        book_prediction(f, j % width, p);
        oracle_scores(y, p, train_mean(f, f->cells[j]), f->problem.n_test, wanted);
        assert_near(mse[j], wanted[MEC_SCORE_MSE], 1e-12 * wanted[MEC_SCORE_MSE]);
    }
    assert_near(mse[N_CELL], -7, 0);
    free(f);
}

static void scores_of_all_blocks_land_in_their_places(void **state) {
    (void)state;
    check_scores(&plain_map, false, false, MEC_FIT_BLOCK);
    check_scores(&joint_map, true, false, N_CELL);
    check_scores(&joint_map, true, true, 1);
}

/* Marks cells 0 .. N_CELL - 1 by 0 1 2 3 0 1 2 3 ... in the first train state. */
static void mark_cells(fixture *f) {
    for (size_t j = 0; j < N_CELL; j++)
        f->target_resp[f->order[0] * N_CELL + j] = (double)(j % 4);
}

static void outcomes_and_gaps_land_in_their_places(void **state) {
    (void)state;
    const mec_outcome outcomes[] = {MEC_OUTCOME_DONE, MEC_OUTCOME_FAILED, MEC_OUTCOME_GAP_ABOVE_TOL,
                                    MEC_OUTCOME_DONE};
    const double gaps[] = {NAN, NAN, 0.02, 0.03};
    fixture *f = make_fixture(10);
    mark_cells(f);
    double gap[N_CELL + 1] = {[N_CELL] = -7};
    double corr[N_CELL];
    int8_t outcome[N_CELL + 1] = {[N_CELL] = -7};
    const mec_fit_target target = {.population = &f->target,
                                   .cells = f->cells,
                                   .n = N_CELL,
                                   .score = {[MEC_SCORE_CORR] = corr},
                                   .gap = gap,
                                   .outcome = outcome};
    mec_status status = run(f, &failing_map, false, &target, 1);
    assert_ok(status);
    for (size_t j = 0; j < N_CELL; j++) {
        size_t mark = f->cells[j] % 4;
        assert_int_equal(outcome[j], outcomes[mark]);
        assert_near(gap[j], gaps[mark], 0);
        assert_int_equal(isnan(corr[j]) != 0, mark == 1 || mark == 2);
    }
    assert_near(gap[N_CELL], -7, 0);
    assert_int_equal(outcome[N_CELL], -7);
    free(f);
}

static void an_animal_with_a_failed_cell_has_no_rsa(void **state) {
    (void)state;
    fixture *f = make_fixture(10);
    mark_cells(f);
    const uint32_t good[] = {0, 3, 4, 7, 8};
    const uint32_t bad[] = {0, 3, 4, 5, 8};
    double rsa[] = {-7, -7};
    const mec_fit_target targets[] = {
        {.population = &f->target, .cells = good, .n = 5, .rsa = &rsa[0]},
        {.population = &f->target, .cells = bad, .n = 5, .rsa = &rsa[1]},
    };
    mec_status status = run(f, &failing_map, false, targets, 2);
    assert_ok(status);
    assert_true(rsa[0] >= -1 && rsa[0] <= 1);
    assert_near(rsa[1], NAN, 0);
    free(f);
}

/* ---- without states ---- */

static void check_no_states(size_t n_train, size_t n_test, const mec_map *map) {
    fixture *f = make_fixture(10);
    f->problem.n_train = n_train;
    f->problem.n_test = n_test;
    enum { N = 3 };
    double results[MEC_N_CELL_SCORE + 1][N + 1];
    double rsa = -7;
    int8_t outcome[N + 1] = {[N] = -7};
    mec_fit_target target = {.population = &f->target, .cells = f->cells, .n = N};
    target.rsa = &rsa;
    target.outcome = outcome;
    target.gap = results[MEC_N_CELL_SCORE];
    for (int k = 0; k < MEC_N_CELL_SCORE; k++)
        target.score[k] = results[k];
    for (int k = 0; k <= MEC_N_CELL_SCORE; k++)
        results[k][N] = -7;
    mec_status status = run(f, map, false, &target, 1);
    assert_ok(status);
    assert_int_equal(seen.n_prepare + seen.n_predict, 0);
    assert_near(rsa, NAN, 0);
    for (size_t j = 0; j <= N; j++) {
        for (int k = 0; k <= MEC_N_CELL_SCORE; k++)
            assert_near(results[k][j], j < N ? NAN : -7, 0);
        assert_int_equal(outcome[j], j < N ? MEC_OUTCOME_NO_STATES : -7);
    }
    free(f);
}

static void without_train_or_test_states_nothing_is_fitted(void **state) {
    (void)state;
    check_no_states(0, 10, &plain_map);
    check_no_states(10, 0, &plain_map);
    check_no_states(0, 0, &plain_map);
    check_no_states(0, 10, &joint_map);
    check_no_states(10, 0, &passing_map);
    check_no_states(0, 0, &passing_map);
}

static void results_that_are_not_wanted_may_be_missing_without_states(void **state) {
    (void)state;
    fixture *f = make_fixture(0);
    const mec_fit_target target = {.population = &f->target, .cells = f->cells, .n = 3};
    mec_status status = run(f, &plain_map, false, &target, 1);
    assert_ok(status);
    free(f);
}

/* The source itself is the prediction: with any number of train states, none included, scores are
 * those of its cells, and rsa compares all of them with all of the target's. */
static void check_pass_through(size_t n_train, bool fit_intercept) {
    fixture *f = make_fixture(n_train);
    f->parameters.fit_intercept = fit_intercept;
    enum { N = 3 };
    double corr[N];
    double rsa = -7;
    int8_t outcome[N] = {0};
    const mec_fit_target target = {.population = &f->target,
                                   .cells = f->cells,
                                   .n = N,
                                   .score = {[MEC_SCORE_CORR] = corr},
                                   .rsa = &rsa,
                                   .outcome = outcome};
    mec_status status = run(f, &passing_map, false, &target, 1);
    assert_ok(status);
    double y[N_STATE];
    double p[N_STATE];
    double patterns[N_STATE * N];
    double source[N_STATE * N_SOURCE];
    size_t n_test = f->problem.n_test;
    for (size_t j = 0; j < N; j++) {
        test_responses(f, f->cells[j], y);
        book_prediction(f, j, p);
        assert_near(corr[j], oracle_corr(y, p, n_test), 1e-12);
        assert_int_equal(outcome[j], MEC_OUTCOME_DONE);
        for (size_t i = 0; i < n_test; i++)
            patterns[i * N + j] = y[i];
    }
    mec_source_gather(&f->source, f->problem.test, n_test, source);
    assert_near(rsa, oracle_rsa(n_test, source, N_SOURCE, patterns, N), 1e-12);
    free(f);
}

static void a_map_that_passes_through_needs_no_train_states(void **state) {
    (void)state;
    for (int intercept = 0; intercept < 2; intercept++) {
        check_pass_through(0, intercept);
        check_pass_through(1, intercept);
        check_pass_through(15, intercept);
    }
}

/* ---- rsa ---- */

/* Ridge's predictions with their intercepts, and the responses, of `n` cells on the test states. */
static void predict_by_oracle(const fixture *f, const uint32_t *cells, size_t n,
                              double *predictions, double *responses) {
    size_t n_train = f->problem.n_train;
    size_t n_test = f->problem.n_test;
    double x[N_STATE * N_SOURCE];
    double y[N_STATE];
    double p[N_STATE];
    double intercept = 0;
    mec_source_gather(&f->source, f->order, N_STATE, x);
    for (size_t j = 0; j < n; j++) {
        for (size_t i = 0; i < N_STATE; i++)
            y[i] = f->target_resp[f->order[i] * N_CELL + cells[j]];
        oracle_ridge(x, n_train, N_SOURCE, y, x + n_train * N_SOURCE, n_test, f->parameters.alpha,
                     f->parameters.fit_intercept, p, &intercept);
        for (size_t i = 0; i < n_test; i++) {
            predictions[i * n + j] = p[i] + intercept;
            responses[i * n + j] = y[n_train + i];
        }
    }
}

/* Two animals, one of more cells than a block holds. */
static void rsa_compares_predictions_with_responses(void **state) {
    (void)state;
    fixture *f = make_fixture(25);
    f->parameters.alpha = 0.5;
    double *predictions = malloc(N_STATE * N_CELL * sizeof *predictions);
    double *responses = malloc(N_STATE * N_CELL * sizeof *responses);
    assert_true(predictions && responses);
    const size_t n[] = {N_CELL, 4};
    for (int intercept = 0; intercept < 2; intercept++) {
        f->parameters.fit_intercept = intercept;
        double rsa[] = {-7, -7};
        mec_fit_target targets[2];
        for (size_t t = 0; t < 2; t++)
            targets[t] = (mec_fit_target){
                .population = &f->target, .cells = f->cells + t, .n = n[t] - t, .rsa = &rsa[t]};
        mec_status status = run(f, &mec_ridge, false, targets, 2);
        assert_ok(status);
        for (size_t t = 0; t < 2; t++) {
            predict_by_oracle(f, targets[t].cells, targets[t].n, predictions, responses);
            double wanted =
                oracle_rsa(f->problem.n_test, predictions, targets[t].n, responses, targets[t].n);
            assert_true(fabs(wanted) < 1);
            assert_near(rsa[t], wanted, 1e-10);
        }
    }
    free(predictions);
    free(responses);
    free(f);
}

/* ---- stopping ---- */

typedef struct stopper {
    size_t n, stop_at; /* beats so far; the one that asks to stop, from 1 */
} stopper;

static bool beat(void *owner) {
    stopper *s = owner;
    return ++s->n == s->stop_at;
}

/* Whichever beat it is: the fit returns at once, and every block gives beats. */
static void a_pulse_stops_at_any_beat(void **state) {
    (void)state;
    fixture *f = make_fixture(10);
    stopper s = {0};
    mec_pulse pulse = {beat, &s};
    f->problem.pulse = &pulse;
    const mec_fit_target targets[] = {
        {.population = &f->target, .cells = f->cells, .n = N_CELL},
        {.population = &f->target, .cells = f->cells, .n = 3},
    };
    mec_status status = run(f, &plain_map, false, targets, 2);
    assert_ok(status);
    size_t n_beat = s.n;
    assert_true(n_beat >= 4); /* the start, three blocks */
    for (size_t stop_at = 1; stop_at <= n_beat; stop_at++) {
        s = (stopper){0, stop_at};
        status = run(f, &plain_map, false, targets, 2);
        assert_status(status, MEC_STOPPED, "stopped on request");
        assert_int_equal(s.n, stop_at);
        assert_true(stop_at > 1 || seen.n_prepare == 0);
        assert_true(seen.n_predict < 3 || stop_at == n_beat);
    }
    free(f);
}

/* ---- memory ---- */

static double memory_of(const mec_map *map, const mec_shape *shape, bool scale, uint32_t scores) {
    mec_map_parameters parameters = {.scale = scale};
    return mec_fit_memory(map, &parameters, shape, scores);
}

static void memory_is_that_of_a_block(void **state) {
    (void)state;
    const mec_shape small = {30, 50, 200, 100};
    const mec_shape full = {30, 50, 200, MEC_FIT_BLOCK};
    const mec_shape wide = {30, 50, 200, 10 * MEC_FIT_BLOCK};
    double own = 1000;
    assert_true(memory_of(&plain_map, &small, false, 0) >= own + 8.0 * 100 * (50 + 200));
    assert_int_equal(seen.shape.m, 100);
    assert_true(memory_of(&plain_map, &full, false, 0) > memory_of(&plain_map, &small, false, 0));
    assert_near(memory_of(&plain_map, &wide, false, 0), memory_of(&plain_map, &full, false, 0), 0);
    assert_int_equal(seen.shape.m, MEC_FIT_BLOCK);
    assert_near(memory_of(&joint_map, &wide, false, 0), memory_of(&plain_map, &full, false, 0), 0);
}

static void memory_of_a_joint_map_is_that_of_whole_targets(void **state) {
    (void)state;
    const mec_shape wide = {30, 50, 200, 10 * MEC_FIT_BLOCK};
    double m = 10 * MEC_FIT_BLOCK;
    assert_true(memory_of(&joint_map, &wide, true, 0) >= 1000 + 8.0 * m * (50 + 200));
    assert_int_equal(seen.shape.m, 10 * MEC_FIT_BLOCK);
    assert_int_equal(seen.shape.n_cell, 30);
    assert_int_equal(seen.shape.n_train, 50);
    assert_int_equal(seen.shape.n_test, 200);
}

static void memory_grows_with_states(void **state) {
    (void)state;
    const mec_shape shape = {30, 50, 200, 100};
    mec_shape more_train = shape;
    mec_shape more_test = shape;
    more_train.n_train++;
    more_test.n_test++;
    double base = memory_of(&plain_map, &shape, false, 0);
    assert_near(memory_of(&plain_map, &more_train, false, 0) - base, 8 * 100, 0);
    assert_near(memory_of(&plain_map, &more_test, false, 0) - base, 8 * 100, 0);
}

/* Predictions and responses of the whole animal, and blocks of dissimilarities; of a map that
 * passes the source through, that too. */
static void rsa_and_neg_emd_add_their_memory(void **state) {
    (void)state;
    const mec_shape wide = {30, 50, 200, 10 * MEC_FIT_BLOCK};
    double base = memory_of(&plain_map, &wide, false, 0);
    uint32_t rsa = UINT32_C(1) << MEC_SCORE_RSA;
    uint32_t neg_emd = UINT32_C(1) << MEC_SCORE_NEG_EMD;
    double animal = 8.0 * 200 * 10 * MEC_FIT_BLOCK;
    double with_rsa = memory_of(&plain_map, &wide, false, rsa);
    assert_true(with_rsa >= base + 2 * animal + 2 * 8.0 * 128 * 200);
    assert_true(memory_of(&passing_map, &wide, false, rsa) >= with_rsa + 8.0 * 200 * 30);
    assert_near(memory_of(&plain_map, &wide, false, neg_emd), base + mec_neg_emd_memory(200), 1e-6);
    assert_near(memory_of(&plain_map, &wide, false, neg_emd | rsa),
                with_rsa + mec_neg_emd_memory(200), 1e-6);
    uint32_t plain = 1 << MEC_SCORE_CORR | 1 << MEC_SCORE_R2 | 1 << MEC_SCORE_MSE;
    assert_near(memory_of(&plain_map, &wide, false, plain), base, 0);
}

int main(void) {
    mec_linalg_set_threads(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_map_gets_blocks_of_bounded_width),
        cmocka_unit_test(a_joint_map_gets_whole_targets),
        cmocka_unit_test(alone_a_joint_map_gets_single_cells),
        cmocka_unit_test(scores_of_all_blocks_land_in_their_places),
        cmocka_unit_test(outcomes_and_gaps_land_in_their_places),
        cmocka_unit_test(an_animal_with_a_failed_cell_has_no_rsa),
        cmocka_unit_test(without_train_or_test_states_nothing_is_fitted),
        cmocka_unit_test(results_that_are_not_wanted_may_be_missing_without_states),
        cmocka_unit_test(a_map_that_passes_through_needs_no_train_states),
        cmocka_unit_test(rsa_compares_predictions_with_responses),
        cmocka_unit_test(a_pulse_stops_at_any_beat),
        cmocka_unit_test(memory_is_that_of_a_block),
        cmocka_unit_test(memory_of_a_joint_map_is_that_of_whole_targets),
        cmocka_unit_test(memory_grows_with_states),
        cmocka_unit_test(rsa_and_neg_emd_add_their_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
