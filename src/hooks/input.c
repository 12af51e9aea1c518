/*
 * What handlers read on their stdin. Nothing is fed to them while they run: what fits a pipe is in
 * it before they start, and what does not is a file in memory. So a handler that reads slowly, or
 * not at all, holds nobody up.
 */
#include "hooks/run_private.h"

#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PIPE_FILL = 65536 }; /* the usual capacity of a pipe */

/* -1 if it does not fit: pipes are smaller for a user who has very many of them. */
static int as_pipe(const struct input *input)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    if (input->len > PIPE_BUF) /* what is less always fits */
        fcntl(ends[1], F_SETFL, O_NONBLOCK);
    ssize_t written = writev(ends[1], input->pieces, (int)input->count);
    close(ends[1]);
    if (written == (ssize_t)input->len)
        return ends[0];
    close(ends[0]);
    return -1;
}

static bool write_piece(int fd, const struct iovec *piece)
{
    const char *at = piece->iov_base;
    for (size_t left = piece->iov_len; left;) {
        ssize_t n = write(fd, at, left);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n;
        left -= (size_t)n;
    }
    return true;
}

/* A file in memory that nobody can change any more. */
static int as_file(const struct input *input)
{
    int fd = memfd_create("input", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return -1;
    bool whole = true;
    for (size_t i = 0; i < input->count && whole; i++)
        whole = write_piece(fd, &input->pieces[i]);
    if (whole && fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == 0)
        return fd;
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

/* With a position of its own, at the start. */
static int open_again(int fd)
{
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return open(path, O_RDONLY | O_CLOEXEC);
}

int input_open(const struct input *input)
{
    int fd = input->len <= PIPE_FILL ? as_pipe(input) : -1;
    if (fd >= 0)
        return fd;
    AUTO_FD file = as_file(input);
    return file < 0 ? -1 : open_again(file);
}

int input_open_payload(struct batch *batch)
{
    struct iovec whole = {(void *)batch->payload->text, batch->payload->len};
    struct input input = {.pieces = &whole, .count = 1, .len = batch->payload->len};
    int fd = input.len <= PIPE_FILL && batch->payload_file < 0 ? as_pipe(&input) : -1;
    if (fd >= 0)
        return fd;
    if (batch->payload_file < 0)
        batch->payload_file = as_file(&input);
    return batch->payload_file < 0 ? -1 : open_again(batch->payload_file);
}
