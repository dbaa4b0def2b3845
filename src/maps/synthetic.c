#include "maps/synthetic.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "numerics/philox.h"

enum { N_MODULE = 4, N_WALL = 4, MAX_WAVE = 6, MAX_BUMP = 5, MAX_TERM = 2 * MAX_WAVE + MAX_BUMP };

/* ---- random numbers ---- */

typedef enum purpose {
    FOR_MODULE, /* what all animals share */
    FOR_JITTER,
    FOR_SHIFT,
    FOR_CELL,
    FOR_FIELDS,
    FOR_PATHS,
    FOR_VISITS,
    FOR_SPIKES,
} purpose;

/* An arena by its name (the FNV-1a hash of Fowler, Noll & Vo), so that its numbers do not depend on
 * which others stand beside it. */
static uint32_t key_of_arena(const char *name) {
    uint32_t key = UINT32_C(2166136261);
    for (; *name; name++)
        key = (key ^ (unsigned char)*name) * UINT32_C(16777619);
    return key;
}

/* Key 0 is for what an animal takes with it into every arena. Bins need 22 bits. */
static mec_stream stream_for(purpose what, uint32_t seed, uint32_t arena_key, size_t animal,
                             size_t cell, size_t bin) {
    return mec_stream_at(seed | (uint64_t)arena_key << 32, (uint32_t)animal, (uint32_t)cell,
                         (uint32_t)what << 24 | (uint32_t)bin);
}

static double uniform_in(mec_stream *stream, double low, double high) {
    return low + (high - low) * mec_stream_uniform(stream);
}

static size_t index_below(mec_stream *stream, size_t n) {
    return (size_t)(mec_stream_uniform(stream) * (double)n);
}

/* ---- maps over the arena ---- */

/* A map is a sum of plane waves and Gaussian bumps. Each is a product of a function of x and one of
 * y (a wave is two of them), so that a whole map costs few cosines: tables along the axes, then
 * products. */
typedef struct wave {
    double weight, phase;
    double k[2]; /* radians a metre along x and y */
} wave;

typedef struct bump {
    double weight;
    double centre[2];    /* m */
    double per_width[2]; /* 1 / standard deviation; 0: the same everywhere along this axis */
} bump;

typedef struct map {
    size_t n_wave, n_bump;
    wave waves[MAX_WAVE];
    bump bumps[MAX_BUMP];
} map;

static size_t n_term_of(const map *m) {
    return 2 * m->n_wave + m->n_bump;
}

static void add_bump(map *m, double weight, double x, double y, double sd) {
    m->bumps[m->n_bump++] = (bump){weight, {x, y}, {1 / sd, 1 / sd}};
}

/* A stripe along one of the walls: x = 0, x = side, y = 0, y = side. */
static void add_wall(map *m, double weight, size_t wall, double side, double sd) {
    bump stripe = {.weight = weight};
    stripe.centre[wall / 2] = wall % 2 == 0 ? 0 : side;
    stripe.per_width[wall / 2] = 1 / sd;
    m->bumps[m->n_bump++] = stripe;
}

/* Fills `table` (terms, n) with every term's factor along one axis at bins first .. first + n - 1,
 * which are `step` metres wide. Weights and phases go with x; cos(a + b) = cos a cos b - sin a sin
 * b.
 */
static void tabulate(const map *m, int axis, size_t first, size_t n, double step, double *table) {
    for (size_t w = 0; w < m->n_wave; w++) {
        const wave *from = &m->waves[w];
        for (size_t i = 0; i < n; i++) {
            double angle = from->k[axis] * ((double)(first + i) + 0.5) * step;
            if (axis == 0)
                angle += from->phase;
            table[i] = (axis == 0 ? from->weight : 1) * cos(angle);
            table[n + i] = (axis == 0 ? -from->weight : 1) * sin(angle);
        }
        table += 2 * n;
    }
    for (size_t b = 0; b < m->n_bump; b++) {
        const bump *from = &m->bumps[b];
        for (size_t i = 0; i < n; i++) {
            double position = ((double)(first + i) + 0.5) * step;
            double z = (position - from->centre[axis]) * from->per_width[axis];
            table[i] = (axis == 0 ? from->weight : 1) * exp(-z * z / 2);
        }
        table += n;
    }
}

/* ---- the session ---- */

/* A grid module as one animal has it. */
typedef struct module {
    double spacing_m, orientation;
    double shift[2]; /* of all phases in this arena, in units of the lattice */
} module;

struct mec_synthetic_session {
    const mec_synthetic *settings;
    const mec_synthetic_arena *arena;
    uint32_t arena_key;
    size_t animal;
    module modules[N_MODULE];
    double *seconds;  /* (n_side, n_side) */
    double *table[2]; /* (MAX_TERM, n_side) along x and y */
    double *row;      /* (n_side) */
};

