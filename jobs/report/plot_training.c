#include "report/plot_training.h"

#include <math.h>
#include <stdio.h>

#include "report/gnuplot.h"
#include "report/maps_page.h"
#include "report/training_maps.h"
#include "report/training_results.h"
#include "storage/run_info.h"

enum {
    N_BIN = 400, /* of steps that share a point */
    WIDTH = 577, /* of a panel */
    HEIGHT = 320,
    LEFT = 78,
    TOP = 74,
    BETWEEN = 96,
    RIGHT = 24,
    BELOW = 64, /* panels, for their axes */
    N_MAP = 24,
    PER_ROW = 12,
    MAPS_TITLE = 56, /* above the maps */
    BOTTOM = 12      /* below them */
};

bool plot_training_applies(const char *path) {
    mec_status ignored = {0};
    hid_t file = mec_h5_open(path, H5F_ACC_RDONLY, &ignored);
    bool applies = file >= 0 && mec_run_info_is_run(file) && training_results_are_in(file);
    if (file >= 0)
        H5Fclose(file);
    return applies;
}

typedef struct training_picture {
    gnuplot g;
    const char *path;
    training_results r;
    training_maps maps;
    size_t units[N_MAP]; /* that are drawn */
    size_t n_unit;
    const char *by; /* of which they have most */
} training_picture;

/* One line a bin of steps: the last step, then least, mean and most of `column`, mean of `bound`.
 */
static void write_course(training_picture *p, const char *name, training_column column,
                         training_column bound) {
    const training_results *r = &p->r;
    size_t n_bin = r->n < N_BIN ? r->n : N_BIN;
    fprintf(p->g.script, "$%s << EOD\n", name);
    for (size_t bin = 0; bin < n_bin; bin++) {
        size_t first = bin * r->n / n_bin;
        size_t last = (bin + 1) * r->n / n_bin;
        double n = (double)(last - first);
        double least = INFINITY;
        double most = -INFINITY;
        double mean = 0;
        double mean_bound = 0;
        for (size_t i = first; i < last; i++) {
            least = fmin(least, r->columns[column][i]);
            most = fmax(most, r->columns[column][i]);
            mean += r->columns[column][i] / n;
            mean_bound += r->columns[bound][i] / n;
        }
        fprintf(p->g.script, "%.9g %.9g %.9g %.9g %.9g\n", r->columns[TRAINING_STEP][last - 1],
                least, mean, most, mean_bound);
    }
    fputs("EOD\n", p->g.script);
}

static void write_eval(training_picture *p) {
    const training_eval *eval = &p->r.eval;
    fputs("$eval << EOD\n", p->g.script);
    for (size_t i = 0; i < eval->n; i++)
        fprintf(p->g.script, "%.9g %.9g %.9g\n", eval->step[i], eval->loss[i], eval->err_cm[i]);
    fputs("EOD\n", p->g.script);
}

typedef struct panel {
    const char *data, *title, *axis, *bound;
    int eval_column;
    double left;
} panel;

static void draw_panel(training_picture *p, const panel *a) {
    FILE *script = p->g.script;
    fprintf(script,
            "set lmargin at screen %.6f\nset rmargin at screen %.6f\n"
            "set tmargin at screen %.6f\nset bmargin at screen %.6f\n",
            gnuplot_x(&p->g, a->left), gnuplot_x(&p->g, a->left + WIDTH), gnuplot_y(&p->g, TOP),
            gnuplot_y(&p->g, TOP + HEIGHT));
    fprintf(script, "set label 1 '%s' at graph 0, graph 1.06 left", a->title);
    gnuplot_font(&p->g, 13, GNUPLOT_INK);
    fprintf(script, "set xlabel 'Step'\nset ylabel '%s'\nset yrange [*:*]\n", a->axis);
    /* The curves leave room for the key. */
    fputs("set key top right Left reverse samplen 1.6\nset offsets 0, 0, graph 0.3, 0\n", script);
    fprintf(script,
            "plot $%s using 1:2:4 with filledcurves linecolor rgb '#dfe8f1' title 'range over "
            "steps', '' using 1:3 with lines linewidth 1.6 linecolor rgb '#%s' title 'mean', "
            "'' using 1:5 with lines linewidth 1.4 dashtype (5,3) linecolor rgb '#%s' title '%s'",
            a->data, gnuplot_colours[0], gnuplot_colours[1], a->bound);
    if (p->r.eval.n > 0)
        fprintf(script,
                ", $eval using 1:%d with points pointtype 7 pointsize %g linecolor rgb '#%s' title "
                "'eval_seeds'",
                a->eval_column, gnuplot_point(&p->g, 0.5), gnuplot_colours[2]);
    putc('\n', script);
}

/* ---- rate maps ---- */

static mec_code read_map(const void *self, size_t unit, double *map, mec_status *status) {
    const training_picture *p = self;
    training_maps_unit(&p->maps, unit, map);
    return status->code;
}

