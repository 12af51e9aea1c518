/*
 * skill: files that are used as they are. Nothing to build.
 */
#include "build/build_private.h"

static bool needed(const struct manifest *manifest, const char *source)
{
    (void)manifest, (void)source;
    return false;
}

static int check_tools(struct arena *arena)
{
    (void)arena;
    return 0;
}

static void identity(struct buf *out, const struct manifest *manifest)
{
    (void)out, (void)manifest;
}

static const char *describe(struct arena *arena, const struct manifest *manifest,
                            const char *source)
{
    (void)arena, (void)manifest, (void)source;
    return "nothing to build";
}

static int build(struct build_job *job)
{
    (void)job;
    return 0;
}

const struct build_adapter skill_adapter = {
    .type = BUILD_SKILL,
    .needed = needed,
    .check_tools = check_tools,
    .identity = identity,
    .describe = describe,
    .build = build,
};
