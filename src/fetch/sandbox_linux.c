#include "fetch/sandbox.h"

#include "base/error.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>

/* The largest download is 512 MiB; a pack grows a little while it is completed. */
#define MAX_FILE   (600ull << 20)
#define MAX_MEMORY (256ull << 20)
#define MAX_CPU_S  300

#ifdef __SANITIZE_ADDRESS__
/* The developer build has the limit on memory from the sanitizer: one allocation at a time. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "max_allocation_size_mb=256:allocator_may_return_null=1";
}
#endif

static int limit(int resource, rlim_t value, const char *what)
{
    struct rlimit rlimit = {value, value}, old;

    if (getrlimit(resource, &old) == 0 && old.rlim_max < value)
        rlimit.rlim_cur = rlimit.rlim_max = old.rlim_max;
    if (setrlimit(resource, &rlimit) < 0)
        return fail_errno(ERR_GENERIC, "cannot limit %s", what);
    return 0;
}

static int enter_limits(void)
{
    int result;

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return fail_errno(ERR_GENERIC, "cannot give up new privileges");
    signal(SIGXFSZ, SIG_IGN); /* a write that is too long fails instead */
    signal(SIGPIPE, SIG_IGN);
    result = limit(RLIMIT_CORE, 0, "core files");
    if (result == 0)
        result = limit(RLIMIT_FSIZE, MAX_FILE, "file sizes");
    if (result == 0)
        result = limit(RLIMIT_CPU, MAX_CPU_S, "processor time");
#ifndef __SANITIZE_ADDRESS__ /* whose shadow memory counts */
    if (result == 0)
        result = limit(RLIMIT_DATA, MAX_MEMORY, "memory");
#endif
    return result;
}

int sandbox_enter(const char **level, const struct sandbox *needs)
{
    static const char *const levels[2][2] = {{"full", "no seccomp"},
                                             {"no landlock", "limits only"}};
    int result = enter_limits();
    if (result < 0)
        return result;
    int no_landlock = landlock_enter(needs);
    if (no_landlock < 0)
        return no_landlock;
    int no_seccomp = seccomp_enter(needs);
    if (no_seccomp < 0)
        return no_seccomp;
    *level = levels[no_landlock][no_seccomp];
    if (!needs->required || (!no_landlock && !no_seccomp))
        return 0;
    fail(ERR_REFUSED, "this kernel cannot confine the helper (%s), and require_sandbox is set",
         *level);
    error_hint("use a kernel with Landlock and seccomp, or set defaults.require_sandbox to false");
    return -ERR_REFUSED;
}
