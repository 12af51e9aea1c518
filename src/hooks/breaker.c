/* Breakers: PAII_DIR/hooks/breaker/PLUGIN.LABELHASH, one line "FAILURES SECONDS". */
#include "hooks/state.h"

#include "base/error.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/paths.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Always as long, so that one write replaces the line as a whole. */
#define LINE "%010u %020lld\n"
enum { LINE_SIZE = 32, HASH_DIGITS = 16 };

static const char *folder(struct arena *arena)
{
    return path_join(arena, paths.dir, "hooks/breaker");
}

static const char *file_of(const struct handler *handler, struct arena *arena)
{
    char hash[HASH_HEX_SIZE];
    hash_bytes(hash, handler->label, strlen(handler->label));
    return arena_printf(arena, "%s/%s.%.*s", folder(arena), handler->plugin, HASH_DIGITS, hash);
}

void breaker_read(struct breaker *out, const struct handler *handler, struct arena *arena)
{
    char line[LINE_SIZE + 1] = "";
    unsigned failures;
    long long since;
    AUTO_FD fd = open(file_of(handler, arena), O_RDONLY | O_CLOEXEC);

    *out = (struct breaker){0};
    if (fd >= 0 && read(fd, line, LINE_SIZE) == LINE_SIZE &&
        sscanf(line, "%u %lld", &failures, &since) == 2)
        *out = (struct breaker){.failures = failures, .since = (time_t)since};
}

/* A failure of the future is one of a clock that was set back since. */
bool breaker_is_open(const struct breaker *breaker, time_t now)
{
    return breaker->failures >= BREAKER_FAILURES && now >= breaker->since &&
           now - breaker->since < BREAKER_PAUSE_S;
}

static void write_line(const char *file, const struct breaker *breaker)
{
    char line[LINE_SIZE + 1];
    AUTO_FD fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

    snprintf(line, sizeof line, LINE, breaker->failures, (long long)breaker->since);
    if (fd >= 0 && pwrite(fd, line, LINE_SIZE, 0) != LINE_SIZE)
        unlink(file);
}

void breaker_note(const struct handler *handler, const struct breaker *before, bool failed,
                  struct arena *arena)
{
    const struct breaker after = {.failures = before->failures + 1, .since = time(NULL)};

    if (!failed) {
        if (before->failures)
            unlink(file_of(handler, arena));
        return;
    }
    if (fs_mkdirs(folder(arena), 0700) == 0)
        write_line(file_of(handler, arena), &after);
    error_clear();
}

int breaker_reset(const char *plugin, unsigned *count, struct arena *arena)
{
    const char *prefix = plugin ? arena_printf(arena, "%s.", plugin) : "";
    struct strings names = {0};

    *count = 0;
    if (!fs_exists(folder(arena)))
        return 0;
    int result = fs_list(&names, arena, folder(arena));
    for (size_t i = 0; i < names.count && result == 0; i++) {
        const char *file = path_join(arena, folder(arena), names.items[i]);
        if (!text_starts(names.items[i], prefix))
            continue;
        if (unlink(file) != 0 && errno != ENOENT)
            result = fail_errno(ERR_GENERIC, "cannot remove '%s'", file);
        else
            *count += 1;
    }
    return result;
}
