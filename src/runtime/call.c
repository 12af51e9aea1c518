/* Calls between plugins: by the caller's own alias, to whatever provides the contract now. */
#include "runtime/run.h"

#include "base/error.h"
#include "base/fs.h"
#include "base/name.h"
#include "base/paths.h"
#include "base/semver.h"
#include "base/text.h"
#include "store/store.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_CONTRACT = 1 << 20 };

/* One call while it is being found out whom it reaches. */
struct connection {
    struct arena *arena;
    struct installed installed;
    const char *caller, *alias;
    struct consumed wanted;
    const struct package *provider;
    unsigned long long major; /* of what the provider provides */
};

/* ---- from the alias to a provider ---- */

static bool find_alias(struct connection *connection, const struct package *caller,
                       struct strings *declared)
{
    struct strings terms = {0};
    strings_split(&terms, connection->arena, caller->consumes, '\n');
    for (size_t i = 0; i < terms.count; i++) {
        struct consumed term;
        if (!consumed_parse(&term, connection->arena, terms.items[i]))
            continue;
        strings_add(declared, connection->arena, term.alias);
        if (strcmp(term.alias, connection->alias) != 0)
            continue;
        connection->wanted = term;
        return true;
    }
    return false;
}

/* The generation's bindings are lines CONSUMER.ALIAS=PROVIDER. */
static const struct package *bound_provider(const struct connection *connection)
{
    const char *key =
        arena_printf(connection->arena, "%s.%s=", connection->caller, connection->alias);
    for (size_t i = 0; i < connection->installed.bindings.count; i++) {
        const char *line = connection->installed.bindings.items[i];
        if (text_starts(line, key))
            return installed_find(&connection->installed, line + strlen(key));
    }
    return NULL;
}

/* The major version that the provider has of the contract; a provider without a version has 1. */
static void find_major(struct connection *connection)
{
    struct strings terms = {0};
    connection->major = 1;
    strings_split(&terms, connection->arena, connection->provider->provides, '\n');
    for (size_t i = 0; i < terms.count; i++) {
        struct provided term;
        struct version version;
        if (provided_parse(&term, connection->arena, terms.items[i]) &&
            contract_satisfies(&term, &connection->wanted) && term.version &&
            version_parse_partial(&version, term.version))
            connection->major = version.major;
    }
}

/* False if `out` says why nobody can be asked. */
static bool connect_alias(struct action_result *out, struct connection *connection,
                          const struct package *caller)
{
    struct arena *arena = connection->arena;
    struct strings declared = {0};
    if (!find_alias(connection, caller, &declared)) {
        const char *nearest = text_nearest(connection->alias, declared.items, declared.count);
        action_fail(out, arena, NULL, "denied", "plugin '%s' does not consume '%s'%s%s%s",
                    connection->caller, connection->alias, nearest ? ": did you mean '" : "",
                    nearest ? nearest : "", nearest ? "'?" : "");
        return false;
    }
    connection->provider = bound_provider(connection);
    if (!connection->provider) {
        action_fail(out, arena, NULL, "unbound", "no installed plugin provides %s%s%s%s",
                    connection->wanted.contract, connection->wanted.service ? "[" : "",
                    connection->wanted.service ? connection->wanted.service : "",
                    connection->wanted.service ? "]" : "");
        return false;
    }
    if (connection->provider->flags & PACKAGE_DISABLED) {
        action_fail(out, arena, NULL, "unavailable", "plugin '%s' is disabled: paii enable %s",
                    connection->provider->name, connection->provider->name);
        return false;
    }
    find_major(connection);
    return true;
}

/* ---- what the contract says ---- */

/*
 * Contracts that come with paii limit a caller to their methods and deadlines. Of another contract
 * only its provider knows; it is asked for what it declares.
 */
static int read_contract(const struct data **out, const struct connection *connection)
{
    const char *path =
        arena_printf(connection->arena, "%s/registry-index/contracts/%s/%llu/contract.toml",
                     paths.share, connection->wanted.contract, connection->major);
    *out = NULL;
    if (!fs_exists(path))
        return 0;
    AUTO_BUF text = {0};
    int result = fs_read(&text, path, MAX_CONTRACT);
    if (result < 0)
        return result;
    struct diags diags = {.arena = connection->arena};
    *out = data_parse_toml(connection->arena, path, buf_text(&text), text.len, &diags);
    return diags_result(&diags);
}

static bool check_method(struct action_result *out, struct action_call *call,
                         const struct connection *connection, const struct data *contract)
{
    const struct data *methods = contract ? data_get(contract, "methods") : NULL;
    const struct data *method = methods ? data_get(methods, call->action) : NULL;
    if (!contract)
        return true;
    if (!method) {
        action_fail(out, connection->arena, NULL, "unsupported", "%s/%llu has no method '%s'",
                    connection->wanted.contract, connection->major, call->action);
        return false;
    }
    const struct data *timeout = data_get(method, "timeout_ms");
    if (timeout && timeout->type == DATA_INTEGER && timeout->integer > 0)
        call->deadline_ms = (int)timeout->integer;
    return true;
}

/* ---- calling ---- */

static int open_connection(struct connection *connection, const struct package **caller)
{
    int result = name_check("plugin", connection->caller);
    if (result == 0)
        result = installed_read(&connection->installed, connection->arena);
    if (result < 0)
        return result;
    *caller = installed_find(&connection->installed, connection->caller);
    return *caller ? 0
                   : fail(ERR_NOT_FOUND, "plugin '%s', which calls, is not installed",
                          connection->caller);
}

int contract_call(struct action_result *out, const char *alias, const char *method,
                  const char *params, struct arena *arena)
{
    struct connection connection = {
        .arena = arena, .caller = getenv("PAII_PLUGIN"), .alias = alias};
    *out = (struct action_result){0};
    if (!connection.caller) {
        fail(ERR_GENERIC, "'paii call' is for plugins, and no plugin runs it");
        error_hint("a person uses 'paii run PLUGIN ACTION'");
        return -ERR_GENERIC;
    }
    const struct package *caller;
    int result = open_connection(&connection, &caller);
    if (result < 0)
        return result;
    if (!connect_alias(out, &connection, caller))
        return 0;

    const char *name = connection.wanted.contract;
    struct action_call call = {
        .action = method,
        .contract = arena_printf(arena, "%s/%llu", name, connection.major),
        .params = params,
        .caller = connection.caller,
        .alias = alias,
    };
    const struct data *contract;
    result = read_contract(&contract, &connection);
    if (result < 0)
        return result;
    if (!check_method(out, &call, &connection, contract))
        return 0;
    struct target target;
    result = target_open(&target, connection.provider->name, arena);
    return result < 0 ? result : action_run(out, &target, &call, arena);
}
