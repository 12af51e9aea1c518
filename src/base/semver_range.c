/*
 * Ranges: every form that a person may write becomes a set of comparators, as docs/versions.md
 * lists.
 */
#include "base/buf.h"
#include "base/semver_parse.h"

#include <inttypes.h>
#include <string.h>

enum operator{ OP_EQUAL, OP_LESS, OP_LESS_EQUAL, OP_GREATER, OP_GREATER_EQUAL };

struct comparator {
    enum operator op;
    /*
     * The bound was filled in, not written out: where prereleases are included, ">=1.0.0" means
     * ">=1.0.0-0" and "<=1.0.0" means "<1.0.1-0".
     */
    bool open;
    struct version version;
};

/* All comparators must hold. None: any version. */
struct alternative {
    struct comparator *items;
    size_t count, capacity;
    bool impossible;
};

struct range {
    struct alternative *items;
    size_t count, capacity;
};

/* Reads one alternative. */
struct range_parser {
    struct arena *arena;
    const char *at;
    bool loose;
    struct alternative *out;
};

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static void skip_blanks(struct range_parser *parser)
{
    while (is_blank(*parser->at))
        parser->at++;
}

static bool same_comparator(const struct comparator *a, const struct comparator *b)
{
    return a->op == b->op && version_compare(&a->version, &b->version) == 0;
}

static bool add(struct range_parser *parser, struct comparator comparator)
{
    struct alternative *out = parser->out;
    comparator.version.build_len = 0;
    for (size_t i = 0; i < out->count; i++) {
        if (!same_comparator(&out->items[i], &comparator))
            continue;
        /* The stricter of the two. */
        out->items[i].open = out->items[i].open && comparator.open;
        return true;
    }
    *arena_push(parser->arena, &out->items, &out->count, &out->capacity) = comparator;
    return true;
}

static bool at_least(struct range_parser *parser, struct version version, bool open)
{
    return add(parser,
               (struct comparator){.op = OP_GREATER_EQUAL, .open = open, .version = version});
}

/* What comes before every prerelease of the version. */
static bool before(struct range_parser *parser, struct version version)
{
    version.pre = "0";
    version.pre_len = 1;
    return add(parser, (struct comparator){.op = OP_LESS, .version = version});
}

/* The next version at the given part (1 major, 2 minor, 3 patch); false past the largest number. */
static bool next_version(struct version *out, const struct version *version, unsigned part)
{
    *out = (struct version){.major = version->major};
    if (part > 1)
        out->minor = version->minor;
    if (part > 2)
        out->patch = version->patch;
    uint64_t *number = part == 1 ? &out->major : part == 2 ? &out->minor : &out->patch;
    return (*number)++ < VERSION_NUMBER_MAX;
}

static bool before_next(struct range_parser *parser, const struct version *version, unsigned part)
{
    struct version next;
    return next_version(&next, version, part) && before(parser, next);
}

/* A partial version as a range: all that begin so. A prerelease behind a wildcard means nothing. */
static bool between(struct range_parser *parser, const struct partial *partial, unsigned part)
{
    if (partial->given == 0)
        return true;
    return at_least(parser, partial->version, partial->given < 3) &&
           before_next(parser, &partial->version, part);
}

static bool add_tilde(struct range_parser *parser, const struct partial *partial)
{
    return between(parser, partial, partial->given == 1 ? 1 : 2);
}

/* The leftmost part that is not 0 stays; of parts that are not given, none does. */
static bool add_caret(struct range_parser *parser, const struct partial *partial)
{
    const struct version *version = &partial->version;
    unsigned part = 1;
    if (version->major == 0 && partial->given > 1)
        part = version->minor == 0 && partial->given > 2 ? 3 : 2;
    return between(parser, partial, part);
}

/* An operator before a version with parts missing. */
static bool add_wildcard(struct range_parser *parser, enum operator op,
                         const struct partial *partial)
{
    struct version next;
    if (partial->given == 0) {
        if (op == OP_LESS || op == OP_GREATER)
            parser->out->impossible = true;
        return true;
    }
    switch (op) {
    case OP_EQUAL:
        return between(parser, partial, partial->given);
    case OP_LESS:
        return before(parser, partial->version);
    case OP_LESS_EQUAL:
        return before_next(parser, &partial->version, partial->given);
    case OP_GREATER:
        return next_version(&next, &partial->version, partial->given) &&
               at_least(parser, next, true);
    case OP_GREATER_EQUAL:
        return at_least(parser, partial->version, true);
    }
    return false;
}

