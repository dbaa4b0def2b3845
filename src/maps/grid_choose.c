#include "maps/grid.h"

#include <math.h>

#include "numerics/statistics.h"

/* Scores that differ by no more are equal: rounding does not choose. */
static const double TIE = 1e-9;

static const mec_grid_pair NONE = {NAN, NAN};

/* A grid of mean scores, the best being the largest `sign` times score. */
typedef struct scored {
    const mec_grid *grid;
    const double *surface;
    double sign;
} scored;

static size_t n_pair(const mec_grid *grid) {
    return grid->n_alpha * grid->n_l1_ratio;
}

static mec_grid_pair pair_at(const mec_grid *grid, size_t k) {
    return (mec_grid_pair){grid->alphas[k / grid->n_l1_ratio],
                           grid->l1_ratios[k % grid->n_l1_ratio]};
}

/* Whether the first penalty is stronger: by its alpha, then by its l1_ratio. */
static bool is_stronger(mec_grid_pair a, mec_grid_pair b) {
    return a.alpha > b.alpha || (a.alpha == b.alpha && a.l1_ratio > b.l1_ratio);
}

/* The strongest penalty whose score is no worse than `least` (times sign), which one has; `*n` (may
 * be NULL) receives how many have. */
static size_t find_strongest(const scored *s, double least, size_t *n) {
    size_t strongest = SIZE_MAX;
    size_t count = 0;
    for (size_t k = 0; k < n_pair(s->grid); k++) {
        if (!(s->sign * s->surface[k] >= least))
            continue;
        count++;
        if (strongest == SIZE_MAX || is_stronger(pair_at(s->grid, k), pair_at(s->grid, strongest)))
            strongest = k;
    }
    if (n)
        *n = count;
    return strongest;
}

static double standard_error(const double *scores, size_t n_fold, size_t stride) {
    size_t n = 0;
    double mean = mec_nanmean(scores, n_fold, stride, &n);
    double sum = 0;
    if (n < 2)
        return NAN;
    for (size_t k = 0; k < n_fold; k++) {
        double d = scores[k * stride] - mean;
        sum += isnan(d) ? 0 : d * d;
    }
    return sqrt(sum / (double)(n - 1) / (double)n);
}

static bool is_on_edge(const mec_grid *grid, size_t k) {
    size_t alpha = k / grid->n_l1_ratio;
    size_t l1_ratio = k % grid->n_l1_ratio;
    return alpha == 0 || alpha == grid->n_alpha - 1 || l1_ratio == 0 ||
           l1_ratio == grid->n_l1_ratio - 1;
}

mec_grid_choice mec_grid_choose(const mec_grid *grid, const double *scores, double *surface) {
    scored s = {grid, surface, grid->cv_score == MEC_SCORE_MSE ? -1 : 1};
    mec_grid_choice c = {.best = NONE, .score = NAN, .se = NAN, .one_se = NONE};
    double highest = -INFINITY;
    for (size_t k = 0; k < n_pair(grid); k++) {
        surface[k] = mec_nanmean(scores + k, grid->n_fold, n_pair(grid), NULL);
        if (isnan(surface[k]))
            continue;
        c.n_valid++;
        highest = fmax(highest, s.sign * surface[k]);
    }
    if (c.n_valid == 0)
        return c;
    size_t best = find_strongest(&s, highest - TIE, NULL);
    c.best = pair_at(grid, best);
    c.score = surface[best];
    c.se = standard_error(scores + best, grid->n_fold, n_pair(grid));
    c.on_edge = is_on_edge(grid, best);
    if (!isnan(c.se))
        c.one_se = pair_at(grid, find_strongest(&s, s.sign * c.score - c.se, &c.n_within_one_se));
    return c;
}
