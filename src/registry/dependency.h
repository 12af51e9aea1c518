/*
 * Plugins that a plugin names itself, as catalogs and lock files carry them.
 *
 *   dependency   audit-logger      secrets-vault@~2.1.0      acme-shared/audit-logger@>=1 <3
 *   conflict     jira              jira@<2                   MemoryProvider
 * IntegrationProvider[jira]@^1
 *
 * The text form is canonical: one term, one spelling.
 */
#ifndef PAII_REGISTRY_DEPENDENCY_H
#define PAII_REGISTRY_DEPENDENCY_H

#include "registry/contract.h"

struct dependency {
    const char *registry; /* as the plugin's author calls it; NULL: the plugin's own */
    const char *name;
    const char *range; /* of the client's kind ("1.2.0" is that version alone); "*" for any */
};

const char *dependency_text(const struct dependency *term, struct arena *arena);
/* Any spaces in the range will do; false if malformed. Results are in the arena. */
bool dependency_parse(struct dependency *out, struct arena *arena, const char *text);
/* Of terms one a line; malformed ones are left out. */
size_t dependency_parse_lines(struct dependency **out, const char *lines, struct arena *arena);
/* Whether a plugin of that version is in the range; `arena` for scratch. */
bool dependency_takes(const struct dependency *term, const char *version, struct arena *arena);
/* "1.0.0 - 2", with one space where there were several, as one line; "*" for "". NULL if it is no
 * range. */
const char *dependency_range(struct arena *arena, const char *text);
/* A name that a marketplace may give itself. */
bool marketplace_name_valid(const char *text);

/* One of the two. */
struct conflict {
    bool with_contract;
    struct dependency plugin;
    struct consumed contract;
};
/* The canonical form; NULL if the text is no term. */
const char *conflict_text(struct arena *arena, const char *text);
size_t conflict_parse_lines(struct conflict **out, const char *lines, struct arena *arena);

#endif
