#include "base/data.h"
#include "base/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static void newline(struct json_writer *json)
{
    if (!json->indent)
        return;
    buf_putc(json->out, '\n');
    for (unsigned i = 0; i < json->depth; i++)
        buf_puts(json->out, "  ");
}

/* What stands in front of a value or a key: nothing after a key, else a comma and a new line. */
static void before_value(struct json_writer *json)
{
    if (json->after_key) {
        json->after_key = false;
        return;
    }
    if (json->need_comma)
        buf_putc(json->out, ',');
    if (json->depth)
        newline(json);
}

static void begin(struct json_writer *json, char bracket)
{
    before_value(json);
    buf_putc(json->out, bracket);
    json->depth++;
    json->need_comma = false;
}

static void end(struct json_writer *json, char bracket)
{
    json->depth--;
    if (json->need_comma) /* not empty */
        newline(json);
    buf_putc(json->out, bracket);
    json->need_comma = true;
}

void json_object(struct json_writer *json)
{
    begin(json, '{');
}

void json_end_object(struct json_writer *json)
{
    end(json, '}');
}

void json_array(struct json_writer *json)
{
    begin(json, '[');
}

void json_end_array(struct json_writer *json)
{
    end(json, ']');
}

static void add_escaped(struct buf *out, unsigned char c)
{
    static const char short_form[] = {
        ['"'] = '"',  ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f',
        ['\n'] = 'n', ['\r'] = 'r',  ['\t'] = 't',
    };
    if (c < sizeof short_form && short_form[c])
        buf_printf(out, "\\%c", short_form[c]);
    else
        buf_printf(out, "\\u%04x", c);
}

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
}

/* JSON is shown on terminals too: what nobody sees is written as its number. */
static void add_point(struct buf *out, const char *bytes, size_t len, uint32_t c)
{
    if (!text_is_hidden(c)) {
        buf_add(out, bytes, len);
    } else if (c < 0x10000) {
        buf_printf(out, "\\u%04x", (unsigned)c);
    } else {
        c -= 0x10000;
        buf_printf(out, "\\u%04x\\u%04x", 0xd800u | (unsigned)(c >> 10),
                   0xdc00u | (unsigned)(c & 0x3ff));
    }
}

static void add_quoted(struct buf *out, const char *text, size_t len)
{
    buf_putc(out, '"');
    for (size_t i = 0; i < len;) {
        size_t run = 0;
        while (i + run < len && is_plain((unsigned char)text[i + run]))
            run++;
        if (run) {
            buf_add(out, text + i, run);
            i += run;
            continue;
        }
        uint32_t c;
        size_t sequence = text_decode(text + i, len - i, &c);
        if (sequence == 0)
            buf_puts(out, "\xEF\xBF\xBD");
        else if (sequence == 1)
            add_escaped(out, (unsigned char)c);
        else
            add_point(out, text + i, sequence, c);
        i += sequence ? sequence : 1;
    }
    buf_putc(out, '"');
}

static void add_key(struct json_writer *json, const char *key, size_t len)
{
    before_value(json);
    add_quoted(json->out, key, len);
    buf_puts(json->out, json->indent ? ": " : ":");
    json->after_key = true;
}

void json_key(struct json_writer *json, const char *key)
{
    add_key(json, key, strlen(key));
}

void json_string(struct json_writer *json, const char *text)
{
    if (text)
        json_string_n(json, text, strlen(text));
    else
        json_null(json);
}

void json_string_n(struct json_writer *json, const char *text, size_t len)
{
    before_value(json);
    add_quoted(json->out, text, len);
    json->need_comma = true;
}

void json_raw(struct json_writer *json, const char *text)
{
    before_value(json);
    buf_puts(json->out, text);
    json->need_comma = true;
}

void json_integer(struct json_writer *json, int64_t value)
{
    before_value(json);
    buf_printf(json->out, "%" PRId64, value);
    json->need_comma = true;
}

void json_boolean(struct json_writer *json, bool value)
{
    json_raw(json, value ? "true" : "false");
}

void json_null(struct json_writer *json)
{
    json_raw(json, "null");
}

void json_field(struct json_writer *json, const char *key, const char *text)
{
    if (!text)
        return;
    json_key(json, key);
    json_string(json, text);
}

void json_strings(struct json_writer *json, const char *key, const struct strings *items)
{
    json_key(json, key);
    json_array(json);
    for (size_t i = 0; i < items->count; i++)
        json_string(json, items->items[i]);
    json_end_array(json);
}

void json_lines(struct json_writer *json, const char *key, const char *lines)
{
    struct arena arena = {0};
    struct strings items = {0};
    strings_split(&items, &arena, lines, '\n');
    json_strings(json, key, &items);
    arena_release(&arena);
}

/* JSON has no infinities and no NaN. */
static void add_float(struct json_writer *json, double number)
{
    char text[40];
    if (!isfinite(number)) {
        json_null(json);
        return;
    }
    snprintf(text, sizeof text, "%.17g", number);
    if (!strpbrk(text, ".e"))
        strcat(text, ".0");
    json_raw(json, text);
}

static void add_children(struct json_writer *json, const struct data *value)
{
    for (const struct data *child = value->children; child; child = child->next) {
        if (child->key)
            add_key(json, child->key, child->key_len);
        json_data(json, child);
    }
}

void json_data(struct json_writer *json, const struct data *value)
{
    switch (value->type) {
    case DATA_NULL:
        json_null(json);
        break;
    case DATA_STRING:
    case DATA_DATE:
    case DATA_TIME:
    case DATA_DATETIME:
        json_string_n(json, value->text, value->len);
        break;
    case DATA_INTEGER:
        json_integer(json, value->integer);
        break;
    case DATA_FLOAT:
        add_float(json, value->number);
        break;
    case DATA_BOOLEAN:
        json_boolean(json, value->boolean);
        break;
    case DATA_ARRAY:
        json_array(json);
        add_children(json, value);
        json_end_array(json);
        break;
    case DATA_TABLE:
        json_object(json);
        add_children(json, value);
        json_end_object(json);
        break;
    }
}
