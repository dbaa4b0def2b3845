#include "model/walk_draws.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "numerics/numpy_random.h"
#include "numerics/philox.h"

/* Of rats: Raudies & Hasselmo, PLoS Comput Biol 2012; the published code's numbers. */
static const double SPEED_SCALE = 0.13 * 2 * M_PI; /* m/s */
static const double TURN_DEVIATION = 11.52;        /* rad/s */

/* Word 2 of the counter is a walk's index; this one is no walk's. */
static const uint32_t FOR_CHOICE = UINT32_MAX;

static double *place(mec_wandering *wandering, size_t n_walk, size_t n_step, double *next) {
    wandering->n_step = n_step;
    wandering->heading = next;
    wandering->turn = next + n_walk;
    wandering->speed = wandering->turn + n_walk * n_step;
    return wandering->speed + n_walk * n_step;
}

mec_code mec_walk_draws_create(mec_walk_draws *draws, size_t n_walk, size_t n_step,
                               size_t n_zone_step, mec_status *status) {
    *draws = (mec_walk_draws){.n_walk = n_walk};
    draws->block = mec_alloc(n_walk, (4 + 2 * (n_step + n_zone_step)) * sizeof(double), status);
    draws->chosen = mec_alloc(n_walk, sizeof *draws->chosen, status);
    draws->order = mec_alloc(n_walk, sizeof *draws->order, status);
    if (!draws->block || !draws->chosen || !draws->order) {
        mec_walk_draws_destroy(draws);
        return status->code;
    }
    draws->start = draws->block;
    double *next = place(&draws->in_box, n_walk, n_step, draws->start + 2 * n_walk);
    place(&draws->in_zone, n_walk, n_zone_step, next);
    return MEC_OK;
}

void mec_walk_draws_destroy(mec_walk_draws *draws) {
    free(draws->block);
    free(draws->chosen);
    free(draws->order);
    *draws = (mec_walk_draws){0};
}

/* ---- NumPy ---- */

/* All headings, then all turns, and so on; the published code draws a normal a walk at the end that
 * it does not use. */
static void draw_wandering(mec_wandering *wandering, size_t n_walk, mec_numpy_random *random) {
    const size_t n = n_walk * wandering->n_step;
    for (size_t i = 0; i < n_walk; i++)
        wandering->heading[i] = 2 * M_PI * mec_numpy_uniform(random);
    for (size_t i = 0; i < n; i++)
        wandering->turn[i] = TURN_DEVIATION * mec_numpy_normal(random);
    for (size_t i = 0; i < n; i++)
        wandering->speed[i] = mec_numpy_rayleigh(random, SPEED_SCALE);
    for (size_t i = 0; i < n_walk; i++)
        mec_numpy_normal(random);
}

void mec_walk_draws_seeded(mec_walk_draws *draws, uint32_t seed, size_t n_chosen) {
    const size_t n = draws->n_walk;
    mec_numpy_random random;
    mec_numpy_seed(&random, seed);
    for (size_t axis = 0; axis < 2; axis++)
        for (size_t i = 0; i < n; i++)
            draws->start[2 * i + axis] = mec_numpy_uniform(&random);
    draw_wandering(&draws->in_box, n, &random);
    mec_mt19937_permutation(&random.bits, n, draws->order);
    for (size_t i = 0; i < n; i++)
        draws->chosen[draws->order[i]] = i < n_chosen;
    draw_wandering(&draws->in_zone, n, &random);
}

/* ---- counters ---- */

static mec_stream stream_of(uint64_t seed, uint64_t step, uint32_t walk) {
    return mec_stream_at(seed, (uint32_t)step, (uint32_t)(step >> 32), walk);
}

static void draw_walk(mec_wandering *wandering, size_t i, mec_stream *stream) {
    const size_t n_step = wandering->n_step;
    wandering->heading[i] = 2 * M_PI * mec_stream_uniform(stream);
    for (size_t t = i * n_step; t < (i + 1) * n_step; t++) {
        wandering->turn[t] = TURN_DEVIATION * mec_stream_normal(stream);
        wandering->speed[t] = mec_stream_rayleigh(stream, SPEED_SCALE);
    }
}

/* Every set of n_chosen walks is as likely as any other (Fan, Muller & Rezucha 1962; Knuth,
 * algorithm 3.4.2S): a walk is chosen with the part that is still wanted of those still to come. It
 * needs no list of the whole batch, of which only a part may be here. */
static void choose(mec_walk_draws *draws, mec_stream stream, size_t first, size_t batch_size,
                   size_t n_chosen) {
    size_t n_wanted = n_chosen;
    for (size_t i = 0; i < first + draws->n_walk; i++) {
        const double n_left = (double)(batch_size - i);
        const uint8_t chosen = mec_stream_uniform(&stream) * n_left < (double)n_wanted;
        n_wanted -= chosen;
        if (i >= first)
            draws->chosen[i - first] = chosen;
    }
}

void mec_walk_draws_of_step(mec_walk_draws *draws, uint64_t seed, uint64_t step, size_t first,
                            size_t batch_size, size_t n_chosen) {
    for (size_t i = 0; i < draws->n_walk; i++) {
        mec_stream stream = stream_of(seed, step, (uint32_t)(first + i));
        draws->start[2 * i] = mec_stream_uniform(&stream);
        draws->start[2 * i + 1] = mec_stream_uniform(&stream);
        draw_walk(&draws->in_box, i, &stream);
        draw_walk(&draws->in_zone, i, &stream);
    }
    choose(draws, stream_of(seed, step, FOR_CHOICE), first, batch_size, n_chosen);
}
