#include "maps/grid_row.h"

#include <math.h>
#include <string.h>

#include "numerics/linalg.h"

/* An l1_ratio up to this is ridge for every purpose; the certificate decides, with the l1_ratio as
 * it is. */
static const double RIDGE_L1_RATIO = 1e-12;
/* The gap, as a part of the objective, up to which a ridge solution stands for it. */
static const double RIDGE_TOL = 1e-10;
/* The part of the tolerance up to which weights are accepted from what is known of them: rounding
 * shall not matter to who finds their gap from the weights alone. */
static const double MARGIN = 0.9;

bool mec_grid_is_ridge(const mec_grid *grid, double l1_ratio) {
    return l1_ratio <= RIDGE_L1_RATIO && !grid->positive;
}

mec_code mec_grid_rows_take(const mec_grid *grid, const size_t *l1_ratios, size_t n, size_t p,
                            mec_grid_rows *rows, mec_scratch *scratch, mec_status *status) {
    *rows = (mec_grid_rows){
        .grid = grid,
        .l1_ratios = l1_ratios,
        .workspace = mec_net_workspace_take(n, p, scratch, status),
        .spots = mec_scratch_take(scratch, grid->n_l1_ratio, sizeof *rows->spots, status),
        .along = mec_scratch_take(scratch, n, sizeof *rows->along, status),
        .work = mec_scratch_take(scratch, n + p, sizeof *rows->work, status),
        .expected = mec_scratch_take(scratch, p, sizeof *rows->expected, status),
        .sum = mec_scratch_take(scratch, p, sizeof *rows->sum, status)};
    for (size_t k = 0; k < grid->n_l1_ratio && status->code == MEC_OK; k++)
        mec_grid_known_take(n, p, &rows->spots[k].known, scratch, status);
    if (status->code != MEC_OK || mec_grid_known_take(n, p, &rows->mean, scratch, status))
        return status->code;
    memset(rows->sum, 0, p * sizeof *rows->sum);
    return mec_net_weights_take(p, &rows->weights, scratch, status);
}

double mec_grid_rows_memory(const mec_grid *grid, size_t n, size_t p) {
    return (double)(grid->n_l1_ratio + 1) * mec_grid_known_memory(n, p) +
           sizeof(double) * (4.5 * (double)p + 2 * (double)n) + mec_net_memory(n, p);
}

void mec_grid_rows_start(mec_grid_rows *rows, const mec_grid_fold *fold) {
    const mec_net_design *design = &fold->split->design;
    rows->fold = fold;
    rows->largest_product =
        mec_net_largest_product(design, &fold->target, rows->grid->positive);
    if (design->rank > 0)
        mec_transposed_multiply_vector(design->n, design->rank, design->basis, design->rank,
                                       fold->target.y, rows->along);
    mec_net_workspace_forget(rows->workspace);
    for (size_t k = 0; k < rows->grid->n_l1_ratio; k++)
        rows->spots[k].is_known = rows->spots[k].settled = false;
}

/* A row under way. */
typedef struct row_search {
    mec_grid_rows *rows;
    double alpha;
    size_t row;
} row_search;

static double ratio_at(const row_search *s, size_t place) {
    return s->rows->grid->l1_ratios[s->rows->l1_ratios[place]];
}

static mec_net_penalty penalty_at(const row_search *s, size_t place) {
    double strength = (double)s->rows->fold->split->design.n * s->alpha;
    double ratio = ratio_at(s, place);
    return (mec_net_penalty){strength * ratio, strength * (1 - ratio), s->rows->grid->positive};
}

static bool may_approximate(const row_search *s) {
    return s->rows->grid->rule == MEC_CERTIFICATE_SKLEARN;
}

/* Certifies what is known at a point; true where it is accepted without a solve. Zero is exact or is
 * not taken: it has no correlation. */
static bool accept(const row_search *s, size_t place, const mec_grid_known *known) {
    mec_grid_spot *spot = &s->rows->spots[place];
    mec_net_penalty penalty = penalty_at(s, place);
    if (known->weights.n == 0)
        return false;
    double tol = MARGIN * s->rows->grid->tol;
    double scale = mec_dot(s->rows->fold->split->design.n, s->rows->fold->target.y,
                           s->rows->fold->target.y);
    spot->certified = mec_grid_known_judge(known, s->rows->fold, &penalty, tol * scale);
    spot->accepted = mec_certificate_accepts(s->rows->grid->rule, tol, &spot->certified);
    return spot->accepted;
}

/* A number that equal sets of columns and signs have in common, in whatever order. */
static uint64_t signature(const mec_net_weights *weights) {
    uint64_t sum = 0;
    for (size_t k = 0; k < weights->n; k++) {
        uint64_t x = 2 * (uint64_t)weights->index[k] + (weights->value[k] < 0) + 1;
        x *= 0x9e3779b97f4a7c15U;
        sum += x ^ (x >> 29);
    }
    return sum;
}

/* Notes the solution of a point. */
static void note(const row_search *s, size_t place, const mec_certified *certified,
                 const mec_net_weights *weights, const double *products) {
    mec_grid_spot *spot = &s->rows->spots[place];
    const mec_grid *grid = s->rows->grid;
    uint64_t active = signature(weights);
    spot->settled =
        spot->is_known && spot->row + 1 == s->row && spot->active == active && weights->n > 0;
    spot->is_known = true;
    spot->row = s->row;
    spot->alpha = s->alpha;
    spot->active = active;
    spot->certified = *certified;
    spot->accepted = mec_certificate_accepts(grid->rule, grid->tol, certified);
    mec_grid_known_set(&spot->known, s->rows->fold, weights, products);
}

/* Solves a point that is expected to be near `near`; NULL: near what the last alpha had there. Where
 * the active set stayed the same from one alpha to the next, as it does where they are small, it
 * will again, and X'(y - X w) shrinks with alpha. */
