/* The rules: one table, and the few questions that a pattern of words cannot ask. */
#include "judge.h"
#include "path.h"

#include <string.h>

/* ---- words ---- */

static bool starts(const char *text, const char *prefix)
{
    return !strncmp(text, prefix, strlen(prefix));
}

/* Whether `name` is one of "a|b|c". */
static bool is_one(const char *name, const char *list)
{
    size_t len = strlen(name);
    for (const char *at = list; *at;) {
        size_t part = strcspn(at, "|");
        if (part == len && !memcmp(at, name, len))
            return true;
        at += part + (at[part] == '|');
    }
    return false;
}

static bool is_option(const char *text)
{
    return text[0] == '-' && text[1] != '\0';
}

/* -r alone or among -xrf; --recursive or an abbreviation of it. */
static bool has_flag(const struct task *task, char letter, const char *name)
{
    for (size_t i = 1; i < task->count && strcmp(task->words[i].text, "--"); i++) {
        const char *text = task->words[i].text;
        if (text[0] != '-')
            continue;
        if (letter && text[1] != '-' && strchr(text + 1, letter))
            return true;
        size_t len = strcspn(text, "=");
        if (name && starts(text, "--") && len > 4 && !strncmp(text + 2, name, len - 2))
            return true;
    }
    return false;
}

static bool has_word(const struct task *task, const char *list)
{
    for (size_t i = 1; i < task->count; i++) {
        if (is_one(task->words[i].text, list))
            return true;
    }
    return false;
}

/* The next word that is no option, from *i on; NULL at the end. */
static const struct word *next_operand(const struct task *task, size_t *i)
{
    while (*i < task->count) {
        const struct word *word = &task->words[(*i)++];
        if (!is_option(word->text))
            return word;
    }
    return NULL;
}

static const char *clean(const struct task *task, const struct word *word)
{
    return path_clean(word->text, task->cwd);
}

static bool any_operand(const struct task *task, bool (*fits)(const char *clean))
{
    size_t i = 1;
    for (const struct word *word; (word = next_operand(task, &i));) {
        if (fits(clean(task, word)))
            return true;
    }
    return false;
}

/* ---- places ---- */

static bool is_root(const char *path)
{
    return path_place(path) == PLACE_ROOT;
}

static bool is_home(const char *path)
{
    return path_place(path) == PLACE_HOME;
}

static bool is_device(const char *path)
{
    return path_place(path) == PLACE_DEVICE;
}

static bool is_system(const char *path)
{
    return path_place(path) == PLACE_SYSTEM;
}

static bool is_system_folder(const char *path)
{
    return is_system(path) && path_depth(path) <= 2;
}

static bool is_vital(const char *path)
{
    return is_root(path) || is_home(path) || is_system_folder(path);
}

static bool is_account_file(const char *path)
{
    static const char *const paths[] = {"/etc/passwd",        "/etc/shadow",           "/etc/group",
                                        "/etc/sudoers",       "/etc/sudoers.d",        "/etc/pam.d",
                                        "/etc/ld.so.preload", "~/.ssh/authorized_keys"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        if (path_below(path, paths[i]))
            return true;
    }
    return false;
}

static bool is_log(const char *path)
{
    return path_below(path, "/var/log");
}

/* ---- deleting ---- */

static bool deletes_tree(const struct task *task)
{
    if (is_one(task->program, "rm"))
        return has_flag(task, 'r', "recursive") || has_flag(task, 'R', NULL);
    return is_one(task->program, "find") && has_word(task, "-delete");
}

static bool rm_root(const struct task *task)
{
    return deletes_tree(task) &&
           (any_operand(task, is_root) || has_flag(task, 0, "no-preserve-root"));
}

static bool rm_home(const struct task *task)
{
    return deletes_tree(task) && any_operand(task, is_home);
}

static bool rm_system(const struct task *task)
{
    return deletes_tree(task) && any_operand(task, is_system_folder);
}

