/*
 * What the reader of archives may see: checks that stand in front of libarchive.
 */
#ifndef PAII_FETCH_ARCHIVE_H
#define PAII_FETCH_ARCHIVE_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * tar_check.c: follows a tar stream as it is read. ERR_REFUSED when a member's two sizes (its own
 * header's and the extended header's) disagree: readers differ in which they believe.
 */
struct tar_check {
    unsigned char block[512];
    size_t filled;          /* bytes of `block` that have come */
    uint64_t skip;          /* bytes of content, padding included, still to pass by */
    uint64_t extended_left; /* of them, bytes that belong to `extended` */
    struct buf extended;    /* the extended header being read */
    bool has_size;          /* an extended header gave a size for the next member */
    uint64_t size;
    bool ended; /* the zero block was seen */
};
int tar_check_feed(struct tar_check *check, const void *data, size_t len);
void tar_check_release(struct tar_check *check);
/* Whether 512 bytes are a tar header, by their checksum. */
bool tar_is_header(const unsigned char block[512]);

/*
 * zip_check.c: 0 if the ZIP file open at `fd` is one that every reader reads alike: the central
 * directory at its end tells of exactly the members that lie before it, gapless and in order, each
 * with a local header that says the same. ERR_REFUSED otherwise. `total` is the size of all members
 * unpacked.
 */
int zip_check(int fd, uint64_t *total);

#endif