/* A "=" stays for partial_parse() to pass. */
static enum operator take_operator(struct range_parser *parser)
{
    char first = *parser->at;
    if (first != '<' && first != '>')
        return OP_EQUAL;
    parser->at++;
    skip_blanks(parser);
    bool equal = *parser->at == '=';
    if (first == '<')
        return equal ? OP_LESS_EQUAL : OP_LESS;
    return equal ? OP_GREATER_EQUAL : OP_GREATER;
}

static bool take_partial(struct range_parser *parser, struct partial *out)
{
    if (!partial_parse(out, &parser->at, parser->loose, true))
        return false;
    if (out->given < 3)
        out->version.pre_len = 0;
    return *parser->at == '\0' || is_blank(*parser->at);
}

static bool take_comparator(struct range_parser *parser)
{
    struct partial partial;
    char first = *parser->at;
    if (first == '~' || first == '^') {
        parser->at++;
        if (first == '~' && *parser->at == '>')
            parser->at++;
        if (!take_partial(parser, &partial))
            return false;
        return first == '~' ? add_tilde(parser, &partial) : add_caret(parser, &partial);
    }
    enum operator op = take_operator(parser);
    if (!take_partial(parser, &partial))
        return false;
    if (partial.given < 3)
        return add_wildcard(parser, op, &partial);
    return add(parser, (struct comparator){.op = op, .version = partial.version});
}

static bool add_upper_end(struct range_parser *parser, const struct partial *to)
{
    if (to->given == 0)
        return true;
    if (to->given < 3)
        return before_next(parser, &to->version, to->given);
    return add(parser, (struct comparator){.op = OP_LESS_EQUAL,
                                           .open = to->version.pre_len == 0,
                                           .version = to->version});
}

/* "1.2 - 2.0" as the whole alternative. Returns -1 if it has another form. */
static int take_hyphen(struct range_parser *parser)
{
    const char *begin = parser->at;
    struct partial from, to;
    if (take_partial(parser, &from) && is_blank(*parser->at)) {
        skip_blanks(parser);
        if (parser->at[0] == '-' && is_blank(parser->at[1])) {
            parser->at++;
            if (!take_partial(parser, &to))
                return false;
            skip_blanks(parser);
            if (*parser->at != '\0')
                return false;
            if (from.given)
                at_least(parser, from.version, from.version.pre_len == 0);
            return add_upper_end(parser, &to);
        }
    }
    parser->at = begin;
    return -1;
}

static void skip_word(struct range_parser *parser)
{
    while (*parser->at && !is_blank(*parser->at))
        parser->at++;
}

/* False if the alternative is malformed; loosely, malformed comparators are passed over. */
static bool parse_alternative(struct range_parser *parser)
{
    size_t taken = 0;
    skip_blanks(parser);
    if (*parser->at == '\0')
        return true;
    int hyphen = take_hyphen(parser);
    if (hyphen >= 0)
        return hyphen;
    for (; *parser->at; skip_blanks(parser)) {
        const char *begin = parser->at;
        if (take_comparator(parser)) {
            taken++;
            continue;
        }
        if (!parser->loose)
            return false;
        parser->at = begin;
        skip_word(parser);
    }
    return taken > 0;
}

/* The text of one alternative: up to "||", commas as blanks. Moves `*at` behind it; NULL at the
 * end. */
static const char *next_alternative(struct arena *arena, const char **at)
{
    if (!*at)
        return NULL;
    const char *end = strstr(*at, "||");
    char *text = end ? arena_strndup(arena, *at, (size_t)(end - *at)) : arena_strdup(arena, *at);
    for (char *comma = text; (comma = strchr(comma, ','));)
        *comma = ' ';
    *at = end ? end + 2 : NULL;
    return text;
}

struct range *range_parse(struct arena *arena, const char *text, bool loose)
{
    struct range *range = arena_alloc(arena, sizeof *range);
    const char *part;
    while ((part = next_alternative(arena, &text))) {
        struct alternative alternative = {0};
        struct range_parser parser = {
            .arena = arena, .at = part, .loose = loose, .out = &alternative};
        if (parse_alternative(&parser))
            *arena_push(arena, &range->items, &range->count, &range->capacity) = alternative;
        else if (!loose)
            return NULL;
    }
    return range->count ? range : NULL;
}

