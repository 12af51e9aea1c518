/*
 * The parts that versions and ranges share. Private to semver.c and semver_range.c.
 */
#ifndef PAII_BASE_SEMVER_PARSE_H
#define PAII_BASE_SEMVER_PARSE_H

#include "base/semver.h"

#define VERSION_NUMBER_MAX 9007199254740991u /* 2^53-1 */

/* A version of which the end may be missing or a wildcard: "1", "1.x", "1.2.3-rc.1". */
struct partial {
    struct version version; /* absent parts are 0 */
    unsigned given;         /* how many of major, minor, patch are numbers, from the front */
};

/*
 * Reads a partial version at `*at`, behind any "v", "=" and blanks, and passes it. `wildcards`
 * allows "x", "X" and "*" for a number and all that follow.
 */
bool partial_parse(struct partial *out, const char **at, bool loose, bool wildcards);

/* One identifier of a prerelease; zeros in front of a number are left out. */
struct identifier {
    const char *text;
    size_t len;
    bool numeric;
};
/* The one at `*at`, which moves behind its dot. */
struct identifier next_identifier(const char **at, const char *end);

#endif
