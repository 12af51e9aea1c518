#include "base/data.h"

#include "base/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#define CONTROLS                                                                                   \
    "\x01\x02\x03\x04\x05\x06\a\b\t\n\v\f\r\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a"   \
    "\x1b\x1c"                                                                                     \
    "\x1d\x1e\x1f\x7f"

static void report(struct reader *reader, enum diag_level level, const struct data *node,
                   const char *hint, const char *message)
{
    struct arena *arena = reader->diags->arena;
    diag_add(reader->diags, level, reader->file, node ? node->line : 0, node ? node->column : 0,
             node ? data_path(node, arena) : NULL, hint, "%s", message);
}

void read_error(struct reader *reader, const struct data *node, const char *format, ...)
{
    AUTO_BUF message = {0};
    va_list args;
    va_start(args, format);
    buf_vprintf(&message, format, args);
    va_end(args);
    report(reader, DIAG_ERROR, node, NULL, buf_text(&message));
}

void read_warning(struct reader *reader, const struct data *node, const char *format, ...)
{
    AUTO_BUF message = {0};
    va_list args;
    va_start(args, format);
    buf_vprintf(&message, format, args);
    va_end(args);
    report(reader, DIAG_WARNING, node, NULL, buf_text(&message));
}

struct data *read_any(struct reader *reader, const char *key)
{
    if (reader->asked_count < READER_ASKED_MAX)
        reader->asked[reader->asked_count++] = key;
    struct data *node = data_get(reader->table, key);
    if (node)
        node->known = true;
    return node;
}

/* Says what was expected of `node`; gives NULL. */
static struct data *wrong_type(struct reader *reader, const struct data *node, const char *expected)
{
    read_error(reader, node, "expected %s, found %s", expected, data_type_name(node->type));
    return NULL;
}

static struct data *read_typed(struct reader *reader, const char *key, enum data_type type)
{
    struct data *node = read_any(reader, key);
    if (!node || node->type == type)
        return node;
    return wrong_type(reader, node, data_type_name(type));
}

/* Strings end up in paths, arguments and messages, where a NUL would cut them short. */
static const char *plain_text(struct reader *reader, const struct data *node)
{
    if (!memchr(node->text, '\0', node->len))
        return node->text;
    read_error(reader, node, "expected text, found a NUL character in it");
    return NULL;
}

const char *read_string(struct reader *reader, const char *key, const char *fallback)
{
    struct data *node = read_typed(reader, key, DATA_STRING);
    const char *text = node ? plain_text(reader, node) : NULL;
    return text ? text : fallback;
}

static const char *as_line(struct reader *reader, const char *text)
{
    if (!text || !text[strcspn(text, CONTROLS)])
        return text;
    char *line = arena_strdup(reader->diags->arena, text);
    for (char *c = line + strcspn(line, CONTROLS); *c; c += strcspn(c, CONTROLS))
        *c = ' ';
    return line;
}

const char *read_line(struct reader *reader, const char *key, const char *fallback)
{
    return as_line(reader, read_string(reader, key, fallback));
}

void read_lines(struct reader *reader, const char *key, struct strings *out)
{
    size_t first = out->count;
    read_strings(reader, key, out);
    for (size_t i = first; i < out->count; i++)
        out->items[i] = as_line(reader, out->items[i]);
}

const char *read_required(struct reader *reader, const char *key)
{
    if (!data_get(reader->table, key)) {
        read_error(reader, reader->table, "the key '%s' is missing", key);
        return NULL;
    }
    return read_string(reader, key, NULL);
}

int64_t read_integer(struct reader *reader, const char *key, int64_t fallback, int64_t min,
                     int64_t max)
{
    struct data *node = read_typed(reader, key, DATA_INTEGER);
    if (!node)
        return fallback;
    if (node->integer >= min && node->integer <= max)
        return node->integer;
    read_error(reader, node, "expected an integer from %" PRId64 " to %" PRId64 ", found %" PRId64,
               min, max, node->integer);
    return fallback;
}

bool read_boolean(struct reader *reader, const char *key, bool fallback)
{
    struct data *node = read_typed(reader, key, DATA_BOOLEAN);
    return node ? node->boolean : fallback;
}

static size_t count_choices(const char *const *choices)
{
    size_t count = 0;
    while (choices[count])
        count++;
    return count;
}

int read_choice(struct reader *reader, const char *key, const char *const *choices, int fallback)
{
    struct data *node = read_typed(reader, key, DATA_STRING);
    if (!node)
        return fallback;
    size_t count = count_choices(choices);
    for (size_t i = 0; i < count; i++)
        if (strlen(choices[i]) == node->len && !memcmp(choices[i], node->text, node->len))
            return (int)i;

    struct arena *arena = reader->diags->arena;
    struct strings all = {0};
    for (size_t i = 0; i < count; i++)
        strings_add(&all, arena, choices[i]);
    const char *nearest = text_nearest(node->text, choices, count);
    const char *message = arena_printf(arena, "expected one of: %s; found '%s'",
                                       strings_join(&all, arena, ", "), node->text);
    report(reader, DIAG_ERROR, node,
           nearest ? arena_printf(arena, "did you mean '%s'?", nearest) : NULL, message);
    return fallback;
}

void read_strings(struct reader *reader, const char *key, struct strings *out)
{
    struct data *node = read_any(reader, key);
    if (!node)
        return;
    if (node->type != DATA_STRING && node->type != DATA_ARRAY) {
        wrong_type(reader, node, "an array of strings");
        return;
    }
    bool single = node->type == DATA_STRING;
    for (struct data *item = single ? node : node->children; item;
         item = single ? NULL : item->next) {
        const char *text = NULL;
        if (item->type == DATA_STRING)
            text = plain_text(reader, item);
        else
            wrong_type(reader, item, "a string");
        if (text)
            strings_add(out, reader->diags->arena, text);
    }
}

struct reader read_table(struct reader *reader, const char *key)
{
    return (struct reader){
        .table = read_typed(reader, key, DATA_TABLE),
        .file = reader->file,
        .diags = reader->diags,
    };
}

void read_unknown_keys(struct reader *reader)
{
    if (!reader->table)
        return;
    struct arena *arena = reader->diags->arena;
    for (struct data *node = reader->table->children; node; node = node->next) {
        if (node->known)
            continue;
        const char *nearest = text_nearest(node->key, reader->asked, reader->asked_count);
        report(reader, DIAG_WARNING, node,
               nearest ? arena_printf(arena, "did you mean '%s'?", nearest) : NULL, "unknown key");
    }
}
