#include "json.h"

#include <string.h>

enum { MAX_DEPTH = 64, MAX_MEMBERS = 1024 };

struct reader {
    const unsigned char *at, *end;
    unsigned depth;
    const char *why;
};

static struct json *read_value(struct reader *reader);

static void *wrong(struct reader *reader, const char *why)
{
    if (!reader->why)
        reader->why = why;
    return NULL;
}

static void skip_space(struct reader *reader)
{
    while (reader->at < reader->end && strchr(" \t\n\r", *reader->at) && *reader->at)
        reader->at++;
}

static bool accept(struct reader *reader, char c)
{
    if (reader->at == reader->end || *reader->at != c)
        return false;
    reader->at++;
    return true;
}

/* ---- UTF-8 ---- */

/* Length of the valid sequence at `at`, 0 if there is none. */
static size_t utf8_length(const unsigned char *at, const unsigned char *end)
{
    size_t len = *at < 0x80   ? 1
                 : *at < 0xc2 ? 0
                 : *at < 0xe0 ? 2
                 : *at < 0xf0 ? 3
                 : *at < 0xf5 ? 4
                              : 0;
    if (!len || (size_t)(end - at) < len)
        return 0;
    for (size_t i = 1; i < len; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    }
    if ((*at == 0xe0 && at[1] < 0xa0) || (*at == 0xed && at[1] > 0x9f) ||
        (*at == 0xf0 && at[1] < 0x90) || (*at == 0xf4 && at[1] > 0x8f))
        return 0;
    return len;
}

static void add_code_point(struct text *out, unsigned code)
{
    if (code < 0x80) {
        text_putc(out, (char)code);
    } else if (code < 0x800) {
        text_putc(out, (char)(0xc0 | code >> 6));
        text_putc(out, (char)(0x80 | (code & 63)));
    } else if (code < 0x10000) {
        text_putc(out, (char)(0xe0 | code >> 12));
        text_putc(out, (char)(0x80 | (code >> 6 & 63)));
        text_putc(out, (char)(0x80 | (code & 63)));
    } else {
        text_putc(out, (char)(0xf0 | code >> 18));
        text_putc(out, (char)(0x80 | (code >> 12 & 63)));
        text_putc(out, (char)(0x80 | (code >> 6 & 63)));
        text_putc(out, (char)(0x80 | (code & 63)));
    }
}

/* ---- strings ---- */

static bool read_hex(struct reader *reader, unsigned *code)
{
    *code = 0;
    for (int i = 0; i < 4; i++) {
        static const char digits[] = "0123456789abcdef0123456789ABCDEF";
        const char *digit =
            reader->at < reader->end && *reader->at ? strchr(digits, *reader->at) : NULL;
        if (!digit)
            return false;
        *code = *code << 4 | ((unsigned)(digit - digits) & 15);
        reader->at++;
    }
    return true;
}

/* After "\u". A surrogate without its partner becomes U+FFFD. */
static bool read_unicode(struct reader *reader, struct text *out)
{
    unsigned code, low;
    if (!read_hex(reader, &code))
        return false;
    if (code >= 0xd800 && code < 0xdc00 && reader->end - reader->at >= 6 && reader->at[0] == '\\' &&
        reader->at[1] == 'u') {
        const unsigned char *before = reader->at;
        reader->at += 2;
        if (!read_hex(reader, &low))
            return false;
        if (low >= 0xdc00 && low < 0xe000)
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        else
            reader->at = before;
    }
    add_code_point(out, code >= 0xd800 && code < 0xe000 ? 0xfffd : code);
    return true;
}

static bool read_escape(struct reader *reader, struct text *out)
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    if (reader->at == reader->end)
        return false;
    char c = (char)*reader->at++;
    if (c == 'u')
        return read_unicode(reader, out);
    const char *name = c ? strchr(names, c) : NULL;
    if (!name)
        return false;
    text_putc(out, values[name - names]);
    return true;
}

/* After the opening quote. */
static bool read_string(struct reader *reader, struct text *out)
{
    text_add(out, "", 0);
    while (reader->at < reader->end && *reader->at != '"') {
        size_t len = utf8_length(reader->at, reader->end);
        if (!len || *reader->at < 0x20) {
            wrong(reader, "a string has a control character or is not UTF-8");
            return false;
        }
        if (*reader->at == '\\') {
            reader->at++;
            if (!read_escape(reader, out)) {
                wrong(reader, "a string has a wrong escape");
                return false;
            }
            continue;
        }
        text_add(out, (const char *)reader->at, len);
        reader->at += len;
    }
    if (!accept(reader, '"'))
        return wrong(reader, "a string has no end") != NULL;
    return true;
}

/* ---- other values ---- */

static struct json *new_value(enum json_type type)
{
    struct json *value = take(sizeof *value);
    value->type = type;
    return value;
}

