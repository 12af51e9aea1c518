/*
 * What the client sends with an event: kept as it came, with the few fields found that we read.
 */
#ifndef PAII_HOOKS_PAYLOAD_H
#define PAII_HOOKS_PAYLOAD_H

#include "base/json_scan.h"
#include "hooks/table.h"

enum { PAYLOAD_MAX = 64 * 1024 * 1024, PAYLOAD_DEPTH = 512 };

struct payload {
    const char *text;
    size_t len;
    struct json_slice root; /* the object */
    const char *wrong;      /* why it cannot be used ("not JSON at byte 7: …"), or NULL */
    const char *subject;    /* what matchers are compared with, or NULL */
    const char *session_id, *cwd, *tool_name; /* NULL when absent */
    struct json_slice tool_input;
};
/* Reads all of `fd` into memory that lasts as long as the process; more than PAYLOAD_MAX is read,
 * dropped, and `wrong`. Returns 0 or an error of reading. */
int payload_read(struct payload *out, int fd, int event, struct arena *arena);
/* The same of a text, which must stay. */
void payload_parse(struct payload *out, const char *text, size_t len, int event,
                   struct arena *arena);
/* The payload with tool_input replaced, in the arena; every other byte is as it was. */
void payload_update(struct payload *out, const struct payload *from, struct json_slice tool_input,
                    struct arena *arena);

/* Whether the handler's matcher and `if` want this payload. `why` becomes a short static text for
 * `paii hook test` ("matcher", "if", …) when not. */
bool handler_wants(const struct handler *handler, const struct payload *payload, const char **why,
                   struct arena *arena);
/* Whether a matcher is well-formed; for `paii check`. */
bool matcher_valid(const char *matcher);

#endif
