#include "base/error.h"
#include "base/fs.h"
#include "base/paths.h"
#include "change/project.h"
#include "cli/doctor.h"
#include "registry/project.h"

static void look(struct findings *out)
{
    struct strings unlocked = {0}, unsynced = {0};
    int result = project_unlocked(&unlocked, out->arena);

    if (result == 0)
        result = project_unsynced(&unsynced, out->arena);
    if (result < 0) {
        finding_add(out, FINDING_PROBLEM, "project",
                    arena_strdup(out->arena,
                                 *error_hint_text() ? error_hint_text() : "paii sync says more"),
                    "%s", error_text());
        error_clear();
        return;
    }
    for (size_t i = 0; i < unlocked.count; i++)
        finding_add(out, FINDING_ADVICE, "project", "paii install --project", "%s",
                    unlocked.items[i]);
    for (size_t i = 0; i < unsynced.count; i++)
        finding_add(out, FINDING_ADVICE, "project", "paii sync", "%s", unsynced.items[i]);
    if (unlocked.count + unsynced.count == 0)
        finding_add(out, FINDING_OK, "project", NULL, "%s is in sync", paths.project);
}

static bool is_there(const char *file, struct arena *arena)
{
    return fs_exists(path_join(arena, paths.project, file));
}

void doctor_project(struct findings *out)
{
    const char *before = paths.dir;

    if (project_enter(".") < 0)
        error_clear();
    else if (is_there(PROJECT_CONFIG, out->arena) || is_there(PROJECT_LOCK, out->arena))
        look(out);
    if (paths_enter(before) < 0)
        error_clear(); /* it was right a moment ago */
}
