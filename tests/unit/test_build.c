/* Builds with make and commands of the plugin's own, keys, and sealed prefixes. */
#include "build_world.h"

#define PROGRAM "int main(void) { return puts(HOME_OF_IT) < 0; }\n"

static void put_make_plugin(struct world *world)
{
    put(world, "plugin.toml", "[plugin]\nname = \"demo\"\n");
    put(world, "src/demo.c", "#include <stdio.h>\n" PROGRAM);
    put(world, "Makefile",
        "demo: src/demo.c\n"
        "\tcc -DHOME_OF_IT='\"$(PREFIX)\"' -o $@ src/demo.c\n"
        "install: demo\n"
        "\tmkdir -p $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share\n"
        "\tcp demo $(DESTDIR)$(PREFIX)/bin/demo\n"
        "\tchmod 4777 $(DESTDIR)$(PREFIX)/bin/demo\n"
        "\techo data > $(DESTDIR)$(PREFIX)/share/data\n"
        "\tln -s data $(DESTDIR)$(PREFIX)/share/link\n");
}

static mode_t mode_of(struct world *world, const char *path)
{
    struct stat st;
    assert_int_equal(lstat(path_join(&world->arena, world->final, path), &st), 0);
    return st.st_mode;
}

static void test_make(void **state)
{
    struct world *world = *state;
    put_make_plugin(world);
    build_well(world, BUILD_MAKE);
    assert_string_equal(output(world, "bin/demo", NULL, NULL),
                        arena_printf(&world->arena, "%s\n", world->final));
    assert_int_equal(mode_of(world, "bin/demo"), S_IFREG | 0555); /* neither set-id nor writable */
    assert_int_equal(mode_of(world, "share/data"), S_IFREG | 0444);
    assert_int_equal(mode_of(world, "share/link"), S_IFREG | 0444); /* a copy of its target */
    assert_int_equal(mode_of(world, "share"), S_IFDIR | 0555);
    assert_false(has(world, "demo")); /* what make left in its copy of the source */
}

static void test_make_target(void **state)
{
    struct world *world = *state;
    put(world, "Makefile",
        "all:\n\tfalse\nspecial:\n\techo made > made\n"
        "install:\n\tinstall -D made $(DESTDIR)$(PREFIX)/bin/made\n");
    world->manifest.build.target = "special";
    build_well(world, BUILD_MAKE);
    assert_string_equal(content(world, "bin/made"), "made\n");
}

static void test_live_folder_is_built_again(void **state)
{
    struct world *world = *state;
    world->final = world->source;
    put_make_plugin(world);
    put(world, "share/mine", "mine\n");
    assert_int_equal(build(world, BUILD_MAKE), 0);
    assert_true(has(world, "bin/demo"));
    put(world, "src/demo.c", "#include <stdio.h>\nint main(void) { return puts(\"new\") < 0; }\n");
    fs_remove_tree(world->work);
    fs_mkdirs(world->work, 0700);
    assert_int_equal(build(world, BUILD_MAKE), 0);
    assert_string_equal(output(world, "bin/demo", NULL, NULL), "new\n");
    assert_string_equal(content(world, "share/mine"), "mine\n");

    /* a file of the developer's is never replaced, whatever the list says of others */
    fs_remove_tree(world->work);
    fs_mkdirs(world->work, 0700);
    put(world, ".paii-build", "bin/demo\nshare/link\n../../../home\n/etc/passwd\n");
    assert_int_equal(build(world, BUILD_MAKE), -ERR_REFUSED);
    assert_non_null(strstr(error_text(), "'share/data' is in the folder already"));
    assert_true(fs_exists("/etc/passwd"));
}

static void test_make_fails(void **state)
{
    struct world *world = *state;
    put(world, "Makefile",
        "all:\n\t@for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18; do echo line $$i; done\n"
        "\t@echo the reason >&2; exit 3\n");
    build_badly(world, BUILD_MAKE, ERR_GENERIC, "cannot build 'demo'");
    assert_non_null(strstr(error_text(), "failed with status 2"));
    assert_non_null(strstr(error_text(), "\n    the reason\n"));
    assert_non_null(strstr(error_text(), "\n    line 18\n"));
    assert_null(strstr(error_text(), "line 4\n"));
    assert_non_null(strstr(error_hint_text(), world->log));
    AUTO_BUF log = {0};
    assert_int_equal(fs_read(&log, world->log, 1 << 20), 0);
    assert_non_null(strstr(buf_text(&log), "line 1\n"));
}

