#include "report/gnuplot.h"

#include <errno.h>
#include <spawn.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

const char *const gnuplot_colours[GNUPLOT_N_COLOUR] = {"41719c", "c1793b", "5b9464",
                                                       "7e6aa6", "b0555a", "4f8f9b"};

enum { SCALE = 2 }; /* of PNG files, for print */

static bool ends_in(const char *path, const char *suffix) {
    size_t length = strlen(path);
    size_t tail = strlen(suffix);
    return length > tail && strcasecmp(path + length - tail, suffix) == 0;
}

mec_code gnuplot_check_path(const char *path, mec_status *status) {
    if (!ends_in(path, ".png") && !ends_in(path, ".svg"))
        return mec_fail(status, MEC_REFUSED,
                        "%s: found another kind of picture; accepted: a name that ends in .png or "
                        ".svg",
                        path);
    return MEC_OK;
}

/* A font's size as the terminal counts it: points, of 96 to 72 pixels; or pixels. */
static int font_size(const gnuplot *g, double points) {
    return (int)(g->svg ? points * 96 / 72 + 0.5 : points);
}

static void write_style(gnuplot *g) {
    int scale = g->svg ? 1 : SCALE;
    fprintf(g->script,
            "set terminal %s noenhanced size %d,%d font 'Helvetica,%d' background '#ffffff'",
            g->svg ? "svg" : "pngcairo", scale * g->width, scale * g->height, font_size(g, 11));
    if (!g->svg)
        fprintf(g->script, " fontscale %d linewidth %d pointscale %d", SCALE, SCALE, SCALE);
    fputc('\n', g->script);
    fputs("set encoding utf8\n"
          "set multiplot\n"
          "unset key\n"
          "set border 3 linecolor rgb '#7f7f7f' linewidth 0.8\n"
          "set tics nomirror out scale 0.5 textcolor rgb '#333333'\n"
          "set grid ytics linetype 1 linecolor rgb '#e4e4e4' linewidth 0.6\n",
          g->script);
}

mec_code gnuplot_open(gnuplot *g, const char *path, int width, int height, mec_status *status) {
    *g = (gnuplot){.width = width, .height = height, .svg = ends_in(path, ".svg")};
    if (gnuplot_check_path(path, status) || output_file_open(&g->picture, path, status))
        return status->code;
    g->script = tmpfile();
    if (!g->script)
        return mec_fail(status, MEC_FAILED, "no temporary file for the picture's script: %s",
                        strerror(errno));
    write_style(g);
    return MEC_OK;
}

/* The last line of gnuplot's complaint says what is wrong. */
static void last_line(FILE *stream, char *text, size_t size) {
    char found[512];
    snprintf(text, size, "no reason given");
    rewind(stream);
    while (fgets(found, sizeof found, stream)) {
        found[strcspn(found, "\n")] = '\0';
        size_t blanks = strspn(found, " \t");
        if (found[blanks])
            snprintf(text, size, "%s", found + blanks);
    }
}

/* Starts gnuplot on the script; 0 or an errno. -d: without start-up files. */
static int start(const gnuplot *g, FILE *complaints, pid_t *process) {
    char *arguments[] = {"gnuplot", "-d", NULL};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, fileno(g->script), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, fileno(g->picture.stream), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, fileno(complaints), STDERR_FILENO);
    int reason = posix_spawnp(process, arguments[0], &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    return reason;
}

static void draw(const gnuplot *g, FILE *complaints, mec_status *status) {
    pid_t process = 0;
    int how = 0;
    char why[512];
    int reason = start(g, complaints, &process);
    if (reason != 0) {
        mec_fail(status, MEC_FAILED,
                 "gnuplot, which draws the pictures, cannot be started (%s); on Debian it is in "
                 "the package gnuplot-nox",
                 strerror(reason));
        return;
    }
    while (waitpid(process, &how, 0) < 0 && errno == EINTR)
        continue;
    if (WIFEXITED(how) && WEXITSTATUS(how) == 0 &&
        lseek(fileno(g->picture.stream), 0, SEEK_END) > 0)
        return;
    last_line(complaints, why, sizeof why);
    mec_fail(status, MEC_FAILED, "%s: gnuplot failed: %s", g->picture.path, why);
}

mec_code gnuplot_close(gnuplot *g, mec_status *status) {
    FILE *complaints = g->script ? tmpfile() : NULL;
    if (g->script) {
        fputs("unset multiplot\n", g->script);
        bool good = complaints && fflush(g->script) == 0 && !ferror(g->script);
        if (!good)
            mec_fail(status, MEC_FAILED, "the picture's script cannot be written: %s",
                     strerror(errno));
        rewind(g->script);
        if (status->code == MEC_OK)
            draw(g, complaints, status);
        fclose(g->script);
    }
    if (complaints)
        fclose(complaints);
    return output_file_close(&g->picture, status);
}

void gnuplot_font(gnuplot *g, double points, const char *colour) {
    fprintf(g->script, " font ',%d' textcolor rgb '#%s'\n", font_size(g, points), colour);
}

double gnuplot_point(const gnuplot *g, double size) {
    return g->svg ? 0.7 * size : size;
}

static bool starts_character(char byte) {
    return ((unsigned char)byte & 0xC0) != 0x80;
}

size_t gnuplot_length(const char *text) {
    size_t n = 0;
    for (; *text; text++)
        n += starts_character(*text);
    return n;
}

/* Single quotes: gnuplot replaces nothing between them. */
static void quote_part(gnuplot *g, const char *text, size_t from, size_t to, bool cut) {
    size_t n = 0; /* of the character at hand, counted from 1 */
    fputc('\'', g->script);
    if (cut && from > 0)
        fputs("…", g->script);
    for (; *text; text++) {
        n += starts_character(*text);
        if (n <= from || n > to)
            continue;
        if (*text == '\'' || (*text == '%' && g->formats))
            fputc(*text, g->script);
        fputc((unsigned char)*text < ' ' ? ' ' : *text, g->script);
    }
    if (cut && from == 0)
        fputs("…", g->script);
    fputc('\'', g->script);
}

void gnuplot_quote_short(gnuplot *g, const char *text, size_t n, bool keep_end) {
    size_t length = gnuplot_length(text);
    bool cut = length > n;
    size_t from = cut && keep_end ? length - n + 1 : 0;
    quote_part(g, text, from, cut && !keep_end ? n - 1 : length, cut);
}

void gnuplot_quote(gnuplot *g, const char *text) {
    quote_part(g, text, 0, gnuplot_length(text), false);
}

double gnuplot_text_width(size_t n_character, double size) {
    return (double)n_character * size * 0.72;
}

double gnuplot_x(const gnuplot *g, double pixel) {
    return pixel / g->width;
}

double gnuplot_y(const gnuplot *g, double pixel) {
    return 1 - pixel / g->height;
}
