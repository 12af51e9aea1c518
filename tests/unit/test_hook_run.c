/* Handlers side by side: what they get, how long they may, and that nothing of them is left. */
#include "base/error.h"
#include "base/fs.h"
#include "base/paths.h"
#include "hooks/run.h"

#include <dirent.h>
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
static const char *root; /* a folder of this test's own */

enum { PLENTY_MS = 20000 };

/* ---- making handlers ---- */

static struct handler native(const char *script)
{
    char **argv = arena_array(&arena, 4, sizeof *argv);
    argv[0] = (char *)"/bin/sh";
    argv[1] = (char *)"-c";
    argv[2] = arena_strdup(&arena, script);
    return (struct handler){
        .event = hook_event_index("stop"),
        .kind = HANDLER_NATIVE,
        .flags = HANDLER_SHELL | HANDLER_DEV, /* no prefix to be checked */
        .plugin = "demo",
        .label = "demo:stop",
        .argv = argv,
        .action = "",
        .config_file = "",
        .stable = "/stable/demo",
        .data = arena_printf(&arena, "%s/paii/plugins/demo/data", root),
        .prefix = root,
    };
}

/* Its configuration counts as unchanged: a plugin without any files has the stamp of none. */
static struct handler action(const char *script)
{
    struct handler handler = native(script);
    handler.kind = HANDLER_ACTION;
    handler.flags = HANDLER_DEV;
    handler.action = "check";
    handler.config_file = "/config.json";
    handler.config_stamp = config_stamp("demo", &arena);
    return handler;
}

static struct payload payload_of(const char *text)
{
    size_t len = strlen(text);
    return (struct payload){
        .text = text, .len = len, .root = {text, len}, .session_id = "s1", .cwd = "/work"};
}

static void run_all(struct handler_run *runs, size_t count, const char *input, int deadline_ms)
{
    struct payload payload = payload_of(input);
    assert_int_equal(handlers_run(runs, count, &payload, deadline_ms, &arena), 0);
}

static struct handler_run run_one(const struct handler *handler, const char *input)
{
    struct handler_run run = {.handler = handler};
    run_all(&run, 1, input, PLENTY_MS);
    return run;
}

static const char *output_of(const struct handler *handler, const char *input)
{
    struct handler_run run = run_one(handler, input);
    if (run.why)
        print_message("%s\n", run.why);
    assert_int_equal(run.outcome, OUTCOME_EXITED);
    const char *text = arena_strdup(&arena, buf_text(&run.out));
    handler_run_release(&run);
    return text;
}

static const char *of(const char *name)
{
    return arena_printf(&arena, "%s/%s", root, name);
}

/* ---- looking at processes ---- */

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* The pid that a script wrote to a file, once it is there. */
static pid_t pid_in(const char *name)
{
    for (int i = 0; i < 5000; i++) {
        AUTO_BUF text = {0};
        if (fs_read(&text, of(name), 100) == 0 && text.len && text.data[text.len - 1] == '\n')
            return atoi(text.data);
        error_clear();
        usleep(1000);
    }
    fail_msg("no pid in %s", name);
    return 0;
}

static bool is_running(pid_t pid)
{
    char state = 'Z';
    FILE *file = fopen(arena_printf(&arena, "/proc/%d/stat", pid), "re");
    if (!file)
        return false;
    if (fscanf(file, "%*d %*s %c", &state) != 1)
        state = 'Z';
    fclose(file);
    return state != 'Z' && state != 'X';
}

static void assert_no_children(void)
{
    siginfo_t info;
    assert_int_equal(waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT), -1);
}

