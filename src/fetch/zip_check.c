#include "fetch/archive.h"

#include "base/error.h"
#include "base/tree.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    END_SIZE = 22,
    CENTRAL_SIZE = 46,
    LOCAL_SIZE = 30,
    MAX_CENTRAL = 16 << 20,
    FLAG_ENCRYPTED = 1 << 0,
    FLAG_DESCRIPTOR = 1 << 3,
    FLAG_PATCH = 1 << 5,
    FLAG_STRONG = 1 << 6,
    FLAG_MASKED = 1 << 13,
    EXTRA_ZIP64 = 0x0001,
    EXTRA_UNICODE_PATH = 0x7075,
};

struct zip {
    int fd;
    uint64_t size;      /* of the file */
    uint64_t directory; /* where the central directory begins */
    unsigned char *central;
    size_t central_size;
    unsigned entries;
};

/* One member as the central directory tells it. */
struct member {
    const unsigned char *record; /* of the directory */
    const unsigned char *name;
    size_t name_len;
    unsigned flags, method;
    uint32_t crc;
    uint64_t packed, unpacked, offset;
};

static unsigned u16(const unsigned char *p)
{
    return p[0] | (unsigned)p[1] << 8;
}

static uint32_t u32(const unsigned char *p)
{
    return u16(p) | (uint32_t)u16(p + 2) << 16;
}

static int refuse(const char *rule)
{
    fail(ERR_REFUSED, "refused the ZIP file: %s", rule);
    error_hint(
        "some readers would see other files in it than others; a .tar.gz is read by one rule");
    return -ERR_REFUSED;
}

static int read_at(const struct zip *zip, void *out, size_t len, uint64_t offset)
{
    if (offset > zip->size || len > zip->size - offset)
        return refuse("a record lies outside the file");
    if (pread(zip->fd, out, len, (off_t)offset) != (ssize_t)len)
        return fail_errno(ERR_GENERIC, "cannot read the archive");
    return 0;
}

/* The end record, at the very end: its comment, if any, fills the rest of the file. */
static int read_end(struct zip *zip)
{
    size_t len = zip->size < 65535 + END_SIZE ? (size_t)zip->size : 65535 + END_SIZE;
    unsigned char *tail = malloc(len);
    const unsigned char *end = NULL;
    int result = tail ? read_at(zip, tail, len, zip->size - len) : -ERR_GENERIC;
    unsigned found = 0;

    for (size_t i = 0; result == 0 && i + END_SIZE <= len; i++) {
        if (memcmp(tail + i, "PK\5\6", 4) != 0)
            continue;
        end = tail + i;
        found++;
    }
    if (result == 0 && (found != 1 || (size_t)(tail + len - end) != END_SIZE + u16(end + 20)))
        result = refuse(found > 1 ? "it has more than one end" : "its end is not at its end");
    if (result == 0 && (u16(end + 4) != 0 || u16(end + 6) != 0 || u16(end + 8) != u16(end + 10)))
        result = refuse("it is one of several parts");
    if (result == 0) {
        zip->entries = u16(end + 10);
        zip->central_size = u32(end + 12);
        zip->directory = u32(end + 16);
        if (zip->directory == UINT32_MAX || zip->entries == 65535)
            result = refuse("it uses the 64-bit format");
        else if (zip->directory + zip->central_size != zip->size - (size_t)(tail + len - end))
            result = refuse("its directory is not where its end says");
    }
    free(tail);
    return result;
}

/* No extra field may give a member another size or name. */
static int check_extra(const unsigned char *extra, size_t len)
{
    while (len >= 4) {
        unsigned kind = u16(extra), size = u16(extra + 2);

        if (kind == EXTRA_ZIP64 || kind == EXTRA_UNICODE_PATH)
            return refuse("an extra field gives a member a second size or name");
        if (size + 4u > len)
            return refuse("a malformed extra field");
        extra += size + 4;
        len -= size + 4;
    }
    return 0;
}

