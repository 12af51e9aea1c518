#include "base/url.h"

#include "base/error.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MAX_URL = 4096 };

#define DIGITS  "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* Where what may be shown of `url` goes on after its first `*head` bytes: behind a login, which may
 * be a secret. */
static const char *behind_login(const char *url, int *head)
{
    const char *scheme = strstr(url, "://");
    const char *rest = scheme ? scheme + 3 : url;
    const char *at = memrchr(rest, '@', strcspn(rest, "/?#"));
    bool hidden = at && (memchr(rest, ':', (size_t)(at - rest)) ||
                         (scheme && strncasecmp(url, "http", 4) == 0));

    *head = rest - url < 20 ? (int)(rest - url) : 0;
    if (hidden)
        return at;
    return url + *head;
}

static int refuse(const char *url, const char *rule)
{
    int head;
    const char *shown = behind_login(url, &head);

    fail(ERR_REFUSED, "refused the URL '%.*s%s%.200s': %s", head, url,
         shown == url + head ? "" : "...", shown, rule);
    error_hint("use https://HOST/PATH or ssh://USER@HOST/PATH");
    return -ERR_REFUSED;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* `text` with %XX replaced; NULL if it is malformed or hides a control character. */
static char *decode(struct arena *arena, const char *text)
{
    char *out = arena_strdup(arena, text), *to = out;

    for (const char *p = text; *p; p++) {
        if (*p != '%') {
            *to++ = *p;
            continue;
        }
        if (hex_value(p[1]) < 0 || hex_value(p[2]) < 0)
            return NULL;
        *to = (char)(hex_value(p[1]) << 4 | hex_value(p[2]));
        if ((unsigned char)*to < 0x20 || *to == 0x7f)
            return NULL;
        to++;
        p += 2;
    }
    *to = '\0';
    return out;
}

/* ---- addresses ---- */

static bool is_localhost(const char *host)
{
    size_t len = strlen(host);

    return strcmp(host, "localhost") == 0 || (len > 10 && !strcmp(host + len - 10, ".localhost"));
}

static bool is_loopback(const char *host)
{
    unsigned char a[16];

    if (inet_pton(AF_INET, host, a) == 1)
        return a[0] == 127;
    if (inet_pton(AF_INET6, host, a) == 1)
        return memcmp(a, (const unsigned char[16]){[15] = 1}, 16) == 0;
    return is_localhost(host);
}

static bool private_v4(const unsigned char *a)
{
    return a[0] == 0 || a[0] == 10 || a[0] == 127 || (a[0] == 100 && (a[1] & 0xc0) == 64) ||
           (a[0] == 169 && a[1] == 254) || (a[0] == 172 && (a[1] & 0xf0) == 16) ||
           (a[0] == 192 && a[1] == 168) || a[0] >= 224;
}

bool url_is_private(const struct url *url)
{
    static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
    static const unsigned char zero[15];
    struct in_addr loose;
    unsigned char a[16];

    if (url->scheme == URL_FILE || is_localhost(url->host))
        return true;
    if (inet_aton(url->host, &loose)) { /* also "127.1" and "0x7f000001", which resolvers accept */
        memcpy(a, &loose.s_addr, 4);
        return private_v4(a);
    }
    if (inet_pton(AF_INET6, url->host, a) != 1)
        return false;
    if (memcmp(a, mapped, 12) == 0)
        return private_v4(a + 12);
    return memcmp(a, zero, 15) == 0 || (a[0] & 0xfe) == 0xfc || (a[0] == 0xfe && a[1] >= 0x80) ||
           a[0] == 0xff;
}

/* ---- parsing ---- */

static char *lowered(struct arena *arena, const char *text, size_t len)
{
    char *out = arena_strndup(arena, text, len);

    for (char *p = out; *p; p++) {
        if (*p >= 'A' && *p <= 'Z')
            *p |= 0x20;
    }
    return out;
}

/* `text` up to `end` is "host", "host:port" or "[v6]:port". NULL, or the rule that it breaks. */
static const char *parse_host(struct url *out, struct arena *arena, const char *text,
                              const char *end)
{
    const char *stop;
    unsigned char v6[16];
    size_t len;

    if (*text == '[') {
        stop = memchr(text, ']', (size_t)(end - text));
        if (!stop)
            return "an address without its ']'";
        out->host = lowered(arena, text + 1, (size_t)(stop - text - 1));
        stop++;
        if (inet_pton(AF_INET6, out->host, v6) != 1)
            return "not an IPv6 address";
    } else {
        len = strspn(text, LETTERS DIGITS "-._");
        stop = text + len < end ? text + len : end;
        if (stop == text)
            return "no host";
        if (*text == '-' || *text == '.')
            return "a host may not begin with '-' or '.'";
        out->host = lowered(arena, text, (size_t)(stop - text));
    }
    if (stop < end && *stop == ':') {
        len = strspn(stop + 1, DIGITS);
        out->port = len > 0 && len < 6 ? (unsigned)strtoul(stop + 1, NULL, 10) : 0;
        if (out->port == 0 || out->port > 65535)
            return "not a port number";
        stop += 1 + len;
    }
    return stop == end ? NULL : "a character that a host may not hold";
}

/* What follows "https://" or "ssh://". */
static const char *parse_rest(struct url *out, struct arena *arena, const char *rest)
{
    const char *end = rest + strcspn(rest, "/?#");
    const char *at = memchr(rest, '@', (size_t)(end - rest)), *rule, *last;

    if (at) {
        size_t len = (size_t)(at - rest);

        if (out->scheme != URL_SSH)
            return "user names and passwords in a URL end up in files that others read";
        if (len == 0 || strspn(rest, LETTERS DIGITS "-._+") != len || *rest == '-')
            return "not a user name (passwords are never part of a URL)";
        out->user = arena_strndup(arena, rest, len);
        rest = at + 1;
    }
    rule = parse_host(out, arena, rest, end);
    if (rule)
        return rule;
    if (*end == '#' || strchr(end, '#'))
        return "a URL to fetch has no '#'";
    last = decode(arena, end);
    if (!last)
        return "a '%' that hides a control character or nothing";
    if (out->scheme == URL_SSH && (end[0] != '/' || end[1] == '\0' || strchr(end, '?')))
        return "an ssh URL needs a path, and has no '?'";
    if (out->scheme == URL_SSH)
        out->path = last;
    else
        out->path = *end == '/' ? end : arena_printf(arena, "/%s", end);
    return NULL;
}

static bool has_scheme(const char *url, const char *scheme, const char **rest)
{
    size_t len = strlen(scheme);

    if (strncasecmp(url, scheme, len) != 0 || strncmp(url + len, "://", 3) != 0)
        return false;
    *rest = url + len + 3;
    return true;
}

/* "https:x" is a slip of the pen, not a host of that name. */
static bool is_scheme(const char *text, size_t len)
{
    static const char *const schemes[] = {"https", "http", "ssh", "git",
                                          "file",  "ftp",  "ext", "fd"};

    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        if (strlen(schemes[i]) == len && strncasecmp(text, schemes[i], len) == 0)
            return true;
    }
    return false;
}

