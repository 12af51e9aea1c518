/*
 * When there is no memory left there is nothing to do but to say so and end, which is safe because
 * state changes only by one rename.
 */
#ifndef PAII_BASE_MEMORY_H
#define PAII_BASE_MEMORY_H

/* Ends the process with status 1. The hook dispatcher makes it 2, which blocks. */
_Noreturn void out_of_memory(void);
extern int out_of_memory_status;

#endif
