/* git, databases, containers, and paii itself. */
#include "access.h"
#include "path.h"
#include "rules.h"
#include "text.h"

#include <string.h>

/* ---- git ---- */

static bool is_main(const char *branch)
{
    if (branch[0] == '+')
        branch++;
    const char *colon = strrchr(branch, ':');
    if (colon)
        branch = colon + 1;
    if (starts(branch, "refs/heads/"))
        branch += strlen("refs/heads/");
    return is_one(branch, "main|master|trunk|develop|production|release") ||
           starts(branch, "release/");
}

static bool is_push(const struct call *call)
{
    return is_one(call->program, "git") && has_word(call, "push");
}

static bool pushes_main(const struct call *call)
{
    for (size_t i = 2; i < call->count; i++) {
        if (is_main(call->words[i].text))
            return true;
    }
    return false;
}

bool forces_push(const struct call *call)
{
    for (size_t i = 2; i < call->count && is_push(call); i++) {
        const char *text = call->words[i].text;
        if (text[0] == '+' || is_one(text, "--force|--mirror") ||
            starts(text, "--force-with-lease"))
            return true;
    }
    return is_push(call) && has_flag(call, 'f', NULL);
}

bool forces_push_main(const struct call *call)
{
    return forces_push(call) && (pushes_main(call) || has_word(call, "--mirror|--all"));
}

bool deletes_main(const struct call *call)
{
    for (size_t i = 2; i < call->count && is_push(call); i++) {
        const char *text = call->words[i].text;
        if (text[0] == ':' && is_main(text))
            return true;
    }
    return is_push(call) && has_flag(call, 'd', "delete") && pushes_main(call);
}

/* "git push origin :topic" */
bool deletes_remote(const struct call *call)
{
    for (size_t i = 2; i < call->count && is_push(call); i++) {
        if (call->words[i].text[0] == ':' && call->words[i].text[1])
            return true;
    }
    return false;
}

bool discards_paths(const struct call *call)
{
    bool index_alone = has_word(call, "--staged") && !has_word(call, "--worktree");
    return is_one(call->program, "git") && has_word(call, "checkout|restore") && !index_alone &&
           (has_word(call, ".|:/|-f|--force") || has_word(call, "--"));
}

bool cleans_forced(const struct call *call)
{
    return is_one(call->program, "git") && has_word(call, "clean") &&
           has_flag(call, 'f', "force") && !has_flag(call, 'n', "dry-run");
}

/* ---- databases ---- */

/* DROP, TRUNCATE, or DELETE of everything; the name of what goes comes after it. */
static bool deletes_data(const char *text)
{
    return has_whole_word(text, "DROP") || has_whole_word(text, "TRUNCATE") ||
           (has_whole_word(text, "DELETE") && !contains(text, "WHERE"));
}

bool drops_tables(const struct call *call)
{
    if (!is_one(call->program, "psql|mysql|mariadb|sqlite3|mongosh|mongo|clickhouse-client|sqlcmd|"
                               "duckdb|cockroach|usql|pgcli|mycli"))
        return false;
    for (size_t i = 1; i < call->count; i++) {
        if (deletes_data(call->words[i].text) || contains(call->words[i].text, "DROPDATABASE"))
            return true;
    }
    return call->piped && deletes_data(call->input.text);
}

/* ---- containers ---- */

static bool is_wide_mount(const struct call *call, const char *source)
{
    const char *clean = clean_word(call, source);
    return path_is_vital(clean) || !strcmp(clean, "/var/run/docker.sock");
}

/* docker run -v /:/host: what is confined may change the system all the same. */
bool mounts_system(const struct call *call)
{
    if (!is_one(call->program, "docker|podman|nerdctl"))
        return false;
    for (size_t i = 1; i < call->count; i++) {
        const char *text = call->words[i].text, *source = NULL;
        if (i > 1 && is_one(call->words[i - 1].text, "-v|--volume"))
            source = text;
        else if (starts(text, "--volume=") || starts(text, "-v/"))
            source = strchr(text, '/');
        else if (strstr(text, "type=bind") && strstr(text, "source="))
            source = strstr(text, "source=") + strlen("source=");
        else if (strstr(text, "type=bind") && strstr(text, "src="))
            source = strstr(text, "src=") + strlen("src=");
        size_t len = source ? strcspn(source, ":,") : 0;
        char part[256];
        if (!len || len >= sizeof part)
            continue;
        memcpy(part, source, len);
        part[len] = '\0';
        if (strchr("/~.", part[0]) && is_wide_mount(call, part))
            return true;
    }
    return false;
}

/* ---- the system ---- */

bool changes_crontab(const struct call *call)
{
    return is_one(call->program, "crontab") && !has_flag(call, 'l', NULL);
}

/* "kill -9 -1": all processes; not "kill -1 123", which is a signal. */
bool kills_everything(const struct call *call)
{
    bool signal = false;
    for (size_t i = 1; i < call->count && is_one(call->program, "kill"); i++) {
        const char *text = call->words[i].text;
        if (!strcmp(text, "-1") && (signal || i + 1 == call->count))
            return i > 1 || call->count == 2;
        signal |= text[0] == '-';
    }
    return is_one(call->program, "killall5");
}

/* Commands that take this guard away. */
bool changes_guard(const struct call *call)
{
    return is_one(call->program, "paii") && has_word(call, "remove|disable|uninstall|off") &&
           (has_word(call, "security|hook|init|--remove") || call->count == 2);
}

bool has_operands(const struct call *call)
{
    size_t i = 1;
    return next_operand(call, &i) != NULL;
}
