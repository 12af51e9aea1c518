#include "base/error.h"
#include "base/paths.h"
#include "base/process.h"
#include "base/text.h"
#include "claude/dispatcher.h"
#include "cli/doctor.h"
#include "hooks/dispatch.h"
#include "hooks/state.h"

#include <string.h>

enum { DISPATCH_MS = 10000, BACKLOG_S = 60 };

/* ---- without running anything ---- */

static void look_at_handler(struct findings *out, struct hooks_status *status,
                            const struct handler *handler)
{
    struct breaker breaker;

    status->handlers++;
    breaker_read(&breaker, handler, out->arena);
    if (!breaker_is_open(&breaker, time(NULL)))
        return;
    status->left_out++;
    finding_add(out, FINDING_PROBLEM, "hooks",
                arena_printf(out->arena, "paii hook test %s, then paii hook reset %s",
                             hook_events[handler->event].name, handler->plugin),
                "%s failed %u times and is left out", handler->label, breaker.failures);
}

static void look_at_table(struct findings *out, struct hooks_status *status)
{
    struct hook_table table;

    if (hook_table_open(&table, out->arena) < 0) {
        finding_add(out, FINDING_PROBLEM, "hooks", "paii repair", "%s", error_text());
        error_clear();
        return;
    }
    for (int event = 0; event < HOOK_EVENTS; event++) {
        size_t count = hook_table_count(&table, event);
        status->events += count > 0;
        for (size_t i = 0; i < count; i++) {
            struct handler handler;
            hook_table_get(&table, event, i, &handler, out->arena);
            look_at_handler(out, status, &handler);
        }
    }
    hook_table_close(&table);
}

static void look_at_backlog(struct findings *out, const struct backlog *backlog)
{
    if (backlog->waiting && time(NULL) - backlog->oldest > BACKLOG_S)
        finding_add(out, FINDING_PROBLEM, "hooks",
                    arena_printf(out->arena, "paii hook drain %s", backlog->plugin),
                    "%u spooled %s of '%s' still waiting", backlog->waiting,
                    backlog->waiting == 1 ? "event is" : "events are", backlog->plugin);
    if (backlog->failed)
        finding_add(out, FINDING_PROBLEM, "hooks",
                    arena_printf(out->arena, "look at %s/hooks/spool/%s.failed and remove it",
                                 paths.dir, backlog->plugin),
                    "'%s' could not handle %u spooled %s", backlog->plugin, backlog->failed,
                    backlog->failed == 1 ? "event" : "events");
}

void doctor_handlers(struct findings *out, struct hooks_status *status)
{
    struct backlog *backlogs = NULL;
    size_t count = 0;

    *status = (struct hooks_status){0};
    look_at_table(out, status);
    if (spool_backlog(&backlogs, &count, out->arena) < 0) {
        finding_add(out, FINDING_PROBLEM, "hooks", "see the message", "%s", error_text());
        error_clear();
        return;
    }
    for (size_t i = 0; i < count; i++) {
        status->waiting += backlogs[i].waiting;
        status->failed += backlogs[i].failed;
        look_at_backlog(out, &backlogs[i]);
    }
}

/* ---- the registered command ---- */

/* Fires one event as the client would; handlers are chosen and not started. */
static int fire(int *status, const char *program, const struct wanted_event *event,
                struct arena *arena)
{
    char *const argv[] = {(char *)program,     (char *)"hook",      (char *)"dispatch",
                          (char *)event->name, (char *)"--dry-run", NULL};
    const char *payload = hook_sample(hook_event_index(event->name), arena);
    struct environment env = {.arena = arena};
    AUTO_BUF answer = {.max = 64 * 1024};

    environment_set(&env, "PAII_DIR", paths.dir);
    environment_pass(&env, "HOME");
    environment_pass(&env, "PATH");
    struct process process = {
        .argv = argv,
        .envp = environment_vector(&env),
        .err = -1,
        .deadline_ms = DISPATCH_MS,
    };
    int result = process_capture(status, &answer, &process, payload, strlen(payload));
    /* It has nothing to say but that it blocks. */
    if (result == 0 && *status == 0 && answer.len)
        *status = ERR_BLOCKED;
    return result;
}

void doctor_dispatch(struct findings *out)
{
    struct wanted_event *events;
    const char *program = NULL;
    size_t count;
    int status = 0;

    int result = claude_read_dispatcher(paths.current, &events, &count, &program, out->arena);
    if (result == 0 && count == 0)
        return;
    if (result == 0)
        result = fire(&status, program, &events[0], out->arena);
    if (result < 0)
        finding_add(out, FINDING_PROBLEM, "dispatch", "paii repair", "%s", error_text());
    else if (status)
        finding_add(out, FINDING_PROBLEM, "dispatch",
                    arena_printf(out->arena, "paii hook test %s", events[0].name),
                    "'%s hook dispatch %s' ends with %d", program, events[0].name, status);
    else
        finding_add(out, FINDING_OK, "dispatch", NULL, "%s answers %s, and %zu %s", program,
                    events[0].name, count - 1, count == 2 ? "other event" : "other events");
    error_clear();
}