static bool rm_below_system(const struct task *task)
{
    return is_one(task->program, "rm|unlink|rmdir|find") &&
           (!is_one(task->program, "find") || deletes_tree(task)) && any_operand(task, is_system);
}

/* "$DIR/…": all of the system if DIR is empty. */
static bool rm_variable(const struct task *task)
{
    size_t i = 1;
    if (!deletes_tree(task))
        return false;
    for (const struct word *word; (word = next_operand(task, &i));) {
        if (word->expands && word->text[0] == '$')
            return true;
    }
    return false;
}

static bool rm_unseen(const struct task *task)
{
    return task->open_ended && is_one(task->program, "rm|shred|unlink|truncate");
}

static bool moves_vital(const struct task *task)
{
    size_t i = 1;
    const struct word *word = next_operand(task, &i);
    for (const struct word *next; word && (next = next_operand(task, &i)); word = next) {
        if (is_vital(clean(task, word)))
            return true; /* not the last one: that is where they go */
    }
    return false;
}

/* mkfs.ext4 and its like: they are too many to list. */
static bool makes_file_system(const struct task *task)
{
    return starts(task->program, "mkfs") || is_one(task->program, "mke2fs|newfs|mkntfs|mkdosfs");
}

/* ---- modes and owners ---- */

static bool is_recursive(const struct task *task)
{
    return has_flag(task, 'R', "recursive");
}

/* 777, o+w, a=rwx: anybody may write. */
static bool is_world_writable(const char *mode)
{
    size_t len = strlen(mode);
    if (len >= 3 && strspn(mode, "01234567") == len)
        return (mode[len - 1] - '0') & 2;
    size_t who = strspn(mode, "ugoa");
    bool others = !who || memchr(mode, 'o', who) || memchr(mode, 'a', who);
    return others && (mode[who] == '+' || mode[who] == '=') && strchr(mode + who, 'w');
}

static bool opens_to_all(const struct task *task)
{
    for (size_t i = 1; i < task->count; i++) {
        if (is_world_writable(task->words[i].text))
            return is_recursive(task);
    }
    return false;
}

static bool mode_of_vital(const struct task *task)
{
    return is_recursive(task) && any_operand(task, is_vital);
}

static bool sets_user_id(const struct task *task)
{
    for (size_t i = 1; i < task->count; i++) {
        const char *text = task->words[i].text;
        size_t len = strlen(text);
        bool octal = len == 4 && strspn(text, "01234567") == 4 && (text[0] - '0') & 6;
        if (octal || is_one(text, "u+s|g+s|+s|ug+s|a+s"))
            return true;
    }
    return false;
}

/* ---- writing ---- */

/* The value of "-o FILE", "--output=FILE", "of=FILE". */
static bool option_writes(const struct task *task, size_t i, bool (*fits)(const char *clean))
{
    static const char *const prefixes[] = {
        "of=", "--output=", "--output-document=", "--target-directory="};
    const char *text = task->words[i].text;
    bool next = i + 1 < task->count && is_one(task->program, "curl|wget|cp|mv|install|ln|sort") &&
                is_one(text, "-o|-O|-t|--output|--output-document|--target-directory");
    if (next && fits(clean(task, &task->words[i + 1])))
        return true;
    for (size_t k = 0; k < sizeof prefixes / sizeof *prefixes; k++) {
        if (starts(text, prefixes[k]) && fits(path_clean(text + strlen(prefixes[k]), task->cwd)))
            return true;
    }
    return false;
}

static bool last_operand_fits(const struct task *task, bool (*fits)(const char *clean))
{
    size_t i = 1;
    const struct word *last = NULL;
    for (const struct word *word; (word = next_operand(task, &i));)
        last = word;
    return last && fits(clean(task, last));
}

