#include "registry/trees.h"

#include "base/error.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/paths.h"
#include "base/text.h"

#include <string.h>

/* Lines `KEY TREE`, 130 bytes each. When they are too many, the older half goes. */
enum { MAX_BYTES = 1 << 18 };

static const char *trees_file(struct arena *arena)
{
    return path_join(arena, paths.cache, "trees");
}

/* "" for a source that may give something else tomorrow. */
static const char *key_of(struct arena *arena, const struct source *source)
{
    const char *pin = source->kind == SOURCE_GIT       ? source->commit
                      : source->kind == SOURCE_ARCHIVE ? source->sha256
                                                       : NULL;
    char digest[HASH_HEX_SIZE];
    const char *text;

    if (!pin)
        return "";
    text = arena_printf(arena, "%s\n%s\n%s", source->url, source->path ? source->path : "", pin);
    hash_bytes(digest, text, strlen(text));
    return arena_strdup(arena, digest);
}

static void read_all(struct buf *out, struct arena *arena)
{
    if (fs_read(out, trees_file(arena), 2 * MAX_BYTES) < 0)
        error_clear();
}

const char *tree_recall(struct arena *arena, const struct source *source)
{
    const char *key = key_of(arena, source), *line;
    AUTO_BUF text = {0};

    if (!*key)
        return NULL;
    read_all(&text, arena);
    line = strstr(buf_text(&text), key);
    if (!line || line[HASH_HEX_SIZE - 1] != ' ')
        return NULL;
    line += HASH_HEX_SIZE;
    return arena_strndup(arena, line, strcspn(line, "\n"));
}

void tree_remember(const struct source *source, const char *tree)
{
    struct arena arena = {0};
    const char *key = key_of(&arena, source), *from;
    AUTO_BUF text = {0}, kept = {0};

    if (*key && !tree_recall(&arena, source)) {
        read_all(&text, &arena);
        from = buf_text(&text);
        if (text.len > MAX_BYTES) {
            from = strchr(from + text.len / 2, '\n');
            from = from ? from + 1 : "";
        }
        buf_puts(&kept, from);
        buf_printf(&kept, "%s %s\n", key, tree);
        if (fs_mkdirs(paths.cache, 0700) < 0 ||
            fs_write(trees_file(&arena), kept.data, kept.len, 0600) < 0)
            error_clear();
    }
    arena_release(&arena);
}
