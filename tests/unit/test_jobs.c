/* Fetch jobs as `paii` runs them, with scripts in the place of the helper. */
#include "base/error.h"
#include "base/fs.h"
#include "base/paths.h"
#include "registry/fetch.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static struct arena arena;
static char *top;

/* From here on the helper is this shell script; $D is the throw-away folder. */
static void helper_is(const char *script)
{
    char *path = path_join(&arena, top, "helper");
    char *text = arena_printf(&arena, "#!/bin/sh\nD=%s\n%s\n", top, script);

    unlink(path);
    assert_int_equal(fs_write(path, text, strlen(text), 0755), 0);
    assert_int_equal(chmod(path, 0755), 0);
    paths.helper = path;
    error_clear();
}

static struct fetch_job job(const char *url)
{
    return (struct fetch_job){
        .op = FETCH_GIT_TREE,
        .source = {.kind = SOURCE_GIT, .url = url, .path = "p", .commit = "c"},
        .staging = top,
        .into = "src",
    };
}

static const char *content(const char *name)
{
    AUTO_BUF text = {0};

    assert_int_equal(fs_read(&text, path_join(&arena, top, name), 1 << 20), 0);
    return arena_strdup(&arena, buf_text(&text));
}

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void the_request_is_the_protocol(void **state)
{
    struct fetch_job one = job("https://example.com/x");

    (void)state;
    helper_is("cat >$D/request; ls -l /proc/self/fd | grep -c \" [34] -> $D\" >$D/folders\n"
              "env | cut -d= -f1 | sort >$D/environment\n"
              "echo '{\"event\":\"progress\",\"phase\":\"x\",\"done\":1,\"total\":2}'\n"
              "echo '{\"ok\":true,\"commit\":\"c0\",\"tree\":\"t0\",\"files\":3,\"size\":4,"
              "\"received\":5,\"requests\":6}'");
    setenv("SECRET_TOKEN", "x", 1);
    assert_int_equal(fetch_run(&one, 1, &arena), 0);
    assert_string_equal(content("request"),
                        "{\"paii\":1,\"op\":\"git-tree\",\"url\":\"https://example.com/x\","
                        "\"commit\":\"c\",\"path\":\"p\",\"into\":\"src\"}");
    assert_string_equal(content("folders"), "2\n"); /* the cache comes with a remote repository */
    assert_null(strstr(content("environment"), "SECRET"));
    assert_string_equal(one.commit, "c0");
    assert_string_equal(one.tree, "t0");
    assert_int_equal(one.files_written, 3);
    assert_int_equal(one.size, 4);
    assert_int_equal(one.received, 5);
    assert_int_equal(one.requests, 6);
    one = job("/local");
    assert_int_equal(fetch_run(&one, 1, &arena), 0);
    assert_string_equal(content("folders"), "1\n");
}

static void failures_keep_their_code_and_hint(void **state)
{
    struct fetch_job jobs[2] = {job("/good"), job("/bad")};

    (void)state;
    helper_is("read r; case $r in *bad*) echo '{\"ok\":false,\"error\":{\"code\":\"auth\","
              "\"message\":\"no entry\",\"hint\":\"knock\"}}'; exit 1;;"
              "*) echo '{\"ok\":true}';; esac");
    assert_int_equal(fetch_run(jobs, 2, &arena), -ERR_AUTH);
    assert_string_equal(error_text(), "no entry");
    assert_string_equal(error_hint_text(), "knock");
    assert_int_equal(jobs[0].result, 0);
    assert_int_equal(jobs[1].result, -ERR_AUTH);
    assert_string_equal(jobs[1].error, "no entry");
}

