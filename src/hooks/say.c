#include "hooks/say.h"

#include "hooks/reply_fields.h"
#include "hooks/ways.h"

#include "base/data.h"

/* What hookSpecificOutput gets, and the keys beside it; written when something is in it. */
struct saying {
    struct json_writer top, specific;
    struct buf top_text, specific_text;
    const struct reply *all;
    const struct way *way;
    struct arena *arena;
};

static void raw(struct json_writer *json, const char *key, struct json_slice value,
                struct arena *arena)
{
    if (!value.start)
        return;
    json_key(json, key);
    json_raw(json, arena_strndup(arena, value.start, value.len));
}

static void flag(struct json_writer *json, const char *key, bool value)
{
    json_key(json, key);
    json_boolean(json, value);
}

static bool blocks(const struct saying *in)
{
    return in->all->decision == DECISION_DENY && in->way->block != BLOCK_NEVER;
}

/* ---- decisions, event by event ---- */

static void say_permission(struct saying *in)
{
    if (in->all->decision == DECISION_NONE)
        return;
    json_field(&in->specific, "permissionDecision", decision_names[in->all->decision]);
    json_field(&in->specific, "permissionDecisionReason", in->all->reason);
}

static void say_behavior(struct saying *in)
{
    const struct reply *all = in->all;
    struct json_writer *json = &in->specific;

    if (all->decision != DECISION_DENY && all->decision != DECISION_ALLOW)
        return; /* the user is asked anyway */
    json_key(json, "decision");
    json_object(json);
    json_field(json, "behavior", decision_names[all->decision]);
    if (all->decision == DECISION_DENY) {
        json_field(json, "message", all->reason);
        if (all->interrupt)
            flag(json, "interrupt", true);
    } else {
        raw(json, "updatedInput", all->updated_input, in->arena);
        raw(json, "updatedPermissions", all->permissions, in->arena);
    }
    json_end_object(json);
}

static void say_decision(struct saying *in)
{
    const struct reply *all = in->all;

    switch (in->way->block) {
    case BLOCK_NEVER:
        break;
    case BLOCK_PERMISSION:
        say_permission(in);
        break;
    case BLOCK_BEHAVIOR:
        say_behavior(in);
        break;
    case BLOCK_ACTION:
        if (blocks(in)) {
            json_field(&in->top, "reason", all->reason);
            json_field(&in->specific, "action", "decline");
        }
        break;
    case BLOCK_EXIT: /* beside the exit status: where a reason quotes "no such file", an exit
                        status alone would be taken for a missing script */
    case BLOCK_DECISION:
        if (blocks(in)) {
            json_field(&in->top, "decision", "block");
            json_field(&in->top, "reason", all->reason);
        }
        break;
    }
}

/* ---- the other fields ---- */

/* Whether the decision leaves the field a meaning. */
static bool applies(const struct saying *in, const struct field *field)
{
    if (field->takes && (!(in->way->takes & field->takes) || in->way->form != FORM_JSON))
        return false;
    if (field->takes == TAKES_INPUT)
        return in->all->decision != DECISION_DENY && in->all->decision != DECISION_DEFER;
    return field->takes != TAKES_ACTION || !blocks(in);
}

static void say_field(struct saying *in, const struct field *field)
{
    struct json_writer *json = field->place == PLACE_TOP ? &in->top : &in->specific;
    const void *value = field_of(in->all, field);

    switch (field->type) {
    case FIELD_TEXT:
        json_field(json, field->client, *(const char *const *)value);
        break;
    case FIELD_TRUE:
        if (*(const bool *)value)
            flag(json, field->client, true);
        break;
    case FIELD_FALSE:
        if (*(const bool *)value)
            flag(json, field->client, false);
        break;
    default:
        raw(json, field->client, *(const struct json_slice *)value, in->arena);
        break;
    }
}

static void say_fields(struct saying *in)
{
    for (size_t i = 0; i < reply_field_count; i++) {
        const struct field *field = &reply_fields[i];
        if (field->client && field->place != PLACE_DECISION && !field->is_reason &&
            applies(in, field))
            say_field(in, field);
    }
}

/* ---- the document ---- */

static void say_json(struct saying *in, struct buf *out, int event)
{
    in->top = (struct json_writer){.out = &in->top_text};
    in->specific = (struct json_writer){.out = &in->specific_text};
    json_object(&in->top);
    json_object(&in->specific);
    json_field(&in->specific, "hookEventName", hook_events[event].client_name);
    size_t top = in->top_text.len, specific = in->specific_text.len;
    say_decision(in);
    say_fields(in);
    if (in->specific_text.len > specific) {
        json_end_object(&in->specific);
        json_key(&in->top, "hookSpecificOutput");
        json_raw(&in->top, buf_text(&in->specific_text));
    }
    if (in->top_text.len > top) {
        json_end_object(&in->top);
        buf_puts(out, buf_text(&in->top_text));
        buf_putc(out, '\n');
    }
    buf_release(&in->top_text);
    buf_release(&in->specific_text);
}

static void say_line(struct buf *out, const char *text)
{
    if (!text)
        return;
    buf_puts(out, text);
    buf_putc(out, '\n');
}

void answer_say(struct answer *out, const struct reply *all, int event, struct arena *arena)
{
    struct saying in = {.all = all, .way = &hook_ways[event], .arena = arena};

    out->decision = all->decision;
    if (blocks(&in) && in.way->block == BLOCK_EXIT) {
        out->exit_status = 2;
        say_line(&out->err, all->reason);
    }
    /* Not every event has a place for messages: on stderr they are in the client's log at least. */
    say_line(&out->err, all->system_message);
    if (in.way->form == FORM_PATH)
        say_line(&out->out, blocks(&in) ? NULL : all->text);
    else if (in.way->form == FORM_SHOWN)
        say_line(&out->out, all->system_message);
    else if (in.way->form == FORM_CONTEXT && !blocks(&in))
        say_line(&out->out, all->context);
    else
        say_json(&in, &out->out, event);
}
