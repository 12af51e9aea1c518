/* The commit of a change or a rollback, and the way back when the client's folder refuses it. */
#include "change/project.h"

#include "base/fs.h"
#include "base/paths.h"
#include "claude/claude.h"
#include "hooks/table.h"

/* As it was: `before` is current again (NULL: it could not be read, and still is), and what was
 * written is gone. The first error is the one told. */
static int go_back(const struct installed *before, struct arena *arena)
{
    enum err code = error_code();
    const char *text = arena_strdup(arena, error_text());
    const char *hint = arena_strdup(arena, error_hint_text());
    if (before && generation_commit(before->generation) == 0)
        claude_sync_links(before, arena);
    generation_discard();
    fail(code, "%s", text);
    if (*hint)
        error_hint("%s", hint);
    return -(int)code;
}

int change_commit(struct installed *set, struct arena *arena)
{
    struct installed before;
    int result = installed_read(&before, arena);
    if (result < 0)
        return go_back(NULL, arena);
    fs_sync_later(set->generation ? paths.dir : NULL); /* the commit of a generation syncs it all */
    result = claude_expect_sync();
    fs_sync_later(NULL);
    if (result == 0)
        result = generation_commit(set->generation);
    if (result == 0)
        result = claude_sync_links(set, arena);
    if (result == 0 && paths.project)
        result = project_publish();
    if (result < 0)
        return go_back(&before, arena);
    if (generation_discard() < 0)
        error_clear(); /* the next writer tries again */
    return 0;
}

/* Refuses before anything is visible if a link would stand where something of the user's stands. */
static int project(const struct installed *set, const char *generation_dir, struct arena *arena)
{
    int result = claude_project(set, generation_dir, arena);
    if (result == 0)
        result = hooks_project(set, generation_dir, arena);
    if (result == 0 && paths.project)
        result = project_prepare(set, generation_dir, arena);
    return result < 0 ? result : claude_check_links(set, generation_dir, arena);
}

int change_write(struct installed *set, struct arena *arena)
{
    int result = generation_write(set, arena, project);
    if (result == 0)
        return change_commit(set, arena);
    generation_discard();
    return result;
}
