/* From totals to maps, and from maps to what they say of every unit: the end of ratemaps_run. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/stop.h"
#include "model/spatial.h"
#include "ratemaps/ratemaps_run.h"

/* Bytes of a map that a rank holds at once. */
static const double PART_BYTES = 16.0 * 1024 * 1024;

static size_t lower(size_t a, size_t b) {
    return a < b ? a : b;
}

/* How many of `n` things of `bytes` each all ranks take at once: some for every rank. */
static size_t at_once(const mec_world *world, size_t n, double bytes) {
    double each = floor(PART_BYTES / bytes);
    return lower(n, (size_t)world->size * (size_t)(each > 1 ? each : 1));
}

/* ---- maps ---- */

/* A layer's totals in some columns of bins, and the map of them. */
typedef struct part {
    mec_map_sums sums;
    int64_t *count;
    double *map;
} part;

static mec_code create_part(part *p, size_t n_bin, size_t n_unit, mec_status *status) {
    p->count = mec_alloc(n_bin, sizeof *p->count, status);
    p->map = mec_alloc(n_bin * n_unit, sizeof *p->map, status);
    return mec_map_sums_create(&p->sums, n_bin, n_unit, status);
}

static void destroy_part(part *p) {
    mec_map_sums_destroy(&p->sums);
    free(p->count);
    free(p->map);
}

/* Columns first .. first + n - 1 of bins, from the totals to the file. */
static void write_columns(ratemaps_run *run, mec_run_file *file, mec_layer layer, size_t item,
                          part *p, size_t first, size_t n, mec_status *status) {
    const mec_totals *t = &run->totals;
    size_t ny = run->plan.maps[run->map].bins.ny;
    size_t n_unit = p->sums.n_unit;
    size_t bin = first * ny;
    p->sums.n_bin = n * ny;
    mec_totals_read(t, file, 0, bin, n * ny, p->count, status);
    mec_totals_read(t, file, item, bin, n * ny, p->sums.high, status);
    mec_totals_read(t, file, item + 1, bin, n * ny, p->sums.low, status);
    mec_totals_read(t, file, item + 2, bin, n * ny, p->sums.bad, status);
    mec_map_sums_mean(&p->sums, p->count, p->map);
    mec_slice slice = {.array = run->arrays[run->map].map[layer],
                       .start = {first, 0, 0},
                       .count = {n, ny, n_unit},
                       .values = p->map};
    mec_run_file_write(file, &slice, status);
}

static mec_code write_map(ratemaps_run *run, mec_run_file *file, mec_layer layer, size_t item,
                          mec_status *status) {
    const mec_world *world = run->context->world;
    const mec_map_bins *bins = &run->plan.maps[run->map].bins;
    size_t n_unit = ratemaps_layer_units(&run->plan, layer);
    size_t step = at_once(world, bins->nx, (double)bins->ny * (double)n_unit * sizeof(double));
    part p = {0};
    create_part(&p, (step / (size_t)world->size + 1) * bins->ny, n_unit, status);
    mec_agree(world, status);
    for (size_t x = 0; x < bins->nx && status->code == MEC_OK; x += step) {
        mec_rows_share share = mec_rows_of_rank(world, lower(step, bins->nx - x));
        write_columns(run, file, layer, item, &p, x + share.first, share.n, status);
        mec_agree(world, status);
    }
    destroy_part(&p);
    return status->code;
}

/* All ranks read the whole count, rank 0 writes it: it is small. */
static mec_code write_count(ratemaps_run *run, mec_run_file *file, int64_t *count,
                            mec_status *status) {
    const mec_map_bins *bins = &run->plan.maps[run->map].bins;
    bool writes = run->context->world->rank == 0;
    mec_totals_read(&run->totals, file, 0, 0, bins->nx * bins->ny, count, status);
    mec_slice slice = {.array = run->arrays[run->map].count,
                       .count = {writes ? bins->nx : 0, bins->ny},
                       .values = count};
    mec_run_file_write(file, &slice, status);
    return mec_agree(run->context->world, status);
}

/* ---- what a map says of a unit ---- */

typedef struct measuring {
    ratemaps_run *run;
    mec_run_file *file;
    mec_layer layer;
    const int64_t *count;
    mec_spatial *spatial;
    size_t n_bin;
    double *map;                              /* (n_bin, units of a part) */
    double *unit;                             /* (n_bin) */
    double *statistics[RATEMAPS_N_STATISTIC]; /* (units of a part) */
} measuring;