static void test_make_that_does_not_install_as_told(void **state)
{
    struct world *world = *state;
    put(world, "bin/mine", "of the source\n");
    static const struct {
        const char *install, *words;
        enum err code;
    } cases[] = {
        {"\ttrue\n", "put nothing below PREFIX", ERR_GENERIC},
        {"\tmkdir -p $(PREFIX)/bin; touch $(PREFIX)/bin/demo\n", "ignores DESTDIR", ERR_REFUSED},
        {"\tinstall -D Makefile $(DESTDIR)/etc/demo\n", "'/etc/demo' is installed outside",
         ERR_REFUSED},
        {"\tinstall -D Makefile $(DESTDIR)$(PREFIX)/bin/mine\n", "bin/mine", ERR_REFUSED},
        {"\tmkdir -p $(DESTDIR)$(PREFIX)/bin; mkfifo $(DESTDIR)$(PREFIX)/bin/pipe\n", "bin/pipe",
         ERR_REFUSED},
        {"\tmkdir -p $(DESTDIR)$(PREFIX)/bin; ln -s /etc/passwd $(DESTDIR)$(PREFIX)/bin/users\n",
         "bin/users", ERR_REFUSED},
        {"\tmkdir -p $(DESTDIR)$(PREFIX); rmdir $(DESTDIR)$(PREFIX); ln -s / $(DESTDIR)$(PREFIX)\n",
         "outside", ERR_REFUSED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(fs_remove_tree(world->work), 0);
        assert_int_equal(fs_mkdirs(world->work, 0700), 0);
        put(world, "Makefile",
            arena_printf(&world->arena, "all:\n\ttrue\ninstall:\n%s", cases[i].install));
        build_badly(world, BUILD_MAKE, cases[i].code, cases[i].words);
        assert_false(fs_exists(world->final));
    }
}

static void test_a_daemon_does_not_outlive_its_build(void **state)
{
    struct world *world = *state;
    const char *pid = path_join(&world->arena, world->root, "pid");
    put(world, "Makefile",
        arena_printf(&world->arena,
                     "all:\n\tsleep 300 & echo $$! > %s\n"
                     "install:\n\tinstall -D Makefile $(DESTDIR)$(PREFIX)/bin/x\n",
                     pid));
    build_well(world, BUILD_MAKE);
    assert_true(is_gone(world, pid));
}

static void test_nor_one_with_a_session_of_its_own(void **state)
{
    struct world *world = *state;
    const char *pid = path_join(&world->arena, world->root, "pid");
    put(world, "Makefile",
        arena_printf(&world->arena,
                     "all:\n\tsetsid sh -c 'echo $$$$ > %s; sleep 300; true' & sleep 0.2\n"
                     "install:\n\tinstall -D Makefile $(DESTDIR)$(PREFIX)/bin/x\n",
                     pid));
    build_well(world, BUILD_MAKE);
    assert_true(is_gone(world, pid));
}

static void test_environment_of_a_build(void **state)
{
    struct world *world = *state;
    put(world, "Makefile",
        "all:\n\tenv > out; pwd >> out\n"
        "install:\n\tinstall -D -m644 out $(DESTDIR)$(PREFIX)/share/out\n");
    setenv("JIRA_API_TOKEN", "secret-value", 1);
    setenv("MAKEFLAGS", "-n", 1);
    setenv("https_proxy", "http://proxy.example:3128", 1);
    setenv("PATH", arena_printf(&world->arena, ".:%s:bin:", original_path), 1);
    build_well(world, BUILD_MAKE);
    unsetenv("JIRA_API_TOKEN");
    unsetenv("MAKEFLAGS");
    unsetenv("https_proxy");
    const char *seen = content(world, "share/out");
    assert_null(strstr(seen, "secret-value"));
    assert_non_null(strstr(seen, "https_proxy=http://proxy.example:3128\n"));
    assert_non_null(strstr(seen, arena_printf(&world->arena, "HOME=%s/home\n", world->work)));
    assert_non_null(strstr(seen, arena_printf(&world->arena, "TMPDIR=%s/tmp\n", world->work)));
    assert_non_null(strstr(seen, arena_printf(&world->arena, "PATH=%s\n", original_path)));
    assert_non_null(strstr(seen, "SOURCE_DATE_EPOCH=315532800\n"));
}

static void test_missing_tools(void **state)
{
    struct world *world = *state;
    put(world, "Makefile", "all:\n");
    put(world, "Cargo.toml", "");
    put(world, "requirements.txt", "something\n");
    static const struct {
        enum build_type type;
        const char *tools[3], *words, *fix;
    } cases[] = {
        {BUILD_MAKE, {NULL}, "'make' is not installed", "apt-get install build-essential"},
        {BUILD_CARGO, {NULL}, "'cargo' is not installed", "apt-get install cargo"},
        {BUILD_PIP, {NULL}, "'python3' is not installed", "apt-get install python3 python3-pip"},
    };
    setenv("PATH", "/nonexistent", 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        build_badly(world, cases[i].type, ERR_GENERIC, cases[i].words);
        assert_non_null(strstr(error_hint_text(), cases[i].fix));
        assert_false(fs_exists(world->log));
    }
}

static void test_missing_compiler(void **state)
{
    struct world *world = *state;
    put_make_plugin(world);
    only_tools(world, (const char *const[]){"make", "sh", "mkdir", "cp", NULL});
    build_badly(world, BUILD_MAKE, ERR_GENERIC, "cannot build 'demo'");
    assert_non_null(strstr(error_hint_text(), "apt-get install build-essential"));
}

static void test_custom_needs_consent(void **state)
{
    struct world *world = *state;
    put(world, "tools/build",
        "#!/bin/sh\nmkdir -p $DESTDIR$PREFIX/bin && echo $1 > $DESTDIR$PREFIX/bin/made\n");
    chmod(path_join(&world->arena, world->source, "tools/build"), 0755);
    strings_add(&world->manifest.build.command, &world->arena, "tools/build");
    strings_add(&world->manifest.build.command, &world->arena, "a b");
    unsetenv("PAII_ALLOW_BUILD_SCRIPTS");
    build_badly(world, BUILD_CUSTOM, ERR_REFUSED, "command of the plugin's own");
    setenv("PAII_ALLOW_BUILD_SCRIPTS", "1", 1);
    build_well(world, BUILD_CUSTOM);
    unsetenv("PAII_ALLOW_BUILD_SCRIPTS");
    assert_string_equal(content(world, "bin/made"), "a b\n");
}

static void test_skill_builds_nothing(void **state)
{
    struct world *world = *state;
    put(world, "SKILL.md", "# Demo\n");
    setenv("PATH", "/nonexistent", 1);
    build_well(world, BUILD_SKILL);
    assert_false(fs_exists(world->log));
    assert_int_equal(mode_of(world, "SKILL.md"), S_IFREG | 0444);
}

static const char *key_of(struct world *world, enum build_type type, const char *tree_hash)
{
    char key[17];
    world->manifest.build.type = type;
    assert_int_equal(build_key(key, &world->manifest, world->source, tree_hash), 0);
    assert_int_equal(strspn(key, "0123456789abcdef"), 16);
    return arena_strdup(&world->arena, key);
}

static void test_key(void **state)
{
    struct world *world = *state;
    const char *skill = key_of(world, BUILD_SKILL, "aa"), *make = key_of(world, BUILD_MAKE, "aa");
    assert_string_equal(key_of(world, BUILD_SKILL, "aa"), skill);
    assert_string_equal(key_of(world, BUILD_MAKE, "aa"), make);
    assert_string_not_equal(key_of(world, BUILD_SKILL, "bb"), skill);
    assert_string_not_equal(make, skill);
    /* Without a build the tools of the machine do not count; with one they do. */
    setenv("PATH", "/nonexistent", 1);
    assert_string_equal(key_of(world, BUILD_SKILL, "aa"), skill);
    assert_string_not_equal(key_of(world, BUILD_MAKE, "aa"), make);
    const char *plain = key_of(world, BUILD_PIP, "aa");
    put(world, "requirements.txt", "# nothing\n\n");
    assert_string_equal(key_of(world, BUILD_PIP, "aa"), plain);
    put(world, "requirements.txt", "something\n");
    assert_string_not_equal(key_of(world, BUILD_PIP, "aa"), plain);
}

static void test_seal_refuses_what_is_no_file(void **state)
{
    struct world *world = *state;
    const char *odd = path_join(&world->arena, world->source, "sub/odd");
    put(world, "sub/file", "x");
    assert_int_equal(mkfifo(odd, 0644), 0);
    assert_int_equal(build_seal(world->source), -ERR_REFUSED);
    assert_non_null(strstr(error_text(), "sub/odd"));
    unlink(odd);
    assert_int_equal(symlink("file", odd), 0);
    assert_int_equal(build_seal(world->source), -ERR_REFUSED);
    unlink(odd);
    const char *outside = path_join(&world->arena, world->root, "outside");
    put(world, outside, "mine");
    chmod(outside, 0644);
    assert_int_equal(link(outside, odd), 0);
    assert_int_equal(build_seal(world->source), -ERR_REFUSED);
    struct stat st;
    assert_int_equal(stat(outside, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0644);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(test_make),
        WORLD_TEST(test_make_target),
        WORLD_TEST(test_live_folder_is_built_again),
        WORLD_TEST(test_make_fails),
        WORLD_TEST(test_make_that_does_not_install_as_told),
        WORLD_TEST(test_a_daemon_does_not_outlive_its_build),
        WORLD_TEST(test_nor_one_with_a_session_of_its_own),
        WORLD_TEST(test_environment_of_a_build),
        WORLD_TEST(test_missing_tools),
        WORLD_TEST(test_missing_compiler),
        WORLD_TEST(test_custom_needs_consent),
        WORLD_TEST(test_skill_builds_nothing),
        WORLD_TEST(test_key),
        WORLD_TEST(test_seal_refuses_what_is_no_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
