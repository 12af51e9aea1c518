/* The policy writer: what it takes, what it refuses, and what is on disk afterwards. */
#include "base/error.h"
#include "base/fs.h"
#include "base/tree.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct place {
    struct arena arena;
    char *top;    /* a throw-away folder */
    char *folder; /* top/tree */
    int fd;
    struct tree_writer *writer;
};

static const struct tree_limits SMALL = {
    .total_bytes = 100, .file_bytes = 60, .entries = 10, .depth = 4, .path_bytes = 40};

static void begin(struct place *place, const struct tree_limits *limits)
{
    char pattern[] = "/tmp/paii-test-XXXXXX";

    *place = (struct place){0};
    assert_non_null(mkdtemp(pattern));
    place->top = arena_strdup(&place->arena, pattern);
    place->folder = path_join(&place->arena, place->top, "tree");
    assert_int_equal(mkdir(place->folder, 0755), 0);
    place->fd = open(place->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(place->fd >= 0);
    place->writer = tree_begin(place->fd, limits);
}

static void end(struct place *place)
{
    tree_free(place->writer);
    close(place->fd);
    assert_int_equal(fs_remove_tree(place->top), 0);
    arena_release(&place->arena);
    error_clear();
}

static int put(struct place *place, const char *path, const char *text)
{
    return tree_file(place->writer, path, false, text, strlen(text));
}

static void assert_content(struct place *place, const char *path, const char *text)
{
    AUTO_BUF found = {0};

    assert_int_equal(fs_read(&found, path_join(&place->arena, place->folder, path), 1 << 20), 0);
    assert_string_equal(buf_text(&found), text);
}

static mode_t mode_of(struct place *place, const char *path)
{
    struct stat st;

    assert_int_equal(lstat(path_join(&place->arena, place->folder, path), &st), 0);
    return st.st_mode;
}

static void hash_on_disk_is_that_of_the_writer(void **state)
{
    static const char lines[] =
        "100755 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae a-b\n"
        "100644 fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9 a/b\n"
        "100644 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 empty\n";
    struct tree_summary written, found;
    char expected[HASH_HEX_SIZE];
    struct place place;

    (void)state;
    begin(&place, &TREE_LIMITS);
    assert_int_equal(put(&place, "empty", ""), 0);
    assert_int_equal(put(&place, "a/b", "bar"), 0);
    assert_int_equal(tree_file(place.writer, "a-b", true, "foo", 3), 0);
    assert_int_equal(tree_finish(place.writer, &written), 0);
    hash_bytes(expected, lines, sizeof lines - 1);
    assert_string_equal(written.hash, expected);
    assert_int_equal(written.files, 3);
    assert_int_equal(written.bytes, 6);
    assert_int_equal(tree_hash(&found, place.folder), 0);
    assert_string_equal(found.hash, expected);
    assert_int_equal(found.bytes, 6);
    end(&place);
}

static void modes_are_given_under_any_umask(void **state)
{
    static const mode_t masks[] = {0, 0002, 0077};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        mode_t old = umask(masks[i]);
        struct tree_summary summary;
        struct place place;

        begin(&place, &TREE_LIMITS);
        assert_int_equal(put(&place, "d/e/plain", "x"), 0);
        assert_int_equal(tree_file(place.writer, "d/run", true, "x", 1), 0);
        assert_int_equal(tree_finish(place.writer, &summary), 0);
        assert_int_equal(mode_of(&place, "d") & 07777, 0755);
        assert_int_equal(mode_of(&place, "d/e") & 07777, 0755);
        assert_int_equal(mode_of(&place, "d/e/plain") & 07777, 0644);
        assert_int_equal(mode_of(&place, "d/run") & 07777, 0755);
        end(&place);
        umask(old);
    }
}

static void names_that_are_refused(void **state)
{
    static const char *const names[] = {
        "",
        "/a",
        "a//b",
        "a/",
        "..",
        "../a",
        "a/../b",
        ".",
        "./a",
        "a\\b",
        "C:x",
        "c:/x",
        ".git",
        ".GIT/x",
        "a/.git/b",
        ".git./x",
        ".git /x",
        "git~1",
        ".git:x",
        "a\nb",
        "a\x1b[m",
        "a\x7f",
        "a\xc2\x9b",
        "a\xff",
        "\xed\xa0\x80",
        "a\xe2\x80\xae",
        "a\xe2\x80\x8b",
        "a\xef\xbb\xbf",
        "\xf3\xa0\x81\x81",
    };

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct place place;

        begin(&place, &TREE_LIMITS);
        assert_int_equal(put(&place, names[i], "x"), -ERR_REFUSED);
        assert_int_equal(put(&place, "fine", "x"), -ERR_REFUSED); /* what failed stays failed */
        end(&place);
        begin(&place, &TREE_LIMITS);
        assert_int_equal(tree_link(place.writer, names[i], "x"), -ERR_REFUSED);
        end(&place);
    }
}

