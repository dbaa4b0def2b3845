/* A metric of two run files against each other: one point a cell that both have. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "numerics/statistics.h"
#include "report/plot_kinds.h"

enum {
    SIDE = 380, /* of the square, pixels */
    LEFT = 92,
    TOP = 84,
    BOTTOM = 84,
    RIGHT = 28,
    MAX_PATH = 52,  /* characters of a file's name */
    FONT_NAME = 11, /* points */
    FONT_TICS = 10,
    FONT_NOTE = 9,
};

/* One value and whose it is; the texts belong to the results. */
typedef struct item {
    const char *arena, *animal, *cell; /* cell: "" for a metric of animals */
    double value;
} item;

typedef struct side {
    const results *r;
    const results_metric *metric;
    item *items; /* sorted by name */
    size_t n, capacity;
    double median;
} side;

typedef struct pair {
    const char *arena;
    double x, y;
} pair;

typedef struct figure {
    side x, y;
    pair *pairs; /* of finite values */
    size_t n, capacity;
    size_t n_matched, only_x, only_y, above;
    double low, high;
    gnuplot g;
    mec_status *status;
} figure;

static int compare_items(const void *a, const void *b) {
    const item *p = a;
    const item *q = b;
    int order = strcmp(p->arena, q->arena);
    if (order == 0)
        order = strcmp(p->animal, q->animal);
    return order != 0 ? order : strcmp(p->cell, q->cell);
}

static void add_item(side *s, item found, mec_status *status) {
    item *grown = mec_grow(s->items, s->n, &s->capacity, sizeof *grown, status);
    if (!grown)
        return;
    s->items = grown;
    grown[s->n++] = found;
}

static void read_side(side *s, const results *r, const char *score, mec_status *status) {
    s->r = r;
    s->metric = results_find(r, score, status);
    for (size_t i = 0; i < r->n_animal && status->code == MEC_OK; i++) {
        const results_animal *animal = &r->animals[i];
        size_t n = 0;
        double *values = results_means(r, animal, s->metric, &n, status);
        for (size_t j = 0; values && j < n; j++)
            add_item(s,
                     (item){.arena = animal->arena,
                            .animal = animal->name,
                            .cell = s->metric->of_animal ? "" : animal->cell_ids[j],
                            .value = values[j]},
                     status);
        free(values);
    }
    if (s->n > 0)
        qsort(s->items, s->n, sizeof *s->items, compare_items);
}

static void add_pair(figure *f, const item *x, const item *y) {
    f->n_matched++;
    if (!isfinite(x->value) || !isfinite(y->value))
        return;
    pair *grown = mec_grow(f->pairs, f->n, &f->capacity, sizeof *grown, f->status);
    if (!grown)
        return;
    f->pairs = grown;
    grown[f->n++] = (pair){.arena = x->arena, .x = x->value, .y = y->value};
    f->above += y->value > x->value;
}

/* Both lists are sorted. */
static void match(figure *f) {
    size_t i = 0;
    size_t j = 0;
    while (i < f->x.n && j < f->y.n) {
        int order = compare_items(&f->x.items[i], &f->y.items[j]);
        f->only_x += order < 0;
        f->only_y += order > 0;
        if (order == 0)
            add_pair(f, &f->x.items[i], &f->y.items[j]);
        i += order <= 0;
        j += order >= 0;
    }
    f->only_x += f->x.n - i;
    f->only_y += f->y.n - j;
}

static double median_of(const figure *f, bool y) {
    double *values = mec_alloc(f->n, sizeof *values, f->status);
    for (size_t i = 0; values && i < f->n; i++)
        values[i] = y ? f->pairs[i].y : f->pairs[i].x;
    double median = values ? mec_summarise(values, f->n).median : NAN;
    free(values);
    return median;
}

