/*
 * What the client understands of an answer, event by event. Measured on 2.1.197.
 */
#ifndef PAII_HOOKS_WAYS_H
#define PAII_HOOKS_WAYS_H

/* How a block is said. */
enum block {
    BLOCK_NEVER,      /* it cannot be: the reason becomes a system message */
    BLOCK_PERMISSION, /* permissionDecision: deny */
    BLOCK_DECISION,   /* decision: block */
    BLOCK_BEHAVIOR,   /* decision: {behavior: deny} */
    BLOCK_ACTION,     /* action: decline */
    BLOCK_EXIT,       /* exit status 2, the reason on stderr */
};

/* What stdout is, unless it says a block. */
enum form {
    FORM_JSON,
    FORM_CONTEXT, /* text, which becomes a part of the compaction's instructions */
    FORM_SHOWN,   /* text, which is shown to the user */
    FORM_PATH,    /* text: the path of a worktree */
};

/* What hookSpecificOutput of the event has. */
enum takes {
    TAKES_CONTEXT = 1 << 0,
    TAKES_TEXT = 1 << 1, /* plain stdout counts as context */
    TAKES_INPUT = 1 << 2,
    TAKES_OUTPUT = 1 << 3,
    TAKES_DISPLAY = 1 << 4,
    TAKES_SESSION = 1 << 5, /* initialUserMessage, reloadSkills */
    TAKES_TITLE = 1 << 6,
    TAKES_PROMPT = 1 << 7, /* suppressOriginalPrompt */
    TAKES_PATHS = 1 << 8,
    TAKES_RETRY = 1 << 9,
    TAKES_ACTION = 1 << 10,
};

struct way {
    const char *event;
    enum block block;
    enum form form;
    unsigned takes;
};
extern const struct way hook_ways[]; /* as hook_events */

#endif
