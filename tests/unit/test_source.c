/*
 * What a person may type after `paii install`, and what of it is refused.
 */
#include "base/error.h"
#include "base/fs.h"
#include "registry/source.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct arena arena;
static char root[] = "/tmp/paii-source-XXXXXX";

#define ID "0123456789abcdef0123456789abcdef01234567"

static int begin(void **state)
{
    (void)state;
    if (!mkdtemp(root) || chdir(root) < 0)
        return -1;
    fs_mkdirs("folder/sub", 0755);
    fs_mkdirs("work/jira", 0755);
    fs_mkdirs("bare.git", 0755);
    fs_mkdirs("Mixed/Case", 0755);
    fs_write("plugin.tar.gz", "x", 1, 0644);
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_release(&arena);
    return chdir("/") < 0 ? -1 : fs_remove_tree(root);
}

static void names_and_ranges(void **state)
{
    static const struct {
        const char *text, *registry, *name, *range;
    } rows[] = {
        {"jira", NULL, "jira", NULL},
        {"work/jira", "work", "jira", NULL}, /* though ./work/jira is a folder here */
        {"jira@^1.2", NULL, "jira", "^1.2"},
        {"work/jira@>=1 <2", "work", "jira", ">=1 <2"},
        {"jira@1.2.3", NULL, "jira", "1.2.3"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct spec spec;

        assert_int_equal(spec_parse(&spec, &arena, rows[i].text), 0);
        assert_int_equal(spec.kind, SPEC_NAME);
        assert_string_equal(spec.name, rows[i].name);
        assert_string_equal(spec.registry ? spec.registry : "-",
                            rows[i].registry ? rows[i].registry : "-");
        assert_string_equal(spec.range ? spec.range : "-", rows[i].range ? rows[i].range : "-");
    }
}

/* `url` beginning with '/' is below the test's folder. */
static void sources(void **state)
{
    static const struct {
        const char *text;
        enum source_kind kind;
        const char *url, *path, *ref, *commit;
    } rows[] = {
        {"https://e.org/a/b.git", SOURCE_GIT, "https://e.org/a/b.git", "", NULL, NULL},
        {"https://e.org/a/b", SOURCE_GIT, "https://e.org/a/b", "", NULL, NULL},
        {"https://e.org/a/b.git//plugins/x#v1", SOURCE_GIT, "https://e.org/a/b.git", "plugins/x",
         "v1", NULL},
        {"https://e.org/a/b.git#" ID, SOURCE_GIT, "https://e.org/a/b.git", "", NULL, ID},
        {"git@e.org:a/b.git", SOURCE_GIT, "ssh://git@e.org/a/b.git", "", NULL, NULL},
        {"git@e.org:a/b.git//sub#main", SOURCE_GIT, "ssh://git@e.org/a/b.git", "sub", "main", NULL},
        {"ssh://git@e.org/a/b", SOURCE_GIT, "ssh://git@e.org/a/b", "", NULL, NULL},
        {"https://e.org/x-1.0.tar.gz", SOURCE_ARCHIVE, "https://e.org/x-1.0.tar.gz", "", NULL,
         NULL},
        {"https://e.org/x.zip//sub", SOURCE_ARCHIVE, "https://e.org/x.zip", "sub", NULL, NULL},
        {"./folder", SOURCE_FOLDER, "/folder", "", NULL, NULL},
        {"folder/sub", SOURCE_NONE, NULL, NULL, NULL, NULL}, /* reads as registry/name */
        {"./folder/sub", SOURCE_FOLDER, "/folder/sub", "", NULL, NULL},
        {"Mixed/Case", SOURCE_FOLDER, "/Mixed/Case", "", NULL, NULL},
        {".", SOURCE_FOLDER, "", "", NULL, NULL},
        {"./bare.git", SOURCE_GIT, "/bare.git", "", NULL, NULL},
        {"./bare.git//sub#v1", SOURCE_GIT, "/bare.git", "sub", "v1", NULL},
        {"./folder#v2", SOURCE_GIT, "/folder", "", "v2", NULL},
        {"./plugin.tar.gz", SOURCE_ARCHIVE, "/plugin.tar.gz", "", NULL, NULL},
        {"plugin.tar.gz", SOURCE_ARCHIVE, "/plugin.tar.gz", "", NULL, NULL},
    };
    char here[PATH_MAX];

    (void)state;
    assert_non_null(getcwd(here, sizeof here));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct spec spec;
        const char *url = rows[i].url;

        assert_int_equal(spec_parse(&spec, &arena, rows[i].text), 0);
        if (rows[i].kind == SOURCE_NONE) {
            assert_int_equal(spec.kind, SPEC_NAME);
            continue;
        }
        if (*url == '/' || !*url)
            url = arena_printf(&arena, "%s%s", here, url);
        assert_int_equal(spec.kind, SPEC_SOURCE);
        assert_int_equal(spec.source.kind, rows[i].kind);
        if (strcmp(spec.source.url, url) != 0 &&
            strcmp(spec.source.url, arena_printf(&arena, "%s/.", url)) != 0)
            fail_msg("%s: expected %s, found %s", rows[i].text, url, spec.source.url);
        assert_string_equal(spec.source.path, rows[i].path);
        assert_string_equal(spec.source.ref ? spec.source.ref : "-",
                            rows[i].ref ? rows[i].ref : "-");
        assert_string_equal(spec.source.commit ? spec.source.commit : "-",
                            rows[i].commit ? rows[i].commit : "-");
    }
}

static void refusals(void **state)
{
    static const struct {
        const char *text;
        enum err code;
    } rows[] = {
        {"", ERR_REFUSED},
        {"-x", ERR_REFUSED},
        {"Jira", ERR_REFUSED},
        {"ji ra", ERR_REFUSED},
        {"jira\n", ERR_REFUSED},
        {"jira@", ERR_CONFIG},
        {"jira@not-a-range", ERR_CONFIG},
        {"./nowhere", ERR_NOT_FOUND},
        {"Nope/Nowhere", ERR_NOT_FOUND},
        {"http://e.org/a.git", ERR_REFUSED},
        {"ext::sh -c id", ERR_REFUSED},
        {"https://e.org/a.git//../x", ERR_REFUSED},
        {"https://e.org/a.git#--upload-pack=x", ERR_REFUSED},
        {"https://e.org/a.git#a..b", ERR_REFUSED},
        {"https://u:p@e.org/a.git", ERR_REFUSED},
        {"ssh://-oProxyCommand=x/a", ERR_REFUSED},
        {"https://e.org/a.tar.gz#main", ERR_REFUSED},
        {"ftp://e.org/a", ERR_REFUSED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct spec spec;
        int result = spec_parse(&spec, &arena, rows[i].text);

        if (result != -(int)rows[i].code)
            fail_msg("'%s': expected %d, found %d (%s)", rows[i].text, -(int)rows[i].code, result,
                     error_text());
        error_clear();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_ranges),
        cmocka_unit_test(sources),
        cmocka_unit_test(refusals),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
