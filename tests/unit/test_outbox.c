#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "random.h"
#include "storage/outbox.h"
#include "unit.h"

static uint64_t seed = 9;

static void layouts_describe_arrays(void **state) {
    (void)state;
    mec_status status = {0};
    mec_layout layout = {0};
    const double values[] = {1, 2, 3, 4, 5, 6};
    const char *const names[] = {"a", "bcd", ""};
    char path[] = "/group/x";
    int scale = mec_layout_add_int_scale(&layout, "/row", 2, "row", &status);
    int texts = mec_layout_add_text_scale(&layout, "/name", names, 3, "name", &status);
    int array = mec_layout_add(&layout,
                               &(mec_array){.path = path,
                                            .element = MEC_REAL64,
                                            .n_dim = 2,
                                            .dims = {2, 3},
                                            .scale = {scale, texts},
                                            .values = (void *)values},
                               &status);
    assert_ok(status);
    path[1] = 'x'; /* the layout has a copy */
    assert_int_equal(mec_layout_find(&layout, "/group/x"), array);
    assert_int_equal(mec_layout_find(&layout, "/xroup/x"), -1);
    assert_int_equal(mec_layout_find(&layout, "/row"), scale);
    const mec_array *a = &layout.arrays[array];
    assert_int_equal(mec_array_count(a), 6);
    assert_ptr_not_equal(a->values, values);
    assert_memory_equal(a->values, values, sizeof values);
    const int64_t *rows = layout.arrays[scale].values;
    assert_true(rows[0] == 0 && rows[1] == 1 && layout.arrays[scale].is_scale);
    assert_int_equal(layout.arrays[texts].string_size, 3);
    assert_memory_equal(layout.arrays[texts].values, "a\0\0bcd\0\0\0", 9);
    mec_layout_destroy(&layout);
    assert_int_equal(layout.n_array, 0);
}

static void elements_have_sizes(void **state) {
    (void)state;
    const struct {
        mec_element element;
        size_t size;
    } cases[] = {{MEC_REAL64, 8}, {MEC_INT64, 8}, {MEC_INT32, 4},
                 {MEC_INT8, 1},   {MEC_UINT8, 1}, {MEC_STRING, 5}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mec_array array = {.element = cases[i].element, .string_size = 5};
        assert_int_equal(mec_array_element_size(&array), cases[i].size);
    }
}

static void layouts_may_grow_large(void **state) {
    (void)state;
    mec_status status = {0};
    mec_layout layout = {0};
    for (int i = 0; i < 300; i++) {
        char path[32];
        snprintf(path, sizeof path, "/array_%d", i);
        mec_array array = {.path = path, .element = MEC_INT8, .n_dim = 1, .dims = {1}};
        assert_int_equal(mec_layout_add(&layout, &array, &status), i);
    }
    assert_ok(status);
    assert_int_equal(mec_layout_find(&layout, "/array_299"), 299);
    mec_layout_destroy(&layout);
}

static void packed_texts_are_padded(void **state) {
    (void)state;
    mec_status status = {0};
    size_t size = 99;
    char *packed = mec_layout_pack(NULL, 0, &size, &status);
    assert_int_equal(size, 1);
    free(packed);
    const char *const texts[] = {"", "xy", "z"};
    packed = mec_layout_pack(texts, 3, &size, &status);
    assert_ok(status);
    assert_int_equal(size, 2);
    assert_memory_equal(packed, "\0\0xyz\0", 6);
    free(packed);
}

/* ---- the order of a pack ---- */

static size_t offset_of(const mec_array *a, const size_t *at) {
    size_t offset = 0;
    for (int d = 0; d < a->n_dim; d++)
        offset = offset * a->dims[d] + at[d];
    return offset;
}

/* Steps `at` to the next place in the box (start, count); false behind the last. */
static bool step(int n_dim, const size_t *start, const size_t *count, size_t *at) {
    for (int d = n_dim - 1; d >= 0; d--) {
        if (++at[d] < start[d] + count[d])
            return true;
        at[d] = start[d];
    }
    return false;
}

/* Whether nothing in the box is owned yet. */
static bool is_free(const mec_array *a, const size_t *start, const size_t *count,
                    const bool *owned) {
    size_t at[MEC_MAX_DIM];
    memcpy(at, start, (size_t)a->n_dim * sizeof *at);
    do
        if (owned[offset_of(a, at)])
            return false;
    while (step(a->n_dim, start, count, at));
    return true;
}

