#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "together.h"

static mec_world world;

/* Rank `rank` fails with `code`; its message names it. */
static mec_status failing_on(int rank, mec_code code) {
    mec_status status = {0};
    if (world.rank == rank)
        mec_fail(&status, code, "code %d on rank %d", (int)code, rank);
    return status;
}

static void ranks_and_nodes_are_counted(void) {
    check_about("the world");
    CHECK(&world, world.size >= 1 && world.rank >= 0 && world.rank < world.size);
    CHECK(&world, world.node_size == world.size && world.node_rank == world.rank);
    CHECK(&world, world.n_node == 1);
}

static void nothing_to_tell_stays_ok(void) {
    check_about("no failure");
    mec_status status = {0};
    CHECK(&world, mec_agree(&world, &status) == MEC_OK);
    CHECK_STATUS(&world, status, MEC_OK);
    CHECK(&world, *status.message == '\0');
}

static void one_rank_fails_for_all(void) {
    const mec_code codes[] = {MEC_FAILED, MEC_REFUSED, MEC_INCOMPLETE, MEC_STOPPED};
    for (int rank = 0; rank < world.size; rank++)
        for (size_t i = 0; i < 4; i++) {
            check_about("code %d on rank %d", (int)codes[i], rank);
            char wanted[64];
            mec_status status = failing_on(rank, codes[i]);
            snprintf(wanted, sizeof wanted, "code %d on rank %d", (int)codes[i], rank);
            CHECK(&world, mec_agree(&world, &status) == codes[i]);
            CHECK_STATUS(&world, status, codes[i]);
            CHECK(&world, strcmp(status.message, wanted) == 0);
        }
}

static void the_lowest_rank_tells(void) {
    for (int lowest = 0; lowest < world.size; lowest++) {
        check_about("all from rank %d on", lowest);
        char wanted[64];
        mec_status status = failing_on(world.rank >= lowest ? world.rank : -1, MEC_FAILED);
        snprintf(wanted, sizeof wanted, "code 1 on rank %d", lowest);
        mec_agree(&world, &status);
        CHECK_STATUS(&world, status, MEC_FAILED);
        CHECK(&world, strcmp(status.message, wanted) == 0);
    }
}

static void a_failure_comes_before_a_stop(void) {
    for (int failing = 0; failing < world.size; failing++) {
        check_about("failure on rank %d, stop elsewhere", failing);
        mec_status status =
            failing_on(world.rank, world.rank == failing ? MEC_REFUSED : MEC_STOPPED);
        mec_agree(&world, &status);
        CHECK_STATUS(&world, status, MEC_REFUSED);
    }
}

static unsigned char pattern(size_t i) {
    return (unsigned char)(i * 131 + i / 977);
}

static void bytes_are_broadcast(void) {
    const size_t sizes[] = {0, 1, 7, 4096, 3000001};
    for (size_t s = 0; s < 5; s++) {
        check_about("a broadcast of %zu bytes", sizes[s]);
        unsigned char *bytes = calloc(sizes[s] + 1, 1);
        if (!CHECK(&world, bytes != NULL))
            return;
        bool good = true;
        for (size_t i = 0; i < sizes[s] && world.rank == 0; i++)
            bytes[i] = pattern(i);
        mec_broadcast(world.comm, bytes, sizes[s]);
        for (size_t i = 0; i < sizes[s]; i++)
            good = good && bytes[i] == pattern(i);
        CHECK(&world, good && bytes[sizes[s]] == 0);
        free(bytes);
    }
}

/* Rank 0 owns a block of `n` bytes, the others none. */
static void *own_block(size_t n) {
    unsigned char *bytes = world.rank == 0 ? calloc(n + 1, 1) : NULL;
    for (size_t i = 0; i < n && bytes; i++)
        bytes[i] = pattern(i);
    return bytes;
}

static void blocks_are_broadcast(void) {
    const size_t sizes[] = {0, 1, 1000, 2000003};
    for (size_t s = 0; s < 4; s++) {
        check_about("a block of %zu bytes", sizes[s]);
        mec_status status = {0};
        void *block = own_block(sizes[s]);
        size_t size = world.rank == 0 ? sizes[s] : 99;
        bool good = true;
        mec_broadcast_block(&world, &block, &size, &status);
        CHECK_STATUS(&world, status, MEC_OK);
        CHECK(&world, block != NULL && size == sizes[s]);
        for (size_t i = 0; i < sizes[s] && block; i++)
            good = good && ((unsigned char *)block)[i] == pattern(i);
        CHECK(&world, good);
        free(block);
    }
}

static void a_failing_broadcast_is_agreed(void) {
    for (int rank = 0; rank < world.size; rank++) {
        check_about("broadcast_block fails on rank %d", rank);
        mec_status status = {0};
        void *block = own_block(100);
        size_t size = 100;
        inject(&world, "broadcast_block", rank);
        mec_broadcast_block(&world, &block, &size, &status);
        inject(&world, NULL, 0);
        CHECK_STATUS(&world, status, MEC_FAILED);
        free(block);
    }
}

static void differing_texts_are_counted(void) {
    check_about("texts that differ");
    CHECK(&world, mec_count_differing(&world, "same") == 0);
    CHECK(&world, mec_count_differing(&world, world.rank ? "other" : "one") == world.size - 1);
    CHECK(&world, mec_count_differing(&world, world.rank == world.size - 1 ? "b" : "a") ==
                      (world.size > 1));
}

/* Each rank in turn comes late and says so first: who has left the barrier has heard it. */
static void a_barrier_waits_for_the_last(void) {
    for (int late = 0; late < world.size; late++) {
        check_about("rank %d is late at the barrier", late);
        int heard = 0;
        if (world.rank == late) {
            struct timespec nap = {.tv_nsec = 20000000};
            nanosleep(&nap, NULL);
            for (int rank = 0; rank < world.size; rank++)
                if (rank != late)
                    MPI_Send(&late, 1, MPI_INT, rank, 7, world.comm);
            heard = 1;
        }
        mec_quiet_barrier(world.comm);
        if (world.rank != late) {
            MPI_Iprobe(late, 7, world.comm, &heard, MPI_STATUS_IGNORE);
            int word = -1;
            MPI_Recv(&word, 1, MPI_INT, late, 7, world.comm, MPI_STATUS_IGNORE);
        }
        CHECK(&world, heard);
    }
}

int main(void) {
    start_together(&world);
    ranks_and_nodes_are_counted();
    nothing_to_tell_stays_ok();
    one_rank_fails_for_all();
    the_lowest_rank_tells();
    a_failure_comes_before_a_stop();
    bytes_are_broadcast();
    blocks_are_broadcast();
    a_failing_broadcast_is_agreed();
    differing_texts_are_counted();
    a_barrier_waits_for_the_last();
    return end_together(&world);
}
