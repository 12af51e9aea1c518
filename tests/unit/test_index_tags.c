/*
 * Tags of a marketplace's repository: which are versions of which plugin.
 */
#include "base/error.h"
#include "registry/index.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define HEAD_COMMIT "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define TAG_COMMIT  "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static struct arena arena;

static const struct source base = {
    .kind = SOURCE_GIT, .url = "https://e.org/m.git", .path = "", .commit = HEAD_COMMIT};

static int release(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

/* A marketplace with a plugin of its own, one whose name holds the mark, and one from elsewhere. */
static struct index read_index(void)
{
    static const char text[] = "{\"name\": \"m\", \"plugins\": ["
                               "{\"name\": \"vault\", \"source\": \"./vault\", \"version\": "
                               "\"2.0.0\", \"license\": \"MIT\"},"
                               "{\"name\": \"vault--v1\", \"source\": \"./other\"},"
                               "{\"name\": \"far\", \"source\": {\"source\": \"url\", \"url\": "
                               "\"https://e.org/far.git\"}}]}";
    struct diags diags = {.arena = &arena};
    struct index index;

    assert_int_equal(
        index_read(&index, &arena, "m", &base, "marketplace.json", text, sizeof text - 1, &diags),
        0);
    assert_int_equal(index.count, 3);
    return index;
}

static size_t added(struct index *index, const char *tag)
{
    struct strings tags = {0};
    size_t before = index->count;

    strings_add(&tags, &arena, tag);
    index_add_tags(index, &arena, &base, &tags);
    return index->count - before;
}

static void a_tag_is_its_entry_at_another_commit(void **state)
{
    struct index index = read_index();
    const struct package *row;

    (void)state;
    assert_int_equal(added(&index, "vault--v1.2.0-rc.1 " TAG_COMMIT), 1);
    row = &index.packages[index.count - 1];
    assert_string_equal(row->name, "vault");
    assert_string_equal(row->version, "1.2.0-rc.1");
    assert_string_equal(row->license, "MIT");
    assert_string_equal(row->source.url, base.url);
    assert_string_equal(row->source.path, "vault");
    assert_string_equal(row->source.ref, "vault--v1.2.0-rc.1");
    assert_string_equal(row->source.commit, TAG_COMMIT);
    assert_true(row->flags & PACKAGE_TAGGED);
    assert_string_equal(package_tag_version(row), "1.2.0-rc.1");
    assert_null(package_tag_version(&index.packages[0]));
}

static void the_longest_name_is_meant(void **state)
{
    struct index index = read_index();

    (void)state;
    assert_int_equal(added(&index, "vault--v1--v3.0.0 " TAG_COMMIT), 1);
    assert_string_equal(index.packages[index.count - 1].name, "vault--v1");
}

static void what_is_no_version_of_an_own_entry_is_left_out(void **state)
{
    static const char *const tags[] = {
        "vault--v2.0.0 " TAG_COMMIT, /* the entry itself */
        "vault--v1.0 " TAG_COMMIT,
        "vault--vx " TAG_COMMIT,
        "vault-v1.0.0 " TAG_COMMIT,
        "far--v1.0.0 " TAG_COMMIT,
        "nobody--v1.0.0 " TAG_COMMIT,
        "--v1.0.0 " TAG_COMMIT,
        "vault--v1.0.0",
        "vault--v1.0.0 main",
        "vault--v1.0.0  " TAG_COMMIT,
        "vault--v1.0.0\n" TAG_COMMIT,
        "",
    };

    (void)state;
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        struct index index = read_index();

        assert_int_equal(added(&index, tags[i]), 0);
        assert_int_equal(index.count, 3);
    }
}

static void a_folder_has_no_tags(void **state)
{
    struct index index = read_index();
    struct source folder = {.kind = SOURCE_FOLDER, .url = "/m", .path = ""};
    struct strings tags = {0};

    (void)state;
    strings_add(&tags, &arena, "vault--v1.0.0 " TAG_COMMIT);
    index_add_tags(&index, &arena, &folder, &tags);
    assert_int_equal(index.count, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tag_is_its_entry_at_another_commit),
        cmocka_unit_test(the_longest_name_is_meant),
        cmocka_unit_test(what_is_no_version_of_an_own_entry_is_left_out),
        cmocka_unit_test(a_folder_has_no_tags),
    };

    return cmocka_run_group_tests(tests, NULL, release);
}
