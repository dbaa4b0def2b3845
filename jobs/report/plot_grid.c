/* What a grid search found: the mean score over the grid as colours, where it was kept, and how
 * often each part of the grid was chosen, with the counts along either axis. */
#include "report/plot_grid.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    SIDE = 300,    /* of both squares, pixels */
    LEFT = 76,     /* before a square, for its axis */
    TOP = 118,     /* above it, for the title and the counts of alphas, or the bar of colours */
    BOTTOM = 78,   /* below it, for the axis and the caption */
    MARGINAL = 54, /* the counts along an axis */
    GAP = 8,       /* between these and the square */
    BETWEEN = 26,
    RIGHT = 92,      /* for the bar of colours and its numbers */
    BAR = 11,        /* of colours, its thickness */
    FONT_TITLE = 11, /* points */
    FONT_AXIS = 11,
    FONT_TICS = 10,
    FONT_NOTE = 9,
};

#define GREY "#5a5a5a"

/* ---- data ---- */

/* Every point as a rectangle: x, y, left, right, below, above, value. Each reaches a little under
 * the next one, so that no seams show. */
static void write_surface(grid_picture *p) {
    const grid_axis *x = &p->alpha;
    const grid_axis *y = &p->l1_ratio;
    double dx = 0.6 * (x->edges[x->n] - x->edges[0]) / SIDE;
    double dy = 0.6 * (y->edges[y->n] - y->edges[0]) / SIDE;
    fputs("$surface << EOD\n", p->g.script);
    for (size_t i = 0; i < x->n; i++)
        for (size_t j = 0; j < y->n; j++) {
            double value = p->surface[x->order[i] * y->n + y->order[j]];
            if (isfinite(value))
                fprintf(p->g.script, "%.7g %.7g %.7g %.7g %.7g %.7g %.7g\n", x->edges[i],
                        y->edges[j], x->edges[i], fmin(x->edges[i + 1] + dx, x->edges[x->n]),
                        y->edges[j], fmin(y->edges[j + 1] + dy, y->edges[y->n]),
                        fmin(fmax(value, p->low), p->high));
        }
    fputs("EOD\n", p->g.script);
}

static void write_counts(grid_picture *p) {
    const grid_axis *x = &p->alpha;
    const grid_axis *y = &p->l1_ratio;
    fputs("$counts << EOD\n", p->g.script);
    for (size_t i = 0; i < x->n_bin; i++)
        for (size_t j = 0; j < y->n_bin; j++)
            if (p->counts[i * y->n_bin + j] > 0)
                fprintf(p->g.script, "%.7g %.7g %.7g %.7g %.7g %.7g %.0f\n", plot_grid_edge(x, i),
                        plot_grid_edge(y, j), plot_grid_edge(x, i), plot_grid_edge(x, i + 1),
                        plot_grid_edge(y, j), plot_grid_edge(y, j + 1),
                        p->counts[i * y->n_bin + j]);
    fputs("EOD\n", p->g.script);
}

/* Bars from 0 to the count: x, y, left, right, below, above. Alphas have theirs along x. */
static void write_bars(grid_picture *p, const grid_axis *axis, const char *name, bool upright) {
    fprintf(p->g.script, "$%s << EOD\n", name);
    for (size_t i = 0; i < axis->n_bin; i++) {
        double from = plot_grid_edge(axis, i);
        double to = plot_grid_edge(axis, i + 1);
        if (upright)
            fprintf(p->g.script, "%.7g 0 %.7g %.7g 0 %.0f\n", from, from, to, axis->counts[i]);
        else
            fprintf(p->g.script, "0 %.7g 0 %.0f %.7g %.7g\n", from, axis->counts[i], from, to);
    }
    fputs("EOD\n", p->g.script);
}

static double most(const double *values, size_t n) {
    double highest = 0;
    for (size_t i = 0; i < n; i++)
        highest = fmax(highest, values[i]);
    return highest;
}

/* ---- frames ---- */

static void write_range(grid_picture *p, char name, double low, double high) {
    fprintf(p->g.script, "set %crange [%.9g:%.9g]\n", name, low, high);
}