/* Whether the command writes to a path that fits: by redirection, or by what the program is for. */
static bool writes(const struct task *task, bool (*fits)(const char *clean))
{
    for (size_t i = 0; i < task->command->redirect_count; i++) {
        const struct redirect *redirect = &task->command->redirects[i];
        if (redirect->kind == '>' && fits(clean(task, &redirect->target)))
            return true;
    }
    for (size_t i = 1; i < task->count; i++) {
        if (option_writes(task, i, fits))
            return true;
    }
    if (is_one(task->program, "cp|mv|install|ln|rsync"))
        return last_operand_fits(task, fits);
    if (is_one(task->program, "sed|perl|ruby"))
        return has_flag(task, 'i', "in-place") && any_operand(task, fits);
    return is_one(task->program, "tee|truncate|shred|sponge|ed|ex") && any_operand(task, fits);
}

static bool writes_device(const struct task *task)
{
    return writes(task, is_device);
}

static bool erases_device(const struct task *task)
{
    return any_operand(task, is_device);
}

static bool writes_accounts(const struct task *task)
{
    return writes(task, is_account_file);
}

static bool writes_system(const struct task *task)
{
    return writes(task, is_system);
}

static bool writes_startup(const struct task *task)
{
    return writes(task, path_is_startup);
}

static bool tampers_log(const struct task *task)
{
    bool removes = is_one(task->program, "rm|unlink|shred|truncate") && any_operand(task, is_log);
    for (size_t i = 0; i < task->command->redirect_count; i++) {
        const struct redirect *redirect = &task->command->redirects[i];
        if (redirect->kind == '>' && is_log(clean(task, &redirect->target)))
            removes = true;
    }
    return removes;
}

static bool tampers_history(const struct task *task)
{
    const struct command *command = task->command;
    for (size_t i = 0; i < command->assigned_count; i++) {
        if (starts(command->assigned[i].text, "HISTFILE=") ||
            is_one(command->assigned[i].text, "HISTSIZE=0|HISTFILESIZE=0"))
            return true;
    }
    if (is_one(task->program, "export|unset|declare|set")) {
        for (size_t i = 1; i < task->count; i++) {
            if (starts(task->words[i].text, "HISTFILE") ||
                is_one(task->words[i].text, "HISTSIZE=0|HISTFILESIZE=0"))
                return true;
        }
    }
    bool removes = is_one(task->program, "rm|unlink|shred|truncate|ln") &&
                   any_operand(task, path_is_shell_history);
    return removes || writes(task, path_is_shell_history);
}

/* ---- pipelines ---- */

/* Where the command stands in the pipeline, itself or as part of a group; -1: not in it. */
static long position_in(const struct command *command, const struct pipeline *pipeline)
{
    long position = (long)command->position;
    for (const struct pipeline *at = command->pipeline; at; at = at->outer) {
        if (at == pipeline)
            return position;
        position = (long)at->outer_position;
    }
    return -1;
}

/* Whether a command whose output reaches this one fits. */
static bool fed_by(const struct task *task, bool (*fits)(const struct command *))
{
    long own = (long)task->command->position;
    for (const struct pipeline *at = task->command->pipeline; at; at = at->outer) {
        for (size_t i = 0; i < task->script->count; i++) {
            const struct command *other = &task->script->commands[i];
            long position = position_in(other, at);
            if (position >= 0 && position < own && fits(other))
                return true;
        }
        own = (long)at->outer_position;
    }
    return false;
}

/* Whether a command whose output is a part of one of the words fits. */
static bool holds(const struct task *task, bool (*fits)(const struct command *))
{
    for (size_t i = 0; i < task->count; i++) {
        for (size_t k = task->words[i].inner; k < task->words[i].inner_end; k++) {
            if (k < task->script->count && fits(&task->script->commands[k]))
                return true;
        }
    }
    return false;
}

/* ---- foreign code ---- */

static bool downloads(const struct command *command)
{
    return is_one(program_of(command), "curl|wget|fetch|aria2c|lynx|http|https|nc|ncat");
}

static bool decodes(const struct command *command)
{
    const char *program = program_of(command);
    for (size_t i = 1; i < command->count; i++) {
        const char *text = command->words[i].text;
        if (is_one(program, "base64|base32|openssl|xxd") &&
            is_one(text, "-d|-D|--decode|-r|-rp|-di"))
            return true;
    }
    return is_one(program, "uudecode");
}