static void measure(figure *f) {
    f->low = INFINITY;
    f->high = -INFINITY;
    for (size_t i = 0; i < f->n; i++) {
        f->low = fmin(f->low, fmin(f->pairs[i].x, f->pairs[i].y));
        f->high = fmax(f->high, fmax(f->pairs[i].x, f->pairs[i].y));
    }
    double margin = f->high > f->low ? 0.04 * (f->high - f->low) : 0.5;
    f->low -= margin;
    f->high += margin;
    f->x.median = median_of(f, false);
    f->y.median = median_of(f, true);
}

static const char *noun(const figure *f, size_t n) {
    if (f->x.metric->of_animal)
        return n == 1 ? "animal" : "animals";
    return n == 1 ? "cell" : "cells";
}

/* ---- the script ---- */

static void write_arenas(figure *f) {
    int arena = -1;
    for (size_t i = 0; i < f->n; i++) {
        if (i == 0 || strcmp(f->pairs[i].arena, f->pairs[i - 1].arena) != 0)
            fprintf(f->g.script, "%s$arena%d << EOD\n", i ? "EOD\n" : "", ++arena);
        fprintf(f->g.script, "%.9g %.9g\n", f->pairs[i].x, f->pairs[i].y);
    }
    fputs("EOD\n", f->g.script);
}

/* The keys' points are larger than those of the cells: they are drawn on their own. */
static void write_plots(figure *f) {
    double size = f->n <= 500 ? 0.5 : f->n <= 2000 ? 0.36 : 0.22;
    int arena = 0;
    fputs("plot ", f->g.script);
    for (size_t i = 0; i < f->n; i++) {
        if (i > 0 && strcmp(f->pairs[i].arena, f->pairs[i - 1].arena) == 0)
            continue;
        const char *colour = gnuplot_colours[arena % GNUPLOT_N_COLOUR];
        fprintf(f->g.script,
                "%s$arena%d using 1:2 with points pointtype 7 pointsize %g linecolor rgb '#50%s' "
                "notitle, NaN with points pointtype 7 pointsize %g linecolor rgb '#%s' title "
                "'arena ' . ",
                i ? ", " : "", arena++, gnuplot_point(&f->g, size), colour,
                gnuplot_point(&f->g, 0.8), colour);
        gnuplot_quote_short(&f->g, f->pairs[i].arena, 24, false);
    }
    fputc('\n', f->g.script);
}

static bool has_arenas(const figure *f) {
    return f->n > 0 && strcmp(f->pairs[0].arena, f->pairs[f->n - 1].arena) != 0;
}

static void write_frame(figure *f) {
    fprintf(f->g.script,
            "set lmargin at screen %.6f\nset rmargin at screen %.6f\n"
            "set tmargin at screen %.6f\nset bmargin at screen %.6f\n"
            "set xrange [%.9g:%.9g]\nset yrange [%.9g:%.9g]\n"
            "set grid xtics ytics linetype 1 linecolor rgb '#e4e4e4' linewidth 0.6\n"
            "set tics autofreq",
            gnuplot_x(&f->g, LEFT), gnuplot_x(&f->g, LEFT + SIDE), gnuplot_y(&f->g, TOP),
            gnuplot_y(&f->g, TOP + SIDE), f->low, f->high, f->low, f->high);
    gnuplot_font(&f->g, FONT_TICS, GNUPLOT_INK);
    fprintf(f->g.script,
            "set arrow from graph 0, graph 0 to graph 1, graph 1 nohead back linecolor rgb "
            "'#8c8c8c' linewidth 0.9\n"
            "set arrow from first %.9g, graph 0 to first %.9g, graph 1 nohead back dashtype (4,3) "
            "linecolor rgb '#8c8c8c' linewidth 0.8\n"
            "set arrow from graph 0, first %.9g to graph 1, first %.9g nohead back dashtype (4,3) "
            "linecolor rgb '#8c8c8c' linewidth 0.8\n",
            f->x.median, f->x.median, f->y.median, f->y.median);
    if (has_arenas(f))
        fputs("set key at graph 0.98, graph 0.03 bottom right samplen 0.5 spacing 1.1",
              f->g.script);
    if (has_arenas(f))
        gnuplot_font(&f->g, FONT_NOTE, GNUPLOT_PALE_INK);
}

