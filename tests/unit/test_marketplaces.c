/*
 * Real marketplaces and the examples of the founding documents: everything is read, or refused with
 * a reason. Prints how much of what there was.
 */
#include "base/data.h"
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

/* How entries say where their plugins are. */
enum form { OWN_TREE, GITHUB, URL, URL_PATH, SUBDIR, ARCHIVE, NPM, OTHER, RENAMED, FORMS };
static const char *const form_names[] = {"own tree", "github",  "url", "url+path", "git-subdir",
                                         "archive",  "npm/pip", "?",   "renamed"};

struct counts {
    size_t read[FORMS], refused[FORMS];
};

static enum form form_of(const struct data *entry)
{
    const struct data *source = data_get(entry, "source");
    const struct data *kind = source ? data_get(source, "source") : NULL;
    bool path = kind && data_get(source, "path");

    if (!source || (source->type == DATA_TABLE && !kind))
        return OTHER;
    if (source->type == DATA_STRING)
        return OWN_TREE;
    return strcmp(kind->text, "github") == 0       ? (path ? URL_PATH : GITHUB)
           : strcmp(kind->text, "url") == 0        ? (path ? URL_PATH : URL)
           : strcmp(kind->text, "git-subdir") == 0 ? SUBDIR
           : strcmp(kind->text, "archive") == 0    ? ARCHIVE
           : strcmp(kind->text, "npm") == 0        ? NPM
                                                   : OTHER;
}

static const struct package *package_named(const struct index *index, const char *name)
{
    for (size_t i = 0; i < index->count; i++)
        if (strcmp(index->packages[i].name, name) == 0)
            return &index->packages[i];
    return NULL;
}

/* Each pin and each subfolder of the entry is in the package. */
static void check_source(const struct data *entry, const struct package *p, enum form form)
{
    const struct data *source = data_get(entry, "source");
    const struct data *sha = data_get(source, "sha"), *ref = data_get(source, "ref");
    const struct data *path = data_get(source, "path");

    if (form == NPM) {
        assert_int_equal(p->source.kind, SOURCE_NONE);
        return;
    }
    if (form == OWN_TREE)
        path = source;
    if (path && strcmp(p->source.path, source_subpath(&arena, path->text)) != 0)
        fail_msg("%s: '%s' became '%s'", p->name, path->text, p->source.path);
    if (sha && (!p->source.commit || strcasecmp(p->source.commit, sha->text) != 0))
        fail_msg("%s: its sha is lost", p->name);
    if (ref && (!p->source.ref || strcmp(p->source.ref, ref->text) != 0))
        fail_msg("%s: its ref is lost", p->name);
    if (form != ARCHIVE && !text_starts(p->source.url, "https://"))
        fail_msg("%s: %s", p->name, p->source.url);
}

/* What the entry declares of the plugin's components is carried, value for value. */
static void check_declared(const struct data *entry, const struct package *p)
{
    static const char *const keys[] = {"commands",   "agents",     "skills",       "hooks",
                                       "mcpServers", "lspServers", "outputStyles", NULL};
    struct diags diags = {.arena = &arena};
    const struct data *kept =
        data_parse_json(&arena, p->name, p->entry, strlen(p->entry), true, &diags);

    assert_non_null(kept);
    for (size_t i = 0; keys[i]; i++) {
        const struct data *said = data_get(entry, keys[i]), *there = data_get(kept, keys[i]);
        AUTO_BUF one = {0}, other = {0};
        struct json_writer json = {.out = &one}, json_kept = {.out = &other};

        assert_int_equal(!said, !there);
        if (!said)
            continue;
        json_data(&json, said);
        json_data(&json_kept, there);
        assert_string_equal(buf_text(&one), buf_text(&other));
    }
}

