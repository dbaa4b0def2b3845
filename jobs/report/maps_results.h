/* The rate maps in a run file of mec ratemaps, for those who print and draw them. */
#ifndef MEC_JOBS_MAPS_RESULTS_H
#define MEC_JOBS_MAPS_RESULTS_H

#include "storage/run_info.h"

/* The maps of one layer in one box (of one seed). */
typedef struct maps_layer {
    char box[256]; /* "2.2", "2.2/seed_3": the group below /ratemaps */
    const char *layer;
    size_t nx, ny, n_unit;
} maps_layer;

typedef struct maps_results {
    const char *path;
    hid_t file;
    mec_run_info info;
    maps_layer *layers;
    size_t n_layer, capacity;
} maps_results;

/* Whether the file is a run of mec ratemaps. */
bool maps_results_is(const char *path);

/* Opens and lists them; MEC_REFUSED where it is none. To be closed in any case. */
mec_code maps_results_open(maps_results *maps, const char *path, mec_status *status);
void maps_results_close(maps_results *maps);

/* Reads a statistic of every unit, by its name in the file; the caller frees it. */
double *maps_results_statistic(const maps_results *maps, const maps_layer *layer, const char *name,
                               mec_status *status);

/* Reads the map (nx, ny) of one unit into `map`. */
mec_code maps_results_unit(const maps_results *maps, const maps_layer *layer, size_t unit,
                           double *map, mec_status *status);

/* Reads the samples (nx, ny); the caller frees them. */
int64_t *maps_results_count(const maps_results *maps, const maps_layer *layer, mec_status *status);

/* The sides of a box in m. */
mec_code maps_results_sides(const maps_results *maps, const maps_layer *layer, double *width,
                            double *height, mec_status *status);

#endif
