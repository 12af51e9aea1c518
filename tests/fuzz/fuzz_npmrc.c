/*
 * A .npmrc, and a URL (its first line) that is asked with what it says: a secret is sent only if it
 * is that of the URL's own host or of a folder above it, and only if it is plain text.
 */
#include "base/error.h"
#include "base/text.h"
#include "fuzz.h"
#include "registry/npmrc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static bool is_plain(const char *text)
{
    for (const char *p = text; *p; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            return false;
    return text_is_utf8(text, strlen(text));
}

/* Whether `key` is a secret of `place` or of a folder above it. */
static bool owns(const char *key, const char *place)
{
    const char *name = strrchr(key, ':');
    size_t len = name ? (size_t)(name - key) : 0;

    if (!name || strncmp(key, place, len) != 0 ||
        (place[len] && place[len] != '/' && (len == 0 || place[len - 1] != '/')))
        return false;
    return strchr(place + 2, '/') <= place + len &&
           (strcmp(name, ":_authToken") == 0 || strcmp(name, ":_auth") == 0 ||
            strcmp(name, ":_password") == 0);
}

static void check_login(const struct npmrc *npmrc, const struct url *url)
{
    const char *place = npmrc_place(npmrc->arena, url);
    struct npmrc_login login;
    bool owned = false;

    for (size_t i = 0; i < npmrc->count; i++)
        owned |= owns(npmrc->settings[i].key, place);
    if (npmrc_login(&login, npmrc, url) < 0) {
        assert(error_code() == ERR_AUTH && owned);
        return;
    }
    assert(!login.secret || (owned && is_plain(login.secret)));
    assert(!login.user || (login.secret && is_plain(login.user)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    const char *text = arena_strndup(&arena, size ? (const char *)data : "", size), *value;
    const char *line = arena_strndup(&arena, text, strcspn(text, "\n"));
    struct npmrc npmrc;
    struct url url;

    setenv("TOKEN", "s3cret", 1);
    setenv("EMPTY", "", 1);
    npmrc_parse(&npmrc, ".npmrc", text + strlen(line), &arena);
    for (size_t i = 0; i < npmrc.count; i++) {
        value = npmrc_get(&npmrc, npmrc.settings[i].key);
        if (value && npmrc_expand(&value, &npmrc, value) < 0)
            assert(error_code() == ERR_AUTH);
    }
    if (url_parse(&url, &arena, line, true) == 0 && url.scheme != URL_FILE)
        check_login(&npmrc, &url);
    error_clear();
    arena_release(&arena);
    return 0;
}
