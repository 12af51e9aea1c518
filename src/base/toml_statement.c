#include "base/toml_statement.h"

#include <string.h>

static const char bare_characters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static char current(const struct toml_scan *scan)
{
    return scan->at < scan->len ? scan->text[scan->at] : '\0';
}

unsigned toml_path_common(const struct toml_path *a, const struct toml_path *b)
{
    unsigned count = 0;
    while (count < a->count && count < b->count && a->parts[count].len == b->parts[count].len &&
           memcmp(a->parts[count].text, b->parts[count].text, a->parts[count].len) == 0)
        count++;
    return count;
}

/* A quoted key is decoded as the string that it looks like. */
static bool read_quoted(struct toml_part *out, struct arena *arena, struct toml_scan *scan)
{
    size_t begin = scan->at;
    toml_scan_string(scan);
    struct diags ignored = {.arena = arena};
    const char *document =
        arena_printf(arena, "k = %.*s", (int)(scan->at - begin), scan->text + begin);
    struct data *root = data_parse_toml(arena, "", document, strlen(document), &ignored);
    struct data *string = data_get(root, "k");
    if (!string || string->type != DATA_STRING || scan->text[begin + 1] == '\n')
        return false;
    *out = (struct toml_part){.text = string->text, .len = string->len};
    return true;
}

static bool read_part(struct toml_part *out, struct arena *arena, struct toml_scan *scan)
{
    if (current(scan) == '"' || current(scan) == '\'')
        return read_quoted(out, arena, scan);
    size_t begin = scan->at;
    while (current(scan) && strchr(bare_characters, current(scan)))
        scan->at++;
    *out = (struct toml_part){.text = scan->text + begin, .len = scan->at - begin};
    return out->len > 0;
}

bool toml_path_read(struct toml_path *out, struct arena *arena, struct toml_scan *scan)
{
    for (;;) {
        if (out->count == sizeof out->parts / sizeof out->parts[0])
            return false;
        toml_scan_blank(scan);
        if (!read_part(&out->parts[out->count++], arena, scan))
            return false;
        size_t end = scan->at;
        toml_scan_blank(scan);
        if (current(scan) != '.') {
            scan->at = end;
            return true;
        }
        scan->at++;
    }
}

void toml_path_print(struct buf *out, const struct toml_path *path, unsigned first)
{
    for (unsigned i = first; i < path->count; i++) {
        const struct toml_part *part = &path->parts[i];
        if (i > first)
            buf_putc(out, '.');
        size_t bare = 0;
        while (bare < part->len && part->text[bare] && strchr(bare_characters, part->text[bare]))
            bare++;
        if (bare == part->len && bare > 0)
            buf_add(out, part->text, part->len);
        else
            toml_quote_n(out, part->text, part->len);
    }
}

static void pass_line(struct toml_scan *scan)
{
    const char *end = memchr(scan->text + scan->at, '\n', scan->len - scan->at);
    scan->at = end ? (size_t)(end - scan->text) + 1 : scan->len;
}

static bool read_header(struct toml_statement *out, struct toml_statements *in)
{
    while (current(&in->scan) == '[')
        in->scan.at++;
    in->header.count = 0;
    if (!toml_path_read(&in->header, in->arena, &in->scan))
        return false;
    out->kind = TOML_HEADER;
    out->path = in->header;
    out->header_count = in->header.count;
    return true;
}

static bool read_pair(struct toml_statement *out, struct toml_statements *in)
{
    out->kind = TOML_PAIR;
    out->path = in->header;
    out->header_count = in->header.count;
    if (!toml_path_read(&out->path, in->arena, &in->scan))
        return false;
    toml_scan_blank(&in->scan);
    if (current(&in->scan) != '=')
        return false;
    in->scan.at++;
    toml_scan_blank(&in->scan);
    out->value = in->scan.at;
    toml_scan_value(&in->scan);
    out->value_end = in->scan.at;
    return true;
}

/* A byte order mark is no part of the first line. */
static size_t line_of(const struct toml_scan *scan)
{
    size_t at = scan->at;
    while (at > 0 && scan->text[at - 1] != '\n')
        at--;
    return at == 0 && strncmp(scan->text, "\xEF\xBB\xBF", 3) == 0 ? 3 : at;
}

bool toml_next_statement(struct toml_statement *out, struct toml_statements *in)
{
    struct toml_scan *scan = &in->scan;
    *out = (struct toml_statement){0};
    toml_scan_space(scan);
    if (scan->at == scan->len)
        return false;
    out->line = line_of(scan);
    out->begin = scan->at;
    if (current(scan) == '[' ? !read_header(out, in) : !read_pair(out, in))
        return false;
    pass_line(scan);
    out->end = scan->at;
    return true;
}

bool toml_next_inline(struct toml_statement *out, struct toml_statements *in)
{
    struct toml_scan *scan = &in->scan;
    *out = (struct toml_statement){0};
    toml_scan_space(scan);
    if (current(scan) == ',') {
        scan->at++;
        toml_scan_space(scan);
    }
    out->line = out->begin = scan->at;
    if (current(scan) == '}' || scan->at == scan->len || !read_pair(out, in))
        return false;
    out->end = out->value_end;
    return true;
}
