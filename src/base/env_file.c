#include "base/env_file.h"

#include "base/error.h"
#include "base/fs.h"
#include "base/paths.h"
#include "base/text.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_SECRETS = 1 << 20 };

static int check_mode(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return fail_errno(ERR_GENERIC, "cannot read '%s'", path);
    if (st.st_uid == geteuid() && !(st.st_mode & 077))
        return 0;
    fail(ERR_REFUSED, "'%s' holds secrets and is open to others", path);
    error_hint("chmod 600 '%s'", path);
    return -ERR_REFUSED;
}

/* The value of a quoted text that begins after the quote; NULL if it does not end on this line. */
static const char *unquote(const char *at, char quote, struct arena *arena)
{
    char *value = arena_alloc(arena, strlen(at) + 1);
    size_t len = 0;
    for (; *at && *at != quote; at++) {
        bool escaped = *at == '\\' && quote == '"' && at[1] && strchr("n\"\\", at[1]);
        if (escaped)
            at++;
        value[len++] = escaped && *at == 'n' ? '\n' : *at;
    }
    if (*at != quote || (at[1] && at[1] != ' ' && at[1] != '\t'))
        return NULL;
    return value;
}

static const char *trimmed(const char *text, size_t len, struct arena *arena)
{
    while (len && strchr(" \t\r", text[0]))
        text++, len--;
    while (len && strchr(" \t\r", text[len - 1]))
        len--;
    return arena_strndup(arena, text, len);
}

/* Gives the line's value if it assigns `name`, else NULL. `*malformed` is set for a broken line. */
static const char *line_value(const char *line, const char *name, bool *malformed,
                              struct arena *arena)
{
    if (!*line || *line == '#')
        return NULL;
    if (text_starts(line, "export "))
        line += strlen("export ");
    const char *equals = strchr(line, '=');
    *malformed = !equals;
    if (!equals || strcmp(trimmed(line, (size_t)(equals - line), arena), name) != 0)
        return NULL;
    const char *value = trimmed(equals + 1, strlen(equals + 1), arena);
    if (*value != '"' && *value != '\'')
        return value;
    value = unquote(value + 1, *value, arena);
    *malformed = !value;
    return value;
}

/* The last assignment wins, as in a shell. */
int env_file_get(const char **out, const struct strings *lines, const char *name,
                 struct arena *arena)
{
    *out = NULL;
    for (size_t i = 0; i < lines->count; i++) {
        bool malformed = false;
        const char *line = trimmed(lines->items[i], strlen(lines->items[i]), arena);
        const char *value = line_value(line, name, &malformed, arena);
        if (malformed) {
            fail(ERR_CONFIG, "%s:%zu: expected NAME=value", paths.env_file, i + 1);
            return -ERR_CONFIG;
        }
        if (value)
            *out = value;
    }
    return 0;
}

int secret_file_read(struct buf *out, const char *path)
{
    int result = check_mode(path);

    return result == 0 ? fs_read(out, path, MAX_SECRETS) : result;
}

int env_file_read(struct strings *lines, struct arena *arena)
{
    AUTO_BUF text = {0};

    if (!fs_exists(paths.env_file))
        return 0;
    int result = secret_file_read(&text, paths.env_file);
    if (result == 0)
        strings_split(lines, arena, arena_strdup(arena, buf_text(&text)), '\n');
    return result;
}
