/* What the client sends, and which handlers want it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/data.h"
#include "base/fs.h"
#include "base/paths.h"
#include "corpus.h"
#include "hooks/condition.h"

#include <stdlib.h>

#define PAYLOADS PAII_SOURCE_DIR "/../shared/claude-lab/payloads"

static struct arena arena;

static int release(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static int event(const char *name)
{
    return hook_event_index(name);
}

/* ---- payloads ---- */

static const char *expected_subject(const char *text, size_t len, const char *key)
{
    struct diags diags = {.arena = &arena};
    struct data *root = data_parse_json(&arena, "payload", text, len, false, &diags);
    struct data *value = root && key ? data_get(root, key) : NULL;
    if (!value || value->type != DATA_STRING)
        return NULL;
    return strcmp(key, "file_path") == 0 ? path_base(value->text) : value->text;
}

static void recorded_payloads_have_their_subjects(void **state)
{
    (void)state;
    if (!corpus_present(PAYLOADS))
        skip();
    struct strings files = {0};
    size_t subjects = 0;
    corpus_files(&files, &arena, PAYLOADS, ".json");
    assert_true(files.count > 50);
    for (size_t i = 0; i < files.count; i++) {
        const char *name = strrchr(files.items[i], '/') + 1;
        int which = event(arena_strndup(&arena, name, strcspn(name, ".")));
        struct buf text = {0};
        struct payload payload;
        assert_true(which >= 0);
        assert_true(corpus_read(&text, files.items[i]));
        payload_parse(&payload, text.data, text.len, which, &arena);
        const char *expected = expected_subject(text.data, text.len, hook_events[which].subject);
        assert_null(payload.wrong);
        assert_non_null(payload.session_id);
        if (expected)
            assert_string_equal(payload.subject, expected);
        else
            assert_null(payload.subject);
        if (hook_events[which].tool)
            assert_int_equal(json_kind(payload.tool_input), '{');
        subjects += expected != NULL;
        buf_release(&text);
    }
    assert_true(subjects > 40);
}

static const char *why_not(const char *text, size_t len)
{
    struct payload payload;
    payload_parse(&payload, text, len, event("pre-tool-use"), &arena);
    return payload.wrong;
}

