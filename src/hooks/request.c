/*
 * What an action is asked (docs/protocol.md), from the bytes of the payload: its fields are copied
 * as they are.
 */
#include "hooks/run_private.h"

#include "base/data.h"
#include "runtime/run.h"

#include <string.h>

static void add_piece(struct input *out, size_t *capacity, struct arena *arena, const char *text,
                      size_t len)
{
    *arena_push(arena, &out->pieces, &out->count, capacity) = (struct iovec){(void *)text, len};
    out->len += len;
}

/* Takes what was written so far as a piece of its own. */
static void flush(struct input *out, size_t *capacity, struct buf *text, struct arena *arena)
{
    if (text->len)
        add_piece(out, capacity, arena, arena_strndup(arena, text->data, text->len), text->len);
    buf_clear(text);
}

static struct json_slice param_value(const struct payload *payload, const char *name)
{
    return strcmp(name, "payload") == 0 ? payload->root : json_member(payload->root, name, NULL);
}

static void write_context(struct json_writer *json, const struct handler *handler,
                          const struct payload *payload)
{
    json_key(json, "context");
    json_object(json);
    json_field(json, "event", hook_events[handler->event].name);
    json_field(json, "session_id", payload->session_id);
    json_field(json, "cwd", payload->cwd);
    json_key(json, "dry_run");
    json_boolean(json, false);
    json_end_object(json);
}

void request_make(struct input *out, struct handler_run *run, const struct batch *batch)
{
    const struct handler *handler = run->handler;
    AUTO_BUF text = {0};
    struct json_writer json = {.out = &text};
    size_t capacity = 0;
    *out = (struct input){0};
    run->id = action_request_id(batch->arena);
    json_object(&json);
    json_key(&json, "paii");
    json_integer(&json, 1);
    json_field(&json, "id", run->id);
    json_field(&json, "action", handler->action);
    json_key(&json, "params");
    json_object(&json);
    for (const char *const *name = handler->params; name && *name; name++) {
        struct json_slice value = param_value(batch->payload, *name);
        if (!value.start)
            continue;
        json_key(&json, *name);
        json_raw(&json, ""); /* the bytes come as a piece of their own */
        flush(out, &capacity, &text, batch->arena);
        add_piece(out, &capacity, batch->arena, value.start, value.len);
    }
    json_end_object(&json);
    write_context(&json, handler, batch->payload);
    json_end_object(&json);
    buf_putc(&text, '\n');
    flush(out, &capacity, &text, batch->arena);
}