static void solve(const row_search *s, size_t place, const mec_grid_known *near) {
    mec_grid_rows *rows = s->rows;
    const mec_grid_spot *spot = &rows->spots[place];
    const mec_net_design *design = &rows->fold->split->design;
    mec_net_penalty penalty = penalty_at(s, place);
    const double *expected = near ? near->products + design->n : NULL;
    if (spot->settled && spot->row + 1 == s->row) {
        near = &spot->known;
        for (size_t j = 0; j < design->p; j++)
            rows->expected[j] = s->alpha / spot->alpha * near->products[design->n + j];
        expected = rows->expected;
    } else if (!near && spot->is_known) {
        near = &spot->known;
    }
    rows->weights.n = 0;
    if (near)
        mec_grid_weights_copy(&rows->weights, &near->weights);
    mec_certified certified = mec_net_solve_near(design, &rows->fold->target, &penalty, expected,
                                                 rows->workspace, &rows->weights);
    note(s, place, &certified, &rows->weights, mec_net_last_products(rows->workspace));
}

/* Ridge, from the fold's decomposition: w = V diag(s / (s^2 + lam2)) U'y. */
static void solve_ridge(const row_search *s, size_t place) {
    mec_grid_rows *rows = s->rows;
    const mec_net_design *d = &rows->fold->split->design;
    mec_net_penalty penalty = penalty_at(s, place);
    mec_net_weights *ridge = &rows->weights;
    double *sum = rows->expected;
    memset(sum, 0, d->p * sizeof *sum);
    for (size_t k = 0; k < d->rank; k++) {
        double filter = d->singular[k] / (d->singular[k] * d->singular[k] + penalty.lam2);
        mec_add_multiple(d->p, filter * rows->along[k], d->right + k * d->p, sum);
    }
    ridge->n = 0;
    for (size_t j = 0; j < d->p; j++)
        if (d->square[j] > 0) {
            ridge->index[ridge->n] = (uint32_t)j;
            ridge->value[ridge->n++] = sum[j];
        }
    mec_certified certified =
        mec_net_certify(d, &rows->fold->target, &penalty, ridge, rows->work);
    if (mec_certificate_accepts(MEC_CERTIFICATE_OBJECTIVE, RIDGE_TOL, &certified))
        note(s, place, &certified, ridge, rows->work);
    else
        solve(s, place, NULL);
}

static void set_zero(const row_search *s, size_t place) {
    mec_grid_rows *rows = s->rows;
    const mec_net_target *target = &rows->fold->target;
    const mec_net_design *d = &rows->fold->split->design;
    double scale = mec_dot(d->n, target->y, target->y);
    mec_certified exact = {0, scale / 2, scale};
    memcpy(rows->work, target->y, d->n * sizeof *rows->work);
    memcpy(rows->work + d->n, target->xy, d->p * sizeof *rows->work);
    rows->weights.n = 0;
    note(s, place, &exact, &rows->weights, rows->work);
    rows->spots[place].accepted = true;
}

/* The middle one of the points after `first` and before `last` that are not done; SIZE_MAX: all
 * are. */
static size_t middle_left(const row_search *s, size_t first, size_t last) {
    size_t middle = SIZE_MAX;
    size_t n = 0;
    for (size_t place = first + 1; place < last; place++)
        n += !s->rows->spots[place].done;
    size_t k = 0;
    for (size_t place = first + 1; place < last && n > 0; place++)
        if (!s->rows->spots[place].done && k++ == n / 2)
            middle = place;
    return middle;
}

/* The points between two that are done. */
static void fill(const row_search *s, size_t first, size_t last) {
    mec_grid_rows *rows = s->rows;
    size_t middle = middle_left(s, first, last);
    if (middle == SIZE_MAX)
        return;
    mec_grid_spot *spot = &rows->spots[middle];
    double from = ratio_at(s, first);
    double to = ratio_at(s, last);
    mec_grid_known_mix(&rows->mean, rows->fold, &rows->spots[first].known,
                       &rows->spots[last].known,
                       from == to ? 0 : (ratio_at(s, middle) - from) / (to - from), rows->sum);
    if (may_approximate(s) && accept(s, middle, &rows->mean)) {
        mec_grid_known kept = spot->known;
        spot->known = rows->mean;
        rows->mean = kept;
        mec_grid_known_score(&spot->known, rows->fold);
        spot->settled = false;
    } else {
        solve(s, middle, &rows->mean);
    }
    spot->done = true;
    fill(s, first, middle);
    fill(s, middle, last);
}

/* Solves the point unless it is done. */
static void settle(const row_search *s, size_t place) {
    mec_grid_spot *spot = &s->rows->spots[place];
    if (!spot->done)
        solve(s, place, NULL);
    spot->done = true;
}

void mec_grid_rows_search(mec_grid_rows *rows, double alpha, size_t row) {
    const row_search s = {rows, alpha, row};
    size_t n = rows->grid->n_l1_ratio;
    size_t first = 0;
    while (first < n && rows->largest_product <= penalty_at(&s, first).lam1)
        set_zero(&s, first++);
    for (size_t place = first; place < n; place++) {
        mec_grid_spot *spot = &rows->spots[place];
        spot->done = may_approximate(&s) && spot->is_known && accept(&s, place, &spot->known);
    }
    for (; n > first && mec_grid_is_ridge(rows->grid, ratio_at(&s, n - 1)); n--)
        if (!rows->spots[n - 1].done)
            solve_ridge(&s, n - 1);
    if (n == first)
        return;
    if (first == 0)
        settle(&s, first++);
    if (n == first)
        return;
    settle(&s, n - 1);
    fill(&s, first - 1, n - 1);
}
