/*
 * Payloads of hooks: the event's number, a matcher, an `if`, each on a line of its own, then the
 * payload. Every value that is found must be a document by itself, and another input must leave
 * one.
 */
#include "base/error.h"
#include "base/paths.h"
#include "fuzz.h"
#include "hooks/payload.h"

#include <assert.h>
#include <string.h>

static void walk(struct json_slice value, struct arena *arena)
{
    for (struct json_member m = {0}; json_next(value, &m);) {
        char kind = json_kind(m.value);
        assert(m.value.start > value.start &&
               m.value.start + m.value.len < value.start + value.len);
        if (m.key.start) {
            const char *key = json_text(m.key, arena);
            assert(json_check(m.key.start, m.key.len, 1, NULL));
            assert(!key || json_is(m.key, key));
        }
        if (kind == '{' || kind == '[')
            walk(m.value, arena);
        else
            assert(json_check(m.value.start, m.value.len, 1, NULL));
        json_text(m.value, arena);
    }
}

static const char *line(const uint8_t **data, size_t *size, struct arena *arena)
{
    const uint8_t *end = *size ? memchr(*data, '\n', *size) : NULL;
    size_t len = end ? (size_t)(end - *data) : *size;
    const char *text = arena_strndup(arena, (const char *)*data, len);
    *data += len + (end != NULL);
    *size -= len + (end != NULL);
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct payload payload, updated;
    const char *why, *number = line(&data, &size, &arena);
    struct handler handler = {.event = (unsigned char)number[0] % HOOK_EVENTS};
    struct json_slice input = {.start = "{\"command\":\"x\"}", .len = 15};
    paths.home = "/home/ada";
    handler.matcher = line(&data, &size, &arena);
    handler.condition = line(&data, &size, &arena);
    payload_parse(&payload, (const char *)data, size, handler.event, &arena);
    if (!payload.wrong) {
        walk(payload.root, &arena);
        handler_wants(&handler, &payload, &why, &arena);
        payload_update(&updated, &payload, input, &arena);
        assert(!updated.wrong && json_check(updated.text, updated.len, PAYLOAD_DEPTH, NULL));
        assert(json_check(updated.root.start, updated.root.len, PAYLOAD_DEPTH, NULL));
    }
    matcher_valid(handler.matcher);
    error_clear();
    arena_release(&arena);
    return 0;
}
