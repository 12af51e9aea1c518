/*
 * Editing TOML that a person wrote. The text is never printed anew from values: a few bytes are cut
 * out or put in, and all others stay. What is done:
 *
 * - A key that exists: the bytes of its value are replaced. Comments and blanks around it stay.
 * - A key that does not exist: a line is added behind the last pair of its table, indented as that
 * one; in an inline table a pair before the closing brace; beside dotted keys of the same table a
 * dotted key; otherwise a new table with that one key at the end of the text.
 * - Deleting a pair takes its whole line or lines with the comment behind it; in an inline table
 * the pair and one comma. Deleting a table takes its headers and pairs. Deleting what is not there
 * changes nothing.
 * - The text's own kind of line end is used. Elements of arrays, [[tables]] included, cannot be
 * named.
 *
 * Afterwards the result is parsed and compared with the original, so that a mistake here cannot
 * reach a file.
 */
#include "base/data.h"
#include "base/error.h"
#include "base/toml_compare.h"
#include "base/toml_statement.h"

#include <stdlib.h>
#include <string.h>

struct splice {
    size_t begin, end;
    const char *text;
};

struct edit {
    struct arena *arena;
    const char *file;
    const char *text;
    size_t len;
    const char *eol;
    const char *dotted;
    const char *value; /* NULL: delete */
    struct toml_path target;
    struct splice *splices;
    size_t splice_count, splice_capacity;
};

static void add_splice(struct edit *edit, size_t begin, size_t end, const char *text)
{
    struct splice *splice =
        arena_push(edit->arena, &edit->splices, &edit->splice_count, &edit->splice_capacity);
    *splice = (struct splice){.begin = begin, .end = end, .text = text};
}

static const char *line_ending(const char *text, size_t len)
{
    const char *end = memchr(text, '\n', len);
    return end && end > text && end[-1] == '\r' ? "\r\n" : "\n";
}

static struct toml_statements statements_of(const struct edit *edit)
{
    struct toml_statements all = {.arena = edit->arena,
                                  .scan = {.text = edit->text, .len = edit->len}};
    if (edit->len >= 3 && memcmp(edit->text, "\xEF\xBB\xBF", 3) == 0)
        all.scan.at = 3;
    return all;
}

static bool names_target(const struct edit *edit, const struct toml_statement *statement)
{
    unsigned common = toml_path_common(&statement->path, &edit->target);
    return common == edit->target.count && common == statement->path.count;
}

/* The target is an entry of this pair's value. */
static bool holds_target(const struct edit *edit, const struct toml_statement *statement)
{
    return statement->kind == TOML_PAIR && statement->path.count < edit->target.count &&
           toml_path_common(&statement->path, &edit->target) == statement->path.count;
}

static bool below_target(const struct edit *edit, const struct toml_statement *statement)
{
    return toml_path_common(&statement->path, &edit->target) == edit->target.count;
}

static const char *pair_text(struct edit *edit, unsigned first_part)
{
    AUTO_BUF key = {0};
    toml_path_print(&key, &edit->target, first_part);
    return arena_printf(edit->arena, "%s = %s", buf_text(&key), edit->value);
}

/* ---- inline tables ---- */

/* With the blanks behind it, unless they separate a comment or line end. */
static void delete_comma(struct edit *edit, size_t comma)
{
    struct toml_scan scan = {.text = edit->text, .len = edit->len, .at = comma + 1};
    toml_scan_blank(&scan);
    bool line_ends = scan.at == scan.len || strchr("#\r\n", scan.text[scan.at]);
    add_splice(edit, comma, line_ends ? comma + 1 : scan.at, "");
}

/* `comma_kept` is the one behind the last pair that stays, or 0. */
static void delete_inline(struct edit *edit, const struct toml_statement *pair, size_t comma_kept,
                          struct toml_scan after)
{
    toml_scan_space(&after);
    if (after.at < after.len && after.text[after.at] == ',') {
        after.at++;
        toml_scan_blank(&after);
        add_splice(edit, pair->begin, after.at, "");
        return;
    }
    size_t begin = pair->begin;
    while (begin > 0 && (edit->text[begin - 1] == ' ' || edit->text[begin - 1] == '\t'))
        begin--;
    if (comma_kept)
        delete_comma(edit, comma_kept);
    add_splice(edit, begin, pair->value_end, "");
}

