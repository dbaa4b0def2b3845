#include "report/plot_maps.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "report/gnuplot.h"
#include "report/maps_results.h"

enum {
    MOST = 48, /* maps on a page */
    PER_ROW = 8,
    SIDE = 92,    /* of a map along its longer side, pixels */
    ABOVE = 30,   /* it, for its two lines */
    BETWEEN = 14, /* maps beside each other */
    BELOW = 10,
    LEFT = 18,
    TOP = 58, /* for the title */
    BOTTOM = 26,
    FONT_TITLE = 12, /* points */
    FONT_UNIT = 9,
    FONT_NOTE = 8,
};

static const char INFORMATION[] = "spatial_information";
static const char GRID_SCORE[] = "grid_score";

typedef struct page {
    maps_results maps;
    const maps_layer *layer;
    double *information, *score; /* (n_unit) */
    const char *by;              /* NULL: the units were named */
    size_t *units;               /* (n) */
    size_t n;
    double *map;       /* (nx, ny) */
    int width, height; /* of a map, pixels */
    gnuplot g;
    mec_status *status;
} page;

/* ---- what is drawn ---- */

static mec_code choose_layer(page *p, const plot_maps_choice *choice) {
    char known[512] = "";
    for (size_t i = 0; i < p->maps.n_layer; i++) {
        const maps_layer *layer = &p->maps.layers[i];
        bool fits = (!choice->layer || strcmp(choice->layer, layer->layer) == 0) &&
                    (!choice->box || strcmp(choice->box, layer->box) == 0);
        /* Unasked, the layer that the maps of the literature are of. */
        bool better = !p->layer || (!choice->layer && strcmp(layer->layer, "g") == 0 &&
                                    strcmp(layer->box, p->layer->box) == 0);
        if (fits && better)
            p->layer = layer;
        snprintf(known + strlen(known), sizeof known - strlen(known), "%sbox=%s layer=%s",
                 i ? ", " : "", layer->box, layer->layer);
    }
    if (!p->layer)
        mec_fail(p->status, MEC_REFUSED, "%s: found no such maps; accepted: %s", p->maps.path,
                 known);
    return p->status->code;
}

static mec_code take_units(page *p, const char *list) {
    char item[32];
    int64_t unit;
    while (mec_text_next(&list, ", ", item, sizeof item)) {
        bool good = mec_text_to_int(item, &unit) && unit >= 0 && (size_t)unit < p->layer->n_unit;
        if (!good || p->n == MOST)
            return mec_fail(p->status, MEC_REFUSED,
                            "show: found %s in units=; accepted: at most %d numbers from 0 to %zu, "
                            "separated by commas",
                            item, MOST, p->layer->n_unit - 1);
        p->units[p->n++] = (size_t)unit;
    }
    if (p->n == 0)
        mec_fail(p->status, MEC_REFUSED, "show: found no unit in units=; accepted: numbers");
    return p->status->code;
}

static bool any_number(const double *values, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (!isnan(values[i]))
            return true;
    return false;
}

/* The units of the highest values, the highest first; the lower number first among equals. */
static mec_code take_highest(page *p, const char *by) {
    if (by && strcmp(by, INFORMATION) != 0 && strcmp(by, GRID_SCORE) != 0)
        return mec_fail(p->status, MEC_REFUSED, "show: found by=%s; accepted: %s or %s", by,
                        INFORMATION, GRID_SCORE);
    bool defined = any_number(p->information, p->layer->n_unit);
    p->by = by ? by : defined ? INFORMATION : GRID_SCORE;
    const double *values = p->by[0] == 's' ? p->information : p->score;
    for (size_t unit = 0; unit < p->layer->n_unit; unit++) {
        if (isnan(values[unit]))
            continue;
        size_t at = p->n;
        while (at > 0 && values[p->units[at - 1]] < values[unit])
            at--;
        if (at == MOST)
            continue;
        p->n += p->n < MOST;
        memmove(p->units + at + 1, p->units + at, (p->n - at - 1) * sizeof *p->units);
        p->units[at] = unit;
    }
    if (p->n == 0)
        mec_fail(p->status, MEC_REFUSED, "%s: no unit has a %s yet", p->maps.path, p->by);
    return p->status->code;
}

