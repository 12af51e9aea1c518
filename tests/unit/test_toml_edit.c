/* Editing keeps every byte that it was not asked to change. */
/* error.h before cmocka.h, which has a macro of the same name as fail(). */
#include "base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/data.h"
#include "corpus.h"

struct edit_case {
    const char *before, *key, *value, *after;
};

static const struct edit_case cases[] = {
    /* values that exist */
    {"a = 1\n", "a", "2", "a = 2\n"},
    {"a = 1 # why\nb = 2\n", "a", "\"x\"", "a = \"x\" # why\nb = 2\n"},
    {"a   =   1   # why", "a", "22", "a   =   22   # why"},
    {"[t]\r\na = 1\r\n", "t.a", "2", "[t]\r\na = 2\r\n"},
    {"a.b.c = 1\na.b.d = 2\n", "a.b.d", "3", "a.b.c = 1\na.b.d = 3\n"},
    {"a = [\n  1, # one ]\n  2,\n] # end\nb = 1\n", "a", "[]", "a = [] # end\nb = 1\n"},
    {"a = \"\"\"\nx = 1 # \\\"\"\"\n\"\"\"\nb = 1\n", "a", "0", "a = 0\nb = 1\n"},
    {"a = '''x''''' # c\n", "a", "0", "a = 0 # c\n"},
    {"a = \"# no = comment\"\nb = 1\n", "b", "2", "a = \"# no = comment\"\nb = 2\n"},
    {"t = { a = 1, b = { c = 2 } } # c\n", "t.b.c", "3", "t = { a = 1, b = { c = 3 } } # c\n"},
    {"t = { a = 1 }\n", "t", "5", "t = 5\n"},
    {"\"a b\".'c.d' = 1\n", "'a b'.\"c.d\"", "2", "\"a b\".'c.d' = 2\n"},
    {"\"\\u00e9\" = 1\n", "\"é\"", "2", "\"\\u00e9\" = 2\n"},
    {"[ t . \"u\" ] # c\n a = 1\n", "t.u.a", "2", "[ t . \"u\" ] # c\n a = 2\n"},
    {"\xEF\xBB\xBF"
     "a = 1\n",
     "a", "2",
     "\xEF\xBB\xBF"
     "a = 2\n"},
    {"d = 1979-05-27 07:32:00 # c\n", "d", "1", "d = 1 # c\n"},
    {"[[x]]\na = 1\n[t]\na = 1\n", "t.a", "2", "[[x]]\na = 1\n[t]\na = 2\n"},
    /* new keys */
    {"", "a", "1", "a = 1\n"},
    {"", "t.a", "1", "[t]\na = 1\n"},
    {"# only a comment", "a", "1", "# only a comment\na = 1\n"},
    {"a = 1", "b", "2", "a = 1\nb = 2\n"},
    {"a = 1\r\n", "t.b", "2", "a = 1\r\n\r\n[t]\r\nb = 2\r\n"},
    {"[t]\n  a = 1 # c\n\n# about u\n[u]\nb = 1\n", "t.c", "2",
     "[t]\n  a = 1 # c\n  c = 2\n\n# about u\n[u]\nb = 1\n"},
    {"[t]\n[u]\n", "t.a", "1", "[t]\na = 1\n[u]\n"},
    {"[t.u]\na = 1\n", "t.b", "2", "[t.u]\na = 1\n\n[t]\nb = 2\n"},
    {"[t]\na.b = 1\n", "t.a.c", "2", "[t]\na.b = 1\na.c = 2\n"},
    {"a.b.c = 1\n[t]\n", "a.d.e", "2", "a.b.c = 1\na.d.e = 2\n[t]\n"},
    {"# about t\n[t]\na = 1\n", "b", "2", "b = 2\n\n# about t\n[t]\na = 1\n"},
    {"# top\n\n# about t\n[t]\n", "b", "2", "# top\n\nb = 2\n\n# about t\n[t]\n"},
    {"t = {}\n", "t.a", "1", "t = { a = 1 }\n"},
    {"t = { }\n", "t.a", "1", "t = { a = 1 }\n"},
    {"t = { a = 1 }\n", "t.b.c", "2", "t = { a = 1, b.c = 2 }\n"},
    {"t = {\n  a = 1, # one\n}\n", "t.b", "2", "t = {\n  a = 1, b = 2, # one\n}\n"},
    {"[registries]\ncore = 1\n", "registries.\"my reg\".url", "'u'",
     "[registries]\ncore = 1\n\n[registries.\"my reg\"]\nurl = 'u'\n"},
    /* deleting */
    {"a = 1\nb = 2 # c\nc = 3\n", "b", NULL, "a = 1\nc = 3\n"},
    {"a = 1\nb = 2", "b", NULL, "a = 1\n"},
    {"a = [\n 1,\n 2 ] # c\nb = 2\n", "a", NULL, "b = 2\n"},
    {"a = 1\n", "zzz", NULL, "a = 1\n"},
    {"t = { a = 1, b = 2, c = 3 }\n", "t.b", NULL, "t = { a = 1, c = 3 }\n"},
    {"t = { a = 1, b = 2 }\n", "t.b", NULL, "t = { a = 1 }\n"},
    {"t = { a = 1 }\n", "t.a", NULL, "t = { }\n"},
    {"t = { a = 1 }\n", "t.b", NULL, "t = { a = 1 }\n"},
    {"t = {\n a = 1, # one\n b = 2 # two\n}\n", "t.b", NULL, "t = {\n a = 1 # one\n # two\n}\n"},
    {"t = { k = 1, a.x = 1, a.y = 2 }\n", "t.a", NULL, "t = { k = 1 }\n"},
    {"t = { a.x = 1, k = 1, a.y = 2 }\n", "t.a", NULL, "t = { k = 1 }\n"},
    {"t = { a.x = 1, a.y = 2 }\n", "t.a", NULL, "t = {  }\n"},
    {"a.b = 1\n", "a.b", NULL, ""},
    {"x = 1\n\n[a]\nb = 1\n\n[c]\nd = 1\n", "a", NULL, "x = 1\n\n[c]\nd = 1\n"},
    {"[a]\nb = 1\n[a.c]\nd = 1\n[e]\n", "a", NULL, "[e]\n"},
    {"[r.one]\nu = 1\n\n[r.two]\nu = 2\n", "r.two", NULL, "[r.one]\nu = 1\n\n"},
    {"[[p]]\na = 1\n[[p]]\na = 2\n[q]\n", "p", NULL, "[q]\n"},
    {"a.b = 1\nc = 2\na.d = 3\n", "a", NULL, "c = 2\n"},
};

