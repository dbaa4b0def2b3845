#include "model/trajectories.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "model/walker.h"

/* ---- checks ---- */

static mec_code check_axis(char axis, double min, double max, mec_status *status) {
    if (isfinite(min) && isfinite(max) && max > min)
        return MEC_OK;
    return mec_fail(status, MEC_REFUSED,
                    "[model] max_%c: found %g; accepted: above min_%c, which is %g", axis, max,
                    axis, min);
}

static mec_code check_count(const char *key, size_t n, mec_status *status) {
    if (n >= 1 && n < UINT32_MAX)
        return MEC_OK;
    return mec_fail(status, MEC_REFUSED, "[model] %s: found %zu; accepted: 1 to %u", key, n,
                    UINT32_MAX - 1);
}

mec_code mec_walk_check(const mec_walk *walk, mec_status *status) {
    const mec_box *box = &walk->box;
    if (check_axis('x', box->min_x, box->max_x, status) ||
        check_axis('y', box->min_y, box->max_y, status) ||
        check_count("batch_size", walk->batch_size, status) ||
        check_count("sequence_length", walk->sequence_length, status))
        return status->code;
    if (!(isfinite(walk->dt) && walk->dt > 0))
        return mec_fail(status, MEC_REFUSED, "[model] dt: found %g; accepted: above 0 s", walk->dt);
    if (walk->n_cue > 0 && walk->reward)
        return mec_fail(status, MEC_REFUSED,
                        "[reward]: found together with [cues]; accepted: one or the other");
    if (!(walk->cue_probability >= 0 && walk->cue_probability <= 1))
        return mec_fail(status, MEC_REFUSED, "[cues] cue_prob: found %g; accepted: 0 to 1",
                        walk->cue_probability);
    if (mec_cues_check(walk->cues, walk->n_cue, box, status))
        return status->code;
    return walk->reward ? mec_reward_check(walk->reward, box, walk->sequence_length, status)
                        : MEC_OK;
}

/* ---- memory ---- */

/* Steps of a random walk in the reward zone. */
static size_t n_zone_step(const mec_walk *walk) {
    return walk->reward ? walk->sequence_length - walk->reward->n_step : 0;
}

mec_code mec_trajectories_create(mec_trajectories *batch, const mec_walk *walk,
                                 mec_status *status) {
    const size_t n = walk->batch_size;
    const size_t n_step = walk->sequence_length;
    *batch = (mec_trajectories){.batch_size = n, .sequence_length = n_step, .n_cue = walk->n_cue};
    batch->initial = mec_alloc(n, 2 * sizeof(double), status);
    batch->velocity = mec_alloc(n, n_step * 2 * sizeof(double), status);
    batch->target = mec_alloc(n, n_step * 2 * sizeof(double), status);
    if (walk->n_cue > 0)
        batch->cue = mec_alloc(n * walk->n_cue, n_step * sizeof(double), status);
    if (walk->reward)
        batch->reward = mec_alloc(n, n_step * sizeof *batch->reward, status);
    if (status->code ||
        mec_walk_draws_create(&batch->draws, n, n_step + 1, n_zone_step(walk), status))
        mec_trajectories_destroy(batch);
    return status->code;
}

void mec_trajectories_destroy(mec_trajectories *batch) {
    free(batch->initial);
    free(batch->velocity);
    free(batch->target);
    free(batch->cue);
    free(batch->reward);
    mec_walk_draws_destroy(&batch->draws);
    *batch = (mec_trajectories){0};
}

/* ---- what is made of the random numbers ---- */

/* Walk `i` of a wandering from its step `first` on, as steps `t` .. t + n_step - 1 of the
 * trajectory. */
static void wander(mec_trajectories *batch, const mec_walk *walk, const mec_box *box,
                   mec_walker *walker, const mec_wandering *wandering, size_t i, size_t t) {
    const size_t first = wandering->n_step - (batch->sequence_length - t);
    for (size_t s = first; s < wandering->n_step; s++, t++) {
        const size_t drawn = i * wandering->n_step + s;
        const size_t at = 2 * (t * batch->batch_size + i);
        mec_walker_step(walker, box, walk->dt, wandering->speed[drawn], wandering->turn[drawn],
                        batch->velocity + at);
        batch->target[at] = walker->x;
        batch->target[at + 1] = walker->y;
    }
}

/* The step before the first of the trajectory brings the walk to its initial position. */
static void walk_in_box(mec_trajectories *batch, const mec_walk *walk, size_t i) {
    const mec_wandering *wandering = &batch->draws.in_box;
    const double *start = batch->draws.start + 2 * i;
    const mec_box *box = &walk->box;
    const size_t drawn = i * wandering->n_step;
    double moved[2];
    mec_walker walker = {box->min_x + start[0] * (box->max_x - box->min_x),
                         box->min_y + start[1] * (box->max_y - box->min_y), wandering->heading[i]};
    mec_walker_step(&walker, box, walk->dt, wandering->speed[drawn], wandering->turn[drawn], moved);
    batch->initial[2 * i] = walker.x;
    batch->initial[2 * i + 1] = walker.y;
    wander(batch, walk, box, &walker, wandering, i, 0);
}

