#include "base/data_tree.h"

#include <stdlib.h>
#include <string.h>

/* The keys of a large table in sorted order; equal keys cannot occur. */
struct data_index {
    struct data *const *sorted;
};

/* Tables up to this size are searched from the front. */
enum { SMALL_TABLE = 8 };

struct data *data_new(struct arena *arena, enum data_type type, unsigned line, unsigned column)
{
    struct data *node = arena_alloc(arena, sizeof *node);
    node->type = type;
    node->line = line;
    node->column = column;
    return node;
}

void data_append(struct data_builder *builder, struct data *child, const char *key, size_t key_len)
{
    if (key) {
        child->key = arena_strndup(builder->arena, key, key_len);
        child->key_len = key_len;
    }
    child->parent = builder->node;
    if (builder->last)
        builder->last->next = child;
    else
        builder->node->children = child;
    builder->last = child;
    builder->node->count++;
}

static int compare_key(const struct data *node, const char *key, size_t len)
{
    size_t common = node->key_len < len ? node->key_len : len;
    int order = memcmp(node->key, key, common);
    return order ? order : (node->key_len > len) - (node->key_len < len);
}

static int before_in_document(const struct data *a, const struct data *b)
{
    if (a->line != b->line)
        return a->line < b->line;
    return a->column < b->column;
}

static int compare_entries(const void *left, const void *right)
{
    const struct data *a = *(struct data *const *)left, *b = *(struct data *const *)right;
    int order = compare_key(a, b->key, b->key_len);
    return order ? order : before_in_document(b, a) - before_in_document(a, b);
}

/* Takes the entries out that are marked by `known`, which nobody has set yet. */
static void drop_marked(struct data *table)
{
    struct data **link = &table->children;
    table->count = 0;
    while (*link) {
        if (!(*link)->known) {
            table->count++;
            link = &(*link)->next;
        } else {
            *link = (*link)->next;
        }
    }
}

struct data *data_finish_table(struct arena *arena, struct data *table)
{
    if (table->count < 2)
        return NULL;
    struct data **sorted = arena_array(arena, table->count, sizeof *sorted);
    size_t total = 0;
    for (struct data *child = table->children; child; child = child->next)
        sorted[total++] = child;
    qsort(sorted, total, sizeof *sorted, compare_entries);

    struct data *duplicate = NULL;
    size_t kept = 0;
    for (size_t i = 0; i < total; i++) {
        struct data *next = i + 1 < total ? sorted[i + 1] : NULL;
        if (next && compare_key(next, sorted[i]->key, sorted[i]->key_len) == 0) {
            if (!duplicate || before_in_document(next, duplicate))
                duplicate = arena_copy(arena, next, sizeof *next); /* it may lose its key as well */
            sorted[i]->known = true;
        } else {
            sorted[kept++] = sorted[i];
        }
    }
    if (duplicate)
        drop_marked(table);
    if (kept > SMALL_TABLE) {
        table->index = arena_alloc(arena, sizeof *table->index);
        table->index->sorted = sorted;
    }
    return duplicate;
}

static struct data *search(const struct data *table, const char *key, size_t len)
{
    size_t low = 0, high = table->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        struct data *node = table->index->sorted[middle];
        int order = compare_key(node, key, len);
        if (order == 0)
            return node;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

struct data *data_get_n(const struct data *table, const char *key, size_t len)
{
    if (!table || table->type != DATA_TABLE)
        return NULL;
    if (table->index)
        return search(table, key, len);
    for (struct data *child = table->children; child; child = child->next)
        if (compare_key(child, key, len) == 0)
            return child;
    return NULL;
}

struct data *data_get(const struct data *table, const char *key)
{
    return data_get_n(table, key, strlen(key));
}

struct data *data_at(const struct data *root, const char *dotted)
{
    for (;;) {
        size_t len = strcspn(dotted, ".");
        struct data *node = data_get_n(root, dotted, len);
        if (!node || !dotted[len])
            return node;
        root = node;
        dotted += len + 1;
    }
}

static bool is_bare_key(const char *key, size_t len)
{
    static const char bare[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    return len > 0 && strspn(key, bare) == len;
}

static size_t position_in_array(const struct data *node)
{
    size_t position = 0;
    for (const struct data *other = node->parent->children; other != node; other = other->next)
        position++;
    return position;
}

const char *data_path(const struct data *node, struct arena *arena)
{
    const struct data *chain[DATA_MAX_DEPTH + 2];
    size_t depth = 0;
    for (; node && node->parent && depth < DATA_MAX_DEPTH + 2; node = node->parent)
        chain[depth++] = node;

    AUTO_BUF path = {0};
    while (depth--) {
        node = chain[depth];
        if (!node->key) {
            buf_printf(&path, "[%zu]", position_in_array(node));
            continue;
        }
        if (path.len)
            buf_putc(&path, '.');
        if (is_bare_key(node->key, node->key_len))
            buf_add(&path, node->key, node->key_len);
        else
            toml_quote_n(&path, node->key, node->key_len);
    }
    return arena_strdup(arena, buf_text(&path));
}

const char *data_type_name(enum data_type type)
{
    static const char *const names[] = {
        [DATA_NULL] = "null",          [DATA_STRING] = "a string",
        [DATA_INTEGER] = "an integer", [DATA_FLOAT] = "a number with a fraction",
        [DATA_BOOLEAN] = "a boolean",  [DATA_DATE] = "a date",
        [DATA_TIME] = "a time",        [DATA_DATETIME] = "a date and time",
        [DATA_ARRAY] = "an array",     [DATA_TABLE] = "a table",
    };
    return names[type];
}

void data_position(const char *text, size_t offset, unsigned *line, unsigned *column)
{
    *line = *column = 1;
    for (size_t i = 0; i < offset; i++) {
        if (text[i] == '\n') {
            ++*line;
            *column = 1;
        } else if ((text[i] & 0xC0) != 0x80) {
            ++*column;
        }
    }
}
