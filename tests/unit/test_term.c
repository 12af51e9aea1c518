/* What is printed where: term.c and progress.c, on pipes and on a pseudo-terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail /* error.h has one of its own */

#include "base/buf.h"
#include "base/error.h"
#include "base/term.h"

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct shown {
    struct buf out, err;
    int status; /* as a shell says it */
};

static void read_all(struct buf *buf, int fd)
{
    char chunk[4096];
    ssize_t n;
    while ((n = read(fd, chunk, sizeof chunk)) > 0)
        buf_add(buf, chunk, (size_t)n);
    close(fd);
}

static int status_of(pid_t pid)
{
    int status;
    waitpid(pid, &status, 0);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Runs `print` in a child with stdout and stderr on pipes. */
static void show(struct shown *shown, void (*print)(void))
{
    int out_pipe[2], err_pipe[2];
    assert_int_equal(pipe(out_pipe), 0);
    assert_int_equal(pipe(err_pipe), 0);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(out_pipe[1], 1);
        dup2(err_pipe[1], 2);
        close(out_pipe[0]), close(err_pipe[0]), close(out_pipe[1]), close(err_pipe[1]);
        print();
        _exit(term_finish() < 0);
    }
    close(out_pipe[1]);
    close(err_pipe[1]);
    read_all(&shown->out, out_pipe[0]);
    read_all(&shown->err, err_pipe[0]);
    shown->status = status_of(pid);
}

static void release(struct shown *shown)
{
    buf_release(&shown->out);
    buf_release(&shown->err);
}

static void print_levels(void)
{
    term_init(&(struct term_options){0});
    out("data %d\n", 1);
    note("note");
    detail("detail");
    warning("careful");
}

static void test_stdout_is_data_and_stderr_is_talk(void **state)
{
    (void)state;
    struct shown shown = {0};
    show(&shown, print_levels);
    assert_string_equal(buf_text(&shown.out), "data 1\n");
    assert_string_equal(buf_text(&shown.err), "note\npaii: warning: careful\n");
    release(&shown);
}

static void print_quietly(void)
{
    term_init(&(struct term_options){.quiet = true});
    note("note");
    warning("careful");
}

static void test_quiet_keeps_warnings(void **state)
{
    (void)state;
    struct shown shown = {0};
    show(&shown, print_quietly);
    assert_string_equal(buf_text(&shown.err), "paii: warning: careful\n");
    release(&shown);
}

static void print_as_configured(void)
{
    term_init(&(struct term_options){0});
    term_default_level(TERM_DEBUG);
    detail("detail");
    term_default_level(TERM_WARN);
    note("note");
    warning("careful");
    term_default_level(TERM_ERROR);
    warning("hidden");
    term_init(&(struct term_options){.verbose = true});
    term_default_level(TERM_ERROR);
    detail("asked for");
}

static void test_an_option_beats_the_configured_level(void **state)
{
    (void)state;
    struct shown shown = {0};
    show(&shown, print_as_configured);
    assert_string_equal(buf_text(&shown.err), "detail\npaii: warning: careful\nasked for\n");
    release(&shown);
}

static void print_foreign(void)
{
    term_init(&(struct term_options){0});
    out("%s\n", "a\033[31mb");
    warning("%s", "first\npaii: error: forged");
}

static void test_foreign_text_cannot_pose_as_ours(void **state)
{
    (void)state;
    struct shown shown = {0};
    show(&shown, print_foreign);
    assert_null(strchr(buf_text(&shown.out), '\033'));
    assert_string_equal(buf_text(&shown.err), "paii: warning: first\n  paii: error: forged\n");
    release(&shown);
}

static void print_an_error(void)
{
    term_init(&(struct term_options){0});
    fail(ERR_NOT_FOUND, "no plugin '%s'", "jira");
    error_hint("did you mean 'jura'?");
    term_report_error();
}

static void print_error_json(void)
{
    term_init(&(struct term_options){.json = true});
    fail(ERR_NOT_FOUND, "no plugin '%s'", "ji\"ra");
    term_report_error();
}

