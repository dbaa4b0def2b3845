#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "numerics/statistics.h"
#include "report/plot_grid.h"

enum { MOST_BINS = 34 };

/* ---- axes ---- */

static double drawn_at(const grid_axis *axis, double value, bool logarithm) {
    if (!logarithm)
        return value;
    return value > 0 ? log10(value) : axis->zero;
}

/* An alpha of 0 stands below the smallest other, far enough for its label. */
static double place_of_zero(const double *values, size_t n) {
    double low = INFINITY;
    double high = -INFINITY;
    size_t n_zero = 0;
    for (size_t i = 0; i < n; i++) {
        n_zero += values[i] == 0;
        low = values[i] > 0 ? fmin(low, log10(values[i])) : low;
        high = values[i] > 0 ? fmax(high, log10(values[i])) : high;
    }
    if (n_zero == 0)
        return NAN;
    if (n_zero == n)
        return 0;
    return high > low ? low - fmax((high - low) / (double)(n - n_zero - 1), 0.1 * (high - low))
                      : low - 1;
}

/* Insertion: grids come almost in order. */
static void sort(const double *at, size_t n, size_t *order) {
    for (size_t i = 0; i < n; i++) {
        size_t j = i;
        for (; j > 0 && at[order[j - 1]] > at[i]; j--)
            order[j] = order[j - 1];
        order[j] = i;
    }
}

static void find_edges(grid_axis *axis, const double *at) {
    size_t n = axis->n;
    for (size_t i = 1; i < n; i++)
        axis->edges[i] = (at[axis->order[i - 1]] + at[axis->order[i]]) / 2;
    double first = at[axis->order[0]];
    double last = at[axis->order[n - 1]];
    axis->edges[0] = n > 1 ? 2 * first - axis->edges[1] : first - 0.5;
    axis->edges[n] = n > 1 ? 2 * last - axis->edges[n - 1] : last + 0.5;
    for (size_t i = 0; i < n; i++)
        axis->place[axis->order[i]] = i;
}

static void make_axis(grid_axis *axis, const double *values, size_t n, bool logarithm,
                      mec_status *status) {
    double *at = mec_alloc(n, sizeof *at, status);
    *axis = (grid_axis){.n = n,
                        .order = mec_alloc(n, sizeof *axis->order, status),
                        .place = mec_alloc(n, sizeof *axis->place, status),
                        .edges = mec_alloc(n + 1, sizeof *axis->edges, status),
                        .per_bin = (n + MOST_BINS - 1) / MOST_BINS};
    axis->n_bin = (n + axis->per_bin - 1) / axis->per_bin;
    axis->counts = mec_alloc(axis->n_bin, sizeof *axis->counts, status);
    axis->zero = logarithm ? place_of_zero(values, n) : NAN;
    if (status->code == MEC_OK) {
        for (size_t i = 0; i < n; i++)
            at[i] = drawn_at(axis, values[i], logarithm);
        sort(at, n, axis->order);
        find_edges(axis, at);
    }
    free(at);
}

double plot_grid_edge(const grid_axis *axis, size_t i) {
    size_t at = i * axis->per_bin;
    return axis->edges[at < axis->n ? at : axis->n];
}

/* The bin of a value of the list. */
static size_t bin_of(const grid_axis *axis, const double *values, double value) {
    size_t nearest = 0;
    for (size_t i = 1; i < axis->n; i++)
        if (fabs(values[i] - value) < fabs(values[nearest] - value))
            nearest = i;
    return axis->place[nearest] / axis->per_bin;
}

/* ---- choices ---- */

typedef struct choices {
    double *alphas, *l1_ratios, *edge; /* of all searches */
    size_t n[3];
} choices;

static void read_choices(choices *c, const results *r, mec_status *status) {
    static const char *const names[] = {"best_alpha", "best_l1_ratio", "on_edge"};
    double **lists[] = {&c->alphas, &c->l1_ratios, &c->edge};
    for (size_t i = 0; i < r->n_animal && status->code == MEC_OK; i++) {
        const results_animal *animal = &r->animals[i];
        size_t n = animal->n_cell * animal->n_split * animal->n_source;
        for (int k = 0; k < 3; k++) {
            double *values = results_read(r, animal, names[k], RESULTS_FIT, status);
            if (values)
                results_append(lists[k], &c->n[k], values, n, status);
            else if (status->code == MEC_OK)
                mec_fail(status, MEC_REFUSED, "%s: is not a whole run file: no %s", r->path,
                         names[k]);
            free(values);
        }
    }
}

