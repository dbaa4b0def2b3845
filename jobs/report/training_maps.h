/* Rate maps of a training's newest complete checkpoint, drawn when somebody looks: as mec ratemaps
 * draws them, by one process, from the training's own settings but without rewards, which would
 * keep the walks to a corner of the box. A network of the paper's size takes some seconds, because
 * how many walks are followed, and with them how small the bins can be, depends on its size. */
#ifndef MEC_JOBS_TRAINING_MAPS_H
#define MEC_JOBS_TRAINING_MAPS_H

#include "model/model_settings.h"
#include "model/rate_map.h"

typedef struct training_maps {
    size_t n_batch; /* of seeds 0, 1, ... */
    size_t batch_size;
    int64_t step; /* of the checkpoint */
    size_t n_unit;
    mec_map_bins bins;
    int64_t *count;              /* (n_bin) samples */
    double *map;                 /* (n_bin, n_unit) of the layer g */
    double *information, *score; /* (n_unit) spatial information and grid score */
} training_maps;

/* Makes them, the same ones each time. MEC_REFUSED where the file's settings are not this
 * version's. To be destroyed in any case. */
mec_code training_maps_make(training_maps *maps, const char *path, mec_status *status);
void training_maps_destroy(training_maps *maps);

/* Takes the map (n_bin) of one unit out of all. */
void training_maps_unit(const training_maps *maps, size_t unit, double *map);

#endif
