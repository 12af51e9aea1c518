/* What a confined helper can no longer do, tried in a child process for each kind of job. */
#include "base/error.h"
#include "fetch/job.h"
#include "fetch/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/paii-sandbox-XXXXXX";

/* What the child found, one bit each. */
enum {
    READS_SYSTEM = 1,
    READS_HOME = 2,
    WRITES_HOME = 4,
    WRITES_STAGING = 8,
    OPENS_SOCKET = 16,
    STARTS_PROGRAM = 32,
    NOT_CONFINED = 64,
};

static int opens(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static int starts(void)
{
    char name[] = "true", *const argv[] = {name, NULL}, *const envp[] = {NULL};
    execve("/nonexistent/true", argv, envp);
    return errno != EPERM;
}

static void try_all(const struct sandbox *needs)
{
    const char *level = "";
    char secret[64], fresh[64];
    snprintf(secret, sizeof secret, "%s/secret", folder);
    snprintf(fresh, sizeof fresh, "%s/fresh", folder);
    if (sandbox_enter(&level, needs) < 0 || strcmp(level, "full") != 0)
        _exit(NOT_CONFINED);
    int found = 0;
    found |= opens("/etc/passwd", O_RDONLY) ? READS_SYSTEM : 0;
    found |= opens(secret, O_RDONLY) ? READS_HOME : 0;
    found |= opens(fresh, O_WRONLY | O_CREAT) ? WRITES_HOME : 0;
    int fd = openat(STAGING_FD, "made", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    found |= fd >= 0 ? WRITES_STAGING : 0;
    found |= socket(AF_INET, SOCK_STREAM, 0) >= 0 ? OPENS_SOCKET : 0;
    found |= starts() ? STARTS_PROGRAM : 0;
    _exit(found);
}

static int what_works(const struct sandbox *needs)
{
    char staging[64];
    int status;
    snprintf(staging, sizeof staging, "%s/staging", folder);
    pid_t child = fork();
    if (child == 0) {
        int fd = open(staging, O_RDONLY | O_DIRECTORY);
        if (fd != STAGING_FD)
            dup2(fd, STAGING_FD);
        close(CACHE_FD);
        try_all(needs);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == NOT_CONFINED) {
        printf("skipped: this kernel has no Landlock or no seccomp\n");
        skip();
    }
    return WEXITSTATUS(status);
}

static void an_unpacker_has_its_folder_and_nothing_else(void **state)
{
    (void)state;
    assert_int_equal(what_works(&(struct sandbox){0}), READS_SYSTEM | WRITES_STAGING);
}

static void a_download_has_a_network_too(void **state)
{
    (void)state;
    assert_int_equal(what_works(&(struct sandbox){.network = true}),
                     READS_SYSTEM | WRITES_STAGING | OPENS_SOCKET);
}

static void a_local_repository_is_read_wherever_it_is(void **state)
{
    (void)state;
    assert_int_equal(what_works(&(struct sandbox){.reads_anywhere = true}),
                     READS_SYSTEM | READS_HOME | WRITES_STAGING);
}

static void ssh_starts_and_writes_nowhere_else(void **state)
{
    (void)state;
    assert_int_equal(what_works(&(struct sandbox){.network = true, .spawns = true}),
                     READS_SYSTEM | READS_HOME | WRITES_STAGING | OPENS_SOCKET | STARTS_PROGRAM);
}

static int make_folder(void **state)
{
    (void)state;
    char path[128];
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "mkdir %s/staging && echo x >%s/secret", folder, folder);
    return system(path);
}

static int remove_folder(void **state)
{
    (void)state;
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unpacker_has_its_folder_and_nothing_else),
        cmocka_unit_test(a_download_has_a_network_too),
        cmocka_unit_test(a_local_repository_is_read_wherever_it_is),
        cmocka_unit_test(ssh_starts_and_writes_nowhere_else),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
