/* Writes a dataset file (layout: README, "Dataset file") of any size, block by block, all ranks at
 * once.
 *
 * Rank 0 creates every group, name and array under a temporary name; then only raw numbers move, a
 * block a rank and round, so that memory does not grow with the file. The file gets its name when
 * it is whole: what stands under that name is complete, or what stood there before. Knows nothing
 * of what the numbers mean. */
#ifndef MEC_STORAGE_DATASET_WRITER_H
#define MEC_STORAGE_DATASET_WRITER_H

#include "parallel/world.h"

/* One arena: its name, its extent, its bins along x and y. */
typedef struct mec_dataset_arena {
    const char *name;
    double width_m, height_m, bin_cm;
    size_t n_row, n_column;
} mec_dataset_arena;

/* What the file will hold: the same animals with the same cells in every arena. */
typedef struct mec_dataset_plan {
    const mec_dataset_arena *arenas;
    size_t n_arena, n_animal, n_cell;
    /* Names of at most MEC_DATASET_NAME_SIZE - 1 bytes. */
    void (*animal_name)(const void *names, size_t animal, char *text, size_t size);
    void (*cell_id)(const void *names, size_t animal, size_t cell, char *text, size_t size);
    const void *names;
    const char *config; /* INI text that tells where the numbers come from: a root attribute */
} mec_dataset_plan;

enum { MEC_DATASET_NAME_SIZE = 64 };

/* Bytes of all responses and cell ids. */
double mec_dataset_plan_bytes(const mec_dataset_plan *plan);

typedef struct mec_dataset_writer mec_dataset_writer;

/* Refuses a `path` that is no file or, unless `replace`, exists: what can be known before anything
 * is written. Serial. */
mec_code mec_dataset_writer_check(const char *path, bool replace, mec_status *status);

/* Locks `path`, creates all arrays and opens them on all ranks. The plan must outlive the writer.
 * Collective; arguments must agree; the status is agreed. */
mec_dataset_writer *mec_dataset_writer_open(const mec_world *world, const char *path, bool replace,
                                            const mec_dataset_plan *plan, mec_status *status);

/* Rows and cells of one animal's responses; n_row = 0: this rank has nothing to write. */
typedef struct mec_dataset_block {
    size_t animal;
    size_t first_row, n_row;
    size_t first_cell, n_cell;
    const double *values; /* (n_row, n_column, n_cell), Hz */
} mec_dataset_block;

/* Writes a block of every rank to animals first_animal .. last_animal of an arena. Collective; all
 * but `block` must agree, blocks may not overlap; the status is agreed, a failure of the caller's
 * that `status` holds included: nothing is then written. Cost: one collective write an animal. */
mec_code mec_dataset_writer_put(mec_dataset_writer *writer, size_t arena, size_t first_animal,
                                size_t last_animal, const mec_dataset_block *block,
                                mec_status *status);

/* Closes the file and gives it its name if `status` is MEC_OK, else removes it; frees the writer,
 * which may be NULL. Collective; `status` must agree and is agreed. */
mec_code mec_dataset_writer_close(mec_dataset_writer *writer, mec_status *status);

#endif
