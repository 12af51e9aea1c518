#include "arena.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 64 * 1024 };
static const size_t MEMORY_MAX = (size_t)512 << 20;

/* Blocks are chained, so that they can be given back. */
struct block {
    struct block *older;
    max_align_t items[];
};
static struct block *blocks;
static size_t total, left;
static char *next;

static struct block *new_block(size_t size)
{
    total += size;
    struct block *block = total > MEMORY_MAX ? NULL : calloc(1, sizeof *block + size);
    if (!block) {
        fputs("security: the request needs too much memory\n", stderr);
        exit(2);
    }
    block->older = blocks;
    return block;
}

void *take(size_t size)
{
    size = (size + 15) & ~(size_t)15;
    if (size > left) {
        left = size > BLOCK ? size : BLOCK;
        blocks = new_block(left);
        next = (char *)blocks->items;
    }
    char *result = next;
    next += size;
    left -= size;
    return result;
}

void release_all(void)
{
    while (blocks) {
        struct block *older = blocks->older;
        free(blocks);
        blocks = older;
    }
    total = left = 0;
}

char *take_text(const char *text, size_t len)
{
    char *copy = take(len + 1);
    memcpy(copy, text, len);
    return copy;
}

void *grow(void *items, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return items;
    *capacity = *capacity ? *capacity * 2 : 8;
    void *larger = take(*capacity * size);
    if (count)
        memcpy(larger, items, count * size);
    return larger;
}

void text_add(struct text *text, const char *data, size_t len)
{
    if (text->len + len + 1 > text->capacity) {
        size_t capacity = (text->len + len + 1) * 2;
        char *larger = take(capacity);
        if (text->len)
            memcpy(larger, text->data, text->len);
        text->data = larger;
        text->capacity = capacity;
    }
    if (len)
        memcpy(text->data + text->len, data, len);
    text->len += len;
    text->data[text->len] = '\0';
}

void text_puts(struct text *text, const char *data)
{
    text_add(text, data, strlen(data));
}

void text_putc(struct text *text, char c)
{
    text_add(text, &c, 1);
}

const char *text_join(const char *first, const char *second, const char *third)
{
    struct text text = {0};
    text_puts(&text, first);
    text_puts(&text, second);
    text_puts(&text, third);
    return text.data;
}
