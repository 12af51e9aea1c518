#include "base/semver_parse.h"

#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_identifier(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool parse_number(uint64_t *out, const char **at, bool loose)
{
    const char *p = *at;
    if (!is_digit(*p) || (!loose && p[0] == '0' && is_digit(p[1])))
        return false;
    uint64_t number = 0;
    for (; is_digit(*p); p++) {
        number = number * 10 + (uint64_t)(*p - '0');
        if (number > VERSION_NUMBER_MAX)
            return false;
    }
    *out = number;
    *at = p;
    return true;
}

/* Identifiers with dots between. `zeros`: numeric ones may begin with 0. */
static bool parse_identifiers(const char **out, size_t *len, const char **at, bool zeros)
{
    const char *begin = *at, *p = begin;
    for (;;) {
        const char *first = p;
        bool numeric = true;
        for (; is_identifier(*p); p++)
            numeric = numeric && is_digit(*p);
        if (p == first || (numeric && !zeros && *first == '0' && p - first > 1))
            return false;
        if (*p != '.')
            break;
        p++;
    }
    *out = begin;
    *len = (size_t)(p - begin);
    *at = p;
    return true;
}

/* "-rc.1", and when loose "rc.1" as well. True also if there is none. */
static bool parse_prerelease(struct version *out, const char **at, bool loose)
{
    if (**at == '-' && (!loose || is_identifier((*at)[1])))
        ++*at;
    else if (!loose || !is_identifier(**at))
        return true;
    return parse_identifiers(&out->pre, &out->pre_len, at, loose);
}

static bool parse_build(struct version *out, const char **at)
{
    if (**at != '+')
        return true;
    ++*at;
    return parse_identifiers(&out->build, &out->build_len, at, true);
}

static bool is_wildcard(char c)
{
    return c == 'x' || c == 'X' || c == '*';
}

static bool parse_parts(struct partial *out, const char **at, bool loose, bool wildcards,
                        unsigned *count)
{
    uint64_t *const numbers[] = {&out->version.major, &out->version.minor, &out->version.patch};
    for (*count = 0; *count < 3; ++*count) {
        const char *p = *at;
        if (*count > 0 && *p++ != '.')
            return true;
        if (wildcards && is_wildcard(*p)) {
            p++;
        } else {
            if (out->given < *count || !parse_number(numbers[*count], &p, loose))
                return false;
            out->given++;
        }
        *at = p;
    }
    return true;
}

bool partial_parse(struct partial *out, const char **at, bool loose, bool wildcards)
{
    unsigned count;
    *out = (struct partial){0};
    while (**at == 'v' || **at == '=' || is_blank(**at))
        ++*at;
    if (!parse_parts(out, at, loose, wildcards, &count))
        return false;
    if (count == 3 && !parse_prerelease(&out->version, at, loose))
        return false;
    return parse_build(&out->version, at);
}

static bool only_blanks(const char *text)
{
    while (is_blank(*text))
        text++;
    return *text == '\0';
}

bool version_parse(struct version *out, const char *text, bool loose)
{
    struct partial partial;
    if (!loose && !is_digit(*text))
        return false;
    if (!partial_parse(&partial, &text, loose, false) || partial.given < 3)
        return false;
    *out = partial.version;
    return loose ? only_blanks(text) : *text == '\0';
}

bool version_parse_partial(struct version *out, const char *text)
{
    struct partial partial;
    if (!partial_parse(&partial, &text, false, false))
        return false;
    *out = partial.version;
    return only_blanks(text);
}

static int compare_numbers(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

struct identifier next_identifier(const char **at, const char *end)
{
    struct identifier id = {.text = *at, .numeric = true};
    while (*at < end && **at != '.') {
        id.numeric = id.numeric && is_digit(**at);
        ++*at;
    }
    id.len = (size_t)(*at - id.text);
    if (*at < end)
        ++*at;
    while (id.numeric && id.len > 1 && *id.text == '0') {
        id.text++;
        id.len--;
    }
    return id;
}

static int compare_identifiers(struct identifier a, struct identifier b)
{
    if (a.numeric != b.numeric)
        return a.numeric ? -1 : 1;
    if (a.numeric && a.len != b.len)
        return compare_numbers(a.len, b.len);
    int order = memcmp(a.text, b.text, a.len < b.len ? a.len : b.len);
    return order ? (order > 0) - (order < 0) : compare_numbers(a.len, b.len);
}

/* A version with a prerelease comes before the one without. */
static int compare_prereleases(const struct version *a, const struct version *b)
{
    if (a->pre_len == 0 || b->pre_len == 0)
        return compare_numbers(a->pre_len == 0, b->pre_len == 0);
    const char *left = a->pre, *left_end = left + a->pre_len;
    const char *right = b->pre, *right_end = right + b->pre_len;
    while (left < left_end && right < right_end) {
        int order = compare_identifiers(next_identifier(&left, left_end),
                                        next_identifier(&right, right_end));
        if (order)
            return order;
    }
    return (left < left_end) - (right < right_end);
}

int version_compare(const struct version *a, const struct version *b)
{
    int order = compare_numbers(a->major, b->major);
    if (!order)
        order = compare_numbers(a->minor, b->minor);
    if (!order)
        order = compare_numbers(a->patch, b->patch);
    return order ? order : compare_prereleases(a, b);
}
