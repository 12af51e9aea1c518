/* Which `once` handlers have run: PAII_DIR/hooks/once/SESSIONHASH.LABELHASH, empty. */
#include "hooks/state.h"

#include "base/error.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { HASH_DIGITS = 16, KEPT_S = 30 * 24 * 3600 };

/* Sessions end without telling. */
static void sweep(const char *folder, struct arena *arena)
{
    struct strings names = {0};
    time_t now = time(NULL);
    if (fs_list(&names, arena, folder) < 0)
        error_clear();
    for (size_t i = 0; i < names.count; i++) {
        struct stat st;
        const char *file = path_join(arena, folder, names.items[i]);
        if (lstat(file, &st) == 0 && now - st.st_mtime > KEPT_S)
            unlink(file);
    }
}

bool once_first(const struct handler *handler, const char *session_id, struct arena *arena)
{
    char session[HASH_HEX_SIZE], label[HASH_HEX_SIZE];
    const char *folder = path_join(arena, paths.dir, "hooks/once");
    if (!session_id)
        return true;
    hash_bytes(session, session_id, strlen(session_id));
    hash_bytes(label, handler->label, strlen(handler->label));
    const char *file =
        arena_printf(arena, "%s/%.*s.%.*s", folder, HASH_DIGITS, session, HASH_DIGITS, label);
    AUTO_FD fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0)
        sweep(folder, arena);
    if (fd >= 0 || errno == EEXIST)
        return fd >= 0;
    if (fs_mkdirs(folder, 0700) < 0)
        error_clear(); /* then it runs once more than it should */
    else
        fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    return fd >= 0 || errno != EEXIST;
}
