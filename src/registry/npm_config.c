#include "registry/npm_config.h"

#include "base/env_file.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/paths.h"
#include "base/process.h"
#include "base/text.h"
#include "base/url.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { NPMRC_MAX = 1 << 20, ANSWER_MAX = 4096, NPM_MS = 20000 };

static const char *environment(const char *lower, const char *upper)
{
    const char *value = getenv(lower);

    if (!value || !*value)
        value = getenv(upper);
    return value && *value ? value : NULL;
}

/* ---- ~/.npmrc ---- */

static const char *npmrc_path(struct arena *arena)
{
    const char *path = environment("npm_config_userconfig", "NPM_CONFIG_USERCONFIG");

    return path ? path_absolute(arena, path) : path_join(arena, paths.home, ".npmrc");
}

/* The part of a line from `text` to `end`, without blanks and quotes around it. */
static const char *trimmed(struct arena *arena, const char *text, const char *end)
{
    while (text < end && isspace((unsigned char)*text))
        text++;
    while (end > text && isspace((unsigned char)end[-1]))
        end--;
    if (end - text >= 2 && (*text == '"' || *text == '\'') && end[-1] == *text)
        text++, end--;
    return arena_strndup(arena, text, (size_t)(end - text));
}

/* Calls `on_setting` for each line that sets something. */
static int npmrc_read(void (*on_setting)(void *payload, const char *key, const char *value),
                      void *payload, struct arena *arena)
{
    AUTO_BUF text = {0};
    const char *path = npmrc_path(arena);
    struct strings lines = {0};

    if (!fs_exists(path))
        return 0;
    int result = fs_read(&text, path, NPMRC_MAX);
    strings_split(&lines, arena, buf_text(&text), '\n');
    for (size_t i = 0; i < lines.count; i++) {
        const char *line = lines.items[i], *equals = strchr(line, '=');

        if (*line != '#' && *line != ';' && equals)
            on_setting(payload, trimmed(arena, line, equals),
                       trimmed(arena, equals + 1, line + strlen(line)));
    }
    return result;
}

struct wanted {
    const char *key, *value;
};

static void take_wanted(void *payload, const char *key, const char *value)
{
    struct wanted *wanted = payload;

    if (strcmp(key, wanted->key) == 0)
        wanted->value = value;
}

/* The last value of `key`, as it stands there; NULL if there is none. */
static int npmrc_get(const char **out, const char *key, struct arena *arena)
{
    struct wanted wanted = {.key = key};
    int result = npmrc_read(take_wanted, &wanted, arena);

    *out = wanted.value;
    return result;
}

/* `text` with ${NAME} replaced; ERR_AUTH for one that is not set. */
static int expand(const char **out, const char *text, struct arena *arena)
{
    AUTO_BUF value = {0};

    for (const char *p = text; *p;) {
        const char *end = text_starts(p, "${") ? strchr(p, '}') : NULL;

        if (!end) {
            buf_putc(&value, *p++);
            continue;
        }
        const char *name = arena_strndup(arena, p + 2, (size_t)(end - p - 2));
        const char *set = getenv(name);

        if (!set || !*set) {
            fail(ERR_AUTH, "%s is not set, and '%s' needs it", name, npmrc_path(arena));
            error_hint("set %s in the environment", name);
            return -ERR_AUTH;
        }
        buf_puts(&value, set);
        p = end + 1;
    }
    *out = arena_strdup(arena, buf_text(&value));
    return 0;
}

/* ---- npm itself ---- */

