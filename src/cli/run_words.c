#include "cli/run_words.h"

#include "base/data.h"
#include "base/error.h"
#include "base/text.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_INPUT = 16 << 20 };

/* A parameter that was given: one JSON value, or the elements of an array. */
struct given {
    const struct value_schema *schema;
    struct strings values;
    bool whole; /* the value is the array itself */
};

struct reading {
    struct run_words *words;
    const struct action *action;
    struct arena *arena;
    size_t at; /* the next word */
    struct given *given;
    size_t given_count, given_capacity;
    const struct data *base; /* of --params */
    bool input_taken;
};

int run_words_action(struct run_words *words, struct arena *arena)
{
    size_t taken = 0;
    if (!words->count)
        return 0;
    const char *first = words->items[0];
    if (first[0] != '-') {
        words->action = first;
        taken = 1;
    } else if (text_starts(first, "--action=")) {
        words->action = arena_strdup(arena, strchr(first, '=') + 1);
        taken = 1;
    } else if (!strcmp(first, "--action")) {
        if (words->count < 2)
            return fail(ERR_GENERIC, "'--action' needs the name of an action");
        words->action = words->items[1];
        taken = 2;
    }
    words->items += taken;
    words->count -= taken;
    return 0;
}

/* ---- values ---- */

static int read_input(struct buf *out, struct reading *reading)
{
    if (reading->input_taken)
        return fail(ERR_GENERIC, "standard input can be read once, for one '-'");
    reading->input_taken = true;
    out->max = MAX_INPUT;
    char chunk[16384];
    ssize_t n;
    while ((n = read(STDIN_FILENO, chunk, sizeof chunk)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail_errno(ERR_GENERIC, "cannot read standard input");
        buf_add(out, chunk, (size_t)n);
        if (out->overflow)
            return fail(ERR_GENERIC, "standard input is larger than 16 MiB");
    }
    return 0;
}

static int bad_value(const struct value_schema *schema, const char *wanted, const char *text)
{
    fail(ERR_GENERIC, "'--%s' needs %s, not '%s'", schema->name, wanted, text);
    return -ERR_GENERIC;
}

static int integer_value(struct json_writer *json, const struct value_schema *schema,
                         const char *text)
{
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno || end == text || *end)
        return bad_value(schema, "a whole number", text);
    json_integer(json, value);
    return 0;
}

static int number_value(struct json_writer *json, const struct value_schema *schema,
                        const char *text, struct arena *arena)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end || !isfinite(value))
        return bad_value(schema, "a number", text);
    json_raw(json, arena_printf(arena, "%.17g", value));
    return 0;
}

static int boolean_value(struct json_writer *json, const struct value_schema *schema,
                         const char *text)
{
    static const char *const on[] = {"true", "yes", "1"}, *const off[] = {"false", "no", "0"};
    for (size_t i = 0; i < sizeof on / sizeof *on; i++) {
        if (strcmp(text, on[i]) != 0 && strcmp(text, off[i]) != 0)
            continue;
        json_boolean(json, !strcmp(text, on[i]));
        return 0;
    }
    return bad_value(schema, "true or false", text);
}

static int json_value(struct json_writer *json, const struct value_schema *schema, const char *text,
                      enum data_type type, struct arena *arena)
{
    struct diags diags = {.arena = arena};
    const struct data *value =
        data_parse_json(arena, schema->name, text, strlen(text), true, &diags);
    if (!value || value->type != type)
        return bad_value(schema, type == DATA_ARRAY ? "a JSON array" : "a JSON object", text);
    json_data(json, value);
    return 0;
}

