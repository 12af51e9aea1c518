/* Archives: whatever the bytes are, they are unpacked below the staging folder or refused. */
#include "base/error.h"
#include "base/fs.h"
#include "fetch/job.h"
#include "fuzz.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[] = "/tmp/paii-fuzz-XXXXXX";
static char file[sizeof folder + sizeof "/archive"], tree[sizeof folder + sizeof "/tree"];

static void folder_remove(void)
{
    fs_remove_tree(folder);
}

/* As the starter of the helper leaves it: the staging folder is STAGING_FD. */
static void folder_make(void)
{
    if (!mkdtemp(folder))
        abort();
    snprintf(file, sizeof file, "%s/archive", folder);
    snprintf(tree, sizeof tree, "%s/tree", folder);
    atexit(folder_remove);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || (fd != STAGING_FD && dup2(fd, STAGING_FD) < 0))
        abort();
    if (fd != STAGING_FD)
        close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!*file)
        folder_make();
    fuzz_write(file, data, size, 0644);
    struct job job = {.op = "unpack", .archive = "archive", .into = "tree", .max = 1 << 20};
    int result = op_unpack(&job);
    assert(result == 0 || error_code() == ERR_REFUSED || error_code() == ERR_GENERIC);
    if (fs_remove_tree(tree) < 0)
        abort();
    error_clear();
    arena_release(&job.arena);
    return 0;
}
