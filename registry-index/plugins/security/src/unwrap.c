/* Programs that run other programs. */
#include "arena.h"
#include "judge.h"

#include <string.h>

/* A wrapper's own options end where the wrapped command begins. */
static const struct wrapper {
    const char *name;
    const char *letters; /* short options that take a value */
    const char *longs;   /* " name name ": long options whose value is the next word */
    unsigned words;      /* of its own, before the command */
    bool assigns;        /* NAME=value may stand before the command */
    bool adds;           /* it adds arguments that we cannot see */
} wrappers[] = {
    {"sudo", "ugphCTRDrt", " user group host prompt chdir chroot ", .assigns = true},
    {"doas", "uC", " "},
    {"env", "uC", " unset chdir ", .assigns = true},
    {"nohup", "", " "},
    {"nice", "n", " adjustment "},
    {"ionice", "cnpPu", " class classdata "},
    {"time", "fo", " format output "},
    {"timeout", "sk", " signal kill-after ", .words = 1},
    {"stdbuf", "ioe", " input output error "},
    {"setsid", "", " "},
    {"setpriv", "", " "},
    {"command", "", " "},
    {"builtin", "", " "},
    {"exec", "a", " "},
    {"xargs", "aEdILnPs", " arg-file delimiter max-args max-procs replace max-lines ",
     .adds = true},
    {"chroot", "", " ", .words = 1},
    {"unshare", "", " "},
    {"nsenter", "tSG", " target "},
    {"strace", "eopsaEIPSbuX", " "},
    {"ltrace", "eopsaun", " "},
    {"flock", "wE", " timeout ", .words = 1},
    {"taskset", "", " ", .words = 1},
    {"chrt", "", " ", .words = 1},
    {"systemd-run", "pu", " property unit "},
    {"systemd-inhibit", "", " "},
    {"dbus-run-session", "", " "},
    {"fakeroot", "", " "},
    {"faketime", "", " ", .words = 1},
    {"proxychains", "f", " "},
    {"torsocks", "", " "},
    {"caffeinate", "tw", " "},
    {"busybox", "", " "},
    {"toybox", "", " "},
};

static const struct wrapper *find_wrapper(const char *program)
{
    for (size_t i = 0; i < sizeof wrappers / sizeof *wrappers; i++) {
        if (!strcmp(wrappers[i].name, program))
            return &wrappers[i];
    }
    return NULL;
}

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Whether the option takes the next word as its value. */
static bool takes_next(const struct wrapper *wrapper, const char *option)
{
    if (option[1] != '-') {
        const char *last = option + strlen(option) - 1;
        return last > option && strchr(wrapper->letters, *last) != NULL;
    }
    if (strchr(option, '='))
        return false;
    struct text padded = {0};
    text_putc(&padded, ' ');
    text_puts(&padded, option + 2);
    text_putc(&padded, ' ');
    return strstr(wrapper->longs, padded.data) != NULL;
}

size_t unwrap_index(const struct word *words, size_t count)
{
    const struct wrapper *wrapper = count ? find_wrapper(base_of(words[0].text)) : NULL;
    unsigned own = wrapper ? wrapper->words : 0;
    if (!wrapper)
        return 0;
    for (size_t i = 1; i < count; i++) {
        const char *text = words[i].text;
        size_t name = shell_name_length(text);
        if (!strcmp(text, "--"))
            return i + 1 + own < count ? i + 1 + own : 0;
        if (text[0] == '-' && text[1]) {
            if (!strcmp(wrapper->name, "command") && (text[1] == 'v' || text[1] == 'V'))
                return 0;
            i += takes_next(wrapper, text);
        } else if (!(wrapper->assigns && name && text[name] == '=') && !own--) {
            return i;
        }
    }
    return 0;
}

const char *program_of(const struct command *command)
{
    const struct word *words = command->words;
    size_t count = command->count, inner;
    while ((inner = unwrap_index(words, count))) {
        words += inner;
        count -= inner;
    }
    return count ? base_of(words[0].text) : "";
}

bool is_shell(const char *program)
{
    static const char *const names[] = {"sh",   "bash",  "dash", "zsh", "ksh", "ash",
                                        "fish", "rbash", "mksh", "csh", "tcsh"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!strcmp(names[i], program))
            return true;
    }
    return false;
}

static const char *join(const struct word *words, size_t count)
{
    struct text text = {0};
    text_add(&text, "", 0);
    for (size_t i = 0; i < count; i++) {
        if (i)
            text_putc(&text, ' ');
        text_puts(&text, words[i].text);
    }
    return text.data;
}

