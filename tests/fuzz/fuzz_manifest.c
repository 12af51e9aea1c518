/* plugin.toml, read from a folder as it is at an install. */
#include "base/error.h"
#include "fuzz.h"
#include "registry/manifest.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/paii-fuzz-XXXXXX";
static char file[sizeof folder + sizeof "/plugin.toml"];

static void folder_remove(void)
{
    unlink(file);
    rmdir(folder);
}

static void folder_make(void)
{
    if (!mkdtemp(folder))
        abort();
    snprintf(file, sizeof file, "%s/plugin.toml", folder);
    atexit(folder_remove);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!*file)
        folder_make();
    int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    close(fd);
    struct arena arena = {0};
    struct diags diags = {.arena = &arena};
    struct manifest manifest = {0};
    if (manifest_read(&manifest, &arena, folder, &diags) == 0)
        manifest_action(&manifest, "check");
    for (size_t i = 0; i < diags.count; i++)
        diag_text(&diags.items[i], &arena);
    error_clear();
    arena_release(&arena);
    return 0;
}
