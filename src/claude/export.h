/*
 * A folder that Claude Code reads as a marketplace of its own (docs/export.md): for those
 * who have the client and no paii.
 */
#ifndef PAII_CLAUDE_EXPORT_H
#define PAII_CLAUDE_EXPORT_H

#include "registry/manifest.h"
#include "store/store.h"

/* One plugin on its way out. */
struct export_plugin {
    const struct package *package;
    const char *tree;                /* the folder with its files */
    const struct manifest *manifest; /* NULL if it has none of paii's */
    const char *left_out;            /* why it stays behind; NULL: it does not */
    struct strings actions, hooks;   /* what of it only paii runs */
};

struct export_marketplace {
    const char *dir;         /* as the person named it; becomes absolute */
    const char *seed;        /* the folder of a seed, which `dir` lies in; NULL: it is for itself */
    const char *name;        /* of the marketplace */
    const char *description; /* one line */
    struct export_plugin *plugins;
    size_t count; /* sorted by name */
};

/* Fills in what stays behind and why, plugin by plugin. Writes nothing. */
int export_look(struct export_marketplace *market, struct arena *arena);
/* ERR_REFUSED if `dir` holds anything that an export would overwrite and none has written. */
int export_check(struct export_marketplace *market, struct arena *arena);
/*
 * Writes the marketplace beside `dir` and puts it there. What an earlier export wrote in `dir` is
 * replaced; what else stands at its top (a .git, a README) stays.
 */
int export_write(const struct export_marketplace *market, struct arena *arena);

/* Removes what a failed export has made; the recorded error, which is the one to tell, stays. */
void export_discard(const char *folder, struct arena *arena);

/* The same for a seed in `dir`, beside the marketplaces that earlier exports put into it. */
int export_check_seed(struct export_marketplace *market, struct arena *arena);
int export_write_seed(const struct export_marketplace *market, struct arena *arena);

#endif
