#include "registry/npm.h"

#include "base/data.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/semver.h"
#include "base/text.h"
#include "base/url.h"
#include "registry/npm_config.h"

#include <string.h>

enum { NAME_MAX_BYTES = 214 /* npm's own limit */, PACKAGE_JSON_MAX = 4 << 20 };

static const char plain[] = "npm:", with_registry[] = "npm+";

#define NAME_START "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-~"
#define NAME_CHARS NAME_START "._"

/* ---- names ---- */

static bool part_valid(const char *text, size_t len)
{
    return len && strspn(text, NAME_START) > 0 && strspn(text, NAME_CHARS) >= len;
}

bool npm_name_valid(const char *name)
{
    const char *slash = *name == '@' ? strchr(name, '/') : NULL;
    const char *own = slash ? slash + 1 : name;

    if (strlen(name) > NAME_MAX_BYTES ||
        (slash && !part_valid(name + 1, (size_t)(slash - name - 1))))
        return false;
    return part_valid(own, strlen(own));
}

bool npm_version_valid(const char *text)
{
    struct arena scratch = {0};
    struct version version;
    bool range = strlen(text) <= 255 &&
                 (version_parse(&version, text, true) || range_parse(&scratch, text, false));

    arena_release(&scratch);
    return range || (strlen(text) <= 255 && part_valid(text, strlen(text)));
}

const char *npm_url(struct arena *arena, const char *registry, const char *name)
{
    return registry ? arena_printf(arena, "%s%s%s%s", with_registry, registry,
                                   text_ends(registry, "/") ? "" : "/", name)
                    : arena_printf(arena, "%s%s", plain, name);
}

const char *npm_package(const char *url)
{
    const char *slash = strrchr(url, '/'), *at;

    if (text_starts(url, plain))
        return url + strlen(plain);
    if (!text_starts(url, with_registry) || !slash)
        return NULL;
    at = memrchr(url, '/', (size_t)(slash - url));
    return at && at[1] == '@' ? at + 1 : slash + 1;
}

/* ---- asking ---- */

/* The registry that is asked for the package, without '/' at its end. */
static int choose_registry(const char **out, const char *source, const char *package,
                           struct arena *arena)
{
    const char *text;
    int result = 0;
    size_t len;

    if (text_starts(source, with_registry))
        text = arena_strndup(arena, source + strlen(with_registry),
                             (size_t)(package - source) - strlen(with_registry));
    else
        result = npm_config_registry(&text, package, arena);
    if (result == 0)
        result = url_check(out, arena, text, true);
    if (result == 0 && !text_starts(*out, "http"))
        result = fail(ERR_REFUSED, "'%s' is not https", text);
    if (result < 0)
        return error_context(result, "the npm registry of '%s'", package);
    len = strlen(*out);
    while (len && (*out)[len - 1] == '/')
        len--;
    *out = arena_strndup(arena, *out, len);
    return 0;
}

int npm_prepare(struct fetch_job *job, struct arena *arena)
{
    const char *source = job->source.url, *package = npm_package(source), *registry;
    int result;

    /* Its token is npm's, and the person's own registry may be where it likes. */
    job->registry = NULL;
    job->group = NULL;
    job->op = package ? FETCH_NPM : FETCH_GET;
    job->into = "package.tgz";
    if (!package) {
        job->public_only = job->public_only && !npm_config_owns(source, arena);
        return npm_config_login(&job->login, source, arena);
    }
    job->public_only &= !text_starts(source, plain);
    result = choose_registry(&registry, source, package, arena);
    if (result < 0)
        return result;
    job->source.url = registry;
    job->package = package;
    job->version = job->source.ref;
    return npm_config_login(&job->login, arena_printf(arena, "%s/%s", registry, package), arena);
}

/* ---- package.json ---- */

/* NULL if there is none that can be read; the client would not mind. */
static const struct data *read_package(const char *dir, struct arena *arena)
{
    struct diags diags = {.arena = arena};
    const char *path = path_join(arena, dir, "package.json");
    const struct data *package;
    AUTO_BUF text = {0};

    if (!fs_is_file(path))
        return NULL;
    if (fs_read(&text, path, PACKAGE_JSON_MAX) < 0) {
        error_clear();
        return NULL;
    }
    package = data_parse_json(arena, path, buf_text(&text), text.len, false, &diags);
    return package && package->type == DATA_TABLE ? package : NULL;
}

static const char *said(const struct data *package, const char *key)
{
    const struct data *node = package ? data_get(package, key) : NULL;

    return node && node->type == DATA_STRING ? node->text : "";
}

int npm_check(const char *dir, const char *package, const char *version, struct arena *arena)
{
    const struct data *own = read_package(dir, arena);
    struct version there, asked;

    if (strcmp(said(own, "name"), package) == 0 &&
        version_parse(&there, said(own, "version"), true) && version_parse(&asked, version, true) &&
        version_compare(&there, &asked) == 0)
        return 0;
    fail(ERR_MISMATCH, "the npm registry gave '%s' %s, and its package.json says '%s' %s", package,
         version, said(own, "name"), said(own, "version"));
    error_hint("tell the package's maintainers; nothing of it was used");
    return -ERR_MISMATCH;
}

const char *npm_version(const char *dir, struct arena *arena)
{
    return said(read_package(dir, arena), "version");
}

void npm_needs(struct strings *out, const char *dir, struct arena *arena)
{
    const struct data *own = read_package(dir, arena);
    const struct data *needs = own ? data_get(own, "dependencies") : NULL;

    for (const struct data *c = needs && needs->type == DATA_TABLE ? needs->children : NULL; c;
         c = c->next)
        if (npm_name_valid(c->key) &&
            !fs_exists(path_join(arena, dir, arena_printf(arena, "node_modules/%s", c->key))))
            strings_add(out, arena, c->key);
}
