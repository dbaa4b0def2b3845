#include "report/maps_page.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum {
    SIDE = 92,    /* of a map along its longer side, pixels */
    ABOVE = 30,   /* it, for its two lines */
    BETWEEN = 14, /* maps beside each other */
    BELOW = 10,
    FONT_UNIT = 9, /* points */
    FONT_NOTE = 8,
};

const char MAPS_PAGE_KEY[] =
    "each map from its lowest to its highest mean activation (right)   grey: no samples   bit: "
    "spatial information   grid: grid score";

size_t maps_page_highest(const double *values, size_t n_unit, size_t most, size_t *units) {
    size_t n = 0;
    for (size_t unit = 0; unit < n_unit; unit++) {
        if (isnan(values[unit]))
            continue;
        size_t at = n;
        while (at > 0 && values[units[at - 1]] < values[unit])
            at--;
        if (at == most)
            continue;
        n += n < most;
        memmove(units + at + 1, units + at, (n - at - 1) * sizeof *units);
        units[at] = unit;
    }
    return n;
}

/* ---- sizes ---- */

static int map_width(const maps_page_source *s) {
    return (int)fmax(SIDE * s->width_m / fmax(s->width_m, s->height_m), 12);
}

static int map_height(const maps_page_source *s) {
    return (int)fmax(SIDE * s->height_m / fmax(s->width_m, s->height_m), 12);
}

static int row_height(const maps_page_source *s) {
    return ABOVE + map_height(s) + BELOW;
}

int maps_page_width(size_t per_row) {
    return (int)per_row * (SIDE + BETWEEN) - BETWEEN;
}

int maps_page_height(const maps_page *p) {
    return (int)((p->n + p->per_row - 1) / p->per_row) * row_height(p->source);
}

/* ---- one map ---- */

/* x to the right, y upwards: a row of the data is a row of bins. */
static void write_data(const maps_page_source *s, gnuplot *g, const double *map) {
    fputs("$map << EOD\n", g->script);
    for (size_t j = 0; j < s->ny; j++) {
        for (size_t i = 0; i < s->nx; i++) {
            double value = map[i * s->ny + j];
            if (isnan(value))
                fputs("NaN ", g->script);
            else
                fprintf(g->script, "%.5g ", value);
        }
        fputc('\n', g->script);
    }
    fputs("EOD\n", g->script);
}

static void write_text(gnuplot *g, const char *text, double x, double y, const char *align,
                       int font, const char *colour) {
    fprintf(g->script, "set label '%s' at screen %.6f, screen %.6f %s", text, gnuplot_x(g, x),
            gnuplot_y(g, y), align);
    gnuplot_font(g, font, colour);
}

static void write_labels(const maps_page_source *s, gnuplot *g, size_t unit, double highest,
                         double left, double top) {
    char text[64];
    double right = left + map_width(s);
    snprintf(text, sizeof text, "%zu", unit);
    write_text(g, text, left, top - 21, "left", FONT_UNIT, GNUPLOT_INK);
    snprintf(text, sizeof text, "%.3g", highest);
    write_text(g, text, right, top - 21, "right", FONT_UNIT, GNUPLOT_INK);
    if (!isnan(s->information[unit])) {
        snprintf(text, sizeof text, "%.2f bit", s->information[unit]);
        write_text(g, text, left, top - 8, "left", FONT_NOTE, GNUPLOT_PALE_INK);
    }
    if (!isnan(s->score[unit])) {
        snprintf(text, sizeof text, "grid %.2f", s->score[unit]);
        write_text(g, text, right, top - 8, "right", FONT_NOTE, GNUPLOT_PALE_INK);
    }
}

/* The lowest and the highest rate; a map of one rate gets a range around it. */
static void find_range(const maps_page_source *s, const double *map, double *low, double *high) {
    *low = INFINITY;
    *high = -INFINITY;
    for (size_t i = 0; i < s->nx * s->ny; i++)
        if (!isnan(map[i])) {
            *low = fmin(*low, map[i]);
            *high = fmax(*high, map[i]);
        }
}

static void draw_map(const maps_page_source *s, gnuplot *g, size_t unit, const double *map,
                     double left, double top) {
    double low;
    double high;
    find_range(s, map, &low, &high);
    write_data(s, g, map);
    fprintf(g->script,
            "set lmargin at screen %.6f\nset rmargin at screen %.6f\n"
            "set tmargin at screen %.6f\nset bmargin at screen %.6f\n",
            gnuplot_x(g, left), gnuplot_x(g, left + map_width(s)), gnuplot_y(g, top),
            gnuplot_y(g, top + map_height(s)));
    write_labels(s, g, unit, high, left, top);
    bool drawable = low <= high;
    if (drawable)
        fprintf(g->script, "set cbrange [%.9g:%.9g]\n", low,
                high > low ? high : low + fmax(fabs(low), 1) * 1e-6);
    fprintf(g->script, "set xrange [-0.5:%zu.5]\nset yrange [-0.5:%zu.5]\n", s->nx - 1, s->ny - 1);
    fputs("set object 1 rectangle from graph 0, graph 0 to graph 1, graph 1 behind fillcolor rgb "
          "'#dcdcdc' fillstyle solid noborder\n",
          g->script);
    fputs(drawable ? "plot $map matrix with image\n" : "plot NaN\n", g->script);
    fputs("unset label\n", g->script);
}

/* ---- the page ---- */

mec_code maps_page_draw(const maps_page *p, gnuplot *g, double left, double top,
                        mec_status *status) {
    const maps_page_source *s = p->source;
    double *map = mec_alloc(s->nx * s->ny, sizeof *map, status);
    fputs("unset border\nunset tics\nunset grid\nunset colorbox\nunset key\nunset xlabel\n"
          "unset ylabel\n"
          "set palette defined (0 '#440154', 1 '#414487', 2 '#2a788e', 3 '#22a884', 4 "
          "'#7ad151', 5 '#fde725')\n",
          g->script);
    if (p->n == 0) /* labels come with a plot */
        fputs("set xrange [0:1]\nset yrange [0:1]\nplot NaN\n", g->script);
    for (size_t i = 0; i < p->n && status->code == MEC_OK; i++) {
        size_t row = i / p->per_row;
        size_t column = i % p->per_row;
        double x = left + (double)column * (SIDE + BETWEEN) + (SIDE - map_width(s)) / 2.0;
        double y = top + (double)row * row_height(s) + ABOVE;
        if (s->read(s->self, p->units[i], map, status) == MEC_OK)
            draw_map(s, g, p->units[i], map, x, y);
    }
    free(map);
    return status->code;
}
