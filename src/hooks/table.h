/*
 * The hook table of a generation: every handler of what is installed, resolved when the generation
 * is written, mapped when an event comes (docs/hooks.md).
 */
#ifndef PAII_HOOKS_TABLE_H
#define PAII_HOOKS_TABLE_H

#include "base/arena.h"
#include "registry/events.h"
#include "store/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum handler_kind {
    HANDLER_ACTION, /* argv is the command and the action; protocol of docs/protocol.md */
    HANDLER_NATIVE, /* argv; the client's protocol */
};
enum handler_flags {
    HANDLER_CLOSED = 1 << 0,
    HANDLER_SPOOL = 1 << 1,
    HANDLER_ASYNC = 1 << 2,
    HANDLER_ONCE = 1 << 3,
    HANDLER_DEV = 1 << 4,   /* a live folder: not checked */
    HANDLER_SHELL = 1 << 5, /* native, argv is {"/bin/sh", "-c", COMMAND} */
    HANDLER_BUILT = 1 << 6, /* its prefix has programs that a build made */
};

/* One handler. All strings point into the table, "" for none; vectors are NULL-terminated. */
struct handler {
    int event;
    enum handler_kind kind;
    unsigned flags;
    const char *plugin, *version;
    const char *label;               /* unique in the table: "security:check" */
    const char *matcher, *condition; /* condition: `if` */
    char *const
        *argv; /* absolute program first; may hold ${CLAUDE_PROJECT_DIR} (native, not shell) */
    const char *action;         /* of an action */
    const char *const *params;  /* names that it declares */
    const char *const *secrets; /* variables that it is given from .env; '!' in front: required */
    const char *config;         /* merged configuration, JSON text, as of the commit */
    const char *config_file;    /* a 0600 file with that text, below the generation */
    uint64_t config_stamp;      /* of the files it was merged from: see config_stamp() */
    const char *prefix;         /* absolute; the files that were hashed */
    const char *stable;         /* PAII_DIR/current/prefix/NAME */
    const char *data;           /* PAII_DIR/plugins/NAME/data */
    uint64_t fingerprint[2];
    int priority, deadline_ms;
};

struct hook_table {
    void *map;
    size_t size;
    unsigned generation; /* the one that it belongs to */
    const char *dir;     /* of that generation, absolute */
};
/*
 * Maps the table of the current generation, once `current` is resolved (one readlink). No
 * generation, or one from before there were tables: success with map NULL and no handlers.
 * ERR_CONFIG if it is damaged.
 */
int hook_table_open(struct hook_table *out, struct arena *arena);
void hook_table_close(struct hook_table *table);
/* Handlers of an event, in their order; 0 for a table without map. */
size_t hook_table_count(const struct hook_table *table, int event);
/* The event's deadline, of all its priorities together. */
int hook_table_deadline(const struct hook_table *table, int event);
/* Fills `out` with the i-th handler of the event; vectors are in the arena. */
void hook_table_get(const struct hook_table *table, int event, size_t i, struct handler *out,
                    struct arena *arena);

/*
 * Writes GENERATION_DIR/hooks, the configuration files it names, and GENERATION_DIR/claude/paii,
 * the plugin that registers the wanted events with the client. A step of generation_write(), after
 * claude_project(). What a native hooks file says wrongly is left out with a warning, as the client
 * leaves it out. An action whose program is missing is a warning, and fails when it runs.
 */
int hooks_project(const struct installed *set, const char *generation_dir, struct arena *arena);

/* A sum over every file and folder below `dir`: path, mode, size, inode, mtime, ctime. */
int hook_fingerprint(uint64_t out[2], const char *dir);
/* Over size, inode, mtime and ctime of the files that the configuration of a plugin is merged from.
 */
uint64_t config_stamp(const char *plugin, struct arena *arena);

#endif
