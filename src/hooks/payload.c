#include "hooks/payload.h"

#include "base/error.h"
#include "base/fs.h"
#include "hooks/condition.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* ---- reading ---- */

static const char *too_large(void)
{
    return "it is larger than 64 MiB";
}

/* Reads on until the end, so that the writer is not stopped by a closed pipe. */
static int drain(int fd, char *scratch, size_t size)
{
    ssize_t got;
    while ((got = read(fd, scratch, size)) != 0)
        if (got < 0 && errno != EINTR)
            return fail_errno(ERR_GENERIC, "cannot read the payload");
    return 0;
}

/* Address space for the largest payload; pages come as they are written. */
static char *reserve(void)
{
    void *room = mmap(NULL, PAYLOAD_MAX + 1, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return room == MAP_FAILED ? NULL : room;
}

int payload_read(struct payload *out, int fd, int event, struct arena *arena)
{
    *out = (struct payload){.text = ""};
    char *text = reserve();
    size_t len = 0;
    if (!text)
        return fail_errno(ERR_GENERIC, "no memory for the payload");
    while (len <= PAYLOAD_MAX) {
        ssize_t got = read(fd, text + len, PAYLOAD_MAX + 1 - len);
        if (got == 0)
            break;
        if (got > 0)
            len += (size_t)got;
        else if (errno != EINTR)
            return fail_errno(ERR_GENERIC, "cannot read the payload");
    }
    if (len > PAYLOAD_MAX) {
        int result = drain(fd, text, PAYLOAD_MAX);
        munmap(text, PAYLOAD_MAX + 1);
        out->wrong = too_large();
        return result;
    }
    payload_parse(out, text, len, event, arena);
    return 0;
}

/* ---- the fields that we read ---- */

struct field {
    const char *key;
    const char **text;        /* what it says; NULL if it is no text */
    struct json_slice *value; /* or its bytes */
    bool found;
};

/* A key twice would be read in two ways by two readers: a guard would judge one value, and the
 * tool would get the other. */
static const char *read_field(struct field *fields, size_t count, const struct json_member *member,
                              struct arena *arena)
{
    for (size_t i = 0; i < count; i++) {
        struct field *field = &fields[i];
        if (!json_is(member->key, field->key))
            continue;
        if (field->found)
            return arena_printf(arena, "it has '%s' twice", field->key);
        field->found = true;
        if (field->text)
            *field->text = json_text(member->value, arena);
        if (field->value)
            *field->value = member->value;
        break;
    }
    return NULL;
}

static const char *input_twice(struct json_slice input, struct arena *arena)
{
    struct field fields[8] = {0};
    size_t count = 0;
    for (; condition_keys[count]; count++)
        fields[count].key = condition_keys[count];
    for (struct json_member member = {0}; json_next(input, &member);) {
        const char *wrong = read_field(fields, count, &member, arena);
        if (wrong)
            return arena_printf(arena, "%s in tool_input", wrong);
    }
    return NULL;
}

static void read_fields(struct payload *out, int event, struct arena *arena)
{
    const struct event *known = event >= 0 ? &hook_events[event] : NULL;
    const char *subject = NULL;
    struct field fields[] = {
        {.key = "session_id", .text = &out->session_id},
        {.key = "cwd", .text = &out->cwd},
        {.key = "tool_name", .text = &out->tool_name},
        {.key = "tool_input", .value = &out->tool_input},
        {.key = known ? known->subject : NULL, .text = &subject},
    };
    size_t count = sizeof fields / sizeof *fields;
    bool tool = known && known->subject && strcmp(known->subject, "tool_name") == 0;
    if (tool || !fields[count - 1].key)
        count--;
    for (struct json_member member = {0}; !out->wrong && json_next(out->root, &member);)
        out->wrong = read_field(fields, count, &member, arena);
    if (!out->wrong)
        out->wrong = input_twice(out->tool_input, arena);
    if (tool)
        subject = out->tool_name;
    else if (subject && strcmp(known->subject, "file_path") == 0)
        subject = path_base(subject);
    out->subject = subject;
}

void payload_parse(struct payload *out, const char *text, size_t len, int event,
                   struct arena *arena)
{
    struct json_fault fault;
    *out = (struct payload){.text = text, .len = len};
    if (len > PAYLOAD_MAX) {
        out->wrong = too_large();
        return;
    }
    if (!json_check(text, len, PAYLOAD_DEPTH, &fault)) {
        out->wrong = len == 0
                         ? "it is empty"
                         : arena_printf(arena, "not JSON at byte %zu: %s", fault.at, fault.message);
        return;
    }
    struct json_slice root = json_value(text, len);
    if (json_kind(root) != '{') {
        out->wrong = "it is no JSON object";
        return;
    }
    out->root = root;
    read_fields(out, event, arena);
}

/* ---- another input ---- */

void payload_update(struct payload *out, const struct payload *from, struct json_slice tool_input,
                    struct arena *arena)
{
    struct payload updated = *from;
    if (from->tool_input.start) {
        size_t before = (size_t)(from->tool_input.start - from->text);
        size_t after = from->len - before - from->tool_input.len;
        size_t root = (size_t)(from->root.start - from->text);
        char *text = arena_alloc(arena, before + tool_input.len + after + 1);
        memcpy(text, from->text, before);
        memcpy(text + before, tool_input.start, tool_input.len);
        memcpy(text + before + tool_input.len, from->text + from->len - after, after);
        updated.text = text;
        updated.len = before + tool_input.len + after;
        updated.tool_input = (struct json_slice){.start = text + before, .len = tool_input.len};
        updated.root.start = text + root;
        updated.root.len = from->root.len - from->tool_input.len + tool_input.len;
        if (!updated.wrong)
            updated.wrong = input_twice(updated.tool_input, arena);
    }
    *out = updated;
}
