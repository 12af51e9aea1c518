#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>

int out_of_memory_status = 1;

void out_of_memory(void)
{
    fputs("paii: error: out of memory\n", stderr);
    exit(out_of_memory_status);
}