static void a_helper_without_an_answer_has_crashed(void **state)
{
    static const char *const scripts[] = {"exit 0",
                                          "exit 3",
                                          "kill -9 $$",
                                          "kill -11 $$",
                                          "echo garbage",
                                          "echo '[1]'",
                                          "printf '\\377\\n'",
                                          "echo '{\"ok\":true}'; exit 1",
                                          "echo '{\"ok\":true}'; kill -9 $$"};

    (void)state;
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        struct fetch_job one = job("/x");

        helper_is(scripts[i]);
        assert_int_equal(fetch_run(&one, 1, &arena), -ERR_GENERIC);
        assert_non_null(strstr(error_text(), paths.helper));
    }
    paths.helper = "/nonexistent/helper";
    struct fetch_job one = job("/x");
    assert_int_equal(fetch_run(&one, 1, &arena), -ERR_GENERIC);
    assert_non_null(strstr(error_text(), "/nonexistent/helper"));
}

static void eight_run_at_once(void **state)
{
    struct fetch_job jobs[20];
    double begun;

    (void)state;
    helper_is("echo x >$D/run.$$; ls $D | grep -c '^run' >>$D/counts; sleep 0.3; rm $D/run.$$\n"
              "echo '{\"ok\":true}'");
    for (size_t i = 0; i < 20; i++)
        jobs[i] = job("/x");
    begun = seconds();
    assert_int_equal(fetch_run(jobs, 20, &arena), 0);
    assert_true(seconds() - begun >= 0.9); /* three rounds */
    assert_null(strstr(content("counts"), "9"));
    assert_null(strstr(content("counts"), "1\n1\n1\n"));
}

static void jobs_of_one_repository_take_turns(void **state)
{
    struct fetch_job jobs[3];

    (void)state;
    helper_is("mkdir $D/turn || exit 1; sleep 0.05; rmdir $D/turn; echo '{\"ok\":true}'");
    for (size_t i = 0; i < 3; i++)
        jobs[i] = job("https://example.com/same");
    assert_int_equal(fetch_run(jobs, 3, &arena), 0);
}

static void much_talk_does_not_block(void **state)
{
    struct fetch_job one = job("/x");

    (void)state;
    helper_is("i=0; while [ $i -lt 3000 ]; do echo "
              "'0123456789012345678901234567890123456789012345678901234567890123456789' >&2\n"
              "i=$((i+1)); done; echo '{\"ok\":true}'");
    assert_int_equal(fetch_run(&one, 1, &arena), 0);
}

/* Whether a helper has written its pid: the interrupt is then expected. */
static bool started(void)
{
    struct stat st;
    return stat(path_join(&arena, top, "pid"), &st) == 0 && st.st_size > 0;
}

static void an_interrupt_ends_the_helpers(void **state)
{
    double begun = seconds();
    int status;
    pid_t pid;

    (void)state;
    helper_is("echo $$ >$D/pid; sleep 30");
    pid = fork();
    if (pid == 0) {
        struct fetch_job jobs[2] = {job("/x"), job("/y")};

        _exit(fetch_run(jobs, 2, &arena) == -ERR_INTERRUPTED ? 42 : 1);
    }
    for (int i = 0; i < 1000 && !started(); i++)
        usleep(10000);
    kill(pid, SIGINT);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 42);
    assert_true(seconds() - begun < 10);
    for (int i = 0; i < 100 && kill((pid_t)atoi(content("pid")), 0) == 0; i++)
        usleep(10000);
    assert_int_equal(kill((pid_t)atoi(content("pid")), 0), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_request_is_the_protocol),
        cmocka_unit_test(failures_keep_their_code_and_hint),
        cmocka_unit_test(a_helper_without_an_answer_has_crashed),
        cmocka_unit_test(eight_run_at_once),
        cmocka_unit_test(jobs_of_one_repository_take_turns),
        cmocka_unit_test(much_talk_does_not_block),
        cmocka_unit_test(an_interrupt_ends_the_helpers),
    };
    char pattern[] = "/tmp/paii-test-XXXXXX";
    int failed;

    if (!mkdtemp(pattern))
        return 1;
    top = arena_strdup(&arena, pattern);
    paths.cache = path_join(&arena, top, "cache");
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    fs_remove_tree(top);
    arena_release(&arena);
    return failed;
}
