/*
 * How the client comes to call the dispatcher: by a link to a plugin of paii's own, by entries in
 * its settings.json, or not at all ([claude] hooks of paii.toml; docs/hooks.md, "Registration").
 */
#ifndef PAII_CLAUDE_REGISTRATION_H
#define PAII_CLAUDE_REGISTRATION_H

#include "claude/dispatcher.h"
#include "registry/config.h"

/* What paii.toml says. */
int registration_read(enum hook_registration *out, struct arena *arena);

/* $CLAUDE_CONFIG_DIR/settings.json */
const char *settings_path(struct arena *arena);
/* ERR_REFUSED if settings_sync() could not do its work. Changes nothing. */
int settings_check(const struct wanted_event *events, size_t count, struct arena *arena);
/*
 * Makes the entries of settings.json those of `events`, in place, through links, durably, and again
 * if somebody else changed the file meanwhile. A file that is not there is made; with no events,
 * one that we made is removed once it holds nothing else. Without entries that we put there nothing
 * is read.
 */
int settings_sync(const struct wanted_event *events, size_t count, struct arena *arena);
/* Notes entries that we did not know of, so that the next settings_sync() minds them. */
int settings_adopt(struct arena *arena);

/* What stands in settings.json now. Never fails: `wrong` is why it cannot be read, or NULL. */
struct settings_state {
    const char *wrong;
    size_t ours;          /* entries */
    bool exact;           /* they are those of `events` */
    bool hooks_disabled;  /* disableAllHooks */
    bool plugin_disabled; /* our plugin is switched off in enabledPlugins */
};
void settings_look(struct settings_state *out, const struct wanted_event *events, size_t count,
                   struct arena *arena);

/* Makes a folder of the client's that is not there, noted to be removed when it is empty again. */
int claude_make_folder(const char *folder, struct arena *arena);

#endif