/* Straight to the middle of the zone in equal steps; then at random inside. */
static void walk_to_zone(mec_trajectories *batch, const mec_walk *walk, size_t i) {
    const mec_box *zone = &walk->reward->zone;
    const double *initial = batch->initial + 2 * i;
    const double centre[2] = {(zone->min_x + zone->max_x) / 2, (zone->min_y + zone->max_y) / 2};
    const size_t n_step = walk->reward->n_step;
    for (size_t t = 0; t < n_step; t++)
        for (size_t axis = 0; axis < 2; axis++) {
            const size_t at = 2 * (t * batch->batch_size + i) + axis;
            const double way = centre[axis] - initial[axis];
            batch->velocity[at] = way / (double)n_step;
            batch->target[at] = initial[axis] + way * ((double)(t + 1) / (double)n_step);
        }
    mec_walker walker = {centre[0], centre[1], batch->draws.in_zone.heading[i]};
    wander(batch, walk, zone, &walker, &batch->draws.in_zone, i, n_step);
}

/* Where trajectory i is before step t. */
static const double *position_before(const mec_trajectories *batch, size_t t, size_t i) {
    return t == 0 ? batch->initial + 2 * i : batch->target + 2 * ((t - 1) * batch->batch_size + i);
}

static void feel_cues(mec_trajectories *batch, const mec_walk *walk) {
    const size_t n = batch->batch_size;
    for (size_t t = 0; t < batch->sequence_length; t++)
        for (size_t i = 0; i < n; i++) {
            const double *position = position_before(batch, t, i);
            double *cue = batch->cue + (t * n + i) * walk->n_cue;
            for (size_t k = 0; k < walk->n_cue; k++)
                cue[k] = batch->draws.chosen[i]
                             ? mec_cue_distance(&walk->cues[k], position[0], position[1])
                             : 0;
        }
}

static void mark_rewards(mec_trajectories *batch, const mec_walk *walk) {
    const size_t n = batch->batch_size;
    for (size_t t = 0; t < batch->sequence_length; t++)
        for (size_t i = 0; i < n; i++) {
            const double *position = position_before(batch, t, i);
            batch->reward[t * n + i] = batch->draws.chosen[i] &&
                                       mec_reward_contains(walk->reward, position[0], position[1]);
        }
}

static void follow(mec_trajectories *batch, const mec_walk *walk) {
    for (size_t i = 0; i < batch->batch_size; i++) {
        walk_in_box(batch, walk, i);
        if (walk->reward && batch->draws.chosen[i])
            walk_to_zone(batch, walk, i);
    }
    if (batch->cue)
        feel_cues(batch, walk);
    if (batch->reward)
        mark_rewards(batch, walk);
}

/* ---- drawing ---- */

static size_t n_chosen(const mec_walk *walk) {
    double probability = walk->reward ? walk->reward->probability : walk->cue_probability;
    return (size_t)ceil(probability * (double)walk->batch_size);
}

static mec_code check_room(const mec_trajectories *batch, const mec_walk *walk, size_t first,
                           mec_status *status) {
    if (batch->sequence_length != walk->sequence_length || batch->n_cue != walk->n_cue ||
        (batch->reward != NULL) != (walk->reward != NULL) ||
        batch->draws.in_zone.n_step != n_zone_step(walk))
        return mec_fail(status, MEC_REFUSED,
                        "the batch was made for other walks: %zu steps and %zu cues, not %zu and "
                        "%zu, or for another reward",
                        batch->sequence_length, batch->n_cue, walk->sequence_length, walk->n_cue);
    if (first > walk->batch_size || batch->batch_size > walk->batch_size - first)
        return mec_fail(status, MEC_REFUSED,
                        "%zu trajectories from number %zu on are more than a batch of %zu has",
                        batch->batch_size, first, walk->batch_size);
    return MEC_OK;
}

mec_code mec_trajectories_draw_seeded(mec_trajectories *batch, const mec_walk *walk, uint32_t seed,
                                      mec_status *status) {
    if (check_room(batch, walk, 0, status))
        return status->code;
    if (batch->batch_size != walk->batch_size)
        return mec_fail(status, MEC_REFUSED, "a seed gives a whole batch of %zu, not %zu of it",
                        walk->batch_size, batch->batch_size);
    mec_walk_draws_seeded(&batch->draws, seed, n_chosen(walk));
    follow(batch, walk);
    return MEC_OK;
}

mec_code mec_trajectories_draw_step(mec_trajectories *batch, const mec_walk *walk, uint64_t seed,
                                    uint64_t step, size_t first, mec_status *status) {
    if (check_room(batch, walk, first, status))
        return status->code;
    mec_walk_draws_of_step(&batch->draws, seed, step, first, walk->batch_size, n_chosen(walk));
    follow(batch, walk);
    return MEC_OK;
}
