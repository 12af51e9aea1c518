/* Putting entries into a settings.json and taking them out again changes no other byte. */
/* error.h before cmocka.h, which has a macro of the same name as fail(). */
#include "base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/paths.h"
#include "claude/settings_edit.h"

#include <string.h>

#define MARK  "\xEF\xBB\xBF"
#define HOOK  "{\"type\":\"command\",\"command\":\"/opt/bin/paii hook dispatch stop\",\"timeout\":7}"
#define GROUP "{\"hooks\":[" HOOK "]}"

static const struct wanted_event stop = {
    .client_name = "Stop", .name = "stop", .timeout_s = 7, .sync = true};

/* The same text when it is edited for one event (or none). */
static const char *edited(const char *text, size_t len, const struct wanted_event *events,
                          size_t count, struct arena *arena)
{
    struct settings_text settings = {.file = "settings.json", .text = text, .len = len};
    AUTO_BUF out = {0};
    assert_int_equal(settings_edit(&out, &settings, events, count, arena), 0);
    return arena_strdup(arena, buf_text(&out));
}

static int set_up(void **state)
{
    (void)state;
    paths.home = "/home/ada";
    paths.dir = "/home/ada/.config/paii";
    paths.config = "/home/ada/.config/paii/paii.toml";
    paths.program = "/opt/bin/paii";
    return 0;
}

struct edit_case {
    const char *before, *after;
};

/* ---- the form of what is put in ---- */

static const struct edit_case insertions[] = {
    {"{}", "{\n  \"hooks\": {\n    \"Stop\": [\n      {\n        \"hooks\": [\n          {\n"
           "            \"type\": \"command\",\n"
           "            \"command\": \"/opt/bin/paii hook dispatch stop\",\n"
           "            \"timeout\": 7\n          }\n        ]\n      }\n    ]\n  }\n}"},
    {"{\r\n\t\"model\": \"x\"\r\n}\r\n",
     "{\r\n\t\"model\": \"x\",\r\n\t\"hooks\": {\r\n\t\t\"Stop\": "
     "[\r\n\t\t\t{\r\n\t\t\t\t\"hooks\": "
     "[\r\n\t\t\t\t\t{\r\n\t\t\t\t\t\t\"type\": \"command\",\r\n"
     "\t\t\t\t\t\t\"command\": \"/opt/bin/paii hook dispatch stop\",\r\n"
     "\t\t\t\t\t\t\"timeout\": 7\r\n\t\t\t\t\t}\r\n\t\t\t\t]\r\n\t\t\t}\r\n\t\t]\r\n\t}\r\n}\r\n"},
    {"{\"a\":1}", "{\"a\":1,\"hooks\":{\"Stop\":[" GROUP "]}}"},
    {"{\"a\":1, \"b\":2}\n", "{\"a\":1, \"b\":2, \"hooks\":{\"Stop\":[" GROUP "]}}\n"},
    {MARK "{\"a\":1}", MARK "{\"a\":1,\"hooks\":{\"Stop\":[" GROUP "]}}"},
    {"{\"hooks\":{},\"a\":1}", "{\"hooks\":{ \"Stop\":[" GROUP "]},\"a\":1}"},
    {"{\"hooks\":{\"Stop\":[]}}", "{\"hooks\":{\"Stop\":[ " GROUP "]}}"},
    {"{\"hooks\":{\"Stop\":[{\"hooks\":[{\"type\":\"command\",\"command\":\"lint\"}]}]}}",
     "{\"hooks\":{\"Stop\":[{\"hooks\":[{\"type\":\"command\",\"command\":\"lint\"}]}," GROUP
     "]}}"},
    {"{\"hooks\":{\"Setup\":[]}}", "{\"hooks\":{\"Setup\":[],\"Stop\":[" GROUP "]}}"},
    {"{\"h\\u006foks\":{\"St\\u006fp\":[]}}", "{\"h\\u006foks\":{\"St\\u006fp\":[ " GROUP "]}}"},
};

static void test_insertions(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof insertions / sizeof *insertions; i++) {
        struct arena arena = {0};
        const struct edit_case *row = &insertions[i];
        const char *after = edited(row->before, strlen(row->before), &stop, 1, &arena);
        assert_string_equal(after, row->after);
        assert_string_equal(edited(after, strlen(after), &stop, 1, &arena), after);
        assert_string_equal(edited(after, strlen(after), NULL, 0, &arena), row->before);
        arena_release(&arena);
    }
}

