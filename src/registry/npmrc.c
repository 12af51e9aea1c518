#include "registry/npmrc.h"

#include "base/data.h"
#include "base/error.h"
#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* ---- lines ---- */

/* A text in double quotes is one of JSON; as it is written if it is not. */
static const char *json_text(struct arena *arena, const char *text, size_t len)
{
    struct diags diags = {.arena = arena};
    const struct data *node = data_parse_json(arena, "", text, len, false, &diags);

    if (node && node->type == DATA_STRING && strlen(node->text) == node->len)
        return node->text;
    return arena_strndup(arena, text, len);
}

/* Up to a comment; a backslash takes its meaning from ';', '#' and itself. */
static const char *plain_text(struct arena *arena, const char *text, const char *end)
{
    char *out = arena_alloc(arena, (size_t)(end - text) + 1), *to = out;

    for (; text < end && *text != ';' && *text != '#'; text++) {
        if (*text == '\\' && text + 1 < end && strchr("\\;#", text[1]))
            text++;
        *to++ = *text;
    }
    while (to > out && isspace((unsigned char)to[-1]))
        to--;
    *to = '\0';
    return out;
}

/* A key or a value. */
static const char *read_text(struct arena *arena, const char *text, const char *end)
{
    while (text < end && isspace((unsigned char)*text))
        text++;
    while (end > text && isspace((unsigned char)end[-1]))
        end--;
    if (end - text < 2 || end[-1] != *text || (*text != '"' && *text != '\''))
        return plain_text(arena, text, end);
    return *text == '"' ? json_text(arena, text, (size_t)(end - text))
                        : arena_strndup(arena, text + 1, (size_t)(end - text) - 2);
}

static bool begins_section(const char *line, const char *end)
{
    const char *close = *line == '[' ? memchr(line, ']', (size_t)(end - line)) : NULL;

    while (close && close + 1 < end && isspace((unsigned char)close[1]))
        close++;
    return close && close + 1 == end;
}

static void read_setting(struct npmrc *out, const char *line, const char *end)
{
    const char *equals = memchr(line, '=', (size_t)(end - line));

    while (line < end && isspace((unsigned char)*line))
        line++;
    if (!equals || line == equals || *line == '#' || *line == ';')
        return;
    *arena_push(out->arena, &out->settings, &out->count, &out->capacity) = (struct npmrc_setting){
        read_text(out->arena, line, equals), read_text(out->arena, equals + 1, end)};
}

void npmrc_parse(struct npmrc *out, const char *path, const char *text, struct arena *arena)
{
    const char *end;

    *out = (struct npmrc){.path = path, .arena = arena};
    for (const char *line = text; *line; line = end + strspn(end, "\r\n")) {
        end = line + strcspn(line, "\r\n");
        if (begins_section(line, end))
            return; /* it has no end */
        read_setting(out, line, end);
    }
}

const char *npmrc_get(const struct npmrc *npmrc, const char *key)
{
    const char *value = NULL;

    for (size_t i = 0; i < npmrc->count; i++)
        if (strcmp(npmrc->settings[i].key, key) == 0)
            value = npmrc->settings[i].value;
    return value && *value ? value : NULL;
}

/* ---- ${NAME} ---- */

/* The length of the name in "${NAME}" or "${NAME?}" at `text`; 0 if that is something else. */
static size_t variable(const char *text, bool *optional)
{
    size_t len = text_starts(text, "${") ? strcspn(text + 2, "${}?") : 0;

    *optional = len && text[2 + len] == '?';
    return len && text[2 + len + *optional] == '}' ? len : 0;
}

int npmrc_expand(const char **out, const struct npmrc *npmrc, const char *text)
{
    AUTO_BUF value = {0};
    bool optional;
    size_t len;

    for (const char *p = text; *p;) {
        len = variable(p, &optional);
        if (!len) {
            buf_putc(&value, *p++);
            continue;
        }
        const char *name = arena_strndup(npmrc->arena, p + 2, len);
        const char *set = getenv(name);

        if ((!set || !*set) && !optional) {
            fail(ERR_AUTH, "%s is not set, and '%s' needs it", name, npmrc->path);
            error_hint("set %s in the environment", name);
            return -ERR_AUTH;
        }
        buf_puts(&value, set ? set : "");
        p += strlen("${}") + len + optional;
    }
    *out = arena_strdup(npmrc->arena, buf_text(&value));
    return 0;
}

/* ---- secrets ---- */

/* A path that goes up may lead out of the folder whose secret it asks for. */
static bool goes_up(const char *path)
{
    return strstr(path, "/.") || text_find(path, "%2e");
}

