/* Children of ours: what they get, what they cannot keep, and that none is left. */
#include "base/error.h"
#include "base/process.h"

#include <fcntl.h>
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

static struct process shell(const char *script)
{
    char **argv = arena_array(&arena, 4, sizeof *argv);
    argv[0] = (char *)"/bin/sh";
    argv[1] = (char *)"-c";
    argv[2] = arena_strdup(&arena, script);
    struct environment env = {.arena = &arena};
    environment_set(&env, "PATH", "/usr/local/bin:/usr/bin:/bin");
    return (struct process){
        .argv = argv, .envp = environment_vector(&env), .in = -1, .out = -1, .err = -1};
}

static const char *capture(int *status, const struct process *process, const char *input)
{
    AUTO_BUF out = {0};
    assert_int_equal(process_capture(status, &out, process, input, strlen(input)), 0);
    return arena_strdup(&arena, buf_text(&out));
}

/* Gone, or dead and only not reaped yet by an init that takes its time. */
static bool is_gone(pid_t pid)
{
    char state = 0;
    FILE *file = fopen(arena_printf(&arena, "/proc/%d/stat", pid), "re");
    if (!file)
        return true;
    if (fscanf(file, "%*d %*s %c", &state) != 1)
        state = 'Z';
    fclose(file);
    return state == 'Z';
}

static bool gone_within(pid_t pid, int ms)
{
    for (int i = 0; i < ms; i++) {
        if (is_gone(pid))
            return true;
        usleep(1000);
    }
    return false;
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void test_status(void **state)
{
    (void)state;
    static const struct {
        const char *script;
        int status;
    } cases[] = {{"exit 0", 0}, {"exit 7", 7}, {"kill -9 $$", 137}, {"kill -15 $$", 143}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct process process = shell(cases[i].script);
        int status = -1;
        assert_int_equal(process_run(&status, &process), 0);
        assert_int_equal(status, cases[i].status);
    }
}

static void test_environment_is_built_from_zero(void **state)
{
    (void)state;
    setenv("PAII_TEST_SECRET", "leak", 1);
    setenv("PAII_TEST_PASSED", "yes", 1);
    struct environment env = {.arena = &arena};
    environment_set(&env, "A", "1");
    environment_set(&env, "AB", "2");
    environment_set(&env, "A", "3");
    environment_pass(&env, "PAII_TEST_PASSED");
    environment_pass(&env, "PAII_TEST_ABSENT");
    char *argv[] = {(char *)"/usr/bin/env", NULL};
    struct process process = {
        .argv = argv, .envp = environment_vector(&env), .in = -1, .out = -1, .err = -1};
    int status;
    assert_string_equal(capture(&status, &process, ""), "A=3\nAB=2\nPAII_TEST_PASSED=yes\n");
}

static void test_input_and_output_larger_than_a_pipe(void **state)
{
    (void)state;
    char *argv[] = {(char *)"/bin/cat", NULL};
    struct process process = {.argv = argv, .envp = (char *[]){NULL}, .err = -1};
    size_t len = 3 << 20;
    char *input = arena_alloc(&arena, len + 1);
    memset(input, 'x', len);
    int status;
    const char *output = capture(&status, &process, input);
    assert_int_equal(status, 0);
    assert_true(!strcmp(output, input));
}

static void test_input_that_nobody_reads(void **state)
{
    (void)state;
    struct process process = shell("exec <&-; echo done; exit 3");
    char *input = arena_alloc(&arena, (1 << 20) + 1);
    memset(input, 'x', 1 << 20);
    int status;
    assert_string_equal(capture(&status, &process, input), "done\n");
    assert_int_equal(status, 3);
}

static void test_output_has_a_bound(void **state)
{
    (void)state;
    struct process process = shell("while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy; done");
    AUTO_BUF out = {.max = 10000};
    int status;
    assert_int_equal(process_capture(&status, &out, &process, NULL, 0), 0);
    assert_true(out.overflow);
    assert_true(out.len <= 10000);
    assert_int_equal(status, 137);
}

static void test_deadline_ends_the_whole_group(void **state)
{
    (void)state;
    struct process process = shell("sleep 60 & echo $!; sleep 60");
    process.deadline_ms = 200;
    double begin = now();
    int status;
    pid_t child = atoi(capture(&status, &process, ""));
    assert_int_equal(status, 124);
    assert_true(now() - begin < 5);
    assert_true(child > 1);
    assert_true(gone_within(child, 1000));
}

static void test_what_a_child_leaves_behind_is_killed(void **state)
{
    (void)state;
    struct process process = shell("sleep 60 & echo $!");
    double begin = now();
    int status;
    pid_t child = atoi(capture(&status, &process, ""));
    assert_int_equal(status, 0);
    assert_true(now() - begin < 5); /* though the background process held stdout open */
    assert_true(gone_within(child, 1000));
}

static void test_no_other_descriptor_is_inherited(void **state)
{
    (void)state;
    int leak = open("/dev/null", O_RDONLY); /* without O_CLOEXEC */
    int high = fcntl(leak, F_DUPFD, 200);
    struct process process = shell("ls /proc/self/fd | sort -n | tr '\\n' ' '");
    int status;
    /* 3 is the one that ls itself reads the folder by */
    assert_string_equal(capture(&status, &process, ""), "0 1 2 3 ");
    close(leak);
    close(high);
}

static void test_extra_descriptors_in_any_order(void **state)
{
    (void)state;
    int first[2], second[2];
    assert_int_equal(pipe(first), 0);
    assert_int_equal(pipe(second), 0);
    assert_int_equal(write(first[1], "first", 5), 5);
    assert_int_equal(write(second[1], "second", 6), 6);
    close(first[1]);
    close(second[1]);
    /* Whichever of the two has the lower number goes to the higher place. */
    int low = first[0] < second[0] ? first[0] : second[0];
    int high = low == first[0] ? second[0] : first[0];
    struct process process =
        shell(low == first[0] ? "cat <&4; echo; cat <&3" : "cat <&3; echo; cat <&4");
    process.extra = (int[]){high, low};
    process.extra_count = 2;
    int status;
    assert_string_equal(capture(&status, &process, ""), "first\nsecond");
    close(low);
    close(high);
}

static void test_working_directory(void **state)
{
    (void)state;
    struct process process = shell("pwd");
    process.cwd = "/usr";
    int status;
    assert_string_equal(capture(&status, &process, ""), "/usr\n");
    process.cwd = "/nonexistent-folder";
    assert_int_equal(process_run(&status, &process), -ERR_GENERIC);
    assert_non_null(strstr(error_text(), "/nonexistent-folder"));
    error_clear();
}

static void test_program_that_does_not_start(void **state)
{
    (void)state;
    char *argv[] = {(char *)"/nonexistent-program", NULL};
    struct process process = {
        .argv = argv, .envp = (char *[]){NULL}, .in = -1, .out = -1, .err = -1};
    int status;
    assert_int_equal(process_run(&status, &process), -ERR_GENERIC);
    assert_non_null(strstr(error_text(), "/nonexistent-program"));
    error_clear();
}

static void test_no_controlling_terminal(void **state)
{
    (void)state;
    struct process process = shell("(exec 3</dev/tty) 2>/dev/null && echo tty || echo none");
    int status;
    assert_string_equal(capture(&status, &process, ""), "none\n");
}

static void test_ignored_signals_are_not_inherited(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_IGN);
    struct process process = shell("kill -PIPE $$; exit 5");
    int status;
    assert_int_equal(process_run(&status, &process), 0);
    assert_int_equal(status, 128 + SIGPIPE);
    pid_t pid;
    process = shell("exit 9");
    assert_int_equal(process_start(&pid, &process), 0);
    usleep(50000); /* it ends before anybody waits */
    assert_int_equal(process_finish(&status, pid, 0), 0);
    assert_int_equal(status, 9);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGCHLD, SIG_DFL);
}

