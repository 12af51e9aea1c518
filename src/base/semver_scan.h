/* What semver.c and semver_range.c share: reading pieces of versions. Cursors stay put on failure.
 */
#ifndef PAII_BASE_SEMVER_SCAN_H
#define PAII_BASE_SEMVER_SCAN_H

#include "base/semver.h"

#define VERSION_NUMBER_MAX ((UINT64_C(1) << 53) - 1)

bool scan_is_digit(char c);
void scan_spaces(const char **cursor);
bool scan_number(const char **cursor, uint64_t *out, bool leading_zeros);
/* "-pre" and "+build", both optional; `loose` takes a prerelease without its '-'. */
bool scan_tail(const char **cursor, struct version *out, bool loose);

#endif