/* Runs where no project's .npmrc can have a say, and leaves nothing behind. */
static const char *run_npm(const char *key, struct arena *arena)
{
    static const char *const passed[] = {"HOME", "LANG", "NPM_CONFIG_USERCONFIG",
                                         "NPM_CONFIG_GLOBALCONFIG", "NPM_CONFIG_PREFIX"};
    const char *npm = process_find(arena, "npm");
    const char *const argv[] = {npm, "config", "get", key, "--logs-max=0", "--cache=/dev/null",
                                NULL};
    struct environment env = {.arena = arena};
    AUTO_BUF answer = {.max = ANSWER_MAX};
    int status = 0;

    if (!npm)
        return NULL;
    for (size_t i = 0; i < sizeof passed / sizeof *passed; i++)
        environment_pass(&env, passed[i]);
    environment_set(&env, "PATH", process_path(arena));
    struct process process = {.argv = (char *const *)argv,
                              .envp = environment_vector(&env),
                              .cwd = "/",
                              .err = -1,
                              .deadline_ms = NPM_MS};
    if (process_capture(&status, &answer, &process, NULL, 0) < 0 || status != 0) {
        error_clear();
        return NULL;
    }
    const char *text = trimmed(arena, buf_text(&answer), buf_text(&answer) + answer.len);
    return *text && strcmp(text, "undefined") != 0 ? text : NULL;
}

/* Its own configuration of this machine may say a registry, and its default is one. To start it
 * takes longer than to fetch, so each question is asked once; "" stands for no answer. */
static const char *ask_npm(const char *key)
{
    static struct arena kept;
    static struct strings asked, answers;
    size_t i = 0;

    while (i < asked.count && strcmp(asked.items[i], key) != 0)
        i++;
    if (i == asked.count) {
        const char *answer = run_npm(key, &kept);

        strings_add(&asked, &kept, key);
        strings_add(&answers, &kept, answer ? answer : "");
    }
    return *answers.items[i] ? answers.items[i] : NULL;
}

/* ---- which registry ---- */

static int no_registry(const char *package)
{
    fail(ERR_CONFIG, "no npm registry is set up, and '%s' is a package of one", package);
    error_hint("write registry=https://HOST/ into ~/.npmrc, set NPM_CONFIG_REGISTRY, or install "
               "npm");
    return -ERR_CONFIG;
}

int npm_config_registry(const char **out, const char *package, struct arena *arena)
{
    const char *scope = arena_printf(arena, "%.*s:registry", (int)strcspn(package, "/"), package);
    bool scoped = *package == '@';
    int result = scoped ? npmrc_get(out, scope, arena) : 0;

    if (!scoped)
        *out = NULL;
    if (result == 0 && !*out)
        *out = environment("npm_config_registry", "NPM_CONFIG_REGISTRY");
    if (result == 0 && !*out)
        result = npmrc_get(out, "registry", arena);
    if (result == 0 && !*out && scoped)
        *out = ask_npm(scope);
    if (result == 0 && !*out)
        *out = ask_npm("registry");
    if (result < 0)
        return result;
    return *out ? expand(out, *out, arena) : no_registry(package);
}

struct owned {
    const struct url *url;
    struct arena *arena;
    bool found;
};

static void compare_origin(void *payload, const char *key, const char *value)
{
    struct owned *owned = payload;
    struct url registry;

    if (strcmp(key, "registry") != 0 && !text_ends(key, ":registry"))
        return;
    if (url_parse(&registry, owned->arena, value, true) < 0)
        error_clear();
    else
        owned->found |= url_same_origin(&registry, owned->url);
}

bool npm_config_owns(const char *text, struct arena *arena)
{
    const char *registry = environment("npm_config_registry", "NPM_CONFIG_REGISTRY");
    struct url url;
    struct owned owned = {.url = &url, .arena = arena};

    if (url_parse(&url, arena, text, true) == 0) {
        if (registry)
            compare_origin(&owned, "registry", registry);
        npmrc_read(compare_origin, &owned, arena);
    }
    error_clear();
    return owned.found;
}

/* ---- its token ---- */

int npm_config_token(const char **out, const char *url, struct arena *arena)
{
    const char *place = strstr(url, "://") + 1; /* "//host/path" */
    size_t host = 2 + strcspn(place + 2, "/");
    AUTO_BUF text = {0};
    int result = 0;

    *out = NULL;
    for (size_t len = strlen(place); len >= host && !*out && result == 0; len--)
        if (len == host || place[len] == '/')
            result =
                npmrc_get(out, arena_printf(arena, "%.*s/:_authToken", (int)len, place), arena);
    if (result == 0 && *out && !strstr(*out, "${"))
        result =
            secret_file_read(&text, npmrc_path(arena)); /* refuses one that is open to others */
    return result == 0 && *out ? expand(out, *out, arena) : result;
}
