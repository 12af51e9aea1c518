/* The tree, its positions and limits; typed accessors and what they report; the JSON writer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/data.h"

#include <stdlib.h>
#include <string.h>

struct fixture {
    struct arena arena;
    struct diags diags;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    fixture->diags.arena = &fixture->arena;
    *state = fixture;
    return fixture ? 0 : -1;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    arena_release(&fixture->arena);
    free(fixture);
    return 0;
}

static struct data *toml(struct fixture *fixture, const char *text)
{
    return data_parse_toml(&fixture->arena, "a.toml", text, strlen(text), &fixture->diags);
}

static struct data *json(struct fixture *fixture, const char *text, bool strict)
{
    return data_parse_json(&fixture->arena, "a.json", text, strlen(text), strict, &fixture->diags);
}

/* The text of the finding number `at`, with its hint behind " | ". */
static const char *finding(struct fixture *fixture, size_t at)
{
    assert_true(at < fixture->diags.count);
    const struct diag *diag = &fixture->diags.items[at];
    const char *text = diag_text(diag, &fixture->arena);
    return diag->hint ? arena_printf(&fixture->arena, "%s | %s", text, diag->hint) : text;
}

static struct reader reader_of(struct fixture *fixture, struct data *table)
{
    return (struct reader){.table = table, .file = "a.toml", .diags = &fixture->diags};
}

static void entries_stay_in_document_order_with_positions(void **state)
{
    struct data *root = toml(*state, "z = 1\n[m]\n  é-not = 1\n");
    assert_null(root);
    root = toml(*state, "z = 1\n[m]\n  \"é\" = 1\n  b.c = 2\n[a]\n[m.d]\n");
    struct data *z = root->children, *m = z->next, *a = m->next;
    assert_string_equal(z->key, "z");
    assert_string_equal(m->key, "m");
    assert_string_equal(a->key, "a");
    assert_null(a->next);
    assert_int_equal(m->line, 2);
    assert_int_equal(m->column, 2);
    struct data *c = data_at(root, "m.b.c");
    assert_int_equal(c->integer, 2);
    assert_int_equal(c->line, 4);
    assert_int_equal(c->column, 5);
    assert_string_equal(data_path(c, &((struct fixture *)*state)->arena), "m.b.c");
    assert_string_equal(data_path(m->children, &((struct fixture *)*state)->arena), "m.\"é\"");
}

static void json_has_positions_too(void **state)
{
    struct fixture *fixture = *state;
    struct data *root =
        json(fixture, "\xEF\xBB\xBF{\n \"é\": [1, {\"k\\u0041\": \"x\\u0000y\"}]}", true);
    assert_non_null(root);
    struct data *object = root->children->children->next;
    assert_int_equal(object->line, 2);
    assert_int_equal(object->column, 11);
    struct data *text = data_get(object, "kA");
    assert_int_equal(text->len, 3);
    assert_memory_equal(text->text, "x\0y", 4);
    assert_int_equal(text->column, 12);
    assert_string_equal(data_path(text, &fixture->arena), "\"é\"[1].kA");
}

static void duplicate_json_keys(void **state)
{
    struct fixture *fixture = *state;
    const char *text = "{\"a\": {\"b\": 1, \"c\": 2, \"b\": 3, \"\\u0062\": 4}}";
    struct data *root = json(fixture, text, false);
    assert_int_equal(data_at(root, "a.b")->integer, 4);
    assert_int_equal(data_get(root, "a")->count, 2);
    assert_null(json(fixture, text, true));
    assert_string_equal(finding(fixture, 0), "a.json:1:24: a.b: the key occurs twice");
}

static void no_key_holds_a_nul(void **state)
{
    struct fixture *fixture = *state;
    assert_null(json(fixture, "{\"a\": {\"hooks\\u0000\": 1}}", false));
    assert_string_equal(finding(fixture, 0), "a.json:1:22: a key holds a NUL character");
    assert_null(toml(fixture, "[x]\n\"a\\u0000\" = 1\n"));
    assert_string_equal(finding(fixture, 1), "a.toml:2:1: a key holds a NUL character");
    assert_non_null(json(fixture, "{\"a\": \"x\\u0000y\"}", true));
}

static void json_numbers(void **state)
{
    struct data *list =
        json(*state, "[9223372036854775807, 9223372036854775808, -1, 1.0, 1e2, 1e999]", true);
    struct data *item = list->children;
    assert_int_equal(item->integer, INT64_MAX);
    assert_int_equal(item->next->type, DATA_FLOAT);
    assert_int_equal(item->next->next->integer, -1);
    for (item = item->next->next->next; item; item = item->next)
        assert_int_equal(item->type, DATA_FLOAT);
}

static void large_tables_are_found_in(void **state)
{
    struct fixture *fixture = *state;
    AUTO_BUF text = {0};
    for (int i = 0; i < 5000; i++)
        buf_printf(&text, "key%d = %d\n", i * 7919 % 5000, i);
    struct data *root = toml(fixture, buf_text(&text));
    for (int i = 0; i < 5000; i++) {
        struct data *node = data_get(root, arena_printf(&fixture->arena, "key%d", i));
        assert_non_null(node);
        assert_int_equal(node->integer * 7919 % 5000, i);
    }
    assert_null(data_get(root, "key5000"));
    assert_null(data_get(root, "key"));
}

