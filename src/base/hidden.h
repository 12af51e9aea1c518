/*
 * Text that a person does not see and a model reads: hidden Unicode and long comments
 * (docs/hidden-text.md).
 */
#ifndef PAII_BASE_HIDDEN_H
#define PAII_BASE_HIDDEN_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hidden_class {
    HIDDEN_TAG, /* the first three are refused */
    HIDDEN_BIDI,
    HIDDEN_SELECTOR_SUPPLEMENT,
    HIDDEN_ZERO_WIDTH, /* the others are counted */
    HIDDEN_FILLER,
    HIDDEN_SELECTOR,
    HIDDEN_MARK,
    HIDDEN_CONTROL,
    HIDDEN_PRIVATE,
    HIDDEN_COMMENT,
    HIDDEN_CLASSES
};

struct hidden_count {
    size_t count;
    uint32_t code_point; /* the first one, 0 for a comment */
    size_t line;         /* where that is, from 1 */
};

/* What a text is read as: Markdown has comments, the last three have escapes. */
enum hidden_form {
    HIDDEN_FORM_TEXT,
    HIDDEN_FORM_MARKDOWN, /* its front matter is YAML */
    HIDDEN_FORM_JSON,
    HIDDEN_FORM_TOML,
    HIDDEN_FORM_YAML,
};

/* Adds what one text holds. A class that has a count keeps its first place. */
void hidden_scan(struct hidden_count counts[HIDDEN_CLASSES], const char *text, size_t len,
                 enum hidden_form form);

/*
 * Scans every text file of a folder. What is refused is ERR_REFUSED and names file, line and code
 * point. `*counted` becomes a line such as "3 zero-width characters (first in 'SKILL.md', line 4)",
 * in the arena, or NULL when there is nothing to say.
 */
int hidden_scan_folder(const char **counted, struct arena *arena, const char *path);

#endif
