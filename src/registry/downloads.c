#include "registry/downloads.h"

#include "base/error.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/paths.h"
#include "base/term.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *folder(struct arena *arena)
{
    return path_join(arena, paths.cache, "archives");
}

const char *download_find(struct arena *arena, const char *sha256)
{
    const char *file = path_join(arena, folder(arena), sha256);
    char digest[HASH_HEX_SIZE];

    if (!fs_is_file(file))
        return NULL;
    if (hash_file(digest, file) == 0 && strcmp(digest, sha256) == 0)
        return file;
    error_clear();
    unlink(file);
    return NULL;
}

static int copy(const char *from, const char *to)
{
    AUTO_FD in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    AUTO_FD out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    char block[65536];
    ssize_t n;

    if (in < 0 || out < 0)
        return fail_errno(ERR_GENERIC, "cannot copy '%s'", from);
    while ((n = read(in, block, sizeof block)) > 0) {
        if (write(out, block, (size_t)n) != n)
            return fail_errno(ERR_GENERIC, "cannot write '%s'", to);
    }
    return n < 0 ? fail_errno(ERR_GENERIC, "cannot read '%s'", from) : 0;
}

void download_keep(const char *file, const char *sha256)
{
    struct arena arena = {0};
    const char *to = path_join(&arena, folder(&arena), sha256);
    const char *part = arena_printf(&arena, "%s.%ld.part", to, (long)getpid());
    int result = fs_is_file(to) ? 1 : fs_mkdirs(folder(&arena), 0700);

    if (result == 0)
        result = copy(file, part);
    if (result == 0 && rename(part, to) != 0)
        result = fail_errno(ERR_GENERIC, "cannot write '%s'", to);
    if (result < 0) {
        unlink(part);
        detail("the download is not kept: %s", error_text());
        error_clear();
    }
    arena_release(&arena);
}
