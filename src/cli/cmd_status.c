#include "base/data.h"
#include "base/fs.h"
#include "base/paths.h"
#include "claude/claude.h"
#include "cli/command.h"
#include "cli/doctor.h"
#include "registry/registry.h"
#include "store/store.h"

#include <string.h>
#include <time.h>

enum { STATE_MAX = 1024 * 1024 };

struct registry_status {
    const char *name, *url;
    size_t packages;
    int64_t updated; /* seconds; 0: never, or not needed */
};

struct status {
    unsigned generation;
    size_t plugins, requested, dev, held, disabled;
    struct registry_status *registries;
    size_t registry_count;
    const char *client, *client_version; /* NULL if there is none */
    struct hooks_status hooks;
    struct findings problems;
};

static int read_installed(struct status *out, struct arena *arena)
{
    struct installed set = {0};
    int result = installed_read(&set, arena);

    out->generation = set.generation;
    out->plugins = set.count;
    for (size_t i = 0; i < set.count; i++) {
        out->requested += (set.packages[i].flags & PACKAGE_REQUESTED) != 0;
        out->dev += (set.packages[i].flags & PACKAGE_DEV) != 0;
        out->held += (set.packages[i].flags & PACKAGE_HELD) != 0;
        out->disabled += (set.packages[i].flags & PACKAGE_DISABLED) != 0;
    }
    return result;
}

/* When the registry was last asked, from its state.json. */
static int64_t last_update(const char *registry, struct arena *arena)
{
    const char *file = path_join(arena, path_join(arena, paths.registries, registry), "state.json");
    struct diags diags = {.arena = arena};
    AUTO_BUF text = {0};

    if (fs_read(&text, file, STATE_MAX) < 0) {
        error_clear();
        return 0;
    }
    const struct data *root =
        data_parse_json(arena, file, buf_text(&text), text.len, false, &diags);
    const struct data *updated = root ? data_get(root, "updated") : NULL;
    return updated && updated->type == DATA_INTEGER ? updated->integer : 0;
}

static int read_registries(struct status *out, struct arena *arena)
{
    struct config config = {0};
    struct catalog *catalogs = NULL;
    struct strings missing = {0};

    int result = config_read(&config, arena);
    if (result == 0)
        result = registry_open_all(&config, &catalogs, &missing, arena);
    if (result < 0)
        return result;
    out->registries = arena_array(arena, config.registry_count, sizeof *out->registries);
    out->registry_count = config.registry_count;
    for (size_t i = 0; i < config.registry_count; i++) {
        const char *name = config.registries[i].name;
        out->registries[i] = (struct registry_status){
            .name = name,
            .url = config.registries[i].url,
            .packages = catalog_names(&catalogs[i]),
            .updated = last_update(name, arena),
        };
        catalog_close(&catalogs[i]);
    }
    return 0;
}

static const char *age(int64_t updated, struct arena *arena)
{
    static const struct {
        int64_t seconds;
        const char *one, *many;
    } units[] = {
        {86400, "a day", "days"},
        {3600, "an hour", "hours"},
        {60, "a minute", "minutes"},
    };
    int64_t passed = (int64_t)time(NULL) - updated;

    if (updated == 0)
        return "never updated";
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        int64_t count = passed / units[i].seconds;
        if (count == 1)
            return arena_printf(arena, "updated %s ago", units[i].one);
        if (count > 1)
            return arena_printf(arena, "updated %lld %s ago", (long long)count, units[i].many);
    }
    return "updated just now";
}

static bool needs_no_update(const struct registry_status *registry)
{
    return strchr("/~.", registry->url[0]) || strcmp(registry->url, "builtin:") == 0;
}

static void print_hooks(const struct hooks_status *hooks)
{
    if (hooks->handlers == 0 && hooks->waiting == 0)
        return;
    out("hooks       %zu %s of %zu %s", hooks->handlers,
        hooks->handlers == 1 ? "handler" : "handlers", hooks->events,
        hooks->events == 1 ? "event" : "events");
    if (hooks->left_out)
        out(", %zu left out", hooks->left_out);
    if (hooks->waiting)
        out(", %zu spooled", hooks->waiting);
    out("\n");
}

