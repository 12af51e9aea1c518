/*
 * Real marketplaces and the examples of the founding documents: everything is read, or refused with
 * a reason. Prints how much of what there was.
 */
#include "base/error.h"
#include "base/fs.h"
#include "base/paths.h"
#include "base/text.h"
#include "registry/config.h"
#include "registry/index.h"
#include "registry/manifest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "corpus.h"

#define SEEDS PAII_SOURCE_DIR "/../shared/seeds"

static struct arena arena;

static int begin(void **state)
{
    (void)state;
    return paths_init();
}

static int release(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

/* ---- marketplaces ---- */

static void check_package(const char *file, const struct package *p, size_t kinds[4])
{
    kinds[p->source.kind]++;
    if (!*p->description || !*p->version || !p->source.url)
        fail_msg("%s: %s lost something", file, p->name);
    if (p->source.kind == SOURCE_GIT && !text_starts(p->source.url, "https://"))
        fail_msg("%s: %s: %s", file, p->name, p->source.url);
}

/* A package of the catalog made from an index, to see that nothing is lost on the way. */
static void check_catalog(const char *file, struct index *index)
{
    AUTO_BUF image = {0};
    struct catalog catalog;
    struct hit hits[4];

    catalog_image(&image, index->packages, index->count, "x");
    assert_int_equal(catalog_from_image(&catalog, image.data, image.len), 0);
    for (size_t i = 0; i < index->count; i++) {
        size_t first;

        if (!catalog_find(&catalog, index->packages[i].name, &first))
            fail_msg("%s: %s is not in its catalog", file, index->packages[i].name);
        if (!catalog_search(&catalog, 1, index->packages[i].name, hits, 4) ||
            strcmp(catalog_name(&catalog, hits[0].row), index->packages[i].name) != 0)
            fail_msg("%s: a search for %s does not find it first", file, index->packages[i].name);
    }
    catalog_close(&catalog);
}

static size_t check_marketplace(const char *path)
{
    static const struct source base = {
        .kind = SOURCE_GIT, .url = "https://e.org/m.git", .path = ""};
    struct diags diags = {.arena = &arena};
    size_t kinds[4] = {0}, own = 0;
    struct index index;
    AUTO_BUF text = {0};

    assert_true(corpus_read(&text, path));
    if (index_read(&index, &arena, "m", &base, path, buf_text(&text), text.len, &diags) < 0)
        fail_msg("%s: %s", path, error_text());
    for (size_t i = 0; i < index.count; i++) {
        check_package(path, &index.packages[i], kinds);
        own += strcmp(index.packages[i].source.url, base.url) == 0;
    }
    for (size_t i = 0; i < diags.count; i++)
        printf("  %s\n", diag_text(&diags.items[i], &arena));
    assert_int_equal(diags.count, index.skipped);
    check_catalog(path, &index);
    printf("%-48s %3zu read: %3zu of its own tree, %3zu git, %zu archives, %zu not fetchable; %zu "
           "skipped\n",
           path_base(path), index.count, own, kinds[SOURCE_GIT] - own, kinds[SOURCE_ARCHIVE],
           kinds[SOURCE_NONE], index.skipped);
    return index.count;
}

static void marketplaces_are_read(void **state)
{
    struct strings files = {0};
    size_t all = 0;

    (void)state;
    if (!corpus_present(CORPORA "/marketplaces"))
        skip();
    corpus_files(&files, &arena, CORPORA "/marketplaces", ".json");
    assert_true(files.count >= 7);
    for (size_t i = 0; i < files.count; i++)
        all += check_marketplace(files.items[i]);
    printf("%zu entries of %zu marketplaces\n", all, files.count);
    assert_int_equal(all, 645); /* every entry of them */
}

/* ---- examples in Markdown ---- */

/* What the first words of an example say it is, and whether it was read. */
static const char *read_example(const char *file, const char *text, size_t len)
{
    struct diags diags = {.arena = &arena};
    const char *kind;
    int result;

    if (memmem(text, len, "[plugin]", 8)) {
        struct manifest manifest;

        kind = "manifest";
        result = manifest_parse(&manifest, &arena, file, text, len, &diags);
    } else if (memmem(text, len, "[registries]", 12)) {
        struct config config;

        kind = "configuration";
        result = config_parse(&config, &arena, file, text, len, &diags);
    } else {
        /* Of another tool, or values only: TOML is what it must be. */
        kind = "other TOML";
        data_parse_toml(&arena, file, text, len, &diags);
        result = diags_result(&diags);
    }
    for (size_t i = 0; i < diags.count; i++)
        printf("  %s\n", diag_text(&diags.items[i], &arena));
    return result == 0 && !diags.errors ? kind : NULL;
}

static size_t check_examples(const char *path)
{
    AUTO_BUF text = {0};
    const char *at;
    size_t count = 0;

    assert_true(corpus_read(&text, path));
    at = buf_text(&text);
    while ((at = strstr(at, "```toml\n"))) {
        const char *start = at + strlen("```toml\n"), *end = strstr(start, "\n```"), *kind;

        assert_non_null(end);
        kind = read_example(path_base(path), start, (size_t)(end + 1 - start));
        if (!kind)
            fail_msg("%s: an example is refused: %s", path, error_text());
        printf("%-32s example %zu: %s\n", path_base(path), ++count, kind);
        at = end + 1;
    }
    return count;
}

static void examples_of_the_founding_documents_are_read(void **state)
{
    struct strings files = {0};
    size_t count = 0;

    (void)state;
    if (!corpus_present(SEEDS))
        skip();
    corpus_files(&files, &arena, SEEDS, ".md");
    for (size_t i = 0; i < files.count; i++)
        count += check_examples(files.items[i]);
    assert_true(count >= 6);
}

/* ---- the registry that comes with paii ---- */

static void the_core_registry_agrees_with_its_plugins(void **state)
{
    static const char folder[] = PAII_SOURCE_DIR "/registry-index";
    struct source base = {.kind = SOURCE_FOLDER, .url = folder, .path = ""};
    struct diags diags = {.arena = &arena};
    struct index index;
    AUTO_BUF text = {0};

    (void)state;
    assert_true(corpus_read(&text, PAII_SOURCE_DIR "/registry-index/registry.toml"));
    assert_int_equal(index_read(&index, &arena, "core", &base, "registry.toml", buf_text(&text),
                                text.len, &diags),
                     0);
    for (size_t i = 0; i < diags.count; i++)
        fail_msg("%s", diag_text(&diags.items[i], &arena));
    for (size_t i = 0; i < index.count; i++) {
        const struct package *p = &index.packages[i];
        struct diags found = {.arena = &arena};
        struct strings provides = {0}, consumes = {0};
        struct manifest m;

        if (manifest_check(&arena, p->source.url, &found) < 0 || found.count)
            fail_msg("%s", found.count ? diag_text(&found.items[0], &arena) : error_text());
        assert_int_equal(manifest_read(&m, &arena, p->source.url, &found), 0);
        for (size_t t = 0; t < m.provide_count; t++)
            strings_add(&provides, &arena, provided_text(&m.provides[t], &arena));
        for (size_t t = 0; t < m.consume_count; t++)
            strings_add(&consumes, &arena, consumed_text(&m.consumes[t], &arena));
        assert_string_equal(p->name, m.name);
        assert_string_equal(p->version, m.version);
        assert_string_equal(p->description, m.description);
        assert_string_equal(p->provides, strings_join(&provides, &arena, "\n"));
        assert_string_equal(p->consumes, strings_join(&consumes, &arena, "\n"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(marketplaces_are_read, release),
        cmocka_unit_test_teardown(examples_of_the_founding_documents_are_read, release),
        cmocka_unit_test_teardown(the_core_registry_agrees_with_its_plugins, release),
    };

    return cmocka_run_group_tests(tests, begin, NULL);
}