static void names_that_are_fine(void **state)
{
    static const char *const names[] = {"a",
                                        "-x",
                                        ".gitignore",
                                        ".github/x",
                                        "..a",
                                        "a..",
                                        "a b",
                                        "git~10",
                                        "\xc3\xa4",
                                        "\xe6\x97\xa5",
                                        "\xe2\x9d\xa4\xef\xb8\x8f",
                                        "file:y",
                                        "gitx",
                                        ".gitmodules"};
    struct place place;

    (void)state;
    begin(&place, &TREE_LIMITS);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_int_equal(put(&place, names[i], "x"), 0);
    end(&place);
}

static void names_that_are_one(void **state)
{
    static const char *const pairs[][2] = {
        {"a", "a"},
        {"a", "A"},
        {"dir/x", "DIR/y"},
        {"caf\xc3\xa9", "cafe\xcc\x81"},
        {"CAF\xc3\x89", "cafe\xcc\x81"},
        {"\xc3\x9f", "SS"},
        {"\xe2\x84\xaa", "k"},
        {"\xd0\x99", "\xd0\xb8\xcc\x86"},     /* Cyrillic short I */
        {"\xe1\xba\xae", "\xc4\x83\xcc\x81"}, /* Vietnamese A with breve and acute */
        {"\xce\xa3", "\xcf\x82"},             /* sigma and final sigma */
        {"a/b", "a"},
        {"a", "a/b"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct place place;

        begin(&place, &TREE_LIMITS);
        assert_int_equal(put(&place, pairs[i][0], "x"), 0);
        assert_int_equal(put(&place, pairs[i][1], "x"), -ERR_REFUSED);
        end(&place);
    }
}

static void limits_count_before_writing(void **state)
{
    char text[61] = {0};
    struct place place;

    (void)state;
    memset(text, 'x', 60);
    begin(&place, &SMALL);
    assert_int_equal(tree_file(place.writer, "a", false, text, 61), -ERR_REFUSED);
    assert_int_equal(mode_of(&place, "a") & S_IFMT, S_IFREG);
    assert_content(&place, "a", "");
    end(&place);

    begin(&place, &SMALL);
    assert_int_equal(put(&place, "a", text), 0);
    assert_int_equal(put(&place, "b", text), -ERR_REFUSED); /* 120 of 100 in all */
    assert_content(&place, "b", "");
    end(&place);

    begin(&place, &SMALL);
    assert_int_equal(put(&place, "1/2/3/4", "x"), 0);
    assert_int_equal(put(&place, "1/2/3/5/6", "x"), -ERR_REFUSED);
    end(&place);

    begin(&place, &SMALL);
    assert_int_equal(put(&place, "123456789012345678901234567890123456789012", "x"), -ERR_REFUSED);
    end(&place);

    begin(&place, &SMALL);
    for (int i = 0; i < 9; i++) { /* nine files and their folder */
        char name[] = "d/0";

        name[2] = (char)('0' + i);
        assert_int_equal(put(&place, name, ""), 0);
    }
    assert_int_equal(put(&place, "d/9", ""), -ERR_REFUSED);
    assert_false(fs_exists(path_join(&place.arena, place.folder, "d/9")));
    end(&place);
}

static void links_become_copies(void **state)
{
    struct tree_summary written, found;
    struct place place;

    (void)state;
    begin(&place, &TREE_LIMITS);
    assert_int_equal(tree_link(place.writer, "early", "d/f"), 0);
    assert_int_equal(tree_link(place.writer, "chain", "early"), 0);
    assert_int_equal(tree_link(place.writer, "folder", "./d/"), 0);
    assert_int_equal(tree_link(place.writer, "through", "folder/sub/../f"), 0);
    assert_int_equal(tree_link(place.writer, "d/sub/up", "../../plain"), 0);
    assert_int_equal(tree_file(place.writer, "d/f", true, "run", 3), 0);
    assert_int_equal(put(&place, "plain", "text"), 0);
    assert_int_equal(tree_finish(place.writer, &written), 0);
    assert_content(&place, "early", "run");
    assert_content(&place, "chain", "run");
    assert_content(&place, "folder/f", "run");
    assert_content(&place, "folder/sub/up", "text");
    assert_content(&place, "through", "run");
    assert_int_equal(mode_of(&place, "folder/f"), S_IFREG | 0755);
    assert_int_equal(mode_of(&place, "folder/sub/up"), S_IFREG | 0644);
    assert_int_equal(tree_hash(&found, place.folder), 0);
    assert_string_equal(found.hash, written.hash);
    end(&place);
}

static void links_that_are_refused(void **state)
{
    static const char *const targets[] = {"..",      "../x", "d/../../x", "/etc/passwd", "",
                                          "nothing", "link", "f/x",       "folder/up",   "."};

    (void)state;
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        struct tree_summary summary;
        struct place place;

        begin(&place, &TREE_LIMITS);
        assert_int_equal(put(&place, "d/f", "x"), 0);
        assert_int_equal(put(&place, "f", "x"), 0);
        assert_int_equal(tree_link(place.writer, "folder", "d"), 0);
        assert_int_equal(tree_link(place.writer, "d/up", "../.."), 0);
        assert_int_equal(tree_link(place.writer, "link", targets[i]), 0);
        assert_int_equal(tree_finish(place.writer, &summary), -ERR_REFUSED);
        end(&place);
    }
}

