#include "registry/source.h"

#include "base/error.h"
#include "base/fs.h"
#include "base/name.h"
#include "base/semver.h"
#include "base/text.h"
#include "base/url.h"

#include <ctype.h>
#include <string.h>

/* ---- the parts ---- */

static bool has_control(const char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return true;
    }
    return false;
}

static bool hex_digits(const char *text, size_t count)
{
    return strspn(text, "0123456789abcdefABCDEF") == count && !text[count];
}

bool source_commit_valid(const char *commit)
{
    return hex_digits(commit, 40) || hex_digits(commit, 64);
}

bool source_sha256_valid(const char *sha256)
{
    return hex_digits(sha256, 64);
}

bool source_ref_valid(const char *ref)
{
    size_t len = strlen(ref);

    if (!len || len > 255 || ref[0] == '-' || ref[0] == '/' || ref[0] == '.')
        return false;
    if (has_control(ref) || strpbrk(ref, " ~^:?*[\\") || strstr(ref, "..") || strstr(ref, "@{") ||
        strstr(ref, "//") || strstr(ref, "/."))
        return false;
    return ref[len - 1] != '/' && ref[len - 1] != '.' && !text_ends(ref, ".lock");
}

bool source_is_archive(const char *path)
{
    static const char *const suffixes[] = {".tar.gz",  ".tgz", ".tar.xz",
                                           ".tar.zst", ".tar", ".zip"};
    size_t len = strcspn(path, "?#");

    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        size_t suffix = strlen(suffixes[i]);

        if (len > suffix && memcmp(path + len - suffix, suffixes[i], suffix) == 0)
            return true;
    }
    return false;
}

bool source_is_scp(const char *text)
{
    const char *at = strchr(text, '@'), *colon = strchr(text, ':'), *slash = strchr(text, '/');

    return at && colon && at > text && at + 1 < colon && colon[1] && (!slash || colon < slash);
}

const char *source_subpath(struct arena *arena, const char *text)
{
    struct strings parts = {0}, kept = {0};

    if (*text == '/' || strchr(text, '\\') || has_control(text) || strlen(text) > 512)
        return NULL;
    strings_split(&parts, arena, text, '/');
    for (size_t i = 0; i < parts.count; i++) {
        if (strcmp(parts.items[i], "..") == 0)
            return NULL;
        if (*parts.items[i] && strcmp(parts.items[i], ".") != 0)
            strings_add(&kept, arena, parts.items[i]);
    }
    return strings_join(&kept, arena, "/");
}

const char *source_join(struct arena *arena, const char *base, const char *path)
{
    if (!base || !*base)
        return path;
    return *path ? arena_printf(arena, "%s/%s", base, path) : base;
}

const char *source_text(const struct source *source, struct arena *arena)
{
    const char *ref = source->ref ? source->ref : source->commit;
    bool path = source->path && *source->path;

    if (source->kind == SOURCE_FOLDER)
        return path ? path_join(arena, source->url, source->path) : source->url;
    if (!source->url || !*source->url)
        return "nothing that paii can fetch";
    return arena_printf(arena, "%s%s%s%s%s", source->url, path ? "//" : "",
                        path ? source->path : "", ref ? "#" : "", ref ? ref : "");
}

/* ---- URLs ---- */

static int parse_fragment(struct source *out, struct arena *arena, const char *fragment)
{
    if (out->kind == SOURCE_ARCHIVE && text_starts(fragment, "sha256=") &&
        source_sha256_valid(fragment + 7)) {
        out->sha256 = arena_strdup(arena, fragment + 7);
        return 0;
    }
    if (out->kind == SOURCE_ARCHIVE) {
        fail(ERR_REFUSED, "'#%s' is no pin of an archive", fragment);
        error_hint("an archive is pinned by #sha256=, then 64 hex digits");
        return -ERR_REFUSED;
    }
    if (source_commit_valid(fragment))
        out->commit = arena_strdup(arena, fragment);
    else if (source_ref_valid(fragment))
        out->ref = arena_strdup(arena, fragment);
    else
        return fail(ERR_REFUSED, "'%s' is not the name of a branch, a tag or a commit", fragment);
    return 0;
}

/* Splits "//sub" off a URL without its fragment, in place. */
static int split_subfolder(struct source *out, struct arena *arena, char *url)
{
    char *after = strstr(url, "://"), *sub;

    sub = strstr(after ? after + 3 : url + (url[0] == '/'), "//");
    out->path = "";
    if (!sub)
        return 0;
    *sub = '\0';
    out->path = source_subpath(arena, sub + 2);
    if (!out->path)
        return fail(ERR_REFUSED, "'%s' leaves the tree of '%s'", sub + 2, url);
    return 0;
}

