/* One answer out of many replies: both dialects, every rule of merging, every event's words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail /* error.h has one of its own */

#include "base/data.h"
#include "hooks/answer.h"
#include "hooks/dispatch.h"
#include "hooks/ways.h"

#include <string.h>

enum { MAX_HANDLERS = 8 };

/* What one handler does; `out` alone is an action's result. */
struct act {
    const char *out;
    enum handler_kind kind;
    int status;
    enum outcome outcome;
    unsigned flags;
    int priority;
    const char *err, *why;
    bool cut;
};

static struct arena arena;
static struct handler handlers[MAX_HANDLERS];
static struct reply replies[MAX_HANDLERS];
static struct answer answer;
static size_t reply_count;

static int begin(void **state)
{
    (void)state;
    memset(&answer, 0, sizeof answer);
    reply_count = 0;
    return 0;
}

static int end(void **state)
{
    (void)state;
    answer_release(&answer);
    arena_release(&arena);
    return 0;
}

/* A result alone is put into a response. */
static const char *response_of(const struct act *act)
{
    bool result = act->kind == HANDLER_ACTION && act->out && act->out[0] == '{' &&
                  !strstr(act->out, "\"paii\"");
    return result ? arena_printf(&arena, "{\"paii\":1,\"ok\":true,\"result\":%s}", act->out)
                  : act->out;
}

static void add(int event, const struct act *act)
{
    static const char *const labels[] = {"a:one",  "b:two", "c:three", "d:four",
                                         "e:five", "f:six", "g:seven", "h:eight"};
    struct handler *handler = &handlers[reply_count];
    struct handler_run run = {
        .handler = handler,
        .outcome = act->outcome,
        .status = act->status,
        .why = act->why,
        .cut = act->cut,
    };
    const char *out = response_of(act);

    *handler = (struct handler){
        .event = event,
        .kind = act->kind,
        .flags = act->flags,
        .priority = act->priority,
        .label = labels[reply_count],
        .plugin = "plugin",
        .deadline_ms = 150,
    };
    if (out)
        buf_puts(&run.out, out);
    if (act->err)
        buf_puts(&run.err, act->err);
    reply_read(&replies[reply_count++], &run, event, &arena);
    handler_run_release(&run);
}

/* The answer to handlers that do this, without its line end. */
static const char *merged(const char *event_name, const struct act *acts, size_t count)
{
    int event = hook_event_index(event_name);
    assert_true(event >= 0);
    answer_release(&answer);
    reply_count = 0;
    for (size_t i = 0; i < count; i++)
        add(event, &acts[i]);
    answer_merge(&answer, replies, reply_count, event, &arena);
    size_t len = answer.out.len;
    if (len) {
        assert_int_equal(answer.out.data[len - 1], '\n');
        len--;
    }
    return arena_strndup(&arena, buf_text(&answer.out), len);
}

#define ANSWER(event, ...)                                                                         \
    merged(event, (const struct act[]){__VA_ARGS__},                                               \
           sizeof((const struct act[]){__VA_ARGS__}) / sizeof(struct act))

#define PRE(text) "{\"hookSpecificOutput\":{\"hookEventName\":\"PreToolUse\"," text "}}"

/* ---- decisions ---- */

#define ALLOW                                                                                      \
    {                                                                                              \
        "{\"decision\":\"allow\",\"reason\":\"fine\"}"                                             \
    }
#define ASK                                                                                        \
    {                                                                                              \
        "{\"decision\":\"ask\",\"reason\":\"sure?\"}"                                              \
    }
#define DENY                                                                                       \
    {                                                                                              \
        "{\"decision\":\"deny\",\"reason\":\"no\"}"                                                \
    }
#define NOTHING                                                                                    \
    {                                                                                              \
        "{\"decision\":\"none\"}"                                                                  \
    }
#define DEFER                                                                                      \
    {                                                                                              \
        PRE("\"permissionDecision\":\"defer\",\"permissionDecisionReason\":\"later\""),            \
            HANDLER_NATIVE                                                                         \
    }

static const char *decision(const char *word, const char *reason)
{
    return arena_printf(&arena,
                        PRE("\"permissionDecision\":\"%s\",\"permissionDecisionReason\":\"%s\""),
                        word, reason);
}