static void test_finish_without_waiting(void **state)
{
    (void)state;
    pid_t pid;
    struct process process = shell("sleep 60");
    assert_int_equal(process_start(&pid, &process), 0);
    int status;
    assert_int_equal(process_finish(&status, pid, -1), 0);
    assert_int_equal(status, 124);
    assert_true(gone_within(pid, 1000));
}

static volatile sig_atomic_t seen;

static void on_interrupt(int number)
{
    seen = number;
}

static void test_interrupt_ends_the_child(void **state)
{
    (void)state;
    signal(SIGINT, on_interrupt);
    seen = 0;
    struct process process = shell(
        arena_printf(&arena, "sleep 60 & echo $!; sleep 0.1; kill -INT %d; sleep 60", getpid()));
    AUTO_BUF out = {0};
    int status;
    assert_int_equal(process_capture(&status, &out, &process, NULL, 0), -ERR_INTERRUPTED);
    assert_int_equal(seen, SIGINT);
    assert_true(gone_within(atoi(buf_text(&out)), 1000));
    signal(SIGINT, SIG_DFL);
    error_clear();
}

static void test_find(void **state)
{
    (void)state;
    char dir[] = "/tmp/paii-test-find-XXXXXX";
    assert_non_null(mkdtemp(dir));
    const char *program = arena_printf(&arena, "%s/paii-test-tool", dir);
    int fd = open(program, O_CREAT | O_WRONLY, 0755);
    close(fd);
    const char *plain = arena_printf(&arena, "%s/paii-test-plain", dir);
    fd = open(plain, O_CREAT | O_WRONLY, 0644);
    close(fd);
    const char *before = arena_strdup(&arena, getenv("PATH"));

    setenv("PATH", arena_printf(&arena, "/nonexistent:%s", dir), 1);
    assert_string_equal(process_find(&arena, "paii-test-tool"), program);
    assert_null(process_find(&arena, "paii-test-plain")); /* not executable */
    assert_string_equal(process_find(&arena, program), program);
    assert_null(process_find(&arena, "./paii-test-tool"));
    assert_null(process_find(&arena, ""));
    char *cwd = getcwd(NULL, 0);
    assert_int_equal(chdir(dir), 0);
    setenv("PATH", ".:", 1); /* neither the dot nor the empty entry count */
    assert_null(process_find(&arena, "paii-test-tool"));
    assert_int_equal(chdir(cwd), 0);
    free(cwd);

    setenv("PATH", before, 1);
    unlink(program);
    unlink(plain);
    rmdir(dir);
}

static int release(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_status),
        cmocka_unit_test(test_environment_is_built_from_zero),
        cmocka_unit_test(test_input_and_output_larger_than_a_pipe),
        cmocka_unit_test(test_input_that_nobody_reads),
        cmocka_unit_test(test_output_has_a_bound),
        cmocka_unit_test(test_deadline_ends_the_whole_group),
        cmocka_unit_test(test_what_a_child_leaves_behind_is_killed),
        cmocka_unit_test(test_no_other_descriptor_is_inherited),
        cmocka_unit_test(test_extra_descriptors_in_any_order),
        cmocka_unit_test(test_working_directory),
        cmocka_unit_test(test_program_that_does_not_start),
        cmocka_unit_test(test_no_controlling_terminal),
        cmocka_unit_test(test_ignored_signals_are_not_inherited),
        cmocka_unit_test(test_finish_without_waiting),
        cmocka_unit_test(test_interrupt_ends_the_child),
        cmocka_unit_test(test_find),
    };
    return cmocka_run_group_tests(tests, NULL, release);
}
