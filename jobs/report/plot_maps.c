#include "report/plot_maps.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "report/gnuplot.h"
#include "report/maps_page.h"
#include "report/maps_results.h"

enum {
    MOST = 48, /* maps on a page */
    PER_ROW = 8,
    LEFT = 18,
    TOP = 58, /* for the title */
    BOTTOM = 26,
    FONT_TITLE = 12, /* points */
    FONT_UNIT = 9,
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

static mec_code take_highest(page *p, const char *by) {
    if (by && strcmp(by, INFORMATION) != 0 && strcmp(by, GRID_SCORE) != 0)
        return mec_fail(p->status, MEC_REFUSED, "show: found by=%s; accepted: %s or %s", by,
                        INFORMATION, GRID_SCORE);
    bool defined = any_number(p->information, p->layer->n_unit);
    p->by = by ? by : defined ? INFORMATION : GRID_SCORE;
    const double *values = p->by[0] == 's' ? p->information : p->score;
    p->n = maps_page_highest(values, p->layer->n_unit, MOST, p->units);
    if (p->n == 0)
        mec_fail(p->status, MEC_REFUSED, "%s: no unit has a %s yet", p->maps.path, p->by);
    return p->status->code;
}

static mec_code choose(page *p, const plot_maps_choice *choice) {
    if (choose_layer(p, choice))
        return p->status->code;
    p->information = maps_results_statistic(&p->maps, p->layer, INFORMATION, p->status);
    p->score = maps_results_statistic(&p->maps, p->layer, GRID_SCORE, p->status);
    p->units = mec_alloc(MOST, sizeof *p->units, p->status);
    if (p->status->code != MEC_OK)
        return p->status->code;
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
    fprintf(p->g.script, "set label '%s' at screen %.6f, screen %.6f left", MAPS_PAGE_KEY,
            gnuplot_x(&p->g, LEFT), gnuplot_y(&p->g, 36));
    gnuplot_font(&p->g, FONT_UNIT, GNUPLOT_PALE_INK);
    fputs("set label ", p->g.script);
    gnuplot_quote_short(&p->g, p->maps.path, 100, true);
    fprintf(p->g.script, " at screen %.6f, screen %.6f left", gnuplot_x(&p->g, LEFT),
            gnuplot_y(&p->g, p->g.height - 11));
    gnuplot_font(&p->g, FONT_UNIT, GNUPLOT_PALE_INK);
}

static mec_code read_map(const void *self, size_t unit, double *map, mec_status *status) {
    const page *p = self;
    return maps_results_unit(&p->maps, p->layer, unit, map, status);
}

static void draw(page *p, const char *out) {
    maps_page_source source = {.nx = p->layer->nx,
                               .ny = p->layer->ny,
                               .n_unit = p->layer->n_unit,
                               .information = p->information,
                               .score = p->score,
                               .read = read_map,
                               .self = p};
    const maps_page maps = {.source = &source, .units = p->units, .n = p->n, .per_row = PER_ROW};
    if (maps_results_sides(&p->maps, p->layer, &source.width_m, &source.height_m, p->status))
        return;
    if (gnuplot_open(&p->g, out, 2 * LEFT + maps_page_width(PER_ROW),
                     TOP + maps_page_height(&maps) + BOTTOM, p->status) == MEC_OK) {
        write_title(p);
        maps_page_draw(&maps, &p->g, LEFT, TOP, p->status);
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
    maps_results_close(&p.maps);
    return status->code;
}
