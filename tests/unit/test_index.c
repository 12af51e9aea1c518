/*
 * TOML indexes and made-up marketplaces: every form of a source, and the reason for what is
 * skipped.
 */
#include "base/error.h"
#include "registry/index.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define ID  "0123456789abcdef0123456789abcdef01234567"
#define SHA "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct arena arena;
static const struct source git_base = {
    .kind = SOURCE_GIT, .url = "https://e.org/r.git", .path = "", .commit = ID};
static const struct source folder_base = {.kind = SOURCE_FOLDER, .url = "/srv/r", .path = ""};
static const struct source file_base = {
    .kind = SOURCE_NONE, .url = "https://e.org/r.toml", .path = ""};

static int release(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static const char *kind_name(enum source_kind kind)
{
    static const char *const names[] = {"none", "folder", "git", "archive", "npm"};

    return names[kind];
}

/* "name version kind url//path#ref@commit!sha256" for every package, then "skipped N". */
static const char *read(const struct source *base, const char *file, const char *text,
                        struct diags *diags)
{
    struct index index;
    AUTO_BUF out = {0};

    *diags = (struct diags){.arena = &arena};
    if (index_read(&index, &arena, "work", base, file, text, strlen(text), diags) < 0) {
        error_clear();
        return "refused";
    }
    for (size_t i = 0; i < index.count; i++) {
        const struct package *p = &index.packages[i];

        buf_printf(&out, "%s %s %s %s", p->name, p->version, kind_name(p->source.kind),
                   p->source.url);
        if (*p->source.path)
            buf_printf(&out, "//%s", p->source.path);
        if (p->source.ref)
            buf_printf(&out, "#%s", p->source.ref);
        if (p->source.commit)
            buf_printf(&out, "@%s", strcmp(p->source.commit, ID) == 0 ? "ID" : p->source.commit);
        if (p->source.sha256)
            buf_puts(&out, "!SHA");
        buf_putc(&out, '\n');
    }
    if (index.skipped)
        buf_printf(&out, "skipped %zu\n", index.skipped);
    return arena_strdup(&arena, buf_text(&out));
}

static void expect(const struct source *base, const char *file, const char *text,
                   const char *expected, const char *reason)
{
    struct diags diags;
    const char *found = read(base, file, text, &diags);
    bool said = false;

    if (strcmp(found, expected) != 0)
        fail_msg("%s\nexpected: %s\nfound: %s %s", text, expected, found,
                 diags.count ? diag_text(&diags.items[0], &arena) : "");
    for (size_t i = 0; i < diags.count; i++)
        said = said || (reason && strstr(diag_text(&diags.items[i], &arena), reason));
    if (reason && !said)
        fail_msg("%s\nexpected the reason: %s\nfound: %s", text, reason,
                 diags.count ? diag_text(&diags.items[0], &arena) : "none");
}

static void rows_in_a_git_registry(void **state)
{
    static const char *const rows[][3] = {
        {"version = \"1.0.0\"\npath = \"plugins/a\"",
         "a 1.0.0 git https://e.org/r.git//plugins/a@ID\n", NULL},
        {"source = \".\"\npath = \"./plugins/a/\"",
         "a 0.0.0+unversioned git https://e.org/r.git//plugins/a@ID\n", NULL},
        {"source = \"plugins/a\"", "a 0.0.0+unversioned git https://e.org/r.git//plugins/a@ID\n",
         NULL},
        {"version = \"1.2\"\nsource = \"https://e.org/a.git\"", "a 1.2.0 git https://e.org/a.git\n",
         NULL},
        {"version = \">=1.0.0\"\nsource = \"https://e.org/a\"",
         "a 0.0.0+unversioned git https://e.org/a\n", NULL},
        {"source = \"https://e.org/a.git\"\npath = \"p\"\nref = \"v1\"\ncommit = \"" ID "\"",
         "a 0.0.0+unversioned git https://e.org/a.git//p#v1@ID\n", NULL},
        {"source = \"https://e.org/a.git//sub#v2\"\npath = \"p\"",
         "a 0.0.0+unversioned git https://e.org/a.git//sub/p#v2\n", NULL},
        {"source = \"git@e.org:a.git\"", "a 0.0.0+unversioned git ssh://git@e.org/a.git\n", NULL},
        {"source = \"github.com/your-company/paii-plugins/my-skill\"",
         "a 0.0.0+unversioned git https://github.com/your-company/paii-plugins//my-skill\n", NULL},
        {"source = \"https://e.org/a.tar.gz\"\nsha256 = \"" SHA "\"",
         "a 0.0.0+unversioned archive https://e.org/a.tar.gz!SHA\n", NULL},
        /* what is skipped */
        {"path = \"../up\"", "skipped 1\n", "leaves the plugin's source"},
        {"source = \"../up\"", "skipped 1\n", "no folder of the registry's own tree"},
        {"source = \"/etc\"", "skipped 1\n", "skipped: "},
        {"source = \"file:///etc\"", "skipped 1\n", "skipped: "},
        {"source = \"http://e.org/a.git\"", "skipped 1\n", "skipped: "},
        {"source = \"https://127.0.0.1/a.git\"", "skipped 1\n", "address of this machine"},
        {"source = \"https://10.1.2.3/a.git\"", "skipped 1\n", "address of this machine"},
        {"source = \"https://e.org/a.git\"\nref = \"--x\"", "skipped 1\n", "is no branch or tag"},
        {"source = \"https://e.org/a.git\"\ncommit = \"abc\"", "skipped 1\n", "no full object id"},
        {"sha256 = \"abc\"", "skipped 1\n", "64 hex digits"},
        {"version = 5", "skipped 1\n", "plugins[0].version: a skipped: expected a string"},
        {"provides = [\"nothing\"]", "skipped 1\n", "'nothing' is no contract"},
        {"consumes = [\"nothing\"]", "skipped 1\n", "is not such as"},
        {"provides = { memori = true }", "skipped 1\n", "did you mean 'memory'?"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect(&git_base, "registry.toml",
               arena_printf(&arena, "[[plugins]]\nname = \"a\"\n%s\n", rows[i][0]), rows[i][1],
               rows[i][2]);
}

static void rows_in_a_folder(void **state)
{
    (void)state;
    expect(&folder_base, "registry.toml", "[[plugins]]\nname = \"a\"\npath = \"plugins/a\"\n",
           "a 0.0.0+unversioned folder /srv/r/plugins/a\n", NULL);
    expect(&folder_base, "registry.toml", "[plugins.a]\n", "a 0.0.0+unversioned folder /srv/r\n",
           NULL);
    expect(&folder_base, "registry.toml", "[plugins.a]\nsource = \"/opt/a\"\npath = \"b\"\n",
           "a 0.0.0+unversioned folder /opt/a/b\n", NULL);
    expect(&folder_base, "registry.toml", "[plugins.a]\nsource = \"/opt/a.git\"\n",
           "a 0.0.0+unversioned git /opt/a.git\n", NULL);
    expect(&folder_base, "registry.toml", "[plugins.a]\nsource = \"~/a\"\n", "skipped 1\n",
           "not the same for everybody");
}

static void a_file_has_no_tree(void **state)
{
    (void)state;
    expect(&file_base, "r.toml", "[plugins.a]\nsource = \"https://e.org/a.git\"\n[plugins.b]\n",
           "a 0.0.0+unversioned git https://e.org/a.git\nskipped 1\n", "no tree of its own");
}

static void names_and_versions(void **state)
{
    (void)state;
    expect(&git_base, "registry.toml",
           "[plugins.a]\nversion = \"1.0.0\"\n[plugins.B]\n[plugins.c]\nname = \"d\"\n",
           "a 1.0.0 git https://e.org/r.git@ID\nd 0.0.0+unversioned git https://e.org/r.git@ID\n"
           "skipped 1\n",
           "'B' is no plugin name");
    expect(&git_base, "registry.toml",
           "[[plugins]]\nname = \"a\"\nversion = \"1.0.0\"\npath = \"one\"\n"
           "[[plugins]]\nname = \"a\"\nversion = \"2.0.0\"\n"
           "[[plugins]]\nname = \"a\"\nversion = \"1.0.0\"\npath = \"two\"\n"
           "[[plugins]]\nversion = \"1.0.0\"\n",
           "a 1.0.0 git https://e.org/r.git//one@ID\na 2.0.0 git https://e.org/r.git@ID\n"
           "skipped 2\n",
           "version 1.0.0 is listed twice");
    expect(&git_base, "registry.toml",
           "[[plugins.a]]\nversion = \"1.0.0\"\n[[plugins.a]]\nversion = \"1.1.0\"\n",
           "a 1.0.0 git https://e.org/r.git@ID\na 1.1.0 git https://e.org/r.git@ID\n", NULL);
    expect(&git_base, "registry.toml", "[registry]\nname = \"empty\"\n", "", NULL);
    expect(&git_base, "registry.toml", "plugins = [1, {name = \"a\"}]\n",
           "a 0.0.0+unversioned git https://e.org/r.git@ID\nskipped 1\n", "expected a table");
}

static void no_index_at_all(void **state)
{
    (void)state;
    expect(&git_base, "registry.toml", "a = 1\n", "refused", "no index of plugins");
    expect(&git_base, "registry.toml", "plugins = 5\n", "refused", "expected [[plugins]]");
    expect(&git_base, "registry.toml", "[[plugins\n", "refused", "registry.toml:1:");
    expect(&git_base, "registry.toml", "", "refused", "no index of plugins");
    expect(&git_base, "m.json", "{", "refused", "m.json:1:");
    expect(&git_base, "m.json", "[]", "refused", "expected a table");
    expect(&git_base, "m.json", "{\"name\":\"x\"}", "refused", "no array of plugins");
}

static void all_that_a_row_says(void **state)
{
    static const char text[] =
        "[registry]\nname = \"team\"\ndescription = \"D\"\n"
        "[[plugins]]\nname = \"a\"\nversion = \"1.0.0\"\ndescription = \"one\\nline\\u001b[31m\"\n"
        "language = \"c\"\ntype = \"hook\"\nlicense = \"MIT\"\nrepository = \"https://e.org\"\n"
        "authors = [\"x\", \"y\"]\ntags = [\"t\", \"u\"]\nkeywords = [\"t\", \"v\"]\nyanked = "
        "true\n"
        "size = 5\nprovides = [\"memory\", \"IntegrationProvider[jira]@1\"]\n"
        "consumes = { memory = { contract = \"MemoryProvider\", version = \"1.1\" } }\n";
    struct diags diags = {.arena = &arena};
    struct index index;
    const struct package *p;

    (void)state;
    assert_int_equal(
        index_read(&index, &arena, "work", &git_base, "registry.toml", text, strlen(text), &diags),
        0);
    assert_string_equal(index.name, "team");
    assert_string_equal(index.description, "D");
    assert_int_equal(index.count, 1);
    p = index.packages;
    assert_string_equal(p->registry, "work");
    assert_string_equal(p->description, "one line [31m");
    assert_string_equal(p->language, "c");
    assert_string_equal(p->type, "hook");
    assert_string_equal(p->license, "MIT");
    assert_string_equal(p->homepage, "https://e.org");
    assert_string_equal(p->author, "x, y");
    assert_string_equal(p->tags, "t\nu\nv");
    assert_string_equal(p->provides, "MemoryProvider\nIntegrationProvider[jira]@1");
    assert_string_equal(p->consumes, "memory=MemoryProvider? ^1.1");
    assert_int_equal(p->flags, PACKAGE_YANKED);
    assert_int_equal(p->size, 5);
}

static void marketplace_sources(void **state)
{
    static const char *const rows[][3] = {
        {"\"./plugins/a\"", "git https://e.org/r.git//plugins/a@ID\n", NULL},
        {"\"./\"", "git https://e.org/r.git@ID\n", NULL},
        {"\".\"", "git https://e.org/r.git@ID\n", NULL},
        {"\"a\"", "git https://e.org/r.git//root/a@ID\n", NULL},
        {"{\"source\":\"github\",\"repo\":\"o/r\"}", "git https://github.com/o/r.git\n", NULL},
        {"{\"source\":\"github\",\"repo\":\"o/r\",\"path\":\"p\",\"ref\":\"v1\",\"sha\":\"" ID
         "\"}",
         "git https://github.com/o/r.git//p#v1@ID\n", NULL},
        {"{\"source\":\"url\",\"url\":\"https://e.org/a.git\",\"sha\":\"" ID "\"}",
         "git https://e.org/a.git@ID\n", NULL},
        {"{\"source\":\"git\",\"url\":\"git@e.org:a.git\"}", "git ssh://git@e.org/a.git\n", NULL},
        {"{\"source\":\"url\",\"url\":\"https://e.org/a.tgz\"}", "archive https://e.org/a.tgz\n",
         NULL},
        {"{\"source\":\"archive\",\"url\":\"https://e.org/dl\",\"sha256\":\"" SHA "\"}",
         "archive https://e.org/dl!SHA\n", NULL},
        {"{\"source\":\"git-subdir\",\"url\":\"o/r\",\"path\":\"p\"}",
         "git https://github.com/o/r.git//p\n", NULL},
        {"{\"source\":\"git-subdir\",\"url\":\"https://e.org/a\",\"path\":\"p\",\"ref\":\"main\"}",
         "git https://e.org/a//p#main\n", NULL},
        {"{\"source\":\"directory\",\"path\":\"./p\"}", "git https://e.org/r.git//p@ID\n", NULL},
        {"{\"source\":\"npm\",\"package\":\"@o/p\"}", "npm npm:@o/p\n", NULL},
        {"{\"source\":\"npm\",\"package\":\"p\",\"version\":\"^1\",\"registry\":"
         "\"https://e.org/npm\"}",
         "npm npm+https://e.org/npm/p#^1\n", NULL},
        {"{\"source\":\"npm\",\"package\":\"../p\"}", NULL, "no name of an npm package"},
        {"{\"source\":\"npm\",\"package\":\"p\",\"version\":\"a b\"}", NULL,
         "no version, range or tag"},
        {"{\"source\":\"npm\",\"package\":\"p\",\"registry\":\"http://e.org\"}", NULL, "skipped: "},
        {"{\"source\":\"gopher\"}", NULL, "expected one of: github"},
        {"{\"source\":\"github\"}", NULL, "the key 'repo' is missing"},
        {"{\"source\":\"github\",\"repo\":\"o/r\",\"path\":\"../x\"}", NULL, "leaves the plugin"},
        {"{\"source\":\"url\",\"url\":\"https://e.org/a\",\"sha\":\"short\"}", NULL,
         "no full object id"},
        {"{\"source\":\"url\",\"url\":\"file:///etc\"}", NULL, "skipped: "},
        {"\"../../etc\"", NULL, "no folder of the registry's own tree"},
        {"5", NULL, "expected a source"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect(&git_base, ".claude-plugin/marketplace.json",
               arena_printf(&arena,
                            "{\"name\":\"m\",\"metadata\":{\"pluginRoot\":\"./root\"},\"plugins\":["
                            "{\"name\":\"a\",\"source\":%s}]}",
                            rows[i][0]),
               rows[i][1] ? arena_printf(&arena, "a 0.0.0+unversioned %s", rows[i][1])
                          : "skipped 1\n",
               rows[i][2]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(rows_in_a_git_registry, release),
        cmocka_unit_test_teardown(rows_in_a_folder, release),
        cmocka_unit_test_teardown(a_file_has_no_tree, release),
        cmocka_unit_test_teardown(names_and_versions, release),
        cmocka_unit_test_teardown(no_index_at_all, release),
        cmocka_unit_test_teardown(all_that_a_row_says, release),
        cmocka_unit_test_teardown(marketplace_sources, release),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