/* "bash -c TEXT", "bash -lc TEXT", "su - ada -c TEXT"; also the here-document of a shell. */
static void unwrap_shell(struct judging *judging, const struct task *task)
{
    for (size_t i = 1; i + 1 < task->count; i++) {
        const char *text = task->words[i].text;
        bool option = text[0] == '-' && text[1] != '-' && text[1];
        if ((option && text[strlen(text) - 1] == 'c') || !strcmp(text, "--command")) {
            judge_text(judging, task->words[i + 1].text, task->program);
            return;
        }
    }
    if (task->command->input)
        judge_text(judging, task->command->input, task->program);
}

/* "find PATH -exec CMD {} ;": the command with the start of the search in the place of "{}". */
static void unwrap_find(struct judging *judging, const struct task *task)
{
    const struct word *start = task->count > 1 ? &task->words[1] : &task->words[0];
    for (size_t i = 1; i < task->count; i++) {
        const char *text = task->words[i].text;
        if (strcmp(text, "-exec") && strcmp(text, "-execdir") && strcmp(text, "-ok") &&
            strcmp(text, "-okdir"))
            continue;
        size_t first = i + 1, count = 0;
        struct word *words = take((task->count - i) * sizeof *words);
        for (i = first; i < task->count && strcmp(task->words[i].text, ";") &&
                        strcmp(task->words[i].text, "+");
             i++) {
            words[count] = task->words[i];
            if (!strcmp(words[count].text, "{}"))
                words[count] = *start;
            count++;
        }
        struct task inner = *task;
        inner.words = words;
        inner.count = count;
        inner.through = "find";
        if (count)
            judge_task(judging, &inner);
    }
}

/* "ssh [options] host COMMAND…" */
static void unwrap_ssh(struct judging *judging, const struct task *task)
{
    for (size_t i = 1; i < task->count; i++) {
        const char *text = task->words[i].text;
        if (text[0] == '-') {
            i += text[1] && !text[2] && strchr("bcDEeFIiJLlmOopQRSWw", text[1]);
            continue;
        }
        if (i + 1 < task->count)
            judge_text(judging, join(task->words + i + 1, task->count - i - 1), "ssh");
        return;
    }
}

static void unwrap_alias(struct judging *judging, const struct task *task)
{
    for (size_t i = 1; i < task->count; i++) {
        const char *equals = strchr(task->words[i].text, '=');
        if (equals)
            judge_text(judging, equals + 1, "alias");
    }
}

static void unwrap_text(struct judging *judging, const struct task *task)
{
    static const char *const joined[] = {"eval", "watch", "parallel"};
    size_t first = 1;
    while (first < task->count && task->words[first].text[0] == '-')
        first += !strcmp(task->words[first].text, "-n") ? 2 : 1;
    for (size_t i = 0; i < sizeof joined / sizeof *joined; i++) {
        if (!strcmp(task->program, joined[i]) && first < task->count)
            judge_text(judging, join(task->words + first, task->count - first), task->program);
    }
    if (!strcmp(task->program, "trap") && task->count > 2)
        judge_text(judging, task->words[1].text, "trap");
}

void unwrap(struct judging *judging, const struct task *task)
{
    const struct wrapper *wrapper = find_wrapper(task->program);
    size_t inner = unwrap_index(task->words, task->count);
    if (inner) {
        struct task wrapped = *task;
        wrapped.words += inner;
        wrapped.count -= inner;
        wrapped.through = wrapper->name;
        wrapped.open_ended |= wrapper->adds;
        judge_task(judging, &wrapped);
    } else if (is_shell(task->program) || !strcmp(task->program, "su") ||
               !strcmp(task->program, "runuser") || !strcmp(task->program, "script")) {
        unwrap_shell(judging, task);
    } else if (!strcmp(task->program, "find")) {
        unwrap_find(judging, task);
    } else if (!strcmp(task->program, "ssh")) {
        unwrap_ssh(judging, task);
    } else if (!strcmp(task->program, "alias")) {
        unwrap_alias(judging, task);
    } else {
        unwrap_text(judging, task);
    }
    if (!strcmp(task->program, "env")) { /* env -S "rm -rf /" */
        for (size_t i = 1; i + 1 < task->count; i++) {
            if (!strcmp(task->words[i].text, "-S"))
                judge_text(judging, task->words[i + 1].text, "env");
        }
    }
}
