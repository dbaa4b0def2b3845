/* Distributions of a metric: a violin, a box from the lower to the upper quartile with the median,
 * and every single value as a point, side by side. */
#include "report/plot_groups.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { MIN_FOR_SHAPE = 8 }; /* values below which quartiles and a density say nothing */

/* ---- values ---- */

/* Gaussian kernels of Silverman's width (1986, eq. 3.31), over the range of the values. */
static void estimate_density(group *p) {
    const double *v = p->values;
    double sd = p->summary.sem * sqrt((double)p->n);
    double spread = (p->summary.q75 - p->summary.q25) / 1.34;
    double width = 0.9 * (spread > 0 && spread < sd ? spread : sd) * pow((double)p->n, -0.2);
    double highest = 0;
    if (p->n < MIN_FOR_SHAPE || !(width > 0))
        return;
    for (int i = 0; i < GROUPS_N_DENSITY; i++) {
        double at = v[0] + (v[p->n - 1] - v[0]) * i / (GROUPS_N_DENSITY - 1);
        for (size_t j = 0; j < p->n; j++)
            p->density[i] += exp(-0.5 * pow((at - v[j]) / width, 2));
        highest = fmax(highest, p->density[i]);
    }
    for (int i = 0; i < GROUPS_N_DENSITY; i++)
        p->density[i] /= highest;
}

/* Half the width over which values near `value` are spread, in slots. */
static double spread_at(const group *p, double value) {
    double range = p->values[p->n - 1] - p->values[0];
    if (!(range > 0) || p->density[0] + p->density[GROUPS_N_DENSITY / 2] == 0)
        return 0.12;
    int i = (int)((value - p->values[0]) / range * (GROUPS_N_DENSITY - 1) + 0.5);
    return 0.4 * p->density[i];
}

/* Of a metric of animals, an arena is one group. */
static group *group_of(figure *f, size_t animal) {
    bool starts_arena = results_starts_arena(f->r, animal);
    const results_animal *a = &f->r->animals[animal];
    if (f->metric->of_animal && !starts_arena)
        return &f->groups[f->n_group - 1];
    group *p = &f->groups[f->n_group++];
    *p = (group){.arena = a->arena,
                 .name = f->metric->of_animal ? a->arena : a->name,
                 .starts_arena = starts_arena};
    if (f->n_group > 1)
        p->arena_index = p[-1].arena_index + starts_arena;
    return p;
}

static void read_groups(figure *f) {
    f->groups = mec_alloc(f->r->n_animal, sizeof *f->groups, f->status);
    for (size_t i = 0; i < f->r->n_animal && f->status->code == MEC_OK; i++) {
        size_t n = 0;
        double *values = results_means(f->r, &f->r->animals[i], f->metric, &n, f->status);
        group *p = group_of(f, i);
        if (values) {
            results_append(&p->values, &p->n, values, n, f->status);
            results_append(&f->all, &f->n_all, values, n, f->status);
        }
        free(values);
    }
}

/* The values of the arena that group `first` starts, in one. */
static void summarise_arena(figure *f, size_t first) {
    group *p = &f->groups[first];
    double *values = NULL;
    size_t n = 0;
    do
        results_append(&values, &n, p[p->arena_size].values, p[p->arena_size].n, f->status);
    while (first + ++p->arena_size < f->n_group && !p[p->arena_size].starts_arena);
    if (values)
        p->arena_all = mec_summarise(values, n);
    free(values);
}

static void summarise_groups(figure *f) {
    for (size_t i = 0; i < f->n_group && f->status->code == MEC_OK; i++)
        if (f->groups[i].starts_arena)
            summarise_arena(f, i);
    for (size_t i = 0; i < f->n_group && f->status->code == MEC_OK; i++) {
        group *p = &f->groups[i];
        p->summary = mec_summarise(p->values, p->n);
        p->n = p->summary.count;
        f->n_most = p->n > f->n_most ? p->n : f->n_most;
        estimate_density(p);
    }
}

/* The axis shows everything but what lies so far off that nothing else could be told apart. */
static void choose_range(figure *f) {
    mec_summary s = mec_summarise(f->all, f->n_all);
    if (s.count == 0) {
        mec_fail(f->status, MEC_REFUSED, "%s: every %s is NaN, there is nothing to draw",
                 f->r->path, f->metric->name);
        return;
    }
    double reach = 12 * (s.q75 - s.q25);
    double low = f->all[0];
    double high = f->all[s.count - 1];
    if (reach > 0) {
        low = fmax(low, s.q25 - reach);
        high = fmin(high, s.q75 + reach);
    }
    for (size_t i = 0; i < s.count; i++)
        f->n_outside += f->all[i] < low || f->all[i] > high;
    double margin = high > low ? 0.04 * (high - low) : 0.5;
    f->low = low - margin;
    f->high = high + margin;
}

/* ---- the script ---- */

