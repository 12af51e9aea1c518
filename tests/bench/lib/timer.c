/*
 * Times whole processes, interleaved, so that what disturbs the machine disturbs all of them alike.
 *
 *     timer ROUNDS , COMMAND... , COMMAND... @ UNTIMED... , < FILE COMMAND...
 *
 * Runs every COMMAND once a round, and after it the UNTIMED command that follows it behind `@`, if
 * any. `<` gives it what is in FILE, through a pipe. NAME=VALUE in front of a command is set in the
 * environment, for those after it too. Prints one line per COMMAND: median, minimum
 * and 99th percentile of the wall time in microseconds, and the largest peak memory in KiB. Output
 * of a command go to /dev/null; any exit status but 0 ends the run. A small program, because a
 * child's peak memory counts its parent's at the moment of the spawn.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_COMMANDS = 32, SEND_MAX = 1 << 20 };

struct measured {
    char **argv, **after; /* NULL-terminated; after may be NULL */
    int input;            /* a file; 0: nothing. Not in memory, which would count as the child's */
    double *micros;       /* one a round */
    long peak_kib;
};

static void die(const char *what, const char *name)
{
    fprintf(stderr, "timer: %s: %s\n", what, name);
    exit(1);
}

static double now_micros(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static pid_t start(char **argv, int in)
{
    posix_spawn_file_actions_t streams;
    extern char **environ;
    pid_t pid;

    while (strchr(argv[0], '='))
        putenv(*argv++);
    posix_spawn_file_actions_init(&streams);
    if (in >= 0)
        posix_spawn_file_actions_adddup2(&streams, in, 0);
    else
        posix_spawn_file_actions_addopen(&streams, 0, "/dev/null", O_RDONLY, 0);
    for (int fd = 1; fd < 3; fd++)
        posix_spawn_file_actions_addopen(&streams, fd, "/dev/null", O_WRONLY, 0);
    if (posix_spawnp(&pid, argv[0], &streams, NULL, argv, environ) != 0)
        die("cannot start", argv[0]);
    posix_spawn_file_actions_destroy(&streams);
    return pid;
}

static void finish(pid_t pid, char **argv, struct rusage *usage)
{
    int status;
    if (wait4(pid, &status, 0, usage) != pid || status != 0)
        die("failed", argv[0]);
}

/* Starts the command and feeds it, as who asks a program through a pipe. */
static void feed(const struct measured *m, struct rusage *usage)
{
    int ends[2];
    off_t done = 0;

    if (pipe2(ends, O_CLOEXEC) != 0)
        die("no pipe for", m->argv[0]);
    pid_t pid = start(m->argv, ends[0]);
    close(ends[0]);
    while (sendfile(ends[1], m->input, &done, SEND_MAX) > 0)
        continue;
    close(ends[1]);
    finish(pid, m->argv, usage);
}

static void measure(struct measured *m, size_t round)
{
    struct rusage usage;
    double began = now_micros();
    if (m->input)
        feed(m, &usage);
    else
        finish(start(m->argv, -1), m->argv, &usage);
    m->micros[round] = now_micros() - began;
    if (usage.ru_maxrss > m->peak_kib)
        m->peak_kib = usage.ru_maxrss;
    if (m->after)
        finish(start(m->after, -1), m->after, &usage);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* `< FILE` in front of a command. */
static void read_input(struct measured *m)
{
    if (!m->argv[0] || strcmp(m->argv[0], "<") != 0)
        return;
    m->input = m->argv[1] ? open(m->argv[1], O_RDONLY | O_CLOEXEC) : -1;
    if (m->input < 0)
        die("cannot read", m->argv[1] ? m->argv[1] : "");
    m->argv += 2;
}

/* Cuts argv at its separators, in place. */
static size_t commands_split(struct measured *commands, char **argv)
{
    size_t count = 0;
    for (; *argv; argv++) {
        if (strcmp(*argv, ",") == 0) {
            if (count == MAX_COMMANDS)
                die("too many commands", argv[1]);
            commands[count++] = (struct measured){.argv = argv + 1};
        } else if (strcmp(*argv, "@") == 0 && count > 0) {
            commands[count - 1].after = argv + 1;
        } else {
            continue;
        }
        *argv = NULL;
    }
    return count;
}

int main(int argc, char **argv)
{
    struct measured commands[MAX_COMMANDS];
    size_t rounds = argc > 2 ? (size_t)strtoul(argv[1], NULL, 10) : 0;
    size_t count = rounds ? commands_split(commands, argv + 2) : 0;
    signal(SIGPIPE, SIG_IGN); /* a command need not read its input */
    if (count == 0)
        die("usage", "timer ROUNDS , COMMAND... [@ UNTIMED...] , ...");
    for (size_t i = 0; i < count; i++) {
        read_input(&commands[i]);
        commands[i].micros = calloc(rounds, sizeof(double));
        if (!commands[i].micros || !commands[i].argv[0])
            die("no command or no memory", "");
    }
    for (size_t round = 0; round < rounds; round++)
        for (size_t i = 0; i < count; i++)
            measure(&commands[i], round);
    for (size_t i = 0; i < count; i++) {
        qsort(commands[i].micros, rounds, sizeof(double), by_value);
        printf("%.1f %.1f %.1f %ld\n", commands[i].micros[rounds / 2], commands[i].micros[0],
               commands[i].micros[rounds * 99 / 100], commands[i].peak_kib);
        free(commands[i].micros);
    }
    return 0;
}
