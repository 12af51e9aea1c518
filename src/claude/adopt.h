/*
 * What Claude Code has installed by itself, and the note of what paii took over of it
 * (docs/adopt.md).
 */
#ifndef PAII_CLAUDE_ADOPT_H
#define PAII_CLAUDE_ADOPT_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>

/* A plugin that the client has for the whole user. */
struct client_plugin {
    const char *id;            /* "kit@lab" */
    const char *name, *market; /* its parts */
    const char *version;       /* as the client says it; "" when it does not */
    const char *url, *ref;     /* of the marketplace as a registry; NULL: the default branch */
    bool enabled;
    bool pulled_in;   /* for another plugin that depends on it */
    const char *left; /* why it cannot be taken over; NULL: it can */
};
struct client_plugins {
    struct client_plugin *items;
    size_t count, capacity; /* sorted by id */
};
/* None if the client has no such files. */
int client_plugins_read(struct client_plugins *out, struct arena *arena);

/* Sets these ids in enabledPlugins of settings.json to `enabled`, where they are there: no other
 * byte of it changes. */
int client_plugins_enable(const struct strings *ids, bool enabled, struct arena *arena);

/* What was taken over, until it is handed back. */
struct adopted {
    struct strings ids;        /* switched off in the client */
    struct strings names;      /* the plugins, in the same order */
    struct strings registries; /* added for them */
};
int adopted_read(struct adopted *out, struct arena *arena);
/* Nothing in it: no note is left. */
int adopted_write(const struct adopted *adopted, struct arena *arena);

#endif