const char *npmrc_place(struct arena *arena, const struct url *url)
{
    bool v6 = strchr(url->host, ':'), usual = url->port == (url->scheme == URL_HTTPS ? 443 : 80);
    const char *port = url->port && !usual ? arena_printf(arena, ":%u", url->port) : "";
    const char *path = goes_up(url->path) ? "/" : url->path;

    return arena_printf(arena, "//%s%s%s%s%.*s", v6 ? "[" : "", url->host, v6 ? "]" : "", port,
                        (int)strcspn(path, "?"), path);
}

/* What one place has, as it is written. */
struct written {
    const char *place;
    const char *token, *both, *user, *password;
};

static const char *at_place(const struct npmrc *npmrc, const char *place, const char *key)
{
    return npmrc_get(npmrc, arena_printf(npmrc->arena, "%s:%s", place, key));
}

static bool find_at(struct written *out, const struct npmrc *npmrc, const char *place)
{
    *out = (struct written){.place = place,
                            .token = at_place(npmrc, place, "_authToken"),
                            .both = at_place(npmrc, place, "_auth"),
                            .user = at_place(npmrc, place, "username"),
                            .password = at_place(npmrc, place, "_password")};
    return out->token || out->both || (out->user && out->password);
}

/* From the place itself upwards, each folder with and without the '/' at its end. */
static bool find_nearest(struct written *out, const struct npmrc *npmrc, const char *place)
{
    size_t host = 2 + strcspn(place + 2, "/");

    for (size_t len = strlen(place); len >= host; len--)
        if ((!place[len] || place[len] == '/' || place[len - 1] == '/') &&
            find_at(out, npmrc, arena_strndup(npmrc->arena, place, len)))
            return true;
    return false;
}

/* Base64, in either alphabet, with '=' at its end or without; NULL if it is none, or of no text. */
static char *decode(struct arena *arena, const char *text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *out = arena_alloc(arena, strlen(text) + 1), *to = out;
    unsigned bits = 0, count = 0;

    for (; *text && *text != '='; text++) {
        const char *digit = strchr(digits, *text == '-' ? '+' : *text == '_' ? '/' : *text);

        if (!digit)
            return NULL;
        bits = bits << 6 | (unsigned)(digit - digits);
        count += 6;
        if (count >= 8) {
            count -= 8;
            *to++ = (char)(bits >> count & 0xff);
        }
    }
    return text[strspn(text, "=")] || memchr(out, '\0', (size_t)(to - out)) ? NULL : out;
}

static int unreadable(const struct npmrc *npmrc, const char *place, const char *key,
                      const char *wanted)
{
    fail(ERR_AUTH, "'%s': %s:%s is not %s", npmrc->path, place, key, wanted);
    error_hint("correct it, or set %s:_authToken", place);
    return -ERR_AUTH;
}

static int read_both(struct npmrc_login *out, const struct npmrc *npmrc,
                     const struct written *written)
{
    const char *text = NULL, *colon;
    int result = npmrc_expand(&text, npmrc, written->both);

    if (result < 0)
        return result;
    text = decode(npmrc->arena, text);
    colon = text ? strchr(text, ':') : NULL;
    if (!colon)
        return unreadable(npmrc, written->place, "_auth", "USER:PASSWORD in base64");
    out->user = arena_strndup(npmrc->arena, text, (size_t)(colon - text));
    out->secret = colon + 1;
    return 0;
}

static int read_two(struct npmrc_login *out, const struct npmrc *npmrc,
                    const struct written *written)
{
    const char *text = NULL;
    int result = npmrc_expand(&out->user, npmrc, written->user);

    if (result == 0)
        result = npmrc_expand(&text, npmrc, written->password);
    if (result < 0)
        return result;
    out->secret = decode(npmrc->arena, text);
    return out->secret ? 0 : unreadable(npmrc, written->place, "_password", "a password in base64");
}

static bool can_be_sent(const char *text)
{
    for (const char *p = text; *p; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            return false;
    return text_is_utf8(text, strlen(text));
}

int npmrc_login(struct npmrc_login *out, const struct npmrc *npmrc, const struct url *url)
{
    struct written written;
    const char *source;
    int result;

    *out = (struct npmrc_login){0};
    if (!find_nearest(&written, npmrc, npmrc_place(npmrc->arena, url)))
        return 0;
    source = written.token ? written.token : written.both ? written.both : written.password;
    out->in_file = !strstr(source, "${");
    result = written.token  ? npmrc_expand(&out->secret, npmrc, written.token)
             : written.both ? read_both(out, npmrc, &written)
                            : read_two(out, npmrc, &written);
    if (result == 0 && !(can_be_sent(out->secret) && can_be_sent(out->user ? out->user : "")))
        result = fail(ERR_AUTH, "the secret of %s in '%s' is not plain text", written.place,
                      npmrc->path);
    return result;
}
