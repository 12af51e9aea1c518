/*
 * A live folder is its own prefix: a developer's tree, built in place again and again. What a build
 * adds to it is listed in LIVE_LIST, so that the next one takes away that and nothing else.
 */
#include "build/build_private.h"

#include "base/beneath.h"
#include "base/error.h"
#include "base/fs.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define LIVE_LIST ".paii-build"
enum { MAX_LIST = 16 << 20 };

bool live_is(const struct build_job *job)
{
    return !strcmp(job->source, job->final);
}

/* Removes one listed file, and the folders that it leaves empty. No link leads out of the tree. */
static void remove_listed(struct arena *arena, int root, const char *path)
{
    const char *folder = path_dir(arena, path);
    AUTO_FD fd = open_beneath(root, folder, O_PATH | O_DIRECTORY, 0);
    if (fd < 0 || unlinkat(fd, path_base(path), 0) < 0)
        return;
    while (strcmp(folder, ".")) {
        const char *parent = path_dir(arena, folder);
        AUTO_FD above = open_beneath(root, parent, O_PATH | O_DIRECTORY, 0);
        if (above < 0 || unlinkat(above, path_base(folder), AT_REMOVEDIR) < 0)
            return;
        folder = parent;
    }
}

int live_clear(struct build_job *job)
{
    AUTO_BUF text = {0};
    const char *list = path_join(job->arena, job->source, LIVE_LIST);
    if (!fs_exists(list))
        return 0;
    int result = fs_read(&text, list, MAX_LIST);
    if (result < 0)
        return result;
    AUTO_FD root = open(job->source, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root < 0)
        return fail_errno(ERR_GENERIC, "cannot open the folder '%s'", job->source);
    struct strings lines = {0};
    strings_split(&lines, job->arena, buf_text(&text), '\n');
    for (size_t i = 0; i < lines.count && result == 0; i++) {
        if (!strcmp(lines.items[i], "venv/"))
            result = fs_remove_tree(path_join(job->arena, job->source, "venv"));
        else if (*lines.items[i])
            remove_listed(job->arena, root, lines.items[i]);
    }
    if (result == 0)
        unlink(list);
    return result;
}

static int list_file(const struct walk_entry *entry, void *payload)
{
    if (!S_ISDIR(entry->st.st_mode))
        buf_printf(payload, "%s\n", entry->path);
    return 0;
}

static int check_free(const struct walk_entry *entry, void *payload)
{
    struct build_job *job = payload;
    if (S_ISDIR(entry->st.st_mode) || !fs_exists(path_join(job->arena, job->source, entry->path)))
        return 0;
    return fail(ERR_REFUSED, "'%s' is in the folder already", entry->path);
}

int live_record(struct build_job *job, const char *installed)
{
    AUTO_BUF text = {0};
    int result = 0;
    if (!installed)
        buf_puts(&text, "venv/\n");
    else
        result = build_walk(installed, check_free, job);
    if (result == 0 && installed)
        result = build_walk(installed, list_file, &text);
    const char *list = path_join(job->arena, job->source, LIVE_LIST);
    return result < 0 ? result : fs_write(list, buf_text(&text), text.len, 0644);
}