/* A plot's place, pixels from the left and from above. */
static void write_place(grid_picture *p, double left, double right, double top, double bottom) {
    fprintf(p->g.script,
            "unset arrow\nunset label\nunset object\n"
            "set lmargin at screen %.6f\nset rmargin at screen %.6f\n"
            "set tmargin at screen %.6f\nset bmargin at screen %.6f\n",
            gnuplot_x(&p->g, left), gnuplot_x(&p->g, right), gnuplot_y(&p->g, top),
            gnuplot_y(&p->g, bottom));
}

/* Decades, as many as can be told apart; where there are not two, whatever gnuplot finds. */
static void write_alpha_tics(grid_picture *p) {
    const grid_axis *x = &p->alpha;
    int first = (int)ceil(x->edges[isnan(x->zero) ? 0 : 1]);
    int last = (int)floor(x->edges[x->n]);
    int step = (last - first) / 8 + 1;
    fputs("set xtics scale 0.5", p->g.script);
    gnuplot_font(&p->g, FONT_TICS, GNUPLOT_INK);
    fputs(last - first < 1 ? "set xtics autofreq\n" : "set xtics (", p->g.script);
    for (int i = first; last - first >= 1 && i <= last; i++)
        if (i % step == 0)
            fprintf(p->g.script, "%d, ", i);
    if (last - first >= 1)
        fprintf(p->g.script, "%d)\n", last / step * step);
    if (!isnan(x->zero))
        fprintf(p->g.script, "set xtics add ('−∞' %.7g)\n", x->zero);
}

static void write_axes(grid_picture *p, double left) {
    write_range(p, 'x', p->alpha.edges[0], p->alpha.edges[p->alpha.n]);
    write_range(p, 'y', p->l1_ratio.edges[0], p->l1_ratio.edges[p->l1_ratio.n]);
    bool whole = p->l1_ratio.edges[p->l1_ratio.n] - p->l1_ratio.edges[0] > 0.5;
    fprintf(p->g.script, "set border 3\nunset grid\nset ytics %s scale 0.5",
            whole ? "0, 0.2, 1" : "autofreq");
    gnuplot_font(&p->g, FONT_TICS, GNUPLOT_INK);
    write_alpha_tics(p);
    /* Not as xlabel and ylabel: terminals put those at different places. */
    fprintf(p->g.script, "set label 'log10(alpha)' at graph 0.5, screen %.6f center",
            gnuplot_y(&p->g, TOP + SIDE + 46));
    gnuplot_font(&p->g, FONT_AXIS, GNUPLOT_INK);
    fprintf(p->g.script, "set label 'l1_ratio' at screen %.6f, graph 0.5 center rotate by 90",
            gnuplot_x(&p->g, left - 54));
    gnuplot_font(&p->g, FONT_AXIS, GNUPLOT_INK);
}

static void write_title(grid_picture *p, double left, const char *title, const char *note) {
    fprintf(p->g.script, "set label '%s' at screen %.6f, screen %.6f left", title,
            gnuplot_x(&p->g, left), gnuplot_y(&p->g, 18));
    gnuplot_font(&p->g, FONT_TITLE, GNUPLOT_INK);
    fprintf(p->g.script, "set label '%s' at screen %.6f, screen %.6f left", note,
            gnuplot_x(&p->g, left), gnuplot_y(&p->g, 37));
    gnuplot_font(&p->g, FONT_NOTE, GNUPLOT_PALE_INK);
}

static void write_colours(grid_picture *p, const char *how, double left, double top, double width,
                          double height, double low, double high) {
    fprintf(p->g.script,
            "set colorbox %s user origin screen %.6f, screen %.6f size screen %.6f, screen %.6f "
            "noborder\nset cbrange [%.9g:%.9g]\nset cbtics %s scale 0.4",
            how, gnuplot_x(&p->g, left), gnuplot_y(&p->g, top + height), gnuplot_x(&p->g, width),
            height / p->g.height, low, high, low == 0 && high < 8 ? "1" : "autofreq");
    gnuplot_font(&p->g, FONT_NOTE, GNUPLOT_INK);
}

