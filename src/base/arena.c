#include "base/arena.h"

#include "base/memory.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define BLOCK_SIZE 1 /* every item in a block of its own: the sanitizer sees its borders */
#else
#define BLOCK_SIZE (16 * 1024)
#endif

struct arena_block {
    struct arena_block *next;
    size_t used, size;
    _Alignas(max_align_t) unsigned char data[];
};

static struct arena_block *block_new(size_t size)
{
    struct arena_block *block = NULL;
    if (size <= SIZE_MAX - sizeof *block)
        block = calloc(1, sizeof *block + size);
    if (!block)
        out_of_memory();
    block->size = size;
    return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    const size_t align = _Alignof(max_align_t);
    if (size > SIZE_MAX - align)
        out_of_memory();
    size = size ? (size + align - 1) & ~(align - 1) : align;

    struct arena_block *block = arena->blocks;
    if (!block || block->size - block->used < size) {
        struct arena_block *fresh = block_new(size > BLOCK_SIZE ? size : BLOCK_SIZE);
        /* A large item goes behind the current block, whose free space stays in use. */
        if (block && size > BLOCK_SIZE / 4) {
            fresh->next = block->next;
            block->next = fresh;
        } else {
            fresh->next = block;
            arena->blocks = fresh;
        }
        block = fresh;
    }
    void *item = block->data + block->used;
    block->used += size;
    return item;
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        out_of_memory();
    return arena_alloc(arena, bytes);
}

void *arena_copy(struct arena *arena, const void *data, size_t size)
{
    void *copy = arena_alloc(arena, size);
    if (size)
        memcpy(copy, data, size);
    return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
    return text ? arena_copy(arena, text, strlen(text) + 1) : NULL;
}

char *arena_strndup(struct arena *arena, const char *text, size_t len)
{
    char *copy = arena_array(arena, len + 1, 1);
    if (len)
        memcpy(copy, text, len);
    return copy;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0)
        out_of_memory();
    char *text = arena_array(arena, (size_t)len + 1, 1);
    va_start(args, format);
    vsnprintf(text, (size_t)len + 1, format, args);
    va_end(args);
    return text;
}

void arena_release(struct arena *arena)
{
    struct arena_block *block = arena->blocks;
    while (block) {
        struct arena_block *next = block->next;
        free(block);
        block = next;
    }
    arena->blocks = NULL;
}

void *arena_push_(struct arena *arena, void **items, size_t *count, size_t *capacity, size_t size)
{
    if (*count == *capacity) {
        size_t first = size > 32 ? 2 : 8; /* most lists of large things are short */
        size_t grown = *capacity ? *capacity * 2 : first;
        void *fresh = arena_array(arena, grown, size);
        if (*count)
            memcpy(fresh, *items, *count * size);
        *items = fresh;
        *capacity = grown;
    }
    return (char *)*items + (*count)++ * size;
}

void strings_add(struct strings *list, struct arena *arena, const char *text)
{
    *arena_push(arena, &list->items, &list->count, &list->capacity) = text;
}

int strings_has(const struct strings *list, const char *text)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i], text) == 0)
            return 1;
    return 0;
}

static int compare_strings(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void strings_sort(struct strings *list)
{
    if (list->count)
        qsort(list->items, list->count, sizeof *list->items, compare_strings);
}

const char *strings_join(const struct strings *list, struct arena *arena, const char *separator)
{
    size_t len = 1;
    for (size_t i = 0; i < list->count; i++)
        len += strlen(list->items[i]) + strlen(separator);
    char *text = arena_alloc(arena, len), *end = text;
    for (size_t i = 0; i < list->count; i++) {
        end = stpcpy(end, i ? separator : "");
        end = stpcpy(end, list->items[i]);
    }
    return text;
}

void strings_split(struct strings *list, struct arena *arena, const char *text, char separator)
{
    while (text && *text) {
        const char *end = strchrnul(text, separator);
        if (end > text)
            strings_add(list, arena, arena_strndup(arena, text, (size_t)(end - text)));
        text = *end ? end + 1 : end;
    }
}
