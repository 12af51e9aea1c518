/*
 * Ranges. Whatever is written becomes alternatives of comparator sets: "^1.2 || 3.x" is
 * ">=1.2.0 <2.0.0-0" or ">=3.0.0 <4.0.0-0". An empty set matches everything.
 *
 * An upper bound that was made here has the prerelease "0", the lowest there is, so that "<2.0.0-0"
 * leaves out the prereleases of 2.0.0 as well. `filled` marks a lower bound whose missing parts
 * were filled with zeros: with prereleases included it starts at its own "-0".
 */
#include "base/semver.h"

#include "base/buf.h"
#include "base/semver_scan.h"

#include <string.h>

enum comparison { OP_EQ, OP_LT, OP_LE, OP_GT, OP_GE };

struct comparator {
    enum comparison op;
    struct version version;
    bool filled;
};

struct set {
    struct comparator *items;
    size_t count, capacity;
    bool nothing; /* cannot match */
};

struct range {
    struct set *sets;
    size_t count, capacity;
};

/* "1.2.x": `parts` tells how many numbers it has; a prerelease only stands behind three. */
struct partial {
    struct version version;
    unsigned parts;
};

struct scanner {
    struct arena *arena;
    const char *cursor;
    bool loose;
    bool wrong;
};

/* ---- comparators ---- */

static bool same_comparator(const struct comparator *a, const struct comparator *b)
{
    return a->op == b->op && version_compare(&a->version, &b->version) == 0;
}

static void add(struct scanner *scanner, struct set *set, enum comparison op,
                struct version version, bool filled)
{
    struct comparator fresh = {op, version, filled};
    if (version.major > VERSION_NUMBER_MAX || version.minor > VERSION_NUMBER_MAX ||
        version.patch > VERSION_NUMBER_MAX)
        scanner->wrong = true;
    for (size_t i = 0; i < set->count; i++)
        if (same_comparator(&set->items[i], &fresh))
            return;
    *arena_push(scanner->arena, &set->items, &set->count, &set->capacity) = fresh;
}

static struct version make(uint64_t major, uint64_t minor, uint64_t patch)
{
    return (struct version){.major = major, .minor = minor, .patch = patch};
}

/* The lowest version of all that begin with these numbers, its prereleases included. */
static struct version floor_of(uint64_t major, uint64_t minor, uint64_t patch)
{
    struct version version = make(major, minor, patch);
    version.pre = "0";
    version.pre_len = 1;
    return version;
}

/* The first version behind all that share the first `parts` numbers of `v`. */
static struct version after(const struct version *v, unsigned parts)
{
    return parts == 1   ? floor_of(v->major + 1, 0, 0)
           : parts == 2 ? floor_of(v->major, v->minor + 1, 0)
                        : floor_of(v->major, v->minor, v->patch + 1);
}

static void add_lower(struct scanner *scanner, struct set *set, const struct partial *from)
{
    if (from->parts)
        add(scanner, set, OP_GE, from->version, from->parts < 3);
}

static void add_between(struct scanner *scanner, struct set *set, const struct partial *from,
                        struct version below)
{
    add_lower(scanner, set, from);
    if (from->parts)
        add(scanner, set, OP_LT, below, false);
}

/* "^": up to the first number that is not zero. */
static struct version caret_end(const struct partial *p)
{
    if (p->version.major || p->parts == 1)
        return after(&p->version, 1);
    if (p->version.minor || p->parts == 2)
        return after(&p->version, 2);
    return after(&p->version, 3);
}

static void add_comparison(struct scanner *scanner, struct set *set, enum comparison op,
                           const struct partial *p)
{
    bool whole = p->parts == 3;
    if (p->parts == 0) {
        set->nothing |= op == OP_LT || op == OP_GT;
        return;
    }
    switch (op) {
    case OP_EQ:
        if (whole)
            add(scanner, set, OP_EQ, p->version, false);
        else
            add_between(scanner, set, p, after(&p->version, p->parts));
        return;
    case OP_GE:
        add_lower(scanner, set, p);
        return;
    case OP_LT:
        add(scanner, set, OP_LT,
            whole ? p->version : floor_of(p->version.major, p->version.minor, 0), false);
        return;
    case OP_LE:
        if (whole)
            add(scanner, set, OP_LE, p->version, false);
        else
            add(scanner, set, OP_LT, after(&p->version, p->parts), false);
        return;
    case OP_GT:
        if (whole) {
            add(scanner, set, OP_GT, p->version, false);
        } else {
            struct version next = after(&p->version, p->parts);
            add(scanner, set, OP_GE, make(next.major, next.minor, next.patch), true);
        }
        return;
    }
}

