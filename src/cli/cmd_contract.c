#include "base/data.h"
#include "change/project.h"
#include "cli/command.h"
#include "cli/needs.h"

#include <stdlib.h>
#include <string.h>

struct options {
    const char *project;
};

/* One contract, or one service of it, among what is installed. */
struct row {
    const char *term;  /* "IntegrationProvider[jira]" */
    const char *bound; /* what [bindings] names for it; NULL: nothing */
    const struct package **providers;
    const char **versions; /* of the contract, by provider; NULL: none */
    size_t provider_count, provider_capacity, version_count, version_capacity;
    const struct use **uses;
    size_t use_count, use_capacity;
};

struct table {
    struct row *rows;
    size_t count, capacity;
    const struct needs *needs;
    const struct config *config;
    struct arena *arena;
};

static const char *term_words(const struct table *table, const char *contract, const char *service)
{
    return service ? arena_printf(table->arena, "%s[%s]", contract, service) : contract;
}

static struct row *row_of(struct table *table, const char *contract, const char *service)
{
    const char *term = term_words(table, contract, service);
    for (size_t i = 0; i < table->count; i++)
        if (strcmp(table->rows[i].term, term) == 0)
            return &table->rows[i];
    struct row *row = arena_push(table->arena, &table->rows, &table->count, &table->capacity);
    row->term = term;
    for (size_t i = 0; i < table->config->binding_count; i++)
        if (strcmp(table->config->bindings[i].contract, term) == 0)
            row->bound = table->config->bindings[i].plugin;
    return row;
}

static void add_provided(struct table *table, const struct package *package)
{
    struct strings lines = {0};
    strings_split(&lines, table->arena, package->provides, '\n');
    for (size_t i = 0; i < lines.count; i++) {
        struct provided term;
        if (!provided_parse(&term, table->arena, lines.items[i]))
            continue;
        struct row *row = row_of(table, term.contract, term.service);
        *arena_push(table->arena, &row->providers, &row->provider_count, &row->provider_capacity) =
            package;
        *arena_push(table->arena, &row->versions, &row->version_count, &row->version_capacity) =
            term.version;
    }
}

static void add_consumed(struct table *table, const struct use *use)
{
    struct row *row = row_of(table, use->term.contract, use->term.service);
    *arena_push(table->arena, &row->uses, &row->use_count, &row->use_capacity) = use;
}

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct row *)a)->term, ((const struct row *)b)->term);
}

/* Installed plugins that an alias without a provider could be bound to. */
static struct strings would_do(const struct table *table, const struct use *use)
{
    struct strings names = {0};
    for (size_t i = 0; i < table->needs->set.count; i++)
        if (use_takes(use, &table->needs->set.packages[i], table->arena))
            strings_add(&names, table->arena, table->needs->set.packages[i].name);
    return names;
}

/* ---- in words ---- */

static void print_line(const char *what, const struct strings *items, struct arena *arena)
{
    if (items->count)
        out("  %-10s %s\n", what, strings_join(items, arena, ", "));
}

static const char *missing_words(const struct table *table, const struct use *use)
{
    struct strings names = would_do(table, use), notes = {0};
    bool any = strcmp(use->term.range, "*") == 0;
    if (use->term.optional)
        strings_add(&notes, table->arena, "optional");
    if (names.count)
        strings_add(
            &notes, table->arena,
            arena_printf(table->arena, "choose %s", strings_join(&names, table->arena, " or ")));
    return arena_printf(table->arena, "%s.%s%s%s%s%s%s", use->consumer->name, use->term.alias,
                        any ? "" : " ", any ? "" : use->term.range, notes.count ? " (" : "",
                        strings_join(&notes, table->arena, "; "), notes.count ? ")" : "");
}