static size_t open_descriptors(void)
{
    size_t count = 0;
    DIR *folder = opendir("/proc/self/fd");
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

/* ---- what they are given ---- */

static void test_a_native_hook_reads_the_payload_as_it_came(void **state)
{
    (void)state;
    struct handler handler = native("cat");
    assert_string_equal(output_of(&handler, "{\"a\": \"\\ud83d\"}\n"), "{\"a\": \"\\ud83d\"}\n");
}

static void test_the_environment_is_built_from_zero(void **state)
{
    (void)state;
    setenv("ANTHROPIC_API_KEY", "sk-secret", 1);
    setenv("CLAUDE_PROJECT_DIR", "/project", 1);
    setenv("CLAUDE_EFFORT", "high", 1);
    struct handler one = native("env | sort"), two = action("env | sort");
    const char *text = output_of(&one, "{}");
    assert_null(strstr(text, "sk-secret"));
    assert_non_null(strstr(text, "CLAUDE_PLUGIN_ROOT=/stable/demo\n"));
    assert_non_null(strstr(text, "CLAUDE_EFFORT=high\n"));
    assert_non_null(strstr(text, "CLAUDE_PROJECT_DIR=/project\n"));
    assert_null(strstr(text, "PAII_PROTOCOL"));
    text = output_of(&two, "{}");
    assert_null(strstr(text, "sk-secret"));
    assert_null(strstr(text, "CLAUDE_EFFORT"));
    assert_non_null(strstr(text, "PAII_PROTOCOL=1\n"));
    assert_non_null(strstr(text, "PAII_CALLERS=demo.check\n"));
    assert_non_null(strstr(text, "PAII_CONFIG=/config.json\n"));
    assert_non_null(strstr(text, "PAII_PLUGIN_DIR=/stable/demo\n"));
    assert_true(fs_is_dir(one.data));
}

static void write_secrets(const char *text, mode_t mode)
{
    assert_int_equal(fs_write(paths.env_file, text, strlen(text), 0600), 0);
    assert_int_equal(chmod(paths.env_file, mode), 0);
}

static void test_secrets_are_given_to_who_declares_them(void **state)
{
    (void)state;
    struct handler with = native("echo $TOKEN/$OTHER"), without = native("echo [$TOKEN]");
    with.secrets = (const char *const[]){"!TOKEN", "ABSENT", NULL};
    write_secrets("TOKEN=t0p\nOTHER=x\n", 0600);
    struct handler_run run = run_one(&with, "{}");
    assert_string_equal(buf_text(&run.out), "t0p/\n");
    assert_int_equal(run.secrets.count, 1);
    assert_string_equal(run.secrets.items[0], "t0p");
    handler_run_release(&run);
    assert_string_equal(output_of(&without, "{}"), "[]\n");

    write_secrets("OTHER=x\n", 0600);
    run = run_one(&with, "{}");
    assert_int_equal(run.outcome, OUTCOME_REFUSED);
    assert_non_null(strstr(run.why, "TOKEN is not set"));
    write_secrets("TOKEN=t0p\n", 0644);
    run = run_one(&with, "{}");
    assert_int_equal(run.outcome, OUTCOME_REFUSED);
    assert_non_null(strstr(run.why, "open to others"));
    assert_int_equal(unlink(paths.env_file), 0);
}

static void test_an_action_is_asked_by_the_protocol(void **state)
{
    (void)state;
    struct handler handler = action("cat");
    handler.params = (const char *const[]){"tool_name", "absent", "payload", NULL};
    struct payload payload = payload_of("{\"tool_name\":\"B\\u0061sh\",\"other\":[1, 2]}");
    struct handler_run run = {.handler = &handler};
    assert_int_equal(handlers_run(&run, 1, &payload, PLENTY_MS, &arena), 0);
    const char *expected = arena_printf(
        &arena,
        "{\"paii\":1,\"id\":\"%s\",\"action\":\"check\",\"params\":{\"tool_name\":\"B\\u0061sh\","
        "\"payload\":{\"tool_name\":\"B\\u0061sh\",\"other\":[1, 2]}},\"context\":{\"event\":"
        "\"stop\",\"session_id\":\"s1\",\"cwd\":\"/work\",\"dry_run\":false}}\n",
        run.id);
    assert_string_equal(buf_text(&run.out), expected);
    handler_run_release(&run);
}

static void test_an_action_is_not_run_inside_itself(void **state)
{
    (void)state;
    struct handler handler = action("echo ran");
    setenv("PAII_PROTOCOL", "1", 1);
    setenv("PAII_CALLERS", "demo.check", 1);
    struct handler_run run = run_one(&handler, "{}");
    unsetenv("PAII_PROTOCOL");
    unsetenv("PAII_CALLERS");
    assert_int_equal(run.outcome, OUTCOME_REFUSED);
    assert_non_null(strstr(run.why, "waiting"));
}

static void test_the_project_is_put_into_arguments(void **state)
{
    (void)state;
    setenv("CLAUDE_PROJECT_DIR", "/my project", 1);
    struct handler handler = native("");
    handler.flags = HANDLER_DEV;
    handler.argv = (char *const[]){(char *)"/bin/echo", (char *)"<${CLAUDE_PROJECT_DIR}/a>",
                                   (char *)"$HOME", NULL};
    assert_string_equal(output_of(&handler, "{}"), "</my project/a> $HOME\n");
}

static void test_no_other_descriptor_is_inherited(void **state)
{
    (void)state;
    int leak = open("/dev/null", O_RDONLY); /* without O_CLOEXEC */
    int high = fcntl(leak, F_DUPFD, 200);
    struct handler handlers[3];
    struct handler_run runs[3] = {0};
    for (size_t i = 0; i < 3; i++) {
        handlers[i] = native("ls /proc/self/fd | sort -n | tr '\\n' ' '");
        runs[i].handler = &handlers[i];
    }
    size_t before = open_descriptors();
    run_all(runs, 3, "{}", PLENTY_MS);
    assert_int_equal(open_descriptors(), before);
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(buf_text(&runs[i].out), "0 1 2 3 "); /* 3: the folder that ls reads */
        handler_run_release(&runs[i]);
    }
    close(leak);
    close(high);
}

