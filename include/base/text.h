/* Small text: parsing numbers whole, printing them so that they read back, lists of words, and the
 * nearest known word for a message that helps. */
#ifndef MEC_BASE_TEXT_H
#define MEC_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* True where the whole of `text` is one number (surrounding blanks allowed). */
bool mec_text_to_real(const char *text, double *value);
bool mec_text_to_int(const char *text, int64_t *value);

/* The shortest decimal that reads back to `value`; `text` has at least 32 bytes. */
void mec_text_from_real(double value, char *text, size_t size);

/* Copies the next item of a list separated by any of `separators`, blanks around it removed, and
 * moves `*list` behind it. False at the end. An item longer than `size` - 1 is cut. */
bool mec_text_next(const char **list, const char *separators, char *item, size_t size);

/* The index of `word` in a list of words separated by blanks, or -1. */
int mec_text_index(const char *words, const char *word);

/* The word of the list (separated by blanks) that is nearest to `word` by edits, copied to
 * `nearest`; false where none is near enough to be a likely slip. */
bool mec_text_nearest(const char *words, const char *word, char *nearest, size_t size);

/* Makes one line of a text: line breaks, and whatever else a terminal would obey, become blanks. */
void mec_text_to_line(char *text);

/* "1.5 GiB", "20 MiB", "312 bytes"; `text` has at least 32 bytes. */
void mec_text_from_bytes(double bytes, char *text, size_t size);

/* The other way round: a number and its unit ("1.5 GiB", "2G", "800 MB"; K, M, G, T are powers of
 * 1024), or bytes; false where the text is something else. */
bool mec_text_to_bytes(const char *text, double *bytes);

/* "3 h 05 min", "2 min 10 s", "4.2 s"; `text` has at least 32 bytes. */
void mec_text_from_seconds(double seconds, char *text, size_t size);

#endif