/* ---- reading ---- */

static bool is_wildcard(char c)
{
    return c == 'x' || c == 'X' || c == '*';
}

static struct partial scan_partial(struct scanner *scanner)
{
    struct partial p = {0};
    uint64_t *const numbers[] = {&p.version.major, &p.version.minor, &p.version.patch};
    unsigned seen = 0;
    while (*scanner->cursor == 'v' || *scanner->cursor == '=') {
        scanner->cursor++;
        scan_spaces(&scanner->cursor);
    }
    for (; seen < 3; seen++) {
        if (seen && *scanner->cursor != '.')
            break;
        scanner->cursor += seen > 0;
        if (is_wildcard(*scanner->cursor))
            scanner->cursor++;
        else if (p.parts == seen && scan_number(&scanner->cursor, numbers[seen], scanner->loose))
            p.parts++;
        else
            scanner->wrong = true;
    }
    struct version tail = {0};
    bool pre = *scanner->cursor != '+' && *scanner->cursor;
    if ((pre && seen < 3 && *scanner->cursor == '-') ||
        !scan_tail(&scanner->cursor, &tail, scanner->loose && seen == 3))
        scanner->wrong = true;
    if (p.parts == 3) {
        p.version.pre = tail.pre;
        p.version.pre_len = tail.pre_len;
    }
    return p;
}

/* Whether the cursor is at the end of a word of the range. */
static bool at_gap(const struct scanner *scanner)
{
    return strchr(" \t\r\n,|", *scanner->cursor) != NULL; /* the end matches too */
}

static bool take(struct scanner *scanner, const char *text)
{
    size_t len = strlen(text);
    if (strncmp(scanner->cursor, text, len) != 0)
        return false;
    scanner->cursor += len;
    scan_spaces(&scanner->cursor);
    return true;
}

static void scan_comparator(struct scanner *scanner, struct set *set)
{
    static const struct {
        const char *text;
        enum comparison op;
    } comparisons[] = {{"<=", OP_LE}, {">=", OP_GE}, {"<", OP_LT}, {">", OP_GT}, {"=", OP_EQ}};

    if (take(scanner, "~>") || take(scanner, "~")) {
        struct partial p = scan_partial(scanner);
        add_between(scanner, set, &p, after(&p.version, p.parts > 1 ? 2 : 1));
    } else if (take(scanner, "^")) {
        struct partial p = scan_partial(scanner);
        add_between(scanner, set, &p, caret_end(&p));
    } else {
        enum comparison op = OP_EQ;
        for (size_t i = 0; i < sizeof comparisons / sizeof *comparisons; i++)
            if (take(scanner, comparisons[i].text)) {
                op = comparisons[i].op;
                break;
            }
        struct partial p = scan_partial(scanner);
        add_comparison(scanner, set, op, &p);
    }
    if (!at_gap(scanner))
        scanner->wrong = true;
}

/* "A - B"; leaves the cursor alone if this is not one. */
static bool scan_hyphen(struct scanner *scanner, struct set *set)
{
    struct scanner ahead = *scanner;
    if (!*ahead.cursor || strchr("<>~^", *ahead.cursor))
        return false;
    struct partial from = scan_partial(&ahead);
    const char *gap = ahead.cursor;
    scan_spaces(&ahead.cursor);
    if (ahead.wrong || gap == ahead.cursor || *ahead.cursor != '-' ||
        !strchr(" \t", ahead.cursor[1]))
        return false;
    ahead.cursor++;
    scan_spaces(&ahead.cursor);
    struct partial to = scan_partial(&ahead);
    *scanner = ahead;
    add_lower(scanner, set, &from);
    if (to.parts)
        add_comparison(scanner, set, OP_LE, &to);
    return true;
}

static void scan_gaps(struct scanner *scanner)
{
    do
        scan_spaces(&scanner->cursor);
    while (*scanner->cursor == ',' && scanner->cursor++);
}

static void scan_set(struct scanner *scanner, struct set *set)
{
    scan_gaps(scanner);
    if (scan_hyphen(scanner, set)) {
        scan_gaps(scanner);
        return;
    }
    while (!scanner->wrong && *scanner->cursor && *scanner->cursor != '|') {
        scan_comparator(scanner, set);
        scan_gaps(scanner);
    }
}