/* Takes a slice and fills it with the offsets of its elements. */
static void take_box(mec_outbox *box, int array, const size_t *start, const size_t *count,
                     bool *owned) {
    const mec_array *a = &box->layout->arrays[array];
    mec_status status = {0};
    int32_t *values = mec_outbox_take(box, array, start, count, &status);
    assert_ok(status);
    assert_non_null(values);
    size_t at[MEC_MAX_DIM];
    memcpy(at, start, (size_t)a->n_dim * sizeof *at);
    do {
        *values++ = (int32_t)offset_of(a, at);
        owned[offset_of(a, at)] = true;
    } while (step(a->n_dim, start, count, at));
}

static void take_random_boxes(mec_outbox *box, int array, int n_try, bool *owned) {
    const mec_array *a = &box->layout->arrays[array];
    for (int i = 0; i < n_try; i++) {
        size_t start[MEC_MAX_DIM] = {0};
        size_t count[MEC_MAX_DIM] = {0};
        for (int d = 0; d < a->n_dim; d++) {
            start[d] = random_below(&seed, a->dims[d]);
            count[d] = 1 + random_below(&seed, a->dims[d] - start[d]);
            if (random_below(&seed, 3) > 0)
                count[d] = 1;
        }
        if (is_free(a, start, count, owned))
            take_box(box, array, start, count, owned);
    }
}

/* Where the arrays of a test begin in a file that nobody writes. */
static uint64_t place_of(int array) {
    return 1000 + 100000 * (uint64_t)array;
}

/* The stretches of what is committed, in order. */
static mec_stretch *cut_and_sort(const mec_outbox *box, size_t *n) {
    mec_status status = {0};
    uint64_t places[8];
    assert_true(box->layout->n_array <= 8);
    for (int i = 0; i < 8; i++)
        places[i] = place_of(i);
    mec_stretch *stretches = mec_outbox_cut(box, places, 2, n, &status);
    assert_ok(status);
    mec_stretches_sort(stretches, *n);
    return stretches;
}

/* The stretches of `array` are the elements that are owned, each in its place. */
static void compare_cut(const mec_outbox *box, int array, const bool *owned) {
    const mec_array *a = &box->layout->arrays[array];
    size_t n = 0;
    mec_stretch *stretches = cut_and_sort(box, &n);
    size_t next = 0;
    for (size_t i = 0; i < n; i++) {
        if (stretches[i].place < place_of(array) || stretches[i].place >= place_of(array + 1))
            continue;
        size_t offset = (stretches[i].place - place_of(array)) / sizeof(int32_t);
        for (; next < offset; next++)
            assert_false(owned[next]);
        const int32_t *values = stretches[i].values;
        for (size_t k = 0; k < stretches[i].size / sizeof *values; k++, next++) {
            assert_true(next < mec_array_count(a) && owned[next]);
            assert_int_equal(values[k], next);
        }
    }
    for (; next < mec_array_count(a); next++)
        assert_false(owned[next]);
    free(stretches);
}

static void stretches_follow_the_order_of_the_array(void **state) {
    (void)state;
    const size_t dims[MEC_MAX_DIM] = {7, 5, 6, 4};
    for (int round = 0; round < 50; round++) {
        mec_status status = {0};
        mec_layout layout = {0};
        bool owned[4][7 * 5 * 6 * 4] = {{false}};
        for (int n_dim = 1; n_dim <= MEC_MAX_DIM; n_dim++) {
            mec_array array = {.path = (char[]){'/', 'a', '\0'}, .element = MEC_INT32};
            array.n_dim = n_dim;
            memcpy(array.dims, dims, sizeof dims);
            mec_layout_add(&layout, &array, &status);
        }
        assert_ok(status);
        mec_outbox box = {.layout = &layout};
        for (int i = 0; i < 20; i++) {
            int array = (int)random_below(&seed, 4);
            take_random_boxes(&box, array, 4, owned[array]);
        }
        mec_outbox_commit(&box, &(mec_status){0});
        for (int array = 0; array < 4; array++)
            compare_cut(&box, array, owned[array]);
        mec_outbox_release(&box);
        mec_layout_destroy(&layout);
    }
}

/* ---- what counts ---- */

static mec_layout line_layout(void) {
    mec_status status = {0};
    mec_layout layout = {0};
    mec_array array = {
        .path = (char[]){'/', 'a', '\0'}, .element = MEC_INT32, .n_dim = 1, .dims = {100}};
    mec_layout_add(&layout, &array, &status);
    assert_ok(status);
    return layout;
}