/* Appends the JSON form of one value as it was typed or read. */
static int convert(struct json_writer *json, struct given *given, const char *text, size_t len,
                   struct arena *arena)
{
    const struct value_schema *schema = given->schema;
    if (!strcmp(schema->type, "integer"))
        return integer_value(json, schema, text);
    if (!strcmp(schema->type, "number"))
        return number_value(json, schema, text, arena);
    if (!strcmp(schema->type, "boolean"))
        return boolean_value(json, schema, text);
    if (!strcmp(schema->type, "object"))
        return json_value(json, schema, text, DATA_TABLE, arena);
    if (!strcmp(schema->type, "array") && text[0] == '[') {
        given->whole = true;
        return json_value(json, schema, text, DATA_ARRAY, arena);
    }
    json_string_n(json, text, len);
    return 0;
}

static struct given *find_given(struct reading *reading, const struct value_schema *schema)
{
    for (size_t i = 0; i < reading->given_count; i++) {
        if (reading->given[i].schema == schema)
            return &reading->given[i];
    }
    struct given *given = arena_push(reading->arena, &reading->given, &reading->given_count,
                                     &reading->given_capacity);
    given->schema = schema;
    return given;
}

/* `attached` is a value after '=', which is never standard input. */
static int add_value(struct reading *reading, const struct value_schema *schema, const char *text,
                     bool attached)
{
    struct given *given = find_given(reading, schema);
    AUTO_BUF input = {0};
    AUTO_BUF value = {0};
    size_t len = strlen(text);
    if (!attached && !strcmp(text, "-")) {
        int result = read_input(&input, reading);
        if (result < 0)
            return result;
        text = buf_text(&input);
        len = input.len;
    }
    if (strcmp(schema->type, "array") != 0 || given->whole)
        given->values.count = 0; /* the last one wins */
    given->whole = false;
    struct json_writer json = {.out = &value};
    int result = convert(&json, given, text, len, reading->arena);
    if (given->whole)
        given->values.count = 0;
    strings_add(&given->values, reading->arena, arena_strdup(reading->arena, buf_text(&value)));
    return result;
}

/* ---- options ---- */

static bool same_name(const char *name, const char *word, size_t len)
{
    if (strlen(name) != len)
        return false;
    for (size_t i = 0; i < len; i++) {
        char a = name[i] == '_' ? '-' : name[i], b = word[i] == '_' ? '-' : word[i];
        if (a != b)
            return false;
    }
    return true;
}

static const struct value_schema *find_schema(const struct reading *reading, const char *word,
                                              size_t len)
{
    for (size_t i = 0; reading->action && i < reading->action->param_count; i++) {
        if (same_name(reading->action->params[i].name, word, len))
            return &reading->action->params[i];
    }
    return NULL;
}

static int unknown_option(const struct reading *reading, const char *word)
{
    struct strings names = {0};
    static const char *const always[] = {"params", "json", "help", "dry-run", "action"};
    for (size_t i = 0; reading->action && i < reading->action->param_count; i++)
        strings_add(&names, reading->arena, reading->action->params[i].name);
    for (size_t i = 0; i < sizeof always / sizeof *always; i++)
        strings_add(&names, reading->arena, always[i]);
    const char *bare = arena_strndup(reading->arena, word + 2, strcspn(word + 2, "="));
    const char *nearest = text_nearest(bare, names.items, names.count);
    if (reading->action)
        fail(ERR_GENERIC, "action '%s' has no parameter '%s'", reading->action->name, bare);
    else
        fail(ERR_GENERIC, "unknown option '--%s' before an action", bare);
    if (nearest)
        error_hint("did you mean '--%s'?", nearest);
    else
        error_hint("'--help' after the action lists its parameters");
    return -ERR_GENERIC;
}

static const char *next_word(struct reading *reading, const char *attached)
{
    if (attached)
        return attached;
    return reading->at < reading->words->count ? reading->words->items[reading->at++] : NULL;
}

