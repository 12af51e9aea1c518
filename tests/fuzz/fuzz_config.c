/*
 * paii.toml: a person's own, and one of a repository, written by others. A repository names no
 * secret, and no place outside of itself.
 */
#include "base/error.h"
#include "base/fs.h"
#include "base/name.h"
#include "base/paths.h"
#include "base/text.h"
#include "fuzz.h"
#include "registry/project.h"

#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OWN_URL "https://git.example.com/own.git"

static const char own[] =
    "[registries]\nmine = { url = \"" OWN_URL "\", token_env = \"OWN_TOKEN\" }\n";

static char folder[] = "/tmp/paii-fuzz-XXXXXX"; /* the repository */
static char file[sizeof folder + sizeof "/paii.toml"], config_file[sizeof folder + sizeof "/own"],
    link_out[sizeof folder + sizeof "/out"];

static void folder_remove(void)
{
    fs_remove_tree(folder);
}

static void folder_make(void)
{
    if (!mkdtemp(folder))
        abort();
    snprintf(file, sizeof file, "%s/paii.toml", folder);
    snprintf(config_file, sizeof config_file, "%s/own", folder);
    snprintf(link_out, sizeof link_out, "%s/out", folder);
    atexit(folder_remove);
    fuzz_write(config_file, own, strlen(own), 0600);
    if (symlink("/", link_out) < 0)
        abort();
    paths.home = "/home/ada";
    paths.share = "/opt/share/paii";
    paths.config = config_file;
    paths.plugins = paths.history = paths.registries = "/home/ada/.config/paii/x";
    paths.project = folder;
    project_lend("mine");
}

static void check_common(const struct config *config)
{
    bool has_core = false;

    for (size_t i = 0; i < config->registry_count; i++) {
        const struct registry_config *registry = &config->registries[i];

        assert(name_valid(registry->name) && *registry->url);
        assert(i == 0 || strcmp(registry[-1].name, registry->name) < 0);
        assert(!(registry->token_env || registry->netrc) || text_starts(registry->url, "https://"));
        has_core |= strcmp(registry->name, "core") == 0;
    }
    assert(has_core);
    for (size_t i = 0; i < config->wanted_count; i++)
        assert(name_valid(config->wanted[i].name));
    for (size_t i = 0; i < config->binding_count; i++)
        assert(name_valid(config->bindings[i].plugin));
}

/* A folder of the repository by its real path, or what comes with paii. */
static void check_place(const char *text, struct arena *arena)
{
    char real[PATH_MAX];
    const char *path;

    if (project_resolve(&path, text, folder, arena) < 0)
        assert(error_code() == ERR_REFUSED);
    else if (path != text && realpath(path, real))
        assert(text_starts(real, folder));
}

static void check_project(const struct config *config, struct arena *arena)
{
    check_common(config);
    for (size_t i = 0; i < config->registry_count; i++) {
        const struct registry_config *registry = &config->registries[i];

        assert(!registry->netrc && (!registry->token_env || !strcmp(registry->url, OWN_URL)));
        assert(!text_starts(registry->url, "file:"));
        if (*registry->url == '/')
            check_place(project_place(registry->url, arena), arena);
    }
    assert(config_registry(config, "mine")); /* lent, or of that name */
    for (size_t i = 0; i < config->wanted_count; i++)
        if (config->wanted[i].url)
            check_place(config->wanted[i].url, arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct diags diags = {.arena = &arena};
    struct config config;

    if (!*file)
        folder_make();
    const char *text = arena_strndup(&arena, size ? (const char *)data : "", size);
    if (config_parse(&config, &arena, "paii.toml", text, size, &diags) == 0) {
        check_common(&config);
        config_of_plugin(data_get(config.root, "config"), "jira", &arena);
    } else {
        assert(error_code() == ERR_CONFIG);
    }
    fuzz_write(file, text, size, 0600);
    if (config_read(&config, &arena) == 0)
        check_project(&config, &arena);
    else
        assert(error_code() == ERR_CONFIG);
    error_clear();
    arena_release(&arena);
    return 0;
}
