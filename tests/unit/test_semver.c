/*
 * Versions and ranges against npm's own tables.
 *
 * Not applied: increments, truncations, comparator-intersection, range-intersection and
 * version-*-range, which are about functions that paii does not have (bumping a version,
 * intersecting two ranges, asking whether a version is outside of a range and on which side).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/data.h"
#include "base/semver.h"
#include "corpus.h"

#include <stdlib.h>

#define FOLDER CORPORA "/semver"

struct table {
    struct arena arena;
    struct data *rows;
};

static void open_table(struct table *table, const char *name)
{
    AUTO_BUF text = {0};
    *table = (struct table){0};
    struct diags diags = {.arena = &table->arena};
    const char *path = arena_printf(&table->arena, "%s/%s.json", FOLDER, name);
    assert_true(corpus_read(&text, path));
    table->rows = data_parse_json(&table->arena, path, buf_text(&text), text.len, false, &diags);
    assert_non_null(table->rows);
}

static const struct data *cell(const struct data *row, unsigned position)
{
    const struct data *child = row->children;
    while (child && position--)
        child = child->next;
    return child;
}

/* The options of node-semver: {"loose": x, ...}, or true for loose. */
static bool option(const struct data *options, const char *name)
{
    if (!options || options->type == DATA_NULL)
        return false;
    if (options->type != DATA_TABLE)
        return strcmp(name, "loose") == 0 &&
               (options->type == DATA_STRING || options->boolean || options->integer);
    const struct data *value = data_get(options, name);
    return value && (value->boolean || value->integer || value->type == DATA_STRING);
}

/* node-semver's strict parser takes blanks and a "v" in front; ours only with `loose`. */
static struct version parse_any(const char *text, bool loose)
{
    struct version version;
    if (!version_parse(&version, text, loose || *text < '0' || *text > '9'))
        fail_msg("'%s' is a version", text);
    return version;
}

static void versions_are_ordered(void **state)
{
    (void)state;
    if (!corpus_present(FOLDER))
        skip();
    struct table table;
    open_table(&table, "comparisons");
    for (const struct data *row = table.rows->children; row; row = row->next) {
        bool loose = option(cell(row, 2), "loose");
        struct version greater = parse_any(cell(row, 0)->text, loose);
        struct version less = parse_any(cell(row, 1)->text, loose);
        if (version_compare(&greater, &less) <= 0 || version_compare(&less, &greater) >= 0 ||
            version_compare(&less, &less) != 0)
            fail_msg("%s > %s", cell(row, 0)->text, cell(row, 1)->text);
    }
    arena_release(&table.arena);
}

static void equal_versions_are_equal(void **state)
{
    (void)state;
    if (!corpus_present(FOLDER))
        skip();
    struct table table;
    open_table(&table, "equality");
    for (const struct data *row = table.rows->children; row; row = row->next) {
        bool loose = option(cell(row, 2), "loose");
        struct version a = parse_any(cell(row, 0)->text, loose);
        struct version b = parse_any(cell(row, 1)->text, loose);
        if (version_compare(&a, &b) != 0)
            fail_msg("%s = %s", cell(row, 0)->text, cell(row, 1)->text);
    }
    arena_release(&table.arena);
}

static void invalid_versions_are_refused(void **state)
{
    (void)state;
    if (!corpus_present(FOLDER))
        skip();
    struct table table;
    open_table(&table, "invalid-versions");
    for (const struct data *row = table.rows->children; row; row = row->next) {
        struct version version;
        if (cell(row, 0)->type == DATA_STRING &&
            version_parse(&version, cell(row, 0)->text, option(cell(row, 2), "loose")))
            fail_msg("'%s' is no version", cell(row, 0)->text);
    }
    arena_release(&table.arena);
}

