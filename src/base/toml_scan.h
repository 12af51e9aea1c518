/*
 * Where the tokens of a TOML text end, for code that needs bytes rather than values. On text that
 * is not valid TOML the answers are meaningless but stay inside the text. Private to this room.
 */
#ifndef PAII_BASE_TOML_SCAN_H
#define PAII_BASE_TOML_SCAN_H

#include <stddef.h>

/* A position in a text. */
struct toml_scan {
    const char *text;
    size_t len;
    size_t at;
};

/* At a quote: passes the string, of any of the four kinds. */
void toml_scan_string(struct toml_scan *scan);
/* At '#': passes the comment up to its line's end. */
void toml_scan_comment(struct toml_scan *scan);
/* Passes spaces and tabs. */
void toml_scan_blank(struct toml_scan *scan);
/* Passes blanks, comments and line ends. */
void toml_scan_space(struct toml_scan *scan);
/* Passes one whole value: a string, an array, an inline table, or a bare token without its blanks.
 */
void toml_scan_value(struct toml_scan *scan);

#endif
