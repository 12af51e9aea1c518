/* What a build made, where the client and what it starts find it (docs/build.md). Private to this
 * room. */
#ifndef PAII_CLAUDE_BUILT_H
#define PAII_CLAUDE_BUILT_H

#include "base/data.h"
#include "store/store.h"

/* A server of a built plugin, with its programs in the server's PATH. */
void claude_write_server(struct json_writer *json, const struct data *server, bool built,
                         struct arena *arena);
/* Whether `prefix` has programs of a venv. */
bool claude_has_venv(const char *prefix, struct arena *arena);
/* DIR/bin, which the client has in the PATH of its shell: the plugin's own programs and those of
 * its venv. */
int claude_project_bin(const char *dir, const char *name, const char *prefix, struct arena *arena);

#endif
