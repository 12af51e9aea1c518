/* The spool's files: records are whole, positions belong to them; and `once`. */
#include "base/error.h"
#include "base/fs.h"
#include "base/paths.h"
#include "hooks/spool_private.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct arena arena;
static const char *root;
static struct spool spool;

static struct handler handler = {
    .kind = HANDLER_ACTION,
    .flags = HANDLER_SPOOL,
    .plugin = "demo",
    .label = "demo:keep",
    .action = "keep",
};

static struct payload payload_of(const char *text)
{
    size_t len = strlen(text);
    return (struct payload){.text = text, .len = len, .root = {text, len}};
}

static const char *add(const char *text)
{
    struct payload payload = payload_of(text);
    handler.event = hook_event_index("session-end");
    return spool_add(&handler, &payload, &arena);
}

static const char *content(const char *file)
{
    AUTO_BUF text = {0};
    if (fs_read(&text, file, 64 << 20) < 0) {
        error_clear();
        return NULL;
    }
    return arena_strdup(&arena, buf_text(&text));
}

static void put(const char *file, const char *text, bool append)
{
    int fd = open(file, O_WRONLY | O_CREAT | (append ? O_APPEND : O_TRUNC), 0600);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static struct backlog backlog(void)
{
    struct backlog *all;
    size_t count;
    assert_int_equal(spool_backlog(&all, &count, &arena), 0);
    return count ? all[0] : (struct backlog){0};
}

static void test_a_record_is_one_line_of_json(void **state)
{
    (void)state;
    struct json_fault fault;
    assert_null(add("{\"a\":\r\n [1,\n2]}"));
    const char *text = content(spool.records);
    size_t len = strlen(text);
    assert_true(json_check(text, len, 10, &fault));
    assert_ptr_equal(strchr(text, '\n'), text + len - 1);
    assert_non_null(
        strstr(text, "\"event\":\"session-end\",\"plugin\":\"demo\",\"action\":\"keep\""));
    assert_non_null(strstr(text, "\"payload\":{\"a\":   [1, 2]}}"));
    struct stat st;
    assert_int_equal(stat(spool.records, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void test_a_torn_line_stays_alone(void **state)
{
    (void)state;
    put(spool.records, "{\"torn", false);
    assert_null(add("{}"));
    assert_int_equal(strncmp(content(spool.records), "{\"torn\n{\"id\":", 13), 0);
    assert_int_equal(backlog().waiting, 2);
}

static void test_what_does_not_fit_is_taken_back(void **state)
{
    (void)state;
    struct rlimit before, limit;
    assert_null(add("{}"));
    const char *text = content(spool.records);
    char *large = arena_alloc(&arena, 5001);
    memset(large, ' ', 5000);
    large[0] = '{';
    large[4999] = '}';
    getrlimit(RLIMIT_FSIZE, &before);
    limit = before;
    limit.rlim_cur = strlen(text) + 1000;
    setrlimit(RLIMIT_FSIZE, &limit);
    const char *why = add(large);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_non_null(why);
    assert_non_null(strstr(why, "too large"));
    assert_string_equal(content(spool.records), text);
}

static void test_writers_side_by_side(void **state)
{
    (void)state;
    enum { WRITERS = 6, EACH = 20, SIZE = 9000 };
    char *large = arena_alloc(&arena, SIZE + 1);
    memset(large, 'x', SIZE);
    const char *text = arena_printf(&arena, "{\"t\":\"%s\"}", large);
    pid_t writers[WRITERS];
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = fork();
        if (writers[i] != 0)
            continue;
        for (int k = 0; k < EACH; k++)
            if (add(text))
                _exit(1);
        _exit(0);
    }
    for (int status, i = 0; i < WRITERS; i++) {
        assert_int_equal(waitpid(writers[i], &status, 0), writers[i]);
        assert_int_equal(status, 0);
    }
    struct strings lines = {0};
    struct json_fault fault;
    strings_split(&lines, &arena, content(spool.records), '\n');
    assert_int_equal(backlog().waiting, WRITERS * EACH);
    for (size_t i = 0; i < WRITERS * EACH; i++)
        assert_true(json_check(lines.items[i], strlen(lines.items[i]), 10, &fault));
}

/* A drainer may take the file away while a writer waits for its lock. */
static void test_a_file_that_was_removed_is_not_written_to(void **state)
{
    (void)state;
    assert_null(add("{\"first\":1}"));
    int held = spool_lock_records(&spool, false);
    pid_t writer = fork();
    if (writer == 0)
        _exit(add("{\"second\":2}") != NULL);
    usleep(50000);
    unlink(spool.records);
    close(held);
    int status;
    assert_int_equal(waitpid(writer, &status, 0), writer);
    assert_int_equal(status, 0);
    assert_non_null(strstr(content(spool.records), "second"));
    assert_null(strstr(content(spool.records), "first"));
}

static void test_a_position_belongs_to_its_records(void **state)
{
    (void)state;
    struct position position = {0}, back;
    put(spool.records, "one\ntwo\nthree\n", false);
    int fd = spool_lock_records(&spool, false);
    position.tries = 2;
    assert_int_equal(position_write(&position, &spool, fd), 0);
    position_read(&back, &spool, fd);
    assert_int_equal(back.end, 0);
    assert_int_equal(back.tries, 2);
    position = (struct position){.start = 4, .end = 8, .tries = 1};
    assert_int_equal(position_write(&position, &spool, fd), 0);
    position_read(&back, &spool, fd);
    assert_int_equal(back.start, 4);
    assert_int_equal(back.end, 8);
    assert_int_equal(back.tries, 1);
    close(fd);
    assert_int_equal(backlog().waiting, 1);

    static const char *const others[] = {"one\nTWO\nthree\n", "one\ntwo, and more\n", "one\n",
                                         "\n"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        put(spool.records, others[i], false);
        fd = spool_lock_records(&spool, false);
        position_read(&back, &spool, fd);
        assert_int_equal(back.end, 0);
        assert_int_equal(back.tries, 0);
        close(fd);
    }
    static const char *const damaged[] = {"", "x", "4 8", "-4 8 1 abc", "8 4 1 abc", "4 8 1 "};
    put(spool.records, "one\ntwo\nthree\n", false);
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
        put(spool.done, damaged[i], false);
        fd = spool_lock_records(&spool, false);
        position_read(&back, &spool, fd);
        assert_int_equal(back.end, 0);
        close(fd);
    }
}

static void test_the_backlog_counts_what_waits_and_what_failed(void **state)
{
    (void)state;
    assert_int_equal(backlog().waiting, 0);
    put(spool.records, "{\"id\":\"x\",\"time\":1700000000,\"event\":\"stop\"}\n{}\n\n", false);
    put(spool.failed, "{}\n", false);
    struct backlog found = backlog();
    assert_string_equal(found.plugin, "demo");
    assert_int_equal(found.waiting, 2);
    assert_int_equal(found.failed, 1);
    assert_int_equal(found.oldest, 1700000000);
}

static void test_once_is_once_a_session(void **state)
{
    (void)state;
    struct handler other = {.label = "demo:other"};
    assert_true(once_first(&handler, "s1", &arena));
    assert_false(once_first(&handler, "s1", &arena));
    assert_true(once_first(&handler, "../s2", &arena));
    assert_true(once_first(&other, "s1", &arena));
    assert_false(once_first(&other, "s1", &arena));
    assert_true(once_first(&handler, NULL, &arena));
    assert_true(once_first(&handler, NULL, &arena));
}

static int empty(void **state)
{
    (void)state;
    return fs_remove_tree(path_join(&arena, root, "paii/hooks")) < 0 ||
           fs_mkdirs(path_join(&arena, root, "paii/hooks/spool"), 0700) < 0;
}

static int set_up(void **state)
{
    (void)state;
    char template[] = "/tmp/paii-hook-spool-XXXXXX";
    root = arena_strdup(&arena, mkdtemp(template));
    setenv("HOME", root, 1);
    setenv("PAII_DIR", arena_printf(&arena, "%s/paii", root), 1);
    unsetenv("PAII_PROTOCOL");
    unsetenv("PAII_CONFIG");
    if (paths_init() < 0)
        return 1;
    paths.program = "/bin/true"; /* the drainer is for the scenario tests */
    spool_open(&spool, "demo", &arena);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    while (waitpid(-1, NULL, 0) > 0)
        continue;
    int result = fs_remove_tree(root);
    arena_release(&arena);
    return result;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_record_is_one_line_of_json, empty),
        cmocka_unit_test_setup(test_a_torn_line_stays_alone, empty),
        cmocka_unit_test_setup(test_what_does_not_fit_is_taken_back, empty),
        cmocka_unit_test_setup(test_writers_side_by_side, empty),
        cmocka_unit_test_setup(test_a_file_that_was_removed_is_not_written_to, empty),
        cmocka_unit_test_setup(test_a_position_belongs_to_its_records, empty),
        cmocka_unit_test_setup(test_the_backlog_counts_what_waits_and_what_failed, empty),
        cmocka_unit_test_setup(test_once_is_once_a_session, empty),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