static void test_errors(void **state)
{
    (void)state;
    struct shown text = {0}, json = {0};
    show(&text, print_an_error);
    assert_string_equal(buf_text(&text.err),
                        "paii: error: no plugin 'jira'\n  hint: did you mean 'jura'?\n");
    assert_string_equal(buf_text(&text.out), "");
    show(&json, print_error_json);
    assert_string_equal(buf_text(&json.err), "");
    assert_string_equal(buf_text(&json.out), "{\"error\":{\"code\":\"not_found\",\"exit\":10,"
                                             "\"message\":\"no plugin 'ji\\\"ra'\"}}\n");
    release(&text);
    release(&json);
}

static void print_to_full_disk(void)
{
    term_init(&(struct term_options){0});
    if (!freopen("/dev/full", "w", stdout))
        _exit(9);
    out("lost\n");
}

static void test_a_failed_write_is_an_error(void **state)
{
    (void)state;
    struct shown shown = {0};
    if (access("/dev/full", W_OK) != 0)
        skip();
    show(&shown, print_to_full_disk);
    assert_int_equal(shown.status, 1);
    release(&shown);
}

static void on_pipe(int number)
{
    (void)number;
}

static void print_to_nobody(void)
{
    int fds[2];
    signal(SIGPIPE, on_pipe);
    term_init(&(struct term_options){0});
    if (pipe(fds) != 0 || dup2(fds[1], 1) < 0)
        _exit(9);
    close(fds[0]);
    out("lost\n");
}

static void test_a_closed_pipe_ends_quietly(void **state)
{
    (void)state;
    struct shown shown = {0};
    show(&shown, print_to_nobody);
    assert_int_equal(shown.status, 128 + SIGPIPE);
    assert_string_equal(buf_text(&shown.err), "");
    release(&shown);
}

/* ---- progress ---- */

static void wait_ms(long ms)
{
    struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&pause, NULL);
}

static void run_tasks(void)
{
    term_init(&(struct term_options){0});
    struct progress *quick = progress_begin("reading", "quick");
    progress_end(quick, true);
    struct progress *slow = progress_begin("fetching", "slow");
    progress_update(slow, "receiving", 50, 100);
    wait_ms(500);
    note("between");
    progress_end(slow, true);
}

/* Runs `print` in a child on a terminal of 80 columns; `name` is put in the environment. */
static void show_on_terminal(struct buf *shown, void (*print)(void), const char *name)
{
    int terminal;
    pid_t pid = forkpty(&terminal, NULL, NULL, &(struct winsize){.ws_col = 80, .ws_row = 24});
    assert_true(pid >= 0);
    if (pid == 0) {
        unsetenv("CI");
        unsetenv("NO_COLOR");
        setenv("TERM", "xterm", 1);
        if (name)
            setenv(name, "1", 1);
        print();
        _exit(0);
    }
    read_all(shown, terminal);
    assert_int_equal(status_of(pid), 0);
}

static void test_progress_on_a_terminal(void **state)
{
    (void)state;
    AUTO_BUF shown = {0};
    show_on_terminal(&shown, run_tasks, NULL);
    assert_non_null(strstr(buf_text(&shown), "fetching  slow  [============>"));
    assert_non_null(strstr(buf_text(&shown), " 50%  receiving"));
    assert_null(strstr(buf_text(&shown), "quick"));
    /* The last line of the task stands on a line of its own below the note. */
    assert_non_null(strstr(buf_text(&shown), "\033[Jbetween\r\n"));
    const char *last = strrchr(buf_text(&shown), '\r');
    assert_string_equal(last, "\r\n");
}

static void test_no_progress_where_nobody_looks(void **state)
{
    (void)state;
    struct shown shown = {0};
    show(&shown, run_tasks);
    assert_string_equal(buf_text(&shown.err), "between\n");
    release(&shown);
    static const char *const names[] = {"CI", "NO_COLOR"};
    for (size_t i = 0; i < 2; i++) {
        AUTO_BUF text = {0};
        show_on_terminal(&text, run_tasks, names[i]);
        assert_string_equal(buf_text(&text), "between\r\n");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stdout_is_data_and_stderr_is_talk),
        cmocka_unit_test(test_quiet_keeps_warnings),
        cmocka_unit_test(test_an_option_beats_the_configured_level),
        cmocka_unit_test(test_foreign_text_cannot_pose_as_ours),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_a_failed_write_is_an_error),
        cmocka_unit_test(test_a_closed_pipe_ends_quietly),
        cmocka_unit_test(test_progress_on_a_terminal),
        cmocka_unit_test(test_no_progress_where_nobody_looks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
