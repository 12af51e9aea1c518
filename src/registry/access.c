#include "registry/access.h"

#include "base/env_file.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/paths.h"
#include "base/url.h"
#include "registry/netrc.h"
#include "registry/npmrc.h"

#include <stdlib.h>
#include <string.h>

/* GitHub and GitLab take a token as the password of any user; this one is GitHub's word for it. */
#define TOKEN_USER "x-access-token"

static struct network_limits limits = {.retries = -1};

void access_use_limits(const struct network_limits *used)
{
    limits = *used;
}

/* ---- who is asked ---- */

static bool is_folder(const struct registry_config *registry)
{
    return registry->builtin || *registry->url == '/' || strncmp(registry->url, "file:", 5) == 0;
}

/* The registry's own URL, less what paii reads behind it; false for one on this machine. */
static bool own_url(struct url *out, const char **text, const struct registry_config *registry,
                    struct arena *arena)
{
    struct source source;

    if (is_folder(registry) || source_parse_url(&source, arena, registry->url, true) < 0 ||
        url_parse(out, arena, source.url, true) < 0)
        return false;
    *text = source.url;
    return true;
}

static bool is_own_origin(const struct fetch_job *job, struct url *own, const char **text,
                          struct arena *arena)
{
    struct url target;
    bool parsed = own_url(own, text, job->registry, arena) &&
                  url_parse(&target, arena, job->source.url, true) == 0;

    error_clear(); /* a URL that is malformed is told of by the helper */
    return parsed && url_same_origin(&target, own);
}

/* ---- private networks ---- */

/* Where the registry's index came from: "public", "private", "" for not known; NULL: never. */
static const char *peer_of(const struct registry_config *registry, struct arena *arena)
{
    struct diags diags = {.arena = arena};
    const char *path =
        path_join(arena, path_join(arena, paths.registries, registry->name), "state.json");
    struct reader reader = {.file = path, .diags = &diags};
    AUTO_BUF text = {0};

    if (fs_read(&text, path, 1u << 20) < 0) {
        error_clear();
        return NULL;
    }
    reader.table = data_parse_json(arena, path, buf_text(&text), text.len, true, &diags);
    if (!reader.table || reader.table->type != DATA_TABLE)
        return NULL;
    return arena_strdup(arena, read_string(&reader, "peer", ""));
}

/* A registry that was never asked has no entries but those of a lock, which a person trusts. */
static bool lives_in_public(const struct registry_config *registry, struct arena *arena)
{
    const char *peer, *text;
    struct url own;

    if (registry->builtin)
        return true;
    if (!own_url(&own, &text, registry, arena))
        return false;
    peer = peer_of(registry, arena);
    if (!peer || *peer)
        return peer && strcmp(peer, "public") == 0;
    return own.scheme != URL_SSH && !url_is_private(&own);
}

void access_of_entry(struct fetch_job *job, const struct registry_config *registry)
{
    struct arena arena = {0};

    job->registry = registry;
    job->public_only = registry && lives_in_public(registry, &arena);
    error_clear();
    arena_release(&arena);
}

/* ---- secrets ---- */

static int find_token(struct credential *out, const struct fetch_job *job, struct arena *arena)
{
    const struct registry_config *registry = job->registry;
    const char *name = registry->token_env, *value = getenv(name);
    struct strings lines = {0};
    int result = value && *value ? 0 : env_file_read(&lines, arena);

    if (result == 0 && lines.count)
        result = env_file_get(&value, &lines, name, arena);
    if (result < 0)
        return result;
    if (!value || !*value) {
        fail(ERR_AUTH, "%s is not set: it holds the token of registry '%s'", name, registry->name);
        error_hint("set %s in the environment, or add it to %s", name, paths.env_file);
        return -ERR_AUTH;
    }
    out->secret = value;
    out->user = registry->token_user;
    if (!out->user && job->op != FETCH_GET)
        out->user = TOKEN_USER;
    return 0;
}

static int find_login(struct credential *out, const struct fetch_job *job, const char *host,
                      struct arena *arena)
{
    int result = netrc_find(&out->user, &out->secret, host, arena);

    if (result < 0 || (out->user && out->secret))
        return result;
    fail(ERR_AUTH, "'%s' has no login for '%s', as registry '%s' wants it", netrc_path(arena), host,
         job->registry->name);
    error_hint("add a line to it: machine %s login USER password TOKEN", host);
    return -ERR_AUTH;
}