/* ---- input and output ---- */

static void test_a_large_payload_goes_to_many(void **state)
{
    (void)state;
    enum { MANY = 10, SIZE = 10 << 20 };
    char *text = arena_alloc(&arena, SIZE + 1);
    memset(text, 'x', SIZE);
    struct handler handlers[MANY];
    struct handler_run runs[MANY] = {0};
    for (size_t i = 0; i < MANY; i++) {
        handlers[i] = native(i % 2 ? "wc -c" : "head -c 3; echo");
        runs[i].handler = &handlers[i];
    }
    run_all(runs, MANY, text, PLENTY_MS);
    for (size_t i = 0; i < MANY; i++) {
        assert_string_equal(buf_text(&runs[i].out), i % 2 ? "10485760\n" : "xxx\n");
        handler_run_release(&runs[i]);
    }
}

static void test_input_of_every_size_arrives(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 4095, 4096, 4097, 65535, 65536, 65537, 300000};
    struct handler handler = native("wc -c");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char *text = arena_alloc(&arena, sizes[i] + 1);
        memset(text, 'x', sizes[i]);
        assert_int_equal(atoi(output_of(&handler, text)), sizes[i]);
    }
}

static void test_nobody_has_to_read(void **state)
{
    (void)state;
    char *text = arena_alloc(&arena, (1 << 20) + 1);
    memset(text, 'x', 1 << 20);
    struct handler closes = native("exec <&-; echo closed"), ignores = native("echo ignored");
    assert_string_equal(output_of(&closes, text), "closed\n");
    assert_string_equal(output_of(&ignores, text), "ignored\n");
    text[50000] = '\0';
    assert_string_equal(output_of(&closes, text), "closed\n");
    assert_string_equal(output_of(&ignores, text), "ignored\n");
}

