/* Versions: reading and order. Ranges are in semver_range.c. */
#include "base/semver.h"

#include "base/semver_scan.h"

#include <string.h>

enum { LONGEST = 256 };

bool scan_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Of prerelease and build words. */
static bool is_word_char(char c)
{
    return scan_is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}

bool scan_number(const char **cursor, uint64_t *out, bool leading_zeros)
{
    const char *p = *cursor;
    if (!scan_is_digit(*p) || (!leading_zeros && p[0] == '0' && scan_is_digit(p[1])))
        return false;
    uint64_t value = 0;
    for (; scan_is_digit(*p); p++) {
        value = value * 10 + (uint64_t)(*p - '0');
        if (value > VERSION_NUMBER_MAX)
            return false;
    }
    *out = value;
    *cursor = p;
    return true;
}

/* Words of [0-9A-Za-z-] between dots; for a prerelease, numbers have no leading zeros. */
static bool scan_words(const char **cursor, const char **out, size_t *len, bool strict_numbers)
{
    const char *p = *cursor;
    for (;;) {
        const char *word = p;
        bool digits_only = true;
        while (is_word_char(*p))
            digits_only &= scan_is_digit(*p++);
        if (p == word || (strict_numbers && digits_only && word[0] == '0' && p - word > 1))
            return false;
        if (*p != '.')
            break;
        p++;
    }
    *out = *cursor;
    *len = (size_t)(p - *cursor);
    *cursor = p;
    return true;
}

bool scan_tail(const char **cursor, struct version *out, bool loose)
{
    if (**cursor == '-') {
        (*cursor)++;
        if (!scan_words(cursor, &out->pre, &out->pre_len, !loose))
            return false;
    } else if (loose && is_word_char(**cursor)) {
        if (!scan_words(cursor, &out->pre, &out->pre_len, false))
            return false;
    }
    if (**cursor == '+') {
        (*cursor)++;
        return scan_words(cursor, &out->build, &out->build_len, false);
    }
    return true;
}

void scan_spaces(const char **cursor)
{
    while (**cursor == ' ' || **cursor == '\t' || **cursor == '\n' || **cursor == '\r')
        (*cursor)++;
}

static bool at_end(const char *p)
{
    scan_spaces(&p);
    return !*p;
}

/* MAJOR.MINOR.PATCH; with `partial`, missing ones are 0. */
static bool scan_core(const char **cursor, struct version *out, bool zeros, bool partial)
{
    uint64_t *const parts[] = {&out->major, &out->minor, &out->patch};
    for (size_t i = 0; i < 3; i++) {
        if (i && **cursor != '.')
            return partial;
        if (i)
            (*cursor)++;
        if (!scan_number(cursor, parts[i], zeros))
            return false;
    }
    return true;
}

static bool parse(struct version *out, const char *text, bool loose, bool partial)
{
    *out = (struct version){0};
    if (strnlen(text, LONGEST + 1) > LONGEST)
        return false;
    const char *p = text;
    scan_spaces(&p);
    while (*p == 'v' || *p == '=' || (loose && *p == ' '))
        p++;
    return scan_core(&p, out, loose, partial) && scan_tail(&p, out, loose) && at_end(p);
}

bool version_parse(struct version *out, const char *text, bool loose)
{
    return parse(out, text, loose, false);
}

bool version_parse_partial(struct version *out, const char *text)
{
    return parse(out, text, true, true);
}

/* ---- order ---- */

static int compare_numbers(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

/* Numbers below words; numbers of any length by value, words bytewise. */
static int compare_words(const char *a, size_t la, const char *b, size_t lb)
{
    bool number_a = true, number_b = true;
    for (size_t i = 0; i < la; i++)
        number_a &= scan_is_digit(a[i]);
    for (size_t i = 0; i < lb; i++)
        number_b &= scan_is_digit(b[i]);
    if (number_a != number_b)
        return number_a ? -1 : 1;
    if (number_a) {
        for (; la > 1 && *a == '0'; la--)
            a++;
        for (; lb > 1 && *b == '0'; lb--)
            b++;
        if (la != lb)
            return la < lb ? -1 : 1;
    }
    int order = memcmp(a, b, la < lb ? la : lb);
    return order ? order : compare_numbers(la, lb);
}

static size_t word_length(const char *text, const char *end)
{
    const char *dot = memchr(text, '.', (size_t)(end - text));
    return (size_t)((dot ? dot : end) - text);
}

static int compare_prereleases(const struct version *a, const struct version *b)
{
    if (!a->pre_len || !b->pre_len)
        return (a->pre_len == 0) - (b->pre_len == 0); /* a release is above its prereleases */
    const char *p = a->pre, *end_p = p + a->pre_len, *q = b->pre, *end_q = q + b->pre_len;
    while (p < end_p && q < end_q) {
        size_t lp = word_length(p, end_p), lq = word_length(q, end_q);
        int order = compare_words(p, lp, q, lq);
        if (order)
            return order;
        p += lp + (p + lp < end_p);
        q += lq + (q + lq < end_q);
    }
    return (p < end_p) - (q < end_q); /* more words are more */
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
