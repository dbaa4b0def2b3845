/* Pictures through the program gnuplot: a script is written, gnuplot draws it, the picture gets its
 * name when it is whole. No shell and no start-up file of the user's is involved; texts from data
 * go in quoted so that gnuplot takes them as they are. Sizes are in pixels of a picture on a
 * screen; PNG files have twice as many. */
#ifndef MEC_JOBS_GNUPLOT_H
#define MEC_JOBS_GNUPLOT_H

#include <stdbool.h>
#include <stddef.h>

#include "report/output_file.h"

enum { GNUPLOT_N_COLOUR = 6 };

/* Muted colours that differ in lightness too, as "rrggbb". */
extern const char *const gnuplot_colours[GNUPLOT_N_COLOUR];

typedef struct gnuplot {
    FILE *script; /* for the caller to write to */
    output_file picture;
    bool svg;
    bool formats; /* what is quoted will be a format in which % is special: a label of an axis */
    int width, height;
} gnuplot;

/* Starts a picture: its kind is that of the suffix of `path` (.png or .svg; others MEC_REFUSED).
 * The script gets the terminal and the common style; a multiplot is open. */
mec_code gnuplot_open(gnuplot *g, const char *path, int width, int height, mec_status *status);

/* MEC_REFUSED unless `path` ends in .png or .svg. */
mec_code gnuplot_check_path(const char *path, mec_status *status);

/* Draws if `status` is MEC_OK; MEC_FAILED with what to install where gnuplot is not there, or with
 * its own words. To be called in any case. */
mec_code gnuplot_close(gnuplot *g, mec_status *status);

/* Writes `text` quoted, on one line. */
void gnuplot_quote(gnuplot *g, const char *text);

/* The same with at most `n` characters, an ellipsis in place of the rest, which is the beginning
 * if `keep_end` (for paths), else the end. */
void gnuplot_quote_short(gnuplot *g, const char *text, size_t n, bool keep_end);

/* Ends a line with the size and the colour of its text. */
void gnuplot_font(gnuplot *g, double points, const char *colour);
#define GNUPLOT_INK "222222"
#define GNUPLOT_PALE_INK "6a6a6a"

/* The pointsize that makes points as large in every kind of picture. */
double gnuplot_point(const gnuplot *g, double size);

/* Characters (not bytes) of a text; about how many pixels wide it is at a font of `size` points. */
size_t gnuplot_length(const char *text);
double gnuplot_text_width(size_t n_character, double size);

/* Where a pixel counted from the left, or from the top, lies in gnuplot's screen coordinates. */
double gnuplot_x(const gnuplot *g, double pixel);
double gnuplot_y(const gnuplot *g, double pixel);

#endif