static void count_choices(grid_picture *p, choices *c) {
    const grid_results *g = &p->grid;
    p->counts = mec_alloc(p->alpha.n_bin * p->l1_ratio.n_bin, sizeof *p->counts, p->status);
    for (size_t i = 0; i < c->n[0] && p->counts; i++) {
        if (!isfinite(c->alphas[i]) || !isfinite(c->l1_ratios[i]))
            continue;
        size_t a = bin_of(&p->alpha, g->alphas, c->alphas[i]);
        size_t l = bin_of(&p->l1_ratio, g->l1_ratios, c->l1_ratios[i]);
        p->alpha.counts[a]++;
        p->l1_ratio.counts[l]++;
        p->counts[a * p->l1_ratio.n_bin + l]++;
        p->n_chosen++;
        p->n_edge += c->edge[i] != 0;
    }
    p->alpha.median = drawn_at(&p->alpha, mec_summarise(c->alphas, c->n[0]).median, true);
    p->l1_ratio.median = mec_summarise(c->l1_ratios, c->n[1]).median;
}

/* ---- the surface ---- */

/* The colours show everything but what is so much worse that nothing else could be told apart. */
static void choose_colours(grid_picture *p, size_t n) {
    double *sorted = mec_alloc(n, sizeof *sorted, p->status);
    if (!sorted)
        return;
    memcpy(sorted, p->surface, n * sizeof *sorted);
    mec_summary s = mec_summarise(sorted, n);
    p->n_surface = s.count;
    if (s.count > 0) {
        double reach = s.q75 > s.q25 ? 1.5 * (s.q75 - s.q25) : INFINITY;
        p->low = sorted[0];
        p->high = sorted[s.count - 1];
        if (p->smallest_is_best)
            p->high = fmin(p->high, s.q75 + reach);
        else
            p->low = fmax(p->low, s.q25 - reach);
        if (!(p->high > p->low))
            p->high = p->low + 1e-3 * fmax(1, fabs(p->low));
    }
    for (size_t i = 0; i < s.count; i++)
        p->n_outside += sorted[i] < p->low || sorted[i] > p->high;
    free(sorted);
}

static bool is_better(const grid_picture *p, double value, double than) {
    return isnan(than) || (p->smallest_is_best ? value < than : value > than);
}

/* Means over few of the searches are left out: they would be those of other cells than beside them.
 */
static void read_surface(grid_picture *p) {
    size_t n = p->grid.n_alpha * p->grid.n_l1_ratio;
    double *count = mec_alloc(n, sizeof *count, p->status);
    p->surface = mec_alloc(n, sizeof *p->surface, p->status);
    for (size_t i = 0; i < p->grid.r->n_animal && p->status->code == MEC_OK; i++)
        grid_results_add_scores(&p->grid, &p->grid.r->animals[i], p->surface, count, p->status);
    double least = 0;
    for (size_t i = 0; i < n && p->status->code == MEC_OK; i++)
        least = fmax(least, count[i] / 2);
    for (size_t i = 0; i < n && p->status->code == MEC_OK; i++) {
        p->surface[i] = count[i] > 0 && count[i] >= least ? p->surface[i] / count[i] : NAN;
        if (is_better(p, p->surface[i], p->surface[p->best]))
            p->best = i;
    }
    if (p->status->code == MEC_OK)
        choose_colours(p, n);
    free(count);
}

/* ---- all of it ---- */

mec_code plot_grid_read(grid_picture *p, const results *r, mec_status *status) {
    choices c = {0};
    *p = (grid_picture){.status = status};
    if (grid_results_read(&p->grid, r, status))
        return status->code;
    grid_results_setting(&p->grid, "cv_score", p->score);
    p->smallest_is_best = strcmp(p->score, "mse") == 0;
    make_axis(&p->alpha, p->grid.alphas, p->grid.n_alpha, true, status);
    make_axis(&p->l1_ratio, p->grid.l1_ratios, p->grid.n_l1_ratio, false, status);
    read_choices(&c, r, status);
    if (status->code == MEC_OK)
        count_choices(p, &c);
    if (status->code == MEC_OK && p->n_chosen == 0)
        mec_fail(status, MEC_REFUSED, "%s: nothing was chosen, there is nothing to draw", r->path);
    if (status->code == MEC_OK && grid_results_have_scores(&p->grid))
        read_surface(p);
    free(c.alphas);
    free(c.l1_ratios);
    free(c.edge);
    return status->code;
}

static void release_axis(grid_axis *axis) {
    free(axis->order);
    free(axis->place);
    free(axis->edges);
    free(axis->counts);
}

void plot_grid_release(grid_picture *p) {
    release_axis(&p->alpha);
    release_axis(&p->l1_ratio);
    free(p->counts);
    free(p->surface);
    grid_results_release(&p->grid);
}
