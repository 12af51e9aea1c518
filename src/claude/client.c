/* The client itself. */
#include "claude/claude.h"

#include "base/error.h"
#include "base/fs.h"
#include "base/paths.h"
#include "base/process.h"

#include <ctype.h>
#include <string.h>
#include <unistd.h>

/* Where its own installer puts it when it is not in PATH. */
static const char *const usual_places[] = {".local/bin/claude", ".claude/local/claude"};

static const char *find_client(struct arena *arena)
{
    const char *program = process_find(arena, "claude");
    for (size_t i = 0; !program && i < sizeof usual_places / sizeof *usual_places; i++) {
        const char *path = path_join(arena, paths.home, usual_places[i]);
        if (fs_is_file(path))
            program = path;
    }
    return program;
}

const char *claude_version(struct arena *arena, const char **program)
{
    const char *found = find_client(arena);
    if (program)
        *program = found;
    if (!found)
        return NULL;
    struct environment env = {.arena = arena};
    environment_pass(&env, "PATH");
    environment_pass(&env, "HOME");
    char option[] = "--version", *argv[] = {(char *)found, option, NULL};
    struct process process = {.argv = argv,
                              .envp = environment_vector(&env),
                              .in = -1,
                              .out = -1,
                              .err = -1,
                              .deadline_ms = 10000};
    AUTO_BUF text = {.max = 4096};
    int status;
    if (process_capture(&status, &text, &process, NULL, 0) < 0 || status != 0) {
        error_clear();
        return NULL;
    }
    size_t len = strspn(buf_text(&text), "0123456789.");
    return len ? arena_strndup(arena, buf_text(&text), len) : NULL;
}

/* Of what it prints, the lines with its findings. */
static const char *findings(const char *printed, struct arena *arena)
{
    static const char mark[] = "\xE2\x9D\xAF"; /* a heavy angle */
    struct strings lines = {0}, found = {0};
    strings_split(&lines, arena, printed, '\n');
    for (size_t i = 0; i < lines.count; i++) {
        const char *at = strstr(lines.items[i], mark);
        if (at && !strstr(at, "author:"))
            strings_add(&found, arena, at + strlen(mark) + (at[strlen(mark)] == ' '));
    }
    return found.count ? strings_join(&found, arena, "; ") : "it gives no reason";
}

const char *claude_objection(const char *dir, struct arena *arena)
{
    const char *found = find_client(arena);
    const char *own = arena_printf(arena, "%s/client-%ld", paths.cache, (long)getpid());
    struct environment env = {.arena = arena};
    AUTO_BUF text = {.max = 65536};
    int status = 0;
    if (!found || fs_mkdirs(own, 0700) < 0) {
        error_clear();
        return NULL;
    }
    environment_pass(&env, "PATH");
    environment_set(&env, "HOME", own);
    environment_set(&env, "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1");
    environment_set(&env, "DISABLE_AUTOUPDATER", "1");
    const char *argv[] = {found, "plugin", "validate", dir, NULL};
    struct process process = {.argv = (char *const *)argv,
                              .envp = environment_vector(&env),
                              .cwd = own,
                              .in = -1,
                              .err = -1,
                              .deadline_ms = 20000};
    int result = process_capture(&status, &text, &process, NULL, 0);
    fs_remove_tree(own);
    error_clear();
    return result == 0 && status == 1 ? findings(buf_text(&text), arena) : NULL;
}
