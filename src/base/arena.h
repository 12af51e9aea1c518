/*
 * An arena: everything that lives as long as one command, or one scratch computation, is freed at
 * once.
 *
 * Allocation never returns NULL: out of memory ends the process with a message (exit code 1), which
 * is safe because state changes only by one rename. Under ASan each item is an allocation of its
 * own, so that overruns are seen.
 */
#ifndef PAII_BASE_ARENA_H
#define PAII_BASE_ARENA_H

#include <stddef.h>

struct arena_block;
struct arena {
    struct arena_block *blocks;
};

/* A zeroed `struct arena` is ready for use. */
void *arena_alloc(struct arena *arena, size_t size); /* zeroed, aligned for any type */
void *arena_array(struct arena *arena, size_t count, size_t size); /* checks the product */
void *arena_copy(struct arena *arena, const void *data, size_t size);
char *arena_strdup(struct arena *arena, const char *text); /* NULL gives NULL */
char *arena_strndup(struct arena *arena, const char *text, size_t len);
char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void arena_release(struct arena *arena); /* frees all; the arena is empty and usable again */

/*
 * A growable array in an arena: `items` points at elements of type T, `count` and `capacity` are
 * size_t. Returns a pointer to the new, zeroed last element. struct thing *t = arena_push(arena,
 * &list->items, &list->count, &list->capacity);
 */
#define arena_push(arena, items, count, capacity)                                                  \
    ((__typeof__(*(items)))arena_push_(arena, (void **)(items), count, capacity, sizeof **(items)))
void *arena_push_(struct arena *arena, void **items, size_t *count, size_t *capacity, size_t size);

/* A list of strings, the commonest such array. The strings belong to the arena. */
struct strings {
    const char **items;
    size_t count, capacity;
};
void strings_add(struct strings *list, struct arena *arena, const char *text);
int strings_has(const struct strings *list, const char *text);
void strings_sort(struct strings *list);
/* All items with `separator` between them, in the arena; "" for none. */
const char *strings_join(const struct strings *list, struct arena *arena, const char *separator);
/* The parts of `text` between `separator`s, in the arena; "" and NULL give none. */
void strings_split(struct strings *list, struct arena *arena, const char *text, char separator);

#endif
