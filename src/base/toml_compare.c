#include "base/toml_compare.h"

#include <string.h>

static bool equal(const struct data *a, const struct data *b);

static bool equal_children(const struct data *a, const struct data *b)
{
    if (a->count != b->count)
        return false;
    const struct data *other = b->children;
    for (const struct data *child = a->children; child; child = child->next) {
        if (a->type == DATA_TABLE)
            other = data_get_n(b, child->key, child->key_len);
        if (!other || !equal(child, other))
            return false;
        other = other->next;
    }
    return true;
}

static bool equal(const struct data *a, const struct data *b)
{
    if (a->type != b->type)
        return false;
    switch (a->type) {
    case DATA_INTEGER:
        return a->integer == b->integer;
    case DATA_FLOAT:
        return memcmp(&a->number, &b->number, sizeof a->number) == 0;
    case DATA_BOOLEAN:
        return a->boolean == b->boolean;
    case DATA_ARRAY:
    case DATA_TABLE:
        return equal_children(a, b);
    default:
        return a->len == b->len && (a->len == 0 || memcmp(a->text, b->text, a->len) == 0);
    }
}

/* All entries of `from` but `skipped` are equal in `in`, which may lack the table altogether. */
static bool entries_kept(const struct data *from, const struct data *in,
                         const struct toml_part *skipped)
{
    for (const struct data *child = from ? from->children : NULL; child; child = child->next) {
        if (child->key_len == skipped->len && !memcmp(child->key, skipped->text, skipped->len))
            continue;
        const struct data *other = in ? data_get_n(in, child->key, child->key_len) : NULL;
        if (!other || !equal(child, other))
            return false;
    }
    return true;
}

/* Compares the tables on the way to the target; `value` NULL: the target is to be gone. */
static bool only_changed(const struct data *before, const struct data *after,
                         const struct toml_path *target, unsigned depth, const struct data *value)
{
    if (depth == target->count)
        return value ? after && equal(after, value) : !after;
    if ((before && before->type != DATA_TABLE) || (after && after->type != DATA_TABLE))
        return false;
    const struct toml_part *part = &target->parts[depth];
    if (!entries_kept(before, after, part) || !entries_kept(after, before, part))
        return false;
    return only_changed(before ? data_get_n(before, part->text, part->len) : NULL,
                        after ? data_get_n(after, part->text, part->len) : NULL, target, depth + 1,
                        value);
}

bool toml_only_changed(const struct data *before, const struct data *after,
                       const struct toml_path *target, const struct data *value)
{
    return only_changed(before, after, target, 0, value);
}
