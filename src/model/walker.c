#include "model/walker.h"

#include <math.h>

static const double WALL_DISTANCE = 0.03; /* m, nearer is near */
static const double WALL_SLOWING = 0.25;

/* In [-pi, pi). */
static double wrapped(double angle) {
    return angle - 2 * M_PI * floor((angle + M_PI) / (2 * M_PI));
}

/* The distance to the nearest wall and its direction: walls of +x, +y, -x, -y lie at 0 to 3 right
 * angles, the first one among equals. */
static double nearest_wall(const mec_walker *walker, const mec_box *box, double *direction) {
    const double distance[4] = {box->max_x - walker->x, box->max_y - walker->y,
                                walker->x - box->min_x, walker->y - box->min_y};
    int nearest = 0;
    for (int wall = 1; wall < 4; wall++)
        if (distance[wall] < distance[nearest])
            nearest = wall;
    *direction = nearest * M_PI_2;
    return distance[nearest];
}

void mec_walker_step(mec_walker *walker, const mec_box *box, double dt, double speed, double turn,
                     double moved[2]) {
    double direction;
    double distance = nearest_wall(walker, box, &direction);
    double to_wall = wrapped(walker->heading - direction);
    double length = speed * dt;
    double turned = turn * dt;
    if (distance < WALL_DISTANCE && fabs(to_wall) < M_PI_2) {
        length *= WALL_SLOWING;
        /* Straight at the wall is no side to turn to, as in the published code. */
        if (to_wall != 0)
            turned += copysign(M_PI_2 - fabs(to_wall), to_wall);
    }
    moved[0] = length * cos(walker->heading);
    moved[1] = length * sin(walker->heading);
    walker->x += moved[0];
    walker->y += moved[1];
    walker->heading += turned;
}
