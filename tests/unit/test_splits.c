#include <string.h>

#include "base/text.h"
#include "maps/splits.h"
#include "random.h"
#include "unit.h"

static const mec_bins grids[] = {
    {1, 1, 1, 1}, {1, 5, 1, 1}, {5, 1, 1, 1}, {2, 2, 1, 1},   {2, 3, 1, 1},   {6, 9, 1, 1},
    {9, 6, 1, 1}, {7, 7, 1, 1}, {8, 8, 1, 1}, {11, 14, 1, 1}, {20, 20, 1, 1},
};
enum { N_GRID = sizeof grids / sizeof *grids, MAX_STATE = 400 };

static void the_number_of_train_states_is_rounded_up(void **state) {
    (void)state;
    assert_int_equal(mec_split_n_train(400, 0.2), 80);
    assert_int_equal(mec_split_n_train(401, 0.2), 81);
    assert_int_equal(mec_split_n_train(7, 0.3), 3);
    assert_int_equal(mec_split_n_train(361, 0.5), 181);
    assert_int_equal(mec_split_n_train(10, 1e-300), 1);
    assert_int_equal(mec_split_n_train(0, 0.5), 0);
    assert_int_equal(mec_split_n_train(10, 0), 0);
    assert_int_equal(mec_split_n_train(10, 1), 10);
}

/* The ceiling is taken of the double product, as NumPy does: 0.7 * 10 is 7, 0.1 * 30 a little
 * above 3. */
static void the_product_is_that_of_doubles(void **state) {
    (void)state;
    assert_int_equal(mec_split_n_train(10, 0.7), 7);
    assert_int_equal(mec_split_n_train(30, 0.1), 3);
    assert_int_equal(mec_split_n_train(100, 0.07), 8); /* 7.000000000000001 */
}

static void kept_states_are_permuted(void **state) {
    (void)state;
    const uint32_t kept[] = {5, 6, 10, 11, 12, 20, 21, 30, 31, 99};
    const uint32_t permutation[] = {2, 8, 4, 9, 1, 6, 7, 3, 0, 5}; /* RandomState(0) */
    uint32_t order[10];
    mec_split_random(0, kept, 10, order);
    for (size_t i = 0; i < 10; i++)
        assert_int_equal(order[i], kept[permutation[i]]);
    mec_split_random(UINT32_MAX, kept, 10, order);
    assert_int_equal(order[0], kept[6]);
    assert_int_equal(order[9], kept[3]);
}

static void one_and_no_state_work(void **state) {
    (void)state;
    const uint32_t kept[] = {42};
    uint32_t order[1] = {7};
    mec_split_random(1, kept, 0, order);
    assert_int_equal(order[0], 7);
    mec_split_random(1, kept, 1, order);
    assert_int_equal(order[0], 42);
}

/* Whether a bin belongs to the first of a kind's two parts; of quad, to quarter `quarter`. */
static bool in_part(mec_split_kind kind, size_t quarter, const mec_bins *b, size_t row,
                    size_t column) {
    bool top = row + 1 <= b->n_row / 2;
    bool left = column + 1 <= b->n_column / 2;
    bool quarters[] = {top && left, top && !left, !top && left, !top && !left};
    switch (kind) {
    case MEC_SPLIT_TOPBOTTOM:
        return top;
    case MEC_SPLIT_LEFTRIGHT:
        return left;
    case MEC_SPLIT_DIAG1:
        return row <= column;
    case MEC_SPLIT_DIAG2:
        return row + column < b->n_column;
    case MEC_SPLIT_QUAD:
        return quarters[quarter];
    }
    return false;
}

/* The states that train (or test) by plain loops over the grid. */
static size_t plain_part(mec_split_kind kind, size_t split, const mec_bins *b, const bool *kept,
                         bool train, uint32_t *order) {
    size_t n = 0;
    bool quad = kind == MEC_SPLIT_QUAD;
    for (size_t row = 0; row < b->n_row; row++)
        for (size_t i = 0; i < b->n_column; i++) {
            size_t column = kind == MEC_SPLIT_DIAG2 ? b->n_column - 1 - i : i;
            bool part = in_part(kind, split, b, row, column);
            bool trains = quad || split == 1 ? !part : part;
            if (kept[row * b->n_column + column] && trains == train)
                order[n++] = (uint32_t)(row * b->n_column + column);
        }
    return n;
}

/* All splits of all kinds, of the states that are kept. */
static void compare_with_plain_loops(const mec_bins *b, const bool *kept) {
    uint32_t states[MAX_STATE];
    size_t n = 0;
    for (uint32_t i = 0; i < b->n_row * b->n_column; i++)
        if (kept[i])
            states[n++] = i;
    for (mec_split_kind kind = MEC_SPLIT_TOPBOTTOM; kind <= MEC_SPLIT_QUAD; kind++)
        for (size_t split = 0; split < mec_split_count(kind); split++) {
            uint32_t found[MAX_STATE + 1];
            uint32_t wanted[MAX_STATE];
            found[n] = 77777;
            size_t n_train = plain_part(kind, split, b, kept, true, wanted);
            size_t n_test = plain_part(kind, split, b, kept, false, wanted + n_train);
            assert_int_equal(n_train + n_test, n);
            assert_int_equal(mec_split_structured(kind, split, b, states, n, found), n_train);
            for (size_t i = 0; i < n; i++)
                assert_int_equal(found[i], wanted[i]);
            assert_int_equal(found[n], 77777);
        }
}