/* ---- what is taken out, whoever wrote it ---- */

static const struct edit_case removals[] = {
    /* as the client writes it again: other keys, an order and an indent of its own */
    {"{\n  \"hooks\": {\n    \"Stop\": [\n      {\n        \"hooks\": [\n          {\n            "
     "\"command\": \"/opt/bin/paii hook dispatch stop\"\n          }\n        ]\n      }\n    ]\n "
     " "
     "},\n  \"model\": \"x\"\n}\n",
     "{\n  \"model\": \"x\"\n}\n"},
    /* of an older place, with words, with variables, in quotes */
    {"{\"a\":1,\"hooks\":{\"Stop\":[{\"hooks\":[{\"command\":\"/old/paii\",\"args\":[\"hook\","
     "\"dispatch\",\"stop\"]}]}]}}",
     "{\"a\":1}"},
    {"{\"a\":1,\"hooks\":{\"Stop\":[{\"hooks\":[{\"command\":\"/usr/bin/env\",\"args\":[\"PAII_"
     "DIR=/x y\",\"/old/paii\",\"hook\",\"dispatch\",\"stop\"]}]}]}}",
     "{\"a\":1}"},
    {"{\"a\":1,\"hooks\":{\"Stop\":[{\"hooks\":[{\"command\":\"PAII_DIR='/x y' '/a b/paii' hook "
     "dispatch stop\"}]}]}}",
     "{\"a\":1}"},
    /* beside what is others': in one group, and among groups and events */
    {"{\"hooks\":{\"Stop\":[{\"matcher\":\"*\",\"hooks\":[{\"command\":\"lint\"}, " HOOK
     "]}],\"Setup\":[" GROUP "," GROUP ",{}]}}",
     "{\"hooks\":{\"Stop\":[{\"matcher\":\"*\",\"hooks\":[{\"command\":\"lint\"}]}],\"Setup\":[{}]}"
     "}"},
    {"{\"hooks\":{\"Setup\":[" GROUP "],\"Stop\":[{},\n" GROUP "\n,{}]}}",
     "{\"hooks\":{\"Stop\":[{}\n,{}]}}"},
    {"{\"hooks\":{\"Stop\":[ " GROUP " ]}}", "{}"},
    /* not ours */
    {"{\"hooks\":{\"Stop\":[{\"hooks\":[{\"command\":\"/x/paii status\"},{\"command\":\"/x/mypaii "
     "hook dispatch stop\"},{\"command\":\"timeout 5 /x/paii hook dispatch stop\"}]}]}}",
     "{\"hooks\":{\"Stop\":[{\"hooks\":[{\"command\":\"/x/paii status\"},{\"command\":\"/x/mypaii "
     "hook dispatch stop\"},{\"command\":\"timeout 5 /x/paii hook dispatch stop\"}]}]}}"},
    {"{\"hooks\":{\"Stop\":7,\"Setup\":[7,{\"hooks\":7},{\"hooks\":[7]}]}}",
     "{\"hooks\":{\"Stop\":7,\"Setup\":[7,{\"hooks\":7},{\"hooks\":[7]}]}}"},
};

static void test_removals(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof removals / sizeof *removals; i++) {
        struct arena arena = {0};
        const char *before = removals[i].before;
        assert_string_equal(edited(before, strlen(before), NULL, 0, &arena), removals[i].after);
        arena_release(&arena);
    }
}

