/*
 * Folders of Claude Code as manifests: front matter as people write it, plugin.json with junk in
 * it, and what the entry of a marketplace adds.
 */
#include "base/error.h"
#include "base/fs.h"
#include "base/text.h"
#include "registry/catalog.h"
#include "registry/manifest_private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ID "0123456789abcdef0123456789abcdef01234567"

static struct arena arena;
static char folder[] = "/tmp/paii-claude-XXXXXX";

static int begin(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    arena_release(&arena);
    return fs_remove_tree(folder);
}

static void put(const char *dir, const char *path, const char *text)
{
    const char *file = path_join(&arena, dir, path);

    assert_int_equal(fs_mkdirs(path_dir(&arena, file), 0755), 0);
    assert_int_equal(fs_write(file, text, strlen(text), 0644), 0);
}

static const char *fresh(void)
{
    static unsigned count;

    return arena_printf(&arena, "%s/dir-%u", folder, count++);
}

/* ---- front matter ---- */

/* The value at `key` as JSON; NULL if there is no front matter, or no such key. */
static const char *value(const char *text, const char *key)
{
    const struct data *root = front_matter_read(&arena, text), *node;
    AUTO_BUF out = {0};
    struct json_writer json = {.out = &out};

    node = root ? data_get(root, key) : NULL;
    if (!node)
        return NULL;
    json_data(&json, node);
    return arena_strdup(&arena, buf_text(&out));
}