static int read_params(struct reading *reading, const char *attached)
{
    const char *text = next_word(reading, attached);
    AUTO_BUF input = {0};
    if (!text)
        return fail(ERR_GENERIC, "'--params' needs a JSON object, or '-'");
    if (!strcmp(text, "-")) {
        int result = read_input(&input, reading);
        if (result < 0)
            return result;
        text = arena_strdup(reading->arena, buf_text(&input));
    }
    struct diags diags = {.arena = reading->arena};
    reading->base = data_parse_json(reading->arena, "--params", text, strlen(text), true, &diags);
    if (reading->base && reading->base->type == DATA_TABLE)
        return 0;
    return fail(ERR_GENERIC, "%s",
                diags.count ? diag_text(&diags.items[0], reading->arena)
                            : "--params must be a JSON object");
}

/* What every action has. True if the word was one of these. */
static bool common_option(struct reading *reading, const char *word, size_t len,
                          const char *attached, int *result)
{
    struct run_words *words = reading->words;
    const struct {
        const char *name;
        bool *flag;
    } flags[] = {{"json", &words->json}, {"help", &words->help}, {"dry-run", &words->dry_run}};
    *result = 0;
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        if (attached || !same_name(flags[i].name, word, len))
            continue;
        *flags[i].flag = true;
        return true;
    }
    if (!same_name("params", word, len))
        return false;
    *result = read_params(reading, attached);
    return true;
}

static int parameter(struct reading *reading, const struct value_schema *schema,
                     const char *attached)
{
    if (!strcmp(schema->type, "boolean") && !attached)
        return add_value(reading, schema, "true", true);
    const char *value = next_word(reading, attached);
    if (!value)
        return fail(ERR_GENERIC, "'--%s' needs a value", schema->name);
    return add_value(reading, schema, value, attached != NULL);
}

static int long_option(struct reading *reading, const char *word)
{
    const char *name = word + 2;
    size_t len = strcspn(name, "=");
    const char *attached = name[len] ? name + len + 1 : NULL;
    int result;
    const struct value_schema *schema = find_schema(reading, name, len);
    if (schema)
        return parameter(reading, schema, attached);
    if (common_option(reading, name, len, attached, &result))
        return result;
    if (text_starts(name, "no-") && !attached) {
        schema = find_schema(reading, name + 3, len - 3);
        if (schema && !strcmp(schema->type, "boolean"))
            return add_value(reading, schema, "false", true);
    }
    return unknown_option(reading, word);
}

static int read_word(struct reading *reading, const char *word)
{
    if (!strcmp(word, "-h")) {
        reading->words->help = true;
        return 0;
    }
    if (text_starts(word, "--") && word[2])
        return long_option(reading, word);
    fail(ERR_GENERIC, "unexpected word '%s'", word);
    error_hint("parameters are options: --NAME VALUE; '--help' lists them");
    return -ERR_GENERIC;
}

/* ---- the object ---- */

static void write_given(struct json_writer *json, const struct given *given)
{
    bool array = !strcmp(given->schema->type, "array") && !given->whole;
    json_key(json, given->schema->name);
    if (array)
        json_array(json);
    for (size_t i = 0; i < given->values.count; i++)
        json_raw(json, given->values.items[i]);
    if (array)
        json_end_array(json);
}

static void write_params(struct reading *reading)
{
    struct json_writer json = {.out = &reading->words->params};
    json_object(&json);
    const struct data *value = reading->base ? reading->base->children : NULL;
    for (; value; value = value->next) {
        bool replaced = false;
        for (size_t i = 0; i < reading->given_count; i++)
            replaced = replaced || !strcmp(reading->given[i].schema->name, value->key);
        if (replaced)
            continue;
        json_key(&json, value->key);
        json_data(&json, value);
    }
    for (size_t i = 0; i < reading->given_count; i++)
        write_given(&json, &reading->given[i]);
    json_end_object(&json);
}

int run_words_params(struct run_words *words, const struct action *action, struct arena *arena)
{
    struct reading reading = {.words = words, .action = action, .arena = arena};
    while (reading.at < words->count) {
        int result = read_word(&reading, words->items[reading.at++]);
        if (result < 0)
            return result;
    }
    write_params(&reading);
    return 0;
}
