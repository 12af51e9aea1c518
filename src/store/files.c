/*
 * What a prefix holds, file by file: store/NAME/VERSION-KEY.files (docs/state.md), and whether that
 * is still so.
 */
#include "store/store.h"

#include "base/error.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/paths.h"
#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD "paii files 1\ntree "
enum { RECORD_MAX = 64 * 1024 * 1024 };

/* A line is "MODE SHA256 PATH"; these are where its parts begin. */
enum { LINE_HASH = 7, LINE_PATH = 72 };

/* ---- looking at a folder ---- */

static int add_line(struct strings *lines, struct arena *arena, const struct stat *st,
                    const char *file, const char *path)
{
    char digest[HASH_HEX_SIZE];
    const char *mode = "100644";
    if (S_ISLNK(st->st_mode)) {
        const char *target = fs_read_link(arena, file);
        if (!target)
            return fail_errno(ERR_GENERIC, "cannot read link '%s'", file);
        hash_bytes(digest, target, strlen(target));
        mode = "120000";
    } else {
        int result = hash_file(digest, file);
        if (result < 0)
            return result;
        if (st->st_mode & S_IXUSR)
            mode = "100755";
    }
    strings_add(lines, arena, arena_printf(arena, "%s %s %s", mode, digest, path));
    return 0;
}

/* Adds the lines of the files in `folder`/`path`, and its folders to `todo`. */
static int list_folder(struct strings *lines, struct strings *todo, struct arena *arena,
                       const char *folder, const char *path)
{
    struct strings names = {0};
    int result = fs_list(&names, arena, *path ? path_join(arena, folder, path) : folder);
    for (size_t i = 0; i < names.count && result == 0; i++) {
        const char *entry = path_join(arena, path, names.items[i]);
        const char *file = path_join(arena, folder, entry);
        struct stat st;
        if (lstat(file, &st) != 0)
            result = fail_errno(ERR_GENERIC, "cannot read '%s'", file);
        else if (S_ISDIR(st.st_mode))
            strings_add(todo, arena, entry);
        else
            result = add_line(lines, arena, &st, file, entry);
    }
    return result;
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a + LINE_PATH, *(const char *const *)b + LINE_PATH);
}

/* The lines of everything in `folder` but its folders, sorted by path. */
static int list_files(struct strings *lines, struct arena *arena, const char *folder)
{
    struct strings todo = {0};
    int result = list_folder(lines, &todo, arena, folder, "");
    while (result == 0 && todo.count > 0)
        result = list_folder(lines, &todo, arena, folder, todo.items[--todo.count]);
    if (lines->count)
        qsort(lines->items, lines->count, sizeof *lines->items, compare_paths);
    return result;
}

/* ---- the record ---- */

const char *store_record_of(struct arena *arena, const char *folder)
{
    return arena_printf(arena, "%s.files", folder);
}

/* Not synced: whoever moves it into the store syncs the whole of staging before. */
int store_record_prefix(const char *built, const char *tree)
{
    struct arena arena = {0};
    struct strings lines = {0};
    const char *file = store_record_of(&arena, built);
    int result = list_files(&lines, &arena, built);
    FILE *out = result == 0 ? fopen(file, "wex") : NULL;
    if (result == 0 && !out)
        result = fail_errno(ERR_GENERIC, "cannot create '%s'", file);
    if (out) {
        fprintf(out, HEAD "%s\n", tree);
        for (size_t i = 0; i < lines.count; i++)
            fprintf(out, "%s\n", lines.items[i]);
        bool failed = ferror(out);
        if (fclose(out) != 0 || failed || chmod(file, 0444) != 0)
            result = fail_errno(ERR_GENERIC, "cannot write '%s'", file);
    }
    arena_release(&arena);
    return result;
}

/* The record's lines and the tree hash in its head; ERR_NOT_FOUND if there is none to be used. */
static int read_record(struct strings *lines, const char **tree, struct arena *arena,
                       const char *prefix)
{
    const char *file = store_record_of(arena, path_join(arena, paths.store, prefix));
    AUTO_BUF text = {0};
    int result = fs_read(&text, file, RECORD_MAX);
    if (result < 0)
        return result;
    struct strings all = {0};
    strings_split(&all, arena, buf_text(&text), '\n');
    if (all.count < 2 || !text_starts(buf_text(&text), HEAD))
        return fail(ERR_NOT_FOUND, "'%s' is damaged", file);
    *tree = all.items[1] + strlen("tree ");
    for (size_t i = 2; i < all.count; i++) {
        if (strlen(all.items[i]) <= LINE_PATH || all.items[i][LINE_PATH - 1] != ' ')
            return fail(ERR_NOT_FOUND, "'%s' is damaged", file);
        strings_add(lines, arena, all.items[i]);
    }
    return 0;
}

bool store_has_tree(const char *prefix, const char *tree)
{
    struct arena arena = {0};
    struct strings lines = {0};
    const char *recorded = "";
    bool same = store_has_prefix(prefix) && read_record(&lines, &recorded, &arena, prefix) == 0 &&
                strcmp(recorded, tree) == 0;
    error_clear();
    arena_release(&arena);
    return same;
}

/* ---- comparing ---- */

static void differ(struct differences *out, struct arena *arena, enum difference_kind kind,
                   const char *path)
{
    *arena_push(arena, &out->items, &out->count, &out->capacity) =
        (struct difference){.kind = kind, .path = path};
}

/* Both are sorted by path. */
static void compare(struct differences *out, struct arena *arena, const struct strings *then,
                    const struct strings *now)
{
    size_t t = 0, n = 0;
    while (t < then->count || n < now->count) {
        const char *was = t < then->count ? then->items[t] : NULL;
        const char *is = n < now->count ? now->items[n] : NULL;
        int order = !was ? 1 : !is ? -1 : strcmp(was + LINE_PATH, is + LINE_PATH);
        if (order < 0)
            differ(out, arena, DIFFERENCE_MISSING, was + LINE_PATH);
        else if (order > 0)
            differ(out, arena, DIFFERENCE_NEW, is + LINE_PATH);
        else if (strncmp(was, is, LINE_PATH) != 0)
            differ(out, arena,
                   strncmp(was + LINE_HASH, is + LINE_HASH, LINE_PATH - LINE_HASH) == 0
                       ? DIFFERENCE_MODE
                       : DIFFERENCE_CHANGED,
                   is + LINE_PATH);
        t += order <= 0;
        n += order >= 0;
    }
}

int store_verify_prefix(struct differences *out, struct arena *arena, const struct package *package)
{
    struct strings then = {0}, now = {0};
    const char *tree;
    *out = (struct differences){0};
    if (!store_has_prefix(package->prefix)) {
        differ(out, arena, DIFFERENCE_MISSING, "");
        return 0;
    }
    int result = read_record(&then, &tree, arena, package->prefix);
    if (result == -ERR_NOT_FOUND || (result == 0 && strcmp(tree, package->tree) != 0)) {
        error_clear();
        differ(out, arena, DIFFERENCE_UNKNOWN, "");
        return 0;
    }
    if (result == 0)
        result = list_files(&now, arena, installed_prefix(package, arena));
    if (result == 0)
        compare(out, arena, &then, &now);
    return result;
}
