/*
 * JSON. json-c judges the document (grammar, UTF-8, depth) and decodes strings with escapes; it
 * keeps neither positions nor the duplicates of a key, so the tree is built in a second walk over
 * the text.
 */
#include "base/data_tree.h"
#include "base/json_shim.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct json_walk {
    struct arena *arena;
    const char *text;
    size_t len, at;
    unsigned line;
    size_t column_begin; /* its column is `column` */
    unsigned column;
    struct json_tokener *tokener;
    struct data *duplicate; /* the first in the document */
    size_t values;
    const char *error; /* what json-c let pass, at `at` */
};

static bool walk_fail(struct json_walk *walk, const char *message)
{
    if (!walk->error)
        walk->error = message;
    return false;
}

static char current(const struct json_walk *walk)
{
    return walk->at < walk->len ? walk->text[walk->at] : '\0';
}

static void skip_space(struct json_walk *walk)
{
    for (;; walk->at++) {
        char c = current(walk);
        if (c == '\n') {
            walk->line++;
            walk->column_begin = walk->at + 1;
            walk->column = 1;
        } else if (c != ' ' && c != '\t' && c != '\r') {
            return;
        }
    }
}

/* The column of `at`. Counts from the last position asked for, so that long lines cost linear time.
 */
static unsigned column_here(struct json_walk *walk)
{
    for (; walk->column_begin < walk->at; walk->column_begin++)
        if ((walk->text[walk->column_begin] & 0xC0) != 0x80)
            walk->column++;
    return walk->column;
}

static bool expect(struct json_walk *walk, char c)
{
    skip_space(walk);
    if (current(walk) != c)
        return walk_fail(walk, "unexpected character");
    walk->at++;
    return true;
}

/* Finds the string's closing quote; `escaped` tells whether its bytes are not yet its characters.
 */
static bool scan_string(struct json_walk *walk, bool *escaped)
{
    *escaped = false;
    for (walk->at++; walk->at < walk->len; walk->at++) {
        unsigned char c = (unsigned char)walk->text[walk->at];
        if (c == '"') {
            walk->at++;
            return true;
        }
        if (c < 0x20)
            return walk_fail(walk, "control characters in strings must be written as \\u00XX");
        if (c == '\\') {
            *escaped = true;
            walk->at++;
        }
    }
    return walk_fail(walk, "the string has no end");
}

struct string_sink {
    struct arena *arena;
    const char *text;
    size_t len;
};

static void keep_string(const char *characters, size_t len, void *payload)
{
    struct string_sink *sink = payload;
    sink->text = arena_strndup(sink->arena, characters, len);
    sink->len = len;
}

/* At a quote: the string's content, in the arena. */
static const char *take_string(struct json_walk *walk, size_t *len)
{
    size_t begin = walk->at;
    bool escaped;
    if (current(walk) != '"') {
        walk_fail(walk, "expected a string in double quotes");
        return NULL;
    }
    if (!scan_string(walk, &escaped))
        return NULL;
    if (!escaped) {
        *len = walk->at - begin - 2;
        return arena_strndup(walk->arena, walk->text + begin + 1, *len);
    }
    struct string_sink sink = {.arena = walk->arena};
    if (json_shim_string(walk->tokener, walk->text + begin, walk->at - begin, keep_string, &sink) <
        0)
        walk_fail(walk, "the string is malformed");
    *len = sink.len;
    return sink.text;
}

static size_t digits(const char *text, size_t len)
{
    size_t count = 0;
    while (count < len && text[count] >= '0' && text[count] <= '9')
        count++;
    return count;
}

/* Length of the number at `text` by JSON's grammar; 0 if it is none. */
static size_t number_length(const char *text, size_t len, bool *whole)
{
    size_t at = len && text[0] == '-', count = digits(text + at, len - at);
    *whole = true;
    if (count == 0 || (count > 1 && text[at] == '0'))
        return 0;
    at += count;
    if (at < len && text[at] == '.') {
        *whole = false;
        count = digits(text + at + 1, len - at - 1);
        if (count == 0)
            return 0;
        at += 1 + count;
    }
    if (at < len && (text[at] == 'e' || text[at] == 'E')) {
        *whole = false;
        at++;
        if (at < len && (text[at] == '+' || text[at] == '-'))
            at++;
        count = digits(text + at, len - at);
        if (count == 0)
            return 0;
        at += count;
    }
    return at;
}

/* An integer that fits 64 bits is one; every other number is a float. */
static bool take_number(struct json_walk *walk, struct data *node)
{
    bool whole;
    size_t len = number_length(walk->text + walk->at, walk->len - walk->at, &whole);
    if (len == 0)
        return walk_fail(walk, "expected a value");
    char *text = strndup(walk->text + walk->at, len);
    if (!text)
        abort();
    errno = 0;
    node->type = DATA_INTEGER;
    node->integer = whole ? strtoll(text, NULL, 10) : 0;
    if (!whole || errno == ERANGE) {
        node->type = DATA_FLOAT;
        node->integer = 0;
    }
    node->number = strtod(text, NULL);
    free(text);
    walk->at += len;
    return true;
}