static void test_output_is_bounded_and_drained(void **state)
{
    (void)state;
    struct handler handler =
        native("head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2; exit 5");
    struct handler_run run = run_one(&handler, "{}");
    assert_int_equal(run.outcome, OUTCOME_EXITED);
    assert_int_equal(run.status, 5);
    assert_true(run.cut);
    assert_int_equal(run.out.len, 64 * 1024);
    assert_int_equal(run.err.len, 16 * 1024);
    handler_run_release(&run);

    handler = native("head -c 65536 /dev/zero");
    run = run_one(&handler, "{}");
    assert_false(run.cut);
    assert_int_equal(run.out.len, 64 * 1024);
    handler_run_release(&run);
}

static void test_how_it_ended(void **state)
{
    (void)state;
    struct handler handlers[] = {native("exit 2"), native("kill -9 $$"), native(""), native("")};
    char script[] = "#!/nonexistent-interpreter\n";
    assert_int_equal(fs_write(of("script"), script, sizeof script - 1, 0755), 0);
    handlers[2].argv = (char *const[]){(char *)"/nonexistent-program", NULL};
    handlers[3].argv = (char *const[]){(char *)of("script"), NULL};
    struct handler_run runs[5] = {0};
    for (size_t i = 0; i < 4; i++)
        runs[i].handler = &handlers[i];
    runs[4] = (struct handler_run){.handler = &handlers[0], .outcome = OUTCOME_SKIPPED};
    run_all(runs, 5, "{}", PLENTY_MS);
    assert_int_equal(runs[0].outcome, OUTCOME_EXITED);
    assert_int_equal(runs[0].status, 2);
    assert_int_equal(runs[1].outcome, OUTCOME_KILLED);
    assert_int_equal(runs[1].status, SIGKILL);
    for (size_t i = 2; i < 4; i++) {
        assert_int_equal(runs[i].outcome, OUTCOME_MISSING);
        assert_non_null(strstr(runs[i].why, "No such file"));
    }
    assert_int_equal(runs[4].outcome, OUTCOME_SKIPPED);
    assert_int_equal(runs[4].took_us, 0);
    assert_no_children();
}

static void test_they_run_side_by_side(void **state)
{
    (void)state;
    /* Each waits for the other: one after the other, they would wait for ever. */
    struct handler one = native(arena_printf(
        &arena, "touch %s; until [ -e %s ]; do sleep 0.01; done", of("one"), of("two")));
    struct handler two = native(arena_printf(
        &arena, "touch %s; until [ -e %s ]; do sleep 0.01; done", of("two"), of("one")));
    struct handler_run runs[] = {{.handler = &one}, {.handler = &two}};
    run_all(runs, 2, "{}", PLENTY_MS);
    assert_int_equal(runs[0].outcome, OUTCOME_EXITED);
    assert_int_equal(runs[1].outcome, OUTCOME_EXITED);
}

/* ---- deadlines, and what is left ---- */

/* Runs it with a deadline of 300 ms; it must be a timeout, and over within the second. */
static void assert_ended(struct handler *handler)
{
    unlink(of("pid"));
    handler->deadline_ms = 300;
    double begin = now();
    struct handler_run run = run_one(handler, "{}");
    double took = now() - begin;
    assert_int_equal(run.outcome, OUTCOME_TIMEOUT);
    assert_true(took < 10); /* 1.3 s where nobody else needs the processor */
    handler_run_release(&run);
    assert_false(is_running(pid_in("pid")));
    assert_no_children();
}

/* In the script $P is the file that a process writes its number to. */
static const char *with_pid_file(const char *script)
{
    unlink(of("pid"));
    return arena_printf(&arena, "export P=%s; %s", of("pid"), script);
}