static mec_code choose(page *p, const plot_maps_choice *choice) {
    double width = 1;
    double height = 1;
    if (choose_layer(p, choice))
        return p->status->code;
    p->information = maps_results_statistic(&p->maps, p->layer, INFORMATION, p->status);
    p->score = maps_results_statistic(&p->maps, p->layer, GRID_SCORE, p->status);
    p->units = mec_alloc(MOST, sizeof *p->units, p->status);
    p->map = mec_alloc(p->layer->nx * p->layer->ny, sizeof *p->map, p->status);
    if (p->status->code != MEC_OK ||
        maps_results_sides(&p->maps, p->layer, &width, &height, p->status))
        return p->status->code;
    double longer = fmax(width, height);
    p->width = (int)fmax(SIDE * width / longer, 12);
    p->height = (int)fmax(SIDE * height / longer, 12);
    return choice->units ? take_units(p, choice->units) : take_highest(p, choice->by);
}

/* ---- drawing ---- */

static void write_title(page *p) {
    char by[64] = "";
    if (p->by)
        snprintf(by, sizeof by, ", highest %s first",
                 p->by[0] == 's' ? "spatial information" : "grid score");
    fprintf(p->g.script, "set label 'Layer %s in box ' . ", p->layer->layer);
    gnuplot_quote(&p->g, p->layer->box);
    fprintf(p->g.script, " . ': %zu of %zu units%s' at screen %.6f, screen %.6f left", p->n,
            p->layer->n_unit, by, gnuplot_x(&p->g, LEFT), gnuplot_y(&p->g, 18));
    gnuplot_font(&p->g, FONT_TITLE, GNUPLOT_INK);
    fprintf(p->g.script,
            "set label 'each map from its lowest to its highest mean activation (right)   grey: no "
            "samples   bit: spatial information   grid: grid score' at screen %.6f, screen %.6f "
            "left",
            gnuplot_x(&p->g, LEFT), gnuplot_y(&p->g, 36));
    gnuplot_font(&p->g, FONT_UNIT, GNUPLOT_PALE_INK);
    fputs("set label ", p->g.script);
    gnuplot_quote_short(&p->g, p->maps.path, 100, true);
    fprintf(p->g.script, " at screen %.6f, screen %.6f left", gnuplot_x(&p->g, LEFT),
            gnuplot_y(&p->g, p->g.height - 11));
    gnuplot_font(&p->g, FONT_UNIT, GNUPLOT_PALE_INK);
}

/* x to the right, y upwards: a row of the data is a row of bins. */
static void write_data(page *p) {
    fputs("$map << EOD\n", p->g.script);
    for (size_t j = 0; j < p->layer->ny; j++) {
        for (size_t i = 0; i < p->layer->nx; i++) {
            double value = p->map[i * p->layer->ny + j];
            if (isnan(value))
                fputs("NaN ", p->g.script);
            else
                fprintf(p->g.script, "%.5g ", value);
        }
        fputc('\n', p->g.script);
    }
    fputs("EOD\n", p->g.script);
}

static void write_text(page *p, const char *text, double x, double y, const char *align, int font,
                       const char *colour) {
    fprintf(p->g.script, "set label '%s' at screen %.6f, screen %.6f %s", text, gnuplot_x(&p->g, x),
            gnuplot_y(&p->g, y), align);
    gnuplot_font(&p->g, font, colour);
}

static void write_labels(page *p, size_t unit, double highest, double left, double top) {
    char text[64];
    snprintf(text, sizeof text, "%zu", unit);
    write_text(p, text, left, top - 21, "left", FONT_UNIT, GNUPLOT_INK);
    snprintf(text, sizeof text, "%.3g", highest);
    write_text(p, text, left + p->width, top - 21, "right", FONT_UNIT, GNUPLOT_INK);
    if (!isnan(p->information[unit])) {
        snprintf(text, sizeof text, "%.2f bit", p->information[unit]);
        write_text(p, text, left, top - 8, "left", FONT_NOTE, GNUPLOT_PALE_INK);
    }
    if (!isnan(p->score[unit])) {
        snprintf(text, sizeof text, "grid %.2f", p->score[unit]);
        write_text(p, text, left + p->width, top - 8, "right", FONT_NOTE, GNUPLOT_PALE_INK);
    }
}