static bool is_interpreter(const char *program)
{
    return is_shell(program) || starts(program, "python") ||
           is_one(program, "perl|ruby|node|deno|bun|php|lua|osascript");
}

/* A shell or interpreter without a script of its own reads standard input. */
static bool runs_input(const struct task *task)
{
    if (!is_interpreter(task->program) || has_flag(task, 'c', "command"))
        return false;
    size_t i = 1;
    const struct word *script = next_operand(task, &i);
    return !script || is_one(script->text, "-|/dev/stdin") || has_flag(task, 's', NULL);
}

static bool runs_words(const struct task *task)
{
    return is_interpreter(task->program) || is_one(task->program, "eval|source|.");
}

static bool pipe_to_shell(const struct task *task)
{
    return (runs_input(task) && fed_by(task, downloads)) ||
           (runs_words(task) && holds(task, downloads));
}

static bool hidden_code(const struct task *task)
{
    return (runs_input(task) && fed_by(task, decodes)) ||
           (runs_words(task) && holds(task, decodes));
}

static bool reverse_shell(const struct task *task)
{
    for (size_t i = 0; i < task->count; i++) {
        const char *text = task->words[i].text;
        if (strstr(text, "/dev/tcp/") || strstr(text, "/dev/udp/"))
            return true;
        if (is_one(task->program, "socat") && (starts(text, "EXEC:") || starts(text, "SYSTEM:") ||
                                               starts(text, "exec:") || starts(text, "system:")))
            return true;
    }
    for (size_t i = 0; i < task->command->redirect_count; i++) {
        const char *text = task->command->redirects[i].target.text;
        if (starts(text, "/dev/tcp/") || starts(text, "/dev/udp/"))
            return true;
    }
    return is_one(task->program, "nc|ncat|netcat") &&
           (has_flag(task, 'e', "exec") || has_flag(task, 'c', "sh-exec"));
}

static bool calls_itself(const struct command *command)
{
    return command->function && !strcmp(program_of(command), command->function);
}

static bool fork_bomb(const struct task *task)
{
    return calls_itself(task->command) && (task->command->background || fed_by(task, calls_itself));
}

/* ---- secrets ---- */

static bool names_secret(const char *text, const char *cwd)
{
    const char *at = strrchr(text, '@');
    return path_is_secret(path_clean(text, cwd)) || (at && path_is_secret(path_clean(at + 1, cwd)));
}

static bool is_reader(const char *program)
{
    return is_one(program,
                  "cat|tac|less|more|head|tail|bat|nl|strings|xxd|od|hexdump|base64|base32|"
                  "grep|egrep|rg|awk|gawk|sed|cut|tar|zip|gzip|gpg|openssl|diff|sort|jq|yq");
}

static bool takes_secret(const struct command *command)
{
    for (size_t i = 0; i < command->redirect_count; i++) {
        if (command->redirects[i].kind == '<' &&
            names_secret(command->redirects[i].target.text, NULL))
            return true;
    }
    for (size_t i = 1; i < command->count && is_reader(program_of(command)); i++) {
        if (names_secret(command->words[i].text, NULL))
            return true;
    }
    return false;
}

static bool gives_secret(const struct command *command)
{
    const char *program = program_of(command);
    bool environment = is_one(program, "printenv|env") && command->count == 1;
    return environment || takes_secret(command);
}

static bool is_network(const char *program)
{
    return is_one(program,
                  "curl|wget|nc|ncat|netcat|socat|scp|sftp|rsync|ssh|ftp|telnet|http|https|"
                  "rclone|gsutil|mail|mailx|sendmail|dig|nslookup");
}

