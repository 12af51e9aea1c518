#include "fetch/archive.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK = 512, MAX_EXTENDED = 1 << 20 };

/* An octal number, or -1 for one that is no number or stored in another way (base 256). */
static int64_t octal(const unsigned char *field, size_t len)
{
    int64_t value = 0;
    size_t i = 0;

    while (i < len && field[i] == ' ')
        i++;
    for (; i < len && field[i] >= '0' && field[i] <= '7'; i++)
        value = value * 8 + (field[i] - '0');
    return i < len && field[i] != ' ' && field[i] != '\0' ? -1 : value;
}

bool tar_is_header(const unsigned char block[BLOCK])
{
    int64_t sum = 0;

    for (size_t i = 0; i < BLOCK; i++)
        sum += i >= 148 && i < 156 ? ' ' : block[i];
    return octal(block + 148, 8) == sum;
}

static bool is_zero(const unsigned char *block)
{
    for (size_t i = 0; i < BLOCK; i++) {
        if (block[i] != 0)
            return false;
    }
    return true;
}

/* Records "LENGTH KEY=VALUE\n"; only the size matters here. */
static int read_extended(struct tar_check *check)
{
    const char *p = buf_text(&check->extended), *end = p + check->extended.len;

    while (p < end && *p) {
        char *after;
        unsigned long length = strtoul(p, &after, 10);
        const char *key = after + 1;

        if (after == p || *after != ' ' || length > (size_t)(end - p) || length < 5 ||
            p[length - 1] != '\n' || key >= p + length)
            return fail(ERR_REFUSED, "refused the archive: a malformed extended header");
        if (memchr(key, '\0', (size_t)(p + length - key)))
            return fail(ERR_REFUSED, "refused the archive: a NUL in an extended header");
        if (strncmp(key, "size=", 5) == 0) {
            if (check->has_size)
                return fail(ERR_REFUSED, "refused the archive: a member with two sizes");
            check->has_size = true;
            check->size = strtoull(key + 5, &after, 10);
            if (after == key + 5 || *after != '\n')
                return fail(ERR_REFUSED, "refused the archive: a malformed size");
        }
        if (strncmp(key, "GNU.sparse.", 11) == 0)
            return fail(ERR_REFUSED, "refused the archive: a sparse file");
        p += length;
    }
    return 0;
}

static bool has_content(unsigned char type)
{
    return type != '1' && type != '2' && type != '3' && type != '4' && type != '5' && type != '6';
}

static int read_header(struct tar_check *check)
{
    const unsigned char *block = check->block;
    unsigned char type = block[156];
    int64_t size = octal(block + 124, 12);

    if (is_zero(block)) {
        check->ended = true;
        return 0;
    }
    if (check->ended)
        return fail(ERR_REFUSED, "refused the archive: something follows its end");
    if (!tar_is_header(block))
        return fail(ERR_REFUSED, "refused the archive: a damaged tar header");
    if (size < 0)
        return fail(ERR_REFUSED, "refused '%.100s': a size that cannot be right", block);
    if (type == 'S' || type == 'D' || type == 'M' || type == 'V')
        return fail(ERR_REFUSED, "refused '%.100s': an entry of type '%c'", block, type);
    if (type == 'x' || type == 'g') {
        if (size > MAX_EXTENDED)
            return fail(ERR_REFUSED, "refused the archive: an extended header over 1 MiB");
        buf_clear(&check->extended);
        check->extended_left = (uint64_t)size;
    } else if (type != 'L' && type != 'K') {
        if (check->has_size && check->size != (uint64_t)size)
            return fail(ERR_REFUSED, "refused '%.100s': its two sizes disagree (%llu and %llu)",
                        block, (unsigned long long)size, (unsigned long long)check->size);
        check->has_size = false;
        if (!has_content(type) && size != 0)
            return fail(ERR_REFUSED, "refused '%.100s': content where none can be", block);
    }
    check->skip = ((uint64_t)size + BLOCK - 1) / BLOCK * BLOCK;
    return 0;
}

/* Takes up to `len` bytes of content; returns how many, or a negative error. */
static int64_t pass_content(struct tar_check *check, const void *data, size_t len)
{
    size_t take = len < check->skip ? len : (size_t)check->skip;
    size_t extended = take < check->extended_left ? take : (size_t)check->extended_left;

    if (extended > 0) {
        buf_add(&check->extended, data, extended);
        check->extended_left -= extended;
        if (check->extended_left == 0) {
            int result = read_extended(check);

            if (result < 0)
                return result;
        }
    }
    check->skip -= take;
    return (int64_t)take;
}

int tar_check_feed(struct tar_check *check, const void *data, size_t len)
{
    const unsigned char *p = data;

    while (len > 0) {
        size_t take = BLOCK - check->filled;

        if (check->skip > 0) {
            int64_t passed = pass_content(check, p, len);

            if (passed < 0)
                return (int)passed;
            p += passed;
            len -= (size_t)passed;
            continue;
        }
        take = take < len ? take : len;
        memcpy(check->block + check->filled, p, take);
        check->filled += take;
        p += take;
        len -= take;
        if (check->filled == BLOCK) {
            int result = read_header(check);

            if (result < 0)
                return result;
            check->filled = 0;
        }
    }
    return 0;
}

void tar_check_release(struct tar_check *check)
{
    buf_release(&check->extended);
}
