/*
 * Contract terms, as plugins write them and as catalogs carry them.
 *
 *   provided   MemoryProvider@1.1     IntegrationProvider[jira]@1     SkillProvider[incident]
 *   consumed   memory=MemoryProvider >=1.0 <2      jira=IntegrationProvider[jira]?     ("?" = optional)
 *
 * The text form is canonical: one term, one spelling. A provider without a version satisfies only "*".
 */
#ifndef PAII_REGISTRY_CONTRACT_H
#define PAII_REGISTRY_CONTRACT_H

#include "base/arena.h"

#include <stdbool.h>

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
/* Whether `p` satisfies `c`: same contract, service (if asked for), version in range. */
bool contract_satisfies(const struct provided *p, const struct consumed *c);

#endif
