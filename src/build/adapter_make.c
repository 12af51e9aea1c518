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

/* make and the shell read these in PREFIX and DESTDIR; no quoting in a Makefile helps. */
static int check_place(const struct build_job *job, const char *dest)
{
    static const char special[] = "$`\"'\\;&|<>(){}[]*?\n\t";
    const char *place = strpbrk(job->final, special) ? job->final : dest;
    const char *found = strpbrk(place, special);
    if (!found)
        return 0;
    fail(ERR_GENERIC, "make cannot install below '%s': it has a '%c' in it", place, *found);
    error_hint("set PAII_DIR to a folder whose path has no such character");
    return -ERR_GENERIC;
}

/* A missing compiler is what fails most often, and the last lines of make say it badly. */
static int explain(struct build_job *job, int result)
{
    if (result == -ERR_GENERIC && strchr(job->final, ' '))
        error_hint("the path has a space in it, and few Makefiles expect one: set PAII_DIR to a "
                   "folder without; the whole output is in '%s'",
                   job->log);
    if (result == -ERR_GENERIC && !process_find(job->arena, "cc"))
        error_hint("there is no C compiler: apt-get install build-essential; "
                   "the whole output is in '%s'",
                   job->log);
    return result;
}

static int build(struct build_job *job)
{
    const char *source, *dest = path_join(job->arena, job->work, "dest");
    int result = check_place(job, dest);
    if (result == 0)
        result = build_copy_source(job, &source);
    if (result == 0)
        result = fs_mkdirs(dest, 0700);
    if (result < 0)
        return result;
    const char *make = process_find(job->arena, "make");
    const char *prefix = arena_printf(job->arena, "PREFIX=%s", job->final);
    const char *gnu_prefix = arena_printf(job->arena, "prefix=%s", job->final);
    /* Also when compiling: the first target of a small Makefile may be `install`. */
    const char *destdir = arena_printf(job->arena, "DESTDIR=%s", dest);
    const char *const compile[] = {make, prefix, gnu_prefix, destdir, job->manifest->build.target,
                                   NULL};
    const char *const install[] = {make, prefix, gnu_prefix, destdir, "install", NULL};
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