static void test_every_way_to_stay_ends_at_the_deadline(void **state)
{
    (void)state;
    static const char *const scripts[] = {
        "echo $$ > $P; exec sleep 60",
        "trap '' TERM; echo $$ > $P; while :; do sleep 1; done",
        "sleep 60 & echo $! > $P",                    /* stdout stays open */
        "setsid sh -c 'echo $$ > $P; exec sleep 60'", /* a session of its own, waited for */
        "(setsid sh -c 'echo $$ > $P; exec sleep 60' &) & sleep 60",
        "setsid sh -c 'trap \"\" TERM; echo $$ > $P; exec sleep 60 >/dev/null 2>&1 </dev/null' & "
        "sleep 60",
        "env -i P=$P setsid sh -c 'echo $$ > $P; exec sleep 60 >/dev/null 2>&1' & sleep 60",
    };
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        struct handler handler = native(with_pid_file(scripts[i]));
        assert_ended(&handler);
        struct handler same = action(handler.argv[2]);
        if (i != 2) /* an action ends with its first process */
            assert_ended(&same);
    }
}

static void test_what_an_action_leaves_is_ended(void **state)
{
    (void)state;
    static const char *const scripts[] = {
        "sleep 60 & echo $! > $P",
        "sleep 60 >/dev/null 2>&1 & echo $! > $P",
        "setsid sh -c 'echo $$ > $P; exec sleep 60' & until [ -s $P ]; do sleep 0.01; done",
        "env -i P=$P setsid sh -c 'echo $$ > $P; exec sleep 60 >/dev/null 2>&1' & "
        "until [ -s $P ]; do sleep 0.01; done",
    };
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        struct handler handler = action(with_pid_file(scripts[i]));
        struct handler_run run = run_one(&handler, "{}");
        assert_int_equal(run.outcome, OUTCOME_EXITED);
        assert_true(run.took_us < 15000000);
        handler_run_release(&run);
        assert_false(is_running(pid_in("pid")));
        assert_no_children();
    }
}

static void test_what_a_native_hook_leaves_lives_on(void **state)
{
    (void)state;
    static const char *const scripts[] = {
        "sleep 60 >/dev/null 2>&1 & echo $! > $P",
        "setsid sh -c 'echo $$ > $P; exec sleep 60 >/dev/null 2>&1' & "
        "until [ -s $P ]; do sleep 0.01; done",
    };
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        /* An action and one that is late are there, too, and end with all that is theirs. */
        struct handler handlers[] = {
            native(with_pid_file(scripts[i])),
            action("setsid sleep 60 >/dev/null 2>&1 & exit 0"),
            native("setsid sleep 60 & sleep 60"),
        };
        handlers[2].deadline_ms = 300;
        struct handler_run runs[3] = {
            {.handler = &handlers[0]}, {.handler = &handlers[1]}, {.handler = &handlers[2]}};
        run_all(runs, 3, "{}", PLENTY_MS);
        assert_int_equal(runs[0].outcome, OUTCOME_EXITED);
        assert_int_equal(runs[1].outcome, OUTCOME_EXITED);
        assert_int_equal(runs[2].outcome, OUTCOME_TIMEOUT);
        pid_t left = pid_in("pid");
        assert_true(is_running(left));
        kill(left, SIGKILL);
        waitpid(left, NULL, 0); /* it is ours since it lost its parent */
        assert_no_children();
    }
}
static void test_the_event_has_a_deadline_too(void **state)
{
    (void)state;
    struct handler slow = native("sleep 60"), quick = native("echo done");
    slow.deadline_ms = 60000;
    struct handler_run runs[] = {{.handler = &slow}, {.handler = &quick}};
    run_all(runs, 2, "{}", 300);
    assert_int_equal(runs[0].outcome, OUTCOME_TIMEOUT);
    assert_int_equal(runs[1].outcome, OUTCOME_EXITED);
    assert_string_equal(buf_text(&runs[1].out), "done\n");
    handler_run_release(&runs[1]);
    assert_no_children();
}

static void test_what_was_said_before_the_deadline_is_kept(void **state)
{
    (void)state;
    struct handler handler = native("trap 'echo late; exit 0' TERM; echo early; sleep 60 & wait");
    handler.deadline_ms = 300;
    struct handler_run run = run_one(&handler, "{}");
    assert_int_equal(run.outcome, OUTCOME_TIMEOUT);
    assert_string_equal(buf_text(&run.out), "early\nlate\n");
    handler_run_release(&run);
}

