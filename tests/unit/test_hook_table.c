/* From installed plugins to the table, and back. */
#include "base/error.h"
#include "base/fs.h"
#include "base/paths.h"
#include "claude/claude.h"
#include "claude/dispatcher.h"
#include "hooks/table.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct arena arena;
static const char *root;
static struct installed set;

static const char *below(const char *name)
{
    return path_join(&arena, root, name);
}

static void put(const char *name, const char *text)
{
    const char *path = below(name);
    assert_int_equal(fs_mkdirs(path_dir(&arena, path), 0755), 0);
    assert_int_equal(fs_write(path, text, strlen(text), 0755), 0);
}

static int begin(void **state)
{
    (void)state;
    char template[] = "/tmp/paii-test-table-XXXXXX";
    root = arena_strdup(&arena, mkdtemp(template));
    setenv("HOME", root, 1);
    setenv("PAII_DIR", below("paii"), 1);
    unsetenv("PAII_CONFIG");
    unsetenv("CLAUDE_CONFIG_DIR");
    set = (struct installed){.generation = 1};
    error_clear();
    if (fs_mkdirs(below("paii"), 0700) < 0 || paths_init() < 0)
        return -1;
    paths.program = "/usr/bin/paii"; /* not this test */
    return 0;
}

static int end(void **state)
{
    (void)state;
    int result = fs_remove_tree(root);
    arena_release(&arena);
    return result;
}

/* Files go to paii/store/NAME/1.0.0-0123456789abcdef. */
static const char *add_plugin(const char *name)
{
    struct package *package = arena_push(&arena, &set.packages, &set.count, &set.capacity);
    package->name = name;
    package->version = "1.0.0";
    package->description = "";
    package->prefix = arena_printf(&arena, "%s/1.0.0-0123456789abcdef", name);
    return arena_printf(&arena, "paii/store/%s", package->prefix);
}

static void add_file(const char *plugin, const char *name, const char *text)
{
    put(arena_printf(&arena, "%s/%s", plugin, name), text);
}

/* Writes generation 1 and makes it current. */
static void project(void)
{
    const char *dir = below("paii/generations/1");
    assert_int_equal(fs_mkdirs(dir, 0700), 0);
    assert_int_equal(claude_project(&set, dir, &arena), 0);
    assert_int_equal(hooks_project(&set, dir, &arena), 0);
    assert_int_equal(fs_symlink("generations/1", paths.current), 0);
}

static struct handler handler(const struct hook_table *table, const char *event, size_t i)
{
    struct handler out;
    int which = hook_event_index(event);
    assert_true(i < hook_table_count(table, which));
    hook_table_get(table, which, i, &out, &arena);
    return out;
}

static size_t count(const struct hook_table *table, const char *event)
{
    return hook_table_count(table, hook_event_index(event));
}

static struct hook_table open_table(void)
{
    struct hook_table table;
    assert_int_equal(hook_table_open(&table, &arena), 0);
    assert_non_null(table.map);
    return table;
}

static void assert_vector(const char *const *items, const char *joined)
{
    struct strings list = {0};
    for (; *items; items++)
        strings_add(&list, &arena, *items);
    assert_string_equal(strings_join(&list, &arena, " "), joined);
}

/* ---- tests ---- */

static const char guard[] = "[plugin]\nname = \"guard\"\nversion = \"1.0.0\"\n"
                            "[run]\ncommand = [\"bin/guard\"]\n"
                            "[config]\nlevel = { type = \"integer\", default = 3 }\n"
                            "[env]\nTOKEN_X = { required = true }\nTOKEN_Y = \"maybe\"\n"
                            "[actions.check]\ntimeout_ms = 700\n"
                            "params = { tool_name = { type = \"string\" } }\n"
                            "[actions.keep]\n"
                            "[[hooks.pre_tool_use]]\naction = \"check\"\nmatcher = \"Bash\"\n"
                            "on_error = \"closed\"\npriority = 10\n"
                            "[[hooks.pre_tool_use]]\naction = \"check\"\nmatcher = \"Write\"\n"
                            "timeout_ms = 150\n"
                            "[hooks.session_end]\naction = \"keep\"\nmode = \"spool\"\n";

