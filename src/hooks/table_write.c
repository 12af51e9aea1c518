/* The bytes of a hook table. */
#include "hooks/table_format.h"

enum { EVENT_MAX_MS = 600 * 1000, SESSION_END_MAX_MS = 58 * 1000 };

/* Strings and vectors, behind the rows. An equal string is kept once. */
struct heap {
    struct buf bytes;
    size_t base; /* where it will lie */
};

static uint32_t add_text(struct heap *heap, const char *text)
{
    if (!text || !*text)
        return 0;
    size_t size = strlen(text) + 1;
    const char *same =
        heap->bytes.len ? memmem(heap->bytes.data, heap->bytes.len, text, size) : NULL;
    if (same)
        return (uint32_t)(heap->base + (size_t)(same - heap->bytes.data));
    uint32_t at = (uint32_t)(heap->base + heap->bytes.len);
    buf_add(&heap->bytes, text, size);
    return at;
}

static uint32_t add_vector(struct heap *heap, const char *const *items)
{
    struct buf vector = {0};
    uint32_t count = 0;
    while (items && items[count])
        count++;
    if (count == 0)
        return 0;
    buf_add(&vector, &count, sizeof count);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t item = add_text(heap, items[i]);
        buf_add(&vector, &item, sizeof item);
    }
    uint32_t at = (uint32_t)(heap->base + heap->bytes.len);
    buf_add(&heap->bytes, vector.data, vector.len);
    buf_release(&vector);
    return at;
}

static void add_row(struct buf *rows, struct heap *heap, const struct handler *handler)
{
    struct table_row row = {
        .event = (uint32_t)handler->event,
        .kind = handler->kind,
        .flags = handler->flags,
        .priority = handler->priority,
        .deadline_ms = (uint32_t)handler->deadline_ms,
        .plugin = add_text(heap, handler->plugin),
        .version = add_text(heap, handler->version),
        .label = add_text(heap, handler->label),
        .matcher = add_text(heap, handler->matcher),
        .condition = add_text(heap, handler->condition),
        .action = add_text(heap, handler->action),
        .config = add_text(heap, handler->config),
        .config_file = add_text(heap, handler->config_file),
        .prefix = add_text(heap, handler->prefix),
        .stable = add_text(heap, handler->stable),
        .data = add_text(heap, handler->data),
        .argv = add_vector(heap, (const char *const *)handler->argv),
        .params = add_vector(heap, handler->params),
        .secrets = add_vector(heap, handler->secrets),
        .config_stamp = handler->config_stamp,
        .fingerprint = {handler->fingerprint[0], handler->fingerprint[1]},
    };
    buf_add(rows, &row, sizeof row);
}

int hook_event_deadline(const struct handler *handlers, size_t count)
{
    int64_t sum = 0;
    int longest = 0, limit = EVENT_MAX_MS;
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && handlers[i].priority != handlers[i - 1].priority) {
            sum += longest;
            longest = 0;
        }
        if (handlers[i].deadline_ms > longest)
            longest = handlers[i].deadline_ms;
    }
    sum += longest;
    if (count && strcmp(hook_events[handlers[0].event].name, "session-end") == 0)
        limit = SESSION_END_MAX_MS;
    return sum < limit ? (int)sum : limit;
}

static void fill_events(struct table_header *header, const struct handler *handlers, size_t count)
{
    for (size_t i = 0; i < count;) {
        struct table_event *event = &header->events[handlers[i].event];
        size_t end = i;
        for (; end < count && handlers[end].event == handlers[i].event; end++)
            event->flags |= handlers[end].flags & HANDLER_ASYNC ? TABLE_ASYNC : TABLE_SYNC;
        event->first = (uint32_t)i;
        event->count = (uint32_t)(end - i);
        event->deadline_ms = (uint32_t)hook_event_deadline(handlers + i, end - i);
        i = end;
    }
}

void hook_table_image(struct buf *out, const struct handler *handlers, size_t count)
{
    struct table_header header = {.format = TABLE_FORMAT};
    struct buf rows = {0};
    struct heap heap = {.base = sizeof header + count * sizeof(struct table_row)};
    size_t covered = offsetof(struct table_header, handlers);

    for (size_t i = 0; i < count; i++)
        add_row(&rows, &heap, &handlers[i]);
    buf_putc(&heap.bytes, '\0'); /* whatever is read as text has an end */
    memcpy(header.magic, TABLE_MAGIC, sizeof header.magic);
    header.handlers = (uint32_t)count;
    header.size = (uint32_t)(heap.base + heap.bytes.len);
    fill_events(&header, handlers, count);
    buf_add(out, &header, sizeof header);
    buf_add(out, rows.data, rows.len);
    buf_add(out, heap.bytes.data, heap.bytes.len);
    header.sum = table_sum(out->data + covered, out->len - covered);
    memcpy(out->data, &header, sizeof header);
    buf_release(&rows);
    buf_release(&heap.bytes);
}