static const char *nested(struct fixture *fixture, const char *before, const char *open,
                          const char *close, int levels)
{
    AUTO_BUF text = {0};
    buf_puts(&text, before);
    for (int i = 0; i < levels; i++)
        buf_puts(&text, open);
    for (int i = 0; i < levels; i++)
        buf_puts(&text, close);
    return arena_strdup(&fixture->arena, buf_text(&text));
}

static void depth_is_limited(void **state)
{
    struct fixture *fixture = *state;
    assert_non_null(json(fixture, nested(fixture, "", "[", "]", 64), true));
    assert_null(json(fixture, nested(fixture, "", "[", "]", 66), true));
    assert_null(json(fixture, nested(fixture, "", "[", "", 1000000), true));
    assert_non_null(toml(fixture, nested(fixture, "a = ", "[", "]", 63)));
    assert_null(toml(fixture, nested(fixture, "a = ", "[", "]", 65)));
    assert_null(toml(fixture, nested(fixture, "a = ", "[", "", 1000000)));
    assert_null(toml(fixture, nested(fixture, "a = ", "{a=", "", 1000000)));
    assert_null(toml(fixture, nested(fixture, "a", ".a", "", 1000000)));
    assert_null(toml(fixture, nested(fixture, "[a", ".a", "", 1000000)));
    for (size_t i = 0; i < fixture->diags.count; i++)
        assert_non_null(strstr(finding(fixture, i), "nested too deeply"));
}

static void syntax_errors_have_a_place(void **state)
{
    struct fixture *fixture = *state;
    assert_null(toml(fixture, "a = 1\nb = \n"));
    assert_null(toml(fixture, "a = 1\n b c = 1\n"));
    assert_null(toml(fixture, "a = 0x1.8p1\n"));
    assert_null(json(fixture, "{\n \"a\": tru }", true));
    assert_null(json(fixture, "[1,\n 2", true));
    assert_null(json(fixture, "[NaN]", true));
    assert_null(json(fixture, "", true));
    assert_non_null(strstr(finding(fixture, 0), "a.toml:2:"));
    assert_non_null(strstr(finding(fixture, 1), "a.toml:2:"));
    assert_string_equal(finding(fixture, 2), "a.toml:1:5: hexadecimal numbers have no fraction "
                                             "and no exponent");
    assert_non_null(strstr(finding(fixture, 3), "a.json:2:"));
    assert_string_equal(finding(fixture, 4), "a.json:2:3: the document ends too early");
    assert_non_null(strstr(finding(fixture, 5), "a.json:1:2"));
    assert_string_equal(finding(fixture, 6), "a.json:1:1: the document ends too early");
}

static void accessors_give_values(void **state)
{
    struct fixture *fixture = *state;
    struct reader reader = reader_of(
        fixture, toml(fixture, "s = 'x'\ni = 5\nb = true\nl = ['a', 'b']\nt.u = 1\nmode = 'sync'"));
    static const char *const modes[] = {"spool", "sync", NULL};
    struct strings list = {0};
    assert_string_equal(read_string(&reader, "s", "y"), "x");
    assert_string_equal(read_string(&reader, "absent", "y"), "y");
    assert_string_equal(read_required(&reader, "s"), "x");
    assert_int_equal(read_integer(&reader, "i", 1, 0, 5), 5);
    assert_true(read_boolean(&reader, "b", false));
    assert_int_equal(read_choice(&reader, "mode", modes, 0), 1);
    assert_int_equal(read_choice(&reader, "absent", modes, 7), 7);
    read_strings(&reader, "l", &list);
    read_strings(&reader, "s", &list);
    assert_int_equal(list.count, 3);
    struct reader table = read_table(&reader, "t"), absent = read_table(&reader, "absent");
    assert_int_equal(read_integer(&table, "u", 0, 0, 9), 1);
    assert_int_equal(read_integer(&absent, "u", 4, 0, 9), 4);
    read_unknown_keys(&reader);
    read_unknown_keys(&absent);
    assert_int_equal(fixture->diags.count, 0);
    assert_int_equal(diags_result(&fixture->diags), 0);
}

