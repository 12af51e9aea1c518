/*
 * What handlers print, in both dialects, and the one answer out of it. The first byte is the event;
 * then come handlers, divided by 0x1e: a byte of how it ran, stdout, and behind 0x1f stderr.
 */
#include "base/data.h"
#include "base/text.h"
#include "fuzz.h"
#include "hooks/answer.h"
#include "hooks/ways.h"

#include <assert.h>
#include <string.h>

enum { MOST = 8, NATIVE = 1, CLOSED = 8, LOWER = 16, CUT = 32 };

struct world {
    struct arena arena;
    struct handler handlers[MOST];
    struct reply replies[MOST];
    size_t count;
    int event;
};

static void add(struct world *world, const char *text, size_t len)
{
    static const int statuses[] = {0, 1, 2, 3};
    unsigned how = len ? (unsigned char)text[0] : 0;
    const char *out = len ? text + 1 : text, *end = text + len;
    const char *err = memchr(out, 0x1f, (size_t)(end - out));
    struct handler *handler = &world->handlers[world->count];
    struct handler_run run = {
        .handler = handler,
        .outcome = how >= 0xc0 ? (enum outcome)(how % (OUTCOME_SKIPPED + 1)) : OUTCOME_EXITED,
        .status = statuses[how >> 1 & 3],
        .cut = how & CUT,
    };
    *handler = (struct handler){
        .kind = how & NATIVE ? HANDLER_NATIVE : HANDLER_ACTION,
        .flags = how & CLOSED ? HANDLER_CLOSED : 0,
        .priority = how & LOWER ? -1 : 0,
        .label = arena_printf(&world->arena, "plugin:%zu", world->count),
        .plugin = "plugin",
    };
    buf_add(&run.out, out, (size_t)((err ? err : end) - out));
    if (err)
        buf_add(&run.err, err + 1, (size_t)(end - err - 1));
    reply_read(&world->replies[world->count], &run, world->event, &world->arena);
    if (world->replies[world->count].failure && (how & CLOSED))
        assert(world->replies[world->count].decision == DECISION_DENY);
    world->count++;
    buf_release(&run.out);
    buf_release(&run.err);
}

/* Whether the client would take this document as a block of the event. */
static bool says_block(struct json_slice document, const struct answer *answer, enum block block)
{
    struct json_slice specific = json_member(document, "hookSpecificOutput", NULL);

    switch (block) {
    case BLOCK_PERMISSION:
        return json_is(json_member(specific, "permissionDecision", NULL), "deny");
    case BLOCK_BEHAVIOR:
        return json_is(json_member(json_member(specific, "decision", NULL), "behavior", NULL),
                       "deny");
    case BLOCK_ACTION:
        return json_is(json_member(specific, "action", NULL), "decline");
    case BLOCK_DECISION:
        return json_is(json_member(document, "decision", NULL), "block");
    case BLOCK_EXIT:
        return answer->exit_status == 2 && answer->err.len > 0;
    case BLOCK_NEVER:
        break;
    }
    return true;
}

static void check(const struct world *world, const struct answer *answer)
{
    const struct way *way = &hook_ways[world->event];
    bool blocked = answer->decision == DECISION_DENY && way->block != BLOCK_NEVER;
    struct json_slice document = {0};
    struct json_fault fault;

    assert(answer->exit_status == (blocked && way->block == BLOCK_EXIT ? 2 : 0));
    if (way->form == FORM_JSON || (way->form == FORM_CONTEXT && blocked)) {
        const char *text = buf_text(&answer->out);
        size_t len = answer->out.len;
        assert(!len || (json_check(text, len, 600, &fault) && text[len - 1] == '\n'));
        if (len)
            document = json_value(text, len);
        struct json_slice specific = json_member(document, "hookSpecificOutput", NULL);
        if (specific.start)
            assert(json_is(json_member(specific, "hookEventName", NULL),
                           hook_events[world->event].client_name));
    }
    if (blocked)
        assert(says_block(document, answer, way->block));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct world world = {.event = size ? data[0] % HOOK_EVENTS : 0};
    const char *at = (const char *)data + (size > 0), *end = (const char *)data + size;
    struct answer answer, again;

    while (at < end && world.count < MOST) {
        const char *next = memchr(at, 0x1e, (size_t)(end - at));
        add(&world, at, (size_t)((next ? next : end) - at));
        at = next ? next + 1 : end;
    }
    answer_merge(&answer, world.replies, world.count, world.event, &world.arena);
    check(&world, &answer);
    answer_merge(&again, world.replies, world.count, world.event, &world.arena);
    assert(answer.out.len == again.out.len &&
           memcmp(buf_text(&answer.out), buf_text(&again.out), answer.out.len) == 0);
    answer_release(&answer);
    answer_release(&again);
    arena_release(&world.arena);
    return 0;
}
