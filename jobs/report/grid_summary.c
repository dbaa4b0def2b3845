#include "report/grid_summary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "maps/certificate.h"
#include "numerics/statistics.h"
#include "report/fit_list.h"
#include "report/grid_results.h"

/* The arrays that it is told from, of one animal: (cells, splits, sources). */
enum { STATUS, ALPHA, L1_RATIO, GAP, ON_EDGE, N_REJECTED, N_ARRAY };
static const char *const names[N_ARRAY] = {
    "status", "best_alpha", "best_l1_ratio", "largest_relative_gap", "on_edge", "n_rejected"};

typedef struct telling {
    grid_results grid;
    const results *r;
    FILE *stream;
    mec_status *status;
    double *alphas, *l1_ratios; /* of all searches */
    size_t n, n_l1_ratio;
    size_t n_searched; /* with a grid of scores */
    size_t n_chosen, n_edge;
    double n_rejected;     /* points */
    size_t n_not_accepted; /* searches that have such points */
    double largest_gap;
    fit_list list;
    size_t n_listed;
} telling;

/* ---- what there is ---- */

static void release(double *arrays[N_ARRAY]) {
    for (int i = 0; i < N_ARRAY; i++)
        free(arrays[i]);
}

/* False where one is missing. */
static bool read_arrays(const telling *t, const results_animal *animal, double *arrays[N_ARRAY]) {
    bool all = true;
    for (int i = 0; i < N_ARRAY; i++) {
        arrays[i] = results_read(t->r, animal, names[i], RESULTS_FIT, t->status);
        all &= arrays[i] != NULL;
    }
    return all;
}

static void count_search(telling *t, const results_animal *animal, size_t i,
                         double *const arrays[N_ARRAY]) {
    bool chosen = isfinite(arrays[ALPHA][i]);
    t->n_searched += chosen || arrays[STATUS][i] == MEC_OUTCOME_DONE ||
                     arrays[STATUS][i] == MEC_OUTCOME_GAP_ABOVE_TOL;
    t->n_chosen += chosen;
    t->n_edge += chosen && arrays[ON_EDGE][i] != 0;
    t->largest_gap = fmax(t->largest_gap, arrays[GAP][i]);
    if (!(arrays[N_REJECTED][i] > 0))
        return;
    t->n_rejected += arrays[N_REJECTED][i];
    if (t->n_not_accepted++ < FIT_LIST_MOST)
        fit_list_widen(&t->list, animal, i);
}

static void count_animal(telling *t, const results_animal *animal) {
    double *arrays[N_ARRAY];
    size_t n_fit = animal->n_cell * animal->n_split * animal->n_source;
    if (read_arrays(t, animal, arrays)) {
        for (size_t i = 0; i < n_fit; i++)
            count_search(t, animal, i, arrays);
        results_append(&t->alphas, &t->n, arrays[ALPHA], n_fit, t->status);
        results_append(&t->l1_ratios, &t->n_l1_ratio, arrays[L1_RATIO], n_fit, t->status);
    }
    release(arrays);
}

/* ---- the lines ---- */

static void print_grid(const telling *t) {
    char folds[GRID_SETTING_SIZE];
    char score[GRID_SETTING_SIZE];
    fprintf(t->stream, "grid: %zu alphas x %zu l1_ratios, %s folds, cv_score = %s\n",
            t->grid.n_alpha, t->grid.n_l1_ratio, grid_results_setting(&t->grid, "folds", folds),
            grid_results_setting(&t->grid, "cv_score", score));
}

static void print_time(const telling *t) {
    const mec_run_info *info = &t->r->info;
    char wall[32];
    mec_text_from_seconds(info->wall, wall, sizeof wall);
    fprintf(t->stream, "time: %.3g core-hours in %s, %.1f ranks at work on average\n",
            info->seconds / 3600, wall, info->wall > 0 ? info->seconds / info->wall : 0);
}

