/* The timeline of a run: a row for every rank, a bar for every stretch of time in which it was at
 * work. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "report/gnuplot.h"
#include "report/tasks.h"

enum {
    WIDTH = 1000, /* of the panel */
    LEFT = 70,
    TOP = 74,
    RIGHT = 24,
    BOTTOM = 64,
    ROW_MOST = 26, /* height of a rank's row */
    HEIGHT_MOST = 1400
};

typedef struct stretch {
    int32_t rank;
    double start, end; /* s since the first task began */
} stretch;

static int by_rank_and_start(const void *left, const void *right) {
    const stretch *a = left;
    const stretch *b = right;
    if (a->rank != b->rank)
        return a->rank < b->rank ? -1 : 1;
    return (a->start > b->start) - (a->start < b->start);
}

/* Tasks that follow one another within less than a pixel are one stretch. Returns how many there
 * are; `stretches` (info.n_done). */
static size_t join(const tasks *t, stretch *stretches) {
    size_t n = 0;
    for (size_t i = 0; i < t->table.n_task; i++)
        if (t->table.done[i]) {
            double start = t->table.started[i] - t->first;
            stretches[n++] = (stretch){t->table.rank[i], start, start + t->table.seconds[i]};
        }
    if (n > 0)
        qsort(stretches, n, sizeof *stretches, by_rank_and_start);
    double pixel = (t->last - t->first) / (2 * WIDTH);
    size_t n_joined = 0;
    for (size_t i = 0; i < n; i++) {
        stretch *last = n_joined > 0 ? &stretches[n_joined - 1] : NULL;
        if (last && last->rank == stretches[i].rank && stretches[i].start - last->end < pixel)
            last->end = fmax(last->end, stretches[i].end);
        else
            stretches[n_joined++] = stretches[i];
    }
    return n_joined;
}

static int height_of(const tasks *t) {
    double height = (double)t->n_rank * ROW_MOST;
    return (int)fmin(fmax(height, 2 * ROW_MOST), HEIGHT_MOST);
}

static void write_stretches(gnuplot *g, const stretch *stretches, size_t n) {
    fputs("$work << EOD\n", g->script);
    for (size_t i = 0; i < n; i++)
        fprintf(g->script, "%.6f %d %.6f %.6f %.2f %.2f\n", stretches[i].start, stretches[i].rank,
                stretches[i].start, stretches[i].end, stretches[i].rank - 0.4,
                stretches[i].rank + 0.4);
    fputs("EOD\n", g->script);
}

static void draw(gnuplot *g, const tasks *t, const char *path, int height) {
    char title[128];
    snprintf(title, sizeof title, "Work of %zu rank%s, %zu tasks; idle %.1f %%", t->n_rank,
             t->n_rank == 1 ? "" : "s", t->info.n_done,
             t->info.wall > 0 ? 100 * (1 - t->info.seconds / t->info.wall / (double)t->n_rank) : 0);
    fprintf(g->script,
            "set lmargin at screen %.6f\nset rmargin at screen %.6f\n"
            "set tmargin at screen %.6f\nset bmargin at screen %.6f\n",
            gnuplot_x(g, LEFT), gnuplot_x(g, LEFT + WIDTH), gnuplot_y(g, TOP),
            gnuplot_y(g, TOP + height));
    fprintf(g->script, "set label 1 '%s' at screen %.6f, screen %.6f left", title,
            gnuplot_x(g, LEFT), gnuplot_y(g, 50));
    gnuplot_font(g, 13, GNUPLOT_INK);
    fputs("set label 2 ", g->script);
    gnuplot_quote_short(g, path, 100, true);
    fprintf(g->script, " at screen %.6f, screen %.6f left", gnuplot_x(g, LEFT), gnuplot_y(g, 22));
    gnuplot_font(g, 11, GNUPLOT_PALE_INK);
    fprintf(g->script,
            "set xlabel 'Time since the first task began (s)'\nset ylabel 'Rank'\n"
            "unset key\nset xrange [0:%.6f]\nset yrange [%zu.5:-0.5]\nset ytics %zu\n"
            "set style fill solid 1 noborder\n"
            "plot $work using 1:2:3:4:5:6 with boxxyerror linecolor rgb '#%s'\n",
            fmax(t->last - t->first, 1e-3), t->n_rank - 1, 1 + t->n_rank / 24, gnuplot_colours[0]);
}

mec_code tasks_plot(const char *path, const char *out, mec_status *status) {
    tasks t;
    gnuplot g = {0};
    if (gnuplot_check_path(out, status))
        return status->code;
    if (tasks_read(&t, path, status) == MEC_OK && t.info.n_done == 0)
        mec_fail(status, MEC_REFUSED, "%s: no task is done yet", path);
    stretch *stretches = mec_alloc(t.info.n_done, sizeof *stretches, status);
    if (status->code == MEC_OK) {
        int height = height_of(&t);
        size_t n = join(&t, stretches);
        if (gnuplot_open(&g, out, LEFT + WIDTH + RIGHT, TOP + height + BOTTOM, status) == MEC_OK) {
            write_stretches(&g, stretches, n);
            draw(&g, &t, path, height);
        }
        gnuplot_close(&g, status);
    }
    if (status->code == MEC_OK)
        printf("wrote %s: %zu tasks on %zu rank%s\n", out, t.info.n_done, t.n_rank,
               t.n_rank == 1 ? "" : "s");
    free(stretches);
    tasks_release(&t);
    return status->code;
}
