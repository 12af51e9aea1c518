/*
 * The rules that are built in. rules.c has the table; the questions that a pattern of words cannot
 * ask are in rules_files.c, rules_code.c and rules_tools.c.
 */
#ifndef SECURITY_RULES_H
#define SECURITY_RULES_H

#include "shell.h"

struct rule {
    const char *id;
    enum decision decision;
    const char *pattern;                   /* "git|hub push --force": all of it occurs; or NULL */
    bool (*fits)(const struct call *call); /* holds too; or NULL */
    const char *reason;
};

/* Gives the finding the decision of the strictest rule that fits, the first of equals. */
void rules_judge(const struct call *call, struct finding *finding);
/* For a file that is opened by a tool. */
void rules_judge_file(const struct policy *policy, const char *clean, enum access access,
                      struct finding *finding);

/* ---- rules_files.c ---- */

bool removes_root(const struct call *call);
bool removes_home(const struct call *call);
bool removes_system(const struct call *call);
bool removes_project(const struct call *call);
bool removes_top_level(const struct call *call);
bool removes_unknown(const struct call *call);
bool removes_widely(const struct call *call);
bool moves_vital(const struct call *call);
bool changes_modes_of_vital(const struct call *call);
bool changes_modes_of_unknown(const struct call *call);
bool opens_to_all(const struct call *call);
bool sets_user_id(const struct call *call);
bool makes_file_system(const struct call *call);
bool erases_device(const struct call *call);
bool hides_history(const struct call *call);

/* ---- rules_code.c ---- */

bool runs_network(const struct call *call);
bool runs_download(const struct call *call);
bool runs_decoded(const struct call *call);
bool runs_unseen(const struct call *call);
bool runs_computed(const struct call *call);
bool opens_shell(const struct call *call);
bool bombs(const struct call *call);
bool sends_secrets(const struct call *call);
bool shows_environment(const struct call *call);
bool loads_library(const struct call *call);

/* ---- rules_tools.c ---- */

bool forces_push(const struct call *call);
bool forces_push_main(const struct call *call);
bool deletes_main(const struct call *call);
bool deletes_remote(const struct call *call);
bool discards_paths(const struct call *call);
bool cleans_forced(const struct call *call);
bool drops_tables(const struct call *call);
bool mounts_system(const struct call *call);
bool changes_crontab(const struct call *call);
bool kills_everything(const struct call *call);
bool changes_guard(const struct call *call);
bool has_operands(const struct call *call);

#endif