static mec_stream session_stream(const mec_synthetic_session *s, purpose what, bool in_this_arena,
                                 size_t cell, size_t bin) {
    return stream_for(what, s->settings->seed, in_this_arena ? s->arena_key : 0, s->animal, cell,
                      bin);
}

static double bin_m(const mec_synthetic_session *s) {
    return s->arena->side_m / (double)s->arena->n_side;
}

/* The tables of a map for all of y and for rows first .. first + n - 1. */
static void prepare_rows(mec_synthetic_session *s, const map *m, size_t first, size_t n) {
    tabulate(m, 0, first, n, bin_m(s), s->table[0]);
    tabulate(m, 1, 0, s->arena->n_side, bin_m(s), s->table[1]);
}

/* Row i of the `n` that were prepared, into session->row. */
static void sum_row(mec_synthetic_session *s, const map *m, size_t i, size_t n) {
    size_t n_side = s->arena->n_side;
    double *restrict row = s->row;
    memset(row, 0, n_side * sizeof *row);
    for (size_t t = 0; t < n_term_of(m); t++) {
        double x = s->table[0][t * n + i];
        const double *restrict y = s->table[1] + t * n_side;
        for (size_t j = 0; j < n_side; j++)
            row[j] += x * y[j];
    }
}

static void draw_modules(mec_synthetic_session *s) {
    for (size_t m = 0; m < N_MODULE; m++) {
        mec_stream shared = stream_for(FOR_MODULE, s->settings->seed, 0, 0, m, 0);
        mec_stream own = session_stream(s, FOR_JITTER, false, m, 0);
        mec_stream here = session_stream(s, FOR_SHIFT, true, m, 0);
        double spacing = 0.4 * pow(1.42, (double)m) * exp(0.05 * mec_stream_normal(&shared));
        double orientation = uniform_in(&shared, 0, M_PI / 3);
        s->modules[m].spacing_m = spacing * exp(0.03 * mec_stream_normal(&own));
        s->modules[m].orientation = orientation + 0.05 * mec_stream_normal(&own);
        s->modules[m].shift[0] = mec_stream_uniform(&here);
        s->modules[m].shift[1] = mec_stream_uniform(&here);
    }
}

/* ---- where the animal spends its time ---- */

/* The logarithm of the time in a bin, but for what is drawn bin by bin: slow waves, and a liking
 * for the walls. */
static map draw_paths(const mec_synthetic_session *s) {
    mec_stream stream = session_stream(s, FOR_PATHS, true, 0, 0);
    double side = s->arena->side_m;
    map m = {0};
    for (; m.n_wave < MAX_WAVE; m.n_wave++) {
        wave *slow = &m.waves[m.n_wave];
        slow->weight = 0.2 * mec_stream_normal(&stream);
        slow->phase = uniform_in(&stream, 0, 2 * M_PI);
        slow->k[0] = uniform_in(&stream, -8, 8) / side;
        slow->k[1] = uniform_in(&stream, -8, 8) / side;
    }
    for (size_t wall = 0; wall < N_WALL; wall++)
        add_wall(&m, uniform_in(&stream, 0.4, 1), wall, side, 0.07 * side);
    return m;
}

static void draw_seconds(mec_synthetic_session *s) {
    size_t n_side = s->arena->n_side;
    map paths = draw_paths(s);
    double sum = 0;
    prepare_rows(s, &paths, 0, n_side);
    for (size_t i = 0; i < n_side; i++) {
        sum_row(s, &paths, i, n_side);
        for (size_t j = 0; j < n_side; j++) {
            mec_stream stream = session_stream(s, FOR_VISITS, true, 0, i * n_side + j);
            double seconds = exp(s->row[j] + 0.3 * mec_stream_normal(&stream));
            s->seconds[i * n_side + j] = seconds;
            sum += seconds;
        }
    }
    double n_bin = (double)(n_side * n_side);
    for (size_t bin = 0; bin < n_side * n_side; bin++)
        s->seconds[bin] *= 1.5 * n_bin / sum;
}

typedef struct visit {
    double seconds;
    size_t bin;
} visit;

/* Ties go by number, so that the order is always the same. */
static int by_seconds(const void *left, const void *right) {
    const visit *a = left;
    const visit *b = right;
    if (a->seconds != b->seconds)
        return a->seconds < b->seconds ? -1 : 1;
    return (a->bin > b->bin) - (a->bin < b->bin);
}

size_t mec_synthetic_n_unvisited(const mec_synthetic *synthetic, const mec_synthetic_arena *arena) {
    return (size_t)round(synthetic->unvisited * (double)(arena->n_side * arena->n_side));
}

