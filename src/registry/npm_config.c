#include "registry/npm_config.h"

#include "base/env_file.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/paths.h"
#include "base/process.h"
#include "base/text.h"
#include "base/url.h"
#include "registry/npmrc.h"

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

/* One that is not there sets nothing. */
static int npmrc_read(struct npmrc *out, struct arena *arena)
{
    const char *named = environment("npm_config_userconfig", "NPM_CONFIG_USERCONFIG");
    const char *path = named ? path_absolute(arena, named) : path_join(arena, paths.home, ".npmrc");
    AUTO_BUF text = {0};
    int result = fs_exists(path) ? fs_read(&text, path, NPMRC_MAX) : 0;

    npmrc_parse(out, path, buf_text(&text), arena);
    return result;
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
    const char *text = arena_strndup(arena, buf_text(&answer), strcspn(buf_text(&answer), "\r\n"));
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
    struct npmrc npmrc;
    int result = npmrc_read(&npmrc, arena);

    if (result < 0)
        return result;
    *out = scoped ? npmrc_get(&npmrc, scope) : NULL;
    if (!*out)
        *out = environment("npm_config_registry", "NPM_CONFIG_REGISTRY");
    if (!*out)
        *out = npmrc_get(&npmrc, "registry");
    if (!*out && scoped)
        *out = ask_npm(scope);
    if (!*out)
        *out = ask_npm("registry");
    return *out ? npmrc_expand(out, &npmrc, *out) : no_registry(package);
}

static bool has_origin(const struct npmrc *npmrc, const char *registry, const struct url *url)
{
    struct url parts;
    bool same = registry && npmrc_expand(&registry, npmrc, registry) == 0 &&
                url_parse(&parts, npmrc->arena, registry, true) == 0 &&
                url_same_origin(&parts, url);

    error_clear();
    return same;
}

bool npm_config_owns(const char *text, struct arena *arena)
{
    const char *registry = environment("npm_config_registry", "NPM_CONFIG_REGISTRY");
    struct npmrc npmrc;
    struct url url;

    if (url_parse(&url, arena, text, true) < 0 || npmrc_read(&npmrc, arena) < 0) {
        error_clear();
        return false;
    }
    bool found = has_origin(&npmrc, registry, &url);
    for (size_t i = 0; i < npmrc.count && !found; i++) {
        const char *key = npmrc.settings[i].key;

        found = (strcmp(key, "registry") == 0 || text_ends(key, ":registry")) &&
                has_origin(&npmrc, npmrc.settings[i].value, &url);
    }
    return found;
}

/* ---- its secret ---- */

int npm_config_login(struct credential *out, const char *text, struct arena *arena)
{
    struct npmrc npmrc;
    struct npmrc_login login;
    struct url url;
    AUTO_BUF file = {0};
    int result = url_parse(&url, arena, text, true);

    *out = (struct credential){0};
    if (result == 0)
        result = npmrc_read(&npmrc, arena);
    if (result == 0)
        result = npmrc_login(&login, &npmrc, &url);
    if (result == 0 && login.in_file)
        result = secret_file_read(&file, npmrc.path); /* refuses one that is open to others */
    if (result == 0)
        *out = (struct credential){login.user, login.secret};
    return result;
}
