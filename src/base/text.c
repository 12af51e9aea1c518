#include "base/text.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <wchar.h>

size_t text_decode(const char *text, size_t len, uint32_t *out)
{
    const unsigned char *s = (const unsigned char *)text;
    if (s[0] < 0x80) {
        *out = s[0];
        return 1;
    }
    size_t n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
    if (s[0] < 0xc2 || s[0] > 0xf4 || n > len)
        return 0;
    uint32_t c = s[0] & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (s[i] & 0x3fu);
    }
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return 0;
    *out = c;
    return n;
}

struct span {
    uint32_t first, last;
};

static bool in_spans(uint32_t c, const struct span *spans, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (c >= spans[i].first && c <= spans[i].last)
            return true;
    return false;
}

bool text_is_hidden(uint32_t c)
{
    static const struct span spans[] = {
        {0x80, 0x9f},       {0xad, 0xad},       {0x034f, 0x034f}, {0x061c, 0x061c},
        {0x115f, 0x1160},   {0x17b4, 0x17b5},   {0x180b, 0x180f}, {0x200b, 0x200f},
        {0x2028, 0x202e},   {0x2060, 0x206f},   {0x3164, 0x3164}, {0xfe00, 0xfe0e},
        {0xfeff, 0xfeff},   {0xffa0, 0xffa0},   {0xfff0, 0xfffb}, {0x1bca0, 0x1bca3},
        {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
    };
    return c >= 0x80 && in_spans(c, spans, sizeof spans / sizeof *spans);
}

void text_print_safe(struct buf *out, const char *text, size_t len, bool multiline)
{
    size_t plain = 0; /* start of the run that passes as it is */
    for (size_t i = 0; i < len;) {
        uint32_t c;
        size_t n = text_decode(text + i, len - i, &c);
        bool pass = n && c >= 0x20 && c != 0x7f && !text_is_hidden(c);
        if (n && multiline && (c == '\n' || c == '\t'))
            pass = true;
        if (pass) {
            i += n;
            continue;
        }
        buf_add(out, text + plain, i - plain);
        if (!n || c < 0x80) {
            buf_printf(out, "\\x%02X", (unsigned)(unsigned char)text[i]);
            n = 1;
        } else {
            buf_printf(out, "<U+%04X>", (unsigned)c);
        }
        i += n;
        plain = i;
    }
    buf_add(out, text + plain, len - plain);
}

const char *text_safe(struct arena *arena, const char *text)
{
    AUTO_BUF out = {0};
    text_print_safe(&out, text, strlen(text), false);
    return arena_strdup(arena, buf_text(&out));
}

bool text_is_utf8(const char *text, size_t len)
{
    for (size_t i = 0; i < len;) {
        uint32_t c;
        size_t n = text_decode(text + i, len - i, &c);
        if (!n)
            return false;
        i += n;
    }
    return true;
}

size_t text_width(const char *text)
{
    /* Not wcwidth(): it depends on the locale, which paii never loads. */
    static const struct span wide[] = {
        {0x1100, 0x115f},   {0x2e80, 0xa4cf},   {0xac00, 0xd7a3},   {0xf900, 0xfaff},
        {0xfe30, 0xfe6f},   {0xff00, 0xff60},   {0xffe0, 0xffe6},   {0x1f300, 0x1f64f},
        {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd},
    };
    static const struct span combining[] = {
        {0x0300, 0x036f}, {0x1ab0, 0x1aff}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f},
    };
    size_t width = 0, len = strlen(text);
    for (size_t i = 0; i < len;) {
        uint32_t c;
        size_t n = text_decode(text + i, len - i, &c);
        if (!n) {
            n = 1;
            c = '?';
        }
        if (!in_spans(c, combining, sizeof combining / sizeof *combining))
            width += in_spans(c, wide, sizeof wide / sizeof *wide) ? 2 : 1;
        i += n;
    }
    return width;
}

unsigned text_distance(const char *a, const char *b, unsigned limit)
{
    enum { MAX = 128 };
    size_t la = strlen(a), lb = strlen(b);
    size_t apart = la > lb ? la - lb : lb - la;
    if (apart > limit || la > MAX || lb > MAX)
        return limit + 1;

    unsigned rows[3][MAX + 1];
    for (size_t j = 0; j <= lb; j++)
        rows[0][j] = (unsigned)j;
    for (size_t i = 1; i <= la; i++) {
        unsigned *row = rows[i % 3], *above = rows[(i - 1) % 3], *above2 = rows[(i + 1) % 3];
        unsigned best = row[0] = (unsigned)i;
        for (size_t j = 1; j <= lb; j++) {
            unsigned d = above[j - 1] + (a[i - 1] != b[j - 1]);
            if (above[j] + 1 < d)
                d = above[j] + 1;
            if (row[j - 1] + 1 < d)
                d = row[j - 1] + 1;
            bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped && above2[j - 2] + 1 < d)
                d = above2[j - 2] + 1;
            row[j] = d;
            if (d < best)
                best = d;
        }
        if (best > limit)
            return limit + 1;
    }
    unsigned d = rows[la % 3][lb];
    return d > limit ? limit + 1 : d;
}

const char *text_nearest(const char *word, const char *const *candidates, size_t count)
{
    unsigned limit = (unsigned)strlen(word) / 3;
    if (limit < 1)
        limit = 1;
    const char *nearest = NULL;
    for (size_t i = 0; i < count; i++) {
        unsigned d = text_distance(word, candidates[i], limit);
        if (d > limit)
            continue;
        nearest = candidates[i];
        if (d == 0)
            break;
        limit = d - 1;
    }
    return nearest;
}

const char *text_find(const char *haystack, const char *needle)
{
    return strcasestr(haystack, needle);
}

const char *text_replace(struct arena *arena, const char *text, const char *what, const char *by)
{
    AUTO_BUF out = {0};
    for (const char *hit; (hit = strstr(text, what)); text = hit + strlen(what)) {
        buf_add(&out, text, (size_t)(hit - text));
        buf_puts(&out, by);
    }
    buf_puts(&out, text);
    return arena_strdup(arena, buf_text(&out));
}

bool text_starts(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool text_ends(const char *text, const char *suffix)
{
    size_t lt = strlen(text), ls = strlen(suffix);
    return lt >= ls && memcmp(text + lt - ls, suffix, ls) == 0;
}

const char *text_bytes(struct arena *arena, unsigned long long bytes)
{
    static const char units[][3] = {"kB", "MB", "GB", "TB"};
    if (bytes < 1000)
        return arena_printf(arena, "%llu B", bytes);
    double value = (double)bytes / 1000;
    size_t unit = 0;
    while (value >= 999.95 && unit + 1 < sizeof units / sizeof *units) {
        value /= 1000;
        unit++;
    }
    return arena_printf(arena, "%.1f %s", value, units[unit]);
}

uint64_t text_hash(const char *text, size_t len, uint64_t seed)
{
    uint64_t hash = 1469598103934665603u ^ seed;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)text[i]) * 1099511628211u;
    return hash ^ hash >> 32;
}

/* ---- a word of a shell ---- */

const char *text_word(struct arena *arena, const char *text)
{
    AUTO_BUF out = {0};
    if (!strpbrk(text, " <>|*?[]~&;$`\\#!(){}'\"\n\t"))
        return text;
    buf_putc(&out, '\'');
    for (; *text; text++)
        if (*text == '\'')
            buf_puts(&out, "'\\''");
        else
            buf_putc(&out, *text);
    buf_putc(&out, '\'');
    return arena_strdup(arena, buf_text(&out));
}
