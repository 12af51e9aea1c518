/*
 * The catalog: what is written is read, in order; searches rank; damage is an error, never a crash.
 */
#include "base/error.h"
#include "base/fs.h"
#include "registry/catalog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct arena arena;
static char root[] = "/tmp/paii-catalog-XXXXXX";
static const char *path;

static int begin(void **state)
{
    (void)state;
    if (!mkdtemp(root))
        return -1;
    path = path_join(&arena, root, "catalog");
    return 0;
}

static int end(void **state)
{
    (void)state;
    fs_remove_tree(root);
    arena_release(&arena);
    return 0;
}

static struct package package(const char *name, const char *version, const char *tags,
                              const char *description)
{
    return (struct package){
        .name = name,
        .version = version,
        .tags = tags,
        .description = description,
        .registry = "core",
        .source = {.kind = SOURCE_GIT, .url = "https://e.org/x.git", .path = "", .ref = "main"},
    };
}

static void write_sample(struct catalog *out)
{
    struct package packages[] = {
        package("jira-cloud", "1.0.0", "tickets\nAtlassian", "Jira issues from the cloud"),
        package("history", "1.0.0", "memory\nnotes", "Memory in Markdown files"),
        package("history", "1.10.0", "memory\nnotes", "Memory in Markdown files, newer"),
        package("history", "1.9.0", "memory", "Memory"),
        package("history", "2.0.0-rc.1", "memory", "Memory, soon"),
        package("jira", "0.1.0", "", "Tickets"),
        package("incident", "1.0.0", "oncall", "Postmortems and a memory of what went wrong"),
        package("remember", "1.0.0", "", "keeps things; immemorial"),
    };

    assert_int_equal(catalog_write(path, packages, sizeof packages / sizeof *packages,
                                   &(struct catalog_about){
                                       .origin = "abc\nurl", .title = "t", .allows = "a\nb"}),
                     0);
    assert_int_equal(catalog_open(out, path), 0);
    assert_int_equal(catalog_verify(out, path), 0);
}

static void rows_come_back_in_order(void **state)
{
    struct catalog catalog;
    struct package p;
    size_t first;

    (void)state;
    write_sample(&catalog);
    assert_int_equal(catalog.count, 8);
    assert_string_equal(catalog.origin, "abc\nurl");
    assert_string_equal(catalog.title, "t");
    assert_string_equal(catalog.allows, "a\nb");
    assert_string_equal(catalog_name(&catalog, 0), "history");
    assert_int_equal(catalog_find(&catalog, "history", &first), 4);
    assert_int_equal(first, 0);
    catalog_get(&catalog, 0, &p);
    assert_string_equal(p.version, "2.0.0-rc.1");
    catalog_get(&catalog, 1, &p);
    assert_string_equal(p.version, "1.10.0");
    assert_string_equal(p.tags, "memory\nnotes");
    assert_string_equal(p.source.ref, "main");
    assert_null(p.source.commit);
    assert_string_equal(p.license, "");
    assert_int_equal(p.source.kind, SOURCE_GIT);
    assert_int_equal(catalog_find(&catalog, "nothing", &first), 0);
    assert_int_equal(catalog_find(&catalog, "", &first), 0);
    catalog_get(&catalog, 99, &p);
    assert_string_equal(p.name, "");
    catalog_close(&catalog);
}

static void providers_are_found_by_contract(void **state)
{
    struct package packages[] = {
        package("notes", "2.0.0", "", ""),   package("notes", "1.0.0", "", ""),
        package("history", "1.0.0", "", ""), package("history", "1.1.0", "", ""),
        package("jira", "1.0.0", "", ""),
    };
    struct catalog catalog;
    size_t first;

    (void)state;
    packages[0].provides = "SkillProvider[notes]@1.0\nMemory";
    packages[1].provides = "SkillProvider[notes]\nSkillProvider[more]\nMemoryProvider@1";
    packages[2].provides = packages[3].provides = "MemoryProvider@1.1";
    assert_int_equal(catalog_write(path, packages, sizeof packages / sizeof *packages,
                                   &(struct catalog_about){.origin = ""}),
                     0);
    assert_int_equal(catalog_open(&catalog, path), 0);
    assert_int_equal(catalog_providers(&catalog, "MemoryProvider", &first), 2);
    assert_string_equal(catalog_provider(&catalog, first), "history");
    assert_string_equal(catalog_provider(&catalog, first + 1), "notes");
    assert_int_equal(catalog_providers(&catalog, "SkillProvider", &first), 1);
    assert_string_equal(catalog_provider(&catalog, first), "notes");
    assert_int_equal(catalog_providers(&catalog, "Memory", &first), 1);
    assert_int_equal(catalog_providers(&catalog, "HookHandler", &first), 0);
    catalog_close(&catalog);
    assert_int_equal(catalog_providers(&catalog, "MemoryProvider", &first), 0);
}

static void an_empty_catalog_works(void **state)
{
    struct catalog catalog;
    struct hit hits[2];
    size_t first;

    (void)state;
    assert_int_equal(catalog_write(path, NULL, 0, &(struct catalog_about){0}), 0);
    assert_int_equal(catalog_open(&catalog, path), 0);
    assert_int_equal(catalog.count, 0);
    assert_int_equal(catalog_find(&catalog, "x", &first), 0);
    assert_int_equal(catalog_search(&catalog, 1, "x", hits, 2), 0);
    assert_int_equal(catalog_search(&catalog, 1, "", hits, 2), 0);
    catalog_close(&catalog);
    assert_int_equal(catalog_search(&catalog, 1, "x", hits, 2), 0); /* one that is not open */
}