static void front_matter_as_people_write_it(void **state)
{
    static const char *const rows[][3] = {
        {"---\nname: a\n---\n# Hi\n", "name", "\"a\""},
        {"---\r\nname: a\r\n---\r\n", "name", "\"a\""},
        {"---  \nname: a\n--- \n", "name", "\"a\""},
        {"---\nname: a\n---", "name", "\"a\""},
        {"---\nname: 12\n---\n", "name", "\"12\""},
        {"---\nname: true\n---\n", "name", "\"true\""},
        {"---\nname:\n---\n", "name", "null"},
        {"---\nd: >-\n  one\n  two\nx: y\n---\n", "d", "\"one two\""},
        {"---\nd: |\n  one\n  two\n---\n", "d", "\"one\\ntwo\\n\""},
        {"---\nd: 'it''s'\n---\n", "d", "\"it's\""},
        {"---\nd: \"a \\\"b\\\" \\u00e9\"\n---\n", "d", "\"a \\\"b\\\" \u00e9\""},
        {"---\nd: one\n  two\n---\n", "d", "\"one two\""},
        {"---\nallowed-tools: Read, Bash(git *)\n---\n", "allowed-tools", "\"Read, Bash(git *)\""},
        {"---\nallowed-tools: [Read, \"Bash(git *)\"]\n---\n", "allowed-tools",
         "[\"Read\",\"Bash(git *)\"]"},
        {"---\nallowed-tools:\n  - Read\n  - Bash(git *)\n---\n", "allowed-tools",
         "[\"Read\",\"Bash(git *)\"]"},
        {"---\nallowed-tools: Bash(git log:*), Bash(a: b)\n---\n", "allowed-tools",
         "\"Bash(git log:*), Bash(a: b)\""},
        {"---\nd: Use when: it's <b>x: y</b>\n---\n", "d", "\"Use when: it's <b>x: y</b>\""},
        {"---\nargument-hint: [file] [line]\nd: x\n---\n", "argument-hint", "\"[file] [line]\""},
        {"---\nd: x: y\nt: >\n  kept\n---\n", "t", "\"kept\\n\""},
        {"---\nd: @me and `you`\n---\n", "d", "\"@me and `you`\""},
        {"---\nm: {a: {b: [1]}}\n---\n", "m", "{\"a\":{\"b\":[\"1\"]}}"},
        {"# Hi\n", "name", NULL},
        {"", "name", NULL},
        {"---\nname: a\n", "name", NULL},
        {"----\nname: a\n----\n", "name", NULL},
        {"\xef\xbb\xbf---\nname: a\n---\n", "name", NULL},
        {"---\n- a\n---\n", "name", NULL},
        {"---\nname: a\n\tb: [unclosed\n---\n", "name", NULL},
        {"---\na: &x [1]\nb: *x\n---\n", "a", "\"&x [1]\""},
        {"---\n? [a]\n: b\n---\n", "name", NULL},
        {"---\nname: \xff\xfe\n---\n", "name", NULL},
        {"---\n---\n", "name", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *got = value(rows[i][0], rows[i][1]);

        if (!got != !rows[i][2] || (got && strcmp(got, rows[i][2]) != 0))
            fail_msg("row %zu: %s", i, got ? got : "nothing");
    }
}

static void front_matter_is_bounded(void **state)
{
    AUTO_BUF deep = {0}, large = {0};

    (void)state;
    buf_puts(&deep, "---\nname: a\nx: ");
    for (int i = 0; i < 100; i++)
        buf_putc(&deep, '[');
    for (int i = 0; i < 100; i++)
        buf_putc(&deep, ']');
    buf_puts(&deep, "\n---\n");
    assert_string_equal(value(buf_text(&deep), "name"), "\"a\""); /* quoted, it is a text */
    buf_puts(&large, "---\nname: a\n");
    for (int i = 0; i < 300000; i++)
        buf_putc(&large, '#');
    buf_puts(&large, "\n---\n");
    assert_null(value(buf_text(&large), "name"));
}

/* ---- plugin.json ---- */

static void junk_is_left_out(void **state)
{
    const char *dir = fresh();
    struct diags diags = {.arena = &arena};
    struct manifest m;

    (void)state;
    put(dir, ".claude-plugin/plugin.json",
        "\xef\xbb\xbf{\"name\":\"My Plugin\",\"version\":2,\"junk\":{\"a\":1},\"author\":\"Ann\","
        "\"repository\":{\"type\":\"git\",\"url\":\"https://e.org/x\"},\"keywords\":\"one\","
        "\"homepage\":false,\"license\":{\"type\":\"MIT\"},\"commands\":{\"a\":{}}}");
    assert_int_equal(manifest_read(&m, &arena, dir, &diags), 0);
    assert_string_equal(m.name, "my-plugin");
    assert_string_equal(m.version, VERSION_UNKNOWN);
    assert_string_equal(m.homepage, "https://e.org/x");
    assert_string_equal(m.license, "MIT");
    assert_string_equal(strings_join(&m.authors, &arena, "|"), "Ann");
    assert_string_equal(strings_join(&m.tags, &arena, "|"), "one");
    assert_int_equal(diags.count, 2); /* the version and the homepage */
    assert_int_equal(diags.errors, 0);
    put(dir, ".claude-plugin/plugin.json",
        "{\"name\":\"x\",\"author\":[\"A\",{\"name\":\"B\",\"email\":\"b@e.org\"},3]}");
    assert_int_equal(manifest_read(&m, &arena, dir, &diags), 0);
    assert_string_equal(strings_join(&m.authors, &arena, "|"), "A|B");
}

/* ---- packages ---- */

static void versions_come_in_the_clients_order(void **state)
{
    static const char *const rows[][3] = {
        {"{\"version\":\"1.2.3\"}", "{\"version\":\"9.0.0\"}", "1.2.3"},
        {"{\"name\":\"x\"}", "{\"version\":\"9.0\"}", "9.0.0"},
        {"{\"version\":\"new\"}", "{\"version\":\"9.0.0\"}", "9.0.0"},
        {"{\"name\":\"x\"}", "{}", "0.0.0+0123456789ab"},
        {"{\"name\":\"x\"}", "", "0.0.0+0123456789ab"},
    };
    struct package package = {
        .name = "x", .description = "listed", .source = {.kind = SOURCE_GIT, .commit = ID}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *dir = fresh();
        struct diags diags = {.arena = &arena};
        struct manifest m;

        put(dir, ".claude-plugin/plugin.json", rows[i][0]);
        package.entry = rows[i][1];
        package.source.url = "https://e.org/x.git";
        assert_int_equal(manifest_read_package(&m, &arena, dir, &package, &diags), 0);
        assert_string_equal(m.version, rows[i][2]);
        assert_string_equal(m.name, "x");
        assert_string_equal(m.description, *package.entry ? "listed" : "");
    }
}

static void a_source_names_what_does_not_name_itself(void **state)
{
    static const char *const rows[][3] = {
        {"https://e.org/o/Nice.Name.git", "", "nice-name"},
        {"https://e.org/o/r.git", "skills/one", "one"},
        {"https://e.org/x-1.0.tar.gz", "", "x-1"},
        {"/srv/plugins/two", "", "two"},
    };
    const char *dir = fresh();

    (void)state;
    put(dir, "SKILL.md", "No front matter.\n");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct package package = {.name = "", .source = {.url = rows[i][0], .path = rows[i][1]}};
        struct diags diags = {.arena = &arena};
        struct manifest m;

        assert_int_equal(manifest_read_package(&m, &arena, dir, &package, &diags), 0);
        assert_string_equal(m.name, rows[i][2]);
    }
}

