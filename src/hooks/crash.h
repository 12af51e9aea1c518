/*
 * The dispatcher's own failure must not let through what a guard would have stopped.
 */
#ifndef PAII_HOOKS_CRASH_H
#define PAII_HOOKS_CRASH_H

/* From now on this process ends with status 2, which blocks, when it crashes or has no memory left:
 * for the events where that stops something. Elsewhere nothing changes. */
void hook_block_on_crash(int event);

#endif
