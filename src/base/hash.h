/*
 * SHA-256 (libmd), as lower-case hex; SHA-512 as npm writes it.
 */
#ifndef PAII_BASE_HASH_H
#define PAII_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_HEX_SIZE 65 /* 64 digits and NUL */

struct hash {
    uint64_t state[16]; /* room for libmd's SHA2_CTX; checked at compile time */
    uint64_t more[12];
};
void hash_init(struct hash *hash);
void hash_add(struct hash *hash, const void *data, size_t len);
void hash_finish(struct hash *hash, char out[HASH_HEX_SIZE]);
void hash_bytes(char out[HASH_HEX_SIZE], const void *data, size_t len);
int hash_file(char out[HASH_HEX_SIZE], const char *path);

/* SHA-512 as Subresource Integrity has it: "sha512-" and 88 characters of base64. */
#define INTEGRITY_SIZE 96 /* with NUL */
void integrity_init(struct hash *hash);
void integrity_add(struct hash *hash, const void *data, size_t len);
void integrity_finish(struct hash *hash, char out[INTEGRITY_SIZE]);

#endif
