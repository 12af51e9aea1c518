#include "runtime/run.h"

#include "base/error.h"
#include "base/fs.h"
#include "base/paths.h"
#include "base/process.h"
#include "base/term.h"
#include "base/text.h"
#include "runtime/chain.h"
#include "runtime/response.h"
#include "runtime/sandbox.h"
#include "runtime/schema.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

enum {
    MAX_RESPONSE = 16 << 20,
    DEFAULT_DEADLINE_MS = 30000,
    NESTED_MARGIN_MS = 100, /* so that the caller can still answer after us */
    LOG_LINES = 5,
    TIMED_OUT = 124, /* of process_capture() */
};

/* One action between request and response. */
struct run {
    const struct target *target;
    const struct action *action;
    const struct action_call *call;
    struct chain chain;
    struct sandbox sandbox;
    struct arena *arena;
    const char *id;
    struct buf params; /* checked, with defaults */
    int deadline_ms;
};

/* ---- the request ---- */

const char *action_request_id(struct arena *arena)
{
    unsigned char bytes[8] = {0};
    char *id = arena_alloc(arena, sizeof bytes * 2 + 1);
    if (getrandom(bytes, sizeof bytes, 0) < 0) /* only ever names a request: anything will do */
        memcpy(bytes, &(int64_t){chain_now()}, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++) {
        id[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        id[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
    }
    return id;
}

static void write_context(struct json_writer *json, const struct action_call *call)
{
    char *cwd = getcwd(NULL, 0);
    json_object(json);
    json_field(json, "cwd", cwd);
    free(cwd);
    if (call->caller) {
        json_key(json, "caller");
        json_object(json);
        json_field(json, "plugin", call->caller);
        json_field(json, "alias", call->alias);
        json_end_object(json);
    }
    json_key(json, "dry_run");
    json_boolean(json, call->dry_run);
    json_end_object(json);
}

static void write_request(struct buf *out, const struct run *run)
{
    struct json_writer json = {.out = out};
    json_object(&json);
    json_key(&json, "paii");
    json_integer(&json, 1);
    json_field(&json, "id", run->id);
    json_field(&json, "action", run->action->name);
    json_field(&json, "contract", run->call->contract);
    json_key(&json, "params");
    json_raw(&json, buf_text(&run->params));
    json_key(&json, "context");
    write_context(&json, run->call);
    json_end_object(&json);
    buf_putc(out, '\n');
}

/* ---- what may stop it before it starts ---- */

static void unsupported(struct action_result *out, const struct run *run)
{
    const struct manifest *manifest = &run->target->manifest;
    struct strings names = {0};
    for (size_t i = 0; i < manifest->action_count; i++)
        strings_add(&names, run->arena, manifest->actions[i].name);
    const char *nearest = text_nearest(run->call->action, names.items, names.count);
    const char *more = nearest       ? arena_printf(run->arena, "did you mean '%s'?", nearest)
                       : names.count ? arena_printf(run->arena, "it has %s",
                                                    strings_join(&names, run->arena, ", "))
                                     : "it has none";
    action_fail(out, run->arena, run->id, "unsupported", "plugin '%s' has no action '%s': %s",
                run->target->name, run->call->action, more);
}

/* False if `out` says why the action cannot be asked for. */
static bool prepare(struct action_result *out, struct run *run)
{
    run->action = manifest_action(&run->target->manifest, run->call->action);
    if (!run->action) {
        unsupported(out, run);
        return false;
    }
    const char *why = chain_forbids(&run->chain, run->target->name, run->action->name, run->arena);
    if (why) {
        action_fail(out, run->arena, run->id, "denied", "%s", why);
        return false;
    }
    const char *params = run->call->params ? run->call->params : "{}";
    why = schema_params(&run->params, run->action, params, run->arena);
    if (why)
        action_fail(out, run->arena, run->id, "invalid_params", "%s", why);
    return !why;
}

static int shorter(int a, int64_t b)
{
    return b > 0 && b < a ? (int)b : a;
}

/* False if whoever runs us has no time left. */
static bool set_deadline(struct action_result *out, struct run *run)
{
    run->deadline_ms = run->action->timeout_ms > 0 ? run->action->timeout_ms : DEFAULT_DEADLINE_MS;
    run->deadline_ms = shorter(run->deadline_ms, run->call->deadline_ms);
    if (!run->chain.deadline)
        return true;
    int64_t left = run->chain.deadline - chain_now() - NESTED_MARGIN_MS;
    if (left <= 0) {
        action_fail(out, run->arena, run->id, "timeout", "no time is left for '%s' of '%s'",
                    run->action->name, run->target->name);
        return false;
    }
    run->deadline_ms = shorter(run->deadline_ms, left);
    return true;
}

/* ---- running ---- */

static void set_protocol(struct run *run)
{
    struct environment *env = &run->sandbox.env;
    const char *above = run->chain.callers;
    environment_set(env, "PAII_PROTOCOL", "1");
    environment_set(env, "PAII_DEPTH", arena_printf(run->arena, "%d", run->chain.depth));
    environment_set(env, "PAII_CALLERS",
                    arena_printf(run->arena, "%s%s%s.%s", above, *above ? ">" : "",
                                 run->target->name, run->action->name));
    environment_set(env, "PAII_DEADLINE_MS",
                    arena_printf(run->arena, "%lld", (long long)chain_now() + run->deadline_ms));
}

static void crashed(struct action_result *out, const struct run *run, int status, const char *why)
{
    const char *tail = sandbox_log_tail(&run->sandbox, LOG_LINES, run->arena);
    const char *end = status > 128 ? arena_printf(run->arena, " (signal %d)", status - 128)
                                   : arena_printf(run->arena, " (exit status %d)", status);
    action_fail(out, run->arena, run->id, "crash",
                "'%s' of plugin '%s' gave no valid answer: %s%s%s%s", run->action->name,
                run->target->name, why, end, *tail ? "\n" : "", tail);
}

static int execute(struct action_result *out, struct run *run)
{
    char *const *argv;
    int result = target_command(&argv, run->target, &run->action->name, 1, run->arena);
    if (result < 0)
        return result;
    set_protocol(run);
    AUTO_BUF request = {0};
    write_request(&request, run);
    struct process process = {
        .argv = argv,
        .envp = environment_vector(&run->sandbox.env),
        .in = -1,
        .out = -1,
        .err = run->sandbox.log,
        .deadline_ms = run->deadline_ms,
    };
    out->raw = (struct buf){.max = MAX_RESPONSE};
    int status;
    int64_t end = chain_now() + run->deadline_ms;
    result = process_capture(&status, &out->raw, &process, request.data, request.len);
    if (result < 0)
        return result;
    detail("%s", sandbox_log_tail(&run->sandbox, UINT_MAX, run->arena));
    if (status == TIMED_OUT && chain_now() >= end) {
        action_fail(out, run->arena, run->id, "timeout", "'%s' of plugin '%s' took more than %d ms",
                    run->action->name, run->target->name, run->deadline_ms);
        return 0;
    }
    const char *why = response_read(out, run->id, status, run->arena);
    if (why)
        crashed(out, run, status, why);
    return 0;
}

static int run_prepared(struct action_result *out, struct run *run)
{
    const char *wrong;
    int result = sandbox_open(&run->sandbox, run->target, &wrong, run->arena);
    if (result < 0)
        return result;
    if (wrong)
        action_fail(out, run->arena, run->id, "not_configured", "plugin '%s' is not configured: %s",
                    run->target->name, wrong);
    else
        result = execute(out, run);
    sandbox_close(&run->sandbox);
    return result;
}

int action_run(struct action_result *out, const struct target *target,
               const struct action_call *call, struct arena *arena)
{
    struct run run = {
        .target = target, .call = call, .arena = arena, .id = action_request_id(arena)};
    int result = 0;
    *out = (struct action_result){0};
    chain_read(&run.chain);
    if (prepare(out, &run) && set_deadline(out, &run))
        result = run_prepared(out, &run);
    buf_release(&run.params);
    return result;
}

int action_exec_convention(const struct target *target, const char *const *words, size_t count,
                           struct arena *arena)
{
    char *const *argv;
    int result = target_command(&argv, target, words, count, arena);
    if (result < 0)
        return result;
    struct sandbox sandbox;
    const char *wrong;
    result = sandbox_open(&sandbox, target, &wrong, arena);
    if (result < 0)
        return result;
    int status = 0;
    if (wrong) {
        result = fail(ERR_CONFIG, "plugin '%s' is not configured: %s", target->name, wrong);
    } else {
        struct process process = {
            .argv = argv,
            .envp = environment_vector(&sandbox.env),
            .in = STDIN_FILENO,
            .out = STDOUT_FILENO,
            .err = STDERR_FILENO,
        };
        result = process_run(&status, &process);
    }
    sandbox_close(&sandbox);
    return result < 0 ? result : status;
}
