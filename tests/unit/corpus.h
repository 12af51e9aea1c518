/*
 * Test data that lives beside the repository, in ../shared; a user's clone has none, and the tests
 * over it are skipped.
 */
#ifndef PAII_TESTS_CORPUS_H
#define PAII_TESTS_CORPUS_H

#include "base/arena.h"
#include "base/buf.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CORPORA PAII_SOURCE_DIR "/../shared/corpora"

/* The one file of toml-test/valid that we refuse: a NUL in a key. */
#define CORPUS_NUL_KEY "/valid/key/quoted-unicode.toml"

/* Whether the folder or file is there; says so if not. */
static inline int corpus_present(const char *path)
{
    if (access(path, R_OK) == 0)
        return 1;
    puts("skipped: no ../shared");
    return 0;
}

/* Appends the whole file; false if it cannot be read. */
static inline int corpus_read(struct buf *out, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return 0;
    char chunk[8192];
    size_t got;
    while ((got = fread(chunk, 1, sizeof chunk, file)) > 0)
        buf_add(out, chunk, got);
    fclose(file);
    return 1;
}

/* All files below `folder` whose names end with `suffix`. */
static inline void corpus_files(struct strings *out, struct arena *arena, const char *folder,
                                const char *suffix)
{
    DIR *dir = opendir(folder);
    if (!dir)
        return;
    struct dirent *entry;
    while ((entry = readdir(dir))) {
        if (entry->d_name[0] == '.')
            continue;
        const char *path = arena_printf(arena, "%s/%s", folder, entry->d_name);
        size_t len = strlen(path), suffix_len = strlen(suffix);
        struct stat info;
        if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
            corpus_files(out, arena, path, suffix);
        else if (len >= suffix_len && strcmp(path + len - suffix_len, suffix) == 0)
            strings_add(out, arena, path);
    }
    closedir(dir);
    strings_sort(out);
}

#endif
