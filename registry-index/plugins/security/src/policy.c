#include "policy.h"

#include "arena.h"
#include "glob.h"
#include "path.h"
#include "places.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

struct own_rule {
    enum decision decision;
    bool allows;
    const char *command, *path; /* a pattern; one of them is NULL */
    bool reads, writes;         /* of a path */
    const char *reason;
};

struct policy {
    struct own_rule *rules;
    size_t count, capacity;
    const struct json *off;
};

static const char *wrong(size_t number, const char *what)
{
    char text[128];
    snprintf(text, sizeof text, "rule %zu %s", number, what);
    return take_text(text, strlen(text));
}

static const char *read_rule(struct own_rule *out, const struct json *json, size_t number)
{
    const char *decision = json_string(json, "decision"), *access = json_string(json, "access");
    const char *path = json_string(json, "path");
    out->command = json_string(json, "command");
    out->reason = json_string(json, "reason");
    if (!decision || !is_one(decision, "allow|ask|deny"))
        return wrong(number, "needs decision = \"allow\", \"ask\" or \"deny\"");
    if (!out->command == !path)
        return wrong(number, "needs either a command or a path");
    if (!out->reason)
        return wrong(number, "needs a reason");
    if (access && !is_one(access, "read|write"))
        return wrong(number, "needs access = \"read\" or \"write\", or none");
    out->path = path ? path_clean(path, NULL) : NULL;
    if (path && !strchr(path, '/'))
        out->path = path;
    out->allows = !strcmp(decision, "allow");
    out->decision = !strcmp(decision, "deny") ? DENY : !strcmp(decision, "ask") ? ASK : NONE;
    out->reads = !access || !strcmp(access, "read");
    out->writes = !access || !strcmp(access, "write");
    return NULL;
}

const struct policy *policy_read(const struct json *config, const char **why)
{
    struct policy *policy = take(sizeof *policy);
    const struct json *rules = json_member(config, "rules"), *off = json_member(config, "off");
    const struct json *rule = rules && rules->type == JSON_ARRAY ? rules->first : NULL;
    *why = rules && rules->type != JSON_ARRAY ? "'rules' must be an array of tables" : NULL;
    if (off && off->type != JSON_ARRAY)
        *why = "'off' must be an array of the names of rules";
    policy->off = off;
    for (; rule && !*why; rule = rule->next) {
        policy->rules =
            grow(policy->rules, policy->count, &policy->capacity, sizeof *policy->rules);
        *why = read_rule(&policy->rules[policy->count], rule, policy->count + 1);
        policy->count++;
    }
    return *why ? NULL : policy;
}

bool policy_is_off(const struct policy *policy, const char *rule)
{
    const struct json *at = policy && policy->off ? policy->off->first : NULL;
    while (at && !(at->type == JSON_STRING && !strcmp(at->text, rule)))
        at = at->next;
    return at != NULL;
}

static void apply(const struct own_rule *rule, struct finding *finding)
{
    if (rule->allows ? finding->decision == ASK : rule->decision > finding->decision) {
        finding->decision = rule->decision;
        finding->rule = "user";
        finding->reason = rule->reason;
    }
}

void policy_judge_command(const struct policy *policy, struct finding *finding)
{
    for (size_t i = 0; policy && i < policy->count; i++) {
        const struct own_rule *rule = &policy->rules[i];
        if (rule->command && glob_fits(rule->command, finding->shown))
            apply(rule, finding);
    }
}

void policy_judge_path(const struct policy *policy, const char *clean, enum access access,
                       struct finding *finding)
{
    for (size_t i = 0; policy && i < policy->count; i++) {
        const struct own_rule *rule = &policy->rules[i];
        if (rule->path && (access == READS ? rule->reads : rule->writes) &&
            places_fit(rule->path, clean))
            apply(rule, finding);
    }
}
