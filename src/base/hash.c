#include "base/hash.h"

#include "base/error.h"
#include "base/fs.h"

#include <fcntl.h>
#include <sha2.h>
#include <unistd.h>

_Static_assert(sizeof(SHA2_CTX) <= sizeof(struct hash), "struct hash must hold libmd's context");

void hash_init(struct hash *hash)
{
    SHA256Init((SHA2_CTX *)hash);
}

void hash_add(struct hash *hash, const void *data, size_t len)
{
    SHA256Update((SHA2_CTX *)hash, data, len);
}

void hash_finish(struct hash *hash, char out[HASH_HEX_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char bytes[SHA256_DIGEST_LENGTH];
    SHA256Final(bytes, (SHA2_CTX *)hash);
    for (size_t i = 0; i < sizeof bytes; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[HASH_HEX_SIZE - 1] = '\0';
}

void hash_bytes(char out[HASH_HEX_SIZE], const void *data, size_t len)
{
    struct hash hash;
    hash_init(&hash);
    hash_add(&hash, data, len);
    hash_finish(&hash, out);
}

int hash_file(char out[HASH_HEX_SIZE], const char *path)
{
    AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return fail_errno(ERR_GENERIC, "cannot open '%s'", path);
    struct hash hash;
    hash_init(&hash);
    unsigned char chunk[16384];
    for (;;) {
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n < 0)
            return fail_errno(ERR_GENERIC, "cannot read '%s'", path);
        if (n == 0)
            break;
        hash_add(&hash, chunk, (size_t)n);
    }
    hash_finish(&hash, out);
    return 0;
}
