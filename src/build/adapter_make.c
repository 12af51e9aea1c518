/*
 * make: compiles in a copy, installs below DESTDIR, and what stands there is copied into the
 * prefix.
 */
#include "build/build_private.h"

#include "base/error.h"
#include "base/fs.h"

#include <string.h>
#include <sys/utsname.h>

static bool needed(const struct manifest *manifest, const char *source)
{
    (void)manifest, (void)source;
    return true;
}

static int check_tools(struct arena *arena)
{
    if (process_find(arena, "make"))
        return 0;
    fail(ERR_GENERIC, "'make' is not installed");
    error_hint("apt-get install build-essential");
    return -ERR_GENERIC;
}

static void identity(struct buf *out, const struct manifest *manifest)
{
    (void)manifest;
    struct arena arena = {0};
    struct utsname machine;
    AUTO_BUF answer = {0};
    const char *const argv[] = {process_find(&arena, "cc"), "--version", NULL};
    if (!argv[0] || !build_ask(&answer, argv))
        buf_clear(&answer);
    uname(&machine);
    const char *text = buf_text(&answer);
    buf_printf(out, "cc %.*s %s\n", (int)strcspn(text, "\n"), text, machine.machine);
    arena_release(&arena);
}

static const char *describe(struct arena *arena, const struct manifest *manifest,
                            const char *source)
{
    (void)source;
    const char *target = manifest->build.target;
    return arena_printf(arena, "make%s%s, then make install", target ? " " : "",
                        target ? target : "");
}

/* A missing compiler is what fails most often, and the last lines of make say it badly. */
static int explain(struct build_job *job, int result)
{
    if (result == -ERR_GENERIC && !process_find(job->arena, "cc"))
        error_hint("there is no C compiler: apt-get install build-essential; "
                   "the whole output is in '%s'",
                   job->log);
    return result;
}

static int build(struct build_job *job)
{
    const char *source, *dest = path_join(job->arena, job->work, "dest");
    int result = build_copy_source(job, &source);
    if (result == 0)
        result = fs_mkdirs(dest, 0700);
    if (result < 0)
        return result;
    const char *make = process_find(job->arena, "make");
    const char *prefix = arena_printf(job->arena, "PREFIX=%s", job->final);
    const char *gnu_prefix = arena_printf(job->arena, "prefix=%s", job->final);
    const char *const compile[] = {make, prefix, gnu_prefix, job->manifest->build.target, NULL};
    const char *const install[] = {
        make, prefix, gnu_prefix, arena_printf(job->arena, "DESTDIR=%s", dest), "install", NULL};
    result = build_command(job, source, compile);
    if (result == 0)
        result = build_command(job, source, install);
    return result < 0 ? explain(job, result) : build_take_installed(job, dest, "make install");
}

const struct build_adapter make_adapter = {
    .type = BUILD_MAKE,
    .needed = needed,
    .check_tools = check_tools,
    .identity = identity,
    .describe = describe,
    .build = build,
};
