#include "hooks/condition.h"

#include "base/fs.h"
#include "base/paths.h"
#include "base/text.h"

#include <string.h>

const char *const condition_keys[] = {"command", "file_path", "notebook_path", "path",
                                      "url",     "pattern",   "query",         NULL};

/* ---- patterns ---- */

/* `*` stands for any text. Linear but for the last star, as no earlier one need be tried again. */
static bool glob_matches(const char *pattern, const char *text)
{
    const char *star = NULL, *resume = NULL;
    while (*text) {
        if (*pattern == '*') {
            star = ++pattern;
            resume = text;
        } else if (*pattern == *text) {
            pattern++;
            text++;
        } else if (star) {
            pattern = star;
            text = ++resume;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return !*pattern;
}

/* "git:*" and "git *" are the word alone too. */
static bool command_matches(const char *pattern, const char *command, struct arena *arena)
{
    size_t len = strlen(pattern);
    if (len >= 2 && (text_ends(pattern, ":*") || text_ends(pattern, " *"))) {
        const char *word = arena_strndup(arena, pattern, len - 2);
        return glob_matches(word, command) ||
               glob_matches(arena_printf(arena, "%s *", word), command);
    }
    return glob_matches(pattern, command);
}

static enum verdict line_matches(const char *pattern, const char *line, struct arena *arena)
{
    struct strings commands = {0};
    if (command_matches(pattern, line, arena))
        return VERDICT_YES;
    if (!shell_commands(&commands, line, arena))
        return VERDICT_UNKNOWN;
    for (size_t i = 0; i < commands.count; i++)
        if (command_matches(pattern, commands.items[i], arena))
            return VERDICT_YES;
    return VERDICT_NO;
}

/* The path itself or a folder above it; a pattern without a slash may stand anywhere. */
static bool names_path(const char *pattern, const char *path, struct arena *arena)
{
    size_t len = strlen(pattern);
    const char *name = arena_strndup(arena, pattern, len - (len > 1 && pattern[len - 1] == '/'));
    if (glob_matches(name, path) || glob_matches(arena_printf(arena, "%s/*", name), path))
        return true;
    return !strchr(name, '/') && (glob_matches(arena_printf(arena, "*/%s", name), path) ||
                                  glob_matches(arena_printf(arena, "*/%s/*", name), path));
}

/* "//" begins an absolute path, "~/" one at home; others are as written or from the working
 * directory. */
static bool path_matches(const char *pattern, const char *path, const char *cwd,
                         struct arena *arena)
{
    size_t len = cwd ? strlen(cwd) : 0;
    bool below = len && strncmp(path, cwd, len) == 0 && path[len] == '/';
    if (text_starts(pattern, "//"))
        return names_path(pattern + 1, path, arena);
    if (text_starts(pattern, "~/"))
        return names_path(path_join(arena, paths.home, pattern + 2), path, arena);
    if (names_path(pattern, path, arena))
        return true;
    pattern += text_starts(pattern, "**/") ? 3 : text_starts(pattern, "./") ? 2 : *pattern == '/';
    return below && names_path(pattern, path + len + 1, arena);
}

static bool url_matches(const char *pattern, const char *url)
{
    static const char domain[] = "domain:";
    if (!text_starts(pattern, domain))
        return glob_matches(pattern, url);
    const char *host = strstr(url, "://");
    pattern += sizeof domain - 1;
    host = host ? host + 3 : url;
    size_t end = strcspn(host, "/?#");
    for (const char *at; (at = memchr(host, '@', end));) {
        end -= (size_t)(at + 1 - host);
        host = at + 1;
    }
    end = strcspn(host, ":/?#");
    return strlen(pattern) == end && strncasecmp(host, pattern, end) == 0;
}

/* ---- the rule ---- */

static bool tool_matches(const char *rule, size_t len, const char *tool, struct arena *arena)
{
    const char *name = arena_strndup(arena, rule, len);
    if (!text_starts(name, "mcp__"))
        return strcmp(name, tool) == 0;
    /* a server: all of its tools */
    return glob_matches(name, tool) || (!strstr(name + strlen("mcp__"), "__") &&
                                        glob_matches(arena_printf(arena, "%s__*", name), tool));
}

static enum verdict input_matches(const char *pattern, const struct payload *payload,
                                  struct arena *arena)
{
    struct json_slice found = {0};
    size_t key = 0;
    for (; condition_keys[key] && !found.start; key += !found.start)
        found = json_member(payload->tool_input, condition_keys[key], NULL);
    if (!found.start)
        return VERDICT_UNKNOWN;
    const char *text = json_text(found, arena), *name = condition_keys[key];
    if (!text)
        return VERDICT_UNKNOWN;
    if (strcmp(name, "command") == 0)
        return line_matches(pattern, text, arena);
    if (strcmp(name, "url") == 0)
        return url_matches(pattern, text) ? VERDICT_YES : VERDICT_NO;
    if (text_ends(name, "path"))
        return path_matches(pattern, text, payload->cwd, arena) ? VERDICT_YES : VERDICT_NO;
    return glob_matches(pattern, text) ? VERDICT_YES : VERDICT_NO;
}

enum verdict condition_holds(const char *condition, const struct payload *payload,
                             struct arena *arena)
{
    size_t name = strcspn(condition, "("), len = strlen(condition);
    if (!payload->tool_name)
        return VERDICT_UNKNOWN;
    if (!tool_matches(condition, name, payload->tool_name, arena))
        return VERDICT_NO;
    if (name == len)
        return VERDICT_YES;
    if (condition[len - 1] != ')')
        return VERDICT_NO;
    const char *pattern = arena_strndup(arena, condition + name + 1, len - name - 2);
    if (!*pattern || strcmp(pattern, "*") == 0)
        return VERDICT_YES;
    return input_matches(pattern, payload, arena);
}