static void test_strictest_decision_wins(void **state)
{
    (void)state;
    assert_string_equal(ANSWER("pre-tool-use", NOTHING), "");
    assert_string_equal(ANSWER("pre-tool-use", ALLOW, NOTHING), decision("allow", "fine"));
    assert_string_equal(ANSWER("pre-tool-use", ALLOW, ASK), decision("ask", "sure?"));
    assert_string_equal(ANSWER("pre-tool-use", DEFER, ASK, ALLOW), decision("defer", "later"));
    assert_string_equal(ANSWER("pre-tool-use", DENY, DEFER, ASK), decision("deny", "no"));
    assert_string_equal(ANSWER("pre-tool-use", ALLOW, DENY), decision("deny", "no"));
    assert_int_equal(answer.decision, DECISION_DENY);
    assert_int_equal(answer.exit_status, 0);
}

static void test_reasons_of_the_winners_are_joined(void **state)
{
    (void)state;
    assert_string_equal(ANSWER("pre-tool-use", DENY, ASK, DENY),
                        decision("deny", "a:one: no\\nc:three: no"));
    assert_string_equal(ANSWER("pre-tool-use", {"{\"decision\":\"deny\"}"}),
                        decision("deny", "blocked by a:one"));
    assert_string_equal(ANSWER("pre-tool-use", {"{\"decision\":\"allow\"}"}),
                        PRE("\"permissionDecision\":\"allow\""));
}

/* ---- the client's dialect ---- */

#define NATIVE(text)                                                                               \
    {                                                                                              \
        text, HANDLER_NATIVE                                                                       \
    }

static void test_native_decisions(void **state)
{
    (void)state;
    assert_string_equal(ANSWER("pre-tool-use", NATIVE("{\"decision\":\"block\",\"reason\":\"r\"}")),
                        decision("deny", "r"));
    assert_string_equal(
        ANSWER("pre-tool-use", NATIVE("{\"decision\":\"approve\",\"reason\":\"r\"}")),
        decision("allow", "r"));
    /* what is in hookSpecificOutput counts more */
    assert_string_equal(
        ANSWER("pre-tool-use",
               NATIVE("{\"decision\":\"approve\",\"reason\":\"r\",\"hookSpecificOutput\":"
                      "{\"hookEventName\":\"PreToolUse\",\"permissionDecision\":\"deny\"}}")),
        decision("deny", "r"));
    assert_string_equal(ANSWER("stop", NATIVE("{\"decision\":\"approve\"}")), "");
}

static void test_native_exit_2_is_a_block(void **state)
{
    (void)state;
    assert_string_equal(
        ANSWER("pre-tool-use", {NULL, HANDLER_NATIVE, 2, .err = " not this\nfile\n"}),
        decision("deny", "not this\\nfile"));
    /* whatever it says beside */
    assert_string_equal(ANSWER("pre-tool-use", {PRE("\"permissionDecision\":\"allow\""),
                                                HANDLER_NATIVE, 2, .err = "no"}),
                        decision("deny", "no"));
    assert_string_equal(ANSWER("pre-tool-use", {"{broken", HANDLER_NATIVE, 2}),
                        decision("deny", "no reason given"));
    assert_string_equal(ANSWER("pre-tool-use", {"{\"decision\":\"block\",\"reason\":\"json\"}",
                                                HANDLER_NATIVE, 2, .err = "text"}),
                        decision("deny", "json"));
}

static void test_native_missing_script_is_no_block_where_the_client_says_so(void **state)
{
    (void)state;
    const struct act act = {NULL, HANDLER_NATIVE, 2, .err = "sh: 0: can't open 'x.sh'"};
    assert_string_equal(merged("stop", &act, 1),
                        "{\"systemMessage\":\"a:one failed: exit 2: sh: 0: can't open 'x.sh'\"}");
    assert_string_equal(merged("pre-tool-use", &act, 1),
                        decision("deny", "sh: 0: can't open 'x.sh'"));
}

static void test_native_json_counts_whatever_the_status(void **state)
{
    (void)state;
    assert_string_equal(
        ANSWER("pre-tool-use", {"{\"decision\":\"block\",\"reason\":\"r\"}", HANDLER_NATIVE, 1}),
        decision("deny", "r"));
}

static void test_native_other_status_says_nothing(void **state)
{
    (void)state;
    assert_string_equal(ANSWER("pre-tool-use", {"text", HANDLER_NATIVE, 1, .err = "oops"}), "");
    assert_string_equal(ANSWER("session-start", {"text", HANDLER_NATIVE, 127, .err = "x"}), "");
    assert_null(replies[0].failure);
}

