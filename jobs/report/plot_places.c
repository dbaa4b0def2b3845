#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "report/plot_groups.h"

enum {
    MAX_SLOT = 24, /* groups side by side, before the next row starts */
    PAGE = 780,    /* pixels that a row should not need more than */
    MIN_SLOT = 40,
    MAX_ROOM = 84, /* more room than this does a group no good */
};

static const double GAP = 0.7; /* between arenas, slots */
static const double SLOPE = 0.7071;

void plot_group_count(const figure *f, const group *p, char *text, size_t size) {
    size_t n = p->summary.count + p->summary.n_nan;
    const char *what = f->metric->of_animal ? "animal" : "cell";
    if (p->summary.n_nan > 0)
        snprintf(text, size, f->upright ? "%zu of %zu %ss" : "%zu of %zu", p->n, n, what);
    else if (f->upright)
        snprintf(text, size, "%zu %s%s", n, what, n == 1 ? "" : "s");
    else
        snprintf(text, size, "%zu", n);
}

void plot_arena_note(const group *first, char *text, size_t size) {
    const mec_summary *s = &first->arena_all;
    snprintf(text, size, "%zu cell%s, median %.3g", s->count, s->count == 1 ? "" : "s", s->median);
}

static size_t shown_length(const char *text) {
    size_t n = gnuplot_length(text);
    return n > GROUPS_MAX_LABEL ? GROUPS_MAX_LABEL : n;
}

/* Pixels that a group's name and count take: below each other, or behind each other. */
static double label_width(const figure *f, const group *p) {
    char count[64];
    plot_group_count(f, p, count, sizeof count);
    size_t name = shown_length(p->name) + (f->metric->of_animal ? strlen("arena ") : 0);
    size_t n = f->upright ? (name > strlen(count) ? name : strlen(count))
                          : name + strlen(count) + strlen(" ()");
    return gnuplot_text_width(n, GROUPS_FONT_LABEL);
}

/* Slots that an arena takes: its groups, or its own name. */
static double arena_width(const figure *f, const group *first) {
    char note[64];
    if (f->metric->of_animal || f->slot == 0)
        return (double)first->arena_size;
    plot_arena_note(first, note, sizeof note);
    double head =
        gnuplot_text_width(strlen("arena ") + shown_length(first->arena), GROUPS_FONT_HEAD);
    double wanted = fmax(head, gnuplot_text_width(strlen(note), GROUPS_FONT_NOTE)) + 10;
    return fmax((double)first->arena_size, wanted / f->slot);
}

/* Gives every group its row and its place there. */
static void place(figure *f) {
    double x = 0;
    f->n_row = 1;
    for (size_t i = 0; i < f->n_group;) {
        group *first = &f->groups[i];
        double width = arena_width(f, first);
        double gap = x > 0 && !f->metric->of_animal ? GAP : 0;
        bool full = x > 0 && x + gap + width > MAX_SLOT;
        f->n_row += full;
        x = full ? 0 : x + gap;
        double start = x + (width - (double)first->arena_size) / 2;
        for (size_t j = 0; j < first->arena_size; j++, i++) {
            f->groups[i].x = start + (double)j + 0.5;
            f->groups[i].row = f->n_row - 1;
        }
        x += width;
        f->rows[f->n_row - 1].width = x;
    }
}

static double widest_row(const figure *f) {
    double widest = 0;
    for (size_t i = 0; i < f->n_row; i++)
        widest = fmax(widest, f->rows[i].width);
    return widest;
}

static double widest_label(const figure *f) {
    double widest = 0;
    for (size_t i = 0; i < f->n_group; i++)
        widest = fmax(widest, label_width(f, &f->groups[i]));
    return widest;
}

/* Names stand upright where there is room for them below their group. */
static void choose_slot(figure *f) {
    double room = fmin(fmax(PAGE / widest_row(f), MIN_SLOT), MAX_ROOM);
    f->upright = true;
    double wanted = widest_label(f) + 10;
    f->upright = wanted <= fmax(room, PAGE / widest_row(f) < 200 ? room : 200);
    f->slot = f->upright ? fmax(wanted, room) : room;
}

/* Turned names end at their group and reach down and to the left. */
static void choose_margins(figure *f) {
    f->left = 68 + 18 * (double)plot_name_lines(f->metric);
    for (size_t i = 0; i < f->n_row; i++)
        f->rows[i].bottom = 44;
    for (size_t i = 0; i < f->n_group && !f->upright; i++) {
        const group *p = &f->groups[i];
        double reach = label_width(f, p) * SLOPE + 12;
        f->rows[p->row].bottom = fmax(f->rows[p->row].bottom, reach + 12);
        f->left = fmax(f->left, reach - p->x * f->slot);
    }
    double y = 0;
    for (size_t i = 0; i < f->n_row; i++) {
        f->rows[i].top = y + GROUPS_TOP;
        f->rows[i].bottom += f->rows[i].top + GROUPS_HEIGHT;
        y = f->rows[i].bottom;
    }
    f->width = (int)fmax(f->left + widest_row(f) * f->slot + 24, 360);
    f->height = (int)y + GROUPS_FOOT;
}

void plot_place_groups(figure *f) {
    f->rows = mec_alloc(f->n_group, sizeof *f->rows, f->status);
    if (!f->rows)
        return;
    place(f); /* how wide a slot is follows from how many there are, */
    choose_slot(f);
    place(f); /* and how many slots an arena's name takes from that */
    choose_margins(f);
}
