/*
 * [provides], [consumes] and what a plugin cannot stand beside.
 */
#include "base/semver.h"
#include "base/text.h"
#include "registry/dependency.h"
#include "registry/manifest_private.h"

#include <string.h>

/* The values of one key of [provides]. */
struct provided_sink {
    struct reader *reader;
    struct manifest_reading *reading;
    const char *key;
};

static void add_provided(struct provided_sink *sink, const struct provided *term)
{
    struct manifest *manifest = sink->reading->manifest;
    struct provided *added = arena_push(sink->reading->arena, &manifest->provides,
                                        &manifest->provide_count, &manifest->provide_capacity);

    *added = *term;
}

static size_t key_count(void)
{
    size_t count = 0;

    while (contract_keys[count])
        count++;
    return count;
}

/* The contract of a key that carries none of its own; reports that there is none. */
static const char *contract_for(struct provided_sink *sink, struct data *node)
{
    const char *contract = contract_of_key(sink->key);
    const char *nearest = text_nearest(sink->key, contract_keys, key_count());

    if (!contract && nearest)
        read_error(sink->reader, node, "'%s' stands for no contract: did you mean '%s'?", sink->key,
                   nearest);
    else if (!contract)
        read_error(sink->reader, node,
                   "'%s' stands for no contract: name one, such as \"MemoryProvider@1.0\"",
                   sink->key);
    return contract;
}

/* A contract such as MemoryProvider@1.1, or the service of the key's own contract. */
static void provided_string(struct provided_sink *sink, struct data *node)
{
    struct provided term = {0};

    if (!provided_parse(&term, sink->reading->arena, node->text)) {
        term = (struct provided){.contract = contract_for(sink, node)};
        if (!term.contract)
            return;
        if (!contract_word_valid(node->text)) {
            read_error(
                sink->reader, node,
                "expected a contract such as \"%s@1.0\" or the name of a service, found '%s'",
                term.contract, node->text);
            return;
        }
        term.service = node->text;
    }
    add_provided(sink, &term);
}

static void check_contract(struct reader *reader, const char *contract)
{
    if (contract && !contract_name_valid(contract))
        read_error(reader, data_get(reader->table, "contract"),
                   "expected the name of a contract such as MemoryProvider, found '%s'", contract);
}

static void check_service(struct reader *reader, const char *service)
{
    if (service && !contract_word_valid(service))
        read_error(reader, data_get(reader->table, "service"),
                   "expected the name of a service such as jira, found '%s'", service);
}

static void provided_table(struct provided_sink *sink, struct data *node)
{
    struct reader table = reader_of(sink->reader, node);
    struct provided term = {0};
    size_t errors = table.diags->errors;
    struct version version;

    if (data_get(node, "contract"))
        term.contract = read_required(&table, "contract");
    else
        term.contract = contract_for(sink, node);
    check_contract(&table, term.contract);
    term.service = read_string(&table, "service", NULL);
    check_service(&table, term.service);
    term.version = read_string(&table, "version", NULL);
    if (term.version && !version_parse_partial(&version, term.version))
        read_error(&table, data_get(node, "version"), "expected a version such as 1.1, found '%s'",
                   term.version);
    read_unknown_keys(&table);
    if (term.contract && table.diags->errors == errors)
        add_provided(sink, &term);
}

static void provided_value(struct provided_sink *sink, struct data *node)
{
    if (node->type == DATA_STRING) {
        provided_string(sink, node);
    } else if (node->type == DATA_TABLE) {
        provided_table(sink, node);
    } else if (node->type == DATA_BOOLEAN) {
        const char *contract = node->boolean ? contract_for(sink, node) : NULL;

        if (contract)
            add_provided(sink, &(struct provided){.contract = contract});
    } else {
        read_error(sink->reader, node, "expected a string, a boolean or a table, found %s",
                   data_type_name(node->type));
    }
}

void manifest_read_provides(struct manifest_reading *reading)
{
    for (struct data *node = manifest_entries(reading, "provides"); node; node = node->next) {
        struct provided_sink sink = {&reading->root, reading, node->key};

        if (node->type != DATA_ARRAY)
            provided_value(&sink, node);
        for (struct data *item = node->type == DATA_ARRAY ? node->children : NULL; item;
             item = item->next)
            provided_value(&sink, item);
    }
}

/* ---- [consumes] ---- */

static void consumed_table(struct manifest_reading *reading, struct data *node,
                           struct consumed *term)
{
    struct reader table = reader_of(&reading->root, node);
    const char *range;

    term->contract = contract_of_key(node->key);
    if (!term->contract || data_get(node, "contract"))
        term->contract = read_required(&table, "contract");
    check_contract(&table, term->contract);
    term->service = read_string(&table, "service", NULL);
    check_service(&table, term->service);
    term->optional = read_boolean(&table, "optional", true);
    range = read_string(&table, "version", "*");
    term->range = contract_range(reading->arena, range);
    if (!term->range)
        read_error(&table, data_get(node, "version"),
                   "expected a version range such as \">=1.0, <2\", found '%s'", range);
    read_unknown_keys(&table);
}

static void consumed_entry(struct manifest_reading *reading, struct data *node)
{
    struct manifest *manifest = reading->manifest;
    struct consumed term = {.alias = node->key, .optional = true, .range = "*"};
    size_t errors = reading->root.diags->errors;
    struct consumed *added;

    if (!contract_word_valid(node->key))
        read_error(&reading->root, node, "expected an alias of letters, digits, '-', '_' and '.'");
    if (node->type == DATA_TABLE)
        consumed_table(reading, node, &term);
    else if (node->type != DATA_STRING)
        read_error(&reading->root, node, "expected a table or a string, found %s",
                   data_type_name(node->type));
    else if (!consumed_parse_short(&term, reading->arena, node->text))
        read_error(&reading->root, node,
                   "expected a contract such as \"MemoryProvider@>=1\", found '%s'", node->text);
    if (reading->root.diags->errors != errors)
        return;
    added = arena_push(reading->arena, &manifest->consumes, &manifest->consume_count,
                       &manifest->consume_capacity);
    *added = term;
}

void manifest_read_consumes(struct manifest_reading *reading)
{
    for (struct data *node = manifest_entries(reading, "consumes"); node; node = node->next)
        consumed_entry(reading, node);
}

/* ---- conflicts ---- */

void read_conflicts(struct reader *reader, struct strings *out)
{
    struct strings words = {0};

    read_strings(reader, "conflicts", &words);
    for (size_t i = 0; i < words.count; i++) {
        const char *term = conflict_text(reader->diags->arena, words.items[i]);

        if (!term)
            read_error(reader, data_get(reader->table, "conflicts"),
                       "'%s' is not such as \"jira\", \"jira@<2\" or \"MemoryProvider\"",
                       words.items[i]);
        else if (!strings_has(out, term))
            strings_add(out, reader->diags->arena, term);
    }
}