static void wrong_values_are_reported_and_replaced(void **state)
{
    struct fixture *fixture = *state;
    static const char *const modes[] = {"spool", "sync", NULL};
    struct reader reader = reader_of(fixture, toml(fixture, "[hooks.stop]\n"
                                                            "timeout_ms = 'soon'\n"
                                                            "n = 11\n"
                                                            "mode = 'snyc'\n"
                                                            "l = ['a', 1]\n"
                                                            "nul = \"a\\u0000b\"\n"));
    struct reader hooks = read_table(&reader, "hooks"), stop = read_table(&hooks, "stop");
    struct strings list = {0};
    assert_int_equal(read_integer(&stop, "timeout_ms", 150, 1, 1000), 150);
    assert_int_equal(read_integer(&stop, "n", 3, 1, 10), 3);
    assert_int_equal(read_choice(&stop, "mode", modes, 0), 0);
    read_strings(&stop, "l", &list);
    assert_int_equal(list.count, 1);
    assert_string_equal(read_string(&stop, "nul", "safe"), "safe");
    assert_null(read_required(&stop, "action"));
    assert_string_equal(finding(fixture, 0),
                        "a.toml:2:1: hooks.stop.timeout_ms: expected an integer, found a string");
    assert_string_equal(finding(fixture, 1),
                        "a.toml:3:1: hooks.stop.n: expected an integer from 1 to 10, found 11");
    assert_string_equal(finding(fixture, 2), "a.toml:4:1: hooks.stop.mode: expected one of: spool, "
                                             "sync; found 'snyc' | did you mean 'sync'?");
    assert_string_equal(finding(fixture, 3),
                        "a.toml:5:11: hooks.stop.l[1]: expected a string, found an integer");
    assert_string_equal(finding(fixture, 4),
                        "a.toml:6:1: hooks.stop.nul: expected text, found a NUL character in it");
    assert_string_equal(finding(fixture, 5), "a.toml:1:8: hooks.stop: the key 'action' is missing");
    assert_true(diags_result(&fixture->diags) < 0);
}

static void unknown_keys_warn_with_the_nearest(void **state)
{
    struct fixture *fixture = *state;
    struct reader reader =
        reader_of(fixture, toml(fixture, "name = 'x'\ntimeout = 1\ntags = []\nzzz = 1\n"));
    struct strings list = {0};
    read_string(&reader, "name", NULL);
    read_integer(&reader, "timeouts", 0, 0, 1);
    read_strings(&reader, "tags", &list);
    read_unknown_keys(&reader);
    assert_int_equal(fixture->diags.count, 2);
    assert_string_equal(finding(fixture, 0),
                        "a.toml:2:1: timeout: unknown key | did you mean 'timeouts'?");
    assert_string_equal(finding(fixture, 1), "a.toml:4:1: zzz: unknown key");
    assert_int_equal(diags_result(&fixture->diags), 0);
}

static void json_is_written(void **state)
{
    (void)state;
    AUTO_BUF out = {0};
    struct json_writer writer = {.out = &out};
    json_object(&writer);
    json_field(&writer, "a\"\\", "x\n\x01\x7F é \xFF \xED\xA0\x80");
    json_field(&writer, "skipped", NULL);
    json_key(&writer, "l");
    json_array(&writer);
    json_integer(&writer, INT64_MIN);
    json_boolean(&writer, true);
    json_string(&writer, NULL);
    json_string_n(&writer, "\0", 1);
    json_raw(&writer, "{}");
    json_array(&writer);
    json_end_array(&writer);
    json_end_array(&writer);
    json_end_object(&writer);
    assert_string_equal(buf_text(&out),
                        "{\"a\\\"\\\\\":\"x\\n\\u0001\\u007f é \uFFFD \uFFFD\uFFFD\uFFFD\","
                        "\"l\":[-9223372036854775808,true,null,\"\\u0000\",{},[]]}");
}

static void a_tree_is_written_indented(void **state)
{
    struct data *root = toml(*state, "a = 1.5\nb = [1979-05-27, {}]\nc = 3.0\nd = nan\n[e]\n");
    AUTO_BUF out = {0};
    struct json_writer writer = {.out = &out, .indent = true};
    json_data(&writer, root);
    assert_string_equal(buf_text(&out), "{\n  \"a\": 1.5,\n  \"b\": [\n    \"1979-05-27\",\n"
                                        "    {}\n  ],\n  \"c\": 3.0,\n  \"d\": null,\n"
                                        "  \"e\": {}\n}");
}

static void quoted_text_is_read_back(void **state)
{
    static const char text[] = "a\"b\\c\n\t\r\x01\x7F é '#";
    AUTO_BUF document = {0};
    buf_puts(&document, "a = ");
    toml_quote(&document, text);
    assert_string_equal(data_get(toml(*state, buf_text(&document)), "a")->text, text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(entries_stay_in_document_order_with_positions, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(json_has_positions_too, set_up, tear_down),
        cmocka_unit_test_setup_teardown(duplicate_json_keys, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_key_holds_a_nul, set_up, tear_down),
        cmocka_unit_test_setup_teardown(json_numbers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(large_tables_are_found_in, set_up, tear_down),
        cmocka_unit_test_setup_teardown(depth_is_limited, set_up, tear_down),
        cmocka_unit_test_setup_teardown(syntax_errors_have_a_place, set_up, tear_down),
        cmocka_unit_test_setup_teardown(accessors_give_values, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wrong_values_are_reported_and_replaced, set_up, tear_down),
        cmocka_unit_test_setup_teardown(unknown_keys_warn_with_the_nearest, set_up, tear_down),
        cmocka_unit_test_setup_teardown(json_is_written, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_tree_is_written_indented, set_up, tear_down),
        cmocka_unit_test_setup_teardown(quoted_text_is_read_back, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
