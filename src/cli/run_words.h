/*
 * The words after `paii run PLUGIN`: an action, and its parameters as options (docs/protocol.md).
 */
#ifndef PAII_CLI_RUN_WORDS_H
#define PAII_CLI_RUN_WORDS_H

#include "base/buf.h"
#include "registry/manifest.h"

struct run_words {
    char *const *items;
    size_t count;
    const char *action; /* NULL if none was named */
    bool json, help, dry_run;
    struct buf params; /* a JSON object; to be released */
};

/* Finds the action: the first word, or --action NAME; it is taken out of the words. */
int run_words_action(struct run_words *words, struct arena *arena);
/* Reads the rest by the action's schema; NULL for no action, which leaves only the options that
 * every action has. Standard input is read if a value asks for it. */
int run_words_params(struct run_words *words, const struct action *action, struct arena *arena);

#endif
