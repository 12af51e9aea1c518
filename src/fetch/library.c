#include "fetch/library.h"

#include "base/error.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <string.h>

struct curl_library curl_lib;
struct archive_library archive_lib;

struct symbol {
    const char *name;
    void *slot; /* where the address of the function goes */
};

static int load(const char *library, const struct symbol *symbols, size_t count)
{
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);

    if (!handle) {
        fail(ERR_GENERIC, "cannot load '%s': %s", library, dlerror());
        error_hint("install the system's package of that library");
        return -ERR_GENERIC;
    }
    for (size_t i = 0; i < count; i++) {
        void *address = dlsym(handle, symbols[i].name);

        if (!address)
            return fail(ERR_GENERIC, "'%s' has no function '%s'", library, symbols[i].name);
        memcpy(symbols[i].slot, &address, sizeof address);
    }
    return 0;
}

int library_load_curl(void)
{
#define SYMBOL(name) {#name, &curl_lib.name},
    static const struct symbol symbols[] = {CURL_FUNCTIONS(SYMBOL)};
#undef SYMBOL
    int result;

    if (curl_lib.curl_easy_init)
        return 0;
    result = load(LIBRARY_CURL_NAME, symbols, sizeof symbols / sizeof *symbols);
    if (result == 0 && curl_lib.curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        result = fail(ERR_GENERIC, "cannot start libcurl");
    return result;
}

int library_load_archive(void)
{
#define SYMBOL(name) {#name, &archive_lib.name},
    static const struct symbol symbols[] = {ARCHIVE_FUNCTIONS(SYMBOL)};
#undef SYMBOL

    if (archive_lib.archive_read_new)
        return 0;
    return load(LIBRARY_ARCHIVE_NAME, symbols, sizeof symbols / sizeof *symbols);
}
