#include "report/plot.h"

#include <ctype.h>
#include <string.h>

#include "report/plot_kinds.h"
#include "report/plot_training.h"

static void draw_metric(const results *first, const results *second, const char *score,
                        const char *out, mec_status *status) {
    const results_metric *metric = results_find(first, score, status);
    if (metric && second)
        plot_pairs(first, second, score, out, status);
    else if (metric)
        plot_groups(first, metric, out, status);
}

mec_code plot_draw(const char *out, const char *const *files, size_t n_file, const char *score,
                   mec_status *status) {
    results first = {.file = H5I_INVALID_HID};
    results second = {.file = H5I_INVALID_HID};
    if (gnuplot_check_path(out, status))
        return status->code;
    if (n_file == 1 && !score && plot_training_applies(files[0]))
        return plot_training(files[0], out, status);
    if (results_open(&first, files[0], status) == MEC_OK &&
        (n_file == 1 || results_open(&second, files[1], status) == MEC_OK)) {
        if (n_file == 1 && !score && results_are_grid(&first))
            plot_grid(&first, out, status);
        else
            draw_metric(&first, n_file == 1 ? NULL : &second, score ? score : "corr", out, status);
    }
    results_close(&second);
    results_close(&first);
    return status->code;
}

static const char *unit_of(const results_metric *metric) {
    if (strcmp(metric->units, "1") == 0)
        return "";
    return strcmp(metric->units, "Hz2") == 0 ? "Hz²" : metric->units;
}

/* Where the first line of a text ends: at a blank, or at its end. */
static size_t line_end(const char *text) {
    enum { WIDTH = 46 };
    size_t end = strlen(text);
    if (end > WIDTH)
        for (end = WIDTH; end > 0 && text[end] != ' ';)
            end--;
    return end > 0 ? end : strlen(text); /* one long word */
}

size_t plot_name_lines(const results_metric *metric) {
    size_t n = 1;
    for (const char *text = metric->long_name; text[line_end(text)]; n++)
        text += line_end(text) + 1;
    return n;
}

void plot_write_name(gnuplot *g, const results_metric *metric, bool lines) {
    char text[sizeof metric->long_name];
    snprintf(text, sizeof text, "%s", metric->long_name);
    text[0] = (char)toupper((unsigned char)text[0]);
    char *rest = text;
    for (size_t end; lines && rest[end = line_end(rest)]; rest += end + 1) {
        rest[end] = '\0';
        gnuplot_quote(g, rest);
        fputs(" . \"\\n\" . ", g->script);
    }
    gnuplot_quote(g, rest);
    if (*unit_of(metric)) {
        fputs(" . ' (' . ", g->script);
        gnuplot_quote(g, unit_of(metric));
        fputs(" . ')'", g->script);
    }
}
