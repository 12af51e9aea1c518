/*
 * A fuzz target: one function over bytes, in a file fuzz_NAME.c. libFuzzer calls it in build/fuzz
 * (tests/fuzz/run); replay.c calls it in every other build, so that the suite feeds each target its
 * seeds and some mutations of them.
 */
#ifndef PAII_FUZZ_H
#define PAII_FUZZ_H

#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* For what is read from a file; quick, for it need not be durable. */
static inline void fuzz_write(const char *path, const void *data, size_t size, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

    if (fd < 0 || write(fd, data, size) != (ssize_t)size || fchmod(fd, mode) < 0)
        abort();
    close(fd);
}

#endif
