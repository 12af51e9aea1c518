#include "base/diag.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/term.h"
#include "base/text.h"

#include <stdarg.h>

void diag_add(struct diags *diags, enum diag_level level, const char *file, unsigned line,
              unsigned column, const char *key, const char *hint, const char *format, ...)
{
    AUTO_BUF message = {0};
    va_list args;
    va_start(args, format);
    buf_vprintf(&message, format, args);
    va_end(args);

    struct diag *diag = arena_push(diags->arena, &diags->items, &diags->count, &diags->capacity);
    *diag = (struct diag){
        .level = level,
        .file = arena_strdup(diags->arena, file),
        .line = line,
        .column = column,
        .key = key && *key ? arena_strdup(diags->arena, key) : NULL,
        .message = text_safe(diags->arena, buf_text(&message)), /* one finding, one line */
        .hint = arena_strdup(diags->arena, hint),
    };
    if (level == DIAG_ERROR)
        diags->errors++;
}

const char *diag_text(const struct diag *diag, struct arena *arena)
{
    AUTO_BUF text = {0};
    if (diag->file)
        buf_puts(&text, diag->file);
    if (diag->line)
        buf_printf(&text, ":%u:%u", diag->line, diag->column);
    if (text.len)
        buf_puts(&text, ": ");
    if (diag->key)
        buf_printf(&text, "%s: ", diag->key);
    buf_puts(&text, diag->message);
    return arena_strdup(arena, buf_text(&text));
}

static const struct diag *first_error(const struct diags *diags)
{
    for (size_t i = 0; i < diags->count; i++)
        if (diags->items[i].level == DIAG_ERROR)
            return &diags->items[i];
    return NULL;
}

int diags_result(const struct diags *diags)
{
    const struct diag *first = first_error(diags);
    if (!first)
        return 0;
    const char *text = diag_text(first, diags->arena);
    int result;
    if (diags->errors == 1)
        result = fail(ERR_CONFIG, "%s", text);
    else
        result = fail(ERR_CONFIG, "%s (and %zu more %s)", text, diags->errors - 1,
                      diags->errors == 2 ? "error" : "errors");
    if (first->hint)
        error_hint("%s", first->hint);
    return result;
}

void diags_warn(const struct diags *diags)
{
    for (size_t i = 0; i < diags->count; i++) {
        const struct diag *diag = &diags->items[i];
        if (diag->level != DIAG_WARNING)
            continue;
        const char *text = diag_text(diag, diags->arena);
        if (diag->hint)
            warning("%s (%s)", text, diag->hint);
        else
            warning("%s", text);
    }
}
