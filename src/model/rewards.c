#include "model/rewards.h"

#include <math.h>

bool mec_reward_contains(const mec_reward *reward, double x, double y) {
    const mec_box *zone = &reward->zone;
    return x >= zone->min_x && x <= zone->max_x && y >= zone->min_y && y <= zone->max_y;
}

/* One axis, 'x' or 'y', of zone and box: {min, max}. */
static mec_code check_axis(char axis, const double zone[2], const double wall[2], double offset,
                           double size, mec_status *status) {
    if (!(fabs(zone[1] - zone[0] - size) <= MEC_BOX_ROUNDING))
        return mec_fail(status, MEC_REFUSED,
                        "[reward] zone_max_%c: found %g, which is %g m above zone_min_%c; "
                        "accepted: %g m above, as zone_size says",
                        axis, zone[1], zone[1] - zone[0], axis, size);
    if (!(offset >= 0))
        return mec_fail(status, MEC_REFUSED,
                        "[reward] zone_%c_offset: found %g; accepted: 0 m or more", axis, offset);
    if (!(zone[0] >= wall[0] + offset - MEC_BOX_ROUNDING &&
          zone[1] <= wall[1] - offset + MEC_BOX_ROUNDING))
        return mec_fail(status, MEC_REFUSED,
                        "[reward] zone_min_%c and zone_max_%c: found %g and %g; accepted: from %g "
                        "to %g m, zone_%c_offset = %g m off the walls",
                        axis, axis, zone[0], zone[1], wall[0] + offset, wall[1] - offset, axis,
                        offset);
    return MEC_OK;
}

mec_code mec_reward_check(const mec_reward *reward, const mec_box *box, size_t sequence_length,
                          mec_status *status) {
    const mec_box *zone = &reward->zone;
    if (!(reward->size > 0))
        return mec_fail(status, MEC_REFUSED, "[reward] zone_size: found %g; accepted: above 0 m",
                        reward->size);
    if (check_axis('x', (double[]){zone->min_x, zone->max_x}, (double[]){box->min_x, box->max_x},
                   reward->offset_x, reward->size, status) ||
        check_axis('y', (double[]){zone->min_y, zone->max_y}, (double[]){box->min_y, box->max_y},
                   reward->offset_y, reward->size, status))
        return status->code;
    if (!(reward->probability > 0 && reward->probability <= 1))
        return mec_fail(status, MEC_REFUSED,
                        "[reward] zone_prob: found %g; accepted: above 0, at most 1",
                        reward->probability);
    if (reward->n_step < 1 || reward->n_step > sequence_length)
        return mec_fail(status, MEC_REFUSED,
                        "[reward] navigate_timesteps: found %zu; accepted: 1 to sequence_length, "
                        "which is %zu",
                        reward->n_step, sequence_length);
    return MEC_OK;
}