static void every_case_gives_exactly_its_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct edit_case *c = &cases[i];
        AUTO_BUF out = {0};
        int result = toml_edit(&out, "paii.toml", c->before, strlen(c->before), c->key, c->value);
        if (result != 0 || strcmp(buf_text(&out), c->after) != 0)
            print_error("case %zu, %s in\n%s\ngave (%s)\n%s\n", i, c->key, c->before,
                        result < 0 ? error_text() : "", buf_text(&out));
        assert_int_equal(result, 0);
        assert_string_equal(buf_text(&out), c->after);
    }
}

static void expect_refusal(const char *before, const char *key, const char *value,
                           const char *words)
{
    AUTO_BUF out = {0};
    buf_puts(&out, "old");
    assert_true(toml_edit(&out, "paii.toml", before, strlen(before), key, value) < 0);
    if (!strstr(error_text(), words))
        print_error("%s: %s\n", key, error_text());
    assert_non_null(strstr(error_text(), words));
    assert_int_equal(out.len, 0);
    error_clear();
}

static void what_cannot_be_done_is_refused(void **state)
{
    (void)state;
    expect_refusal("[t]\na = 1\n", "t", "1", "it is a table");
    expect_refusal("t = { u.a = 1 }\n", "t.u", "1", "it is a table");
    expect_refusal("[[t]]\na = 1\n", "t.a", "1", "'t' is an array");
    expect_refusal("a = 1\n", "a.b", "1", "'a' is an integer");
    expect_refusal("a = 1\n", "a", "x y", "is not a TOML value");
    expect_refusal("a = 1\n", "a", "1\nb = 2", "is not a TOML value");
    expect_refusal("a = 1\n", "a", "1 # c", "is not a TOML value");
    expect_refusal("a = 1\n", "a", "", "is not a TOML value");
    expect_refusal("a = 1\n", "a b", "1", "is not a key");
    expect_refusal("a = 1\n", "a = 1\nb", "1", "is not a key");
    expect_refusal("a = 1\n", "", "1", "is not a key");
    expect_refusal("a = 1\n", "a.", "1", "is not a key");
    expect_refusal("a = \n", "a", "1", "paii.toml:1:");
}

