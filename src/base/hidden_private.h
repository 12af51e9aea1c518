/* Between the files of the scan for hidden text. */
#ifndef PAII_BASE_HIDDEN_PRIVATE_H
#define PAII_BASE_HIDDEN_PRIVATE_H

#include "base/hidden.h"

struct hidden_scanning {
    struct hidden_count *counts;
    const char *text;
    size_t counted_to, line; /* lines are counted up to there, and only when somebody asks */
};

/* Counts `c`, which stands behind `before` at that byte of the text, unless it is ordinary there.
 */
void hidden_judge(struct hidden_scanning *scan, uint32_t before, uint32_t c, size_t at);

/* What the escapes of a text of that form stand for. */
void hidden_scan_escapes(struct hidden_scanning *scan, enum hidden_form form, size_t len);

#endif