/* "; 3 without a value", or nothing. */
static const char *without_value(const figure *f, char *text, size_t size) {
    *text = '\0';
    if (f->n < f->n_matched)
        snprintf(text, size, "; %zu without a value", f->n_matched - f->n);
    return text;
}

static void write_texts(figure *f) {
    char text[64];
    fputs("set xlabel ", f->g.script);
    gnuplot_quote_short(&f->g, f->x.r->path, MAX_PATH, true);
    fputs("\nset ylabel ", f->g.script);
    gnuplot_quote_short(&f->g, f->y.r->path, MAX_PATH, true);
    fputs("\nset label ", f->g.script);
    plot_write_name(&f->g, f->x.metric, false);
    fprintf(f->g.script, " at screen %.6f, screen %.6f left", gnuplot_x(&f->g, 20),
            gnuplot_y(&f->g, 20));
    gnuplot_font(&f->g, FONT_NAME, GNUPLOT_INK);
    fprintf(f->g.script,
            "set label '%zu of %zu %s above the diagonal; medians %.3g (x), %.3g (y)' at screen "
            "%.6f, screen %.6f left",
            f->above, f->n, noun(f, f->n), f->x.median, f->y.median, gnuplot_x(&f->g, 20),
            gnuplot_y(&f->g, 42));
    gnuplot_font(&f->g, FONT_NOTE, GNUPLOT_PALE_INK);
    fprintf(f->g.script,
            "set label '%zu %s in both files, %zu only in x, %zu only in y%s' at screen %.6f, "
            "screen %.6f left",
            f->n_matched, noun(f, f->n_matched), f->only_x, f->only_y,
            without_value(f, text, sizeof text), gnuplot_x(&f->g, 20), gnuplot_y(&f->g, 59));
    gnuplot_font(&f->g, FONT_NOTE, GNUPLOT_PALE_INK);
}

static void draw(figure *f, const char *out) {
    if (gnuplot_open(&f->g, out, LEFT + SIDE + RIGHT, TOP + SIDE + BOTTOM, f->status) == MEC_OK) {
        write_arenas(f);
        write_frame(f);
        write_texts(f);
        write_plots(f);
    }
    gnuplot_close(&f->g, f->status);
}

static void report(const figure *f, const char *out) {
    char text[64];
    printf("wrote %s: %s of %zu %s in both files, %zu only in %s, %zu only in %s%s\n", out,
           f->x.metric->name, f->n_matched, noun(f, f->n_matched), f->only_x, f->x.r->path,
           f->only_y, f->y.r->path, without_value(f, text, sizeof text));
    printf("medians %.4f and %.4f; %zu of %zu above the diagonal\n", f->x.median, f->y.median,
           f->above, f->n);
}

mec_code plot_pairs(const results *x, const results *y, const char *score, const char *out,
                    mec_status *status) {
    figure f = {.status = status};
    read_side(&f.x, x, score, status);
    if (status->code == MEC_OK)
        read_side(&f.y, y, score, status);
    if (status->code == MEC_OK)
        match(&f);
    if (status->code == MEC_OK && f.n == 0)
        mec_fail(status, MEC_REFUSED,
                 "%s and %s: no %s with a value of %s in both (of %zu and %zu; %zu have the same "
                 "arena, animal and id)",
                 x->path, y->path, noun(&f, 1), score, f.x.n, f.y.n, f.n_matched);
    if (status->code == MEC_OK) {
        measure(&f);
        draw(&f, out);
    }
    if (status->code == MEC_OK)
        report(&f, out);
    free(f.x.items);
    free(f.y.items);
    free(f.pairs);
    return status->code;
}