static void actions_are_resolved(void **state)
{
    (void)state;
    const char *plugin = add_plugin("guard");
    add_file(plugin, "plugin.toml", guard);
    add_file(plugin, "bin/guard", "#!/bin/sh\n");
    project();
    struct hook_table table = open_table();
    assert_int_equal(table.generation, 1);
    assert_string_equal(table.dir, below("paii/generations/1"));

    struct handler first = handler(&table, "pre-tool-use", 0);
    assert_int_equal(first.kind, HANDLER_ACTION);
    assert_int_equal(first.flags, HANDLER_CLOSED);
    assert_string_equal(first.label, "guard:check");
    assert_string_equal(first.matcher, "Bash");
    assert_string_equal(first.action, "check");
    assert_int_equal(first.deadline_ms, 700);
    assert_int_equal(first.priority, 10);
    assert_string_equal(first.argv[0], below(arena_printf(&arena, "%s/bin/guard", plugin)));
    assert_string_equal(first.argv[1], "check");
    assert_null(first.argv[2]);
    assert_vector(first.params, "tool_name");
    assert_vector(first.secrets, "!TOKEN_X TOKEN_Y");
    assert_string_equal(first.config, "{\"level\":3}");
    assert_string_equal(first.config_file, below("paii/generations/1/config/guard.json"));
    struct stat st;
    assert_int_equal(stat(first.config_file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_true(first.config_stamp == config_stamp("guard", &arena));
    assert_string_equal(first.stable, below("paii/current/prefix/guard"));
    assert_string_equal(first.data, below("paii/plugins/guard/data"));
    assert_string_equal(handler(&table, "pre-tool-use", 1).label, "guard:check#2");
    assert_int_equal(handler(&table, "session-end", 0).flags, HANDLER_SPOOL);
    assert_int_equal(handler(&table, "session-end", 0).deadline_ms, 5000);
    assert_int_equal(hook_table_deadline(&table, hook_event_index("pre-tool-use")), 850);
    assert_int_equal(count(&table, "stop"), 0);
    hook_table_close(&table);
}

static void native_hooks_are_read_in_every_form(void **state)
{
    (void)state;
    const char *plugin = add_plugin("fmt");
    add_file(plugin, ".claude-plugin/plugin.json",
             "{\"name\":\"fmt\",\"hooks\":[\"./hooks/hooks.json\",\"./more.json\",\"../out.json\","
             "{\"hooks\":{\"Stop\":[{\"hooks\":[{\"type\":\"prompt\",\"prompt\":\"p\"},"
             "{\"type\":\"command\",\"command\":\"inline\"}]}]}}]}");
    add_file(
        plugin, "hooks/hooks.json",
        "\xef\xbb\xbf{\"description\":\"d\",\"hooks\":{\"Newer\":[],\"PostToolUse\":[7,"
        "{\"matcher\":\"Edit\",\"hooks\":[{\"command\":\"untyped\"},"
        "{\"type\":\"command\",\"command\":\"\\\"${CLAUDE_PLUGIN_ROOT}\\\"/x\",\"if\":\"Edit\","
        "\"timeout\":1.5,\"once\":true},"
        "{\"type\":\"command\",\"command\":\"${CLAUDE_PLUGIN_ROOT}/b\",\"async\":true,"
        "\"args\":[\"${CLAUDE_PLUGIN_DATA}/c\",\"${CLAUDE_PROJECT_DIR}\"]}]}]}}");
    add_file(plugin, "more.json",
             "{\"UserPromptSubmit\":[{\"hooks\":[{\"type\":\"command\",\"command\":\"m\"}]}]}");
    add_file("paii/store/fmt", "out.json",
             "{\"Setup\":[{\"hooks\":[{\"type\":\"command\","
             "\"command\":\"outside\"}]}]}");
    project();
    struct hook_table table = open_table();
    assert_int_equal(count(&table, "post-tool-use"), 2);
    struct handler shell = handler(&table, "post-tool-use", 0);
    assert_int_equal(shell.kind, HANDLER_NATIVE);
    assert_int_equal(shell.flags, HANDLER_SHELL | HANDLER_ONCE);
    assert_string_equal(shell.label, "fmt:hooks/hooks.json PostToolUse 2.2");
    assert_string_equal(shell.matcher, "Edit");
    assert_string_equal(shell.condition, "Edit");
    assert_int_equal(shell.deadline_ms, 1500);
    assert_vector((const char *const *)shell.argv, "/bin/sh -c \"${CLAUDE_PLUGIN_ROOT}\"/x");
    struct handler exec = handler(&table, "post-tool-use", 1);
    assert_int_equal(exec.flags, HANDLER_ASYNC);
    assert_int_equal(exec.deadline_ms, 600000);
    assert_string_equal(exec.argv[0], below("paii/current/prefix/fmt/b"));
    assert_string_equal(exec.argv[1], below("paii/plugins/fmt/data/c"));
    assert_string_equal(exec.argv[2], "${CLAUDE_PROJECT_DIR}");
    assert_string_equal(handler(&table, "stop", 0).argv[2], "inline");
    assert_int_equal(count(&table, "stop"), 1);
    assert_int_equal(handler(&table, "user-prompt-submit", 0).deadline_ms, 30000);
    assert_int_equal(count(&table, "setup"), 0);
    hook_table_close(&table);

    AUTO_BUF own = {0};
    assert_int_equal(fs_read(&own, below("paii/generations/1/claude/fmt/hooks/hooks.json"), 4096),
                     0);
    assert_non_null(strstr(own.data, "\"prompt\""));
    assert_null(strstr(own.data, "inline"));
}

static void native(const char *name, const char *event, const char *entry)
{
    add_file(add_plugin(name), "hooks/hooks.json",
             arena_printf(&arena, "{\"hooks\":{\"%s\":[%s]}}", event, entry));
}

static void the_order_is_that_of_priority_and_name(void **state)
{
    (void)state;
    const char *entry = "{\"hooks\":[{\"type\":\"command\",\"command\":\"a\"},"
                        "{\"type\":\"command\",\"command\":\"b\"}]}";
    native("aa", "PreToolUse", entry);
    const char *plugin = add_plugin("guard");
    add_file(plugin, "plugin.toml", guard);
    native("zz", "PreToolUse", entry);
    project(); /* the program of guard is missing: a failure when it runs, not now */
    struct hook_table table = open_table();
    static const char *const labels[] = {"guard:check", "aa:hooks/hooks.json PreToolUse 1.1",
                                         "aa:hooks/hooks.json PreToolUse 1.2", "guard:check#2",
                                         "zz:hooks/hooks.json PreToolUse 1.1"};
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(handler(&table, "pre-tool-use", i).label, labels[i]);
    assert_true(handler(&table, "pre-tool-use", 0).argv[0][0] == '/');
    hook_table_close(&table);
}

static void the_client_is_asked_for_what_is_wanted(void **state)
{
    (void)state;
    native("aa", "FileChanged",
           "{\"matcher\":\".env|.envrc\",\"hooks\":[{\"type\":\"command\",\"command\":\"a\"}]},"
           "{\"matcher\":\".env\",\"hooks\":[{\"type\":\"command\",\"command\":\"b\"}]}");
    native("bb", "SessionEnd",
           "{\"hooks\":[{\"type\":\"command\",\"command\":\"a\","
           "\"async\":true}]}");
    project();
    struct wanted_event *events;
    size_t wanted;
    const char *program;
    assert_int_equal(
        claude_read_dispatcher(below("paii/generations/1"), &events, &wanted, &program, &arena), 0);
    assert_int_equal(wanted, 2);
    assert_string_equal(program, paths.program);
    assert_string_equal(events[0].name, "file-changed");
    assert_string_equal(events[0].matcher, ".env|.envrc");
    assert_int_equal(events[0].timeout_s, 602);
    assert_true(events[0].sync && !events[0].async);
    assert_string_equal(events[1].client_name, "SessionEnd");
    assert_int_equal(events[1].timeout_s, 60);
    assert_true(!events[1].sync && events[1].async);
}

static void nothing_installed_is_no_handlers(void **state)
{
    (void)state;
    struct hook_table table;
    assert_int_equal(hook_table_open(&table, &arena), 0);
    assert_null(table.map);
    assert_int_equal(hook_table_count(&table, 0), 0);
    project();
    table = open_table();
    for (int event = 0; event < HOOK_EVENTS; event++)
        assert_int_equal(hook_table_count(&table, event), 0);
    hook_table_close(&table);
    assert_false(fs_exists(below("paii/generations/1/claude/paii")));
    assert_int_equal(unlink(below("paii/generations/1/hooks")), 0);
    assert_int_equal(hook_table_open(&table, &arena), 0);
    assert_null(table.map);
    assert_int_equal(fs_symlink("generations/2", paths.current), 0);
    assert_int_equal(hook_table_open(&table, &arena), -ERR_CONFIG);
}

/* Any one byte that is not what it was, and any end that is missing. */
static void damage_is_seen(void **state)
{
    (void)state;
    const char *plugin = add_plugin("guard");
    add_file(plugin, "plugin.toml", guard);
    project();
    const char *file = below("paii/generations/1/hooks");
    AUTO_BUF good = {0};
    struct hook_table table;
    assert_int_equal(fs_read(&good, file, 1 << 20), 0);
    assert_true(good.len > 600);
    int fd = open(file, O_WRONLY);
    assert_true(fd >= 0);
    for (size_t i = 0; i < good.len; i++) {
        char bad = (char)(good.data[i] ^ 0x10);
        assert_int_equal(pwrite(fd, &bad, 1, (off_t)i), 1);
        if (hook_table_open(&table, &arena) != -ERR_CONFIG)
            fail_msg("byte %zu", i);
        assert_int_equal(pwrite(fd, &good.data[i], 1, (off_t)i), 1);
    }
    assert_int_equal(hook_table_open(&table, &arena), 0);
    hook_table_close(&table);
    for (size_t size = good.len; size-- > 0;) {
        assert_int_equal(ftruncate(fd, (off_t)size), 0);
        assert_int_equal(hook_table_open(&table, &arena), -ERR_CONFIG);
    }
    close(fd);
    assert_non_null(strstr(error_hint_text(), "paii repair"));
}

static bool changes(uint64_t before[2], const char *dir)
{
    uint64_t now[2];
    assert_int_equal(hook_fingerprint(now, dir), 0);
    bool other = memcmp(before, now, sizeof now) != 0;
    memcpy(before, now, sizeof now);
    return other;
}

static void fingerprints_see_every_touch(void **state)
{
    (void)state;
    uint64_t print[2] = {0};
    const char *dir = below("tree"), *file = below("tree/a/b");
    put("tree/a/b", "one");
    put("tree/c", "two");
    assert_true(changes(print, dir));
    assert_false(changes(print, dir));
    struct timespec old[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
    put("tree/a/b", "eno");
    assert_true(changes(print, dir));
    assert_int_equal(utimensat(AT_FDCWD, file, old, 0), 0);
    assert_true(changes(print, dir));
    assert_int_equal(chmod(file, 0600), 0);
    assert_true(changes(print, dir));
    put("tree/a/new", "");
    assert_true(changes(print, dir));
    assert_int_equal(rename(below("tree/a/new"), below("tree/new")), 0);
    assert_true(changes(print, dir));
    assert_int_equal(unlink(below("tree/new")), 0);
    assert_true(changes(print, dir));
    assert_int_equal(symlink("c", below("tree/d")), 0);
    assert_true(changes(print, dir));
    assert_true(hook_fingerprint(print, below("nowhere")) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(actions_are_resolved, begin, end),
        cmocka_unit_test_setup_teardown(native_hooks_are_read_in_every_form, begin, end),
        cmocka_unit_test_setup_teardown(the_order_is_that_of_priority_and_name, begin, end),
        cmocka_unit_test_setup_teardown(the_client_is_asked_for_what_is_wanted, begin, end),
        cmocka_unit_test_setup_teardown(nothing_installed_is_no_handlers, begin, end),
        cmocka_unit_test_setup_teardown(damage_is_seen, begin, end),
        cmocka_unit_test_setup_teardown(fingerprints_see_every_touch, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
