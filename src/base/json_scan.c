#include "base/json_scan.h"

#include "base/text.h"

#include <assert.h>
#include <endian.h>
#include <stdint.h>
#include <string.h>

#define BYTES(b)  (0x0101010101010101ULL * (b))
#define HIGH_BITS BYTES(0x80)

struct check {
    const char *p, *end;
    const char *message;
    unsigned depth, max_depth;
    uint64_t is_object[JSON_SCAN_DEPTH / 64]; /* a bit a level */
};

enum step { STEP_VALUE, STEP_KEY, STEP_AFTER, STEP_FAILED };

static enum step wrong(struct check *check, const char *message)
{
    check->message = check->p < check->end ? message : "unexpected end";
    return STEP_FAILED;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static const char *skip_space(const char *p, const char *end)
{
    while (p < end && is_space(*p))
        p++;
    return p;
}

static bool at(struct check *check, char c)
{
    return check->p < check->end && *check->p == c;
}

/* ---- strings ---- */

/* The first byte that a string cannot hold as it is: not plain ASCII, a quote, a backslash. Eight
 * bytes at a time: most bytes of most documents pass here. */
static const char *skip_plain(const char *p, const char *end)
{
    while (end - p >= 8) {
        uint64_t word;
        memcpy(&word, p, sizeof word);
        word = le64toh(word);
        uint64_t quote = word ^ BYTES('"'), backslash = word ^ BYTES('\\');
        uint64_t hits = (word - BYTES(0x20)) | (quote - BYTES(1)) | (backslash - BYTES(1)) | word;
        if (hits & HIGH_BITS) /* the lowest is true; those above it may be borrows */
            return p + __builtin_ctzll(hits & HIGH_BITS) / 8;
        p += 8;
    }
    while (p < end && (unsigned char)*p >= 0x20 && (unsigned char)*p < 0x80 && *p != '"' &&
           *p != '\\')
        p++;
    return p;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

static bool check_escape(struct check *check)
{
    check->p++;
    if (check->p == check->end)
        return false;
    char c = *check->p;
    if (c != 'u') {
        check->p += memchr("\"\\/bfnrt", c, 8) != NULL;
        return memchr("\"\\/bfnrt", c, 8) != NULL;
    }
    check->p++;
    for (int i = 0; i < 4; i++, check->p++)
        if (check->p == check->end || hex_digit(*check->p) < 0)
            return false;
    return true;
}

/* Characters beyond ASCII, as many as there are. */
static bool check_wide(struct check *check)
{
    while (check->p < check->end && (unsigned char)*check->p >= 0x80) {
        uint32_t point;
        const unsigned char *p = (const unsigned char *)check->p;
        size_t left = (size_t)(check->end - check->p), len;
        if (left >= 2 && p[0] >= 0xc2 && p[0] < 0xe0 && (p[1] & 0xc0) == 0x80)
            len = 2;
        else if (left >= 3 && p[0] > 0xe0 && p[0] < 0xed && (p[1] & p[2] & 0xc0) == 0x80 &&
                 ((p[1] | p[2]) & 0x40) == 0)
            len = 3;
        else if (!(len = text_decode(check->p, left, &point)))
            return false;
        check->p += len;
    }
    return true;
}

/* From the opening quote to behind the closing one. */
static bool check_string(struct check *check)
{
    check->p++;
    for (;;) {
        check->p = skip_plain(check->p, check->end);
        if (at(check, '"')) {
            check->p++;
            return true;
        }
        if (at(check, '\\')) {
            if (!check_escape(check))
                return wrong(check, "bad escape"), false;
        } else if (check->p < check->end && (unsigned char)*check->p >= 0x80) {
            if (!check_wide(check))
                return wrong(check, "not UTF-8"), false;
        } else {
            return wrong(check, "control character in a string"), false;
        }
    }
}

/* ---- numbers and words ---- */

static bool check_digits(struct check *check)
{
    const char *start = check->p;
    while (check->p < check->end && *check->p >= '0' && *check->p <= '9')
        check->p++;
    return check->p > start;
}

static bool check_number(struct check *check)
{
    if (at(check, '-'))
        check->p++;
    if (at(check, '0'))
        check->p++;
    else if (!check_digits(check))
        return false;
    if (at(check, '.')) {
        check->p++;
        if (!check_digits(check))
            return false;
    }
    if (at(check, 'e') || at(check, 'E')) {
        check->p++;
        if (at(check, '+') || at(check, '-'))
            check->p++;
        return check_digits(check);
    }
    return true;
}

static bool check_word(struct check *check, const char *word)
{
    size_t len = strlen(word);
    if ((size_t)(check->end - check->p) < len || memcmp(check->p, word, len) != 0)
        return false;
    check->p += len;
    return true;
}

/* ---- structure ---- */

static bool in_object(const struct check *check)
{
    unsigned level = check->depth - 1;
    return check->is_object[level / 64] >> level % 64 & 1;
}

static enum step open_container(struct check *check)
{
    bool object = *check->p == '{';
    if (check->depth == check->max_depth)
        return wrong(check, "nested too deeply");
    uint64_t *bits = &check->is_object[check->depth / 64], bit = 1ULL << check->depth % 64;
    *bits = object ? *bits | bit : *bits & ~bit;
    check->depth++;
    check->p = skip_space(check->p + 1, check->end);
    if (at(check, object ? '}' : ']')) {
        check->p++;
        check->depth--;
        return STEP_AFTER;
    }
    return object ? STEP_KEY : STEP_VALUE;
}

static enum step check_value(struct check *check)
{
    bool good;
    check->p = skip_space(check->p, check->end);
    switch (check->p < check->end ? *check->p : '\0') {
    case '{':
    case '[':
        return open_container(check);
    case '"':
        return check_string(check) ? STEP_AFTER : STEP_FAILED;
    case 't':
        good = check_word(check, "true");
        break;
    case 'f':
        good = check_word(check, "false");
        break;
    case 'n':
        good = check_word(check, "null");
        break;
    default:
        good = check_number(check);
    }
    return good ? STEP_AFTER : wrong(check, "unexpected character");
}

static enum step check_key(struct check *check)
{
    check->p = skip_space(check->p, check->end);
    if (!at(check, '"'))
        return wrong(check, "expected a key in quotes");
    if (!check_string(check))
        return STEP_FAILED;
    check->p = skip_space(check->p, check->end);
    if (!at(check, ':'))
        return wrong(check, "expected ':'");
    check->p++;
    return STEP_VALUE;
}

/* Behind a value of a container. */
static enum step check_after(struct check *check)
{
    bool object = in_object(check);
    check->p = skip_space(check->p, check->end);
    if (at(check, ',')) {
        check->p++;
        return object ? STEP_KEY : STEP_VALUE;
    }
    if (!at(check, object ? '}' : ']'))
        return wrong(check, object ? "expected ',' or '}'" : "expected ',' or ']'");
    check->p++;
    check->depth--;
    return STEP_AFTER;
}

static bool check_document(struct check *check)
{
    enum step step = STEP_VALUE;
    while (step != STEP_FAILED && !(step == STEP_AFTER && check->depth == 0))
        step = step == STEP_VALUE ? check_value(check)
               : step == STEP_KEY ? check_key(check)
                                  : check_after(check);
    if (step == STEP_FAILED)
        return false;
    check->p = skip_space(check->p, check->end);
    if (check->p < check->end)
        return wrong(check, "text behind the document"), false;
    return true;
}

bool json_check(const char *text, size_t len, unsigned max_depth, struct json_fault *fault)
{
    assert(max_depth <= JSON_SCAN_DEPTH);
    if (!text)
        text = "";
    struct check check = {.p = text, .end = text + len, .max_depth = max_depth};
    bool good = check_document(&check);
    if (!good && fault)
        *fault = (struct json_fault){.at = (size_t)(check.p - text), .message = check.message};
    return good;
}

/* ---- reading what was checked ---- */

/* Behind the string that begins at `p`. A quote ends it unless an odd number of backslashes stands
 * in front. */
static const char *skip_string(const char *p, const char *end)
{
    const char *first = p + 1, *quote = p;
    for (;;) {
        quote = memchr(quote + 1, '"', (size_t)(end - quote - 1));
        if (!quote)
            return end;
        const char *back = quote;
        while (back > first && back[-1] == '\\')
            back--;
        if ((quote - back) % 2 == 0)
            return quote + 1;
    }
}

static const char *skip_container(const char *p, const char *end)
{
    size_t depth = 0;
    while (p < end) {
        if (*p == '"') {
            p = skip_string(p, end);
            continue;
        }
        char folded = (char)(*p | 0x20); /* '[' and '{', ']' and '}' differ in that bit */
        p++;
        if (folded == '{')
            depth++;
        else if (folded == '}' && --depth == 0)
            return p;
    }
    return end;
}

static const char *skip_value(const char *p, const char *end)
{
    if (*p == '{' || *p == '[')
        return skip_container(p, end);
    if (*p == '"')
        return skip_string(p, end);
    while (p < end && !is_space(*p) && *p != ',' && *p != '}' && *p != ']')
        p++;
    return p;
}

char json_kind(struct json_slice value)
{
    if (!value.start || value.len == 0)
        return '\0';
    char c = *value.start;
    return c == '-' || (c >= '0' && c <= '9') ? '0' : c;
}

struct json_slice json_value(const char *text, size_t len)
{
    const char *end = text + len, *start = skip_space(text, end);
    while (end > start && is_space(end[-1]))
        end--;
    return (struct json_slice){.start = start, .len = (size_t)(end - start)};
}

bool json_next(struct json_slice container, struct json_member *member)
{
    char kind = json_kind(container);
    if (kind != '{' && kind != '[')
        return false;
    const char *end = container.start + container.len - 1; /* the closing bracket */
    const char *p = member->value.start ? member->value.start + member->value.len : container.start;
    p = skip_space(p, end);
    if (p < end) /* the opening bracket, or the comma behind the last value */
        p = skip_space(p + 1, end);
    if (p >= end)
        return false;
    if (kind == '{') {
        member->key = (struct json_slice){.start = p};
        p = skip_string(p, end);
        member->key.len = (size_t)(p - member->key.start);
        p = skip_space(skip_space(p, end) + 1, end);
    }
    member->value = (struct json_slice){.start = p};
    member->value.len = (size_t)(skip_value(p, end) - p);
    return true;
}

/* ---- what strings say ---- */

static uint32_t unit(const char *p)
{
    uint32_t value = 0;
    for (int i = 0; i < 4; i++)
        value = value << 4 | (uint32_t)hex_digit(p[i]);
    return value;
}

/* Writes the character of the escape at `*p` and moves behind it; 0 for a lone surrogate. */
static size_t read_escape(char out[4], const char **p, const char *end)
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    char c = (*p)[1];
    *p += 2;
    if (c != 'u') {
        out[0] = values[strchr(names, c) - names];
        return 1;
    }
    uint32_t point = unit(*p);
    *p += 4;
    if (point >= 0xd800 && point < 0xe000) {
        bool pair = point < 0xdc00 && end - *p >= 6 && (*p)[0] == '\\' && (*p)[1] == 'u';
        uint32_t low = pair ? unit(*p + 2) : 0;
        if (low < 0xdc00 || low > 0xdfff)
            return 0;
        *p += 6;
        point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
    }
    size_t len = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = len; i-- > 1; point >>= 6)
        out[i] = (char)(0x80 | (point & 0x3f));
    out[0] = (char)(point | lead[len]);
    return len;
}

