/*
 * URLs, read by our own rules and by nothing else: what they accept is what the helper connects to.
 */
#ifndef PAII_BASE_URL_H
#define PAII_BASE_URL_H

#include "base/arena.h"

#include <stdbool.h>

enum url_scheme { URL_HTTPS, URL_HTTP, URL_SSH, URL_FILE };

/* The parts of a URL that url_check() accepted. */
struct url {
    enum url_scheme scheme;
    const char *user; /* ssh only; NULL for none */
    const char *host; /* lower case, an IPv6 address without brackets; "" for URL_FILE */
    unsigned port;    /* 0: the scheme's own */
    const char *path; /* begins with '/'; of https and http with its query, and as it stands; of ssh
                         and file with %XX decoded */
};

/*
 * Checks a URL by our own rules: https and ssh only (`local` also allows file: and absolute paths,
 * http to loopback), no user-controlled options, no control characters, a host, no password.
 * ERR_REFUSED names the rule. In the arena, normalised: scheme and host in lower case, scp-like
 * git@host:path becomes ssh://git@host/path.
 */
int url_check(const char **out, struct arena *arena, const char *url, bool local);

/* The same check, and the parts. An absolute path reads as its file: URL. */
int url_parse(struct url *out, struct arena *arena, const char *url, bool local);

/* Same scheme, host and port: what a credential may be bound to. */
bool url_same_origin(const struct url *a, const struct url *b);
/* localhost and literal loopback, link-local, private and unspecified addresses. */
bool url_is_private(const struct url *url);

#endif
