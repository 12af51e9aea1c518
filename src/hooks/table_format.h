/* How the table lies in its file (docs/hooks.md). Private to its reader and its writer. */
#ifndef PAII_HOOKS_TABLE_FORMAT_H
#define PAII_HOOKS_TABLE_FORMAT_H

#include "base/buf.h"
#include "hooks/table.h"

#include <string.h>

#define TABLE_MAGIC "PAIIHKS1"
enum { TABLE_FORMAT = 1, TABLE_ASYNC = 1, TABLE_SYNC = 2 };

struct table_event {
    uint32_t first, count, deadline_ms, flags;
};

struct table_header {
    char magic[8]; /* without a NUL */
    uint32_t format, size;
    uint64_t sum; /* of all that follows */
    uint32_t handlers, reserved;
    struct table_event events[HOOK_EVENTS];
};

/* Texts and vectors are offsets from the start of the file. */
struct table_row {
    uint32_t event, kind, flags;
    int32_t priority;
    uint32_t deadline_ms;
    uint32_t plugin, version, label, matcher, condition, action, config, config_file, prefix,
        stable, data;
    uint32_t argv, params, secrets; /* vectors */
    uint32_t reserved;
    uint64_t config_stamp, fingerprint[2];
};

static inline uint64_t table_mix(uint64_t sum, uint64_t word)
{
    sum = (sum ^ word) * 0x9e3779b97f4a7c15ULL;
    return sum ^ sum >> 29;
}

/* A sum against damage, not against intent: who can write the table can write `current` too. */
static inline uint64_t table_sum(const void *data, size_t len)
{
    const char *p = data;
    uint64_t sum = len, word;
    for (; len >= sizeof word; p += sizeof word, len -= sizeof word) {
        memcpy(&word, p, sizeof word);
        sum = table_mix(sum, word);
    }
    word = 0;
    memcpy(&word, p, len);
    return table_mix(sum, word);
}

/* The file of these handlers, which are in their order. */
void hook_table_image(struct buf *out, const struct handler *handlers, size_t count);
/* The deadline of an event, of its handlers in their order. */
int hook_event_deadline(const struct handler *handlers, size_t count);

#endif
