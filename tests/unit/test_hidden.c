/* The scan for hidden text: the table of code points, what is ordinary, where things are found. */
#include "base/error.h"
#include "base/fs.h"
#include "base/hidden.h"
#include "corpus.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
/* after those that it needs */
#include <cmocka.h>

static void add_code_point(struct buf *out, uint32_t c)
{
    if (c < 0x80) {
        buf_putc(out, (char)c);
        return;
    }
    int rest = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const unsigned heads[] = {0, 0xc0, 0xe0, 0xf0};
    buf_putc(out, (char)(heads[rest] | c >> (6 * rest)));
    while (rest-- > 0)
        buf_putc(out, (char)(0x80 | (c >> (6 * rest) & 0x3f)));
}

/* What is found in a text of `before`, the code point, "z": 'r'efused, 'c'ounted or '-'. */
static char verdict(const char *before, uint32_t c)
{
    AUTO_BUF text = {0};
    struct hidden_count counts[HIDDEN_CLASSES] = {0};
    buf_puts(&text, before);
    add_code_point(&text, c);
    buf_puts(&text, "z");
    hidden_scan(counts, text.data, text.len, HIDDEN_FORM_TEXT);
    char answer = '-';
    for (int i = 0; i < HIDDEN_CLASSES; i++) {
        if (counts[i].count == 0)
            continue;
        assert_int_equal(counts[i].count, 1);
        assert_int_equal(counts[i].code_point, c);
        answer = i <= HIDDEN_SELECTOR_SUPPLEMENT ? 'r' : 'c';
    }
    return answer;
}

static void test_every_code_point_of_the_table(void **state)
{
    (void)state;
    const char *path = CORPORA "/hidden-unicode.tsv";
    if (!corpus_present(path))
        skip();
    AUTO_BUF table = {0};
    assert_true(corpus_read(&table, path));
    unsigned rows = 0;
    for (char *save, *line = strtok_r(table.data, "\n", &save); line;
         line = strtok_r(NULL, "\n", &save)) {
        char class[64];
        unsigned c;
        if (sscanf(line, "%63s U+%x", class, &c) != 2)
            continue;
        bool refused = strcmp(class, "tag") == 0 || strcmp(class, "bidi") == 0 ||
                       strcmp(class, "vs-supp") == 0;
        char expected = c == '\f' ? '-' : refused ? 'r' : 'c';
        if (verdict("a", c) != expected)
            fail_msg("%s U+%04X: %c", class, c, verdict("a", c));
        rows++;
    }
    assert_true(rows > 400);
}

static void test_what_is_ordinary(void **state)
{
    (void)state;
    assert_int_equal(verdict("\u2764", 0xfe0f), '-');        /* a heart */
    assert_int_equal(verdict("1", 0xfe0f), '-');             /* a key cap */
    assert_int_equal(verdict("\u2764\ufe0f", 0x1f525), '-'); /* emoji after it */
    assert_int_equal(verdict("\U0001f468", 0x200d), '-');    /* a family */
    assert_int_equal(verdict("\u0915\u094d", 0x200d), '-');  /* Devanagari */
    assert_int_equal(verdict("", 0xfeff), '-');              /* a byte order mark */
    assert_int_equal(verdict("\t\r\n", 0xe9), '-');
    assert_int_equal(verdict("", 0x4e2d), '-');
    assert_int_equal(verdict("\xff\xfe", 'a'), '-'); /* not UTF-8: nothing to read there */
}

static void test_what_only_looks_ordinary(void **state)
{
    (void)state;
    assert_int_equal(verdict("a", 0xfeff), 'c');
    assert_int_equal(verdict("a", 0xfe0f), 'c');
    assert_int_equal(verdict("\u2764\ufe0f", 0xfe0f), 'c'); /* a run of selectors carries data */
    assert_int_equal(verdict("a", 0x200d), 'c');
    assert_int_equal(verdict("\U0001f3f4", 0xe0067), 'r');
}

static void test_comments(void **state)
{
    (void)state;
    AUTO_BUF text = {0};
    buf_puts(&text, "<!-- short -->\n\n<!-- ");
    for (int i = 0; i < 40; i++)
        buf_puts(&text, "do this ");
    buf_puts(&text, "-->\n<!--");
    for (int i = 0; i < 40; i++)
        buf_puts(&text, " no end ");
    struct hidden_count counts[HIDDEN_CLASSES] = {0};
    hidden_scan(counts, text.data, text.len, HIDDEN_FORM_TEXT);
    assert_int_equal(counts[HIDDEN_COMMENT].count, 0);
    hidden_scan(counts, text.data, text.len, HIDDEN_FORM_MARKDOWN);
    assert_int_equal(counts[HIDDEN_COMMENT].count, 2);
    assert_int_equal(counts[HIDDEN_COMMENT].line, 3);
}

/* ---- escapes ---- */

/* The refused code points in a text of that form; nothing else may be found. */
static size_t refused(enum hidden_form form, const char *text)
{
    struct hidden_count counts[HIDDEN_CLASSES] = {0};
    size_t count = 0;
    hidden_scan(counts, text, strlen(text), form);
    for (int i = 0; i < HIDDEN_CLASSES; i++) {
        if (i > HIDDEN_SELECTOR_SUPPLEMENT)
            assert_int_equal(counts[i].count, 0);
        else
            count += counts[i].count;
    }
    return count;
}

