#include "base/progress.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"

enum { BAR_WIDTH = 30 };
static const double REDRAW_SECONDS = 0.2;

/* What there is to say at one moment. */
typedef struct moment {
    size_t n_done;
    double fraction, seconds, rate, left; /* left: seconds, below 0 where unknown */
} moment;

mec_code mec_progress_start(mec_progress *p, const char *path, size_t n_task, double cost,
                            size_t n_before, double cost_before, double interval,
                            mec_status *status) {
    double now = mec_clock_seconds();
    *p = (mec_progress){.n_task = n_task,
                        .n_before = n_before,
                        .cost = cost,
                        .cost_before = cost_before,
                        .interval = interval,
                        .started = now,
                        .printed = now,
                        .written = now,
                        .unit = "tasks"};
    if (path && !(p->file = fopen(path, "a")))
        return mec_fail(status, MEC_FAILED, "%s: cannot be opened for writing: %s", path,
                        strerror(errno));
    return MEC_OK;
}

static moment moment_of(const mec_progress *p, size_t n_done, double cost_done) {
    moment m = {.n_done = n_done, .seconds = mec_clock_seconds() - p->started, .left = -1};
    double own = cost_done - p->cost_before;
    m.fraction = p->cost > 0 ? cost_done / p->cost : 1;
    if (m.seconds > 0)
        m.rate = (double)(n_done - p->n_before) / m.seconds;
    if (own > 0 && n_done < p->n_task)
        m.left = m.seconds * (p->cost - cost_done) / own;
    return m;
}

static void format_left(const moment *m, char *text, size_t size) {
    char left[32];
    *text = '\0';
    if (m->left < 0)
        return;
    mec_text_from_seconds(m->left, left, sizeof left);
    snprintf(text, size, ", %s left", left);
}

static void draw_bar(const mec_progress *p, const moment *m) {
    char bar[BAR_WIDTH + 1];
    char left[48];
    int filled = (int)(m->fraction * BAR_WIDTH);
    for (int i = 0; i < BAR_WIDTH; i++)
        bar[i] = i < filled ? '#' : '.';
    bar[BAR_WIDTH] = '\0';
    format_left(m, left, sizeof left);
    mec_log_redraw("[%s] %zu/%zu %s, %.3g %s/s%s%s%s", bar, m->n_done, p->n_task, p->unit, m->rate,
                   p->unit, left, *p->note ? "; " : "", p->note);
}

static void print_line(const mec_progress *p, const moment *m) {
    char left[48];
    format_left(m, left, sizeof left);
    mec_log("%zu of %zu %s done (%.0f %%), %.3g %s/s%s%s%s", m->n_done, p->n_task, p->unit,
            100 * m->fraction, m->rate, p->unit, left, *p->note ? "; " : "", p->note);
}

static void write_line(const mec_progress *p, const moment *m, const char *state) {
    fprintf(p->file,
            "{\"time\": %.3f, \"state\": \"%s\", \"done\": %zu, \"tasks\": %zu, "
            "\"fraction\": %.6f, \"seconds\": %.3f, \"rate\": %.6g, \"left\": %.3f, "
            "\"unit\": \"%s\", \"note\": \"%s\"}\n",
            mec_clock_epoch(), state, m->n_done, p->n_task, m->fraction, m->seconds, m->rate,
            m->left, p->unit, p->note);
    fflush(p->file);
}

void mec_progress_update(mec_progress *p, size_t n_done, double cost_done, const char *state,
                         bool last) {
    double now = mec_clock_seconds();
    bool terminal = mec_log_on_terminal();
    bool print = last || now - p->printed >= (terminal ? REDRAW_SECONDS : p->interval);
    bool write = p->file && (last || now - p->written >= p->interval);
    if (!print && !write)
        return;
    moment m = moment_of(p, n_done, cost_done);
    if (print) {
        p->printed = now;
        if (terminal)
            draw_bar(p, &m);
        else
            print_line(p, &m);
    }
    if (write) {
        p->written = now;
        write_line(p, &m, state);
    }
}

void mec_progress_end(mec_progress *p) {
    if (p->file)
        fclose(p->file);
    p->file = NULL;
}

bool mec_progress_print_newest(const char *path, FILE *stream) {
    FILE *file = fopen(path, "r");
    if (!file)
        return false;
    char line[512];
    char newest[512] = "";
    while (fgets(line, sizeof line, file))
        if (strchr(line, '\n'))
            memcpy(newest, line, sizeof newest);
    fclose(file);
    char state[32];
    size_t n_done;
    size_t n_task;
    double time;
    double fraction;
    double seconds;
    double rate;
    double left;
    char unit[16];
    char note[96] = "";
    int n = sscanf(newest,
                   "{\"time\": %lf, \"state\": \"%31[a-z ]\", \"done\": %zu, \"tasks\": %zu, "
                   "\"fraction\": %lf, \"seconds\": %lf, \"rate\": %lf, \"left\": %lf, "
                   "\"unit\": \"%15[a-z]\", \"note\": \"%95[^\"]",
                   &time, state, &n_done, &n_task, &fraction, &seconds, &rate, &left, unit, note);
    if (n < 9) /* the note may be empty */
        return false;
    char since[32];
    char to_go[48];
    mec_text_from_seconds(mec_clock_epoch() - time, since, sizeof since);
    format_left(&(moment){.left = left}, to_go, sizeof to_go);
    fprintf(stream, "progress: %zu of %zu %s (%.0f %%), %.3g %s/s%s%s%s; written %s ago\n", n_done,
            n_task, unit, 100 * fraction, rate, unit, to_go, *note ? "; " : "", note, since);
    return true;
}