/* The record at `at` of the directory; its length, or a negative error. */
static int64_t read_central(const struct zip *zip, size_t at, struct member *out)
{
    const unsigned char *p = zip->central + at;
    size_t left = zip->central_size - at, whole;

    if (left < CENTRAL_SIZE || memcmp(p, "PK\1\2", 4) != 0)
        return refuse("a damaged directory");
    whole = CENTRAL_SIZE + u16(p + 28) + u16(p + 30) + u16(p + 32);
    if (left < whole || u16(p + 34) != 0)
        return refuse("a damaged directory");
    *out = (struct member){
        .record = p,
        .name = p + CENTRAL_SIZE,
        .name_len = u16(p + 28),
        .flags = u16(p + 8),
        .method = u16(p + 10),
        .crc = u32(p + 16),
        .packed = u32(p + 20),
        .unpacked = u32(p + 24),
        .offset = u32(p + 42),
    };
    if (out->flags & (FLAG_ENCRYPTED | FLAG_STRONG | FLAG_MASKED | FLAG_PATCH))
        return refuse("an encrypted member");
    if (out->method != 0 && out->method != 8)
        return refuse("a member packed by a rare method");
    if (out->method == 0 && out->packed != out->unpacked)
        return refuse("a stored member with two sizes");
    if (out->name_len == 0 || memchr(out->name, '\0', out->name_len))
        return refuse("a member with an empty name or a NUL in it");
    if (check_extra(out->name + out->name_len, u16(p + 30)) < 0)
        return -ERR_REFUSED;
    return (int64_t)whole;
}

/* Sizes behind the content, with or without a signature; their length, or a negative error. */
static int64_t check_descriptor(const struct zip *zip, const struct member *member, uint64_t offset)
{
    unsigned char bytes[16] = {0};
    const unsigned char *p = bytes;
    size_t len = zip->directory - offset < 16 ? (size_t)(zip->directory - offset) : 16;
    int result =
        offset > zip->directory ? refuse("members overlap") : read_at(zip, bytes, len, offset);

    if (result < 0)
        return result;
    if (memcmp(bytes, "PK\7\10", 4) == 0)
        p += 4;
    if (u32(p) != member->crc || u32(p + 4) != member->packed || u32(p + 8) != member->unpacked)
        return refuse("the sizes behind a member are not those of the directory");
    return p - bytes + 12;
}

/* The local header says what the directory says. Returns where the member ends, or a negative
 * error. */
static int64_t check_local(const struct zip *zip, const struct member *member)
{
    unsigned char head[LOCAL_SIZE], rest[2 * 65536];
    size_t name_len, extra_len;
    bool later = member->flags & FLAG_DESCRIPTOR;
    uint64_t end;
    int64_t tail = 0;

    if (read_at(zip, head, sizeof head, member->offset) < 0)
        return -(int)error_code();
    name_len = u16(head + 26);
    extra_len = u16(head + 28);
    if (memcmp(head, "PK\3\4", 4) != 0 || u16(head + 6) != member->flags ||
        u16(head + 8) != member->method || name_len != member->name_len)
        return refuse("a member's own header is not what the directory says");
    if (read_at(zip, rest, name_len + extra_len, member->offset + LOCAL_SIZE) < 0)
        return -(int)error_code();
    if (memcmp(rest, member->name, name_len) != 0)
        return refuse("a member has another name in the directory");
    if (check_extra(rest + name_len, extra_len) < 0)
        return -ERR_REFUSED;
    if (!(later && u32(head + 14) == 0 && u32(head + 18) == 0 && u32(head + 22) == 0) &&
        (u32(head + 14) != member->crc || u32(head + 18) != member->packed ||
         u32(head + 22) != member->unpacked))
        return refuse("a member has another size in the directory");
    end = member->offset + LOCAL_SIZE + name_len + extra_len + member->packed;
    if (later)
        tail = check_descriptor(zip, member, end);
    return tail < 0 ? tail : (int64_t)end + tail;
}

static int check_members(const struct zip *zip, uint64_t *total)
{
    uint64_t expected = 0;
    size_t at = 0;

    for (unsigned i = 0; i < zip->entries; i++) {
        struct member member;
        int64_t len = read_central(zip, at, &member), end;

        if (len < 0)
            return (int)len;
        if (member.offset != expected)
            return refuse("its members are not one behind the other");
        end = check_local(zip, &member);
        if (end < 0)
            return (int)end;
        expected = (uint64_t)end;
        *total += member.unpacked;
        at += (size_t)len;
    }
    if (expected != zip->directory || at != zip->central_size)
        return refuse("something lies between its members and its directory");
    return 0;
}

int zip_check(int fd, uint64_t *total)
{
    struct zip zip = {.fd = fd};
    struct stat st;
    int result;

    *total = 0;
    if (fstat(fd, &st) < 0)
        return fail_errno(ERR_GENERIC, "cannot read the archive");
    zip.size = (uint64_t)st.st_size;
    result = read_end(&zip);
    if (result < 0)
        return result;
    if (zip.entries > TREE_LIMITS.entries || zip.central_size > MAX_CENTRAL)
        return refuse("more entries than a plugin may have");
    zip.central = malloc(zip.central_size + 1);
    if (!zip.central)
        return fail(ERR_GENERIC, "out of memory");
    result = read_at(&zip, zip.central, zip.central_size, zip.directory);
    if (result == 0)
        result = check_members(&zip, total);
    free(zip.central);
    return result;
}
