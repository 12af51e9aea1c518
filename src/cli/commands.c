/*
 * The table of all commands, in the order of the help. A command is one row here and one file,
 * cmd_NAME.c, that defines `const struct command cmd_NAME`.
 */
#include "cli/command.h"

extern const struct command cmd_adopt;
extern const struct command cmd_call;
extern const struct command cmd_check;
extern const struct command cmd_complete;
extern const struct command cmd_completions;
extern const struct command cmd_config;
extern const struct command cmd_contract;
extern const struct command cmd_disable;
extern const struct command cmd_doctor;
extern const struct command cmd_enable;
extern const struct command cmd_export;
extern const struct command cmd_gc;
extern const struct command cmd_generations;
extern const struct command cmd_help;
extern const struct command cmd_hold;
extern const struct command cmd_hook;
extern const struct command cmd_info;
extern const struct command cmd_init;
extern const struct command cmd_install;
extern const struct command cmd_list;
extern const struct command cmd_man;
extern const struct command cmd_new;
extern const struct command cmd_outdated;
extern const struct command cmd_registry;
extern const struct command cmd_remove;
extern const struct command cmd_rollback;
extern const struct command cmd_repair;
extern const struct command cmd_run;
extern const struct command cmd_search;
extern const struct command cmd_status;
extern const struct command cmd_sync;
extern const struct command cmd_tree;
extern const struct command cmd_unhold;
extern const struct command cmd_update;
extern const struct command cmd_verify;
extern const struct command cmd_version;
extern const struct command cmd_why;

const struct command *const commands[] = {
    /* start */
    &cmd_init,
    /* plugins */
    &cmd_install,
    &cmd_remove,
    &cmd_update,
    &cmd_sync,
    &cmd_hold,
    &cmd_unhold,
    &cmd_disable,
    &cmd_enable,
    &cmd_outdated,
    &cmd_list,
    &cmd_tree,
    &cmd_why,
    &cmd_contract,
    &cmd_adopt,
    /* registries */
    &cmd_search,
    &cmd_info,
    &cmd_registry,
    &cmd_export,
    /* use */
    &cmd_run,
    &cmd_call,
    &cmd_hook,
    &cmd_new,
    &cmd_check,
    /* state */
    &cmd_generations,
    &cmd_rollback,
    &cmd_gc,
    &cmd_verify,
    &cmd_repair,
    &cmd_status,
    &cmd_doctor,
    &cmd_config,
    /* shell */
    &cmd_completions,
    &cmd_help,
    &cmd_version,
    &cmd_complete,
    &cmd_man,
    NULL,
};
