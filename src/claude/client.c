/* The client itself. */
#include "claude/claude.h"

#include "base/error.h"
#include "base/fs.h"
#include "base/paths.h"
#include "base/process.h"

#include <ctype.h>
#include <string.h>

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
