#include "base/progress.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
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

/* Of the time since the start, the share in which each rank worked on tasks that it has done. */
static void write_loads(const mec_progress *p, double seconds) {
    double sum = 0;
    size_t least = 0;
    for (size_t i = 0; i < p->n_rank; i++) {
        sum += p->busy[i];
        least = p->busy[i] < p->busy[least] ? i : least;
    }
    if (p->n_rank == 0 || seconds <= 0)
        return;
    fprintf(p->file,
            ", \"ranks\": %zu, \"mean_load\": %.3f, \"least_load\": %.3f, "
            "\"least_rank\": %zu",
            p->n_rank, sum / (double)p->n_rank / seconds, p->busy[least] / seconds, least);
    for (size_t i = 0; i < p->n_rank && p->n_rank <= MEC_PROGRESS_RANKS; i++)
        fprintf(p->file, "%s%.2f%s", i ? ", " : ", \"loads\": [", p->busy[i] / seconds,
                i + 1 == p->n_rank ? "]" : "");
}

static void write_line(const mec_progress *p, const moment *m, const char *state) {
    fprintf(p->file,
            "{\"time\": %.3f, \"state\": \"%s\", \"done\": %zu, \"tasks\": %zu, "
            "\"fraction\": %.6f, \"seconds\": %.3f, \"rate\": %.6g, \"left\": %.3f, "
            "\"flushed\": %.3f, \"unit\": \"%s\", \"note\": \"%s\"",
            mec_clock_epoch(), state, m->n_done, p->n_task, m->fraction, m->seconds, m->rate,
            m->left, p->flushed, p->unit, p->note);
    write_loads(p, m->seconds);
    fputs("}\n", p->file);
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
    free(p->busy);
    p->file = NULL;
    p->busy = NULL;
    p->n_rank = 0;
}

mec_code mec_progress_watch(mec_progress *p, size_t n_rank, mec_status *status) {
    p->busy = mec_alloc(n_rank, sizeof *p->busy, status);
    p->n_rank = p->busy ? n_rank : 0;
    return status->code;
}

/* ---- reading ---- */

/* Where the value of a key begins in a line; NULL where it is not there. */
static const char *find_value(const char *line, const char *key) {
    char quoted[32];
    snprintf(quoted, sizeof quoted, "\"%s\": ", key);
    const char *at = strstr(line, quoted);
    return at ? at + strlen(quoted) : NULL;
}

static double find_number(const char *line, const char *key, double otherwise) {
    const char *at = find_value(line, key);
    return at ? strtod(at, NULL) : otherwise;
}

static void find_text(const char *line, const char *key, char *text, size_t size) {
    const char *at = find_value(line, key);
    *text = '\0';
    if (at && *at == '"')
        snprintf(text, size, "%.*s", (int)strcspn(at + 1, "\""), at + 1);
}

static void print_loads(const char *line, FILE *stream) {
    double n_rank = find_number(line, "ranks", 0);
    const char *list = find_value(line, "loads");
    if (n_rank < 1)
        return;
    fprintf(stream, "load: %.0f %% on average of %.0f rank%s",
            100 * find_number(line, "mean_load", 0), n_rank, n_rank == 1 ? "" : "s");
    if (n_rank > 1)
        fprintf(stream, ", least %.0f %% on rank %.0f", 100 * find_number(line, "least_load", 0),
                find_number(line, "least_rank", 0));
    fputc('\n', stream);
    if (!list || n_rank < 2)
        return;
    fputs("load of ranks 0, 1, ...:", stream);
    char *end = NULL;
    for (list++;; list = end + 1) {
        double load = strtod(list, &end);
        if (end == list)
            break;
        fprintf(stream, " %.0f %%", 100 * load);
        if (*end != ',')
            break;
    }
    fputc('\n', stream);
}

static void print_line_of(const char *line, FILE *stream) {
    char unit[16];
    char note[96];
    char since[32];
    char to_go[48];
    double now = mec_clock_epoch();
    double flushed = find_number(line, "flushed", 0);
    find_text(line, "unit", unit, sizeof unit);
    find_text(line, "note", note, sizeof note);
    mec_text_from_seconds(now - find_number(line, "time", now), since, sizeof since);
    format_left(&(moment){.left = find_number(line, "left", -1)}, to_go, sizeof to_go);
    fprintf(stream, "progress: %.0f of %.0f %s (%.0f %%), %.3g %s/s%s%s%s; written %s ago\n",
            find_number(line, "done", 0), find_number(line, "tasks", 0), unit,
            100 * find_number(line, "fraction", 0), find_number(line, "rate", 0), unit, to_go,
            *note ? "; " : "", note, since);
    if (flushed > 0)
        mec_text_from_seconds(now - flushed, since, sizeof since);
    fprintf(stream, "last flush: %s%s\n", flushed > 0 ? since : "none yet",
            flushed > 0 ? " ago" : "");
    print_loads(line, stream);
}

bool mec_progress_print_newest(const char *path, FILE *stream) {
    FILE *file = fopen(path, "r");
    if (!file)
        return false;
    char line[2048];
    char newest[sizeof line] = "";
    while (fgets(line, sizeof line, file))
        if (strchr(line, '\n'))
            memcpy(newest, line, sizeof newest);
    fclose(file);
    if (!find_value(newest, "done"))
        return false;
    print_line_of(newest, stream);
    return true;
}
