/*
 * Times whole processes, interleaved, so that what disturbs the machine disturbs all of them alike.
 *
 *     timer ROUNDS , COMMAND... , COMMAND... @ UNTIMED... , COMMAND...
 *
 * Runs every COMMAND once a round, and after it the UNTIMED command that follows it behind `@`, if
 * any. Prints one line per COMMAND: median and minimum of the wall time in microseconds, and the
 * largest peak memory in KiB. Both streams of a command go to /dev/null; any exit status but 0 ends
 * the run. A small program, because a child's peak memory counts its parent's at the moment of the
 * spawn.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_COMMANDS = 32 };

struct measured {
    char **argv, **after; /* NULL-terminated; after may be NULL */
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

static void run(char **argv, struct rusage *usage)
{
    static posix_spawn_file_actions_t quiet;
    static int ready;
    if (!ready) {
        posix_spawn_file_actions_init(&quiet);
        for (int fd = 0; fd < 3; fd++)
            posix_spawn_file_actions_addopen(&quiet, fd, "/dev/null", O_RDWR, 0);
        ready = 1;
    }
    extern char **environ;
    pid_t pid;
    int status;
    if (posix_spawnp(&pid, argv[0], &quiet, NULL, argv, environ) != 0)
        die("cannot start", argv[0]);
    if (wait4(pid, &status, 0, usage) != pid || status != 0)
        die("failed", argv[0]);
}

static void measure(struct measured *m, size_t round)
{
    struct rusage usage;
    double start = now_micros();
    run(m->argv, &usage);
    m->micros[round] = now_micros() - start;
    if (usage.ru_maxrss > m->peak_kib)
        m->peak_kib = usage.ru_maxrss;
    if (m->after)
        run(m->after, &usage);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
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
    if (count == 0)
        die("usage", "timer ROUNDS , COMMAND... [@ UNTIMED...] , ...");
    for (size_t i = 0; i < count; i++) {
        commands[i].micros = calloc(rounds, sizeof(double));
        if (!commands[i].micros || !commands[i].argv[0])
            die("no command or no memory", "");
    }
    for (size_t round = 0; round < rounds; round++)
        for (size_t i = 0; i < count; i++)
            measure(&commands[i], round);
    for (size_t i = 0; i < count; i++) {
        qsort(commands[i].micros, rounds, sizeof(double), by_value);
        printf("%.1f %.1f %ld\n", commands[i].micros[rounds / 2], commands[i].micros[0],
               commands[i].peak_kib);
        free(commands[i].micros);
    }
    return 0;
}
