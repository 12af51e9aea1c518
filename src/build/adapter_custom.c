/*
 * custom: a command of the plugin's own. It runs with consent only, and installs as make does.
 */
#include "build/build_private.h"

#include "base/error.h"
#include "base/fs.h"

#include <stdlib.h>
#include <string.h>

static bool needed(const struct manifest *manifest, const char *source)
{
    (void)source;
    return manifest->build.command.count > 0;
}

static int check_tools(struct arena *arena)
{
    (void)arena;
    const char *consent = getenv("PAII_ALLOW_BUILD_SCRIPTS");
    if (consent && !strcmp(consent, "1"))
        return 0;
    fail(ERR_REFUSED, "a build of type 'custom' runs a command of the plugin's own");
    error_hint("read what it does, then consent with PAII_ALLOW_BUILD_SCRIPTS=1");
    return -ERR_REFUSED;
}

static void identity(struct buf *out, const struct manifest *manifest)
{
    make_adapter.identity(out, manifest);
}

static const char *describe(struct arena *arena, const struct manifest *manifest,
                            const char *source)
{
    (void)source;
    return arena_printf(arena, "runs '%s'", strings_join(&manifest->build.command, arena, " "));
}

/* The command's first word: a file of the plugin ("./build.sh", "tools/build") or a tool in PATH.
 */
static const char *find_command(struct build_job *job, const char *source, const char *word)
{
    const char *program = strchr(word, '/') && word[0] != '/' ? path_join(job->arena, source, word)
                                                              : process_find(job->arena, word);
    if (program)
        return program;
    fail(ERR_GENERIC, "cannot build '%s': '%s' is not installed", job->manifest->name, word);
    error_hint("install it, or correct [build] command in '%s'", job->manifest->file);
    return NULL;
}

static int build(struct build_job *job)
{
    const struct strings *command = &job->manifest->build.command;
    const char *source, *dest = path_join(job->arena, job->work, "dest");
    int result = build_copy_source(job, &source);
    if (result == 0)
        result = fs_mkdirs(dest, 0700);
    if (result < 0)
        return result;
    const char **argv = arena_array(job->arena, command->count + 1, sizeof *argv);
    for (size_t i = 0; i < command->count; i++)
        argv[i] = command->items[i];
    argv[0] = find_command(job, source, argv[0]);
    if (!argv[0])
        return -ERR_GENERIC;
    environment_set(&job->env, "PREFIX", job->final);
    environment_set(&job->env, "DESTDIR", dest);
    result = build_command(job, source, argv);
    return result < 0 ? result : build_take_installed(job, dest, command->items[0]);
}

const struct build_adapter custom_adapter = {
    .type = BUILD_CUSTOM,
    .needed = needed,
    .check_tools = check_tools,
    .identity = identity,
    .describe = describe,
    .build = build,
};