/* Before anything is learned no map may have a grid score. */
static void choose_units(training_picture *p) {
    const training_maps *maps = &p->maps;
    p->by = "grid score";
    p->n_unit = maps_page_highest(maps->score, maps->n_unit, N_MAP, p->units);
    if (p->n_unit > 0)
        return;
    p->by = "spatial information";
    p->n_unit = maps_page_highest(maps->information, maps->n_unit, N_MAP, p->units);
}

static void write_maps_title(training_picture *p, double top) {
    FILE *script = p->g.script;
    const training_maps *maps = &p->maps;
    fprintf(script, "unset label\nset label 'Rate maps of layer g after step %lld: ",
            (long long)maps->step);
    if (p->n_unit == 0)
        fputs("no unit is active anywhere", script);
    else
        fprintf(script, "%zu of %zu units, highest %s first", p->n_unit, maps->n_unit, p->by);
    fprintf(script, "' at screen %.6f, screen %.6f left", gnuplot_x(&p->g, LEFT),
            gnuplot_y(&p->g, top));
    gnuplot_font(&p->g, 13, GNUPLOT_INK);
    fprintf(script, "set label '%s   %zu walks, bins of %.3g cm' at screen %.6f, screen %.6f left",
            MAPS_PAGE_KEY, maps->n_batch * maps->batch_size,
            100 * (maps->bins.box.max_x - maps->bins.box.min_x) / (double)maps->bins.nx,
            gnuplot_x(&p->g, LEFT), gnuplot_y(&p->g, top + 20));
    gnuplot_font(&p->g, 9, GNUPLOT_PALE_INK);
}

/* ---- the picture ---- */

static void draw_panels(training_picture *p) {
    const panel loss = {"loss", "Loss", "Loss", "least there is (entropy of the place code)",
                        2,      LEFT};
    const panel error = {
        "error", "Error of the decoded position", "Error (cm)", "of a perfect place code",
        3,       LEFT + WIDTH + BETWEEN};
    write_course(p, "loss", TRAINING_LOSS, TRAINING_ENTROPY);
    write_course(p, "error", TRAINING_ERR_CM, TRAINING_FLOOR_CM);
    write_eval(p);
    draw_panel(p, &loss);
    fputs("set label 2 ", p->g.script);
    gnuplot_quote_short(&p->g, p->path, 100, true);
    fprintf(p->g.script, " at screen %.6f, screen %.6f left", gnuplot_x(&p->g, LEFT),
            gnuplot_y(&p->g, 22));
    gnuplot_font(&p->g, 11, GNUPLOT_PALE_INK);
    draw_panel(p, &error);
}

static void draw(training_picture *p, const char *out, mec_status *status) {
    const mec_map_bins *bins = &p->maps.bins;
    const maps_page_source source = {.nx = bins->nx,
                                     .ny = bins->ny,
                                     .n_unit = p->maps.n_unit,
                                     .width_m = bins->box.max_x - bins->box.min_x,
                                     .height_m = bins->box.max_y - bins->box.min_y,
                                     .information = p->maps.information,
                                     .score = p->maps.score,
                                     .read = read_map,
                                     .self = p};
    const maps_page page = {
        .source = &source, .units = p->units, .n = p->n_unit, .per_row = PER_ROW};
    int maps_top = TOP + HEIGHT + BELOW + MAPS_TITLE / 2;
    int width = LEFT + 2 * WIDTH + BETWEEN + RIGHT;
    int height = maps_top + MAPS_TITLE / 2 + maps_page_height(&page) + BOTTOM;
    if (gnuplot_open(&p->g, out, width, height, status) == MEC_OK) {
        draw_panels(p);
        write_maps_title(p, maps_top);
        maps_page_draw(&page, &p->g, LEFT, maps_top + MAPS_TITLE / 2.0, status);
    }
    gnuplot_close(&p->g, status);
}

static mec_code plot(training_picture *p, const char *out, mec_status *status) {
    if (p->r.n == 0)
        return mec_fail(status, MEC_REFUSED, "%s: no step has ended yet", p->path);
    if (training_maps_make(&p->maps, p->path, status) == MEC_OK) {
        choose_units(p);
        draw(p, out, status);
    }
    if (status->code == MEC_OK)
        printf("wrote %s: %zu steps; rate maps of %zu of %zu units after step %lld\n", out, p->r.n,
               p->n_unit, p->maps.n_unit, (long long)p->maps.step);
    training_maps_destroy(&p->maps);
    return status->code;
}

mec_code plot_training(const char *path, const char *out, mec_status *status) {
    training_picture p = {.path = path};
    hid_t file = mec_h5_open(path, H5F_ACC_RDONLY, status);
    if (file < 0)
        return status->code;
    if (training_results_read(file, path, &p.r, status) == MEC_OK)
        plot(&p, out, status);
    training_results_release(&p.r);
    H5Fclose(file);
    return status->code;
}