/* A file that is given to be sent; keys that only authenticate the connection are not. */
static bool sends_file(const struct task *task)
{
    if (!is_one(task->program, "curl|wget|scp|sftp|rsync|http|https|rclone|gsutil"))
        return false;
    for (size_t i = 1; i < task->count; i++) {
        const char *text = task->words[i].text;
        const char *value = starts(text, "--post-file=") || starts(text, "--body-file=")
                                ? strchr(text, '=') + 1
                                : text;
        if (is_one(text, "-i|-E|--cacert|--cert|--key|--netrc-file|--capath|-K|--config")) {
            i++;
        } else if (names_secret(value, task->cwd)) {
            size_t last = task->count - 1;
            bool is_source = !is_one(task->program, "scp|rsync|sftp") || i != last;
            if (is_source)
                return true;
        }
    }
    return false;
}

static bool exfiltrates(const struct task *task)
{
    if (!is_network(task->program))
        return false;
    return sends_file(task) || fed_by(task, gives_secret) || holds(task, gives_secret) ||
           takes_secret(task->command);
}

static bool reads_secret(const struct task *task)
{
    if (is_one(task->program, "cp|mv")) {
        size_t i = 1;
        const struct word *source = next_operand(task, &i);
        return source && next_operand(task, &i) && names_secret(source->text, task->cwd) &&
               is_one(task->program, "cp");
    }
    for (size_t i = 1; i < task->count && is_reader(task->program); i++) {
        if (names_secret(task->words[i].text, task->cwd))
            return true;
    }
    return takes_secret(task->command);
}

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

static bool is_push(const struct task *task)
{
    return is_one(task->program, "git") && has_word(task, "push");
}

static bool pushes_main(const struct task *task)
{
    for (size_t i = 2; i < task->count; i++) {
        if (is_main(task->words[i].text))
            return true;
    }
    return false;
}

static bool is_forced(const struct task *task)
{
    for (size_t i = 2; i < task->count; i++) {
        const char *text = task->words[i].text;
        if (text[0] == '+' || is_one(text, "--force|--mirror") ||
            starts(text, "--force-with-lease"))
            return true;
    }
    return has_flag(task, 'f', NULL);
}

static bool force_push_main(const struct task *task)
{
    return is_push(task) && is_forced(task) &&
           (pushes_main(task) || has_word(task, "--mirror|--all"));
}

static bool force_push(const struct task *task)
{
    return is_push(task) && is_forced(task);
}

static bool delete_main(const struct task *task)
{
    if (!is_push(task))
        return false;
    bool deletes = has_flag(task, 'd', "delete");
    for (size_t i = 2; i < task->count; i++) {
        const char *text = task->words[i].text;
        if (text[0] == ':' && is_main(text))
            return true;
    }
    return deletes && pushes_main(task);
}

static bool discards_paths(const struct task *task)
{
    return is_one(task->program, "git") && has_word(task, "checkout|restore") &&
           (has_word(task, ".|:/") || has_word(task, "--"));
}

static bool cleans_forced(const struct task *task)
{
    return is_one(task->program, "git") && has_word(task, "clean") && has_flag(task, 'f', "force");
}

/* ---- databases ---- */

/* Whether the text has the upper-case word, in any case. */
static bool contains(const char *text, const char *word)
{
    for (; *text; text++) {
        size_t same = 0;
        while (word[same] && (text[same] & ~32) == word[same])
            same++;
        if (!word[same])
            return true;
    }
    return false;
}

static bool drops_tables(const struct task *task)
{
    static const char *const verbs[] = {"DROP", "TRUNCATE", "DELETE"};
    if (!is_one(task->program, "psql|mysql|mariadb|sqlite3|mongosh|mongo|clickhouse-client|sqlcmd"))
        return false;
    for (size_t i = 1; i < task->count; i++) {
        const char *text = task->words[i].text;
        bool narrowed = contains(text, "WHERE");
        for (size_t k = 0; k < sizeof verbs / sizeof *verbs; k++) {
            if (contains(text, verbs[k]) && strchr(text, ' ') && !(narrowed && k == 2))
                return true;
        }
    }
    return task->command->input && contains(task->command->input, "DROP");
}

/* ---- the table ---- */