/* The names found, joined by commas. */
static const char *found(const struct catalog *catalog, const char *query, size_t max)
{
    struct hit hits[16];
    struct strings names = {0};
    size_t count = catalog_search(catalog, 1, query, hits, max);

    for (size_t i = 0; i < count; i++)
        strings_add(&names, &arena, catalog_name(hits[i].catalog, hits[i].row));
    return strings_join(&names, &arena, ",");
}

static void searches_rank(void **state)
{
    static const char *const rows[][2] = {
        {"jira", "jira,jira-cloud"},                       /* the exact name, then its prefix */
        {"JIRA", "jira,jira-cloud"},                       /* case does not count */
        {"cloud", "jira-cloud"},                           /* a part of a name */
        {"memory", "history,incident"},                    /* a tag, then a description */
        {"tickets", "jira-cloud,jira"},                    /* a tag, then a description */
        {"atlassian", "jira-cloud"},                       /* tags in any case */
        {"memory oncall", "incident"},                     /* every word must occur */
        {"memory nothing", ""},                            /* every word must occur */
        {"mem", "remember,history,incident"},              /* inside a name, a tag, a description */
        {"hisotry", "history"},                            /* a slip of the fingers */
        {"incidnt", "incident"},                           /* a letter left out */
        {"jria", "jira,jira-cloud"},                       /* four letters allow one */
        {"clowd", "jira-cloud"},                           /* in a part of a name too */
        {"xyzzy", ""},                                     /* nothing is near */
        {"", "history,incident,jira,jira-cloud,remember"}, /* no word: everything */
        {"  \t ", "history,incident,jira,jira-cloud,remember"},
        {"soon", "history"}, /* the newest version is the one searched */
        {"newer", ""},
    };
    struct catalog catalog;

    (void)state;
    write_sample(&catalog);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *names = found(&catalog, rows[i][0], 16);

        if (strcmp(names, rows[i][1]) != 0)
            fail_msg("'%s': expected '%s', found '%s'", rows[i][0], rows[i][1], names);
    }
    assert_string_equal(found(&catalog, "jira", 1), "jira"); /* the best are kept */
    assert_string_equal(found(&catalog, "", 2), "history,incident");
    catalog_close(&catalog);
}

static void catalogs_are_searched_together(void **state)
{
    struct package other[] = {package("jira", "3.0.0", "", "another one"),
                              package("aaa", "1.0.0", "", "the cloud")};
    struct catalog catalogs[2];
    struct hit hits[8];

    (void)state;
    assert_int_equal(catalog_write(path, other, 2, &(struct catalog_about){0}), 0);
    assert_int_equal(catalog_open(&catalogs[1], path), 0);
    write_sample(&catalogs[0]);
    assert_int_equal(catalog_search(catalogs, 2, "jira", hits, 8), 3);
    assert_ptr_equal(hits[0].catalog, &catalogs[0]);
    assert_ptr_equal(hits[1].catalog, &catalogs[1]);
    assert_string_equal(catalog_name(hits[2].catalog, hits[2].row), "jira-cloud");
    catalog_close(&catalogs[0]);
    catalog_close(&catalogs[1]);
}

/* Uses everything of a catalog that opened in spite of damage. */
static void use_all(const struct catalog *catalog)
{
    struct hit hits[4];
    struct package p;
    size_t first, bytes = 0;

    for (size_t i = 0; i < catalog->count && i < 100; i++) {
        catalog_get(catalog, i, &p);
        bytes += strlen(p.name) + strlen(p.description) + strlen(p.consumes);
        assert_true(p.source.kind <= SOURCE_ARCHIVE);
    }
    catalog_find(catalog, "history", &first);
    catalog_search(catalog, 1, "memory", hits, 4);
    catalog_search(catalog, 1, "hisotry", hits, 4);
    catalog_search(catalog, 1, "", hits, 4);
    assert_true(bytes < 1000000);
}

static void damage_is_found_or_harmless(void **state)
{
    AUTO_BUF whole = {0};
    struct catalog catalog;

    (void)state;
    write_sample(&catalog);
    catalog_close(&catalog);
    assert_int_equal(fs_read(&whole, path, 1 << 20), 0);
    for (size_t i = 0; i < whole.len; i++) {
        char kept = whole.data[i];

        for (int flip = 1; flip < 256; flip *= 16) {
            whole.data[i] = (char)(kept ^ (flip | 0x80));
            if (catalog_from_image(&catalog, whole.data, whole.len) == 0) {
                assert_true(i >= 96); /* the header has a checksum of its own */
                assert_int_equal(catalog_verify(&catalog, "x"), -ERR_CONFIG);
                use_all(&catalog);
                catalog_close(&catalog);
            }
        }
        whole.data[i] = kept;
    }
    for (size_t len = 1; len < whole.len; len++)
        assert_true(catalog_from_image(&catalog, whole.data, len) < 0);
    error_clear();
}

static void absent_and_foreign_files(void **state)
{
    struct catalog catalog;

    (void)state;
    assert_int_equal(catalog_open(&catalog, path_join(&arena, root, "none")), -ERR_NOT_FOUND);
    assert_int_equal(fs_write(path, "hello", 5, 0644), 0);
    assert_int_equal(catalog_open(&catalog, path), -ERR_CONFIG);
    error_clear();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_come_back_in_order),
        cmocka_unit_test(providers_are_found_by_contract),
        cmocka_unit_test(an_empty_catalog_works),
        cmocka_unit_test(searches_rank),
        cmocka_unit_test(catalogs_are_searched_together),
        cmocka_unit_test(damage_is_found_or_harmless),
        cmocka_unit_test(absent_and_foreign_files),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