/* Calls `visit` for the dotted path of every value of a tree that has one. */
static void visit_keys(struct arena *arena, const struct data *table, const char *prefix,
                       void (*visit)(const char *path, const struct data *node, void *payload),
                       void *payload)
{
    for (const struct data *child = table->children; child; child = child->next) {
        AUTO_BUF key = {0};
        toml_quote_n(&key, child->key, child->key_len);
        const char *path =
            arena_printf(arena, "%s%s%s", prefix, *prefix ? "." : "", buf_text(&key));
        visit(path, child, payload);
        if (child->type == DATA_TABLE)
            visit_keys(arena, child, path, visit, payload);
    }
}

struct document {
    const char *file;
    const struct buf *text;
    size_t edits;
};

/* toml_edit() compares with the original by itself: success means that only this value changed. */
static void set_delete_and_add(const char *path, const struct data *node, void *payload)
{
    struct document *document = payload;
    AUTO_BUF out = {0};
    const char *text = buf_text(document->text);
    size_t len = document->text->len;
    struct arena arena = {0};
    int result = toml_edit(&out, document->file, text, len, path, "'changed'");
    if (result < 0 && error_code() == ERR_GENERIC)
        fail_msg("%s: set %s: %s", document->file, path, error_text());
    if (node->type == DATA_TABLE)
        result = toml_edit(&out, document->file, text, len,
                           arena_printf(&arena, "%s.new-key.below", path), "[1]");
    else
        result = toml_edit(&out, document->file, text, len, path, NULL);
    if (result < 0)
        fail_msg("%s: change %s: %s", document->file, path, error_text());
    arena_release(&arena);
    document->edits++;
}

static size_t edit_everything(const char *file)
{
    struct arena arena = {0};
    struct diags diags = {.arena = &arena};
    AUTO_BUF text = {0};
    assert_true(corpus_read(&text, file));
    struct data *root = data_parse_toml(&arena, file, buf_text(&text), text.len, &diags);
    assert_non_null(root);
    struct document document = {.file = file, .text = &text};
    if (text.len < 20000)
        visit_keys(&arena, root, "", set_delete_and_add, &document);
    AUTO_BUF out = {0};
    if (toml_edit(&out, file, buf_text(&text), text.len, "new-key", "1") < 0)
        fail_msg("%s: add a key: %s", file, error_text());
    arena_release(&arena);
    return document.edits;
}

static void every_key_of_the_corpus_can_be_edited(void **state)
{
    (void)state;
    if (!corpus_present(CORPORA "/toml-test"))
        skip();
    struct arena arena = {0};
    struct strings files = {0};
    corpus_files(&files, &arena, CORPORA "/toml-test/valid", ".toml");
    size_t edits = 0;
    for (size_t i = 0; i < files.count; i++)
        if (!strstr(files.items[i], CORPUS_NUL_KEY))
            edits += edit_everything(files.items[i]);
    assert_true(edits > 800);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_gives_exactly_its_bytes),
        cmocka_unit_test(what_cannot_be_done_is_refused),
        cmocka_unit_test(every_key_of_the_corpus_can_be_edited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