/* A package of the catalog made from an index, to see that nothing is lost on the way. */
static void check_catalog(const char *file, struct index *index)
{
    AUTO_BUF image = {0};
    struct catalog catalog;
    struct hit hits[4];

    catalog_image(&image, index->packages, index->count, &(struct catalog_about){.origin = "x"});
    assert_int_equal(catalog_from_image(&catalog, image.data, image.len), 0);
    for (size_t i = 0; i < index->count; i++) {
        const struct package *p = &index->packages[i];
        struct package kept;
        size_t first;

        if (!catalog_find(&catalog, p->name, &first))
            fail_msg("%s: %s is not in its catalog", file, p->name);
        catalog_get(&catalog, first, &kept);
        assert_string_equal(kept.entry, p->entry ? p->entry : "");
        if (!catalog_search(&catalog, 1, p->name, hits, 4) ||
            strcmp(catalog_name(&catalog, hits[0].row), p->name) != 0)
            fail_msg("%s: a search for %s does not find it first", file, p->name);
    }
    catalog_close(&catalog);
}

static bool refusal_says(const struct diags *diags, const char *name)
{
    for (size_t i = 0; i < diags->count; i++)
        if (text_starts(diags->items[i].message, name) &&
            strstr(diags->items[i].message, "skipped: "))
            return true;
    return false;
}

static void check_entry(struct counts *counts, const struct index *index, const struct diags *diags,
                        const struct data *entry)
{
    const char *name = data_get(entry, "name")->text;
    const struct package *p = package_named(index, name);
    enum form form = form_of(entry);

    if (!p) {
        if (!refusal_says(diags, name))
            fail_msg("%s is neither read nor refused", name);
        counts->refused[form]++;
        return;
    }
    if (!*p->description || !*p->version)
        fail_msg("%s lost something", name);
    check_source(entry, p, form);
    check_declared(entry, p);
    counts->read[form]++;
}

static void check_renames(struct counts *counts, const struct index *index,
                          const struct diags *diags, const struct data *renames)
{
    for (const struct data *node = renames ? renames->children : NULL; node; node = node->next) {
        const struct package *p = package_named(index, node->key);

        if (p)
            assert_string_equal(p->source.url, arena_printf(&arena, "renamed:%s", node->text));
        else
            assert_true(refusal_says(diags, node->key));
        (p ? counts->read : counts->refused)[RENAMED]++;
    }
}

static void print_counts(const char *name, const struct counts *counts)
{
    printf("%-40s", name);
    for (int form = 0; form < FORMS; form++)
        printf(" %3zu+%-6zu", counts->read[form], counts->refused[form]);
    printf("\n");
}

static void add_marketplace(struct counts *all, const char *path)
{
    static const struct source base = {
        .kind = SOURCE_GIT, .url = "https://e.org/m.git", .path = ""};
    struct diags diags = {.arena = &arena}, none = {.arena = &arena};
    struct counts counts = {0};
    struct index index;
    struct data *root;
    AUTO_BUF text = {0};

    assert_true(corpus_read(&text, path));
    root = data_parse_json(&arena, path, buf_text(&text), text.len, false, &none);
    assert_non_null(root);
    if (index_read(&index, &arena, "m", &base, path, buf_text(&text), text.len, &diags) < 0)
        fail_msg("%s: %s", path, error_text());
    for (const struct data *entry = data_get(root, "plugins")->children; entry; entry = entry->next)
        check_entry(&counts, &index, &diags, entry);
    check_renames(&counts, &index, &diags, data_get(root, "renames"));
    assert_int_equal(diags.count, index.skipped);
    check_catalog(path, &index);
    print_counts(path_base(path), &counts);
    for (size_t i = 0; i < diags.count; i++)
        printf("  %s\n", diag_text(&diags.items[i], &arena));
    for (int form = 0; form < FORMS; form++) {
        all->read[form] += counts.read[form];
        all->refused[form] += counts.refused[form];
    }
}

