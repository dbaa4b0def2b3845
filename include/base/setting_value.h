/* One setting's value: from text to the typed value and back, and its line of help. The part of
 * base/settings.h that knows the types. */
#ifndef MEC_BASE_SETTING_VALUE_H
#define MEC_BASE_SETTING_VALUE_H

#include <stdio.h>

#include "base/settings.h"

/* Parses `text` into `value` (of the setting's type); adds a row to rows. MEC_REFUSED names
 * section, key, what was found and what is accepted. */
mec_code mec_setting_parse(const mec_setting *setting, const char *text, void *value,
                           const char *section, mec_status *status);

/* In how many lines a value is printed: one a row of rows, which may be none. */
size_t mec_setting_n_line(const mec_setting *setting, const void *value);

/* The canonical text of a value, or of one of its lines: parsing it gives the same value. */
void mec_setting_print(const mec_setting *setting, const void *value, size_t line, char *text,
                       size_t size);

/* The setting's line of help. */
void mec_setting_help(const mec_setting *setting, FILE *stream);

#endif
