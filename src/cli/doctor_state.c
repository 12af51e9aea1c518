#include "base/error.h"
#include "base/fs.h"
#include "base/paths.h"
#include "base/text.h"
#include "claude/claude.h"
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

/* ---- ~/.claude/skills, agents, commands ---- */

/* Links of ours that lead nowhere: what they showed is gone, or PAII_DIR was moved. */
static void check_dangling(struct findings *out, const char *folder)
{
    struct strings names = {0};
    const char *ours = arena_printf(out->arena, "%s/", paths.current);

    if (fs_is_dir(folder) && fs_list(&names, out->arena, folder) < 0)
        error_clear();
    for (size_t i = 0; i < names.count; i++) {
        const char *path = path_join(out->arena, folder, names.items[i]);
        const char *target = fs_read_link(out->arena, path);
        if (target && text_starts(target, ours) && access(path, F_OK) < 0)
            finding_add(out, FINDING_ADVICE, "links", arena_printf(out->arena, "rm %s", path),
                        "'%s' leads to nothing", path);
    }
}

/* A link that is not there, or where something of somebody else's stands. */
static void check_link(struct findings *out, const struct client_link *link)
{
    const char *target = fs_read_link(out->arena, link->path);
    const char *what = link->part ? arena_printf(out->arena, "%s of ", link->part) : "";

    if (target && strcmp(target, link->target) == 0)
        return;
    if (fs_exists(link->path))
        finding_add(out, FINDING_PROBLEM, "links",
                    arena_printf(out->arena, "mv %s %s.old && paii init", link->path, link->path),
                    "'%s' is not paii's, so Claude Code does not see %splugin '%s' there",
                    link->path, what, link->plugin);
    else
        finding_add(out, FINDING_PROBLEM, "links", "paii init",
                    "'%s' is missing, so Claude Code does not see %splugin '%s' there", link->path,
                    what, link->plugin);
}

static void check_links(struct findings *out)
{
    struct installed set = {0};
    struct client_links links = {0};
    size_t before = out->count;

    for (size_t i = 0; client_folders[i]; i++)
        check_dangling(out, path_join(out->arena, paths.claude, client_folders[i]));
    if (installed_read(&set, out->arena) < 0) {
        finding_add(out, FINDING_PROBLEM, "installed", "paii rollback", "%s", error_text());
        error_clear();
        return;
    }
    for (size_t i = 0; i < set.count; i++)
        if (!fs_is_dir(installed_prefix(&set.packages[i], out->arena)))
            finding_add(out, FINDING_PROBLEM, "installed",
                        arena_printf(out->arena, "paii install %s", set.packages[i].name),
                        "the files of plugin '%s' are gone", set.packages[i].name);
    /* The link to the dispatcher is doctor_hooks()'s. */
    if (claude_links(&links, &set, paths.current, HOOKS_OFF, out->arena) < 0)
        error_clear();
    for (size_t i = 0; i < links.count; i++)
        check_link(out, &links.items[i]);
    if (out->count == before)
        finding_add(out, FINDING_OK, "links", NULL, "%s",
                    path_join(out->arena, paths.claude, "skills"));
}

void doctor_state(struct findings *out)
{
    check_folder(out);
    check_secrets(out);
    check_helper(out);
    check_links(out);
}