/* A colon before any '/': host:path, as scp has it. */
static const char *parse_scp(struct url *out, struct arena *arena, const char *url)
{
    const char *colon = strchr(url, ':'), *slash = strchr(url, '/'), *path;

    if (!colon || (slash && slash < colon))
        return "neither https: nor ssh:";
    path = colon + 1;
    if (is_scheme(url, (size_t)(colon - url)) || *path == ':' ||
        (path[0] == '/' && path[1] == '/') || colon - url < 2 || *url == '[')
        return "neither https: nor ssh:";
    if (*path == '\0' || *path == '-')
        return "no path after the host";
    out->scheme = URL_SSH;
    path += *path == '/';
    return parse_rest(out, arena, arena_printf(arena, "%.*s/%s", (int)(colon - url), url, path));
}

static const char *parse_file(struct url *out, struct arena *arena, const char *rest)
{
    out->scheme = URL_FILE;
    out->host = "";
    if (strncmp(rest, "localhost/", 10) == 0)
        rest += 9;
    if (*rest != '/')
        return "a file: URL needs an absolute path and no host";
    out->path = decode(arena, rest);
    return out->path ? NULL : "a '%' that hides a control character or nothing";
}

static const char *parse(struct url *out, struct arena *arena, const char *url, bool local)
{
    const char *rest, *rule;

    if (strlen(url) > MAX_URL)
        return "longer than 4096 bytes";
    for (const char *p = url; *p; p++) {
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            return "a control character";
    }
    if (*url == '/') {
        out->scheme = URL_FILE;
        out->host = "";
        out->path = arena_strdup(arena, url);
        return local ? NULL : "a path on this machine may come from the command line alone";
    }
    for (const char *p = url; *p; p++) {
        if (*p == ' ' || *p == '\\' || (unsigned char)*p >= 0x80)
            return "a character that has to be written as %XX";
    }
    if (has_scheme(url, "file", &rest))
        return local ? parse_file(out, arena, rest)
                     : "a file: URL may come from the command line alone";
    out->scheme = URL_SSH;
    if (has_scheme(url, "ssh", &rest) || has_scheme(url, "git+ssh", &rest))
        return parse_rest(out, arena, rest);
    out->scheme = URL_HTTPS;
    if (has_scheme(url, "https", &rest))
        return parse_rest(out, arena, rest);
    if (!has_scheme(url, "http", &rest))
        return parse_scp(out, arena, url);
    out->scheme = URL_HTTP;
    rule = parse_rest(out, arena, rest);
    if (!rule && !(local && is_loopback(out->host)))
        return "plain http can be read and changed on the way";
    return rule;
}