static void write_caption(grid_picture *p) {
    char text[192] = "";
    if (!p->surface)
        snprintf(text, sizeof text, "   scores were not kept (grid.keep_scores)");
    if (p->surface && p->n_surface < p->grid.n_alpha * p->grid.n_l1_ratio)
        snprintf(text, sizeof text, "   grey: most searches have no score");
    if (p->n_outside > 0)
        snprintf(text + strlen(text), sizeof text - strlen(text),
                 "   %zu of %zu means lie outside the range of the colours", p->n_outside,
                 p->n_surface);
    fputs("set label ", p->g.script);
    gnuplot_quote_short(&p->g, p->grid.r->path, p->surface ? 48 : 24, true);
    fprintf(p->g.script, " . '   dashed: medians%s' at screen %.6f, screen %.6f left", text,
            gnuplot_x(&p->g, 14), gnuplot_y(&p->g, p->g.height - 12));
    gnuplot_font(&p->g, FONT_NOTE, GNUPLOT_PALE_INK);
}

/* ---- plots ---- */

static void draw_surface(grid_picture *p, double left) {
    char title[128];
    char note[128];
    size_t alpha = p->best / p->grid.n_l1_ratio;
    size_t l1_ratio = p->best % p->grid.n_l1_ratio;
    double x = p->alpha.edges[p->alpha.place[alpha]] + p->alpha.edges[p->alpha.place[alpha] + 1];
    double y = p->l1_ratio.edges[p->l1_ratio.place[l1_ratio]] +
               p->l1_ratio.edges[p->l1_ratio.place[l1_ratio] + 1];
    write_place(p, left, left + SIDE, TOP, TOP + SIDE);
    write_axes(p, left);
    snprintf(title, sizeof title, "Mean %s on held-out folds, all searches", p->score);
    snprintf(note, sizeof note, "circle: the best, %.3g at alpha %.3g, l1_ratio %.3g",
             p->surface[p->best], p->grid.alphas[alpha], p->grid.l1_ratios[l1_ratio]);
    write_title(p, left, title, note);
    fputs("set palette defined (0 '#440154', 1 '#414487', 2 '#2a788e', 3 '#22a884', 4 '#7ad151', "
          "5 '#fde725')",
          p->g.script);
    fputs(p->smallest_is_best ? " negative\n" : " positive\n", p->g.script);
    write_colours(p, "horizontal", left, 66, SIDE, BAR, p->low, p->high);
    fputs("set object 1 rectangle from graph 0, graph 0 to graph 1, graph 1 behind fillcolor rgb "
          "'#e4e4e4' fillstyle solid noborder\n"
          "plot $surface using 1:2:3:4:5:6:7 with boxxyerror fillcolor palette fillstyle solid "
          "noborder, ",
          p->g.script);
    fprintf(p->g.script,
            "'+' using (%.9g):(%.9g) every ::0::0 with points pointtype 6 pointsize %g linewidth 3 "
            "linecolor rgb '#222222', "
            "'+' using (%.9g):(%.9g) every ::0::0 with points pointtype 6 pointsize %g linewidth "
            "1.4 linecolor rgb '#ffffff'\n",
            x / 2, y / 2, gnuplot_point(&p->g, 1.1), x / 2, y / 2, gnuplot_point(&p->g, 1.1));
}

