/*
 * Where things are. Read from the environment once, by paths_init(): PAII_DIR, PAII_CONFIG, HOME,
 * CLAUDE_CONFIG_DIR, XDG_CACHE_HOME, and the program's own place (bin/ beside libexec/ and share/).
 * All are absolute and belong to the module.
 */
#ifndef PAII_BASE_PATHS_H
#define PAII_BASE_PATHS_H

struct paths {
    const char *home;
    const char *dir;        /* $PAII_DIR, else $XDG_CONFIG_HOME/paii, else ~/.config/paii */
    const char *config;     /* $PAII_CONFIG, else dir/paii.toml */
    const char *env_file;   /* dir/.env */
    const char *plugins;    /* dir/plugins */
    const char *registries; /* dir/registries */
    const char *store;      /* dir/store */
    const char *staging;    /* dir/staging */
    const char *generations;
    const char *current; /* dir/current, the link */
    const char *lock;    /* dir/lock */
    const char *history; /* dir/history */
    const char *cache;   /* $XDG_CACHE_HOME/paii, else ~/.cache/paii */
    const char *claude;  /* $CLAUDE_CONFIG_DIR, else ~/.claude */
    const char *program; /* this executable */
    const char *helper;  /* .../libexec/paii/paii-fetch */
    const char *share;   /* .../share/paii: holds registry-index/ */
};
extern struct paths paths;

/* ERR_CONFIG if HOME is unset or relative; ERR_REFUSED if `dir` belongs to or is writable by
 * others. */
int paths_init(void);

#endif
