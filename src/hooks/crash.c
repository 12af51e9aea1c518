#include "hooks/crash.h"

#include "base/memory.h"
#include "registry/events.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

enum { BLOCKED = 2, STACK = 16 * 1024 };

/* Where the client takes exit status 2 for "do not". At the end of a turn it would mean "go on". */
static const char *const guarded[] = {"pre-tool-use",          "user-prompt-submit",
                                      "user-prompt-expansion", "config-change",
                                      "task-created",          "task-completed"};

static void block(int signal)
{
    static const char text[] = "paii: the hook dispatcher crashed, so this is blocked; 'paii "
                               "doctor' looks for the cause\n";
    (void)signal;
    if (write(STDERR_FILENO, text, sizeof text - 1) < 0)
        _exit(BLOCKED);
    _exit(BLOCKED);
}

void hook_block_on_crash(int event)
{
    static char stack[STACK]; /* the usual one may be what ran out */
    static const int fatal[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS};
    struct sigaction action = {.sa_handler = block, .sa_flags = SA_ONSTACK | SA_RESETHAND};
    bool guard = false;
    for (size_t i = 0; i < sizeof guarded / sizeof *guarded; i++)
        guard |= strcmp(hook_events[event].name, guarded[i]) == 0;
    if (!guard)
        return;
    out_of_memory_status = BLOCKED;
    sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = sizeof stack}, NULL);
    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++)
        sigaction(fatal[i], &action, NULL);
}
