/* From the settings of a path integrator to what the layers below take: the box, its place cells,
 * the walks, the network. What cannot be is refused here, before anything runs. */
#ifndef MEC_JOBS_MODEL_SETTINGS_H
#define MEC_JOBS_MODEL_SETTINGS_H

#include "model/network.h"
#include "model/place_cells.h"
#include "model/trajectories.h"
#include "settings.h"

/* The box of [model]. MEC_REFUSED where width and edges disagree or only one edge is given. */
mec_code model_settings_box(mec_settings *settings, mec_box *box, mec_status *status);

/* "2.2" for a square centred on 0, as datasets name arenas, else "min_x_max_x_min_y_max_y". */
enum { MODEL_BOX_NAME_SIZE = 4 * 32 + 4 };
void model_box_name(const mec_box *box, char name[MODEL_BOX_NAME_SIZE]);

/* The place cells of a box. */
mec_code model_settings_place(mec_settings *settings, const mec_box *box,
                              mec_place_options *options, mec_status *status);

/* Walks in a box, with what they point at. Not to be copied. */
typedef struct model_walk {
    mec_walk walk;
    mec_cue cues[MEC_MAX_ROWS];
    mec_reward reward;
} model_walk;

mec_code model_settings_walk(mec_settings *settings, const mec_box *box, model_walk *walk,
                             mec_status *status);

/* The network. MEC_REFUSED where cues are given that it does not read, or none that it reads. */
mec_code model_settings_network(mec_settings *settings, mec_network *network, mec_status *status);

/* Where the weights come from; MEC_REFUSED where none or more than one of the ways is given. */
typedef enum model_origin { MODEL_RANDOM, MODEL_FILE, MODEL_RUN } model_origin;
mec_code model_settings_origin(mec_settings *settings, model_origin *origin, mec_status *status);

#endif