static void test_escapes_are_what_they_stand_for(void **state)
{
    (void)state;
    assert_int_equal(refused(HIDDEN_FORM_JSON, "{\"a\": \"x\\u202ey\"}"), 1);
    assert_int_equal(refused(HIDDEN_FORM_JSON, "{\"\\u2066\": \"\\uDB40\\uDC41\"}"), 2);
    assert_int_equal(refused(HIDDEN_FORM_TOML, "a = \"\\u202E\\U000e0041\""), 2);
    assert_int_equal(refused(HIDDEN_FORM_TOML, "a = \"\"\"\n\\\"\\u202E\"\"\"\n\"\\u202d\" = 1"),
                     2);
    assert_int_equal(refused(HIDDEN_FORM_TOML, "a = 'it' # don't\nb = \"\\U000E0041\""), 1);
    assert_int_equal(refused(HIDDEN_FORM_YAML, "a: say \" \"\nb: \"\\U000E0041\""), 1);
    assert_int_equal(refused(HIDDEN_FORM_MARKDOWN, "---\na: \"\\u202e\"\n---\n\\u202e\n"), 1);
    assert_int_equal(refused(HIDDEN_FORM_MARKDOWN, "\ufeff---\na: \"\\u202e\""), 1);
}

static void test_what_only_looks_like_an_escape(void **state)
{
    (void)state;
    assert_int_equal(refused(HIDDEN_FORM_TEXT, "\"\\u202e\""), 0);
    assert_int_equal(refused(HIDDEN_FORM_MARKDOWN, "# Escapes\n\"\\u202e\"\n---\n"), 0);
    assert_int_equal(refused(HIDDEN_FORM_JSON, "\"C:\\\\u202e\\n\\u00e9 \\ud800 \\u20\""), 0);
    assert_int_equal(refused(HIDDEN_FORM_JSON, "\"\\u2764\\ufe0f \\ud83d\\udc68\\u200d\""), 0);
    assert_int_equal(refused(HIDDEN_FORM_TOML, "a = '\\u202e' # \"\\u202e\"\nb = '''\n\\u202e'''"),
                     0);
    assert_int_equal(refused(HIDDEN_FORM_JSON, "\\"), 0);
    assert_int_equal(refused(HIDDEN_FORM_MARKDOWN, "---"), 0);
}

static void test_escapes_have_a_line(void **state)
{
    (void)state;
    const char *text = "{\n\"a\": \"\u200b\",\n\"b\": \"\\u200c\\u202e\"}\n";
    struct hidden_count counts[HIDDEN_CLASSES] = {0};
    hidden_scan(counts, text, strlen(text), HIDDEN_FORM_JSON);
    assert_int_equal(counts[HIDDEN_BIDI].line, 3);
    assert_int_equal(counts[HIDDEN_ZERO_WIDTH].count, 2);
    assert_int_equal(counts[HIDDEN_ZERO_WIDTH].line, 2);
}

/* ---- folders ---- */

struct world {
    struct arena arena;
    const char *folder;
};

static int make_world(void **state)
{
    static struct world world;
    char name[] = "/tmp/paii-hidden-XXXXXX";
    if (!mkdtemp(name))
        return -1;
    world.folder = arena_strdup(&world.arena, name);
    *state = &world;
    return 0;
}

static int end_world(void **state)
{
    struct world *world = *state;
    int result = fs_remove_tree(world->folder);
    arena_release(&world->arena);
    return result;
}

static void put(struct world *world, const char *name, const char *data, size_t len)
{
    const char *path = path_join(&world->arena, world->folder, name);
    assert_int_equal(fs_mkdirs(path_dir(&world->arena, path), 0755), 0);
    assert_int_equal(fs_write(path, data, len, 0644), 0);
}

static void test_a_folder_that_is_counted(void **state)
{
    struct world *world = *state;
    const char *counted;
    put(world, "a.md", "fine\n", 5);
    assert_int_equal(hidden_scan_folder(&counted, &world->arena, world->folder), 0);
    assert_null(counted);
    put(world, "b/c.py", "\n\na\u200b\u200b", 9);
    put(world, "d.md", "z\u200bz\u200e", 8);
    assert_int_equal(hidden_scan_folder(&counted, &world->arena, world->folder), 0);
    assert_string_equal(counted, "3 zero-width characters (first in 'd.md', line 1), "
                                 "a direction mark ('d.md', line 1)");
}

static void test_a_folder_that_is_refused(void **state)
{
    struct world *world = *state;
    const char *counted;
    put(world, "image.png", "\0\U000e0041", 5);
    assert_int_equal(hidden_scan_folder(&counted, &world->arena, world->folder), 0);
    put(world, "deep/down/notes", "one\ntwo \u202e\n", 12);
    assert_int_equal(hidden_scan_folder(&counted, &world->arena, world->folder), -ERR_REFUSED);
    assert_string_equal(error_text(), "'deep/down/notes' line 2 holds U+202E, "
                                      "a bidirectional override");
    assert_int_equal(fs_remove_tree(path_join(&world->arena, world->folder, "deep")), 0);
    put(world, "SKILL.md", "\0\U000e0041", 5); /* read by its name, whatever it holds */
    assert_int_equal(hidden_scan_folder(&counted, &world->arena, world->folder), -ERR_REFUSED);
    error_clear();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_code_point_of_the_table),
        cmocka_unit_test(test_what_is_ordinary),
        cmocka_unit_test(test_what_only_looks_ordinary),
        cmocka_unit_test(test_comments),
        cmocka_unit_test(test_escapes_are_what_they_stand_for),
        cmocka_unit_test(test_what_only_looks_like_an_escape),
        cmocka_unit_test(test_escapes_have_a_line),
        cmocka_unit_test_setup_teardown(test_a_folder_that_is_counted, make_world, end_world),
        cmocka_unit_test_setup_teardown(test_a_folder_that_is_refused, make_world, end_world),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