static bool take_word(struct json_walk *walk, const char *word)
{
    size_t len = strlen(word);
    if (walk->len - walk->at < len || memcmp(walk->text + walk->at, word, len) != 0)
        return false;
    walk->at += len;
    return true;
}

static bool take_scalar(struct json_walk *walk, struct data *node)
{
    if (current(walk) == '"') {
        node->type = DATA_STRING;
        node->text = take_string(walk, &node->len);
        return node->text;
    }
    if (take_word(walk, "true") || take_word(walk, "false")) {
        node->type = DATA_BOOLEAN;
        node->boolean = walk->text[walk->at - 2] == 'u';
        return true;
    }
    if (take_word(walk, "null"))
        return true;
    return take_number(walk, node);
}

static bool take_value(struct json_walk *walk, struct data *node, unsigned depth);

static bool take_entry(struct json_walk *walk, struct data_builder *builder, unsigned depth)
{
    skip_space(walk);
    struct data *child = data_new(walk->arena, DATA_NULL, walk->line, column_here(walk));
    const char *key = NULL;
    size_t key_len = 0;
    if (builder->node->type == DATA_TABLE) {
        key = take_string(walk, &key_len);
        if (!key || !expect(walk, ':'))
            return false;
        if (memchr(key, '\0', key_len))
            return walk_fail(walk, "a key holds a NUL character");
    }
    if (!take_value(walk, child, depth))
        return false;
    data_append(builder, child, key, key_len);
    return true;
}

/* An array or object, from its opening bracket. */
static bool take_children(struct json_walk *walk, struct data *node, char close, unsigned depth)
{
    struct data_builder builder = {.arena = walk->arena, .node = node};
    walk->at++;
    skip_space(walk);
    if (current(walk) == close) {
        walk->at++;
        return true;
    }
    for (;;) {
        if (!take_entry(walk, &builder, depth + 1))
            return false;
        skip_space(walk);
        if (current(walk) == close) {
            walk->at++;
            return true;
        }
        if (!expect(walk, ','))
            return false;
    }
}

static bool take_value(struct json_walk *walk, struct data *node, unsigned depth)
{
    skip_space(walk);
    if (depth > DATA_MAX_DEPTH)
        return walk_fail(walk, "nested too deeply (more than 64 levels)");
    if (++walk->values > DATA_MAX_VALUES)
        return walk_fail(walk, "too many values in one document (more than 2000000)");
    if (current(walk) == '[') {
        node->type = DATA_ARRAY;
        return take_children(walk, node, ']', depth);
    }
    if (current(walk) != '{')
        return take_scalar(walk, node);
    node->type = DATA_TABLE;
    if (!take_children(walk, node, '}', depth))
        return false;
    struct data *duplicate = data_finish_table(walk->arena, node);
    if (duplicate && !walk->duplicate)
        walk->duplicate = duplicate;
    return true;
}

static struct data *build(struct json_walk *walk)
{
    struct data *root = data_new(walk->arena, DATA_NULL, 1, 1);
    if (!take_value(walk, root, 0))
        return NULL;
    skip_space(walk);
    if (walk->at < walk->len) {
        walk_fail(walk, "expected the end of the document");
        return NULL;
    }
    return root;
}

struct data *data_parse_json(struct arena *arena, const char *file, const char *text, size_t len,
                             bool strict, struct diags *diags)
{
    static const char byte_order_mark[] = "\xEF\xBB\xBF";
    if (len >= 3 && memcmp(text, byte_order_mark, 3) == 0) {
        text += 3;
        len -= 3;
    }
    struct json_walk walk = {
        .arena = arena,
        .text = text,
        .len = len,
        .line = 1,
        .column = 1,
        .tokener = json_shim_new(DATA_MAX_DEPTH + 1),
    };
    size_t at = 0;
    struct data *root = NULL;
    const char *error = json_shim_judge(walk.tokener, text, len, &at);
    if (!error) {
        root = build(&walk);
        error = walk.error;
        at = walk.at;
    }
    json_shim_free(walk.tokener);
    if (!root) {
        unsigned line, column;
        data_position(text, at < len ? at : len, &line, &column);
        diag_add(diags, DIAG_ERROR, file, line, column, NULL, NULL, "%s", error);
        return NULL;
    }
    if (strict && walk.duplicate) {
        diag_add(diags, DIAG_ERROR, file, walk.duplicate->line, walk.duplicate->column,
                 data_path(walk.duplicate, arena), NULL, "the key occurs twice");
        return NULL;
    }
    return root;
}