static void draw_counts(grid_picture *p, double left) {
    char note[128];
    double highest = most(p->counts, p->alpha.n_bin * p->l1_ratio.n_bin);
    write_place(p, left, left + SIDE, TOP, TOP + SIDE);
    write_axes(p, left);
    snprintf(note, sizeof note,
             "%zu searches (cells x splits%s), %zu on the grid''s edge (%.1f %%)", p->n_chosen,
             p->grid.r->animals[0].sources ? " x sources" : "", p->n_edge,
             100 * (double)p->n_edge / (double)p->n_chosen);
    write_title(p, left, "Chosen alpha and l1_ratio", note);
    write_caption(p);
    fputs("set palette defined (0 '#dfe8f1', 1 '#8fb0cf', 2 '#41719c', 3 '#14304f') positive\n",
          p->g.script);
    write_colours(p, "vertical", left + SIDE + GAP + MARGINAL + 20, TOP + 0.2 * SIDE, BAR,
                  0.6 * SIDE, 0, highest);
    fprintf(p->g.script, "set label 'searches' at screen %.6f, screen %.6f left",
            gnuplot_x(&p->g, left + SIDE + GAP + MARGINAL + 20),
            gnuplot_y(&p->g, TOP + 0.2 * SIDE - 12));
    gnuplot_font(&p->g, FONT_NOTE, GNUPLOT_INK);
    fprintf(p->g.script,
            "set arrow from first %.9g, graph 0 to first %.9g, graph 1 nohead front dashtype (4,3) "
            "linecolor rgb '" GREY "' linewidth 1\n"
            "set arrow from graph 0, first %.9g to graph 1, first %.9g nohead front dashtype (4,3) "
            "linecolor rgb '" GREY "' linewidth 1\n"
            "plot $counts using 1:2:3:4:5:6:7 with boxxyerror fillcolor palette fillstyle solid "
            "noborder\n",
            p->alpha.median, p->alpha.median, p->l1_ratio.median, p->l1_ratio.median);
}

/* The counts along one axis: above the square, or to its right. */
static void draw_bars(grid_picture *p, double left, bool upright) {
    const grid_axis *axis = upright ? &p->alpha : &p->l1_ratio;
    double highest = most(axis->counts, axis->n_bin);
    double beside = left + SIDE + GAP;
    if (upright)
        write_place(p, left, left + SIDE, TOP - GAP - MARGINAL, TOP - GAP);
    else
        write_place(p, beside, beside + MARGINAL, TOP, TOP + SIDE);
    write_range(p, upright ? 'x' : 'y', axis->edges[0], axis->edges[axis->n]);
    write_range(p, upright ? 'y' : 'x', 0, 1.05 * highest);
    fprintf(p->g.script, "set border %d\nunset grid\nset %s ('' 0, %.0f) nomirror out scale 0.4 %s",
            upright ? 2 : 1, upright ? "ytics" : "xtics", highest,
            upright ? "" : "rotate by 90 right");
    gnuplot_font(&p->g, FONT_NOTE, GNUPLOT_INK);
    fprintf(p->g.script,
            "unset %s\nunset colorbox\n"
            "plot $%s using 1:2:3:4:5:6 with boxxyerror fillcolor rgb '#%s' fillstyle solid border "
            "linecolor rgb '#ffffff' linewidth 0.3\n",
            upright ? "xtics" : "ytics", upright ? "alphas" : "ratios", gnuplot_colours[0]);
}

static void draw(grid_picture *p, const char *out) {
    int panel = LEFT + SIDE;
    int left = LEFT + (p->surface ? panel + BETWEEN : 0);
    int width = left + SIDE + GAP + MARGINAL + RIGHT;
    if (gnuplot_open(&p->g, out, width, TOP + SIDE + BOTTOM, p->status) == MEC_OK) {
        write_counts(p);
        write_bars(p, &p->alpha, "alphas", true);
        write_bars(p, &p->l1_ratio, "ratios", false);
        if (p->surface) {
            write_surface(p);
            draw_surface(p, LEFT);
        }
        draw_counts(p, left);
        draw_bars(p, left, true);
        draw_bars(p, left, false);
    }
    gnuplot_close(&p->g, p->status);
}

mec_code plot_grid(const results *r, const char *out, mec_status *status) {
    grid_picture p;
    if (plot_grid_read(&p, r, status) == MEC_OK)
        draw(&p, out);
    if (status->code == MEC_OK) {
        printf("wrote %s: %zu searches of %zu alphas x %zu l1_ratios\n", out, p.n_chosen,
               p.grid.n_alpha, p.grid.n_l1_ratio);
        if (!p.surface)
            printf("the scores of the grid are not in %s: grid.keep_scores = yes keeps them\n",
                   r->path);
    }
    plot_grid_release(&p);
    return status->code;
}
