#include "base/hash.h"

#include "base/error.h"
#include "base/fs.h"

#include <fcntl.h>
#include <sha2.h>
#include <string.h>
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

void integrity_init(struct hash *hash)
{
    SHA512Init((SHA2_CTX *)hash);
}

void integrity_add(struct hash *hash, const void *data, size_t len)
{
    SHA512Update((SHA2_CTX *)hash, data, len);
}

void integrity_finish(struct hash *hash, char out[INTEGRITY_SIZE])
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    unsigned char bytes[SHA512_DIGEST_LENGTH + 2] = {0}; /* 66: three bytes are four digits */
    char *to = out + strlen("sha512-");
    SHA512Final(bytes, (SHA2_CTX *)hash);
    memcpy(out, "sha512-", strlen("sha512-"));
    for (const unsigned char *p = bytes; p < bytes + sizeof bytes; p += 3) {
        *to++ = digits[p[0] >> 2];
        *to++ = digits[(p[0] & 3) << 4 | p[1] >> 4];
        *to++ = digits[(p[1] & 15) << 2 | p[2] >> 6];
        *to++ = digits[p[2] & 63];
    }
    memcpy(to - 2, "==", sizeof "==");
}