/* The comparator as it is where prereleases are included. */
static struct comparator opened(struct comparator comparator)
{
    if (!comparator.open)
        return comparator;
    comparator.version.pre = "0";
    comparator.version.pre_len = 1;
    if (comparator.op == OP_LESS_EQUAL) {
        comparator.op = OP_LESS;
        comparator.version.patch++;
    }
    return comparator;
}

static bool comparator_matches(const struct comparator *comparator, const struct version *version)
{
    int order = version_compare(version, &comparator->version);
    switch (comparator->op) {
    case OP_EQUAL:
        return order == 0;
    case OP_LESS:
        return order < 0;
    case OP_LESS_EQUAL:
        return order <= 0;
    case OP_GREATER:
        return order > 0;
    case OP_GREATER_EQUAL:
        return order >= 0;
    }
    return false;
}

/* Whether the comparator was written for prereleases of this very version. */
static bool names_prerelease(const struct comparator *comparator, const struct version *version)
{
    const struct version *named = &comparator->version;
    return named->pre_len && named->major == version->major && named->minor == version->minor &&
           named->patch == version->patch;
}

/* ">=0.0.0" says nothing where prereleases are left out anyway. */
static bool is_trivial(const struct comparator *comparator)
{
    const struct version *v = &comparator->version;
    return comparator->op == OP_GREATER_EQUAL && !v->major && !v->minor && !v->patch && !v->pre_len;
}

static bool alternative_matches(const struct alternative *alternative,
                                const struct version *version, bool include_prerelease)
{
    bool allowed = include_prerelease || version->pre_len == 0;
    if (alternative->impossible)
        return false;
    for (size_t i = 0; i < alternative->count; i++) {
        struct comparator comparator = alternative->items[i];
        if (include_prerelease)
            comparator = opened(comparator);
        else if (is_trivial(&comparator))
            continue;
        if (!comparator_matches(&comparator, version))
            return false;
        allowed = allowed || names_prerelease(&comparator, version);
    }
    return allowed;
}

static bool is_any(const struct alternative *alternative)
{
    for (size_t i = 0; i < alternative->count; i++)
        if (!is_trivial(&alternative->items[i]))
            return false;
    return !alternative->impossible;
}

/* An alternative that any version satisfies makes the others, and the prereleases they name, moot.
 */
static bool includes_any(const struct range *range)
{
    for (size_t i = 0; i < range->count; i++)
        if (is_any(&range->items[i]))
            return true;
    return false;
}

bool range_matches(const struct range *range, const struct version *version,
                   bool include_prerelease)
{
    if (!include_prerelease && includes_any(range))
        return version->pre_len == 0;
    for (size_t i = 0; i < range->count; i++)
        if (alternative_matches(&range->items[i], version, include_prerelease))
            return true;
    return false;
}

bool range_is_exact(const struct range *range)
{
    const struct alternative *only = &range->items[0];
    return range->count == 1 && !only->impossible && only->count == 1 &&
           only->items[0].op == OP_EQUAL;
}

static void print_comparator(struct buf *out, const struct comparator *comparator)
{
    static const char *const operators[] = {
        [OP_EQUAL] = "",    [OP_LESS] = "<",           [OP_LESS_EQUAL] = "<=",
        [OP_GREATER] = ">", [OP_GREATER_EQUAL] = ">=",
    };
    const struct version *v = &comparator->version;
    buf_printf(out, "%s%" PRIu64 ".%" PRIu64 ".%" PRIu64, operators[comparator->op], v->major,
               v->minor, v->patch);
    if (v->pre_len == 0)
        return;
    const char *at = v->pre, *end = at + v->pre_len;
    for (const char *between = "-"; at < end; between = ".") {
        struct identifier id = next_identifier(&at, end);
        buf_puts(out, between);
        buf_add(out, id.text, id.len);
    }
}

static void print_alternative(struct buf *out, const struct alternative *alternative)
{
    const char *between = "";
    for (size_t i = 0; i < alternative->count; i++) {
        if (is_trivial(&alternative->items[i]))
            continue;
        buf_puts(out, between);
        print_comparator(out, &alternative->items[i]);
        between = " ";
    }
}

const char *range_text(const struct range *range, struct arena *arena)
{
    AUTO_BUF text = {0};
    if (includes_any(range))
        return "*";
    for (size_t i = 0; i < range->count; i++) {
        if (range->items[i].impossible)
            continue;
        if (text.len)
            buf_puts(&text, "||");
        print_alternative(&text, &range->items[i]);
    }
    return text.len ? arena_strdup(arena, buf_text(&text)) : "<0.0.0-0";
}
