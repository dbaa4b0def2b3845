#include <stdint.h>
#include <string.h>

#include "parallel/node.h"
#include "together.h"

enum { COUNT = 1000, N_NUMBER = 50000 };

static mec_world world;

static bool create(bool shared, size_t count, mec_node_array *array) {
    mec_status status = {0};
    inject(&world, shared ? NULL : "shared_memory_space", 0);
    mec_node_array_create(&world, count, "the test's array", array, &status);
    inject(&world, NULL, 0);
    CHECK(&world, array->shared == (shared && world.size > 1));
    return CHECK_STATUS(&world, status, MEC_OK);
}

static void arrays_begin_with_zeros(bool shared) {
    const size_t counts[] = {0, 1, COUNT, 100000};
    for (size_t c = 0; c < 4; c++) {
        mec_node_array array;
        bool good = true;
        if (!create(shared, counts[c], &array))
            return;
        CHECK(&world, array.count == counts[c] && array.data);
        CHECK(&world, (uintptr_t)array.data % sizeof(double) == 0);
        for (size_t i = 0; i < counts[c]; i++)
            good = good && array.data[i] == 0;
        CHECK(&world, good);
        mec_node_array_destroy(&array);
    }
}

/* Every rank writes its part; after a sync, who shares a copy sees all of it. */
static void writes_are_seen_by_sharers(bool shared) {
    mec_node_array array;
    bool good = true;
    if (!create(shared, COUNT, &array))
        return;
    for (size_t i = (size_t)world.rank; i < COUNT; i += (size_t)world.size)
        array.data[i] = 1 + (double)i;
    mec_node_array_sync(&array);
    for (size_t i = 0; i < COUNT; i++) {
        bool seen = array.shared || i % (size_t)world.size == (size_t)world.rank;
        good = good && array.data[i] == (seen ? 1 + (double)i : 0);
    }
    CHECK(&world, good);
    mec_node_array_destroy(&array);
}

/* A range of rank 0's copy reaches every copy, and nothing beside it does. */
static void ranges_are_shared(bool shared) {
    mec_node_array array;
    bool good = true;
    if (!create(shared, COUNT, &array))
        return;
    for (size_t i = 0; i < COUNT && world.rank == 0; i++)
        array.data[i] = (double)i;
    mec_node_array_share(&array, 100, 50);
    mec_node_array_share(&array, 900, 0);
    mec_node_array_share(&array, COUNT - 1, 1);
    for (size_t i = 0; i < COUNT; i++) {
        bool reached = array.shared || world.rank == 0 || (i >= 100 && i < 150) || i == COUNT - 1;
        good = good && array.data[i] == (reached ? (double)i : 0);
    }
    CHECK(&world, good);
    mec_node_array_destroy(&array);
}

/* Single-precision numbers lie one behind the other too. */
static void numbers_of_a_network_are_shared(bool shared) {
    mec_node_array array;
    mec_status status = {0};
    bool good = true;
    inject(&world, shared ? NULL : "shared_memory_space", 0);
    mec_node_array_create_reals(&world, COUNT, "the test's network", &array, &status);
    inject(&world, NULL, 0);
    if (!CHECK_STATUS(&world, status, MEC_OK))
        return;
    for (size_t i = 0; i < COUNT && world.rank == 0; i++)
        array.reals[i] = (mec_real)i;
    mec_node_array_share(&array, 0, COUNT / 2);
    mec_node_array_share(&array, COUNT / 2, COUNT - COUNT / 2);
    for (size_t i = 0; i < COUNT; i++)
        good = good && array.reals[i] == (mec_real)i;
    CHECK(&world, good);
    mec_node_array_destroy(&array);
}

/* Draws numbers until they are used up; `drawn` (N_NUMBER) counts how often each came, over all
 * ranks. */
static void draw_all(mec_node_array *array, int *drawn) {
    memset(drawn, 0, N_NUMBER * sizeof *drawn);
    for (size_t i = mec_node_array_next(array); i < N_NUMBER; i = mec_node_array_next(array))
        drawn[i]++;
    MPI_Allreduce(MPI_IN_PLACE, drawn, N_NUMBER, MPI_INT, MPI_SUM, world.comm);
}

static void numbers_are_handed_out_once_a_copy(bool shared) {
    mec_node_array array;
    static int drawn[N_NUMBER];
    if (!create(shared, 1, &array))
        return;
    int wanted = array.shared ? 1 : world.size;
    for (int round = 0; round < 3; round++) {
        bool good = true;
        draw_all(&array, drawn);
        for (size_t i = 0; i < N_NUMBER; i++)
            good = good && drawn[i] == wanted;
        CHECK(&world, good);
        mec_node_array_restart(&array);
    }
    CHECK(&world, array.data[0] == 0); /* the counter is beside the data */
    mec_node_array_destroy(&array);
}

static void a_failing_creation_is_agreed(void) {
    for (int rank = 0; rank < world.size; rank++) {
        check_about("node_array_create fails on rank %d", rank);
        mec_status status = {0};
        mec_node_array array;
        inject(&world, "node_array_create", rank);
        mec_node_array_create(&world, COUNT, "the test's array", &array, &status);
        inject(&world, NULL, 0);
        CHECK_STATUS(&world, status, MEC_FAILED);
        CHECK(&world, !array.created && !array.data);
        mec_node_array_destroy(&array);
    }
}

static void many_arrays_come_and_go(bool shared) {
    for (int round = 0; round < 30; round++) {
        mec_node_array array;
        if (!create(shared, COUNT, &array))
            return;
        mec_node_array_destroy(&array);
    }
}

static void zeroed_arrays_are_ignored(void) {
    mec_node_array array = {0};
    mec_node_array_destroy(&array);
    CHECK(&world, !array.created);
}

int main(void) {
    start_together(&world);
    for (int shared = 1; shared >= 0; shared--) {
        check_about(shared ? "shared copies" : "private copies");
        arrays_begin_with_zeros(shared);
        writes_are_seen_by_sharers(shared);
        ranges_are_shared(shared);
        numbers_of_a_network_are_shared(shared);
        numbers_are_handed_out_once_a_copy(shared);
        many_arrays_come_and_go(shared);
    }
    a_failing_creation_is_agreed();
    zeroed_arrays_are_ignored();
    return end_together(&world);
}