static void unusable_payloads_say_why(void **state)
{
    (void)state;
    static const struct {
        const char *text, *wrong;
    } cases[] = {
        {"", "it is empty"},
        {"[]", "it is no JSON object"},
        {"{\"a\":}", "not JSON at byte 5: unexpected character"},
        {"{} {}", "not JSON at byte 3: text behind the document"},
        {"{\"tool_name\":\"Read\",\"tool\\u005fname\":\"Bash\"}", "it has 'tool_name' twice"},
        {"{\"tool_input\":{},\"tool_input\":{}}", "it has 'tool_input' twice"},
        {"{\"tool_input\":{\"command\":\"ls\",\"command\":\"rm\"}}",
         "it has 'command' twice in tool_input"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(why_not(cases[i].text, strlen(cases[i].text)), cases[i].wrong);
    assert_non_null(why_not("{\"tool_name\":\"a\0b\"}", 19));
    assert_null(why_not("{\"x\":1,\"x\":2}", 13));

    AUTO_BUF deep = {0};
    for (int i = 0; i < 10000; i++)
        buf_puts(&deep, "{\"a\":");
    assert_non_null(strstr(why_not(deep.data, deep.len), "nested too deeply"));
}

static void odd_values_are_no_subject(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"tool_name\":\"Ba\\ud83d\"}",
        "{\"tool_name\":\"Ba\\u0000sh\"}",
        "{\"tool_name\":7}",
        "{}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct payload payload;
        payload_parse(&payload, texts[i], strlen(texts[i]), event("pre-tool-use"), &arena);
        assert_null(payload.wrong);
        assert_null(payload.subject);
    }
}

static FILE *file_of(size_t filler)
{
    FILE *file = tmpfile();
    assert_non_null(file);
    fputs("{\"tool_name\":\"Write\",\"tool_input\":{\"content\":\"", file);
    char chunk[65536];
    memset(chunk, 'x', sizeof chunk);
    for (; filler > 0; filler -= filler < sizeof chunk ? filler : sizeof chunk)
        fwrite(chunk, 1, filler < sizeof chunk ? filler : sizeof chunk, file);
    fputs("\"}}\n", file);
    rewind(file);
    return file;
}

static void large_payloads_are_read_and_larger_ones_dropped(void **state)
{
    (void)state;
    struct payload payload;
    FILE *file = file_of(50 << 20);
    assert_int_equal(payload_read(&payload, fileno(file), event("PreToolUse"), &arena), 0);
    assert_null(payload.wrong);
    assert_string_equal(payload.subject, "Write");
    assert_true(payload.len > 50 << 20);
    fclose(file);

    file = file_of(PAYLOAD_MAX);
    assert_int_equal(payload_read(&payload, fileno(file), event("PreToolUse"), &arena), 0);
    assert_string_equal(payload.wrong, "it is larger than 64 MiB");
    char c;
    assert_int_equal(read(fileno(file), &c, 1), 0);
    fclose(file);
}

static void another_input_leaves_every_other_byte(void **state)
{
    (void)state;
    const char *text = " {\"tool_name\" : \"Bash\",\n\"tool_input\" : {\"command\":\"ls\"} , "
                       "\"x\":\"\\ud83d\"}\n";
    struct payload payload, updated;
    payload_parse(&payload, text, strlen(text), event("pre-tool-use"), &arena);
    struct json_slice input = {.start = "{\"command\":\"pwd\"}", .len = 17};
    payload_update(&updated, &payload, input, &arena);
    assert_int_equal(updated.len, strlen(text) + 1);
    assert_string_equal(updated.text, " {\"tool_name\" : \"Bash\",\n\"tool_input\" : "
                                      "{\"command\":\"pwd\"} , \"x\":\"\\ud83d\"}\n");
    assert_string_equal(json_text(json_member(updated.tool_input, "command", NULL), &arena), "pwd");
    assert_true(json_is(json_member(updated.root, "tool_name", NULL), "Bash"));
    assert_int_equal(json_kind(json_member(updated.root, "x", NULL)), '"');

    struct json_slice twice = {.start = "{\"command\":1,\"command\":2}", .len = 25};
    payload_update(&updated, &payload, twice, &arena);
    assert_non_null(updated.wrong);
}

/* ---- matchers ---- */

static bool wants(const char *event_name, const char *matcher, const char *condition,
                  const char *payload_text)
{
    struct handler handler = {
        .event = event(event_name), .matcher = matcher, .condition = condition};
    struct payload payload;
    const char *why;
    payload_parse(&payload, payload_text, strlen(payload_text), handler.event, &arena);
    assert_null(payload.wrong);
    bool result = handler_wants(&handler, &payload, &why, &arena);
    assert_true(result == !why);
    return result;
}

static bool matches(const char *matcher, const char *tool)
{
    return wants("pre-tool-use", matcher, "", arena_printf(&arena, "{\"tool_name\":\"%s\"}", tool));
}

static void matchers_are_the_clients(void **state)
{
    (void)state;
    static const struct {
        const char *matcher, *tool;
        bool matches;
    } cases[] = {
        {"", "Bash", true},
        {"*", "Bash", true},
        {"Bash", "Bash", true},
        {"bash", "Bash", false},
        {"as", "Bash", false},
        {"Edit|Bash", "Bash", true},
        {"Write, Bash", "Bash", true},
        {"Write,Bash", "Bash", true},
        {"Ba.*", "Bash", true},
        {"a.h", "Bash", true},
        {"^a.h", "Bash", false},
        {"Ba(", "Bash", false},
        {"*Bash", "Bash", false},
        {"mcp__server", "mcp__server__tool", false},
        {"mcp__server__.*", "mcp__server__tool", true},
        {"[^]ash$", "Bash", true},
        {"\\u0042ash", "Bash", true},
        {"^(?!Bash).*", "Bash", false},
        {"^(?!Bash).*", "Write", true},
        {"(a*)*$x", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (matches(cases[i].matcher, cases[i].tool) != cases[i].matches)
            fail_msg("'%s' and '%s'", cases[i].matcher, cases[i].tool);
    assert_true(matcher_valid("a|b") && matcher_valid("^a.*") && matcher_valid(""));
    assert_false(matcher_valid("a("));
}

static void every_event_has_its_field(void **state)
{
    (void)state;
    assert_true(wants("session-start", "startup|clear", "", "{\"source\":\"clear\"}"));
    assert_false(wants("session-start", "startup", "", "{\"source\":\"clear\"}"));
    assert_true(
        wants("notification", "idle_prompt", "", "{\"notification_type\":\"idle_prompt\"}"));
    assert_true(wants("file-changed", ".envrc|.env", "", "{\"file_path\":\"/a/.env\"}"));
    assert_false(wants("file-changed", "^a$", "", "{\"file_path\":\"/a/.env\"}"));
    assert_true(wants("stop", "Bash", "", "{\"tool_name\":\"Write\"}"));
    /* What the payload does not say keeps no handler from running. */
    assert_true(wants("pre-tool-use", "Bash", "", "{}"));
    assert_true(wants("subagent-stop", "Explore", "", "{\"agent_type\":\"\"}"));
}

/* ---- if ---- */

static bool holds(const char *condition, const char *command)
{
    AUTO_BUF text = {0};
    struct json_writer json = {.out = &text};
    json_object(&json);
    json_field(&json, "tool_name", "Bash");
    json_key(&json, "tool_input");
    json_object(&json);
    json_field(&json, "command", command);
    json_end_object(&json);
    json_end_object(&json);
    return wants("pre-tool-use", "", condition, arena_strdup(&arena, buf_text(&text)));
}

static void conditions_see_every_command_of_a_line(void **state)
{
    (void)state;
    static const char *const pushing[] = {
        "git push origin",
        "git push",
        "true && git push origin",
        "FOO=bar A='b c' git push origin",
        "echo $(git push origin)",
        "echo \"x `git push origin` y\"",
        "true | git push x",
        "for i in 1; do git push x; done",
        "git 'push' x",
        "git push x >/dev/null 2>&1",
        "2>err git push x",
        "(cd x; git push y)",
        "cd x\ngit   push y",
        "git pu\\\nsh x",
        "diff <(git push x) y",
        "{ git push x; }",
        "sleep 1 & git push x",
    };
    for (size_t i = 0; i < sizeof pushing / sizeof *pushing; i++) {
        if (!holds("Bash(git push *)", pushing[i]) || !holds("Bash(git:*)", pushing[i]))
            fail_msg("not seen: %s", pushing[i]);
        assert_false(holds("Bash(touch *)", pushing[i]));
        assert_true(holds("Bash", pushing[i]) && holds("Bash(*)", pushing[i]) &&
                    holds("Bash()", pushing[i]));
        assert_false(holds("Write", pushing[i]) || holds("bash(git *)", pushing[i]));
        assert_false(holds("Bash(git *", pushing[i]) || holds("*", pushing[i]));
    }
    assert_false(holds("Bash(git push *)", "echo 'git push origin'"));
    assert_false(holds("Bash(git push *)", "gitx push origin"));
    assert_true(holds("Bash(git push)", "git push"));
    assert_false(holds("Bash(git push)", "git push origin"));

    AUTO_BUF deep = {0};
    for (int i = 0; i < 100; i++)
        buf_puts(&deep, "echo $(");
    assert_true(holds("Bash(git *)", buf_text(&deep)));
}

static bool writes(const char *condition, const char *path)
{
    return wants("pre-tool-use", "", condition,
                 arena_printf(&arena,
                              "{\"cwd\":\"/srv\",\"tool_name\":\"Write\",\"tool_input\":"
                              "{\"file_path\":\"%s\",\"content\":\"x\"}}",
                              path));
}

static void conditions_know_paths(void **state)
{
    (void)state;
    static const char *const hits[] = {
        "Write(*.ts)",       "Write(src/**)",   "Write(/src/**)",    "Write(src/*)",
        "Write(**/*.ts)",    "Write(src)",      "Write(./src/**)",   "Write(b.ts)",
        "Write(src/a/b.ts)", "Write(//sr*/**)", "Write(/srv/src/*)", "Write(src/)",
    };
    static const char *const misses[] = {"Edit", "Edit(src/**)", "Write(~/**)", "Write(*.js)",
                                         "Write(lib/**)"};
    paths.home = "/home/ada";
    for (size_t i = 0; i < sizeof hits / sizeof *hits; i++)
        if (!writes(hits[i], "/srv/src/a/b.ts"))
            fail_msg("%s", hits[i]);
    for (size_t i = 0; i < sizeof misses / sizeof *misses; i++)
        if (writes(misses[i], "/srv/src/a/b.ts"))
            fail_msg("%s", misses[i]);
    assert_true(writes("Write(~/**)", "/home/ada/x"));
}

static void conditions_know_hosts_servers_and_events(void **state)
{
    (void)state;
    const char *fetch = "{\"tool_name\":\"WebFetch\",\"tool_input\":"
                        "{\"url\":\"https://a@Example.com:8443/x?y\"}}";
    const char *mcp = "{\"tool_name\":\"mcp__db__query\",\"tool_input\":{\"query\":\"drop x\"}}";
    assert_true(wants("pre-tool-use", "", "WebFetch(domain:example.com)", fetch));
    assert_false(wants("pre-tool-use", "", "WebFetch(domain:ample.com)", fetch));
    assert_true(wants("pre-tool-use", "", "mcp__db", mcp));
    assert_true(wants("pre-tool-use", "", "mcp__db__*", mcp));
    assert_true(wants("pre-tool-use", "", "mcp__db__query(drop *)", mcp));
    assert_false(wants("pre-tool-use", "", "mcp__db__query(select *)", mcp));
    assert_false(wants("pre-tool-use", "", "mcp__d", mcp));
    assert_false(wants("stop", "", "Bash", "{\"tool_name\":\"Bash\"}"));
    /* A tool whose input has none of the fields: nothing says that it is not meant. */
    assert_true(wants("pre-tool-use", "", "Task(x)", "{\"tool_name\":\"Task\",\"tool_input\":{}}"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(recorded_payloads_have_their_subjects, release),
        cmocka_unit_test_teardown(unusable_payloads_say_why, release),
        cmocka_unit_test_teardown(odd_values_are_no_subject, release),
        cmocka_unit_test_teardown(large_payloads_are_read_and_larger_ones_dropped, release),
        cmocka_unit_test_teardown(another_input_leaves_every_other_byte, release),
        cmocka_unit_test_teardown(matchers_are_the_clients, release),
        cmocka_unit_test_teardown(every_event_has_its_field, release),
        cmocka_unit_test_teardown(conditions_see_every_command_of_a_line, release),
        cmocka_unit_test_teardown(conditions_know_paths, release),
        cmocka_unit_test_teardown(conditions_know_hosts_servers_and_events, release),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