static void parts_of_the_grid_agree_with_plain_loops(void **state) {
    (void)state;
    bool kept[MAX_STATE];
    memset(kept, true, sizeof kept);
    for (size_t g = 0; g < N_GRID; g++)
        compare_with_plain_loops(&grids[g], kept);
}

static void unvisited_bins_are_left_out_of_every_part(void **state) {
    (void)state;
    uint64_t seed = 5;
    for (size_t g = 0; g < N_GRID; g++)
        for (size_t round = 0; round < 20; round++) {
            bool kept[MAX_STATE];
            for (size_t i = 0; i < MAX_STATE; i++)
                kept[i] = random_below(&seed, 20) > round;
            compare_with_plain_loops(&grids[g], kept);
        }
}

/* The halves are those of the arena, not of what was visited. */
static void unvisited_bins_do_not_move_the_cut(void **state) {
    (void)state;
    const mec_bins bins = {4, 2, 1, 1};
    const uint32_t kept[] = {3, 4, 5, 6, 7};
    uint32_t order[5];
    assert_int_equal(mec_split_structured(MEC_SPLIT_TOPBOTTOM, 0, &bins, kept, 5, order), 1);
    assert_int_equal(order[0], 3);
    assert_int_equal(mec_split_structured(MEC_SPLIT_TOPBOTTOM, 1, &bins, kept, 5, order), 4);
    assert_int_equal(order[4], 3);
}

static void odd_sizes_give_the_middle_to_the_second_half(void **state) {
    (void)state;
    const mec_bins bins = {3, 1, 1, 1};
    const uint32_t all[] = {0, 1, 2};
    uint32_t order[3];
    assert_int_equal(mec_split_structured(MEC_SPLIT_TOPBOTTOM, 0, &bins, all, 3, order), 1);
    assert_int_equal(order[0], 0);
    const mec_bins turned = {1, 3, 1, 1};
    assert_int_equal(mec_split_structured(MEC_SPLIT_LEFTRIGHT, 1, &turned, all, 3, order), 2);
    assert_int_equal(order[2], 0);
}

static void a_grid_of_one_row_has_one_half(void **state) {
    (void)state;
    const mec_bins bins = {1, 4, 1, 1};
    const uint32_t all[] = {0, 1, 2, 3};
    uint32_t order[4];
    assert_int_equal(mec_split_structured(MEC_SPLIT_TOPBOTTOM, 0, &bins, all, 4, order), 0);
    assert_int_equal(mec_split_structured(MEC_SPLIT_TOPBOTTOM, 1, &bins, all, 4, order), 4);
    assert_int_equal(mec_split_structured(MEC_SPLIT_LEFTRIGHT, 0, &bins, all, 4, order), 2);
    assert_int_equal(mec_split_structured(MEC_SPLIT_DIAG1, 0, &bins, all, 4, order), 4);
    assert_int_equal(mec_split_structured(MEC_SPLIT_DIAG2, 1, &bins, all, 4, order), 0);
    assert_int_equal(mec_split_structured(MEC_SPLIT_QUAD, 0, &bins, all, 4, order), 4);
    assert_int_equal(mec_split_structured(MEC_SPLIT_QUAD, 2, &bins, all, 4, order), 2);
    assert_int_equal(order[0], 2);
}

static void no_state_gives_empty_parts(void **state) {
    (void)state;
    const mec_bins bins = {3, 3, 1, 1};
    uint32_t order[1] = {7};
    for (mec_split_kind kind = MEC_SPLIT_TOPBOTTOM; kind <= MEC_SPLIT_QUAD; kind++)
        assert_int_equal(mec_split_structured(kind, 0, &bins, order, 0, order), 0);
    assert_int_equal(order[0], 7);
}

/* Names stand for kinds by their order; a quad has as many splits as quarters. */
static void names_and_counts_match_the_kinds(void **state) {
    (void)state;
    const char *const names[] = {"topbottom", "leftright", "diag1", "diag2", "quad"};
    for (int kind = 0; kind < 5; kind++) {
        assert_int_equal(mec_text_index(MEC_SPLIT_NAMES, names[kind]), kind);
        assert_int_equal(mec_split_count((mec_split_kind)kind), kind == MEC_SPLIT_QUAD ? 4 : 2);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_number_of_train_states_is_rounded_up),
        cmocka_unit_test(the_product_is_that_of_doubles),
        cmocka_unit_test(kept_states_are_permuted),
        cmocka_unit_test(one_and_no_state_work),
        cmocka_unit_test(parts_of_the_grid_agree_with_plain_loops),
        cmocka_unit_test(unvisited_bins_are_left_out_of_every_part),
        cmocka_unit_test(unvisited_bins_do_not_move_the_cut),
        cmocka_unit_test(odd_sizes_give_the_middle_to_the_second_half),
        cmocka_unit_test(a_grid_of_one_row_has_one_half),
        cmocka_unit_test(no_state_gives_empty_parts),
        cmocka_unit_test(names_and_counts_match_the_kinds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