static void print_row(const struct table *table, const struct row *row)
{
    struct arena *arena = table->arena;
    struct strings provided = {0}, bound = {0}, missing = {0};
    for (size_t i = 0; i < row->provider_count; i++)
        strings_add(&provided, arena,
                    arena_printf(arena, "%s%s%s", row->providers[i]->name,
                                 row->versions[i] ? "@" : "",
                                 row->versions[i] ? row->versions[i] : ""));
    for (size_t i = 0; i < row->use_count; i++) {
        const struct use *use = row->uses[i];
        strings_add(use->provider ? &bound : &missing, arena,
                    use->provider ? arena_printf(arena, "%s.%s -> %s", use->consumer->name,
                                                 use->term.alias, use->provider->name)
                                  : missing_words(table, use));
    }
    out("%s\n", row->term);
    print_line("provided", &provided, arena);
    if (row->bound)
        out("  %-10s %s\n", "[bindings]", row->bound);
    print_line("bound", &bound, arena);
    print_line("missing", &missing, arena);
}

/* ---- as data ---- */

static void add_providers(struct json_writer *json, const struct row *row)
{
    json_key(json, "providers");
    json_array(json);
    for (size_t i = 0; i < row->provider_count; i++) {
        json_object(json);
        json_field(json, "name", row->providers[i]->name);
        json_field(json, "version", row->versions[i]);
        json_end_object(json);
    }
    json_end_array(json);
}

static void add_use(const struct table *table, struct json_writer *json, const struct use *use)
{
    json_object(json);
    json_field(json, "name", use->consumer->name);
    json_field(json, "alias", use->term.alias);
    json_field(json, "range", use->term.range);
    json_key(json, "optional");
    json_boolean(json, use->term.optional);
    json_field(json, "provider", use->provider ? use->provider->name : NULL);
    if (!use->provider) {
        struct strings names = would_do(table, use);
        json_strings(json, "choices", &names);
    }
    json_end_object(json);
}

static void add_uses(const struct table *table, struct json_writer *json, const struct row *row,
                     const char *key, bool bound)
{
    json_key(json, key);
    json_array(json);
    for (size_t i = 0; i < row->use_count; i++)
        if ((row->uses[i]->provider != NULL) == bound)
            add_use(table, json, row->uses[i]);
    json_end_array(json);
}

static void print_json(const struct table *table)
{
    AUTO_BUF text = {0};
    struct json_writer json = {.out = &text, .indent = true};
    json_array(&json);
    for (size_t i = 0; i < table->count; i++) {
        const struct row *row = &table->rows[i];
        json_object(&json);
        json_field(&json, "contract", row->term);
        json_field(&json, "binding", row->bound);
        add_providers(&json, row);
        add_uses(table, &json, row, "bound", true);
        add_uses(table, &json, row, "missing", false);
        json_end_object(&json);
    }
    json_end_array(&json);
    buf_putc(&text, '\n');
    out_bytes(text.data, text.len);
}

static int run_list(struct invocation *call)
{
    struct needs needs;
    struct config config;
    struct table table = {.arena = call->arena, .needs = &needs, .config = &config};
    int result = needs_read(&needs, call->arena);
    if (result == 0)
        result = config_read(&config, call->arena);
    if (result < 0)
        return result;
    for (size_t i = 0; i < needs.set.count; i++)
        add_provided(&table, &needs.set.packages[i]);
    for (size_t i = 0; i < needs.count; i++)
        if (needs.uses[i].term.contract)
            add_consumed(&table, &needs.uses[i]);
    if (table.count)
        qsort(table.rows, table.count, sizeof *table.rows, compare);
    if (term_json())
        print_json(&table);
    for (size_t i = 0; i < table.count && !term_json(); i++)
        print_row(&table, &table.rows[i]);
    if (table.count == 0)
        note("no installed plugin provides or consumes a contract");
    return 0;
}

static const struct command cmd_contract_list = {
    .name = "list",
    .summary = "list contracts: who provides, who consumes, what is missing",
    .needs = NEEDS_PATHS,
    .options =
        (const struct option[]){
            PROJECT_OPTION(struct options, "between plugins of this repository"),
            {0},
        },
    .options_size = sizeof(struct options),
    .run = run_list,
};

const struct command cmd_contract = {
    .name = "contract",
    .summary = "look at the contracts between plugins",
    .group = GROUP_PLUGINS,
    .subcommands = (const struct command *const[]){&cmd_contract_list, NULL},
};
