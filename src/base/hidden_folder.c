/* The scan of hidden.c over every text file of a folder. */
#include "base/hidden.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/text.h"
#include "base/tree.h"

#include <string.h>
#include <unistd.h>

static const struct {
    const char *one, *many;
} class_names[HIDDEN_CLASSES] = {
    [HIDDEN_TAG] = {"a tag character", "tag characters"},
    [HIDDEN_BIDI] = {"a bidirectional override", "bidirectional overrides"},
    [HIDDEN_SELECTOR_SUPPLEMENT] = {"a supplementary variation selector",
                                    "supplementary variation selectors"},
    [HIDDEN_ZERO_WIDTH] = {"a zero-width character", "zero-width characters"},
    [HIDDEN_FILLER] = {"an invisible filler", "invisible fillers"},
    [HIDDEN_SELECTOR] = {"a stray variation selector", "stray variation selectors"},
    [HIDDEN_MARK] = {"a direction mark", "direction marks"},
    [HIDDEN_CONTROL] = {"a control character", "control characters"},
    [HIDDEN_PRIVATE] = {"a private-use character", "private-use characters"},
    [HIDDEN_COMMENT] = {"a long HTML comment", "long HTML comments"},
};

static bool is_refused(enum hidden_class class)
{
    return class <= HIDDEN_SELECTOR_SUPPLEMENT;
}

struct folder_scan {
    struct arena *arena;
    struct hidden_count counts[HIDDEN_CLASSES];
    const char *first_file[HIDDEN_CLASSES];
    struct buf text; /* of one file at a time */
};

static bool has_suffix(const char *file, const char *const *suffixes)
{
    for (; *suffixes; suffixes++)
        if (text_ends(file, *suffixes))
            return true;
    return false;
}

/* A NUL makes a file binary, as git sees it; but not one that a model reads by its name. */
static bool is_binary(const char *file, const struct buf *head)
{
    static const char *const always_text[] = {".md",   ".mdx", ".markdown", ".txt", ".json",
                                              ".toml", ".yml", ".yaml",     NULL};

    return head->len > 0 && memchr(head->data, '\0', head->len) && !has_suffix(file, always_text);
}

/* Reads the file into scan->text; a binary file stays at its first block and gives false. */
static int read_text(struct folder_scan *scan, const char *file, int fd, bool *is_text)
{
    char block[8192];
    ssize_t n;

    *is_text = true;
    buf_clear(&scan->text);
    while ((n = read(fd, block, sizeof block)) > 0) {
        bool first = scan->text.len == 0;
        buf_add(&scan->text, block, (size_t)n);
        if (first && is_binary(file, &scan->text)) {
            *is_text = false;
            return 0;
        }
    }
    return n < 0 ? fail_errno(ERR_GENERIC, "cannot read '%s'", file) : 0;
}

static int refuse(const char *file, enum hidden_class class, const struct hidden_count *count)
{
    fail(ERR_REFUSED, "'%s' line %zu holds U+%04X, %s", file, count->line,
         (unsigned)count->code_point, class_names[class].one);
    error_hint("it hides text from people and not from a model; ask the author to take it out");
    return -ERR_REFUSED;
}

static enum hidden_form form_of(const char *file)
{
    static const char *const suffixes[][6] = {
        [HIDDEN_FORM_TEXT] = {NULL},
        [HIDDEN_FORM_MARKDOWN] = {".md", ".mdx", ".markdown", NULL},
        [HIDDEN_FORM_JSON] = {".json", ".jsonc", ".json5", ".jsonl", NULL},
        [HIDDEN_FORM_TOML] = {".toml", NULL},
        [HIDDEN_FORM_YAML] = {".yml", ".yaml", NULL},
    };
    for (int form = HIDDEN_FORM_YAML; form > HIDDEN_FORM_TEXT; form--)
        if (has_suffix(file, suffixes[form]))
            return form;
    return HIDDEN_FORM_TEXT;
}

static int scan_file(void *payload, const char *file, int fd)
{
    struct folder_scan *scan = payload;
    size_t before[HIDDEN_CLASSES];
    bool is_text;
    int result = read_text(scan, file, fd, &is_text);

    if (result < 0 || !is_text)
        return result;
    for (int i = 0; i < HIDDEN_CLASSES; i++)
        before[i] = scan->counts[i].count;
    hidden_scan(scan->counts, buf_text(&scan->text), scan->text.len, form_of(file));
    for (int i = 0; i < HIDDEN_CLASSES; i++) {
        if (scan->counts[i].count > 0 && is_refused(i))
            return refuse(file, i, &scan->counts[i]);
        if (scan->counts[i].count > 0 && before[i] == 0)
            scan->first_file[i] = arena_strdup(scan->arena, file);
    }
    return 0;
}

/* "3 zero-width characters (first in 'a', line 4), 1 long HTML comment (first in 'b', line 1)" */
static const char *counted_text(const struct folder_scan *scan)
{
    AUTO_BUF out = {0};

    for (int i = 0; i < HIDDEN_CLASSES; i++) {
        const struct hidden_count *count = &scan->counts[i];
        if (count->count == 1)
            buf_printf(&out, "%s%s ('%s', line %zu)", out.len ? ", " : "", class_names[i].one,
                       scan->first_file[i], count->line);
        else if (count->count > 1)
            buf_printf(&out, "%s%zu %s (first in '%s', line %zu)", out.len ? ", " : "",
                       count->count, class_names[i].many, scan->first_file[i], count->line);
    }
    return out.len ? arena_strdup(scan->arena, buf_text(&out)) : NULL;
}

int hidden_scan_folder(const char **counted, struct arena *arena, const char *path)
{
    struct folder_scan scan = {.arena = arena};
    int result = tree_visit(path, scan_file, &scan);

    *counted = result == 0 ? counted_text(&scan) : NULL;
    buf_release(&scan.text);
    return result;
}
