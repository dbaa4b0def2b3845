/* Parts of a batch against the whole one, and the sums over it against plain loops. */
#include "model/batch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

static const mec_cue cues[] = {{0, 0, 0.3, 0.3}, {0.6, 0.5, 0.1, 0.1}};
static const mec_walk walk = {.box = {-1.1, 1.1, -1.1, 1.1},
                              .batch_size = 7,
                              .sequence_length = 5,
                              .dt = 0.02,
                              .cues = cues,
                              .n_cue = 2,
                              .cue_probability = 0.5};
enum { N_WALK = 7, N_STEP = 5, N_PLACE = 40, N_INPUT = 4 };

static mec_place_cells make_cells(void) {
    mec_place_cells cells;
    mec_status status = {0};
    const mec_place_options options = {
        .box = walk.box, .n_cell = N_PLACE, .sigma = 0.12, .surround_scale = 2, .dog = true};
    mec_place_cells_create(&cells, &options, &status);
    assert_ok(status);
    return cells;
}

/* Of seed 3, or of step 11 of seed 3. */
static mec_batch draw(mec_place_cells *cells, size_t first, size_t n_walk, unsigned draws) {
    mec_batch batch;
    mec_status status = {0};
    mec_batch_create(&batch, &walk, cells, first, n_walk, draws, &status);
    assert_ok(status);
    if (draws & MEC_BATCH_SEEDED)
        mec_batch_draw_seeded(&batch, 3, &status);
    else
        mec_batch_draw_step(&batch, 3, 11, &status);
    assert_ok(status);
    return batch;
}

/* Walk i of `part` is walk first + i of `whole`, at every step. */
static void compare(const mec_batch *part, const mec_batch *whole) {
    size_t n = part->n_walk;
    for (size_t i = 0; i < n; i++) {
        size_t j = part->first + i;
        assert_memory_equal(part->code + i * N_PLACE, whole->code + j * N_PLACE,
                            N_PLACE * sizeof(mec_real));
        for (size_t t = 0; t < N_STEP; t++) {
            size_t own = t * n + i;
            size_t theirs = t * N_WALK + j;
            assert_memory_equal(part->position + 2 * own, whole->position + 2 * theirs,
                                2 * sizeof(double));
            assert_memory_equal(part->input + N_INPUT * own, whole->input + N_INPUT * theirs,
                                N_INPUT * sizeof(mec_real));
            assert_memory_equal(part->target + N_PLACE * own, whole->target + N_PLACE * theirs,
                                N_PLACE * sizeof(mec_real));
        }
    }
}

static void parts_are_those_of_the_whole(void **state) {
    (void)state;
    mec_place_cells cells = make_cells();
    for (unsigned draws = MEC_BATCH_SEEDED; draws <= MEC_BATCH_OF_STEP; draws++) {
        mec_batch whole = draw(&cells, 0, N_WALK, draws);
        for (size_t first = 0; first < N_WALK; first += 3)
            for (size_t n = 0; first + n <= N_WALK; n++) {
                mec_batch part = draw(&cells, first, n, draws);
                compare(&part, &whole);
                mec_batch_destroy(&part);
            }
        mec_batch_destroy(&whole);
    }
    mec_place_cells_destroy(&cells);
}

/* What the trajectories themselves say, step by step. */
static void a_network_reads_what_was_walked(void **state) {
    (void)state;
    mec_place_cells cells = make_cells();
    mec_batch batch = draw(&cells, 0, N_WALK, MEC_BATCH_SEEDED);
    mec_trajectories walked;
    mec_status status = {0};
    double code[N_PLACE];
    mec_trajectories_create(&walked, &walk, &status);
    mec_trajectories_draw_seeded(&walked, &walk, 3, &status);
    assert_ok(status);
    for (size_t s = 0; s < (size_t)N_WALK * N_STEP; s++) {
        const mec_real *x = batch.input + N_INPUT * s;
        for (size_t k = 0; k < 2; k++) {
            assert_true(x[k] == (mec_real)walked.velocity[2 * s + k]);
            assert_true(x[2 + k] == (mec_real)walked.cue[2 * s + k]);
        }
        mec_place_cells_encode(&cells, walked.target + 2 * s, 1, code);
        for (size_t j = 0; j < N_PLACE; j++)
            assert_true(batch.target[s * N_PLACE + j] == (mec_real)code[j]);
    }
    mec_trajectories_destroy(&walked);
    mec_batch_destroy(&batch);
    mec_place_cells_destroy(&cells);
}

/* A perfect answer is as far off as the floor, and no better than the entropy. */
static void sums_are_those_of_the_states(void **state) {
    (void)state;
    mec_place_cells cells = make_cells();
    mec_batch batch = draw(&cells, 2, 4, MEC_BATCH_SEEDED);
    size_t n = batch.n_state;
    mec_real *logits = malloc(n * N_PLACE * sizeof *logits);
    mec_batch_sums sums;
    double entropy = 0;
    double error = 0;
    assert_non_null(logits);
    for (size_t i = 0; i < n * N_PLACE; i++) {
        double p = batch.target[i];
        logits[i] = (mec_real)log(fmax(p, 1e-30));
        entropy -= p > 0 ? p * log(p) : 0;
    }
    for (size_t s = 0; s < n; s++) {
        double position[2];
        mec_place_cells_decode(&cells, batch.target + s * N_PLACE, 1, position);
        error +=
            hypot(position[0] - batch.position[2 * s], position[1] - batch.position[2 * s + 1]);
    }
    mec_batch_judge(&batch, MEC_LOSS_CROSS_ENTROPY, logits, &sums);
    assert_near(sums.entropy, entropy, 1e-9 * entropy);
    assert_near(sums.loss, entropy, 1e-5 * entropy);
    assert_near(sums.floor_m, error, 1e-12 * error);
    mec_batch_judge(&batch, MEC_LOSS_SQUARED, batch.target, &sums);
    assert_near(sums.loss, 0, 0);
    assert_near(sums.error_m, error, 1e-12 * error);
    free(logits);
    mec_batch_destroy(&batch);
    mec_place_cells_destroy(&cells);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_those_of_the_whole),
        cmocka_unit_test(a_network_reads_what_was_walked),
        cmocka_unit_test(sums_are_those_of_the_states),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
