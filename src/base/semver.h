/*
 * Semantic versions and ranges as npm and cargo read them (docs/versions.md).
 * Parsing copies nothing: `pre` and `build` point into the given text, which must outlive the
 * struct.
 */
#ifndef PAII_BASE_SEMVER_H
#define PAII_BASE_SEMVER_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct version {
    uint64_t major, minor, patch; /* at most 2^53-1, as npm */
    const char *pre;              /* "beta.1", not terminated; `pre_len` 0 for none */
    size_t pre_len;
    const char *build;
    size_t build_len;
};

/* Strict SemVer 2.0 ("1.2.3-rc.1+5"). `loose` also takes "v1.2.3", "=1.2.3", spaces around,
 * "1.2.3beta". */
bool version_parse(struct version *out, const char *text, bool loose);
/* Fills missing parts with 0 ("1.2" is 1.2.0): for contract versions and foreign manifests. */
bool version_parse_partial(struct version *out, const char *text);
int version_compare(const struct version *a, const struct version *b); /* build is ignored */

struct range; /* a set of alternatives of comparator sets, in an arena */

/*
 * Parses npm's grammar: "^1.2", "~1", "1.x", "1.2 - 2", ">=1 <2 || 3.*", "*", "". A comma is a
 * space
 * (">=1.0, <2", as cargo writes it). NULL if malformed.
 */
struct range *range_parse(struct arena *arena, const char *text, bool loose);
/* npm's rule: a prerelease matches only if a comparator of the same major.minor.patch names one. */
bool range_matches(const struct range *range, const struct version *version,
                   bool include_prerelease);
/* Whether only one exact version can match (for yanked versions and pins). */
bool range_is_exact(const struct range *range);
/* The canonical text (">=1.2.0 <2.0.0-0"), in the arena. */
const char *range_text(const struct range *range, struct arena *arena);

#endif