static void write_violin(figure *f, const group *p) {
    double first = p->values[0];
    double step = (p->values[p->n - 1] - first) / (GROUPS_N_DENSITY - 1);
    for (int side = -1; side <= 1; side += 2)
        for (int i = 0; i < GROUPS_N_DENSITY; i++) {
            int at = side < 0 ? i : GROUPS_N_DENSITY - 1 - i;
            double value = first + at * step;
            if (value >= f->low && value <= f->high)
                fprintf(f->g.script, "%.5g %.9g\n", p->x + side * 0.42 * p->density[at], value);
        }
}

/* Neighbours in value are put far apart: multiples of the golden ratio fill an interval evenly. */
static void write_points(figure *f, const group *p) {
    for (size_t i = 0; i < p->n; i++) {
        double between = fmod((double)(i + 1) * 0.61803398875, 1) * 2 - 1;
        if (p->values[i] >= f->low && p->values[i] <= f->high)
            fprintf(f->g.script, "%.5g %.9g\n", p->x + between * spread_at(p, p->values[i]),
                    p->values[i]);
    }
}

/* x, lower quartile, median, upper quartile. */
static void write_box(figure *f, const group *p) {
    fprintf(f->g.script, "%.5g %.9g %.9g %.9g\n", p->x, p->summary.q25, p->summary.median,
            p->summary.q75);
}

static bool has_violin(const group *p) {
    return p->n > 0 && p->density[0] > 0;
}

/* Datablocks of one group; gnuplot's own names, so no text of the data's. */
static void write_data(figure *f, size_t index) {
    const group *p = &f->groups[index];
    if (has_violin(p)) {
        fprintf(f->g.script, "$violin%zu << EOD\n", index);
        write_violin(f, p);
        fputs("EOD\n", f->g.script);
    }
    fprintf(f->g.script, "$points%zu << EOD\n", index);
    write_points(f, p);
    fputs("EOD\n", f->g.script);
    fprintf(f->g.script, "$box%zu << EOD\n", index);
    write_box(f, p);
    fputs("EOD\n", f->g.script);
}

static void write_plots(figure *f, size_t index) {
    const group *p = &f->groups[index];
    const char *colour = gnuplot_colours[p->arena_index % GNUPLOT_N_COLOUR];
    double size = f->n_most <= 12 ? 0.52 : f->n_most <= 100 ? 0.42 : f->n_most <= 500 ? 0.3 : 0.2;
    if (has_violin(p))
        fprintf(f->g.script,
                "$violin%zu using 1:2 with filledcurves closed fillcolor rgb '#d0%s' "
                "fillstyle solid noborder, ",
                index, colour);
    if (p->n > 0)
        fprintf(f->g.script,
                "$points%zu using 1:2 with points pointtype 7 pointsize %g "
                "linecolor rgb '#60%s', ",
                index, gnuplot_point(&f->g, size), colour);
    if (p->n >= MIN_FOR_SHAPE)
        fprintf(f->g.script,
                "$box%zu using 1:3:($1-0.11):($1+0.11):2:4 with boxxyerror fillcolor rgb "
                "'#90ffffff' fillstyle solid border linecolor rgb '#333333' linewidth 0.9, ",
                index);
    if (p->n > 0)
        fprintf(f->g.script,
                "$box%zu using ($1-0.17):3:(0.34):(0) with vectors nohead linecolor rgb "
                "'#111111' linewidth 2.4, ",
                index);
}

static void write_label(figure *f, const group *p) {
    char count[64];
    plot_group_count(f, p, count, sizeof count);
    if (f->metric->of_animal)
        fputs("'arena ' . ", f->g.script);
    f->g.formats = true;
    gnuplot_quote_short(&f->g, p->name, GROUPS_MAX_LABEL, false);
    f->g.formats = false;
    if (f->upright)
        fprintf(f->g.script, " . \"\\n%s\" %.5g", count, p->x);
    else
        fprintf(f->g.script, " . ' (%s)' %.5g", count, p->x);
}

/* An arena's name, the number of its cells and their median. */
static void write_arena(figure *f, const group *first) {
    char note[64];
    double width = (double)first->arena_size;
    double middle = first->x + (width - 1) / 2;
    double median = first->arena_all.median;
    fputs("set label 'arena ' . ", f->g.script);
    gnuplot_quote_short(&f->g, first->arena, GROUPS_MAX_LABEL, false);
    fprintf(f->g.script, " at first %.5g, graph 1 center offset character 0, 1.75", middle);
    gnuplot_font(&f->g, GROUPS_FONT_HEAD, GNUPLOT_INK);
    plot_arena_note(first, note, sizeof note);
    fprintf(f->g.script, "set label '%s' at first %.5g, graph 1 center offset character 0, 0.7",
            note, middle);
    gnuplot_font(&f->g, GROUPS_FONT_NOTE, GNUPLOT_PALE_INK);
    if (first->arena_size > 1 && first->arena_all.count > 0)
        fprintf(f->g.script,
                "set arrow from first %.5g, first %.9g to first %.5g, first %.9g nohead back "
                "dashtype (4,3) linecolor rgb '#8c8c8c' linewidth 0.9\n",
                first->x - 0.5, median, first->x + width - 0.5, median);
}