bool json_is(struct json_slice string, const char *text)
{
    if (json_kind(string) != '"')
        return false;
    const char *p = string.start + 1, *end = string.start + string.len - 1;
    while (p < end) {
        char bytes[4];
        size_t len = 1;
        if (*p == '\\')
            len = read_escape(bytes, &p, end);
        else
            bytes[0] = *p++;
        if (len == 0)
            return false;
        for (size_t i = 0; i < len; i++, text++)
            if (*text != bytes[i] || !*text)
                return false;
    }
    return !*text;
}

struct json_slice json_member(struct json_slice object, const char *key, unsigned *count)
{
    struct json_slice found = {0};
    unsigned times = 0;
    if (json_kind(object) == '{')
        for (struct json_member m = {0}; json_next(object, &m);)
            if (json_is(m.key, key)) {
                found = m.value;
                times++;
            }
    if (count)
        *count = times;
    return found;
}

const char *json_text(struct json_slice string, struct arena *arena)
{
    if (json_kind(string) != '"')
        return NULL;
    const char *p = string.start + 1, *end = string.start + string.len - 1;
    char *text = arena_alloc(arena, string.len), *out = text;
    while (p < end) {
        const char *escape = memchr(p, '\\', (size_t)(end - p));
        size_t plain = (size_t)((escape ? escape : end) - p);
        memcpy(out, p, plain);
        out += plain;
        p += plain;
        if (!escape)
            break;
        char bytes[4];
        size_t len = read_escape(bytes, &p, end);
        if (len == 0 || !bytes[0])
            return NULL;
        memcpy(out, bytes, len);
        out += len;
    }
    *out = '\0';
    return text;
}