static void a_link_is_never_written_through(void **state)
{
    struct place place;

    (void)state;
    begin(&place, &TREE_LIMITS);
    assert_int_equal(symlink("..", path_join(&place.arena, place.folder, "planted")), 0);
    assert_true(put(&place, "planted/evil", "x") < 0);
    assert_false(fs_exists(path_join(&place.arena, place.top, "evil")));
    end(&place);
    begin(&place, &TREE_LIMITS);
    assert_int_equal(symlink("../evil", path_join(&place.arena, place.folder, "planted")), 0);
    assert_true(put(&place, "planted", "x") < 0);
    assert_false(fs_exists(path_join(&place.arena, place.top, "evil")));
    end(&place);
}

static void hash_refuses_what_is_no_file(void **state)
{
    struct tree_summary summary;
    struct place place;
    char *path;

    (void)state;
    begin(&place, &TREE_LIMITS);
    path = path_join(&place.arena, place.folder, "x");
    assert_int_equal(symlink("y", path), 0);
    assert_int_equal(tree_hash(&summary, place.folder), -ERR_REFUSED);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(tree_hash(&summary, place.folder), -ERR_REFUSED);
    assert_int_equal(tree_hash(&summary, path_join(&place.arena, place.top, "none")),
                     -ERR_NOT_FOUND);
    end(&place);
}

static void copying_a_folder_leaves_out_what_was_made(void **state)
{
    static const char *const files[] = {"keep",           ".git/config",     "a/__pycache__/x.pyc",
                                        "rust/target/o",  "rust/Cargo.toml", "target/kept",
                                        "node_modules/m", ".venv/v",         "a/b"};
    struct tree_summary summary;
    struct place place;
    char *user;

    (void)state;
    begin(&place, &TREE_LIMITS);
    user = path_join(&place.arena, place.top, "user");
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char *path = path_join(&place.arena, user, files[i]);

        assert_int_equal(fs_mkdirs(path_dir(&place.arena, path), 0700), 0);
        assert_int_equal(fs_write(path, "x", 1, i == 0 ? 0700 : 0600), 0);
    }
    assert_int_equal(symlink("keep", path_join(&place.arena, user, "link")), 0);
    assert_int_equal(tree_copy_folder(place.writer, user), 0);
    assert_int_equal(tree_finish(place.writer, &summary), 0);
    assert_int_equal(summary.files, 5);
    assert_int_equal(mode_of(&place, "keep"), S_IFREG | 0755);
    assert_int_equal(mode_of(&place, "link"), S_IFREG | 0755);
    assert_content(&place, "rust/Cargo.toml", "x");
    assert_content(&place, "target/kept", "x");
    assert_content(&place, "a/b", "x");
    end(&place);
}

static void copying_refuses_a_fifo(void **state)
{
    struct place place;
    char *user;

    (void)state;
    begin(&place, &TREE_LIMITS);
    user = path_join(&place.arena, place.top, "user");
    assert_int_equal(mkdir(user, 0700), 0);
    assert_int_equal(mkfifo(path_join(&place.arena, user, "f"), 0600), 0);
    assert_int_equal(tree_copy_folder(place.writer, user), -ERR_REFUSED);
    end(&place);
}

static void few_descriptors_are_enough(void **state)
{
    struct rlimit old, few = {24, 24};
    struct tree_summary written, found;
    char path[512] = "d";
    struct place place;

    (void)state;
    begin(&place, &TREE_LIMITS);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    few.rlim_max = old.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    for (int i = 0; i < 30; i++) {
        char file[600];

        snprintf(file, sizeof file, "%s/f", path);
        assert_int_equal(put(&place, file, "x"), 0);
        strncat(path, "/d", sizeof path - strlen(path) - 1);
    }
    assert_int_equal(tree_finish(place.writer, &written), 0);
    assert_int_equal(tree_hash(&found, place.folder), 0);
    assert_string_equal(found.hash, written.hash);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
    end(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hash_on_disk_is_that_of_the_writer),
        cmocka_unit_test(modes_are_given_under_any_umask),
        cmocka_unit_test(names_that_are_refused),
        cmocka_unit_test(names_that_are_fine),
        cmocka_unit_test(names_that_are_one),
        cmocka_unit_test(limits_count_before_writing),
        cmocka_unit_test(links_become_copies),
        cmocka_unit_test(links_that_are_refused),
        cmocka_unit_test(a_link_is_never_written_through),
        cmocka_unit_test(hash_refuses_what_is_no_file),
        cmocka_unit_test(copying_a_folder_leaves_out_what_was_made),
        cmocka_unit_test(copying_refuses_a_fifo),
        cmocka_unit_test(few_descriptors_are_enough),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