static const struct rule rules[] = {
    {"rm-root", DENY, NULL, rm_root, "it deletes the whole system"},
    {"rm-home", DENY, NULL, rm_home, "it deletes a whole home"},
    {"rm-system", DENY, NULL, rm_system, "it deletes a folder that the system needs"},
    {"move-system", DENY, "mv", moves_vital, "it moves away what the system or a home needs"},
    {"write-device", DENY, NULL, writes_device, "it overwrites a disk"},
    {"wipe-disk", DENY, "shred|wipe|badblocks|hdparm", erases_device, "it erases a disk"},
    {"wipe-disk", DENY, "wipefs|blkdiscard|mkswap", NULL, "it erases what is on a disk"},
    {"wipe-disk", DENY, NULL, makes_file_system, "it erases what is on a disk"},
    {"fork-bomb", DENY, NULL, fork_bomb, "it starts itself without end"},
    {"pipe-to-shell", DENY, NULL, pipe_to_shell, "it runs what comes from the network, unseen"},
    {"hidden-code", DENY, NULL, hidden_code, "it runs code that is encoded, unseen"},
    {"reverse-shell", DENY, NULL, reverse_shell, "it opens a connection to a shell"},
    {"exfiltrate", DENY, NULL, exfiltrates, "it sends credentials over the network"},
    {"chmod-system", DENY, "chmod|chown|chgrp", mode_of_vital,
     "it changes modes or owners of the system or of a whole home"},
    {"write-accounts", DENY, NULL, writes_accounts, "it changes who may log in or become root"},
    {"history", DENY, NULL, tampers_history, "it hides what was done from the shell's history"},
    {"history", DENY, "history -c|-w|-cw|-wc", NULL,
     "it hides what was done from the shell's history"},
    {"log-tampering", DENY, NULL, tampers_log, "it removes what the system has logged"},
    {"force-push-main", DENY, NULL, force_push_main, "it rewrites a branch that others build on"},
    {"delete-main", DENY, NULL, delete_main, "it deletes a branch that others build on"},
    {"kill-all", DENY, "kill -1", NULL, "it ends every process there is"},
    {"kill-all", DENY, "killall5", NULL, "it ends every process there is"},

    {"rm-variable", ASK, NULL, rm_variable,
     "what it deletes depends on a variable that may be empty"},
    {"rm-unseen", ASK, NULL, rm_unseen, "another program decides what it deletes"},
    {"rm-below-system", ASK, NULL, rm_below_system, "it deletes files of the system"},
    {"write-system", ASK, NULL, writes_system, "it changes files of the system"},
    {"write-startup", ASK, NULL, writes_startup, "it changes what runs at every login"},
    {"read-secret", ASK, NULL, reads_secret, "it reads credentials"},
    {"chmod-world", ASK, "chmod", opens_to_all, "it lets everybody write to a whole tree"},
    {"set-id", ASK, "chmod", sets_user_id, "it lets a program run as its owner"},
    {"partition", ASK, "fdisk|sfdisk|gdisk|sgdisk|parted|cfdisk|cryptsetup|lvremove|vgremove|zpool",
     NULL, "it changes how disks are divided"},
    {"force-push", ASK, NULL, force_push, "it rewrites a branch"},
    {"git-discard", ASK, "git reset --hard", NULL, "it throws away work that is not committed"},
    {"git-discard", ASK, NULL, cleans_forced, "it deletes files that are not committed"},
    {"git-discard", ASK, NULL, discards_paths, "it throws away work that is not committed"},
    {"git-discard", ASK, "git stash drop|clear", NULL, "it throws away stashed work"},
    {"git-discard", ASK, "git branch -D", NULL, "it deletes a branch that is not merged"},
    {"git-rewrite", ASK, "git filter-branch|filter-repo", NULL, "it rewrites the whole history"},
    {"git-rewrite", ASK, "git reflog expire|delete", NULL,
     "it removes the way back to lost commits"},
    {"git-rewrite", ASK, "git update-ref -d", NULL, "it deletes a reference"},
    {"another-user", ASK, "sudo|doas|su|runuser|pkexec", NULL, "it runs as another user"},
    {"power", ASK, "shutdown|reboot|halt|poweroff", NULL, "it stops the machine"},
    {"power", ASK, "systemctl reboot|poweroff|halt|kexec|suspend", NULL, "it stops the machine"},
    {"power", ASK, "init|telinit 0|6", NULL, "it stops the machine"},
    {"protection", ASK, "setenforce 0|Permissive", NULL, "it turns a protection off"},
    {"protection", ASK, "ufw disable|reset", NULL, "it turns the firewall off"},
    {"protection", ASK, "iptables|ip6tables -F|--flush|-X", NULL, "it turns the firewall off"},
    {"protection", ASK, "nft flush", NULL, "it turns the firewall off"},
    {"protection", ASK, "systemctl stop|disable|mask", NULL, "it stops a service"},
    {"protection", ASK, "auditctl -D|-e", NULL, "it turns auditing off"},
    {"journal", ASK, "journalctl --vacuum-size|--vacuum-time|--vacuum-files|--rotate", NULL,
     "it removes what the system has logged"},
    {"schedule", ASK, "crontab", NULL, "it changes what runs by itself"},
    {"schedule", ASK, "at|batch", NULL, "it makes something run later"},
    {"shred", ASK, "shred|wipe|srm", NULL, "what it deletes cannot be restored"},
    {"publish", ASK, "npm|pnpm|yarn|cargo|gem|poetry|uv|hatch publish|push", NULL,
     "it publishes to everybody"},
    {"publish", ASK, "twine upload", NULL, "it publishes to everybody"},
    {"publish", ASK, "docker|podman push", NULL, "it publishes an image"},
    {"publish", ASK, "gh release create|delete|upload", NULL, "it changes a published release"},
    {"database", ASK, NULL, drops_tables, "it deletes data"},
    {"database", ASK, "dropdb|dropuser", NULL, "it deletes a database"},
    {"database", ASK, "redis-cli FLUSHALL|FLUSHDB|flushall|flushdb", NULL, "it deletes all keys"},
    {"cloud", ASK, "terraform|tofu|pulumi destroy", NULL, "it destroys infrastructure"},
    {"cloud", ASK, "terraform|tofu apply -auto-approve|--auto-approve", NULL,
     "it changes infrastructure without a question"},
    {"cloud", ASK, "kubectl|oc delete|drain", NULL, "it removes what runs in a cluster"},
    {"cloud", ASK, "helm uninstall|delete", NULL, "it removes what runs in a cluster"},
    {"cloud", ASK, "aws s3 rm|rb|sync --recursive|--force|--delete", NULL,
     "it deletes stored data"},
    {"cloud", ASK,
     "aws terminate-instances|delete-stack|delete-bucket|delete-table|delete-db-instance", NULL,
     "it deletes what runs in a cloud"},
    {"cloud", ASK, "gcloud|az delete", NULL, "it deletes what runs in a cloud"},
    {"cloud", ASK, "gh repo delete", NULL, "it deletes a repository"},
    {"containers", ASK, "docker|podman system|volume|image|container prune", NULL,
     "it deletes images or volumes"},
    {"containers", ASK, "docker|podman run --privileged", NULL, "it runs without confinement"},
};

/* "git|hub push --force|-f": the program, then words that all occur, in any place. */
static bool pattern_fits(const char *pattern, const struct task *task)
{
    char part[160];
    for (bool first = true; *pattern; first = false) {
        size_t len = strcspn(pattern, " ");
        memcpy(part, pattern, len);
        part[len] = '\0';
        if (first ? !is_one(task->program, part) : !has_word(task, part))
            return false;
        pattern += len + (pattern[len] == ' ');
    }
    return true;
}

static bool fits(const struct rule *rule, const struct task *task)
{
    return (!rule->pattern || pattern_fits(rule->pattern, task)) &&
           (!rule->matches || rule->matches(task));
}

const struct rule *rules_judge(const struct task *task)
{
    const struct rule *found = NULL;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        if ((!found || rules[i].decision > found->decision) && fits(&rules[i], task))
            found = &rules[i];
    }
    return found;
}
