/*
 * The text of a settings.json with paii's entries put in, changed or taken out; every byte that is
 * not of these entries stays (docs/hooks.md, "Registration").
 *
 * Nothing but the text itself says what was there before: where an entry had to go into an empty
 * object or array, a space before the first line end keeps these braces from being taken for ours.
 * So taking out gives the very bytes from before putting in.
 */
#ifndef PAII_CLAUDE_SETTINGS_EDIT_H
#define PAII_CLAUDE_SETTINGS_EDIT_H

#include "base/buf.h"
#include "base/json_scan.h"
#include "claude/dispatcher.h"

enum { SETTINGS_MAX = 4 * 1024 * 1024, SETTINGS_DEPTH = 200 };

struct settings_text {
    const char *file; /* a name for messages */
    const char *text;
    size_t len;
    struct json_slice root, hooks; /* filled by settings_parse(); hooks may have no slice */
};
/* ERR_REFUSED with line and column for a text that is no strict JSON object, or whose `hooks` are
 * not one object. */
int settings_parse(struct settings_text *settings);

/* How many entries of ours it has. */
size_t settings_count(const struct settings_text *settings, struct arena *arena);
/* Whether the object has no member at all. */
bool settings_empty(const struct settings_text *settings);

/* Of settings_text.c, for settings_edit.c. */
int settings_refuse(const struct settings_text *settings, const char *at, const char *what);
int settings_member(struct json_slice *out, const struct settings_text *settings,
                    struct json_slice object, const char *key);
bool settings_is_ours(struct json_slice hook, struct arena *arena);
bool settings_has_exactly(const struct settings_text *settings, const struct wanted_event *events,
                          size_t count, struct arena *arena);

/*
 * Appends the text with exactly the entries of `events`: the very same text if it has them already.
 * ERR_REFUSED, with its place, for what cannot be edited.
 */
int settings_edit(struct buf *out, struct settings_text *settings,
                  const struct wanted_event *events, size_t count, struct arena *arena);

#endif