/* Formats that people and programs use; whatever is wanted in turn, the end is as the beginning. */
static void test_every_layout_is_given_back(void **state)
{
    static const char *const texts[] = {
        "{}",
        "{ }",
        "{\n}",
        "{\r\n}\r\n",
        "{\r}",
        " \n{}\n\n",
        MARK "{\n}\n",
        "{\"hooks\":{}}",
        "{\"hooks\": { } }",
        "{\n    \"hooks\": {\n    }\n}\n",
        "{\n\t\"hooks\": {\n\t\t\"Stop\": [\n\t\t]\n\t}\n}\n",
        "{\n  \"hooks\": {\n    \"Stop\": [],\n    \"PreToolUse\": [ ]\n  },\n  \"a\": 1\n}\n",
        "{\"hooks\":{\"Stop\":[ \n ]}}",
        "{\n  \"a\": 1, \"b\": 2 }",
        "{ \"a\" : 1 }",
        "{\n\n  \"a\": 1\n\n}",
        "{\"a\":1,\"hooks\":{\n}}",
        "{\r\n  \"a\": [1,\n2]\r\n}",
        "{\n  \"hooks\": {\n    \"PreToolUse\": [\n      {\"hooks\": []}\n    ]\n  }\n}",
        "{\"a\":\"\\ud83d\",\"b\":\"\\\"hooks\\\"\"}",
    };
    static const struct wanted_event two[] = {
        {"PreToolUse", "pre-tool-use", NULL, 602, true, true},
        {"FileChanged", "file-changed", ".env|a \"b\"", 7, false, true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct arena arena = {0};
        const char *one = edited(texts[i], strlen(texts[i]), &stop, 1, &arena);
        const char *other = edited(one, strlen(one), two, 2, &arena);
        assert_string_equal(other, edited(texts[i], strlen(texts[i]), two, 2, &arena));
        assert_string_equal(edited(other, strlen(other), NULL, 0, &arena), texts[i]);
        arena_release(&arena);
    }
}

/* The client writes the file again in its own way: our entries are still the ones wanted. */
static void test_what_is_there_already_stays(void **state)
{
    static const char text[] =
        "{\"hooks\": {\"Stop\": [{\"hooks\": [{\"timeout\": 7, \"command\": "
        "\"/opt/bin/paii hook dispatch stop\", \"type\": \"command\"}]}]}, \"z\": 1}";
    struct arena arena = {0};
    (void)state;
    assert_string_equal(edited(text, strlen(text), &stop, 1, &arena), text);
    arena_release(&arena);
}

static void test_the_command_survives_a_shell(void **state)
{
    struct arena arena = {0};
    (void)state;
    paths.program = "/opt/it's here/paii";
    paths.dir = "/srv/state of $HOME";
    paths.config = "/srv/state of $HOME/paii.toml";
    const char *after = edited("{}", 2, &stop, 1, &arena);
    assert_non_null(strstr(after, "\"command\": \"PAII_DIR='/srv/state of $HOME' "
                                  "'/opt/it'\\\\''s here/paii' hook dispatch stop\""));
    assert_string_equal(edited(after, strlen(after), NULL, 0, &arena), "{}");
    set_up(state);
    arena_release(&arena);
}

/* ---- what is refused ---- */

static void test_refusals(void **state)
{
    static const struct {
        const char *text, *error;
    } rows[] = {
        {"", "settings.json:1:1: the file is empty"},
        {"{\n  // why\n  \"a\": 1\n}", "settings.json:2:3: a comment, which JSON does not have"},
        {"{\"\xC3\xA4\": 1, /* b */ \"c\": 2}",
         "settings.json:1:10: a comment, which JSON does not have"},
        {"{\"a\": 1,}", "settings.json:1:9: "},
        {"{\"a\": 1", "settings.json:1:8: the file ends in the middle"},
        {"[]", "settings.json:1:1: this is no object"},
        {MARK "\n 7", "settings.json:2:2: this is no object"},
        {"{\"hooks\": {},\n\"hooks\": {}}", "settings.json:2:1: this key is there twice"},
        {"{\"hooks\": []}", "settings.json:1:11: 'hooks' is no object"},
        {"{\"hooks\": {\"Stop\": [], \"Stop\": []}}",
         "settings.json:1:24: this key is there twice"},
        {"{\"hooks\": {\"Stop\": {}}}", "settings.json:1:20: this is no array of hooks"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct settings_text settings = {
            .file = "settings.json", .text = rows[i].text, .len = strlen(rows[i].text)};
        AUTO_BUF out = {0};
        assert_int_equal(settings_edit(&out, &settings, &stop, 1, &arena), -ERR_REFUSED);
        assert_int_equal(out.len, 0);
        if (strncmp(error_text(), rows[i].error, strlen(rows[i].error)) != 0)
            assert_string_equal(error_text(), rows[i].error);
        assert_true(*error_hint_text());
        error_clear();
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_insertions),
        cmocka_unit_test(test_removals),
        cmocka_unit_test(test_every_layout_is_given_back),
        cmocka_unit_test(test_what_is_there_already_stays),
        cmocka_unit_test(test_the_command_survives_a_shell),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