static void marketplaces_are_read(void **state)
{
    struct strings files = {0};
    struct counts all = {0};
    size_t read = 0, refused = 0;

    (void)state;
    if (!corpus_present(CORPORA "/marketplaces"))
        skip();
    corpus_files(&files, &arena, CORPORA "/marketplaces", ".json");
    assert_true(files.count >= 7);
    printf("%-40s", "entries read + refused");
    for (int form = 0; form < FORMS; form++)
        printf(" %-10s", form_names[form]);
    printf("\n");
    for (size_t i = 0; i < files.count; i++)
        add_marketplace(&all, files.items[i]);
    print_counts("all", &all);
    for (int form = 0; form < RENAMED; form++) {
        read += all.read[form];
        refused += all.refused[form];
    }
    assert_int_equal(read, 645); /* every entry of them */
    assert_int_equal(refused, 0);
}

/* ---- made-up entries ---- */

static const char *one_entry(struct index *index, const char *entry)
{
    static const struct source base = {
        .kind = SOURCE_GIT, .url = "https://e.org/m.git", .path = ""};
    struct diags diags = {.arena = &arena};
    const char *text = arena_printf(&arena,
                                    "{\"name\":\"m\",\"renames\":{\"old\":\"older\",\"older\":"
                                    "\"a\",\"gone\":null,\"lost\":\"nobody\",\"round\":\"round\"},"
                                    "\"plugins\":[{\"name\":\"a\",\"source\":\"./a\"%s}]}",
                                    entry);

    assert_int_equal(
        index_read(index, &arena, "m", &base, "marketplace.json", text, strlen(text), &diags), 0);
    for (size_t i = 0; i < diags.count; i++)
        if (!strstr(diags.items[i].key, "renames"))
            return diags.items[i].message;
    return NULL;
}

static void what_an_entry_declares(void **state)
{
    static const char *const rows[][2] = {
        {"", "{}"},
        {",\"version\":\"1.2\",\"strict\":true", "{\"version\":\"1.2\"}"},
        {",\"strict\":false,\"skills\":[\"./s\"],\"junk\":{}",
         "{\"strict\":false,\"skills\":[\"./s\"]}"},
        {",\"version\":3,\"author\":5,\"tags\":{},\"keywords\":[1,\"k\"]", "{}"},
        {",\"mcpServers\":{\"x\":{\"command\":\"/bin/x\"}}",
         "{\"mcpServers\":{\"x\":{\"command\":\"/bin/x\"}}}"},
        {",\"hooks\":\"${CLAUDE_PLUGIN_ROOT}/h.json\"",
         "{\"hooks\":\"${CLAUDE_PLUGIN_ROOT}/h.json\"}"},
        {",\"skills\":\"../s\"", NULL},
        {",\"agents\":[\"./a.md\",\"/etc/a.md\"]", NULL},
        {",\"commands\":[\"${CLAUDE_PLUGIN_ROOT}/../c.md\"]", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct index index;
        const char *refusal = one_entry(&index, rows[i][0]);
        const struct package *p = package_named(&index, "a");

        if (!rows[i][1]) {
            assert_null(p);
            assert_non_null(strstr(refusal, "leaves the plugin"));
            continue;
        }
        assert_null(refusal);
        assert_string_equal(p->entry, rows[i][1]);
    }
}

static void renamed_plugins_say_so(void **state)
{
    struct index index;

    (void)state;
    one_entry(&index, "");
    assert_int_equal(index.count, 3);
    assert_int_equal(index.skipped, 3);
    assert_string_equal(package_named(&index, "old")->source.url, "renamed:a");
    assert_string_equal(package_named(&index, "older")->source.url, "renamed:a");
    assert_int_equal(source_refused("old", &package_named(&index, "old")->source), -ERR_NOT_FOUND);
    assert_string_equal(error_text(), "plugin 'old' is now called 'a'");
    error_clear();
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
        cmocka_unit_test_teardown(what_an_entry_declares, release),
        cmocka_unit_test_teardown(renamed_plugins_say_so, release),
        cmocka_unit_test_teardown(examples_of_the_founding_documents_are_read, release),
        cmocka_unit_test_teardown(the_core_registry_agrees_with_its_plugins, release),
    };

    return cmocka_run_group_tests(tests, begin, NULL);
}
