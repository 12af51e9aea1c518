#include "build/build_private.h"

#include "base/error.h"
#include "base/fs.h"
#include "base/hash.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct build_adapter *const build_adapters[] = {
    [BUILD_SKILL] = &skill_adapter,   [BUILD_PIP] = &pip_adapter,
    [BUILD_CARGO] = &cargo_adapter,   [BUILD_MAKE] = &make_adapter,
    [BUILD_CUSTOM] = &custom_adapter,
};

const struct build_adapter *build_adapter(enum build_type type)
{
    assert((size_t)type < sizeof build_adapters / sizeof *build_adapters);
    return build_adapters[type];
}

int build_key(char out[17], const struct manifest *manifest, const char *source,
              const char *tree_hash)
{
    const struct build_adapter *adapter = build_adapter(manifest->build.type);
    AUTO_BUF text = {0};
    buf_printf(&text, "paii build 1\ntree %s\nadapter %s\n", tree_hash,
               build_type_names[adapter->type]);
    if (adapter->needed(manifest, source))
        adapter->identity(&text, manifest);
    char digest[HASH_HEX_SIZE];
    hash_bytes(digest, text.data, text.len);
    memcpy(out, digest, 16);
    out[16] = '\0';
    return 0;
}

/* The folders of ours that a program may be looked for in: "./git" is never run. */
static const char *absolute_path(struct arena *arena)
{
    const char *path = getenv("PATH");
    struct strings all = {0}, absolute = {0};
    strings_split(&all, arena, path ? path : "/usr/local/bin:/usr/bin:/bin", ':');
    for (size_t i = 0; i < all.count; i++)
        if (all.items[i][0] == '/')
            strings_add(&absolute, arena, all.items[i]);
    return strings_join(&absolute, arena, ":");
}

void build_environment(struct environment *env, const char *work)
{
    static const char *const passed[] = {"http_proxy",   "https_proxy",    "no_proxy",
                                         "all_proxy",    "HTTP_PROXY",     "HTTPS_PROXY",
                                         "NO_PROXY",     "ALL_PROXY",      "SSL_CERT_FILE",
                                         "SSL_CERT_DIR", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"};
    environment_set(env, "PATH", absolute_path(env->arena));
    environment_set(env, "HOME", path_join(env->arena, work, "home"));
    environment_set(env, "TMPDIR", path_join(env->arena, work, "tmp"));
    environment_set(env, "LANG", "C.UTF-8");
    environment_set(env, "TZ", "UTC");
    environment_set(env, "SOURCE_DATE_EPOCH",
                    "315532800"); /* 1980: the first that a ZIP can hold */
    environment_set(env, "NO_COLOR", "1");
    for (size_t i = 0; i < sizeof passed / sizeof *passed; i++)
        environment_pass(env, passed[i]);
}

/* The private folders, and an empty log. */
static int prepare(struct build_job *job)
{
    if (!live_is(job) && fs_exists(job->final))
        return fail(ERR_GENERIC, "cannot build '%s': '%s' stands already", job->manifest->name,
                    job->final);
    int result = fs_mkdirs(path_join(job->arena, job->work, "home"), 0700);
    if (result == 0)
        result = fs_mkdirs(path_join(job->arena, job->work, "tmp"), 0700);
    if (result == 0)
        result = fs_mkdirs(path_dir(job->arena, job->log), 0700);
    if (result < 0)
        return result;
    if (live_is(job))
        result = live_clear(job);
    if (result < 0)
        return result;
    unlink(job->log); /* of the build before */
    job->env.arena = job->arena;
    build_environment(&job->env, job->work);
    return 0;
}

int build_plugin(struct arena *arena, const struct manifest *manifest, const char *source,
                 const char *final, const char *work, const char *log)
{
    const struct build_adapter *adapter = build_adapter(manifest->build.type);
    if (!adapter->needed(manifest, source))
        return 0;
    struct build_job job = {
        .arena = arena,
        .manifest = manifest,
        .source = source,
        .final = final,
        .work = work,
        .log = log,
    };
    int result = adapter->check_tools(arena);
    if (result < 0)
        return error_context(result, "cannot build '%s'", manifest->name);
    result = prepare(&job);
    return result < 0 ? result : adapter->build(&job);
}
