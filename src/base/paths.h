/*
 * Where things are. Read from the environment once, by paths_init(): PAII_DIR, PAII_CONFIG, HOME,
 * CLAUDE_CONFIG_DIR, XDG_CACHE_HOME, and the program's own place (bin/ beside libexec/ and share/).
 * All are absolute and belong to the module.
 *
 * They are those of one scope: of the user, or of a project, whose folder of state is
 * dir/projects/ID of the user's and holds a link `root` to the project (docs/project.md). What the
 * two share is marked.
 */
#ifndef PAII_BASE_PATHS_H
#define PAII_BASE_PATHS_H

struct paths {
    const char *home;
    const char *dir;        /* $PAII_DIR, else $XDG_CONFIG_HOME/paii, else ~/.config/paii */
    const char *user;       /* shared: the user's own `dir` */
    const char *project;    /* its folder, without links on the way; NULL in the user's scope */
    const char *config;     /* shared: $PAII_CONFIG, else user/paii.toml */
    const char *env_file;   /* shared: user/.env */
    const char *plugins;    /* dir/plugins */
    const char *registries; /* dir/registries */
    const char *store;      /* shared: user/store */
    const char *staging;    /* shared: user/staging */
    const char *generations;
    const char *current; /* dir/current, the link */
    const char *lock;    /* shared: user/lock */
    const char *history; /* dir/history */
    const char *cache;   /* shared: $XDG_CACHE_HOME/paii, else ~/.cache/paii */
    const char *claude;  /* $CLAUDE_CONFIG_DIR, else ~/.claude; project/.claude */
    const char *program; /* this executable */
    const char *helper;  /* .../libexec/paii/paii-fetch */
    const char *share;   /* .../share/paii: holds registry-index/ */
};
extern struct paths paths;

/* ERR_CONFIG if HOME is unset or relative; ERR_REFUSED if `dir` belongs to or is writable by
 * others. */
int paths_init(void);
/* The scope of the project in `root`, whose state need not be there yet; after paths_init(). */
int paths_enter_project(const char *root);
/* The scope of that folder of state: the user's, or one of a project that is there. */
int paths_enter(const char *dir);

#endif