static size_t skip_digits(struct reader *reader)
{
    const unsigned char *start = reader->at;
    while (reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9')
        reader->at++;
    return (size_t)(reader->at - start);
}

static struct json *read_number(struct reader *reader)
{
    const unsigned char *start = reader->at;
    accept(reader, '-');
    bool good = accept(reader, '0') || skip_digits(reader) > 0;
    if (good && accept(reader, '.'))
        good = skip_digits(reader) > 0;
    if (good && (accept(reader, 'e') || accept(reader, 'E'))) {
        if (!accept(reader, '+'))
            accept(reader, '-');
        good = skip_digits(reader) > 0;
    }
    if (!good)
        return wrong(reader, "a value is expected");
    struct json *value = new_value(JSON_NUMBER);
    value->len = (size_t)(reader->at - start);
    value->text = take_text((const char *)start, value->len);
    return value;
}

static struct json *read_word(struct reader *reader)
{
    static const struct {
        const char *word;
        enum json_type type;
    } words[] = {{"null", JSON_NULL}, {"true", JSON_TRUE}, {"false", JSON_FALSE}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t len = strlen(words[i].word);
        if ((size_t)(reader->end - reader->at) >= len && !memcmp(reader->at, words[i].word, len)) {
            reader->at += len;
            return new_value(words[i].type);
        }
    }
    return read_number(reader);
}

static bool read_key(struct reader *reader, const struct json *object, const char **key)
{
    struct text text = {0};
    if (!accept(reader, '"'))
        return wrong(reader, "a key is expected") != NULL;
    if (!read_string(reader, &text))
        return false;
    for (const struct json *other = object->first; other; other = other->next) {
        if (!strcmp(other->key, text.data))
            return wrong(reader, "an object has a key twice") != NULL;
    }
    skip_space(reader);
    if (!accept(reader, ':'))
        return wrong(reader, "':' is expected") != NULL;
    *key = text.data;
    return true;
}

/* After the opening bracket. */
static struct json *read_container(struct reader *reader, enum json_type type)
{
    struct json *container = new_value(type), **tail = &container->first;
    char close = type == JSON_OBJECT ? '}' : ']';
    size_t count = 0;
    skip_space(reader);
    if (accept(reader, close))
        return container;
    do {
        const char *key = NULL;
        skip_space(reader);
        if (type == JSON_OBJECT && (++count > MAX_MEMBERS || !read_key(reader, container, &key)))
            return wrong(reader, "an object is too large");
        struct json *value = read_value(reader);
        if (!value)
            return NULL;
        value->key = key;
        *tail = value;
        tail = &value->next;
        skip_space(reader);
    } while (accept(reader, ','));
    return accept(reader, close) ? container : wrong(reader, "',' or an end is expected");
}

static struct json *read_value(struct reader *reader)
{
    struct json *value;
    skip_space(reader);
    if (++reader->depth > MAX_DEPTH)
        return wrong(reader, "it is nested too deeply");
    if (accept(reader, '{')) {
        value = read_container(reader, JSON_OBJECT);
    } else if (accept(reader, '[')) {
        value = read_container(reader, JSON_ARRAY);
    } else if (accept(reader, '"')) {
        struct text text = {0};
        if (!read_string(reader, &text))
            return NULL;
        value = new_value(JSON_STRING);
        value->text = text.data;
        value->len = text.len;
    } else {
        value = read_word(reader);
    }
    reader->depth--;
    return value;
}

struct json *json_read(const char *text, size_t len, const char **why)
{
    struct reader reader = {.at = (const unsigned char *)text,
                            .end = (const unsigned char *)text + len};
    struct json *value = read_value(&reader);
    skip_space(&reader);
    if (value && reader.at != reader.end)
        value = wrong(&reader, "something follows the document");
    *why = reader.why;
    return value;
}

const struct json *json_member(const struct json *object, const char *key)
{
    const struct json *member = object && object->type == JSON_OBJECT ? object->first : NULL;
    while (member && strcmp(member->key, key) != 0)
        member = member->next;
    return member && member->type != JSON_NULL ? member : NULL;
}

const char *json_string(const struct json *object, const char *key)
{
    const struct json *member = json_member(object, key);
    bool plain = member && member->type == JSON_STRING && strlen(member->text) == member->len;
    return plain ? member->text : NULL;
}

void json_quote(struct text *out, const char *text)
{
    const unsigned char *at = (const unsigned char *)text, *end = at + strlen(text);
    text_putc(out, '"');
    while (at < end) {
        size_t len = utf8_length(at, end);
        if (*at == '"' || *at == '\\') {
            text_putc(out, '\\');
            text_putc(out, (char)*at);
        } else if (*at < 0x20 || *at == 0x7f) {
            static const char digits[] = "0123456789abcdef";
            text_puts(out, "\\u00");
            text_putc(out, digits[*at >> 4]);
            text_putc(out, digits[*at & 15]);
        } else {
            text_add(out, len ? (const char *)at : "\xef\xbf\xbd", len ? len : 3);
        }
        at += len ? len : 1;
    }
    text_putc(out, '"');
}
