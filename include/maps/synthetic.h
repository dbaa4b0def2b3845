/* Artificial recordings: animals that forage in square arenas, and the firing of their entorhinal
 * cells, for tests, demonstrations and measurements of scale.
 *
 * Grid cells sum three cosines at 60 degrees (Hafting et al., Nature 436 (2005) 801-806) and come
 * in modules whose spacings grow by a factor of about 1.42 (Stensola et al., Nature 492 (2012)
 * 72-78). The cells of a module keep their phases relative to each other in another arena and shift
 * together (Fyhn et al., Nature 446 (2007) 190-194). Place cells have Gaussian fields, new ones in
 * every arena. Border cells fire along one wall, the same in every arena (Solstad et al., Science
 * 322 (2008) 1865-1868). Mixed cells are a nonlinear mix of such features, as most cells of the
 * region are (Hardcastle et al., Neuron 94 (2017) 375-387; Diehl et al., Neuron 94 (2017) 83-92).
 * Animals share the modules' spacings and orientations up to a small jitter; phases, fields and
 * mixtures are each animal's own. So one animal predicts another, but not perfectly.
 *
 * Every number is a function of the seed, the arena's name, the animal, the cell and the bin, drawn
 * with a counter-based generator: any block of any animal can be had alone, without the others, and
 * other arenas or more animals and bins do not change what a cell is. Knows nothing of files. */
#ifndef MEC_MAPS_SYNTHETIC_H
#define MEC_MAPS_SYNTHETIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* What is recorded, in every arena. */
typedef struct mec_synthetic {
    uint32_t seed;
    size_t n_animal, n_cell;                               /* cells an animal */
    double fraction_grid, fraction_place, fraction_border; /* the rest are mixed cells */
    double peak_hz;                                        /* typical rate at a cell's best place */
    bool poisson;     /* spike counts over the time spent in a bin; else exact rates */
    double unvisited; /* fraction of the bins */
} mec_synthetic;

/* A square arena of n_side x n_side bins; bin b is (x, y) = (b / n_side, b % n_side). */
typedef struct mec_synthetic_arena {
    const char *name;
    double side_m;
    size_t n_side; /* 2 .. MEC_SYNTHETIC_MAX_SIDE */
} mec_synthetic_arena;

enum { MEC_SYNTHETIC_MAX_SIDE = 2048 };

typedef enum mec_cell_kind {
    MEC_CELL_GRID,
    MEC_CELL_PLACE,
    MEC_CELL_BORDER,
    MEC_CELL_MIXED,
} mec_cell_kind;

/* The kind of a cell: kinds follow each other in the order above, the same in every animal. */
mec_cell_kind mec_synthetic_kind(const mec_synthetic *synthetic, size_t cell);

/* "animal_0001", and "animal_0001_grid_0003" for a cell: numbers count from 1 and are padded, so
 * that the order of animals' names is that of their numbers. `text` has at least 64 bytes. */
void mec_synthetic_animal_name(const mec_synthetic *synthetic, size_t animal, char *text,
                               size_t size);
void mec_synthetic_cell_id(const mec_synthetic *synthetic, size_t animal, size_t cell, char *text,
                           size_t size);

/* How many bins of an arena an animal never visits. */
size_t mec_synthetic_n_unvisited(const mec_synthetic *synthetic, const mec_synthetic_arena *arena);

/* One animal in one arena. */
typedef struct mec_synthetic_session mec_synthetic_session;

/* Draws where the animal spends its time and which bins it never visits, those where it would have
 * been least. Settings and arena must outlive the session. Holds mec_synthetic_memory bytes. */
mec_synthetic_session *mec_synthetic_session_create(const mec_synthetic *synthetic,
                                                    const mec_synthetic_arena *arena, size_t animal,
                                                    mec_status *status);
void mec_synthetic_session_destroy(mec_synthetic_session *session);
double mec_synthetic_memory(const mec_synthetic_arena *arena);

/* Seconds spent in every bin (n_side, n_side); 0 where unvisited. 1.5 s a bin on average before the
 * unvisited ones are taken out. Owned by the session. */
const double *mec_synthetic_seconds(const mec_synthetic_session *session);

/* Rows (bins along x) and cells of a session's responses. */
typedef struct mec_synthetic_block {
    size_t first_row, n_row;
    size_t first_cell, n_cell;
} mec_synthetic_block;

/* Fills `resp` (n_row, n_side, n_cell), Hz, NaN where unvisited. Cost: about 0.1 us a value, more
 * where many spikes are drawn for it. */
void mec_synthetic_fill(mec_synthetic_session *session, const mec_synthetic_block *block,
                        double *resp);

#endif