static void insert_inline(struct edit *edit, const struct toml_statement *table, size_t last_end)
{
    const char *pair = pair_text(edit, table->path.count);
    if (last_end) {
        add_splice(edit, last_end, last_end, arena_printf(edit->arena, ", %s", pair));
        return;
    }
    size_t inside = table->value + 1;
    const char *gap = edit->text[inside] == '}' ? " " : "";
    add_splice(edit, inside, inside, arena_printf(edit->arena, " %s%s", pair, gap));
}

/* The comma between two pairs; comments may lie between as well. */
static size_t comma_after(const struct toml_statements *pairs)
{
    struct toml_scan scan = pairs->scan;
    toml_scan_space(&scan);
    return scan.at < scan.len && scan.text[scan.at] == ',' ? scan.at : 0;
}

static void edit_inline(struct edit *edit, const struct toml_statement *table)
{
    struct toml_statements pairs = statements_of(edit);
    pairs.scan.at = table->value + 1;
    pairs.header = table->path;
    struct toml_statement pair;
    size_t last_end = 0, comma_kept = 0;
    bool exists = false;
    while (toml_next_inline(&pair, &pairs)) {
        last_end = pair.value_end;
        if (holds_target(edit, &pair)) {
            edit_inline(edit, &pair);
            return;
        }
        if (!below_target(edit, &pair)) {
            comma_kept = comma_after(&pairs);
            continue;
        }
        exists = true;
        if (!edit->value)
            delete_inline(edit, &pair, comma_kept, pairs.scan);
        else if (names_target(edit, &pair))
            add_splice(edit, pair.value, pair.value_end, edit->value);
    }
    if (edit->value && !exists)
        insert_inline(edit, table, last_end);
}

/* ---- adding a line ---- */

/* Where a new pair could go. */
struct place {
    bool usable;
    size_t at;                       /* behind this pair or header */
    size_t indent_begin, indent_end; /* the blanks in front of it */
    unsigned parts;                  /* of the target that need not be written there */
};

/* Adds the pair as a line of its own at `place`. */
static void insert_line(struct edit *edit, const struct place *place)
{
    const char *missing = place->at > 0 && edit->text[place->at - 1] != '\n' ? edit->eol : "";
    const char *line = arena_printf(
        edit->arena, "%s%.*s%s%s", missing, (int)(place->indent_end - place->indent_begin),
        edit->text + place->indent_begin, pair_text(edit, place->parts), edit->eol);
    add_splice(edit, place->at, place->at, line);
}

/* The start of the comment lines directly above `line`. */
static size_t above_comments(const struct edit *edit, size_t line)
{
    while (line > 0) {
        size_t previous = line - 1;
        while (previous > 0 && edit->text[previous - 1] != '\n')
            previous--;
        size_t first = previous + strspn(edit->text + previous, " \t");
        if (edit->text[first] != '#')
            break;
        line = previous;
    }
    return line;
}

/* A pair of the root table must stand in front of all headers. */
static void insert_before_headers(struct edit *edit, size_t first_header)
{
    size_t at = above_comments(edit, first_header);
    size_t begin = statements_of(edit).scan.at;
    if (at < begin)
        at = begin;
    add_splice(edit, at, at,
               arena_printf(edit->arena, "%s%s%s", pair_text(edit, 0), edit->eol, edit->eol));
}

static void append_table(struct edit *edit)
{
    AUTO_BUF added = {0};
    if (edit->len && edit->text[edit->len - 1] != '\n')
        buf_puts(&added, edit->eol);
    if (statements_of(edit).scan.at < edit->len)
        buf_puts(&added, edit->eol);
    struct toml_path parent = edit->target;
    parent.count--;
    buf_putc(&added, '[');
    toml_path_print(&added, &parent, 0);
    buf_printf(&added, "]%s%s%s", edit->eol, pair_text(edit, parent.count), edit->eol);
    add_splice(edit, edit->len, edit->len, arena_strdup(edit->arena, buf_text(&added)));
}

static struct place behind(const struct toml_statement *statement, unsigned parts)
{
    return (struct place){
        .usable = true,
        .at = statement->end,
        .indent_begin = statement->line,
        .indent_end = statement->begin,
        .parts = parts,
    };
}