static void print_text(const struct status *status, struct arena *arena)
{
    out("state       %s\n", paths.dir);
    out("generation  %u\n", status->generation);
    out("plugins     %zu installed, %zu of them by name", status->plugins, status->requested);
    if (status->dev)
        out(", %zu live from a folder", status->dev);
    if (status->held)
        out(", %zu held", status->held);
    if (status->disabled)
        out(", %zu disabled", status->disabled);
    out("\n");
    for (size_t i = 0; i < status->registry_count; i++) {
        const struct registry_status *registry = &status->registries[i];
        out("%-11s %s: %zu plugins", i == 0 ? "registries" : "", registry->name,
            registry->packages);
        out(needs_no_update(registry) ? ", local\n" : ", %s\n", age(registry->updated, arena));
    }
    print_hooks(&status->hooks);
    if (!status->client)
        out("client      not found\n");
    else
        out("client      %s at %s\n", status->client_version ? status->client_version : "unknown",
            status->client);
    for (size_t i = 0; i < status->problems.count; i++) {
        const struct finding *problem = &status->problems.items[i];
        if (problem->level == FINDING_OK && strcmp(problem->subject, "project") == 0)
            out("project     %s\n", problem->message);
        if (problem->level != FINDING_OK)
            out("problem     %s; fix: %s\n", problem->message, problem->fix);
    }
}

static void add_count(struct json_writer *json, const char *key, int64_t value)
{
    json_key(json, key);
    json_integer(json, value);
}

static void add_registries(struct json_writer *json, const struct status *status)
{
    json_key(json, "registries");
    json_array(json);
    for (size_t i = 0; i < status->registry_count; i++) {
        const struct registry_status *registry = &status->registries[i];
        json_object(json);
        json_field(json, "name", registry->name);
        json_field(json, "url", registry->url);
        add_count(json, "plugins", (int64_t)registry->packages);
        if (registry->updated)
            add_count(json, "updated", registry->updated);
        json_end_object(json);
    }
    json_end_array(json);
}

static void add_hooks(struct json_writer *json, const struct hooks_status *hooks)
{
    json_key(json, "hooks");
    json_object(json);
    add_count(json, "handlers", (int64_t)hooks->handlers);
    add_count(json, "events", (int64_t)hooks->events);
    add_count(json, "left_out", (int64_t)hooks->left_out);
    add_count(json, "spooled", (int64_t)hooks->waiting);
    add_count(json, "failed", (int64_t)hooks->failed);
    json_end_object(json);
}

static void print_json(const struct status *status)
{
    AUTO_BUF text = {0};
    struct json_writer json = {.out = &text, .indent = true};

    json_object(&json);
    json_field(&json, "version", PAII_VERSION);
    json_field(&json, "dir", paths.dir);
    add_count(&json, "generation", status->generation);
    add_count(&json, "plugins", (int64_t)status->plugins);
    add_count(&json, "requested", (int64_t)status->requested);
    add_count(&json, "dev", (int64_t)status->dev);
    add_count(&json, "held", (int64_t)status->held);
    add_count(&json, "disabled", (int64_t)status->disabled);
    add_registries(&json, status);
    add_hooks(&json, &status->hooks);
    json_field(&json, "client", status->client);
    json_field(&json, "client_version", status->client_version);
    json_key(&json, "problems");
    json_array(&json);
    for (size_t i = 0; i < status->problems.count; i++) {
        const struct finding *problem = &status->problems.items[i];
        if (problem->level == FINDING_OK)
            continue;
        json_object(&json);
        json_field(&json, "message", problem->message);
        json_field(&json, "fix", problem->fix);
        json_end_object(&json);
    }
    json_end_array(&json);
    json_end_object(&json);
    buf_putc(&text, '\n');
    out_bytes(text.data, text.len);
}

static int run(struct invocation *call)
{
    struct status status = {.problems.arena = call->arena};

    int result = read_installed(&status, call->arena);
    if (result == 0)
        result = read_registries(&status, call->arena);
    if (result < 0)
        return result;
    status.client_version = claude_version(call->arena, &status.client);
    doctor_state(&status.problems);
    doctor_settings(&status.problems);
    doctor_handlers(&status.problems, &status.hooks);
    doctor_project(&status.problems);
    if (term_json())
        print_json(&status);
    else
        print_text(&status, call->arena);
    return 0;
}

const struct command cmd_status = {
    .name = "status",
    .summary = "say what is installed, from where, and what is wrong",
    .group = GROUP_STATE,
    .needs = NEEDS_PATHS,
    .run = run,
};