/* Checks identifiers given as a JSON array against "a.1.b". */
static void check_identifiers(const struct data *expected, const char *text, size_t len)
{
    AUTO_BUF joined = {0};
    for (const struct data *child = expected->children; child; child = child->next) {
        if (joined.len)
            buf_putc(&joined, '.');
        if (child->type == DATA_STRING)
            buf_puts(&joined, child->text);
        else
            buf_printf(&joined, "%lld", (long long)child->integer);
    }
    assert_int_equal(joined.len, len);
    assert_memory_equal(buf_text(&joined), len ? text : "", len);
}

static void valid_versions_have_their_parts(void **state)
{
    (void)state;
    if (!corpus_present(FOLDER))
        skip();
    struct table table;
    open_table(&table, "valid-versions");
    for (const struct data *row = table.rows->children; row; row = row->next) {
        struct version version = parse_any(cell(row, 0)->text, false);
        assert_int_equal(version.major, cell(row, 1)->integer);
        assert_int_equal(version.minor, cell(row, 2)->integer);
        assert_int_equal(version.patch, cell(row, 3)->integer);
        check_identifiers(cell(row, 4), version.pre, version.pre_len);
        check_identifiers(cell(row, 5), version.build, version.build_len);
    }
    arena_release(&table.arena);
}

static void check_matches(const char *name, bool expected)
{
    struct table table;
    open_table(&table, name);
    for (const struct data *row = table.rows->children; row; row = row->next) {
        const struct data *options = cell(row, 2);
        bool loose = option(options, "loose");
        struct version version;
        const char *text = cell(row, 1)->type == DATA_STRING ? cell(row, 1)->text : "";
        /* A row may be about a version that is none: it matches nothing. */
        bool parsed = version_parse(&version, text, loose || *text < '0' || *text > '9');
        struct range *range = range_parse(&table.arena, cell(row, 0)->text, loose);
        bool found =
            parsed && range && range_matches(range, &version, option(options, "includePrerelease"));
        if (found != expected)
            fail_msg("'%s' %s %s", cell(row, 0)->text, expected ? "includes" : "excludes", text);
    }
    arena_release(&table.arena);
}

static void ranges_include(void **state)
{
    (void)state;
    if (!corpus_present(FOLDER))
        skip();
    check_matches("range-include", true);
}

static void ranges_exclude(void **state)
{
    (void)state;
    if (!corpus_present(FOLDER))
        skip();
    check_matches("range-exclude", false);
}

/* Both ranges match the same of all versions that are near the numbers that the tables use. */
static void check_same_matches(const char *name, const struct range *a, const struct range *b)
{
    static const char *const prereleases[] = {"", "-0", "-alpha", "-beta.4", "-rc.1"};
    for (unsigned i = 0; i < 5 * 5 * 6 * 5; i++) {
        char text[64];
        struct version version;
        snprintf(text, sizeof text, "%u.%u.%u%s", i / 150 % 5, i / 30 % 5, i / 5 % 6,
                 prereleases[i % 5]);
        assert_true(version_parse(&version, text, false));
        if (range_matches(a, &version, true) != range_matches(b, &version, true))
            fail_msg("'%s' with prereleases, %s", name, text);
    }
}

static void ranges_have_their_canonical_text(void **state)
{
    (void)state;
    if (!corpus_present(FOLDER))
        skip();
    struct table table;
    open_table(&table, "range-parse");
    for (const struct data *row = table.rows->children; row; row = row->next) {
        const struct data *expected = cell(row, 1), *options = cell(row, 2);
        const char *text = cell(row, 0)->text;
        struct range *range = range_parse(&table.arena, text, option(options, "loose"));
        if (!range != (expected->type == DATA_NULL))
            fail_msg("'%s' is %s", text, range ? "malformed" : "a range");
        if (!range)
            continue;
        if (option(options, "includePrerelease"))
            /* Our text is that without prereleases; what matches must agree. */
            check_same_matches(text, range, range_parse(&table.arena, expected->text, false));
        else if (strcmp(range_text(range, &table.arena), expected->text) != 0)
            fail_msg("'%s' is '%s', not '%s'", text, expected->text,
                     range_text(range, &table.arena));
    }
    arena_release(&table.arena);
}

