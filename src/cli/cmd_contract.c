#include "base/data.h"
#include "cli/command.h"
#include "cli/needs.h"

#include <stdlib.h>
#include <string.h>

/* One contract, or one service of it, among what is installed. */
struct row {
    const char *term; /* "IntegrationProvider[jira]" */
    struct strings providers, consumers, missing;
};

struct table {
    struct row *rows;
    size_t count, capacity;
    struct arena *arena;
};

static struct row *row_of(struct table *table, const char *contract, const char *service)
{
    const char *term = service ? arena_printf(table->arena, "%s[%s]", contract, service)
                               : arena_strdup(table->arena, contract);
    for (size_t i = 0; i < table->count; i++)
        if (strcmp(table->rows[i].term, term) == 0)
            return &table->rows[i];
    struct row *row = arena_push(table->arena, &table->rows, &table->count, &table->capacity);
    row->term = term;
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
        strings_add(&row_of(table, term.contract, term.service)->providers, table->arena,
                    arena_printf(table->arena, "%s%s%s", package->name, term.version ? "@" : "",
                                 term.version ? term.version : ""));
    }
}

static void add_consumed(struct table *table, const struct use *use)
{
    struct row *row = row_of(table, use->term.contract, use->term.service);
    const char *text = arena_printf(table->arena, "%s.%s", use->consumer->name, use->term.alias);
    if (use->provider)
        strings_add(&row->consumers, table->arena,
                    arena_printf(table->arena, "%s -> %s", text, use->provider->name));
    else
        strings_add(
            &row->missing, table->arena,
            arena_printf(table->arena, "%s%s", text, use->term.optional ? " (optional)" : ""));
}

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct row *)a)->term, ((const struct row *)b)->term);
}

static void print_line(const char *what, const struct strings *items, struct arena *arena)
{
    if (items->count)
        out("  %-10s %s\n", what, strings_join(items, arena, ", "));
}

static void json_strings(struct json_writer *json, const char *key, const struct strings *items)
{
    json_key(json, key);
    json_array(json);
    for (size_t i = 0; i < items->count; i++)
        json_string(json, items->items[i]);
    json_end_array(json);
}

static void print_json(const struct table *table)
{
    AUTO_BUF text = {0};
    struct json_writer json = {.out = &text, .indent = true};
    json_array(&json);
    for (size_t i = 0; i < table->count; i++) {
        json_object(&json);
        json_field(&json, "contract", table->rows[i].term);
        json_strings(&json, "providers", &table->rows[i].providers);
        json_strings(&json, "bound", &table->rows[i].consumers);
        json_strings(&json, "missing", &table->rows[i].missing);
        json_end_object(&json);
    }
    json_end_array(&json);
    buf_putc(&text, '\n');
    out_bytes(text.data, text.len);
}

static int run_list(struct invocation *call)
{
    struct needs needs;
    struct table table = {.arena = call->arena};
    int result = needs_read(&needs, call->arena);
    if (result < 0)
        return result;
    for (size_t i = 0; i < needs.set.count; i++)
        add_provided(&table, &needs.set.packages[i]);
    for (size_t i = 0; i < needs.count; i++)
        add_consumed(&table, &needs.uses[i]);
    if (table.count)
        qsort(table.rows, table.count, sizeof *table.rows, compare);
    if (term_json())
        print_json(&table);
    for (size_t i = 0; i < table.count && !term_json(); i++) {
        out("%s\n", table.rows[i].term);
        print_line("provided", &table.rows[i].providers, call->arena);
        print_line("bound", &table.rows[i].consumers, call->arena);
        print_line("missing", &table.rows[i].missing, call->arena);
    }
    if (table.count == 0)
        note("no installed plugin provides or consumes a contract");
    return 0;
}

static const struct command cmd_contract_list = {
    .name = "list",
    .summary = "list contracts: who provides, who consumes, what is missing",
    .needs = NEEDS_PATHS,
    .run = run_list,
};

const struct command cmd_contract = {
    .name = "contract",
    .summary = "look at the contracts between plugins",
    .group = GROUP_PLUGINS,
    .subcommands = (const struct command *const[]){&cmd_contract_list, NULL},
};