static void write_frame(figure *f, const group_row *row) {
    double right = f->left + row->width * f->slot;
    fprintf(f->g.script,
            "unset label\nunset arrow\n"
            "set lmargin at screen %.6f\nset rmargin at screen %.6f\n"
            "set tmargin at screen %.6f\nset bmargin at screen %.6f\n"
            "set xrange [0:%.5g]\nset yrange [%.9g:%.9g]\n",
            gnuplot_x(&f->g, f->left), gnuplot_x(&f->g, right), gnuplot_y(&f->g, row->top),
            gnuplot_y(&f->g, row->top + GROUPS_HEIGHT), row->width, f->low, f->high);
    if (f->low < 0 && f->high > 0)
        fprintf(f->g.script, "set arrow from graph 0, first 0 to graph 1, first 0 nohead back "
                             "linecolor rgb '#9a9a9a' linewidth 0.8\n");
    /* Not as a ylabel: gnuplot leaves those out beside narrow axes. */
    fputs("set label ", f->g.script);
    plot_write_name(&f->g, f->metric, true);
    fprintf(f->g.script, " at screen %.6f, graph 0.5 center rotate by 90", gnuplot_x(&f->g, 24));
    gnuplot_font(&f->g, GROUPS_FONT_AXIS, GNUPLOT_INK);
}

static void write_caption(figure *f) {
    char text[256] = "";
    if (!f->upright)
        snprintf(text, sizeof text, "   in brackets: number of %s",
                 f->metric->of_animal ? "animals" : "cells");
    if (f->n_outside > 0)
        snprintf(text + strlen(text), sizeof text - strlen(text),
                 "   %zu value%s outside the range shown", f->n_outside,
                 f->n_outside == 1 ? "" : "s");
    fputs("set label ", f->g.script);
    gnuplot_quote_short(&f->g, f->r->path, 60, true);
    fprintf(f->g.script, " . '%s' at screen %.6f, screen %.6f left", text, gnuplot_x(&f->g, 14),
            gnuplot_y(&f->g, f->g.height - 12));
    gnuplot_font(&f->g, GROUPS_FONT_NOTE, GNUPLOT_PALE_INK);
}

static void write_row(figure *f, size_t row) {
    const char *separator = "";
    write_frame(f, &f->rows[row]);
    for (size_t i = 0; i < f->n_group; i++)
        if (f->groups[i].row == row && f->groups[i].starts_arena && !f->metric->of_animal)
            write_arena(f, &f->groups[i]);
    if (row + 1 == f->n_row)
        write_caption(f);
    fprintf(f->g.script, "set xtics %s scale 0", f->upright ? "norotate" : "rotate by 45 right");
    gnuplot_font(&f->g, GROUPS_FONT_LABEL, GNUPLOT_INK);
    fputs("set xtics (", f->g.script);
    for (size_t i = 0; i < f->n_group; i++) {
        if (f->groups[i].row != row)
            continue;
        fputs(separator, f->g.script);
        write_label(f, &f->groups[i]);
        separator = ", ";
    }
    fputs(")\nplot ", f->g.script);
    for (size_t i = 0; i < f->n_group; i++)
        if (f->groups[i].row == row)
            write_plots(f, i);
    fputs("NaN notitle\n", f->g.script);
}

static void draw(figure *f, const char *out) {
    if (gnuplot_open(&f->g, out, f->width, f->height, f->status) == MEC_OK) {
        for (size_t i = 0; i < f->n_group; i++)
            write_data(f, i);
        for (size_t i = 0; i < f->n_row; i++)
            write_row(f, i);
    }
    gnuplot_close(&f->g, f->status);
}

mec_code plot_groups(const results *r, const results_metric *metric, const char *out,
                     mec_status *status) {
    figure f = {.r = r, .metric = metric, .status = status};
    read_groups(&f);
    summarise_groups(&f);
    if (status->code == MEC_OK)
        choose_range(&f);
    if (status->code == MEC_OK)
        plot_place_groups(&f);
    if (status->code == MEC_OK)
        draw(&f, out);
    if (status->code == MEC_OK)
        printf("wrote %s: %s of %zu %s in %zu arena%s\n", out, metric->name, f.n_all,
               metric->of_animal ? "animals" : "cells", r->n_arena, r->n_arena == 1 ? "" : "s");
    for (size_t i = 0; i < f.n_group; i++)
        free(f.groups[i].values);
    free(f.groups);
    free(f.rows);
    free(f.all);
    return status->code;
}