/* The target does not exist, nor is it inside of an inline table. */
static void insert_pair(struct edit *edit)
{
    struct toml_statements all = statements_of(edit);
    struct toml_statement statement;
    struct place in_table = {0}, beside_dotted = {0};
    unsigned parent = edit->target.count - 1, best = 0;
    size_t first_header = edit->len;
    bool any_header = false;
    while (toml_next_statement(&statement, &all)) {
        unsigned common = toml_path_common(&statement.path, &edit->target);
        if (statement.kind == TOML_HEADER && !any_header) {
            any_header = true;
            first_header = statement.line;
        }
        if (common >= parent && statement.header_count == parent)
            in_table = behind(&statement, parent);
        if (statement.kind == TOML_HEADER && common == statement.path.count && common > best) {
            /* A table of its own, which dotted keys elsewhere may not reopen. */
            beside_dotted.usable = false;
            best = common;
        }
        if (statement.kind == TOML_PAIR && common > statement.header_count && common > best) {
            beside_dotted = behind(&statement, statement.header_count);
            best = common;
        }
    }
    if (in_table.usable)
        insert_line(edit, &in_table);
    else if (beside_dotted.usable)
        insert_line(edit, &beside_dotted);
    else if (parent > 0)
        append_table(edit);
    else if (any_header)
        insert_before_headers(edit, first_header);
    else
        insert_line(edit, &(struct place){.at = edit->len});
}

/* ---- taking out ---- */

static bool blank_line_at(const struct edit *edit, size_t at, size_t *next)
{
    size_t end = at;
    while (end < edit->len && strchr(" \t\r", edit->text[end]))
        end++;
    if (end >= edit->len || edit->text[end] != '\n')
        return false;
    *next = end + 1;
    return true;
}

/* Whether nothing or an empty line is above. */
static bool gap_above(const struct edit *edit, size_t line)
{
    size_t previous, ignored;
    if (line == 0)
        return true;
    for (previous = line - 1; previous > 0 && edit->text[previous - 1] != '\n';)
        previous--;
    return blank_line_at(edit, previous, &ignored);
}

/* Takes a table's lines out, and the empty lines below if there are such above. */
static void cut_table(struct edit *edit, size_t begin, size_t end)
{
    size_t next;
    if (gap_above(edit, begin))
        while (blank_line_at(edit, end, &next))
            end = next;
    add_splice(edit, begin, end, "");
}

/* Takes out a table that headers and dotted keys made. */
static void delete_table(struct edit *edit)
{
    struct toml_statements all = statements_of(edit);
    struct toml_statement statement;
    bool in_section = false;
    size_t begin = 0, end = 0;
    while (toml_next_statement(&statement, &all)) {
        if (statement.kind == TOML_HEADER) {
            if (in_section)
                cut_table(edit, begin, end);
            in_section = below_target(edit, &statement);
            begin = statement.line;
        } else if (!in_section && below_target(edit, &statement)) {
            add_splice(edit, statement.line, statement.end, "");
        }
        end = statement.end;
    }
    if (in_section)
        cut_table(edit, begin, end);
}

/* ---- checks ---- */

static struct data *parse(struct edit *edit, const char *text, size_t len, int *result)
{
    struct diags diags = {.arena = edit->arena};
    struct data *root = data_parse_toml(edit->arena, edit->file, text, len, &diags);
    if (!root)
        *result = diags_result(&diags);
    return root;
}

/* Parses `value` alone: it must be one value and nothing else. */
static struct data *parse_value(struct edit *edit)
{
    struct diags ignored = {.arena = edit->arena};
    struct toml_scan scan = {.text = edit->value, .len = strlen(edit->value)};
    const char *document = arena_printf(edit->arena, "v = %s", edit->value);
    toml_scan_value(&scan);
    if (scan.at != scan.len || edit->value[strspn(edit->value, " \t")] != edit->value[0])
        return NULL;
    return data_get(data_parse_toml(edit->arena, "", document, strlen(document), &ignored), "v");
}

static int read_target(struct edit *edit)
{
    struct toml_scan scan = {.text = edit->dotted, .len = strlen(edit->dotted)};
    if (!toml_path_read(&edit->target, edit->arena, &scan) || scan.at != scan.len ||
        edit->target.count > DATA_MAX_DEPTH) {
        fail(ERR_CONFIG, "'%s' is not a key", edit->dotted);
        error_hint("separate its parts by dots; quote parts with other than letters, digits, '-' "
                   "and '_'");
        return -ERR_CONFIG;
    }
    return 0;
}