static int check_secret(const struct credential *credential, const struct registry_config *registry)
{
    const char *parts[] = {credential->user ? credential->user : "", credential->secret};

    for (size_t i = 0; i < 2; i++)
        for (const char *p = parts[i]; *p; p++)
            if ((unsigned char)*p < ' ' || *p == 0x7f)
                return fail(ERR_AUTH, "the secret of registry '%s' holds a control character",
                            registry->name);
    return 0;
}

static void write_auth(struct json_writer *json, const char *origin,
                       const struct credential *credential)
{
    json_key(json, "auth");
    json_object(json);
    json_field(json, "origin", origin);
    json_field(json, "user", credential->user);
    json_field(json, "secret", credential->secret);
    json_end_object(json);
}

static int write_secret(struct json_writer *json, const struct fetch_job *job, struct arena *arena)
{
    const struct registry_config *registry = job->registry;
    struct credential credential = {0};
    const char *text;
    struct url own;
    int result;

    if (job->login.secret && !fetch_offline()) {
        write_auth(json, job->source.url, &job->login);
        return 0;
    }
    if (!registry || !(registry->token_env || registry->netrc) || fetch_offline() ||
        !is_own_origin(job, &own, &text, arena) || own.scheme != URL_HTTPS)
        return 0;
    result = registry->token_env ? find_token(&credential, job, arena)
                                 : find_login(&credential, job, own.host, arena);
    if (result == 0)
        result = check_secret(&credential, registry);
    if (result < 0)
        return result;
    write_auth(json, text, &credential);
    return 0;
}

/* ---- the request ---- */

static void number(struct json_writer *json, const char *key, int value)
{
    json_key(json, key);
    json_integer(json, value);
}

int access_write(struct json_writer *json, const struct fetch_job *job)
{
    struct arena arena = {0};
    int result;

    if (limits.connect)
        number(json, "connect", limits.connect);
    if (limits.stall)
        number(json, "stall", limits.stall);
    if (limits.timeout)
        number(json, "timeout", limits.timeout);
    if (limits.retries >= 0)
        number(json, "retries", limits.retries);
    result = write_secret(json, job, &arena);
    arena_release(&arena);
    return result;
}

/* ---- what to set ---- */

static void explain_npm(struct fetch_job *job, struct arena *arena)
{
    struct url url;
    const char *place = "//HOST";

    if (url_parse(&url, arena, job->source.url, true) == 0) {
        url.path = "";
        place = npmrc_place(arena, &url);
    } else {
        error_clear();
    }
    job->hint = arena_printf(arena, "%s ~/.npmrc: %s/:_authToken=TOKEN, or with 'npm login'",
                             job->login.user     ? "it was sent a login: correct it in"
                             : job->login.secret ? "it was sent a token: correct it in"
                                                 : "set a token that may read it in",
                             place);
}

void access_explain(struct fetch_job *job, struct arena *arena)
{
    const struct registry_config *registry = job->registry;
    const char *text;
    struct url own;

    if (job->result == -ERR_AUTH && job->source.kind == SOURCE_NPM) {
        explain_npm(job, arena);
        return;
    }
    if (!registry || strncmp(job->source.url, "https:", 6) != 0)
        return;
    if (job->result == -ERR_NOT_FOUND && (registry->token_env || registry->netrc) &&
        is_own_origin(job, &own, &text, arena)) {
        job->hint = arena_printf(
            arena, "check the URL, and whether what registry '%s' was sent may read it",
            registry->name);
        return;
    }
    if (job->result != -ERR_AUTH)
        return;
    if (!is_own_origin(job, &own, &text, arena)) {
        job->hint = arena_printf(arena,
                                 "this entry of registry '%s' is at another address, which gets no "
                                 "secret of the registry's: ask for an ssh:// URL",
                                 registry->name);
        error_clear();
    } else if (registry->token_env) {
        job->hint = arena_printf(arena,
                                 "registry '%s' was sent the token of %s: set one that may read it "
                                 "in the environment or in %s",
                                 registry->name, registry->token_env, paths.env_file);
    } else if (registry->netrc) {
        job->hint = arena_printf(
            arena, "registry '%s' was sent the login that '%s' has for '%s': correct it there",
            registry->name, netrc_path(arena), own.host);
    } else {
        job->hint = arena_printf(arena,
                                 "if registry '%s' is private, name the variable of its token in "
                                 "paii.toml (%s = { url = \"%s\", token_env = \"NAME\" }) or with "
                                 "'paii registry add --token-env NAME'",
                                 registry->name, registry->name, registry->url);
    }
}