/* What plugin.json says after the entry was settled into it. */
static const char *settled(const char *dir, const char *entry)
{
    struct package package = {.name = "x", .description = "D", .entry = entry};
    AUTO_BUF text = {0}, out = {0};
    struct diags diags = {.arena = &arena};
    struct json_writer json = {.out = &out};
    const char *path = path_join(&arena, dir, ".claude-plugin/plugin.json");

    assert_int_equal(manifest_settle(&arena, dir, &package), 0);
    if (!fs_exists(path))
        return "nothing";
    assert_int_equal(fs_read(&text, path, 1 << 20), 0);
    json_data(&json, data_parse_json(&arena, path, buf_text(&text), text.len, true, &diags));
    return arena_strdup(&arena, buf_text(&out));
}

static void an_entry_adds_to_what_is_there(void **state)
{
    static const struct {
        const char *own, *entry, *both;
    } rows[] = {
        {NULL, "{}", "nothing"},
        {NULL, "{\"version\":\"1.0.0\",\"strict\":false}", "nothing"},
        {NULL, "not JSON", "nothing"},
        {NULL,
         "{\"skills\":[\"../../s\",\"/etc\",\"./s\"],\"mcpServers\":\"https://e.org/a.mcpb\"}",
         "{\"name\":\"x\",\"description\":\"D\",\"skills\":[\"./s\"],"
         "\"mcpServers\":[\"https://e.org/a.mcpb\"]}"},
        {NULL, "{\"strict\":false,\"skills\":[\"./s\"]}",
         "{\"name\":\"x\",\"description\":\"D\",\"skills\":[\"./s\"]}"},
        {NULL,
         "{\"commands\":\"more/c.md\",\"agents\":[\"./team/\",\"${CLAUDE_PLUGIN_ROOT}/other/"
         "z.md\"]}",
         "{\"name\":\"x\",\"description\":\"D\",\"commands\":[\"./commands/\",\"./more/c.md\"],"
         "\"agents\":[\"./agents/a.md\",\"./team/t.md\",\"./other/z.md\"]}"},
        {"{\"name\":\"y\",\"version\":\"2.0.0\",\"commands\":[\"./own.md\"]}",
         "{\"commands\":[\"./c.md\"],\"lspServers\":{\"l\":{}}}",
         "{\"name\":\"y\",\"version\":\"2.0.0\",\"commands\":[\"./own.md\",\"./c.md\"],"
         "\"lspServers\":{\"l\":{}}}"},
        {"{\"name\":\"y\",\"mcpServers\":{\"a\":{}}}",
         "{\"mcpServers\":\"./m.json\",\"dependencies\":[\"d\"]}",
         "{\"name\":\"y\",\"mcpServers\":[{\"a\":{}},\"./m.json\"],\"dependencies\":[\"d\"]}"},
        {"{\"name\":\"y\",\"skills\":\"./mine\",\"hooks\":{}}",
         "{\"strict\":false,\"skills\":[\"./s\"]}", "{\"name\":\"y\",\"skills\":[\"./s\"]}"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *dir = fresh();

        put(dir, "commands/c.md", "C");
        put(dir, "agents/a.md", "A");
        put(dir, "agents/README.txt", "not an agent");
        put(dir, "team/t.md", "T");
        if (rows[i].own)
            put(dir, ".claude-plugin/plugin.json", rows[i].own);
        assert_string_equal(settled(dir, rows[i].entry), rows[i].both);
    }
}

static void a_listed_folder_needs_no_manifest(void **state)
{
    const char *dir = fresh(), *bare = fresh();
    struct package package = {.name = "x",
                              .description = "listed",
                              .author = "Ann",
                              .tags = "t\nu",
                              .entry = "{\"version\":\"1.0.0\"}",
                              .source = {.url = "/srv/x"}};
    struct diags diags = {.arena = &arena};
    struct manifest m;

    (void)state;
    put(dir, "README.md", "nothing that the client knows");
    assert_int_equal(manifest_read_package(&m, &arena, dir, &package, &diags), 0);
    assert_string_equal(m.name, "x");
    assert_string_equal(m.version, "1.0.0");
    assert_string_equal(m.description, "listed");
    assert_string_equal(strings_join(&m.tags, &arena, "|"), "t|u");
    package.entry = "";
    assert_int_equal(manifest_read_package(&m, &arena, dir, &package, &diags), -ERR_NOT_FOUND);
    put(bare, "commands/c.md", "C");
    assert_int_equal(manifest_read_package(&m, &arena, bare, &package, &diags), 0);
    error_clear();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(front_matter_as_people_write_it),
        cmocka_unit_test(front_matter_is_bounded),
        cmocka_unit_test(junk_is_left_out),
        cmocka_unit_test(versions_come_in_the_clients_order),
        cmocka_unit_test(a_source_names_what_does_not_name_itself),
        cmocka_unit_test(an_entry_adds_to_what_is_there),
        cmocka_unit_test(a_listed_folder_needs_no_manifest),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
