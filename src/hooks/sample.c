/* Payloads as the client would send them, for `paii hook test` and `paii doctor`. */
#include "hooks/dispatch.h"

#include "base/data.h"

#include <limits.h>
#include <unistd.h>

#define BASH                                                                                       \
    "\"tool_name\":\"Bash\",\"tool_input\":{\"command\":\"echo hi\",\"description\":\"say hi\"}"
#define USE  ",\"tool_use_id\":\"toolu_test\""
#define WORK "\"last_assistant_message\":\"done\",\"background_tasks\":[],\"session_crons\":[]"
#define TASK "\"task_id\":\"1\",\"task_subject\":\"a task\",\"task_description\":\"do it\""

/* The event's own members, as hook_events. */
static const char *const samples[HOOK_EVENTS] = {
    /* config-change */
    "\"source\":\"project_settings\",\"file_path\":\"/project/.claude/settings.json\"",
    /* cwd-changed */ "\"old_cwd\":\"/project\",\"new_cwd\":\"/project/sub\"",
    /* elicitation */
    "\"mcp_server_name\":\"echo\",\"message\":\"your "
    "name?\",\"mode\":\"form\",\"requested_schema\":"
    "{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\"}}}",
    /* elicitation-result */
    "\"mcp_server_name\":\"echo\",\"mode\":\"form\",\"action\":\"accept\",\"content\":{\"name\":"
    "\"Ada\"}",
    /* file-changed */ "\"file_path\":\"/project/.envrc\",\"event\":\"change\"",
    /* instructions-loaded */
    "\"file_path\":\"/project/CLAUDE.md\",\"memory_type\":\"Project\",\"load_reason\":"
    "\"session_start\"",
    /* message-display */
    "\"turn_id\":\"1\",\"message_id\":\"1\",\"index\":0,\"final\":true,\"delta\":\"Hello.\"",
    /* notification */
    "\"message\":\"Claude needs your permission\",\"notification_type\":\"permission_prompt\"",
    /* permission-denied */ BASH USE ",\"reason\":\"too dangerous\"",
    /* permission-request */ BASH ",\"permission_suggestions\":[]",
    /* post-compact */ "\"trigger\":\"manual\",\"compact_summary\":\"a summary\"",
    /* post-tool-batch */ "\"tool_calls\":[{" BASH USE ",\"tool_response\":\"hi\"}]",
    /* post-tool-use */
    BASH ",\"tool_response\":{\"stdout\":\"hi\",\"stderr\":\"\",\"interrupted\":false,\"isImage\":"
         "false}" USE ",\"duration_ms\":10",
    /* post-tool-use-failure */
    BASH USE ",\"error\":\"exit 1\",\"is_interrupt\":false,\"duration_ms\":10",
    /* pre-compact */ "\"trigger\":\"manual\",\"custom_instructions\":\"\"",
    /* pre-tool-use */ BASH USE,
    /* session-end */ "\"reason\":\"other\"",
    /* session-start */ "\"source\":\"startup\"",
    /* setup */ "\"trigger\":\"init\"",
    /* stop */ "\"stop_hook_active\":false," WORK,
    /* stop-failure */ "\"error\":\"server_error\",\"last_assistant_message\":\"overloaded\"",
    /* subagent-start */ "\"agent_id\":\"a1\",\"agent_type\":\"general-purpose\"",
    /* subagent-stop */
    "\"agent_id\":\"a1\",\"agent_type\":\"general-purpose\",\"stop_hook_active\":false,"
    "\"agent_transcript_path\":\"/project/agent.jsonl\"," WORK,
    /* task-completed */ TASK,
    /* task-created */ TASK,
    /* teammate-idle */ "\"teammate_name\":\"bob\",\"team_name\":\"team\"",
    /* user-prompt-expansion */
    "\"expansion_type\":\"slash_command\",\"command_name\":\"hello\",\"command_args\":\"Ada\","
    "\"command_source\":\"userSettings\",\"prompt\":\"/hello Ada\"",
    /* user-prompt-submit */ "\"prompt\":\"please say hi\"",
    /* worktree-create */ "\"name\":\"feature\"",
    /* worktree-remove */ "\"worktree_path\":\"/project/feature\"",
};

const char *hook_sample(int event, struct arena *arena)
{
    char cwd[PATH_MAX];
    AUTO_BUF text = {0};
    struct json_writer json = {.out = &text};

    json_object(&json);
    json_field(&json, "session_id", "paii-test");
    json_field(&json, "transcript_path", "/dev/null");
    json_field(&json, "cwd", getcwd(cwd, sizeof cwd) ? cwd : "/");
    json_field(&json, "permission_mode", "default");
    json_field(&json, "hook_event_name", hook_events[event].client_name);
    buf_printf(&text, ",%s}", samples[event]);
    return arena_strdup(arena, text.data);
}
