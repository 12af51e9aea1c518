/*
 * The user's own rules: from the plugin's configuration.
 */
#ifndef SECURITY_POLICY_H
#define SECURITY_POLICY_H

#include "json.h"
#include "judge.h"

struct policy;

/* NULL and `*why` if the configuration is wrong. `config` may be NULL. */
const struct policy *policy_read(const struct json *config, const char **why);
/* Whether the user has turned a built-in rule off. NULL: there is no policy. */
bool policy_is_off(const struct policy *policy, const char *rule);
/* deny and ask make a finding stricter; allow takes an ask away, and never a denial. */
void policy_judge_command(const struct policy *policy, struct finding *finding);
void policy_judge_path(const struct policy *policy, const char *clean, enum access access,
                       struct finding *finding);

#endif
