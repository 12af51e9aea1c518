/* Two folders change places at once. */
#include "store/store.h"

#include "base/error.h"

#include <fcntl.h>
#include <stdio.h>

int store_exchange(const char *a, const char *b)
{
    if (renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE) != 0)
        return fail_errno(ERR_GENERIC, "cannot put '%s' in the place of '%s'", a, b);
    return 0;
}
