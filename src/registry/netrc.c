#include "registry/netrc.h"

#include "base/env_file.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/paths.h"

#include <string.h>
#include <strings.h>

const char *netrc_path(struct arena *arena)
{
    return path_join(arena, paths.home, ".netrc");
}

/* The next word, with "quotes" and \escapes inside them; NULL at the end. */
static const char *next_word(const char **at, struct arena *arena)
{
    const char *p = *at + strspn(*at, " \t\r\n");
    char *word = arena_alloc(arena, strlen(p) + 1);
    size_t len = 0;

    if (!*p)
        return NULL;
    if (*p == '"') {
        for (p++; *p && *p != '"'; p++) {
            if (*p == '\\' && p[1])
                p++;
            word[len++] = *p;
        }
        p += *p == '"';
    } else {
        len = strcspn(p, " \t\r\n");
        memcpy(word, p, len);
        p += len;
    }
    word[len] = '\0';
    *at = p;
    return word;
}

/* A macro ends at an empty line. */
static const char *after_macro(const char *at)
{
    const char *end = strstr(at, "\n\n");

    return end ? end : at + strlen(at);
}

static const char *after_comment(const char *at)
{
    return at + strcspn(at, "\n");
}

static int broken(const char *word, struct arena *arena)
{
    return fail(ERR_CONFIG, "%s: nothing stands after '%s'", netrc_path(arena), word);
}

static int find(const char *text, const char **login, const char **password, const char *host,
                struct arena *arena)
{
    const char *at = text, *word, *value;
    bool ours = false;

    while ((word = next_word(&at, arena))) {
        if (*word == '#') {
            at = after_comment(at);
            continue;
        }
        if (strcmp(word, "default") == 0) {
            ours = false;
            continue;
        }
        value = next_word(&at, arena);
        if (!value)
            return broken(word, arena);
        if (strcmp(word, "macdef") == 0)
            at = after_macro(at);
        else if (strcmp(word, "machine") == 0)
            ours = !*password && strcasecmp(value, host) == 0;
        else if (ours && strcmp(word, "login") == 0)
            *login = value;
        else if (ours && strcmp(word, "password") == 0)
            *password = value;
    }
    return 0;
}

int netrc_find(const char **login, const char **password, const char *host, struct arena *arena)
{
    AUTO_BUF text = {0};
    const char *path = netrc_path(arena);
    int result;

    *login = *password = NULL;
    if (!fs_exists(path))
        return 0;
    result = secret_file_read(&text, path);
    return result == 0 ? find(buf_text(&text), login, password, host, arena) : result;
}