static volatile sig_atomic_t seen;

static void on_signal(int number)
{
    seen = number;
}

static void test_a_signal_to_us_ends_them(void **state)
{
    (void)state;
    struct handler handler =
        native(with_pid_file("trap '' TERM; echo $$ > $P; while :; do sleep 1; done"));
    struct handler_run run = {.handler = &handler};
    struct payload payload = payload_of("{}");
    struct sigaction action_before, handle = {.sa_handler = on_signal};
    pid_t us = getpid(), killer = fork();
    if (killer == 0) {
        pid_in("pid");
        kill(us, SIGTERM);
        _exit(0);
    }
    sigaction(SIGTERM, &handle, &action_before);
    assert_int_equal(handlers_run(&run, 1, &payload, PLENTY_MS, &arena), -ERR_INTERRUPTED);
    sigaction(SIGTERM, &action_before, NULL);
    error_clear();
    assert_int_equal(seen, SIGTERM);
    assert_false(is_running(pid_in("pid")));
    assert_int_equal(waitpid(killer, NULL, 0), killer); /* a child from before is not touched */
    assert_no_children();
    handler_run_release(&run);
}

static void test_nothing_piles_up(void **state)
{
    (void)state;
    struct handler one = native("exec /bin/true"), two = native("exec /bin/false");
    one.argv = (char *const[]){(char *)"/bin/true", NULL};
    two.argv = (char *const[]){(char *)"/bin/false", NULL};
    size_t before = open_descriptors();
    for (int i = 0; i < 500; i++) {
        struct handler_run runs[] = {{.handler = &one}, {.handler = &two}};
        run_all(runs, 2, "{}", PLENTY_MS);
        assert_int_equal(runs[0].outcome, OUTCOME_EXITED);
        assert_int_equal(runs[1].status, 1);
    }
    assert_int_equal(open_descriptors(), before);
    assert_no_children();
}

static int set_up(void **state)
{
    (void)state;
    char template[] = "/tmp/paii-hook-run-XXXXXX";
    root = arena_strdup(&arena, mkdtemp(template));
    setenv("HOME", root, 1);
    setenv("PAII_DIR", of("paii"), 1);
    unsetenv("PAII_PROTOCOL");
    unsetenv("PAII_CONFIG");
    return fs_mkdirs(of("paii/plugins/demo"), 0700) < 0 || paths_init() < 0;
}

static int tear_down(void **state)
{
    (void)state;
    int result = fs_remove_tree(root);
    arena_release(&arena);
    return result;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_native_hook_reads_the_payload_as_it_came),
        cmocka_unit_test(test_the_environment_is_built_from_zero),
        cmocka_unit_test(test_secrets_are_given_to_who_declares_them),
        cmocka_unit_test(test_an_action_is_asked_by_the_protocol),
        cmocka_unit_test(test_an_action_is_not_run_inside_itself),
        cmocka_unit_test(test_the_project_is_put_into_arguments),
        cmocka_unit_test(test_no_other_descriptor_is_inherited),
        cmocka_unit_test(test_a_large_payload_goes_to_many),
        cmocka_unit_test(test_input_of_every_size_arrives),
        cmocka_unit_test(test_nobody_has_to_read),
        cmocka_unit_test(test_output_is_bounded_and_drained),
        cmocka_unit_test(test_how_it_ended),
        cmocka_unit_test(test_they_run_side_by_side),
        cmocka_unit_test(test_every_way_to_stay_ends_at_the_deadline),
        cmocka_unit_test(test_what_an_action_leaves_is_ended),
        cmocka_unit_test(test_what_a_native_hook_leaves_lives_on),
        cmocka_unit_test(test_the_event_has_a_deadline_too),
        cmocka_unit_test(test_what_was_said_before_the_deadline_is_kept),
        cmocka_unit_test(test_a_signal_to_us_ends_them),
        cmocka_unit_test(test_nothing_piles_up),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