int url_parse(struct url *out, struct arena *arena, const char *url, bool local)
{
    const char *rule;

    *out = (struct url){0};
    rule = parse(out, arena, url, local);
    return rule ? refuse(url, rule) : 0;
}

/* The path of a URL whose parts were decoded, as a URL holds it. */
static const char *encode(struct arena *arena, const char *path)
{
    static const char digits[] = "0123456789ABCDEF";
    char *out = arena_alloc(arena, strlen(path) * 3 + 1), *to = out;

    for (const char *p = path; *p; p++) {
        unsigned char c = (unsigned char)*p;

        if (c > 0x20 && c < 0x7f && !strchr("%?#\\\"<>", c)) {
            *to++ = (char)c;
        } else {
            *to++ = '%';
            *to++ = digits[c >> 4];
            *to++ = digits[c & 15];
        }
    }
    *to = '\0';
    return out;
}

int url_check(const char **out, struct arena *arena, const char *url, bool local)
{
    static const char *const names[] = {
        [URL_HTTPS] = "https", [URL_HTTP] = "http", [URL_SSH] = "ssh", [URL_FILE] = "file"};
    struct url parts;
    bool v6;

    if (url_parse(&parts, arena, url, local) < 0)
        return -ERR_REFUSED;
    if (*url == '/') {
        *out = parts.path;
        return 0;
    }
    v6 = strchr(parts.host, ':') != NULL;
    *out = arena_printf(
        arena, "%s://%s%s%s%s%s%s%s%s", names[parts.scheme], parts.user ? parts.user : "",
        parts.user ? "@" : "", v6 ? "[" : "", parts.host, v6 ? "]" : "", parts.port ? ":" : "",
        parts.port ? arena_printf(arena, "%u", parts.port) : "",
        parts.scheme == URL_HTTPS || parts.scheme == URL_HTTP ? parts.path
                                                              : encode(arena, parts.path));
    /* What is kept is checked again by who reads it. */
    return strlen(*out) > MAX_URL ? refuse(url, "longer than 4096 bytes") : 0;
}

static unsigned port_of(const struct url *url)
{
    static const unsigned usual[] = {
        [URL_HTTPS] = 443, [URL_HTTP] = 80, [URL_SSH] = 22, [URL_FILE] = 0};

    return url->port ? url->port : usual[url->scheme];
}

bool url_same_origin(const struct url *a, const struct url *b)
{
    return a->scheme == b->scheme && strcmp(a->host, b->host) == 0 && port_of(a) == port_of(b);
}
