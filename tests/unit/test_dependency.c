/*
 * Plugins that a plugin names: one spelling each, and what a plugin.json of the client may hold.
 */
#include "registry/dependency.h"
#include "registry/manifest_private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;

static int release(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static void terms_have_one_spelling(void **state)
{
    static const char *const texts[][2] = {
        {"jira", "jira"},
        {"jira@*", "jira"},
        {"jira@", "jira"},
        {"jira@ >=1   <2 ", "jira@>=1 <2"},
        {"work/jira@^1.2", "work/jira@^1.2"},
        {"acme.Shared_1/jira", "acme.Shared_1/jira"},
    };
    static const char *const bad[] = {"",         "@1",    "Jira",  "jira@x y",
                                      "a b/jira", "/jira", "jira/", "-jira"};
    struct dependency term;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_true(dependency_parse(&term, &arena, texts[i][0]));
        assert_string_equal(dependency_text(&term, &arena), texts[i][1]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(dependency_parse(&term, &arena, bad[i]));
}

static void ranges_are_those_of_the_client(void **state)
{
    struct dependency exact, caret, any;

    (void)state;
    assert_true(dependency_parse(&exact, &arena, "a@1.2.0"));
    assert_true(dependency_parse(&caret, &arena, "a@^2.0"));
    assert_true(dependency_parse(&any, &arena, "a"));
    assert_true(dependency_takes(&exact, "1.2.0", &arena));
    assert_false(dependency_takes(&exact, "1.2.1", &arena));
    assert_true(dependency_takes(&caret, "2.9.0", &arena));
    assert_false(dependency_takes(&caret, "2.1.0-beta.1", &arena));
    assert_true(dependency_takes(&any, "0.0.0+abc", &arena));
}

static void conflicts_name_plugins_or_contracts(void **state)
{
    (void)state;
    assert_string_equal(conflict_text(&arena, "jira@< 2"), "jira@< 2");
    assert_string_equal(conflict_text(&arena, "MemoryProvider"), "MemoryProvider");
    assert_string_equal(conflict_text(&arena, "IntegrationProvider[jira]@1"),
                        "IntegrationProvider[jira]@^1");
    assert_null(conflict_text(&arena, "work/jira"));
    assert_null(conflict_text(&arena, "IntegrationProvider[jira"));
}

static const char *read(const char *json, size_t *warnings)
{
    struct diags diags = {.arena = &arena};
    struct reader reader = {.file = "plugin.json", .diags = &diags};
    struct strings terms = {0};

    reader.table = data_parse_json(&arena, "plugin.json", json, strlen(json), false, &diags);
    assert_non_null(reader.table);
    claude_read_dependencies(&terms, &reader);
    *warnings = diags.count;
    assert_int_equal(diags.errors, 0);
    return strings_join(&terms, &arena, ", ");
}

static void every_form_of_a_plugin_json_is_read(void **state)
{
    static const struct {
        const char *list, *terms;
        size_t warnings;
    } cases[] = {
        {"[\"a\", \"b@market\", \"a\"]", "a, market/b", 0},
        {"[\"a@^1.2\", \"b@market@^2\"]", "a@^1.2, market/b@^2", 0},
        {"[{\"name\": \"a\", \"version\": \"~2.1.0\"}]", "a@~2.1.0", 0},
        {"[{\"name\": \"a\", \"version\": \">=1  <2\", \"marketplace\": \"m\"}]", "m/a@>=1 <2", 0},
        {"[{\"name\": \"a\", \"version\": \"quux\"}]", "a", 1},
        {"[{\"name\": \"A B\"}, {\"version\": \"1\"}, 7, \"ok\"]", "ok", 3},
        {"{\"a\": \"^1\", \"b\": {}}", "a@^1, b", 0},
        {"null", "", 0},
        {"\"a\"", "", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t warnings;
        const char *json = arena_printf(&arena, "{\"dependencies\": %s}", cases[i].list);

        assert_string_equal(read(json, &warnings), cases[i].terms);
        assert_int_equal(warnings, cases[i].warnings);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(terms_have_one_spelling),
        cmocka_unit_test(ranges_are_those_of_the_client),
        cmocka_unit_test(conflicts_name_plugins_or_contracts),
        cmocka_unit_test(every_form_of_a_plugin_json_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, release);
}