/* The lowest and the highest rate; a map of one rate gets a range around it. */
static void find_range(const page *p, double *low, double *high) {
    *low = INFINITY;
    *high = -INFINITY;
    for (size_t i = 0; i < p->layer->nx * p->layer->ny; i++)
        if (!isnan(p->map[i])) {
            *low = fmin(*low, p->map[i]);
            *high = fmax(*high, p->map[i]);
        }
}

static void draw_map(page *p, size_t i) {
    size_t row = i / PER_ROW;
    size_t column = i % PER_ROW;
    double left = LEFT + (double)column * (SIDE + BETWEEN) + (SIDE - p->width) / 2.0;
    double top = TOP + (double)row * (p->height + ABOVE + BELOW) + ABOVE;
    double low;
    double high;
    if (maps_results_unit(&p->maps, p->layer, p->units[i], p->map, p->status))
        return;
    find_range(p, &low, &high);
    write_data(p);
    fprintf(p->g.script,
            "set lmargin at screen %.6f\nset rmargin at screen %.6f\n"
            "set tmargin at screen %.6f\nset bmargin at screen %.6f\n",
            gnuplot_x(&p->g, left), gnuplot_x(&p->g, left + p->width), gnuplot_y(&p->g, top),
            gnuplot_y(&p->g, top + p->height));
    write_labels(p, p->units[i], high, left, top);
    bool drawable = low <= high;
    if (drawable)
        fprintf(p->g.script, "set cbrange [%.9g:%.9g]\n", low,
                high > low ? high : low + fmax(fabs(low), 1) * 1e-6);
    fprintf(p->g.script, "set xrange [-0.5:%zu.5]\nset yrange [-0.5:%zu.5]\n", p->layer->nx - 1,
            p->layer->ny - 1);
    fputs("set object 1 rectangle from graph 0, graph 0 to graph 1, graph 1 behind fillcolor rgb "
          "'#dcdcdc' fillstyle solid noborder\n",
          p->g.script);
    fputs(drawable ? "plot $map matrix with image\n" : "plot NaN\n", p->g.script);
    fputs("unset label\n", p->g.script);
}

static void draw(page *p, const char *out) {
    size_t n_row = (p->n + PER_ROW - 1) / PER_ROW;
    int width = 2 * LEFT + PER_ROW * SIDE + (PER_ROW - 1) * BETWEEN;
    int height = TOP + (int)n_row * (p->height + ABOVE + BELOW) + BOTTOM;
    if (gnuplot_open(&p->g, out, width, height, p->status) == MEC_OK) {
        fputs("unset border\nunset tics\nunset grid\nunset colorbox\n"
              "set palette defined (0 '#440154', 1 '#414487', 2 '#2a788e', 3 '#22a884', 4 "
              "'#7ad151', 5 '#fde725')\n",
              p->g.script);
        write_title(p);
        for (size_t i = 0; i < p->n && p->status->code == MEC_OK; i++)
            draw_map(p, i);
    }
    gnuplot_close(&p->g, p->status);
}

mec_code plot_maps(const char *path, const plot_maps_choice *choice, const char *out,
                   mec_status *status) {
    page p = {.status = status};
    if (gnuplot_check_path(out, status) == MEC_OK &&
        maps_results_open(&p.maps, path, status) == MEC_OK && choose(&p, choice) == MEC_OK)
        draw(&p, out);
    if (status->code == MEC_OK)
        printf("wrote %s: %zu of %zu units of layer %s in box %s\n", out, p.n, p.layer->n_unit,
               p.layer->layer, p.layer->box);
    free(p.information);
    free(p.score);
    free(p.units);
    free(p.map);
    maps_results_close(&p.maps);
    return status->code;
}
