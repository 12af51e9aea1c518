#include "registry/events.h"

#include <ctype.h>

const struct event hook_events[HOOK_EVENTS] = {
    {"config-change", "ConfigChange", "source"},
    {"cwd-changed", "CwdChanged"},
    {"elicitation", "Elicitation", "mcp_server_name"},
    {"elicitation-result", "ElicitationResult", "mcp_server_name"},
    {"file-changed", "FileChanged", "file_path"},
    {"instructions-loaded", "InstructionsLoaded", "load_reason"},
    {"message-display", "MessageDisplay"},
    {"notification", "Notification", "notification_type"},
    {"permission-denied", "PermissionDenied", "tool_name", true},
    {"permission-request", "PermissionRequest", "tool_name", true},
    {"post-compact", "PostCompact", "trigger"},
    {"post-tool-batch", "PostToolBatch"},
    {"post-tool-use", "PostToolUse", "tool_name", true},
    {"post-tool-use-failure", "PostToolUseFailure", "tool_name", true},
    {"pre-compact", "PreCompact", "trigger"},
    {"pre-tool-use", "PreToolUse", "tool_name", true},
    {"session-end", "SessionEnd", "reason"},
    {"session-start", "SessionStart", "source"},
    {"setup", "Setup", "trigger"},
    {"stop", "Stop"},
    {"stop-failure", "StopFailure", "error"},
    {"subagent-start", "SubagentStart", "agent_type"},
    {"subagent-stop", "SubagentStop", "agent_type"},
    {"task-completed", "TaskCompleted"},
    {"task-created", "TaskCreated"},
    {"teammate-idle", "TeammateIdle"},
    {"user-prompt-expansion", "UserPromptExpansion", "command_name"},
    {"user-prompt-submit", "UserPromptSubmit"},
    {"worktree-create", "WorktreeCreate"},
    {"worktree-remove", "WorktreeRemove"},
};

/* Equal but for case and for '-' and '_'. */
static bool same_event(const char *a, const char *b)
{
    for (;;) {
        while (*a == '-' || *a == '_')
            a++;
        while (*b == '-' || *b == '_')
            b++;
        if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
            return false;
        if (!*a)
            return true;
        a++;
        b++;
    }
}

int hook_event_index(const char *text)
{
    for (int i = 0; i < HOOK_EVENTS; i++)
        if (same_event(hook_events[i].name, text))
            return i;
    return -1;
}