static mec_code leave_out_least(mec_synthetic_session *s, mec_status *status) {
    size_t n_bin = s->arena->n_side * s->arena->n_side;
    visit *visits = mec_alloc(n_bin, sizeof *visits, status);
    if (!visits)
        return status->code;
    for (size_t bin = 0; bin < n_bin; bin++)
        visits[bin] = (visit){s->seconds[bin], bin};
    qsort(visits, n_bin, sizeof *visits, by_seconds);
    size_t n = mec_synthetic_n_unvisited(s->settings, s->arena);
    for (size_t i = 0; i < n; i++)
        s->seconds[visits[i].bin] = 0;
    free(visits);
    return MEC_OK;
}

mec_synthetic_session *mec_synthetic_session_create(const mec_synthetic *synthetic,
                                                    const mec_synthetic_arena *arena, size_t animal,
                                                    mec_status *status) {
    size_t n_side = arena->n_side;
    mec_synthetic_session *s = mec_alloc(1, sizeof *s, status);
    if (!s)
        return NULL;
    s->settings = synthetic;
    s->arena = arena;
    s->arena_key = key_of_arena(arena->name);
    s->animal = animal;
    s->seconds = mec_alloc(n_side * n_side, sizeof(double), status);
    s->table[0] = mec_alloc(MAX_TERM * n_side, sizeof(double), status);
    s->table[1] = mec_alloc(MAX_TERM * n_side, sizeof(double), status);
    s->row = mec_alloc(n_side, sizeof(double), status);
    if (status->code == MEC_OK) {
        draw_modules(s);
        draw_seconds(s);
        leave_out_least(s, status);
    }
    if (status->code != MEC_OK) {
        mec_synthetic_session_destroy(s);
        s = NULL;
    }
    return s;
}

void mec_synthetic_session_destroy(mec_synthetic_session *s) {
    if (!s)
        return;
    free(s->seconds);
    free(s->table[0]);
    free(s->table[1]);
    free(s->row);
    free(s);
}

double mec_synthetic_memory(const mec_synthetic_arena *arena) {
    double n_side = (double)arena->n_side;
    return n_side * n_side * (double)(sizeof(double) + sizeof(visit)) +
           n_side * (2 * MAX_TERM + 1) * (double)sizeof(double);
}

const double *mec_synthetic_seconds(const mec_synthetic_session *session) {
    return session->seconds;
}

/* ---- cells ---- */

/* The first cell that is not of the kinds that make up `fraction`. */
static size_t end_of(const mec_synthetic *synthetic, double fraction) {
    return (size_t)round(fraction * (double)synthetic->n_cell);
}

mec_cell_kind mec_synthetic_kind(const mec_synthetic *synthetic, size_t cell) {
    double grid = synthetic->fraction_grid;
    double place = grid + synthetic->fraction_place;
    double border = place + synthetic->fraction_border;
    if (cell < end_of(synthetic, grid))
        return MEC_CELL_GRID;
    if (cell < end_of(synthetic, place))
        return MEC_CELL_PLACE;
    return cell < end_of(synthetic, border) ? MEC_CELL_BORDER : MEC_CELL_MIXED;
}

/* Digits that hold the largest number, four at least. */
static int n_digit(size_t largest) {
    int n = snprintf(NULL, 0, "%zu", largest);
    return n < 4 ? 4 : n;
}

void mec_synthetic_animal_name(const mec_synthetic *synthetic, size_t animal, char *text,
                               size_t size) {
    snprintf(text, size, "animal_%0*zu", n_digit(synthetic->n_animal), animal + 1);
}

void mec_synthetic_cell_id(const mec_synthetic *synthetic, size_t animal, size_t cell, char *text,
                           size_t size) {
    static const char *const kinds[] = {"grid", "place", "border", "mixed"};
    snprintf(text, size, "animal_%0*zu_%s_%0*zu", n_digit(synthetic->n_animal), animal + 1,
             kinds[mec_synthetic_kind(synthetic, cell)], n_digit(synthetic->n_cell), cell + 1);
}

/* rate = baseline_hz + peak_hz * f(max(map, 0)), with f(d) = d or, for mixed cells, the saturating
 * d^2 (1 + h^2) / (d^2 + h^2) (Naka & Rushton, J. Physiol. 185 (1966) 536-555). */
typedef struct cell_model {
    map drive;
    double baseline_hz, peak_hz;
    double half; /* h; 0: f(d) = d */
} cell_model;

/* Three waves at 60 degrees whose sum is `weight` at the nodes. The cell's phase is drawn from
 * `stream`, evenly over the lattice's unit cell. */