static void strict_versions_are_semver(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "",          "1",       "1.2",      "v1.2.3",     "=1.2.3", " 1.2.3",
        "1.2.3 ",    "1.2.3-",  "1.2.3-01", "1.2.3-a..b", "1.2.3+", "01.2.3",
        "1.2.3beta", "1.2.3.4", "1.2.x",    "1.2.3-a_b",  "-1.2.3", "1.2.3+a+b"};
    struct version version;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (version_parse(&version, refused[i], false))
            fail_msg("'%s' is no version", refused[i]);
    assert_true(version_parse(&version, "0.0.0-0a.00a.-+01.a-", false));
    assert_true(version_parse(&version, " =v1.2.3beta ", true));
}

static void partial_versions_are_filled(void **state)
{
    (void)state;
    struct version version;
    assert_true(version_parse_partial(&version, "2"));
    assert_int_equal(version.major, 2);
    assert_true(version_parse_partial(&version, "1.7"));
    assert_int_equal(version.minor, 7);
    assert_int_equal(version.patch, 0);
    assert_true(version_parse_partial(&version, "1.2.3-rc.1"));
    assert_int_equal(version.pre_len, 4);
    assert_false(version_parse_partial(&version, "1.x"));
    assert_false(version_parse_partial(&version, "1."));
    assert_false(version_parse_partial(&version, ""));
}

static bool matches(const char *range_text_, const char *version_text)
{
    struct arena arena = {0};
    struct version version;
    struct range *range = range_parse(&arena, range_text_, false);
    assert_non_null(range);
    assert_true(version_parse(&version, version_text, false));
    bool result = range_matches(range, &version, false);
    arena_release(&arena);
    return result;
}

static void commas_are_blanks(void **state)
{
    (void)state;
    assert_true(matches(">=1.0, <2", "1.9.9"));
    assert_true(matches(">=1.0,<2", "1.0.0"));
    assert_false(matches(">=1.0, <2", "2.0.0"));
}

static void exact_ranges_are_known(void **state)
{
    (void)state;
    struct arena arena = {0};
    assert_true(range_is_exact(range_parse(&arena, "1.2.3", false)));
    assert_true(range_is_exact(range_parse(&arena, "=1.2.3-rc.1", false)));
    assert_false(range_is_exact(range_parse(&arena, "1.2", false)));
    assert_false(range_is_exact(range_parse(&arena, "^1.2.3", false)));
    assert_false(range_is_exact(range_parse(&arena, "1.2.3 || 1.2.4", false)));
    assert_false(range_is_exact(range_parse(&arena, "*", false)));
    assert_false(range_is_exact(range_parse(&arena, ">x", false)));
    arena_release(&arena);
}

static void malformed_ranges_are_refused(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "abc",   ">",      "~",      "1.2.3 - ", "1.2.3.4", ">=1.2.3<2", "^^1",
        "1 | 2", "1.2.3-", "latest", "1.x.2",    ">=1 foo", "1 ||| 2",   "git+ssh://x"};
    struct arena arena = {0};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (range_parse(&arena, refused[i], false))
            fail_msg("'%s' is no range", refused[i]);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions_are_ordered),
        cmocka_unit_test(equal_versions_are_equal),
        cmocka_unit_test(invalid_versions_are_refused),
        cmocka_unit_test(valid_versions_have_their_parts),
        cmocka_unit_test(ranges_include),
        cmocka_unit_test(ranges_exclude),
        cmocka_unit_test(ranges_have_their_canonical_text),
        cmocka_unit_test(strict_versions_are_semver),
        cmocka_unit_test(partial_versions_are_filled),
        cmocka_unit_test(commas_are_blanks),
        cmocka_unit_test(exact_ranges_are_known),
        cmocka_unit_test(malformed_ranges_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
