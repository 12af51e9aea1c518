/* What .claude-plugin/plugin.json says of a plugin's components. Private to this room. */
#ifndef PAII_CLAUDE_DECLARED_H
#define PAII_CLAUDE_DECLARED_H

#include "base/data.h"
#include "claude/claude.h"

/* Names as the client knows them, and their files below the plugin, in the same order. */
struct declared {
    struct strings names, files;
};
/* A path, a list of paths, or a table of names; folders stand for what they hold. */
void claude_declared(struct declared *out, enum component_kind kind, const struct data *value,
                     const char *plugin, const char *prefix, struct arena *arena);
/* The name that the front matter of an agent gives it; NULL if it gives none. */
const char *claude_agent_name(const struct data *front);
/* What the client calls the agent in that file below the plugin: so, or else `fallback`. NULL if
 * the file is no agent, for it has no front matter. */
int claude_read_agent(const char **name, struct arena *arena, const char *prefix, const char *file,
                      const char *fallback);
/* Adds the servers of a table, with or without its wrapper, or of the files that are named. */
int claude_declared_servers(struct servers *out, const struct data *value, const char *wrapper,
                            const char *prefix, struct arena *arena);
/* "skills" is COMPONENT_SKILL; -1 for a key that names no components. */
int component_kind_of_key(const char *key);
/* metadata.c: writes the key as the client accepts it, or leaves it out; false if it is for others
 * to write. */
bool claude_write_metadata(struct json_writer *json, const struct data *node);
/* metadata.c: a list of files below the plugin. */
void claude_write_paths(struct json_writer *json, const char *key, const struct strings *paths,
                        struct arena *arena);
/* A table; NULL if there is none. What is there and cannot be read is an error. */
int claude_read_json(const struct data **out, const char *prefix, const char *file,
                     struct arena *arena);

#endif