/* Alternatives that cannot match go, unless nothing else is left; one that matches all stands
 * alone. */
static void simplify(struct range *range)
{
    size_t kept = 0;
    for (size_t i = 0; i < range->count; i++) {
        struct set set = range->sets[i];
        if (set.nothing)
            continue;
        if (set.count == 0) {
            range->sets[0] = set;
            range->count = 1;
            return;
        }
        range->sets[kept++] = set;
    }
    range->count = kept ? kept : 1;
}

struct range *range_parse(struct arena *arena, const char *text, bool loose)
{
    struct scanner scanner = {.arena = arena, .cursor = text, .loose = loose};
    struct range *range = arena_alloc(arena, sizeof *range);
    for (;;) {
        struct set *set = arena_push(arena, &range->sets, &range->count, &range->capacity);
        scan_set(&scanner, set);
        if (scanner.wrong)
            return NULL;
        if (!*scanner.cursor)
            break;
        if (!take(&scanner, "||"))
            return NULL;
    }
    simplify(range);
    return range;
}

/* ---- using ---- */

static bool comparator_matches(const struct comparator *comparator, const struct version *version,
                               bool include_prerelease)
{
    struct version bound = comparator->version;
    if (include_prerelease && comparator->filled)
        bound = floor_of(bound.major, bound.minor, bound.patch);
    int order = version_compare(version, &bound);
    switch (comparator->op) {
    case OP_EQ:
        return order == 0;
    case OP_LT:
        return order < 0;
    case OP_LE:
        return order <= 0;
    case OP_GT:
        return order > 0;
    case OP_GE:
        return order >= 0;
    }
    return false;
}

static bool names_prerelease_of(const struct set *set, const struct version *version)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct version *bound = &set->items[i].version;
        if (bound->pre_len && bound->major == version->major && bound->minor == version->minor &&
            bound->patch == version->patch)
            return true;
    }
    return false;
}

static bool set_matches(const struct set *set, const struct version *version,
                        bool include_prerelease)
{
    if (set->nothing)
        return false;
    for (size_t i = 0; i < set->count; i++)
        if (!comparator_matches(&set->items[i], version, include_prerelease))
            return false;
    return include_prerelease || !version->pre_len || names_prerelease_of(set, version);
}

bool range_matches(const struct range *range, const struct version *version,
                   bool include_prerelease)
{
    for (size_t i = 0; i < range->count; i++)
        if (set_matches(&range->sets[i], version, include_prerelease))
            return true;
    return false;
}

bool range_is_exact(const struct range *range)
{
    if (range->count != 1 || range->sets[0].nothing)
        return false;
    for (size_t i = 0; i < range->sets[0].count; i++)
        if (range->sets[0].items[i].op == OP_EQ)
            return true;
    return false;
}

static void print_comparator(struct buf *out, const struct comparator *comparator)
{
    static const char *const operators[] = {
        [OP_EQ] = "", [OP_LT] = "<", [OP_LE] = "<=", [OP_GT] = ">", [OP_GE] = ">="};
    const struct version *v = &comparator->version;
    buf_printf(out, "%s%llu.%llu.%llu", operators[comparator->op], (unsigned long long)v->major,
               (unsigned long long)v->minor, (unsigned long long)v->patch);
    if (v->pre_len)
        buf_printf(out, "-%.*s", (int)v->pre_len, v->pre);
}

static void print_set(struct buf *out, const struct set *set)
{
    struct version zero = {0};
    size_t start = out->len;
    if (set->nothing) {
        buf_puts(out, "<0.0.0-0");
        return;
    }
    for (size_t i = 0; i < set->count; i++) {
        const struct comparator *comparator = &set->items[i];
        if (comparator->op == OP_GE && version_compare(&comparator->version, &zero) == 0)
            continue; /* says nothing */
        buf_puts(out, out->len > start ? " " : "");
        print_comparator(out, comparator);
    }
    if (out->len == start)
        buf_puts(out, "*");
}

const char *range_text(const struct range *range, struct arena *arena)
{
    AUTO_BUF out = {0};
    for (size_t i = 0; i < range->count; i++) {
        buf_puts(&out, i ? "||" : "");
        print_set(&out, &range->sets[i]);
    }
    return arena_strdup(arena, buf_text(&out));
}