static void add_grid(const mec_synthetic_session *s, map *m, double weight, mec_stream *stream) {
    const module *in = &s->modules[index_below(stream, N_MODULE)];
    double u = 2 * M_PI * (mec_stream_uniform(stream) + in->shift[0]);
    double v = 2 * M_PI * (mec_stream_uniform(stream) + in->shift[1]);
    double k = 4 * M_PI / (sqrt(3) * in->spacing_m);
    const double phases[] = {u, v, v - u}; /* as the third wave is the second less the first */
    for (int i = 0; i < 3; i++) {
        double angle = in->orientation + i * M_PI / 3;
        m->waves[m->n_wave++] = (wave){weight / 3, phases[i], {k * cos(angle), k * sin(angle)}};
    }
}

/* A field of an animal's own. Fields grow with the arena (Muller & Kubie, J. Neurosci. 7 (1987)
 * 1951-1968). */
static void add_field(const mec_synthetic_session *s, map *m, double weight, mec_stream *stream) {
    double side = s->arena->side_m;
    double x = uniform_in(stream, 0, side);
    double y = uniform_in(stream, 0, side);
    add_bump(m, weight, x, y, uniform_in(stream, 0.1, 0.2) * side);
}

static void add_border(const mec_synthetic_session *s, map *m, double weight, mec_stream *stream) {
    size_t wall = index_below(stream, N_WALL);
    add_wall(m, weight, wall, s->arena->side_m, uniform_in(stream, 0.06, 0.14));
}

/* What the cell is in every arena comes from `own`, its fields in this one from `here`. */
static void draw_cell(const mec_synthetic_session *s, size_t cell, cell_model *model) {
    mec_stream own = session_stream(s, FOR_CELL, false, cell, 0);
    mec_stream here = session_stream(s, FOR_FIELDS, true, cell, 0);
    map *m = &model->drive;
    m->n_wave = m->n_bump = 0;
    model->half = 0;
    model->peak_hz = s->settings->peak_hz * exp(0.3 * mec_stream_normal(&own));
    model->baseline_hz = model->peak_hz * uniform_in(&own, 0, 0.05);
    switch (mec_synthetic_kind(s->settings, cell)) {
    case MEC_CELL_GRID:
        add_grid(s, m, 1, &own);
        add_field(s, m, uniform_in(&own, 0.1, 0.5), &here);
        break;
    case MEC_CELL_PLACE:
        add_field(s, m, 1, &here);
        for (size_t more = index_below(&own, 3); more > 0; more--)
            add_field(s, m, uniform_in(&own, 0.4, 0.9), &here);
        break;
    case MEC_CELL_BORDER:
        add_border(s, m, 1, &own);
        add_field(s, m, uniform_in(&own, 0.1, 0.5), &here);
        break;
    case MEC_CELL_MIXED:
        model->half = uniform_in(&own, 0.3, 1);
        add_grid(s, m, uniform_in(&own, 0.2, 0.8), &own);
        add_border(s, m, uniform_in(&own, -0.4, 0.6), &own);
        for (int i = 0; i < 3; i++)
            add_field(s, m, uniform_in(&own, -0.4, 1), &here);
        break;
    }
}

static double rate_of(const cell_model *model, double drive) {
    double d = drive > 0 ? drive : 0;
    double h = model->half * model->half;
    if (h > 0)
        d = d * d * (1 + h) / (d * d + h);
    return model->baseline_hz + model->peak_hz * d;
}

/* What is recorded in one bin. */
static double observe(const mec_synthetic_session *s, size_t cell, size_t bin, double rate) {
    double seconds = s->seconds[bin];
    if (seconds == 0)
        return NAN;
    if (!s->settings->poisson)
        return rate;
    mec_stream stream = session_stream(s, FOR_SPIKES, true, cell, bin);
    return mec_stream_poisson(&stream, rate * seconds) / seconds;
}

void mec_synthetic_fill(mec_synthetic_session *s, const mec_synthetic_block *block, double *resp) {
    size_t n_side = s->arena->n_side;
    for (size_t c = 0; c < block->n_cell; c++) {
        cell_model model;
        size_t cell = block->first_cell + c;
        draw_cell(s, cell, &model);
        prepare_rows(s, &model.drive, block->first_row, block->n_row);
        for (size_t i = 0; i < block->n_row; i++) {
            sum_row(s, &model.drive, i, block->n_row);
            for (size_t j = 0; j < n_side; j++) {
                size_t bin = (block->first_row + i) * n_side + j;
                resp[(i * n_side + j) * block->n_cell + c] =
                    observe(s, cell, bin, rate_of(&model, s->row[j]));
            }
        }
    }
}
