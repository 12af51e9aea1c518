/*
 * Contract terms, as plugins write them and as catalogs carry them.
 *
 *   provided   MemoryProvider@1.1     IntegrationProvider[jira]@1     SkillProvider[incident]
 *   consumed   memory=MemoryProvider >=1.0 <2      jira=IntegrationProvider[jira]? ^1.1
 *
 * "?" stands for optional. The text form is canonical: one term, one spelling. A provider without a
 * version satisfies only "*".
 */
#ifndef PAII_REGISTRY_CONTRACT_H
#define PAII_REGISTRY_CONTRACT_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>

struct provided {
    const char *contract, *service, *version; /* service and version may be NULL */
};
struct consumed {
    const char *alias, *contract, *service, *range; /* service may be NULL; range is "*" for any */
    bool optional;
};

const char *provided_text(const struct provided *term, struct arena *arena);
const char *consumed_text(const struct consumed *term, struct arena *arena);
/* Parse the canonical form; false if malformed. Results are in the arena. */
bool provided_parse(struct provided *out, struct arena *arena, const char *text);
bool consumed_parse(struct consumed *out, struct arena *arena, const char *text);
/* "MemoryProvider@>=1", "IntegrationProvider[jira]": contract, service and range of a consumer. */
bool consumed_parse_short(struct consumed *out, struct arena *arena, const char *text);
/* Whether `p` satisfies `c`: same contract, service (if asked for), version in range. */
bool contract_satisfies(const struct provided *p, const struct consumed *c);

/* Of terms one a line, as a catalog has them; malformed ones are left out. */
bool provided_lines_satisfy(const char *lines, const struct consumed *term, struct arena *arena);
size_t consumed_parse_lines(struct consumed **out, const char *lines, struct arena *arena);
/* For people: "IntegrationProvider[jira] ^1.1". */
const char *consumed_words(const struct consumed *term, struct arena *arena);

/* The parts of a term: "MemoryProvider", "jira", "memory". */
bool contract_name_valid(const char *text);
bool contract_word_valid(const char *text); /* of a service or an alias */
/* A range of contract versions in its one spelling: a bare version is the least of its major ("1.1"
 * becomes "^1.1"), spaces and commas become one space, "" becomes "*". NULL if it is not a range.
 */
const char *contract_range(struct arena *arena, const char *text);

/* The contract that a short key stands for ("memory" is MemoryProvider); NULL if none. */
const char *contract_of_key(const char *key);
extern const char *const contract_keys[]; /* NULL-terminated */

#endif
