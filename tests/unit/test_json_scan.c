/* JSON as it lies there: what is accepted, where the fault is, which bytes a value has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json_scan.h"
#include "corpus.h"

#define FOLDER CORPORA "/json-test-suite"

static bool check(const char *text, struct json_fault *fault)
{
    return json_check(text, strlen(text), 512, fault);
}

static void corpus_agrees(void **state)
{
    (void)state;
    if (!corpus_present(FOLDER))
        skip();
    struct arena arena = {0};
    struct strings files = {0};
    corpus_files(&files, &arena, FOLDER, ".json");
    for (size_t i = 0; i < files.count; i++) {
        AUTO_BUF text = {0};
        const char *name = strrchr(files.items[i], '/') + 1;
        assert_true(corpus_read(&text, files.items[i]));
        bool good = json_check(text.data, text.len, 512, NULL);
        if ((name[0] == 'y' && !good) || (name[0] == 'n' && good))
            fail_msg("%s: %s", name, good ? "accepted" : "refused");
    }
    arena_release(&arena);
}

static void faults_have_a_place(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t at;
        const char *message;
    } cases[] = {
        {"", 0, "unexpected end"},
        {"  ", 2, "unexpected end"},
        {"{\"a\":1", 6, "unexpected end"},
        {"{\"a\" 1}", 5, "expected ':'"},
        {"{a:1}", 1, "expected a key in quotes"},
        {"{\"a\":1,}", 7, "expected a key in quotes"},
        {"[1 2]", 3, "expected ',' or ']'"},
        {"[1}", 2, "expected ',' or ']'"},
        {"{\"a\":[]]", 7, "expected ',' or '}'"},
        {"{} x", 3, "text behind the document"},
        {"[tru]", 1, "unexpected character"},
        {"[01]", 2, "expected ',' or ']'"},
        {"\"12345678\t\"", 9, "control character in a string"},
        {"\"\\x\"", 2, "bad escape"},
        {"\"\\u12g4\"", 5, "bad escape"},
        {"\"a\xc3\x28\"", 2, "not UTF-8"},
        {"\"\xed\xa0\x80\"", 1, "not UTF-8"},
        {"\xef\xbb\xbf{}", 0, "unexpected character"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json_fault fault;
        assert_false(check(cases[i].text, &fault));
        assert_string_equal(fault.message, cases[i].message);
        assert_int_equal(fault.at, cases[i].at);
    }
    struct json_fault fault;
    assert_false(json_check("{\"a\":\"b\0c\"}", 11, 512, &fault));
    assert_int_equal(fault.at, 7);
    assert_false(json_check(NULL, 0, 512, &fault));
}

static void depth_is_bounded(void **state)
{
    (void)state;
    AUTO_BUF text = {0};
    struct json_fault fault;
    for (int i = 0; i < 10000; i++)
        buf_puts(&text, i % 2 ? "[" : "{\"a\":");
    assert_false(json_check(text.data, text.len, 512, &fault));
    assert_string_equal(fault.message, "nested too deeply");
    assert_true(check("[[{\"a\":[]}]]", &fault));
    assert_true(json_check("[[]]", 4, 2, NULL));
    assert_false(json_check("[[[]]]", 6, 2, NULL));
}

static void assert_slice(struct json_slice slice, const char *text)
{
    assert_non_null(slice.start);
    assert_int_equal(slice.len, strlen(text));
    assert_memory_equal(slice.start, text, slice.len);
}

static void values_are_found_as_written(void **state)
{
    (void)state;
    const char *text = "\n { \"a\" : [1, {\"}\":\"]\\\\\"}, -2.5e1] , \"b\\u0063\":\"x\\\"}\" ,"
                       "\"a\":null,\"e\":{},\"\":true } ";
    assert_true(check(text, NULL));
    struct json_slice root = json_value(text, strlen(text));
    unsigned count;
    assert_int_equal(json_kind(root), '{');
    struct json_member m = {0};
    assert_true(json_next(root, &m));
    assert_slice(m.key, "\"a\"");
    assert_slice(m.value, "[1, {\"}\":\"]\\\\\"}, -2.5e1]");
    struct json_member element = {0};
    assert_true(json_next(m.value, &element));
    assert_slice(element.value, "1");
    assert_null(element.key.start);
    assert_true(json_next(m.value, &element));
    assert_slice(element.value, "{\"}\":\"]\\\\\"}");
    assert_true(json_next(m.value, &element));
    assert_slice(element.value, "-2.5e1");
    assert_int_equal(json_kind(element.value), '0');
    assert_false(json_next(m.value, &element));

    assert_slice(json_member(root, "a", &count), "null");
    assert_int_equal(count, 2);
    assert_slice(json_member(root, "bc", &count), "\"x\\\"}\"");
    assert_int_equal(count, 1);
    assert_slice(json_member(root, "", NULL), "true");
    struct json_slice empty = json_member(root, "e", NULL);
    struct json_member none = {0};
    assert_false(json_next(empty, &none));
    assert_null(json_member(root, "zz", &count).start);
    assert_int_equal(count, 0);
    assert_null(json_member(json_member(root, "bc", NULL), "a", NULL).start);
    assert_int_equal(json_kind((struct json_slice){0}), '\0');
}

static struct json_slice slice_of(const char *text)
{
    assert_true(check(text, NULL));
    return json_value(text, strlen(text));
}

static void strings_say_what_their_escapes_mean(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct json_slice all = slice_of("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u20ac\\ud83d\\ude00z\"");
    const char *said = "\"\\/\b\f\n\r\t\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z";
    assert_string_equal(json_text(all, &arena), said);
    assert_true(json_is(all, said));
    assert_false(json_is(all, "\"\\/\b\f\n\r\t"));
    assert_string_equal(json_text(slice_of("\"\""), &arena), "");
    assert_true(json_is(slice_of("\"\""), ""));
    static const char *const unsayable[] = {"\"a\\u0000b\"", "\"\\ud83d\"",        "\"\\ud83dx\"",
                                            "\"\\ude00\"",   "\"\\ud83d\\u0041\"", "1"};
    for (size_t i = 0; i < sizeof unsayable / sizeof *unsayable; i++) {
        assert_null(json_text(slice_of(unsayable[i]), &arena));
        assert_false(json_is(slice_of(unsayable[i]), "a"));
        assert_false(json_is(slice_of(unsayable[i]), ""));
    }
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(corpus_agrees),
        cmocka_unit_test(faults_have_a_place),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(values_are_found_as_written),
        cmocka_unit_test(strings_say_what_their_escapes_mean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
