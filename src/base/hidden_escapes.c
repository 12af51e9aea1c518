/*
 * Escapes in JSON, TOML and YAML: what a reader of such a file is given, and a person who looks at
 * it does not see.
 */
#include "base/hidden_private.h"

#include "base/text.h"
#include "base/toml_scan.h"

#include <ctype.h>
#include <string.h>

/* ---- one escape ---- */

static bool read_hex(uint32_t *out, const char *digits, size_t count)
{
    *out = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned char c = (unsigned char)digits[i];
        if (!isxdigit(c))
            return false;
        *out = *out << 4 | (uint32_t)(isdigit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return true;
}

/* \xHH, \uHHHH or \UHHHHHHHH: its length, or 0. */
static size_t read_number(uint32_t *out, const char *text, size_t len)
{
    size_t digits = len < 2 ? 0 : text[1] == 'x' ? 2 : text[1] == 'u' ? 4 : text[1] == 'U' ? 8 : 0;
    if (!digits || text[0] != '\\' || len < 2 + digits || !read_hex(out, text + 2, digits))
        return 0;
    return 2 + digits;
}

/* At a backslash: the code point that it stands for and how long that is, at least 1. */
static size_t read_escape(uint32_t *out, const char *text, size_t len)
{
    uint32_t low;
    size_t first = read_number(out, text, len);
    if (first == 0) {
        *out = '\\';
        return len > 1 ? 2 : 1;
    }
    if (*out < 0xd800 || *out > 0xdbff)
        return first;
    size_t second = read_number(&low, text + first, len - first);
    if (second == 0 || low < 0xdc00 || low > 0xdfff)
        return first;
    *out = 0x10000 + ((*out & 0x3ff) << 10 | (low & 0x3ff));
    return first + second;
}

static void scan_range(struct hidden_scanning *scan, size_t begin, size_t end)
{
    uint32_t before = 0;
    for (size_t i = begin; i < end;) {
        uint32_t c;
        bool escaped = scan->text[i] == '\\';
        size_t n = escaped ? read_escape(&c, scan->text + i, end - i)
                           : text_decode(scan->text + i, end - i, &c);
        if (escaped)
            hidden_judge(scan, before, c, i);
        before = n ? c : 0;
        i += n ? n : 1;
    }
}

/* Comments and strings in single quotes have no escapes. */
static void scan_toml(struct hidden_scanning *scan, size_t len)
{
    struct toml_scan at = {.text = scan->text, .len = len};
    while (at.at < len) {
        size_t begin = at.at;
        char c = scan->text[begin];
        if (c == '#')
            toml_scan_comment(&at);
        else if (c == '\'' || c == '"')
            toml_scan_string(&at);
        else
            at.at++;
        if (c == '"')
            scan_range(scan, begin, at.at);
    }
}

/*
 * In JSON a backslash stands in strings only. Of YAML no quick look tells where a string begins,
 * and a wrong guess would be a way to hide: there, too, an escape is one wherever it stands.
 */
void hidden_scan_escapes(struct hidden_scanning *scan, enum hidden_form form, size_t len)
{
    if (!memchr(scan->text, '\\', len))
        return;
    if (form == HIDDEN_FORM_TOML)
        scan_toml(scan, len);
    else if (form == HIDDEN_FORM_JSON || form == HIDDEN_FORM_YAML)
        scan_range(scan, 0, len);
}