/* Whether the way to the target leads through tables only; gives the target's node, NULL if absent.
 */
static int find_target(struct edit *edit, struct data *root, struct data **out)
{
    struct data *node = root;
    for (unsigned i = 0; node && i < edit->target.count; i++) {
        if (node->type != DATA_TABLE)
            return fail(ERR_CONFIG, "cannot change '%s' in '%s': '%s' is %s", edit->dotted,
                        edit->file, data_path(node, edit->arena), data_type_name(node->type));
        node = data_get_n(node, edit->target.parts[i].text, edit->target.parts[i].len);
    }
    *out = node;
    return 0;
}

/* ---- the whole ---- */

/* Edits the pair that is or holds the target; false if there is none. */
static bool edit_pair(struct edit *edit)
{
    struct toml_statements all = statements_of(edit);
    struct toml_statement statement;
    while (toml_next_statement(&statement, &all)) {
        if (holds_target(edit, &statement)) {
            edit_inline(edit, &statement);
            return true;
        }
        if (statement.kind != TOML_PAIR || !names_target(edit, &statement))
            continue;
        if (edit->value)
            add_splice(edit, statement.value, statement.value_end, edit->value);
        else
            add_splice(edit, statement.line, statement.end, "");
        return true;
    }
    return false;
}

static int make_splices(struct edit *edit, const struct data *existing)
{
    bool in_pair = edit_pair(edit);
    if (edit->value && !existing && !in_pair)
        insert_pair(edit);
    if (!edit->value && existing && !in_pair)
        delete_table(edit);
    if (edit->value && edit->splice_count == 0)
        return fail(ERR_CONFIG, "cannot set '%s' in '%s': it is %s", edit->dotted, edit->file,
                    data_type_name(existing ? existing->type : DATA_TABLE));
    return 0;
}

static int compare_splices(const void *left, const void *right)
{
    const struct splice *a = left, *b = right;
    return (a->begin > b->begin) - (a->begin < b->begin);
}

/* Blanks between two deletions may belong to both. */
static void apply(struct buf *out, struct edit *edit)
{
    size_t at = 0;
    if (edit->splice_count)
        qsort(edit->splices, edit->splice_count, sizeof *edit->splices, compare_splices);
    for (size_t i = 0; i < edit->splice_count; i++) {
        const struct splice *splice = &edit->splices[i];
        if (splice->begin > at)
            buf_add(out, edit->text + at, splice->begin - at);
        buf_puts(out, splice->text);
        if (splice->end > at)
            at = splice->end;
    }
    buf_add(out, edit->text + at, edit->len - at);
}

static int run(struct buf *out, struct edit *edit)
{
    int result = read_target(edit);
    struct data *before = result < 0 ? NULL : parse(edit, edit->text, edit->len, &result);
    if (!before)
        return result;
    struct data *value = NULL, *existing;
    if (edit->value && !(value = parse_value(edit))) {
        fail(ERR_CONFIG, "'%s' is not a TOML value for '%s'", edit->value, edit->dotted);
        error_hint("text needs quotes: \"%s\"", edit->value);
        return -ERR_CONFIG;
    }
    result = find_target(edit, before, &existing);
    if (result == 0)
        result = make_splices(edit, existing);
    if (result < 0)
        return result;
    apply(out, edit);
    struct data *after = parse(edit, buf_text(out), out->len, &result);
    if (!after || !toml_only_changed(before, after, &edit->target, value)) {
        error_clear();
        return fail(ERR_GENERIC, "cannot change '%s' in '%s' without changing more", edit->dotted,
                    edit->file);
    }
    return 0;
}

int toml_edit(struct buf *out, const char *file, const char *text, size_t len, const char *dotted,
              const char *value)
{
    struct arena arena = {0};
    struct edit edit = {
        .arena = &arena,
        .file = file,
        .text = arena_strndup(&arena, text, len), /* terminated */
        .len = len,
        .eol = line_ending(text, len),
        .dotted = dotted,
        .value = value,
    };
    buf_clear(out);
    int result = run(out, &edit);
    if (result < 0)
        buf_clear(out);
    arena_release(&arena);
    return result;
}
