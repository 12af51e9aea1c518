/*
 * plugin.toml: what a plugin says of itself. The format is docs/manifest.md.
 */
#ifndef PAII_REGISTRY_MANIFEST_H
#define PAII_REGISTRY_MANIFEST_H

#include "base/data.h"
#include "base/diag.h"
#include "registry/contract.h"

#include <stdbool.h>
#include <stddef.h>

struct value_schema { /* of a parameter or a configuration key */
    const char *name;
    const char *type; /* string integer number boolean array object path */
    const char *description;
    const char *fallback; /* default, as JSON text; NULL for none */
    const char *env;      /* environment variable that carries it, or NULL */
    bool required, secret;
};

struct action {
    const char *name, *summary;
    const char *effect; /* read write external destructive */
    struct value_schema *params;
    size_t param_count, param_capacity;
    int timeout_ms; /* 0: the default */
};

struct hook {
    const char *event; /* kebab-case: pre-tool-use */
    const char *action, *matcher;
    bool spool, closed; /* mode = "spool"; on_error = "closed" */
    int timeout_ms, priority;
};

struct env_variable {
    const char *name, *description;
    bool required, secret;
};

enum build_type { BUILD_SKILL, BUILD_PIP, BUILD_CARGO, BUILD_MAKE, BUILD_CUSTOM };
extern const char *const build_type_names[]; /* NULL-terminated, by enum build_type */
#define BUILD_NONE "none" /* in place of a type: not to be built, whatever its marketplace says */

struct build_spec {
    enum build_type type;
    bool said;                /* by the manifest; else told from the files */
    const char *requirements; /* pip: a file of the plugin; NULL: found by convention */
    const char *target;       /* make: target besides install; cargo: package */
    struct strings features;  /* cargo */
    struct strings command;   /* custom */
};

struct manifest {
    const char *file; /* path it was read from, for messages */
    const char *name, *version;
    const char *description, *license, *homepage, *language, *type; /* "" when not said */
    const char *core_version; /* range of paii versions; NULL for any */
    struct strings authors, tags;
    struct strings depends;   /* terms of dependency.h: plugins that one of the client asks for */
    struct strings conflicts; /* terms of dependency.h */
    struct provided *provides;
    size_t provide_count, provide_capacity;
    struct consumed *consumes;
    size_t consume_count, consume_capacity;
    struct value_schema *config;
    size_t config_count, config_capacity;
    struct hook *hooks;
    size_t hook_count, hook_capacity;
    struct build_spec build;
    struct strings run; /* [run] command; empty: by convention (docs/manifest.md) */
    struct action *actions;
    size_t action_count, action_capacity;
    struct env_variable *env;
    size_t env_count, env_capacity;
};

extern const char *const value_types[]; /* NULL-terminated, as the next */
extern const char *const effect_names[];
/* "pre-tool-use" for any spelling of an event of Claude Code; NULL if it is none. */
const char *hook_event(const char *text);

/*
 * Reads DIR/plugin.toml, reporting every finding. Returns 0 when there is no error among them
 * (warnings are in `diags`), ERR_NOT_FOUND if DIR has no plugin.toml. A folder with only a SKILL.md
 * or a .claude-plugin/plugin.json is a plugin too: its manifest is made from that.
 */
int manifest_read(struct manifest *out, struct arena *arena, const char *dir, struct diags *diags);
/*
 * The same of what was fetched for `package`. A plugin of a marketplace is called what its entry
 * calls it, and what its own files do not say is what the entry says. A version that nobody says is
 * told from the commit or the archive: docs/registry.md.
 */
struct package;
int manifest_read_package(struct manifest *out, struct arena *arena, const char *dir,
                          const struct package *package, struct diags *diags);
/* In a marketplace's entry, and then in the plugin.json that is made of it: the skills that are
 * named are all that there are, whatever is in the folder `skills`. */
#define ONLY_SKILLS "onlySkills"

/* Writes what a marketplace's entry declares into the .claude-plugin/plugin.json of a staged tree,
 * for all who look at the plugin later. */
int manifest_settle(struct arena *arena, const char *dir, const struct package *package);
/* Whether it is the name of a type that a plugin without plugin.toml can be built as, or "none". */
bool build_choice_valid(const char *text);
enum build_type build_choice_type(const char *text);
/* The file of `dir` that asks for that type of build, "Cargo.toml"; NULL if there is none. */
const char *manifest_build_sign(struct arena *arena, const char *dir, enum build_type type);
/* How its marketplace says that it is built, "pip"; "" if it does not. */
const char *manifest_entry_build(struct arena *arena, const struct package *package);
/* What a prefix is made from: the tree, and what the entry adds to it. */
const char *manifest_identity(struct arena *arena, const struct package *package);
/* The same of a text. Missing [build] is left as skill: there are no files to tell it from. */
int manifest_parse(struct manifest *out, struct arena *arena, const char *file, const char *text,
                   size_t len, struct diags *diags);
/* As `paii check` sees it: also files that the manifest names, SKILL.md, version order,
 * core_version. */
int manifest_check(struct arena *arena, const char *dir, struct diags *diags);
/* The front matter at the beginning of a Markdown text, as a table; NULL if it has none or none
 * that can be read. Scalars are strings. */
struct data *front_matter_read(struct arena *arena, const char *text);
const struct action *manifest_action(const struct manifest *manifest, const char *name);

#endif