static mec_code create_measuring(measuring *m, size_t n_unit, mec_status *status) {
    const mec_map_bins *b = &m->run->plan.maps[m->run->map].bins;
    m->n_bin = b->nx * b->ny;
    m->spatial = mec_spatial_create(b->nx, b->ny, (b->box.max_x - b->box.min_x) / (double)b->nx,
                                    (b->box.max_y - b->box.min_y) / (double)b->ny, status);
    m->map = mec_alloc(m->n_bin * n_unit, sizeof *m->map, status);
    m->unit = mec_alloc(m->n_bin, sizeof *m->unit, status);
    for (int k = 0; k < RATEMAPS_N_STATISTIC; k++)
        m->statistics[k] = mec_alloc(n_unit, sizeof *m->statistics[k], status);
    return mec_agree(m->run->context->world, status);
}

static void destroy_measuring(measuring *m) {
    mec_spatial_destroy(m->spatial);
    free(m->map);
    free(m->unit);
    for (int k = 0; k < RATEMAPS_N_STATISTIC; k++)
        free(m->statistics[k]);
}

static void measure_unit(measuring *m, size_t i, size_t n_unit) {
    for (size_t bin = 0; bin < m->n_bin; bin++)
        m->unit[bin] = m->map[bin * n_unit + i];
    m->statistics[RATEMAPS_INFORMATION][i] = mec_spatial_information(m->n_bin, m->unit, m->count);
    m->statistics[RATEMAPS_SPARSITY][i] = mec_spatial_sparsity(m->n_bin, m->unit, m->count);
}

/* Units first .. of `n_unit`, as many as are measured at once. */
static mec_code measure_units(measuring *m, size_t first, size_t n_unit, mec_status *status) {
    size_t n = lower(MEC_CORRELOGRAM_MAPS, n_unit - first);
    const job_context *c = m->run->context;
    if (mec_stop_check(c->started, c->values->run.time_limit, status))
        return status->code;
    for (size_t i = first; i < first + n; i++)
        measure_unit(m, i, n_unit);
    mec_spatial_grid_scores(m->spatial, n, m->map + first, n_unit,
                            m->statistics[RATEMAPS_GRID_SCORE] + first);
    return MEC_OK;
}

static mec_code measure_part(measuring *m, size_t first, size_t n, mec_status *status) {
    ratemaps_run *run = m->run;
    const mec_map_bins *bins = &run->plan.maps[run->map].bins;
    const ratemaps_arrays *arrays = &run->arrays[run->map];
    mec_slice map = {.array = arrays->map[m->layer],
                     .start = {0, 0, first},
                     .count = {bins->nx, bins->ny, n},
                     .values = m->map};
    mec_run_file_read(m->file, &map, status);
    for (size_t i = 0; i < n && status->code == MEC_OK; i += MEC_CORRELOGRAM_MAPS)
        measure_units(m, i, n, status);
    if (mec_agree(run->context->world, status))
        return status->code;
    for (int k = 0; k < RATEMAPS_N_STATISTIC; k++) {
        mec_slice slice = {.array = arrays->statistic[m->layer][k],
                           .start = {first},
                           .count = {n},
                           .values = m->statistics[k]};
        mec_run_file_write(m->file, &slice, status);
    }
    return mec_agree(run->context->world, status);
}

static mec_code measure_map(ratemaps_run *run, mec_run_file *file, mec_layer layer,
                            const int64_t *count, mec_status *status) {
    const mec_world *world = run->context->world;
    const mec_map_bins *bins = &run->plan.maps[run->map].bins;
    size_t n_unit = ratemaps_layer_units(&run->plan, layer);
    size_t step = at_once(world, n_unit, (double)bins->nx * (double)bins->ny * sizeof(double));
    measuring m = {.run = run, .file = file, .layer = layer, .count = count};
    create_measuring(&m, step / (size_t)world->size + 1, status);
    for (size_t unit = 0; unit < n_unit && status->code == MEC_OK; unit += step) {
        mec_rows_share share = mec_rows_of_rank(world, lower(step, n_unit - unit));
        measure_part(&m, unit + share.first, share.n, status);
    }
    destroy_measuring(&m);
    return status->code;
}

mec_code ratemaps_run_write(ratemaps_run *run, mec_run_file *file, mec_status *status) {
    const mec_map_bins *bins = &run->plan.maps[run->map].bins;
    int64_t *count = mec_alloc(bins->nx * bins->ny, sizeof *count, status);
    size_t item = 1;
    if (mec_agree(run->context->world, status) == MEC_OK)
        write_count(run, file, count, status);
    for (mec_layer layer = 0; layer < MEC_N_LAYER && status->code == MEC_OK; layer++)
        if (ratemaps_has_layer(run->context, layer)) {
            if (write_map(run, file, layer, item, status) == MEC_OK)
                measure_map(run, file, layer, count, status);
            item += 3;
        }
    free(count);
    return status->code == MEC_OK ? mec_run_file_sync(file, status) : status->code;
}
