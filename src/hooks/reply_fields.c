#include "hooks/reply_fields.h"

#include "hooks/ways.h"

#include "base/data.h"

#include <stddef.h>
#include <string.h>

#define AT(name) offsetof(struct reply, name)

/* A later row overrides an earlier one of the same place in the struct. */
const struct field reply_fields[] = {
    {"continue", "continue", PLACE_TOP, FIELD_FALSE, AT(stop)},
    {"stop_reason", "stopReason", PLACE_TOP, FIELD_TEXT, AT(stop_reason)},
    {"suppress_output", "suppressOutput", PLACE_TOP, FIELD_TRUE, AT(suppress_output)},
    {"system_message", "systemMessage", PLACE_TOP, FIELD_TEXT, AT(system_message)},
    {"terminal_sequence", "terminalSequence", PLACE_TOP, FIELD_STRING, AT(terminal_sequence), 0,
     "the terminal sequence"},
    {"reason", "reason", PLACE_TOP, FIELD_TEXT, AT(reason), .is_reason = true},
    {NULL, "permissionDecisionReason", PLACE_SPECIFIC, FIELD_TEXT, AT(reason), .is_reason = true},
    {NULL, "message", PLACE_DECISION, FIELD_TEXT, AT(reason)},
    {"interrupt", "interrupt", PLACE_DECISION, FIELD_TRUE, AT(interrupt)},
    {NULL, "updatedInput", PLACE_DECISION, FIELD_OBJECT, AT(updated_input)},
    {"updated_permissions", "updatedPermissions", PLACE_DECISION, FIELD_LIST, AT(permissions), 0,
     "the permissions"},
    {"updated_input", "updatedInput", PLACE_SPECIFIC, FIELD_OBJECT, AT(updated_input), TAKES_INPUT},
    {"context", "additionalContext", PLACE_SPECIFIC, FIELD_TEXT, AT(context), TAKES_CONTEXT},
    {"updated_output", "updatedToolOutput", PLACE_SPECIFIC, FIELD_ANY, AT(updated_output),
     TAKES_OUTPUT, "the output"},
    {"updated_mcp_output", "updatedMCPToolOutput", PLACE_SPECIFIC, FIELD_ANY,
     AT(updated_mcp_output), TAKES_OUTPUT, "the output"},
    {"display_content", "displayContent", PLACE_SPECIFIC, FIELD_STRING, AT(display_content),
     TAKES_DISPLAY, "what to display"},
    {"initial_message", "initialUserMessage", PLACE_SPECIFIC, FIELD_STRING, AT(initial_message),
     TAKES_SESSION, "the first message"},
    {"session_title", "sessionTitle", PLACE_SPECIFIC, FIELD_STRING, AT(session_title), TAKES_TITLE,
     "the session's title"},
    {"suppress_prompt", "suppressOriginalPrompt", PLACE_SPECIFIC, FIELD_TRUE, AT(suppress_prompt),
     TAKES_PROMPT},
    {"watch_paths", "watchPaths", PLACE_SPECIFIC, FIELD_PATHS, AT(watch_paths), TAKES_PATHS},
    {"reload_skills", "reloadSkills", PLACE_SPECIFIC, FIELD_TRUE, AT(reload_skills), TAKES_SESSION},
    {"retry", "retry", PLACE_SPECIFIC, FIELD_TRUE, AT(retry), TAKES_RETRY},
    {"action", "action", PLACE_SPECIFIC, FIELD_ACTION, AT(action), TAKES_ACTION, "the action"},
    {"content", "content", PLACE_SPECIFIC, FIELD_OBJECT, AT(content), TAKES_ACTION, "the content"},
    {"worktree_path", NULL, PLACE_TOP, FIELD_TEXT, AT(text)},
};
const size_t reply_field_count = sizeof reply_fields / sizeof *reply_fields;

/* The values, and what becomes of them in JSON. */
static void add_forms(struct strings *out, const struct strings *secrets, struct arena *arena)
{
    for (size_t i = 0; i < secrets->count; i++) {
        const char *value = secrets->items[i];
        AUTO_BUF quoted = {0};
        struct json_writer json = {.out = &quoted};
        if (!*value)
            continue;
        strings_add(out, arena, value);
        json_string(&json, value);
        if (quoted.len != strlen(value) + 2)
            strings_add(out, arena, arena_strndup(arena, quoted.data + 1, quoted.len - 2));
    }
}

const char *hide_secrets(const char *text, const struct strings *secrets, struct arena *arena)
{
    struct strings forms = {0};
    AUTO_BUF out = {0};

    add_forms(&forms, secrets, arena);
    if (!forms.count)
        return text;
    while (*text) {
        size_t longest = 0;
        for (size_t i = 0; i < forms.count; i++) {
            size_t len = strlen(forms.items[i]);
            if (len > longest && strncmp(text, forms.items[i], len) == 0)
                longest = len;
        }
        if (longest)
            buf_puts(&out, "***");
        else
            buf_putc(&out, *text);
        text += longest ? longest : 1;
    }
    return arena_strdup(arena, buf_text(&out));
}