static void print_chosen(telling *t) {
    if (t->n_chosen == 0) {
        fputs("chosen: nothing\n", t->stream);
        return;
    }
    double alpha = mec_summarise(t->alphas, t->n).median;
    double l1_ratio = mec_summarise(t->l1_ratios, t->n_l1_ratio).median;
    fprintf(t->stream,
            "chosen: median alpha %.3g, median l1_ratio %.3g; %zu of %zu on the grid's edge "
            "(%.1f %%)\n",
            alpha, l1_ratio, t->n_edge, t->n_chosen, 100 * (double)t->n_edge / (double)t->n_chosen);
}

static void print_certificate(const telling *t) {
    char rule[GRID_SETTING_SIZE];
    char text[GRID_SETTING_SIZE];
    double tol = NAN;
    if (!mec_text_to_real(grid_results_setting(&t->grid, "tol", text), &tol))
        tol = NAN; /* auto */
    grid_results_setting(&t->grid, "certificate", rule);
    int index = mec_text_index("sklearn objective", rule);
    fprintf(t->stream, "certificate: %s", rule);
    if (index >= 0)
        fprintf(t->stream, ", gaps up to %.3g are accepted",
                mec_certificate_tol((mec_certificate)index, tol));
    if (isfinite(t->largest_gap))
        fprintf(t->stream, ", the largest is %.3g", t->largest_gap);
    fputc('\n', t->stream);
}

static void print_rejected(const telling *t) {
    char folds[GRID_SETTING_SIZE];
    double n_fold = 0;
    mec_text_to_real(grid_results_setting(&t->grid, "folds", folds), &n_fold);
    double n_point =
        n_fold * (double)(t->n_searched * t->grid.n_alpha) * (double)t->grid.n_l1_ratio;
    fprintf(t->stream, "not accepted: %.0f of %.0f points", t->n_rejected, n_point);
    if (t->n_not_accepted > 0)
        fprintf(t->stream, ", in %zu of %zu searches", t->n_not_accepted, t->n_searched);
    fputc('\n', t->stream);
}

/* ---- the list ---- */

static void list_point(telling *t, const results_animal *animal, size_t index, double position) {
    size_t at = (size_t)position;
    size_t combination = at / t->grid.n_l1_ratio;
    fit_list_print(&t->list, animal, index);
    fprintf(t->stream, "  %4zu  %10.4g  %10.4g\n", combination / t->grid.n_alpha,
            t->grid.alphas[combination % t->grid.n_alpha],
            t->grid.l1_ratios[at % t->grid.n_l1_ratio]);
    t->n_listed++;
}

static void list_animal(telling *t, const results_animal *animal) {
    size_t n = 0;
    double *rejected = grid_results_rejected(&t->grid, animal, &n, t->status);
    size_t n_fit = animal->n_cell * animal->n_split * animal->n_source;
    for (size_t i = 0; rejected && i < n_fit * n && t->n_listed < FIT_LIST_MOST; i++)
        if (rejected[i] >= 0)
            list_point(t, animal, i / n, rejected[i]);
    free(rejected);
}

static void print_list(telling *t) {
    fit_list_print_heads(&t->list);
    fprintf(t->stream, "  %4s  %10s  %10s\n", "fold", "alpha", "l1_ratio");
    for (size_t i = 0; i < t->r->n_animal && t->status->code == MEC_OK; i++)
        list_animal(t, &t->r->animals[i]);
    if (t->n_rejected > (double)t->n_listed)
        fprintf(t->stream, "  ... and %.0f more\n", t->n_rejected - (double)t->n_listed);
}

void grid_summary_print(const results *r, FILE *stream, mec_status *status) {
    if (!results_are_grid(r))
        return;
    telling t = {.r = r,
                 .stream = stream,
                 .status = status,
                 .largest_gap = NAN,
                 .list = fit_list_start(r, stream)};
    grid_results_read(&t.grid, r, status);
    for (size_t i = 0; i < r->n_animal && status->code == MEC_OK; i++)
        count_animal(&t, &r->animals[i]);
    if (status->code == MEC_OK) {
        print_grid(&t);
        print_time(&t);
        print_chosen(&t);
        print_certificate(&t);
        print_rejected(&t);
    }
    if (status->code == MEC_OK && t.n_rejected > 0)
        print_list(&t);
    free(t.alphas);
    free(t.l1_ratios);
    grid_results_release(&t.grid);
}
