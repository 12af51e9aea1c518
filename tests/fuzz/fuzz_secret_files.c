/*
 * The files that a person keeps secrets in: ~/.netrc and .env. Whatever else stands there, the
 * first entry of a host and the last line of a name are those that count. After '!' others can read
 * them.
 */
#include "base/env_file.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/paths.h"
#include "fuzz.h"
#include "registry/netrc.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char folder[] = "/tmp/paii-fuzz-XXXXXX";
static char file[sizeof folder + sizeof "/.netrc"];

static void folder_remove(void)
{
    fs_remove_tree(folder);
}

static void folder_make(void)
{
    if (!mkdtemp(folder))
        abort();
    snprintf(file, sizeof file, "%s/.netrc", folder);
    atexit(folder_remove);
    paths.home = folder;
    paths.env_file = file; /* one file is both */
}

static void write_file(const char *text, mode_t mode)
{
    fuzz_write(file, text, strlen(text), mode);
}

static void check_netrc(const char *text, struct arena *arena)
{
    const char *login, *password;

    if (netrc_find(&login, &password, "git.example", arena) < 0) {
        assert(error_code() == ERR_CONFIG);
        return;
    }
    write_file(arena_printf(arena, "machine git.example login a password b machine none %s", text),
               0600);
    assert(netrc_find(&login, &password, "git.example", arena) == 0);
    assert(strcmp(login, "a") == 0 && strcmp(password, "b") == 0);
}

static void check_env(const char *text, struct arena *arena)
{
    struct strings lines = {0};
    const char *value;

    write_file(text, 0600);
    assert(env_file_read(&lines, arena) == 0);
    if (env_file_get(&value, &lines, "TOKEN", arena) < 0) {
        assert(error_code() == ERR_CONFIG);
        return;
    }
    strings_add(&lines, arena, "TOKEN=last");
    assert(env_file_get(&value, &lines, "TOKEN", arena) == 0 && strcmp(value, "last") == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    const char *text, *login, *password;
    struct strings lines = {0};

    if (!*file)
        folder_make();
    if (size == 0)
        return 0;
    text = arena_strndup(&arena, (const char *)data + 1, size - 1);
    if (data[0] == '!') {
        write_file(text, 0640);
        assert(netrc_find(&login, &password, "git.example", &arena) == -ERR_REFUSED);
        assert(env_file_read(&lines, &arena) == -ERR_REFUSED);
    } else {
        write_file(text, 0600);
        check_netrc(text, &arena);
        check_env(text, &arena);
    }
    error_clear();
    arena_release(&arena);
    return 0;
}