static void only_committed_slices_count(void **state) {
    (void)state;
    mec_layout layout = line_layout();
    mec_outbox box = {.layout = &layout};
    bool owned[100] = {false};
    bool ignored[100] = {false};
    const size_t starts[] = {50, 10, 80, 0};
    const size_t count[] = {7};
    compare_cut(&box, 0, owned);
    take_box(&box, 0, &starts[0], count, owned);
    mec_outbox_commit(&box, &(mec_status){0});
    take_box(&box, 0, &starts[1], count, ignored);
    take_box(&box, 0, &starts[2], count, ignored);
    compare_cut(&box, 0, owned);
    mec_outbox_discard(&box);
    mec_outbox_commit(&box, &(mec_status){0});
    compare_cut(&box, 0, owned);
    take_box(&box, 0, &starts[3], count, owned);
    mec_outbox_commit(&box, &(mec_status){0});
    compare_cut(&box, 0, owned);
    mec_outbox_clear(&box);
    compare_cut(&box, 0, (bool[100]){false});
    mec_outbox_release(&box);
    mec_layout_destroy(&layout);
}

/* A flush while a task is under way: what the task has taken stays where it was, and is filled and
 * committed later. */
static void a_flush_leaves_what_is_not_committed(void **state) {
    (void)state;
    mec_status status = {0};
    mec_layout layout = line_layout();
    mec_outbox box = {.layout = &layout};
    const size_t count[] = {30};
    bool owned[100] = {false};
    take_box(&box, 0, &(size_t){0}, count, owned);
    assert_int_equal(mec_outbox_commit(&box, &status), MEC_OK);
    int32_t *waiting = mec_outbox_take(&box, 0, &(size_t){40}, count, &status);
    assert_ok(status);
    for (int32_t i = 0; i < 15; i++)
        waiting[i] = 40 + i;
    for (int flush = 0; flush < 3; flush++)
        mec_outbox_clear(&box);
    compare_cut(&box, 0, (bool[100]){false});
    for (int32_t i = 15; i < 30; i++)
        waiting[i] = 40 + i;
    assert_int_equal(mec_outbox_commit(&box, &status), MEC_OK);
    for (size_t i = 0; i < 100; i++)
        owned[i] = i >= 40 && i < 70;
    compare_cut(&box, 0, owned);
    mec_outbox_release(&box);
    mec_layout_destroy(&layout);
}

static void many_rounds_keep_their_values(void **state) {
    (void)state;
    mec_layout layout = line_layout();
    mec_outbox box = {.layout = &layout};
    for (int round = 0; round < 20; round++) {
        bool owned[100] = {false};
        take_random_boxes(&box, 0, 60, owned);
        mec_outbox_commit(&box, &(mec_status){0});
        compare_cut(&box, 0, owned);
        mec_outbox_clear(&box);
    }
    mec_outbox_release(&box);
    mec_layout_destroy(&layout);
}

static void strings_are_cut_whole(void **state) {
    (void)state;
    mec_status status = {0};
    mec_layout layout = {0};
    mec_array array = {.path = (char[]){'/', 's', '\0'},
                       .element = MEC_STRING,
                       .string_size = 3,
                       .n_dim = 1,
                       .dims = {4}};
    mec_layout_add(&layout, &array, &status);
    mec_outbox box = {.layout = &layout};
    const size_t late[] = {3};
    const size_t early[] = {0};
    const size_t one[] = {1};
    memcpy(mec_outbox_take(&box, 0, late, one, &status), "xyz", 3);
    memcpy(mec_outbox_take(&box, 0, early, one, &status), "abc", 3);
    mec_outbox_commit(&box, &(mec_status){0});
    size_t n = 0;
    mec_stretch *stretches = cut_and_sort(&box, &n);
    assert_int_equal(n, 2);
    assert_int_equal(stretches[0].place, place_of(0));
    assert_memory_equal(stretches[0].values, "abc", 3);
    assert_int_equal(stretches[1].place, place_of(0) + 9);
    assert_memory_equal(stretches[1].values, "xyz", 3);
    free(stretches);
    mec_outbox_release(&box);
    mec_layout_destroy(&layout);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layouts_describe_arrays),
        cmocka_unit_test(elements_have_sizes),
        cmocka_unit_test(layouts_may_grow_large),
        cmocka_unit_test(packed_texts_are_padded),
        cmocka_unit_test(stretches_follow_the_order_of_the_array),
        cmocka_unit_test(only_committed_slices_count),
        cmocka_unit_test(a_flush_leaves_what_is_not_committed),
        cmocka_unit_test(many_rounds_keep_their_values),
        cmocka_unit_test(strings_are_cut_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
