#include "claude/repository.h"

#include "base/buf.h"
#include "base/data.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/paths.h"
#include "base/text.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { IGNORE_MAX = 1024 * 1024, STATE_MAX = 64 * 1024 * 1024 };

static const char head[] = "# Written by paii: links of this clone alone\n/.gitignore\n";

int repository_check(struct arena *arena)
{
    const char *const folders[] = {paths.claude, path_join(arena, paths.claude, "skills")};
    const char *inside = arena_printf(arena, "%s/", paths.project);
    for (size_t i = 0; i < 2; i++) {
        char real[PATH_MAX];
        if (!fs_exists(folders[i]) || (realpath(folders[i], real) && text_starts(real, inside)))
            continue;
        fail(ERR_REFUSED, "'%s' leads out of the repository", folders[i]);
        error_hint("put a folder in its place");
        return -ERR_REFUSED;
    }
    return 0;
}

static const char *ignore_file(struct arena *arena)
{
    return path_join(arena, paths.claude, "skills/.gitignore");
}

/* What stands there, and whether it is ours to change; nothing is ours too. */
static int read_ignored(struct buf *out, bool *ours, struct arena *arena)
{
    const char *file = ignore_file(arena);
    struct stat st;
    *ours = lstat(file, &st) != 0;
    if (*ours || !S_ISREG(st.st_mode))
        return 0;
    int result = fs_read(out, file, IGNORE_MAX);
    *ours = result == 0 && text_starts(buf_text(out), head);
    return result;
}

int repository_ignore(const struct strings *names, struct arena *arena)
{
    const char *file = ignore_file(arena);
    AUTO_BUF there = {0}, wanted = {0};
    bool ours;
    int result = fs_sweep(path_dir(arena, file));
    if (result == 0)
        result = read_ignored(&there, &ours, arena);
    if (result < 0 || !ours)
        return result;
    if (names->count == 0)
        return there.len == 0 || unlink(file) == 0
                   ? 0
                   : fail_errno(ERR_GENERIC, "cannot remove '%s'", file);
    buf_puts(&wanted, head);
    for (size_t i = 0; i < names->count; i++)
        buf_printf(&wanted, "/%s\n", names->items[i]);
    return strcmp(buf_text(&there), buf_text(&wanted)) == 0
               ? 0
               : fs_write(file, wanted.data, wanted.len, 0644);
}

bool repository_ignore_is_foreign(struct arena *arena)
{
    AUTO_BUF there = {0};
    bool ours;
    if (read_ignored(&there, &ours, arena) < 0)
        error_clear();
    return !ours;
}

bool repository_is_trusted(struct arena *arena)
{
    static const char *const way[] = {"projects", NULL, "hasTrustDialogAccepted"};
    struct diags diags = {.arena = arena};
    AUTO_BUF text = {0};
    const char *own = getenv("CLAUDE_CONFIG_DIR");
    const char *file = path_join(arena, own && *own ? own : paths.home, ".claude.json");
    if (fs_read(&text, file, STATE_MAX) < 0) {
        error_clear();
        return false;
    }
    const struct data *at = data_parse_json(arena, file, buf_text(&text), text.len, false, &diags);
    for (size_t i = 0; i < 3 && at; i++)
        at = data_get(at, way[i] ? way[i] : paths.project);
    return at && at->type == DATA_BOOLEAN && at->boolean;
}
