#include "base/error.h"
#include "base/fs.h"
#include "base/paths.h"
#include "base/text.h"
#include "cli/doctor.h"
#include "registry/fetch.h"
#include "store/store.h"

#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void finding_add(struct findings *out, enum finding_level level, const char *subject,
                 const char *fix, const char *format, ...)
{
    struct finding *finding = arena_push(out->arena, &out->items, &out->count, &out->capacity);
    AUTO_BUF text = {0};
    va_list args;

    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    *finding = (struct finding){
        .level = level,
        .subject = subject,
        .message = arena_strdup(out->arena, buf_text(&text)),
        .fix = fix,
    };
}

static void check_folder(struct findings *out)
{
    struct stat st;

    if (stat(paths.dir, &st) < 0) {
        finding_add(out, FINDING_ADVICE, "state", "paii init", "'%s' is not there yet", paths.dir);
        return;
    }
    if (st.st_uid != geteuid())
        finding_add(out, FINDING_PROBLEM, "state",
                    arena_printf(out->arena, "chown -R \"$USER\" %s", paths.dir),
                    "'%s' belongs to somebody else", paths.dir);
    else if (access(paths.dir, W_OK | X_OK) < 0)
        finding_add(out, FINDING_PROBLEM, "state",
                    arena_printf(out->arena, "chmod u+rwx %s", paths.dir), "'%s' cannot be written",
                    paths.dir);
    else if (st.st_mode & 077)
        finding_add(out, FINDING_ADVICE, "state",
                    arena_printf(out->arena, "chmod 700 %s", paths.dir),
                    "'%s' is open to other users", paths.dir);
    else
        finding_add(out, FINDING_OK, "state", NULL, "%s", paths.dir);
}

static void check_secrets(struct findings *out)
{
    struct stat st;
    if (stat(paths.env_file, &st) == 0 && (st.st_mode & 077))
        finding_add(out, FINDING_PROBLEM, "secrets",
                    arena_printf(out->arena, "chmod 600 %s", paths.env_file),
                    "'%s' can be read by other users", paths.env_file);
}

static void check_confinement(struct findings *out)
{
    struct fetch_job probe = {.op = FETCH_PROBE};

    if (fetch_run(&probe, 1, out->arena) < 0) {
        finding_add(out, FINDING_PROBLEM, "paii-fetch", NULL, "%s", error_text());
        error_clear();
    } else if (probe.sandbox && strcmp(probe.sandbox, "full") == 0) {
        finding_add(out, FINDING_OK, "confinement", NULL, "full: files and system calls");
    } else {
        finding_add(out, FINDING_ADVICE, "confinement", "use a kernel with Landlock and seccomp",
                    "this kernel confines the helper only in part: %s",
                    probe.sandbox ? probe.sandbox : "unknown");
    }
}

static void check_helper(struct findings *out)
{
    if (access(paths.helper, X_OK) == 0) {
        finding_add(out, FINDING_OK, "paii-fetch", NULL, "%s", paths.helper);
        check_confinement(out);
    } else {
        finding_add(out, FINDING_PROBLEM, "paii-fetch",
                    "install paii again, with its libexec folder",
                    "'%s' is missing: nothing can be fetched", paths.helper);
    }
}

/* ---- ~/.claude/skills ---- */

/* Links of ours that lead nowhere: what they showed is gone, or PAII_DIR was moved. */
static void check_dangling(struct findings *out, const char *skills)
{
    struct strings names = {0};
    const char *ours = arena_printf(out->arena, "%s/claude/", paths.current);

    if (fs_is_dir(skills) && fs_list(&names, out->arena, skills) < 0)
        error_clear();
    for (size_t i = 0; i < names.count; i++) {
        const char *path = path_join(out->arena, skills, names.items[i]);
        const char *target = fs_read_link(out->arena, path);
        if (target && text_starts(target, ours) && access(path, F_OK) < 0)
            finding_add(out, FINDING_ADVICE, "links", arena_printf(out->arena, "rm %s", path),
                        "'%s' leads to nothing", path);
    }
}

/* A plugin's link that is not there, or where something of somebody else's stands. */
static void check_link(struct findings *out, const char *skills, const char *plugin)
{
    const char *shown = arena_printf(out->arena, "%s/claude/%s", paths.current, plugin);
    const char *path = path_join(out->arena, skills, plugin);
    const char *target = fs_read_link(out->arena, path);

    if (!fs_exists(shown) || (target && strcmp(target, shown) == 0))
        return;
    if (fs_exists(path))
        finding_add(out, FINDING_PROBLEM, "links",
                    arena_printf(out->arena, "mv %s %s.old && paii init", path, path),
                    "'%s' is not paii's, so Claude Code does not see plugin '%s'", path, plugin);
    else
        finding_add(out, FINDING_PROBLEM, "links", "paii init",
                    "'%s' is missing, so Claude Code does not see plugin '%s'", path, plugin);
}

static void check_links(struct findings *out)
{
    struct installed set = {0};
    const char *skills = path_join(out->arena, paths.claude, "skills");
    size_t before = out->count;

    check_dangling(out, skills);
    if (installed_read(&set, out->arena) < 0) {
        finding_add(out, FINDING_PROBLEM, "installed", "paii rollback", "%s", error_text());
        error_clear();
        return;
    }
    for (size_t i = 0; i < set.count; i++) {
        const struct package *package = &set.packages[i];
        if (!fs_is_dir(installed_prefix(package, out->arena)))
            finding_add(out, FINDING_PROBLEM, "installed",
                        arena_printf(out->arena, "paii install %s", package->name),
                        "the files of plugin '%s' are gone", package->name);
        check_link(out, skills, package->name);
    }
    if (out->count == before)
        finding_add(out, FINDING_OK, "links", NULL, "%s", skills);
}

void doctor_state(struct findings *out)
{
    check_folder(out);
    check_secrets(out);
    check_helper(out);
    check_links(out);
}
