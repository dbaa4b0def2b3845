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

/* How many alphas are tried ahead at first; all that a ray has room for where these were solved. */
enum { FIRST_REACH = 4 };

bool mec_grid_is_ridge(const mec_grid *grid, double l1_ratio) {
    return l1_ratio <= RIDGE_L1_RATIO && !grid->positive;
}

mec_code mec_grid_rows_take(const mec_grid *grid, const size_t *alphas, const size_t *l1_ratios,
                            size_t n, size_t p, mec_grid_rows *rows, mec_scratch *scratch,
                            mec_status *status) {
    *rows = (mec_grid_rows){
        .grid = grid,
        .alphas = alphas,
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
    if (mec_net_ray_take(n, p, &rows->ray, scratch, status))
        return status->code;
    if (grid->rule == MEC_CERTIFICATE_OBJECTIVE &&
        mec_grid_trend_take(grid->n_l1_ratio, p, &rows->trend, scratch, status))
        return status->code;
    memset(rows->sum, 0, p * sizeof *rows->sum);
    return mec_net_weights_take(p, &rows->weights, scratch, status);
}

double mec_grid_rows_memory(const mec_grid *grid, size_t n, size_t p) {
    double spot = sizeof(mec_grid_spot) + mec_grid_known_memory(n, p);
    double trend =
        grid->rule == MEC_CERTIFICATE_OBJECTIVE ? mec_grid_trend_memory(grid->n_l1_ratio, p) : 0;
    return (double)(grid->n_l1_ratio + 1) * spot + trend +
           sizeof(double) * (4.5 * (double)p + 2 * (double)n) + mec_net_memory(n, p) +
           mec_net_ray_memory(n, p);
}

void mec_grid_rows_start(mec_grid_rows *rows, const mec_grid_fold *fold) {
    const mec_net_design *design = &fold->split->design;
    rows->fold = fold;
    rows->largest_product = mec_net_largest_product(design, &fold->target, rows->grid->positive);
    if (design->rank > 0)
        mec_transposed_multiply_vector(design->n, design->rank, design->basis, design->rank,
                                       fold->target.y, rows->along);
    mec_net_workspace_forget(rows->workspace);
    if (rows->grid->rule == MEC_CERTIFICATE_OBJECTIVE)
        mec_grid_trend_forget(&rows->trend);
    for (size_t k = 0; k < rows->grid->n_l1_ratio; k++)
        rows->spots[k] = (mec_grid_spot){.known = rows->spots[k].known};
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

static double alpha_at(const mec_grid_rows *rows, size_t row) {
    return rows->grid->alphas[rows->alphas[row]];
}

static mec_net_penalty penalty_of(const row_search *s, size_t row, size_t place) {
    double strength = (double)s->rows->fold->split->design.n * alpha_at(s->rows, row);
    double ratio = ratio_at(s, place);
    return (mec_net_penalty){strength * ratio, strength * (1 - ratio), s->rows->grid->positive};
}

static mec_net_penalty penalty_at(const row_search *s, size_t place) {
    return penalty_of(s, s->row, place);
}

static double unit_at(const mec_grid_rows *rows, double alpha) {
    return (double)rows->fold->split->design.n * alpha;
}

/* Notes what is known of a spot for what is expected between spots, once. */
static void note_trend(const row_search *s, size_t place) {
    mec_grid_rows *rows = s->rows;
    const mec_grid_spot *spot = &rows->spots[place];
    if (!mec_grid_trend_has(&rows->trend, s->row, place))
        mec_grid_trend_note(&rows->trend, s->row, place, ratio_at(s, place),
                            unit_at(rows, spot->alpha),
                            spot->known.products + rows->fold->split->design.n);
}

static bool may_approximate(const row_search *s) {
    return s->rows->grid->rule == MEC_CERTIFICATE_SKLEARN;
}

/* Certifies what is known at a point; true where it is accepted without a solve. Zero is exact or
 * is not taken: it has no correlation. */
static bool accept(const row_search *s, size_t place, const mec_grid_known *known) {
    mec_grid_spot *spot = &s->rows->spots[place];
    mec_net_penalty penalty = penalty_at(s, place);
    if (known->weights.n == 0)
        return false;
    double tol = MARGIN * s->rows->grid->tol;
    double scale =
        mec_dot(s->rows->fold->split->design.n, s->rows->fold->target.y, s->rows->fold->target.y);
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
    if (!may_approximate(s) && weights->n > 0)
        note_trend(s, place);
}

/* Solves a point of a settled active set and those of the alphas that follow, as long as the active
 * set stays; false where it does not do so even here. What is known of the spot then is of the last
 * of them. */
static bool solve_ahead(const row_search *s, size_t place) {
    mec_grid_rows *rows = s->rows;
    mec_grid_spot *spot = &rows->spots[place];
    const mec_net_design *design = &rows->fold->split->design;
    mec_net_penalty penalties[MEC_NET_RAY];
    size_t wanted = spot->reaches ? MEC_NET_RAY : FIRST_REACH;
    size_t m = 0;
    for (; m < wanted && s->row + m < rows->grid->n_alpha && alpha_at(rows, s->row + m) > 0; m++)
        penalties[m] = penalty_of(s, s->row + m, place);
    if (m == 0)
        return false;
    wanted = m;
    m = mec_net_ray_solve(design, &rows->fold->target, penalties, m, &spot->known.weights,
                          rows->workspace, &rows->ray);
    spot->reaches = m == wanted;
    for (size_t i = 0; i < m; i++) {
        mec_net_ray_weights(&rows->ray, i, &rows->weights);
        mec_grid_known_set(&spot->known, rows->fold, &rows->weights,
                           rows->ray.products + i * (design->n + design->p));
        spot->scores[i] = spot->known.score;
        spot->certificates[i] = rows->ray.certified[i];
    }
    if (m == 0)
        return false;
    spot->first_ahead = s->row;
    spot->end_ahead = s->row + m;
    spot->alpha = alpha_at(rows, spot->end_ahead - 1);
    return true;
}

/* Takes a point that was solved ahead; false where it was not. */
static bool take_ahead(const row_search *s, size_t place) {
    mec_grid_spot *spot = &s->rows->spots[place];
    const mec_grid *grid = s->rows->grid;
    if (s->row < spot->first_ahead || s->row >= spot->end_ahead)
        return false;
    spot->row = s->row;
    spot->known.score = spot->scores[s->row - spot->first_ahead];
    spot->certified = spot->certificates[s->row - spot->first_ahead];
    spot->accepted = mec_certificate_accepts(grid->rule, grid->tol, &spot->certified);
    return true;
}

/* Solves a point from `start`, X'(y - X w) being `expected`, or NULL. */
static void solve_near(const row_search *s, size_t place, const mec_grid_known *start,
                       const double *expected) {
    mec_grid_rows *rows = s->rows;
    mec_net_penalty penalty = penalty_at(s, place);
    const mec_net_design *design = &rows->fold->split->design;
    mec_grid_weights_copy(&rows->weights, &start->weights);
    mec_certified certified =
        mec_net_solve_near(design, &rows->fold->target, &penalty, expected,
                           start->products + design->n, rows->workspace, &rows->weights);
    note(s, place, &certified, &rows->weights, mec_net_last_products(rows->workspace));
}

/* X'(y - X w) of a spot that was solved at another alpha, as it may be here: where the active set
 * stays it shrinks with alpha. */
static double shrink(const row_search *s, size_t place) {
    return s->alpha / s->rows->spots[place].alpha;
}

/* Solves a point that is expected to be like that of the alpha before, if the active set had
 * settled there; false where it had not. */
static bool solve_settled(const row_search *s, size_t place) {
    mec_grid_rows *rows = s->rows;
    const mec_grid_spot *spot = &rows->spots[place];
    const mec_net_design *design = &rows->fold->split->design;
    if (!spot->settled || spot->row + 1 != s->row)
        return false;
    if (!may_approximate(s) && solve_ahead(s, place))
        return take_ahead(s, place);
    for (size_t j = 0; j < design->p; j++)
        rows->expected[j] = shrink(s, place) * spot->known.products[design->n + j];
    solve_near(s, place, &spot->known, rows->expected);
    return true;
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

/* Solves the point unless it is done. */
static void settle(const row_search *s, size_t place) {
    mec_grid_spot *spot = &s->rows->spots[place];
    if (!spot->done && !solve_settled(s, place)) {
        if (!spot->is_known)
            set_zero(s, place);
        solve_near(s, place, &spot->known, NULL);
    }
    spot->done = true;
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
    mec_certified certified = mec_net_certify(d, &rows->fold->target, &penalty, ridge, rows->work);
    if (mec_certificate_accepts(MEC_CERTIFICATE_OBJECTIVE, RIDGE_TOL, &certified))
        note(s, place, &certified, ridge, rows->work);
    else
        settle(s, place);
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

/* Accepts a mean of two spots at a point between, or solves it from there. */
static void approximate(const row_search *s, size_t place, size_t first, size_t last, double part) {
    mec_grid_rows *rows = s->rows;
    mec_grid_spot *spot = &rows->spots[place];
    mec_grid_known_mix(&rows->mean, rows->fold, &rows->spots[first].known, &rows->spots[last].known,
                       part, rows->sum);
    if (!accept(s, place, &rows->mean)) {
        solve_near(s, place, &rows->mean, rows->mean.products + rows->fold->split->design.n);
        return;
    }
    mec_grid_known kept = spot->known;
    spot->known = rows->mean;
    rows->mean = kept;
    mec_grid_known_score(&spot->known, rows->fold);
    spot->is_known = true;
    spot->settled = false;
}

/* Solves a point between two spots, from the first and what is expected between them. */
static void solve_between(const row_search *s, size_t place, size_t first, size_t last,
                          double part) {
    mec_grid_rows *rows = s->rows;
    note_trend(s, first);
    note_trend(s, last);
    mec_grid_trend_expect(&rows->trend, s->row, place, first, last, part, unit_at(rows, s->alpha),
                          rows->expected);
    solve_near(s, place, &rows->spots[first].known, rows->expected);
}

/* The points between two that are done. */
static void fill(const row_search *s, size_t first, size_t last) {
    size_t middle = middle_left(s, first, last);
    if (middle == SIZE_MAX)
        return;
    double from = ratio_at(s, first);
    double to = ratio_at(s, last);
    double part = from == to ? 0 : (ratio_at(s, middle) - from) / (to - from);
    if (may_approximate(s))
        approximate(s, middle, first, last, part);
    else if (!solve_settled(s, middle))
        solve_between(s, middle, first, last, part);
    s->rows->spots[middle].done = true;
    fill(s, first, middle);
    fill(s, middle, last);
}

void mec_grid_rows_search(mec_grid_rows *rows, size_t row) {
    const row_search s = {rows, alpha_at(rows, row), row};
    size_t n = rows->grid->n_l1_ratio;
    size_t first = 0;
    while (first < n && rows->largest_product <= penalty_at(&s, first).lam1)
        set_zero(&s, first++);
    for (size_t place = first; place < n; place++) {
        mec_grid_spot *spot = &rows->spots[place];
        spot->done = may_approximate(&s) ? spot->is_known && accept(&s, place, &spot->known)
                                         : take_ahead(&s, place);
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