int source_parse_url(struct source *out, struct arena *arena, const char *text, bool local)
{
    char *url = arena_strdup(arena, text), *fragment = strchr(url, '#');
    int result;

    *out = (struct source){.kind = SOURCE_GIT, .path = ""};
    if (fragment)
        *fragment++ = '\0';
    if (source_is_archive(url))
        out->kind = SOURCE_ARCHIVE;
    result = split_subfolder(out, arena, url);
    if (result < 0)
        return result;
    if (out->kind == SOURCE_GIT && source_is_archive(url))
        out->kind = SOURCE_ARCHIVE;
    if (fragment) {
        result = parse_fragment(out, arena, fragment);
        if (result < 0)
            return result;
    }
    return url_check(&out->url, arena, url, local);
}

/* ---- what a person types ---- */

static bool is_url(const char *text)
{
    const char *scheme = strstr(text, "://");

    return (scheme && strcspn(text, "/?#@") >= (size_t)(scheme - text)) || source_is_scp(text);
}

static bool is_path(const char *text)
{
    return strcmp(text, ".") == 0 || strcmp(text, "..") == 0 || strcmp(text, "~") == 0 ||
           text_starts(text, "./") || text_starts(text, "../") || text_starts(text, "/") ||
           text_starts(text, "~/");
}

/* registry/name or registry/name@range, both valid names. */
static bool is_qualified(const char *text)
{
    const char *slash = strchr(text, '/');

    return slash && name_valid_n(text, (size_t)(slash - text)) &&
           name_valid_n(slash + 1, strcspn(slash + 1, "@"));
}

static bool is_repository(const char *path, struct arena *arena)
{
    return text_ends(path, ".git") || (fs_is_file(path_join(arena, path, "HEAD")) &&
                                       fs_is_dir(path_join(arena, path, "objects")));
}

static int parse_path(struct spec *out, struct arena *arena, const char *text)
{
    struct source *source = &out->source;
    char *path = arena_strdup(arena, text), *fragment = NULL;
    int result;

    *source = (struct source){.kind = SOURCE_FOLDER, .path = ""};
    /* A path that exists as it stands has no subfolder and no ref. */
    if (!fs_exists(path_absolute(arena, text))) {
        fragment = strchr(path, '#');
        if (fragment)
            *fragment++ = '\0';
        result = split_subfolder(source, arena, path);
        if (result < 0)
            return result;
    }
    path = path_absolute(arena, path);
    source->url = path;
    if (fs_is_file(path) && source_is_archive(path))
        source->kind = SOURCE_ARCHIVE;
    else if (!fs_is_dir(path))
        return fail(ERR_NOT_FOUND, "there is no folder or archive '%s'", path);
    else if (fragment || is_repository(path, arena))
        source->kind = SOURCE_GIT;
    return fragment ? parse_fragment(source, arena, fragment) : 0;
}

static int parse_name(struct spec *out, struct arena *arena, const char *text)
{
    const char *slash = strchr(text, '/'), *name = slash ? slash + 1 : text;
    size_t len = strcspn(name, "@");
    int result;

    out->kind = SPEC_NAME;
    if (slash) {
        out->registry = arena_strndup(arena, text, (size_t)(slash - text));
        result = name_check("registry", out->registry);
        if (result < 0)
            return result;
    }
    out->name = arena_strndup(arena, name, len);
    result = name_check("plugin", out->name);
    if (result < 0 || !name[len])
        return result;
    out->range = arena_strdup(arena, name + len + 1);
    if (*out->range && range_parse(arena, out->range, true))
        return 0;
    fail(ERR_CONFIG, "'%s' in '%s' is not a version range", out->range, text);
    error_hint("for example %s@1.2, %s@^1.2 or '%s@>=1 <3'", out->name, out->name, out->name);
    return -ERR_CONFIG;
}

int spec_parse(struct spec *out, struct arena *arena, const char *text)
{
    *out = (struct spec){.text = arena_strdup(arena, text)};
    if (!*text || has_control(text) || strlen(text) > 4096)
        return fail(ERR_REFUSED, "'%s' names no plugin", text);
    if (is_url(text)) {
        out->kind = SPEC_SOURCE;
        return source_parse_url(&out->source, arena, text, true);
    }
    if (is_path(text) || (strchr(text, '/') && !is_qualified(text) && fs_exists(text)) ||
        (source_is_archive(text) && fs_is_file(text))) {
        out->kind = SPEC_SOURCE;
        return parse_path(out, arena, text);
    }
    if (strchr(text, '/') && !is_qualified(text)) {
        fail(ERR_NOT_FOUND, "'%s' is neither a path that exists nor a plugin of a registry", text);
        error_hint("write REGISTRY/NAME, a URL that begins with https://, or ./FOLDER");
        return -ERR_NOT_FOUND;
    }
    return parse_name(out, arena, text);
}
