#include "model/place_cells.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "numerics/tensorflow_random.h"

enum { N_MOST_ACTIVE = 3 };

/* ---- centres ---- */

static mec_code check(const mec_place_options *options, mec_status *status) {
    const double scale = options->surround_scale;
    if (options->identity ? options->n_cell != 2 : options->n_cell < N_MOST_ACTIVE)
        return mec_fail(status, MEC_REFUSED, "[model] Np: found %zu; accepted: %s", options->n_cell,
                        options->identity ? "2 with place_cell_identity" : "3 or more");
    if (options->identity)
        return MEC_OK;
    if (!(isfinite(options->sigma) && options->sigma > 0))
        return mec_fail(status, MEC_REFUSED, "[model] place_cell_rf: found %g; accepted: above 0 m",
                        options->sigma);
    if (options->dog && !(isfinite(scale) && scale > 0 && scale != 1))
        return mec_fail(status, MEC_REFUSED,
                        "[model] surround_scale: found %g; accepted with DoG: above 0, other than "
                        "1",
                        scale);
    return MEC_OK;
}

/* The first two random operations of a program that uses TensorFlow: all x, then all y. */
static void draw_centres(const mec_place_options *options, double *drawn, double *centres) {
    const mec_box *box = &options->box;
    const double lo[2] = {box->min_x, box->min_y};
    const double hi[2] = {box->max_x, box->max_y};
    uint32_t seeds[2];
    mec_tensorflow_op_seeds(seeds, 2);
    for (size_t axis = 0; axis < 2; axis++) {
        mec_tensorflow_uniform_double(0, seeds[axis], lo[axis], hi[axis], options->n_cell, drawn);
        for (size_t cell = 0; cell < options->n_cell; cell++)
            centres[2 * cell + axis] = drawn[cell];
    }
}

mec_code mec_place_cells_create(mec_place_cells *cells, const mec_place_options *options,
                                mec_status *status) {
    *cells = (mec_place_cells){.options = *options};
    if (check(options, status) || options->identity)
        return status->code;
    cells->centres = mec_alloc(options->n_cell, 2 * sizeof *cells->centres, status);
    cells->surround = mec_alloc(options->n_cell, sizeof *cells->surround, status);
    if (!cells->centres || !cells->surround) {
        mec_place_cells_destroy(cells);
        return status->code;
    }
    draw_centres(options, cells->surround, cells->centres);
    return MEC_OK;
}

void mec_place_cells_destroy(mec_place_cells *cells) {
    free(cells->centres);
    free(cells->surround);
    *cells = (mec_place_cells){0};
}

/* ---- code of a position ---- */

/* Fills `square` (n_cell) with squared distances; returns the least. */
static double square_distances(const mec_place_cells *cells, const double position[2],
                               double *square) {
    double least = INFINITY;
    for (size_t cell = 0; cell < cells->options.n_cell; cell++) {
        double dx = position[0] - cells->centres[2 * cell];
        double dy = position[1] - cells->centres[2 * cell + 1];
        square[cell] = dx * dx + dy * dy;
        if (square[cell] < least)
            least = square[cell];
    }
    return least;
}

/* p (n) := softmax(-(square - least) / (2 variance)); `square` may be `p`. */
static void softmax(size_t n, const double *square, double least, double variance, double *p) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        p[i] = exp((least - square[i]) / (2 * variance));
        sum += p[i];
    }
    for (size_t i = 0; i < n; i++)
        p[i] /= sum;
}

/* p := (p - surround, shifted so that the least is not below 0), of sum 1. */
static void subtract_surround(size_t n, const double *surround, double *p) {
    double least = INFINITY;
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        p[i] -= surround[i];
        if (p[i] < least)
            least = p[i];
    }
    for (size_t i = 0; i < n; i++) {
        p[i] += fabs(least);
        sum += p[i];
    }
    for (size_t i = 0; i < n; i++)
        p[i] /= sum;
}

void mec_place_cells_encode(const mec_place_cells *cells, const double *positions, size_t n,
                            double *code) {
    const mec_place_options *options = &cells->options;
    const size_t n_cell = options->n_cell;
    const double variance = options->sigma * options->sigma;
    for (size_t i = 0; i < n; i++, positions += 2, code += n_cell) {
        if (options->identity) {
            code[0] = positions[0];
            code[1] = positions[1];
            continue;
        }
        double least = square_distances(cells, positions, code);
        if (options->dog)
            softmax(n_cell, code, least, options->surround_scale * variance, cells->surround);
        softmax(n_cell, code, least, variance, code);
        if (options->dog)
            subtract_surround(n_cell, cells->surround, code);
    }
}

/* ---- position of a code ---- */

/* Keeps `most` (3) the largest so far, the earlier one first among equals. */
static void insert(const float *code, size_t cell, size_t most[N_MOST_ACTIVE], size_t n_kept) {
    size_t rank = n_kept;
    for (; rank > 0 && code[cell] > code[most[rank - 1]]; rank--)
        if (rank < N_MOST_ACTIVE)
            most[rank] = most[rank - 1];
    if (rank < N_MOST_ACTIVE)
        most[rank] = cell;
}

static void decode(const mec_place_cells *cells, const float *code, double position[2]) {
    size_t most[N_MOST_ACTIVE] = {0};
    double nothing = 0; /* NaN where an activation is not finite */
    for (size_t cell = 0; cell < cells->options.n_cell; cell++) {
        insert(code, cell, most, cell < N_MOST_ACTIVE ? cell : N_MOST_ACTIVE);
        nothing += 0 * (double)code[cell];
    }
    for (size_t axis = 0; axis < 2; axis++) {
        double sum = nothing;
        for (size_t i = 0; i < N_MOST_ACTIVE; i++)
            sum += cells->centres[2 * most[i] + axis];
        position[axis] = sum / N_MOST_ACTIVE;
    }
}

void mec_place_cells_decode(const mec_place_cells *cells, const float *code, size_t n,
                            double *positions) {
    for (size_t i = 0; i < n; i++, code += cells->options.n_cell, positions += 2) {
        if (cells->options.identity) {
            positions[0] = code[0];
            positions[1] = code[1];
        } else {
            decode(cells, code, positions);
        }
    }
}
