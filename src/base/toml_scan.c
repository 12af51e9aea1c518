#include "base/toml_scan.h"

#include <stdbool.h>
#include <string.h>

static char current(const struct toml_scan *scan)
{
    return scan->at < scan->len ? scan->text[scan->at] : '\0';
}

static bool at_triple(const struct toml_scan *scan, char quote)
{
    return scan->len - scan->at >= 3 && scan->text[scan->at] == quote &&
           scan->text[scan->at + 1] == quote && scan->text[scan->at + 2] == quote;
}

static void scan_multiline(struct toml_scan *scan, char quote)
{
    scan->at += 3;
    while (scan->at < scan->len && !at_triple(scan, quote))
        scan->at += quote == '"' && current(scan) == '\\' && scan->at + 1 < scan->len ? 2 : 1;
    if (scan->at == scan->len)
        return;
    scan->at += 3;
    /* One or two quotes more belong to the content. */
    for (int extra = 0; extra < 2 && current(scan) == quote; extra++)
        scan->at++;
}

void toml_scan_string(struct toml_scan *scan)
{
    char quote = current(scan);
    if (at_triple(scan, quote)) {
        scan_multiline(scan, quote);
        return;
    }
    scan->at++;
    while (scan->at < scan->len && current(scan) != quote && current(scan) != '\n')
        scan->at += quote == '"' && current(scan) == '\\' && scan->at + 1 < scan->len ? 2 : 1;
    if (current(scan) == quote)
        scan->at++;
}

void toml_scan_comment(struct toml_scan *scan)
{
    const char *end = memchr(scan->text + scan->at, '\n', scan->len - scan->at);
    scan->at = end ? (size_t)(end - scan->text) : scan->len;
    if (end && scan->at > 0 && scan->text[scan->at - 1] == '\r')
        scan->at--;
}

void toml_scan_blank(struct toml_scan *scan)
{
    while (current(scan) == ' ' || current(scan) == '\t')
        scan->at++;
}

void toml_scan_space(struct toml_scan *scan)
{
    for (;;) {
        char c = current(scan);
        if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
            scan->at++;
        else if (c == '#')
            toml_scan_comment(scan);
        else
            return;
    }
}

static void scan_brackets(struct toml_scan *scan)
{
    size_t depth = 0;
    while (scan->at < scan->len) {
        char c = current(scan);
        if (c == '"' || c == '\'') {
            toml_scan_string(scan);
            continue;
        }
        if (c == '#') {
            toml_scan_comment(scan);
            continue;
        }
        scan->at++;
        if (c == '[' || c == '{')
            depth++;
        else if ((c == ']' || c == '}') && --depth == 0)
            return;
    }
}

void toml_scan_value(struct toml_scan *scan)
{
    char c = current(scan);
    if (c == '"' || c == '\'') {
        toml_scan_string(scan);
    } else if (c == '[' || c == '{') {
        scan_brackets(scan);
    } else {
        size_t begin = scan->at;
        while (scan->at < scan->len && !strchr(",]}#\r\n", current(scan)))
            scan->at++;
        /* A date and its time may have a blank between them; blanks behind the token are not its
         * own. */
        while (scan->at > begin &&
               (scan->text[scan->at - 1] == ' ' || scan->text[scan->at - 1] == '\t'))
            scan->at--;
    }
}
