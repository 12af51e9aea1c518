/*
 * Who needs whom among what is installed: contracts and what they are bound to, plugins by name;
 * and who could stand there instead.
 */
#ifndef PAII_CLI_NEEDS_H
#define PAII_CLI_NEEDS_H

#include "registry/dependency.h"
#include "registry/registry.h"
#include "store/store.h"

struct use { /* of a contract, or of a plugin by name */
    const struct package *consumer;
    struct consumed term;      /* `contract` is NULL: a plugin by name */
    struct dependency depends; /* `name` is NULL: a contract */
    /* What the contract is bound to, or the plugin of that name; NULL: nothing, or not in range. */
    const struct package *provider;
};

struct needs {
    struct installed set;
    struct use *uses; /* by consumer, then in the order of its manifest */
    size_t count, capacity;
};

int needs_read(struct needs *out, struct arena *arena);
/* "GreetProvider >=1", "plugin greeter ^1". */
const char *use_words(const struct use *use, struct arena *arena);
bool use_optional(const struct use *use);
/* Whether the package would satisfy it. */
bool use_takes(const struct use *use, const struct package *package, struct arena *arena);
/* From what was asked for down to `package`, both included, over what is needed and not optional;
 * the shortest, and of equal ones the first by name. Empty if nothing that was asked for needs it.
 */
struct strings needs_path(const struct needs *needs, const struct package *package,
                          struct arena *arena);

/* ---- who else could ---- */

enum preference { PREFER_BOUND, PREFER_ASKED, PREFER_PRIORITY, PREFER_NAME, PREFER_THERE };
extern const char *const preference_names[]; /* for --json */

struct rival {
    struct package package; /* the newest version that would do */
    bool installed;
    enum preference why; /* the provider was chosen over it */
};
struct rivals {
    struct rival *items;
    size_t count, capacity;
};
/* Others who satisfy the use of a contract, by name: installed, or in a registry. */
struct rivals use_rivals(const struct needs *needs, const struct use *use,
                         const struct config *config, const struct catalog *catalogs,
                         struct arena *arena);

#endif
