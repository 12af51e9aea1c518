/*
 * Descendants that lost their parent: double forks, sessions of their own, what a killed child had
 * started. Between orphans_begin() and orphans_end() they become our children, where they can be
 * found and ended.
 */
#ifndef PAII_BASE_ORPHANS_H
#define PAII_BASE_ORPHANS_H

#include <stdbool.h>
#include <sys/types.h>

/* Children that we have already are somebody else's business, and never touched by what follows. */
void orphans_begin(void);
/*
 * Kills and reaps every child of ours that `doomed` chooses (NULL: all), and what becomes our child
 * by that, until none is left or `limit_ms` is over. `doomed` is asked about running and ended
 * children alike.
 */
void orphans_kill(bool (*doomed)(pid_t pid, void *payload), void *payload, int limit_ms);
/* Reaps those that ended by themselves. Those that still run lose us as their reaper. */
void orphans_end(void);

#endif
