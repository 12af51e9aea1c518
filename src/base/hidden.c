#include "base/hidden_private.h"

#include "base/text.h"

#include <string.h>

enum { LONG_COMMENT_BYTES = 200, BOM = 0xfeff, JOINER = 0x200d, NON_JOINER = 0x200c };

struct hidden_span {
    uint32_t first, last;
    enum hidden_class class;
};

/* Sorted. What is in no span is seen, or is no business of ours. */
static const struct hidden_span spans[] = {
    {0x00, 0x08, HIDDEN_CONTROL},
    {0x0b, 0x0b, HIDDEN_CONTROL},
    {0x0e, 0x1f, HIDDEN_CONTROL},
    {0x7f, 0x9f, HIDDEN_CONTROL},
    {0xad, 0xad, HIDDEN_FILLER},
    {0x034f, 0x034f, HIDDEN_FILLER},
    {0x061c, 0x061c, HIDDEN_MARK},
    {0x115f, 0x1160, HIDDEN_FILLER},
    {0x17b4, 0x17b5, HIDDEN_FILLER},
    {0x180e, 0x180e, HIDDEN_ZERO_WIDTH},
    {0x200b, 0x200d, HIDDEN_ZERO_WIDTH},
    {0x200e, 0x200f, HIDDEN_MARK},
    {0x2028, 0x2029, HIDDEN_CONTROL},
    {0x202a, 0x202e, HIDDEN_BIDI},
    {0x2060, 0x2065, HIDDEN_ZERO_WIDTH},
    {0x2066, 0x2069, HIDDEN_BIDI},
    {0x206a, 0x206f, HIDDEN_CONTROL},
    {0x3164, 0x3164, HIDDEN_FILLER},
    {0xe000, 0xf8ff, HIDDEN_PRIVATE},
    {0xfdd0, 0xfdef, HIDDEN_CONTROL},
    {0xfe00, 0xfe0f, HIDDEN_SELECTOR},
    {0xfeff, 0xfeff, HIDDEN_ZERO_WIDTH},
    {0xffa0, 0xffa0, HIDDEN_FILLER},
    {0xfff0, 0xfffb, HIDDEN_CONTROL},
    {0xfffe, 0xffff, HIDDEN_CONTROL},
    {0x1bca0, 0x1bca3, HIDDEN_CONTROL},
    {0x1d173, 0x1d17a, HIDDEN_CONTROL},
    {0xe0000, 0xe00ff, HIDDEN_TAG},
    {0xe0100, 0xe01ef, HIDDEN_SELECTOR_SUPPLEMENT},
    {0xe01f0, 0xe0fff, HIDDEN_TAG},
    {0xf0000, 0x10ffff, HIDDEN_PRIVATE},
};

static enum hidden_class class_of(uint32_t c)
{
    for (size_t i = 0; i < sizeof spans / sizeof *spans && spans[i].first <= c; i++)
        if (c <= spans[i].last)
            return spans[i].class;
    if ((c & 0xfffe) == 0xfffe) /* a noncharacter of any plane */
        return HIDDEN_CONTROL;
    return HIDDEN_CLASSES;
}

/* Emoji, and what becomes one by its selector: digits of key caps, signs, symbols, ideographs. */
static bool takes_selector(uint32_t c)
{
    return (c >= '0' && c <= '9') || c == '#' || c == '*' || c == 0xa9 || c == 0xae ||
           (c >= 0x203c && class_of(c) == HIDDEN_CLASSES);
}

/* Emoji, and the scripts (Arabic, those of India) that write with joiners. */
static bool takes_joiner(uint32_t c)
{
    return c == 0xfe0f || (c >= 0x0600 && class_of(c) == HIDDEN_CLASSES);
}

static void found(struct hidden_scanning *scan, enum hidden_class class, uint32_t c, size_t at)
{
    struct hidden_count *count = &scan->counts[class];

    if (count->count++ > 0)
        return;
    for (; scan->counted_to < at; scan->counted_to++)
        scan->line += scan->text[scan->counted_to] == '\n';
    count->code_point = c;
    count->line = scan->line;
}

void hidden_judge(struct hidden_scanning *scan, uint32_t before, uint32_t c, size_t at)
{
    enum hidden_class class = class_of(c);
    bool usual = class == HIDDEN_CLASSES || (class == HIDDEN_SELECTOR && takes_selector(before)) ||
                 ((c == JOINER || c == NON_JOINER) && takes_joiner(before));
    if (!usual)
        found(scan, class, c, at);
}

/* Bytes that may begin something hidden: controls and all that is not ASCII. */
static bool ordinary(unsigned char c)
{
    return (c >= 0x20 && c < 0x7f) || (c >= '\t' && c <= '\r' && c != '\v');
}

static void scan_code_points(struct hidden_scanning *scan, size_t len)
{
    const char *text = scan->text;
    uint32_t before = 0;

    for (size_t i = 0; i < len;) {
        if (ordinary((unsigned char)text[i])) {
            before = (unsigned char)text[i++];
            continue;
        }
        uint32_t c;
        size_t n = text_decode(text + i, len - i, &c);
        if (n == 0) {
            before = 0;
            i++;
            continue;
        }
        if (c != BOM || i > 0)
            hidden_judge(scan, before, c, i);
        before = c;
        i += n;
    }
}

/* <!-- ... --> of more than a licence's length; one without an end goes to the end of the text. */
static void scan_comments(struct hidden_scanning *scan, size_t len)
{
    const char *end = scan->text + len, *at = scan->text;

    while ((at = memmem(at, (size_t)(end - at), "<!--", 4))) {
        const char *close = memmem(at, (size_t)(end - at), "-->", 3);
        const char *stop = close ? close + 3 : end;

        if (stop - at > LONG_COMMENT_BYTES)
            found(scan, HIDDEN_COMMENT, 0, (size_t)(at - scan->text));
        at = stop;
    }
}

/* From its first line, "---", to the next such line. */
static size_t front_matter(const char *text, size_t len)
{
    size_t skip = len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    if (len - skip < 4 || memcmp(text + skip, "---", 3) != 0)
        return 0;
    const char *end = memmem(text + skip + 3, len - skip - 3, "\n---", 4);
    return end ? (size_t)(end - text) : len;
}

/* Each look at the text begins at its first line again. */
void hidden_scan(struct hidden_count counts[HIDDEN_CLASSES], const char *text, size_t len,
                 enum hidden_form form)
{
    struct hidden_scanning scan = {.counts = counts, .text = text, .line = 1};
    struct hidden_scanning again = scan, escapes = scan;

    scan_code_points(&scan, len);
    if (form == HIDDEN_FORM_MARKDOWN) {
        scan_comments(&again, len);
        hidden_scan_escapes(&escapes, HIDDEN_FORM_YAML, front_matter(text, len));
    } else {
        hidden_scan_escapes(&escapes, form, len);
    }
}