static void test_native_answer_that_breaks_the_schema_counts_for_nothing(void **state)
{
    static const struct {
        const char *out, *why;
    } cases[] = {
        {"{\"decision\":\"deny\"}", "its answer has an unknown 'decision'"},
        {"{\"decision\":\"block\",\"continue\":\"no\"}",
         "its answer has a 'continue' of a wrong kind"},
        {"{\"decision\":\"block\",\"hookSpecificOutput\":{}}",
         "its hookSpecificOutput is not for PreToolUse"},
        {"{\"decision\":\"block\",\"hookSpecificOutput\":{\"hookEventName\":\"Stop\"}}",
         "its hookSpecificOutput is not for PreToolUse"},
        {PRE("\"permissionDecision\":\"maybe\""), "its answer has an unknown 'permissionDecision'"},
        {PRE("\"updatedInput\":[]"), "its answer has a 'updatedInput' of a wrong kind"},
        {"{\"decision\":", "its answer is not JSON"},
        {"{} trailing", "its answer is not JSON"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *said = ANSWER("pre-tool-use", {cases[i].out, HANDLER_NATIVE});
        assert_non_null(strstr(said, "\"systemMessage\":\"a:one failed: "));
        assert_non_null(strstr(said, cases[i].why));
        assert_int_equal(answer.decision, DECISION_NONE);
    }
}

static void test_native_that_goes_on_by_itself_has_no_answer(void **state)
{
    (void)state;
    assert_string_equal(
        ANSWER("pre-tool-use", NATIVE("{\"async\":true}\n{\"decision\":\"block\"}\n")), "");
    assert_null(replies[0].failure);
}

static void test_unknown_keys_pass(void **state)
{
    (void)state;
    assert_string_equal(ANSWER("pre-tool-use", NATIVE("{\"x\":1,\"decision\":\"block\"}")),
                        decision("deny", "blocked by a:one"));
    assert_string_equal(ANSWER("pre-tool-use", {"{\"x\":[1],\"decision\":null}"}), "");
}

static void test_reason_with_a_lone_surrogate_still_denies(void **state)
{
    (void)state;
    assert_string_equal(
        ANSWER("pre-tool-use",
               {"{\"decision\":\"deny\",\"reason\":\"a\\ud83d\\u0000\\ud83d\\ude00\\n\\u00e9\"}"}),
        decision("deny", "a\xEF\xBF\xBD\xEF\xBF\xBD\xF0\x9F\x98\x80\\n\xC3\xA9"));
}

/* ---- actions ---- */

static void test_action_answers(void **state)
{
    static const struct {
        struct act act;
        const char *why;
    } cases[] = {
        {{"{\"paii\":1,\"ok\":true}", .status = 1}, "its exit status and \\\"ok\\\" disagree"},
        {{"{\"paii\":1,\"ok\":false,\"error\":{\"code\":\"auth\",\"message\":\"no key\"}}",
          .status = 1},
         "auth: no key"},
        {{"{\"paii\":1,\"ok\":false}", .status = 1}, "and no error"},
        {{"{\"paii\":2,\"ok\":true}"}, "lacks \\\"paii\\\": 1"},
        {{"{\"paii\":1,\"ok\":\"yes\"}"}, "lacks \\\"ok\\\""},
        {{"{\"paii\":1,\"ok\":true,\"result\":[]}"}, "its result is not an object"},
        {{"{\"decision\":\"block\"}"}, "unknown 'decision'"},
        {{"{\"decision\":7}"}, "unknown 'decision'"},
        {{"{\"reason\":7}"}, "'reason' of a wrong kind"},
        {{"{\"paii\":1,"}, "not JSON"},
        {{"{\"paii\":1,\"ok\":true}{\"paii\":1,\"ok\":true}"}, "not JSON"},
        {{"[]"}, "not an object"},
        {{""}, "it wrote nothing"},
        {{"text"}, "not JSON"},
        {{"{\"paii\":1,\"ok\":true}", .cut = true}, "more than 64 KiB"},
        {{"", .status = 2, .err = "x\nTraceback: bad"}, "exit 2: Traceback: bad"},
        {{"", .status = 3}, "exit 3"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *said = merged("pre-tool-use", &cases[i].act, 1);
        assert_non_null(strstr(said, "\"systemMessage\":\"a:one failed: "));
        assert_non_null(strstr(said, cases[i].why));
        assert_int_equal(answer.decision, DECISION_NONE);
    }
}

static void test_action_id_must_be_its_own(void **state)
{
    struct handler handler = {.label = "a:one"};
    struct handler_run run = {.handler = &handler, .id = "abc"};
    struct reply reply;
    (void)state;
    buf_puts(&run.out, "{\"paii\":1,\"id\":\"abd\",\"ok\":true}");
    reply_read(&reply, &run, 0, &arena);
    assert_string_equal(reply.failure, "its response has the id of another request");
    buf_clear(&run.out);
    buf_puts(&run.out, "{\"paii\":1,\"id\":\"abc\",\"ok\":true}");
    reply_read(&reply, &run, 0, &arena);
    assert_null(reply.failure);
    handler_run_release(&run);
}

/* ---- failures ---- */

static void test_failure_open_passes_and_is_told(void **state)
{
    (void)state;
    assert_string_equal(
        ANSWER("pre-tool-use", {.outcome = OUTCOME_TIMEOUT}, ALLOW),
        "{\"systemMessage\":\"a:one failed: not done within 150 ms\",\"hookSpecificOutput\":"
        "{\"hookEventName\":\"PreToolUse\",\"permissionDecision\":\"allow\","
        "\"permissionDecisionReason\":\"fine\"}}");
    assert_string_equal(buf_text(&answer.err), "a:one failed: not done within 150 ms\n");
}

static void test_failure_closed_blocks(void **state)
{
    static const struct {
        struct act act;
        const char *why;
    } cases[] = {
        {{.outcome = OUTCOME_TIMEOUT, .flags = HANDLER_CLOSED}, "not done within 150 ms"},
        {{.outcome = OUTCOME_KILLED, .status = 11, .flags = HANDLER_CLOSED}, "killed by signal 11"},
        {{.outcome = OUTCOME_MISSING, .why = "no such program", .flags = HANDLER_CLOSED},
         "no such program"},
        {{.outcome = OUTCOME_REFUSED, .why = "content changed", .flags = HANDLER_CLOSED},
         "content changed"},
        {{"garbage", .flags = HANDLER_CLOSED}, "its answer is not JSON"},
        {{"", .status = 9, .flags = HANDLER_CLOSED}, "exit 9"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *said = merged("pre-tool-use", &cases[i].act, 1);
        assert_non_null(strstr(said, "\"permissionDecision\":\"deny\""));
        assert_non_null(strstr(said, "\"a:one failed: "));
        assert_non_null(strstr(said, cases[i].why));
    }
}

static void test_skipped_handlers_say_nothing(void **state)
{
    (void)state;
    assert_string_equal(
        ANSWER("pre-tool-use", {.outcome = OUTCOME_SKIPPED, .flags = HANDLER_CLOSED}), "");
}

/* ---- context ---- */

#define CONTEXT(text)                                                                              \
    {                                                                                              \
        "{\"context\":\"" text "\"}"                                                               \
    }

static void test_contexts_are_joined_in_order(void **state)
{
    (void)state;
    assert_string_equal(ANSWER("pre-tool-use", CONTEXT("one"), NOTHING, CONTEXT("two"),
                               NATIVE(PRE("\"additionalContext\":\"three\""))),
                        PRE("\"additionalContext\":\"one\\n\\ntwo\\n\\nthree\""));
    /* where the event has no place for it, it is not said */
    assert_string_equal(ANSWER("session-end", CONTEXT("one")), "");
}

static void test_context_is_cut_at_a_character(void **state)
{
    AUTO_BUF text = {0};
    (void)state;
    buf_puts(&text, "{\"context\":\"x");
    for (int i = 0; i < 6000; i++)
        buf_puts(&text, "\xF0\x9F\x98\x80"); /* two units of UTF-16 each */
    buf_puts(&text, "\"}");
    const char *said = ANSWER("pre-tool-use", {buf_text(&text)}, CONTEXT("late"));
    const char *context = strstr(said, "\"additionalContext\":\"x");
    assert_non_null(context);
    context += strlen("\"additionalContext\":\"x");
    assert_int_equal(strcspn(context, "\""), 4999 * 4);
    assert_non_null(strstr(said, "the context of a:one was cut"));
    assert_non_null(strstr(said, "the context of b:two was cut"));
}

static void test_context_that_fits_exactly_is_not_cut(void **state)
{
    char text[10001] = "";
    (void)state;
    memset(text, 'y', 10000);
    const char *out = arena_printf(&arena, "{\"context\":\"%s\"}", text);
    const char *said = ANSWER("stop", {out});
    assert_null(strstr(said, "was cut"));
    assert_non_null(strstr(said, text));
}

static void test_plain_text_is_context_where_the_client_takes_it(void **state)
{
    static const char *const events[] = {"session-start", "user-prompt-submit", "setup",
                                         "subagent-start"};
    (void)state;
    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        const char *said = ANSWER(events[i], NATIVE(" hello\n"), CONTEXT("more"));
        assert_non_null(strstr(said, "\"additionalContext\":\"hello\\n\\nmore\""));
    }
    assert_string_equal(ANSWER("pre-tool-use", NATIVE("hello\n")), "");
    assert_non_null(
        strstr(ANSWER("stop", NATIVE("{hello")), "a:one failed: its answer is not JSON at byte 1"));
}

static void test_compaction_takes_text(void **state)
{
    (void)state;
    assert_string_equal(ANSWER("pre-compact", NATIVE("keep names"), CONTEXT("and dates")),
                        "keep names\n\nand dates");
    assert_string_equal(ANSWER("pre-compact", CONTEXT("x"), DENY),
                        "{\"decision\":\"block\",\"reason\":\"no\"}");
    assert_string_equal(ANSWER("post-compact", NATIVE("done")), "done");
    assert_string_equal(ANSWER("post-compact", {"{\"system_message\":\"seen\"}"}), "seen");
}

/* ---- updated input ---- */

#define INPUT(text, level)                                                                         \
    {                                                                                              \
        "{\"updated_input\":" text "}", .priority = level                                          \
    }

static void test_updated_input(void **state)
{
    (void)state;
    assert_string_equal(ANSWER("pre-tool-use", INPUT("{\"a\":1}", 0)),
                        PRE("\"updatedInput\":{\"a\":1}"));
    /* equal but for white space, which strings keep */
    assert_string_equal(ANSWER("pre-tool-use", INPUT("{\"a\": \"x \\\" y\"}", 0),
                               INPUT("{ \"a\":\"x \\\" y\" }", 0)),
                        PRE("\"updatedInput\":{\"a\": \"x \\\" y\"}"));
    assert_string_equal(
        ANSWER("pre-tool-use", INPUT("{\"a\":\"x y\"}", 0), INPUT("{\"a\":\"xy\"}", 0)),
        "{\"systemMessage\":\"a:one and b:two disagree about the input: neither "
        "counts\"}");
}

static void test_updated_input_of_the_last_priority_counts(void **state)
{
    (void)state;
    assert_string_equal(
        ANSWER("pre-tool-use", INPUT("{\"a\":1}", 9), INPUT("{\"a\":2}", 0), NOTHING),
        PRE("\"updatedInput\":{\"a\":2}"));
    assert_int_equal(answer.updated_input.len, 7);
    /* two that disagree leave what came before them */
    const char *said =
        ANSWER("pre-tool-use", INPUT("{\"a\":1}", 9), INPUT("{\"a\":2}", 0), INPUT("{\"a\":3}", 0));
    assert_non_null(strstr(said, "\"updatedInput\":{\"a\":1}"));
    assert_non_null(strstr(said, "b:two and c:three disagree about the input"));
}

static void test_updated_input_of_who_denies_is_nothing(void **state)
{
    (void)state;
    assert_string_equal(
        ANSWER("pre-tool-use", {"{\"decision\":\"deny\",\"reason\":\"no\",\"updated_input\":{}}"}),
        decision("deny", "no"));
    assert_string_equal(ANSWER("pre-tool-use", INPUT("{\"a\":1}", 0), DENY),
                        decision("deny", "no"));
    add(hook_event_index("pre-tool-use"), &(struct act)INPUT("{\"a\":1}", 0));
    assert_int_equal(answer_updated_input(replies + reply_count - 1, 1, &arena).len, 7);
    assert_null(answer_updated_input(replies, 0, &arena).start);
}

/* ---- what only one can say ---- */

static void test_single_fields_are_equal_or_none(void **state)
{
    static const struct {
        const char *event, *key, *client, *a, *b;
    } cases[] = {
        {"post-tool-use", "updated_output", "updatedToolOutput", "{\"stdout\":\"x\"}", "\"y\""},
        {"post-tool-use", "updated_mcp_output", "updatedMCPToolOutput", "[1]", "[2]"},
        {"message-display", "display_content", "displayContent", "\"x\"", "\"y\""},
        {"session-start", "initial_message", "initialUserMessage", "\"x\"", "\"y\""},
        {"session-start", "session_title", "sessionTitle", "\"x\"", "\"y\""},
        {"user-prompt-submit", "session_title", "sessionTitle", "\"x\"", "\"y\""},
        {"elicitation", "action", "action", "\"accept\"", "\"cancel\""},
        {"elicitation-result", "content", "content", "{\"n\":1}", "{\"n\":2}"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *a = arena_printf(&arena, "{\"%s\":%s}", cases[i].key, cases[i].a);
        const char *b = arena_printf(&arena, "{\"%s\":%s}", cases[i].key, cases[i].b);
        const char *wanted = arena_printf(&arena, "\"%s\":%s", cases[i].client, cases[i].a);
        assert_non_null(strstr(ANSWER(cases[i].event, {a}, NOTHING, {a}), wanted));
        const char *said = ANSWER(cases[i].event, {a}, {b});
        assert_null(strstr(said, arena_printf(&arena, "\"%s\":", cases[i].client)));
        assert_non_null(strstr(said, "a:one and b:two disagree about "));
        /* on an event that does not have it, it is not said */
        assert_string_equal(ANSWER("stop", {a}), "");
    }
}

static void test_stop_and_its_reasons(void **state)
{
    (void)state;
    assert_string_equal(ANSWER("stop", {"{\"continue\":true}"}), "");
    assert_string_equal(
        ANSWER("stop", {"{\"continue\":false,\"stop_reason\":\"enough\"}"}, NOTHING),
        "{\"continue\":false,\"stopReason\":\"enough\"}");
    assert_string_equal(ANSWER("stop", {"{\"continue\":false,\"stop_reason\":\"x\"}"},
                               NATIVE("{\"continue\":false,\"stopReason\":\"y\"}")),
                        "{\"continue\":false,\"stopReason\":\"a:one: x\\nb:two: y\"}");
}

static void test_messages_and_flags(void **state)
{
    (void)state;
    assert_string_equal(ANSWER("stop", {"{\"system_message\":\"x\"}"},
                               NATIVE("{\"systemMessage\":\"y\",\"suppressOutput\":true}")),
                        "{\"suppressOutput\":true,\"systemMessage\":\"x\\ny\"}");
    assert_string_equal(
        ANSWER("session-start", {"{\"reload_skills\":false}"}, {"{\"reload_skills\":true}"}),
        "{\"hookSpecificOutput\":{\"hookEventName\":\"SessionStart\",\"reloadSkills\":true}}");
    assert_string_equal(
        ANSWER("permission-denied", {"{\"retry\":true}"}, NOTHING),
        "{\"hookSpecificOutput\":{\"hookEventName\":\"PermissionDenied\",\"retry\":true}}");
}

static void test_watch_paths_without_doubles(void **state)
{
    (void)state;
    assert_string_equal(ANSWER("cwd-changed", {"{\"watch_paths\":[\"/a\",\"/b\"]}"},
                               {"{\"watch_paths\":[\"/b\",\"/c\"]}"}),
                        "{\"hookSpecificOutput\":{\"hookEventName\":\"CwdChanged\","
                        "\"watchPaths\":[\"/a\",\"/b\",\"/c\"]}}");
    assert_non_null(strstr(ANSWER("file-changed", {"{\"watch_paths\":[7]}"}), "of a wrong kind"));
}

/* ---- permission requests ---- */

#define REQUEST(text)                                                                              \
    "{\"hookSpecificOutput\":{\"hookEventName\":\"PermissionRequest\",\"decision\":" text "}}"

static void test_permission_request(void **state)
{
    (void)state;
    assert_string_equal(ANSWER("permission-request", ALLOW), REQUEST("{\"behavior\":\"allow\"}"));
    assert_string_equal(
        ANSWER("permission-request",
               NATIVE(REQUEST("{\"behavior\":\"allow\",\"updatedInput\":{\"a\":1},"
                              "\"updatedPermissions\":[1]}"))),
        REQUEST("{\"behavior\":\"allow\",\"updatedInput\":{\"a\":1},\"updatedPermissions\":[1]}"));
    assert_string_equal(
        ANSWER("permission-request", ALLOW,
               NATIVE(REQUEST("{\"behavior\":\"deny\",\"message\":\"m\",\"interrupt\":true}"))),
        REQUEST("{\"behavior\":\"deny\",\"message\":\"m\",\"interrupt\":true}"));
    /* who wants the user asked leaves the question to the client */
    assert_string_equal(ANSWER("permission-request", ALLOW, ASK), "");
}

/* ---- worktrees ---- */

static void test_worktree_needs_exactly_one(void **state)
{
    (void)state;
    assert_string_equal(ANSWER("worktree-create", NATIVE("making it\n/tmp/tree\n"), NOTHING),
                        "/tmp/tree");
    assert_string_equal(ANSWER("worktree-create", {"{\"worktree_path\":\"/t\"}"}), "/t");
    assert_int_equal(answer.exit_status, 0);
    assert_string_equal(ANSWER("worktree-create", NATIVE("/a"), NATIVE("/b")), "");
    assert_int_equal(answer.exit_status, 2);
    assert_string_equal(buf_text(&answer.err), "a:one and b:two both made a worktree\n");
    assert_string_equal(ANSWER("worktree-create", NOTHING), "");
    assert_int_equal(answer.exit_status, 2);
    assert_string_equal(buf_text(&answer.err), "no hook made a worktree\n");
}

/* ---- how each event says a block ---- */

static void test_every_event_says_a_block_in_its_way(void **state)
{
    static const struct {
        const char *event, *out;
        int exit_status;
    } cases[HOOK_EVENTS] = {
        {"config-change", "{\"decision\":\"block\",\"reason\":\"no\"}", 2},
        {"cwd-changed", "{\"systemMessage\":\"no\"}"},
        {"elicitation",
         "{\"reason\":\"no\",\"hookSpecificOutput\":{\"hookEventName\":\"Elicitation\","
         "\"action\":\"decline\"}}"},
        {"elicitation-result",
         "{\"reason\":\"no\",\"hookSpecificOutput\":{\"hookEventName\":\"ElicitationResult\","
         "\"action\":\"decline\"}}"},
        {"file-changed", "{\"systemMessage\":\"no\"}"},
        {"instructions-loaded", "{\"systemMessage\":\"no\"}"},
        {"message-display", "{\"systemMessage\":\"no\"}"},
        {"notification", "{\"systemMessage\":\"no\"}"},
        {"permission-denied", "{\"systemMessage\":\"no\"}"},
        {"permission-request", REQUEST("{\"behavior\":\"deny\",\"message\":\"no\"}")},
        {"post-compact", "no"},
        {"post-tool-batch", "{\"decision\":\"block\",\"reason\":\"no\"}"},
        {"post-tool-use", "{\"decision\":\"block\",\"reason\":\"no\"}"},
        {"post-tool-use-failure", "{\"decision\":\"block\",\"reason\":\"no\"}"},
        {"pre-compact", "{\"decision\":\"block\",\"reason\":\"no\"}"},
        {"pre-tool-use",
         PRE("\"permissionDecision\":\"deny\",\"permissionDecisionReason\":\"no\"")},
        {"session-end", "{\"systemMessage\":\"no\"}"},
        {"session-start", "{\"systemMessage\":\"no\"}"},
        {"setup", "{\"systemMessage\":\"no\"}"},
        {"stop", "{\"decision\":\"block\",\"reason\":\"no\"}"},
        {"stop-failure", "{\"systemMessage\":\"no\"}"},
        {"subagent-start", "{\"systemMessage\":\"no\"}"},
        {"subagent-stop", "{\"decision\":\"block\",\"reason\":\"no\"}"},
        {"task-completed", "{\"decision\":\"block\",\"reason\":\"no\"}", 2},
        {"task-created", "{\"decision\":\"block\",\"reason\":\"no\"}", 2},
        {"teammate-idle", "{\"decision\":\"block\",\"reason\":\"no\"}", 2},
        {"user-prompt-expansion", "{\"decision\":\"block\",\"reason\":\"no\"}"},
        {"user-prompt-submit", "{\"decision\":\"block\",\"reason\":\"no\"}"},
        {"worktree-create", "", 2},
        {"worktree-remove", "{\"systemMessage\":\"no\"}"},
    };
    (void)state;
    for (int i = 0; i < HOOK_EVENTS; i++) {
        assert_string_equal(cases[i].event, hook_events[i].name);
        assert_string_equal(hook_ways[i].event, hook_events[i].name);
        assert_string_equal(ANSWER(cases[i].event, DENY), cases[i].out);
        assert_int_equal(answer.exit_status, cases[i].exit_status);
        assert_int_equal(answer.decision, DECISION_DENY);
        if (cases[i].exit_status)
            assert_string_equal(buf_text(&answer.err), "no\n");
    }
}

static void test_what_an_event_does_not_know_is_told(void **state)
{
    (void)state;
    assert_string_equal(ANSWER("stop", ASK),
                        "{\"systemMessage\":\"a hook says 'ask', which stop does not know\"}");
}

static void test_failure_of_all(void **state)
{
    (void)state;
    answer_failure(&answer, hook_event_index("pre-tool-use"), true, "paii: x");
    assert_string_equal(buf_text(&answer.out),
                        PRE("\"permissionDecision\":\"deny\",\"permissionDecisionReason\":"
                            "\"paii: x\"") "\n");
    answer_release(&answer);
    answer_failure(&answer, hook_event_index("task-created"), true, "paii: x");
    assert_int_equal(answer.exit_status, 2);
    assert_string_equal(buf_text(&answer.err), "paii: x\n");
    answer_release(&answer);
    answer_failure(&answer, hook_event_index("session-end"), true, "paii: x");
    assert_string_equal(buf_text(&answer.out), "{\"systemMessage\":\"paii: x\"}\n");
    answer_release(&answer);
    answer_failure(&answer, hook_event_index("pre-tool-use"), false, "paii: x");
    assert_string_equal(buf_text(&answer.out), "{\"systemMessage\":\"paii: x\"}\n");
    assert_int_equal(answer.decision, DECISION_NONE);
}

/* ---- the same replies, the same bytes ---- */

static void test_times_do_not_matter(void **state)
{
    int event = hook_event_index("pre-tool-use");
    const struct act acts[] = {ASK, CONTEXT("one"), DENY, INPUT("{\"a\":1}", 0), CONTEXT("two")};
    enum { COUNT = sizeof acts / sizeof *acts };
    const char *first = merged("pre-tool-use", acts, COUNT);
    (void)state;

    /* Read in every rotation of the order of finishing; merged in the order of the table. */
    for (size_t shift = 0; shift < COUNT; shift++) {
        struct reply read[COUNT];
        for (size_t i = 0; i < COUNT; i++) {
            size_t at = (i + shift) % COUNT;
            struct handler_run run = {.handler = &handlers[at],
                                      .started_us = (int64_t)i,
                                      .took_us = (int64_t)(shift * 7 + i)};
            buf_puts(&run.out, response_of(&acts[at]));
            reply_read(&read[at], &run, event, &arena);
            handler_run_release(&run);
        }
        answer_release(&answer);
        answer_merge(&answer, read, COUNT, event, &arena);
        assert_int_equal(answer.out.len, strlen(first) + 1);
        assert_memory_equal(answer.out.data, first, strlen(first));
    }
}

static void test_samples_are_payloads(void **state)
{
    (void)state;
    for (int event = 0; event < HOOK_EVENTS; event++) {
        const char *text = hook_sample(event, &arena);
        struct json_fault fault;
        assert_true(json_check(text, strlen(text), 64, &fault));
        struct json_slice root = json_value(text, strlen(text));
        assert_true(
            json_is(json_member(root, "hook_event_name", NULL), hook_events[event].client_name));
        if (hook_events[event].subject)
            assert_int_equal(json_kind(json_member(root, hook_events[event].subject, NULL)), '"');
    }
}

#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_strictest_decision_wins),
        T(test_reasons_of_the_winners_are_joined),
        T(test_native_decisions),
        T(test_native_exit_2_is_a_block),
        T(test_native_missing_script_is_no_block_where_the_client_says_so),
        T(test_native_json_counts_whatever_the_status),
        T(test_native_other_status_says_nothing),
        T(test_native_answer_that_breaks_the_schema_counts_for_nothing),
        T(test_native_that_goes_on_by_itself_has_no_answer),
        T(test_unknown_keys_pass),
        T(test_reason_with_a_lone_surrogate_still_denies),
        T(test_action_answers),
        T(test_action_id_must_be_its_own),
        T(test_failure_open_passes_and_is_told),
        T(test_failure_closed_blocks),
        T(test_skipped_handlers_say_nothing),
        T(test_contexts_are_joined_in_order),
        T(test_context_is_cut_at_a_character),
        T(test_context_that_fits_exactly_is_not_cut),
        T(test_plain_text_is_context_where_the_client_takes_it),
        T(test_compaction_takes_text),
        T(test_updated_input),
        T(test_updated_input_of_the_last_priority_counts),
        T(test_updated_input_of_who_denies_is_nothing),
        T(test_single_fields_are_equal_or_none),
        T(test_stop_and_its_reasons),
        T(test_messages_and_flags),
        T(test_watch_paths_without_doubles),
        T(test_permission_request),
        T(test_worktree_needs_exactly_one),
        T(test_every_event_says_a_block_in_its_way),
        T(test_what_an_event_does_not_know_is_told),
        T(test_failure_of_all),
        T(test_times_do_not_matter),
        T(test_samples_are_payloads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
