/* Programs that run other programs. */
#include "arena.h"
#include "lexer.h"
#include "path.h"
#include "shell.h"
#include "text.h"

#include <string.h>

enum { MAX_ARGUMENTS = 64 };

static const char unknown[] = {MARK_UNKNOWN, '\0'};

/* A wrapper's own options end where the wrapped command begins. */
static const struct wrapper {
    const char *name;
    const char *letters; /* short options that take a value */
    const char *longs;   /* "name|name": long options whose value is the next word */
    unsigned words;      /* of its own, before the command */
    const char *verb;    /* it runs others only after this word */
    bool assigns;        /* NAME=value may stand before the command */
} wrappers[] = {
    {"sudo", "ugphCTRDrt", "user|group|host|prompt|chdir|chroot", .assigns = true},
    {"doas", "uC", ""},
    {"env", "uC", "unset|chdir", .assigns = true},
    {"nohup", "", ""},
    {"nice", "n", "adjustment"},
    {"ionice", "cnpPu", "class|classdata"},
    {"time", "fo", "format|output"},
    {"timeout", "sk", "signal|kill-after", .words = 1},
    {"gtimeout", "sk", "signal|kill-after", .words = 1},
    {"stdbuf", "ioe", "input|output|error"},
    {"unbuffer", "", ""},
    {"setsid", "", ""},
    {"setpriv", "", ""},
    {"command", "", ""},
    {"builtin", "", ""},
    {"exec", "a", ""},
    {"chroot", "", "", .words = 1},
    {"unshare", "", ""},
    {"nsenter", "tSG", "target"},
    {"bwrap", "", ""},
    {"strace", "eopsaEIPSbuX", ""},
    {"ltrace", "eopsaun", ""},
    {"gdb", "", "", .verb = "--args"},
    {"valgrind", "", ""},
    {"perf", "eoFp", "", .verb = "record"},
    {"flock", "wE", "timeout", .words = 1},
    {"taskset", "", "", .words = 1},
    {"chrt", "", "", .words = 1},
    {"systemd-run", "pu", "property|unit"},
    {"systemd-inhibit", "", ""},
    {"dbus-run-session", "", ""},
    {"fakeroot", "", ""},
    {"faketime", "", "", .words = 1},
    {"proxychains", "f", ""},
    {"proxychains4", "f", ""},
    {"torsocks", "", ""},
    {"noglob", "", ""},
    {"nocorrect", "", ""},
    {"firejail", "", ""},
    {"gosu", "", "", .words = 1},
    {"su-exec", "", "", .words = 1},
    {"chronic", "", ""},
    {"rlwrap", "", ""},
    {"numactl", "", ""},
    {"run0", "u", "user|chdir"},
    {"caffeinate", "tw", ""},
    {"busybox", "", ""},
    {"toybox", "", ""},
    {"npx", "p", "package"},
    {"bunx", "p", "package"},
    {"pnpx", "", ""},
    {"uvx", "", "from|with"},
    {"uv", "", "with|python|project", .verb = "run"},
    {"poetry", "", "", .verb = "run"},
    {"pipenv", "", "", .verb = "run"},
    {"pdm", "", "", .verb = "run"},
    {"hatch", "", "", .verb = "run"},
    {"bundle", "", "", .verb = "exec"},
    {"pnpm", "", "", .verb = "exec"},
    {"npm", "", "", .verb = "exec"},
    {"mise", "", "", .verb = "exec"},
    {"direnv", "", "", .verb = "exec", .words = 1},
    {"dotenv", "fe", "file"},
};

static const struct wrapper *find_wrapper(const char *program)
{
    for (size_t i = 0; i < sizeof wrappers / sizeof *wrappers; i++) {
        if (!strcmp(wrappers[i].name, program))
            return &wrappers[i];
    }
    return NULL;
}

/* Whether the option takes the next word as its value. */
static bool takes_next(const struct wrapper *wrapper, const char *option)
{
    if (option[1] != '-') {
        const char *last = option + strlen(option) - 1;
        return last > option && strchr(wrapper->letters, *last) != NULL;
    }
    return !strchr(option, '=') && is_one(option + 2, wrapper->longs);
}

/* Index of the wrapped program's word; 0 if there is none. */
static size_t inner_index(const struct wrapper *wrapper, const struct call *call)
{
    size_t i = 1;
    if (wrapper->verb) {
        while (i < call->count && strcmp(call->words[i].text, wrapper->verb) != 0)
            i++;
        i++;
    }
    unsigned own = wrapper->words;
    for (; i < call->count; i++) {
        const char *text = call->words[i].text;
        size_t name = name_length(text);
        if (!strcmp(text, "--"))
            return i + 1 + own < call->count ? i + 1 + own : 0;
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

static struct value run_words(struct shell *shell, const struct call *outer,
                              const struct field *words, size_t count, const char *through)
{
    struct call inner = *outer;
    inner.words = words;
    inner.count = count;
    inner.through = through;
    return shell_call(shell, &inner);
}

static struct value unwrap_plain(struct shell *shell, const struct call *call,
                                 const struct wrapper *wrapper, size_t inner)
{
    struct state before = shell->state;
    for (size_t i = 1; i < inner && wrapper->assigns; i++) {
        const char *text = call->words[i].text;
        if (is_one(text, "-C|-D|--chdir") && is_known(call->words[i + 1].text))
            shell->state.cwd = path_resolve(call->words[i + 1].text, shell->state.cwd);
        else if (starts(text, "--chdir="))
            shell->state.cwd = path_resolve(strchr(text, '=') + 1, shell->state.cwd);
        size_t len = name_length(text);
        if (len && text[len] == '=')
            shell_set(shell, take_text(text, len),
                      (struct value){text + len + 1, call->words[i].origins});
    }
    struct value output =
        run_words(shell, call, call->words + inner, call->count - inner, wrapper->name);
    if (strcmp(wrapper->name, "command") != 0 && strcmp(wrapper->name, "builtin") != 0)
        shell->state = before;
    return output;
}

/* ---- interpreters ---- */

bool is_shell(const char *program)
{
    return is_one(program, "sh|bash|dash|zsh|ksh|ash|fish|rbash|mksh|csh|tcsh");
}

bool is_interpreter(const char *program)
{
    return is_shell(program) || starts(program, "python") || starts(program, "pypy") ||
           is_one(program,
                  "perl|ruby|node|nodejs|deno|bun|php|lua|osascript|tclsh|Rscript|pwsh|irb");
}

static bool takes_code(const struct call *call, const char *option)
{
    if (is_shell(call->program) || is_one(call->program, "su|runuser|script|flock"))
        return option[0] == '-' && option[1] != '-' && option[1] && strchr(option, 'c') &&
               (option[strlen(option) - 1] == 'c' || is_shell(call->program));
    if (starts(call->program, "python") || starts(call->program, "pypy"))
        return option[0] == '-' && option[1] != '-' && option[strlen(option) - 1] == 'c';
    if (is_one(call->program, "perl|ruby"))
        return option[0] == '-' && option[1] != '-' &&
               strpbrk(option, "eE") == strrchr(option, 0) - 1;
    return is_one(option, "-e|-r|-p|-pe|--eval|--print|-Command");
}

/* "-o pipefail", also at the end of "-euo". */
static bool option_takes_next(const struct call *call, const char *text)
{
    size_t len = strlen(text);
    if (is_shell(call->program))
        return is_one(text, "--rcfile|--init-file") ||
               (len > 1 && strchr("-+", text[0]) && text[1] != '-' && strchr("oO", text[len - 1]));
    if (starts(call->program, "py"))
        return is_one(text, "-W|-X");
    return is_one(text, "-I|-r|--require|--import|--loader");
}

const struct field *inline_code(const struct call *call)
{
    bool may = is_interpreter(call->program) || is_one(call->program, "su|runuser|script|flock");
    for (size_t i = 1; may && i + 1 < call->count; i++) {
        const char *text = call->words[i].text;
        if (takes_code(call, text) || !strcmp(text, "--command"))
            return &call->words[i + 1];
        bool option = text[0] == '-' || text[0] == '+';
        if (!option && is_interpreter(call->program))
            return NULL; /* the script's own arguments */
        i += option && option_takes_next(call, text);
    }
    return NULL;
}

const struct field *script_of(const struct call *call)
{
    for (size_t i = 1; i < call->count; i++) {
        const char *text = call->words[i].text;
        if (is_one(text, "-|--|-s") || (is_shell(call->program) && !strcmp(text, "/dev/stdin"))) {
            if (strcmp(text, "--") != 0)
                return NULL;
        } else if (starts(call->program, "python") && starts(text, "-m")) {
            return &call->words[i]; /* a module */
        } else if (option_takes_next(call, text)) {
            i++;
        } else if (text[0] != '-' && text[0] != '+') {
            return &call->words[i];
        }
    }
    return NULL;
}

/* "bash -c TEXT name 1 2", "bash FILE 1 2", "bash < FILE". */
static struct value unwrap_shell(struct shell *shell, const struct call *call)
{
    const struct field *code = inline_code(call), *end = call->words + call->count;
    const struct field *script = code ? NULL : script_of(call), *first = NULL;
    struct state before = shell->state;
    struct value text = {unknown, 0};
    if (code) {
        text = (struct value){code->text, code->origins};
        first = code + 2;
    } else if (script) {
        text = shell_content(shell, script->text);
        first = script + 1;
    } else if (call->piped) {
        text = call->input;
        shell->input.text = ""; /* the code is read from there, and then nothing is left */
    }
    if (!*text.text || !strcmp(text.text, unknown))
        return (struct value){unknown, text.origins | FROM_PROGRAM};
    struct fields positional = {0};
    if (code && code + 1 < end)
        shell_set(shell, "0", (struct value){code[1].text, code[1].origins});
    for (; first && first < end; first++)
        add_field(&positional, *first);
    struct value output = shell_run_text(shell, text.text, call->program, &positional);
    shell->state = before;
    return output;
}

static struct value unwrap_code(struct shell *shell, const struct call *call)
{
    const struct field *code = inline_code(call), *script = script_of(call);
    if (code)
        judge_code(shell, code->text, call->program);
    else if (script && !is_one(call->program, "awk|gawk|mawk|nawk"))
        judge_code(shell, shell_content(shell, script->text).text, call->program);
    else if (script)
        judge_code(shell, script->text, call->program);
    else if (call->piped)
        judge_code(shell, call->input.text, call->program);
    return output_of(shell, call);
}

/* ---- xargs, parallel ---- */

/* One call with all that standard input has, or with something unknown. */
static struct value unwrap_xargs(struct shell *shell, const struct call *call)
{
    static const struct wrapper xargs = {
        "xargs", "aEdIJLnPs", "arg-file|delimiter|max-args|max-procs|replace|max-lines|max-chars"};
    size_t inner = inner_index(&xargs, call);
    struct fields input = {0}, words = {0};
    const char *replaced = NULL;
    if (!inner)
        return (struct value){unknown, call->input.origins};
    for (size_t i = 1; i < inner; i++) {
        if (starts(call->words[i].text, "-I"))
            replaced = call->words[i].text[2] ? call->words[i].text + 2 : call->words[i + 1].text;
    }
    split_fields(&input, call->piped ? call->input.text : unknown, call->input.origins);
    if (!input.count || input.count > MAX_ARGUMENTS) {
        input = (struct fields){0};
        add_field(&input, (struct field){unknown, call->input.origins, false});
    }
    for (size_t i = inner; i < call->count; i++) {
        struct field word = call->words[i];
        const char *at = replaced ? strstr(word.text, replaced) : NULL;
        if (at && *replaced) {
            const char *front = take_text(word.text, (size_t)(at - word.text));
            word.text = text_join(front, input.items[0].text, at + strlen(replaced));
            word.origins |= input.items[0].origins;
        }
        add_field(&words, word);
    }
    for (size_t i = 0; i < input.count && !replaced; i++)
        add_field(&words, input.items[i]);
    struct call open = *call;
    open.open_ended = !is_known(input.items[0].text);
    return run_words(shell, &open, words.items, words.count, "xargs");
}

/* "parallel COMMAND ::: a b" */
static struct value unwrap_parallel(struct shell *shell, const struct call *call)
{
    struct fields words = {0};
    size_t i = 1;
    while (i < call->count && call->words[i].text[0] == '-')
        i += is_one(call->words[i].text, "-j|--jobs|-a|--arg-file|-n") ? 2 : 1;
    bool given = false;
    for (; i < call->count; i++) {
        if (starts(call->words[i].text, ":::"))
            given = true;
        else if (strcmp(call->words[i].text, "{}") != 0)
            add_field(&words, call->words[i]);
    }
    if (!given)
        add_field(&words, (struct field){unknown, call->input.origins, false});
    return shell_run_text(shell, join_fields(words.items, words.count, " ").text, "parallel", NULL);
}

/* ---- find ---- */

/* "find PATH -exec CMD {} ;": the command with what is found in the place of "{}". */
static struct value unwrap_find(struct shell *shell, const struct call *call)
{
    struct value found = output_of(shell, call);
    const char *first = take_text(found.text, strcspn(found.text, "\n"));
    for (size_t i = 1; i < call->count; i++) {
        struct fields words = {0};
        if (!is_one(call->words[i].text, "-exec|-execdir|-ok|-okdir"))
            continue;
        for (i++; i < call->count && !is_one(call->words[i].text, ";|+"); i++) {
            struct field word = call->words[i];
            const char *at = strstr(word.text, "{}");
            if (at)
                word.text =
                    text_join(take_text(word.text, (size_t)(at - word.text)), first, at + 2);
            add_field(&words, word);
        }
        if (words.count)
            run_words(shell, call, words.items, words.count, "find");
    }
    return found;
}

/* ---- others ---- */

/* "ssh [options] host COMMAND…" */
static struct value unwrap_ssh(struct shell *shell, const struct call *call)
{
    for (size_t i = 1; i < call->count; i++) {
        const char *text = call->words[i].text;
        if (text[0] == '-') {
            i += text[1] && !text[2] && strchr("bcDEeFIiJLlmOopQRSWw", text[1]);
            continue;
        }
        if (i + 1 < call->count) {
            struct state before = shell->state;
            struct value code = join_fields(call->words + i + 1, call->count - i - 1, " ");
            shell->state.cwd = NULL;
            if (strcmp(code.text, unknown) != 0)
                shell_run_text(shell, code.text, "ssh", NULL);
            shell->state = before;
        }
        break;
    }
    return (struct value){unknown, FROM_NETWORK};
}

/* "1e COMMAND" */
static void run_sed(struct shell *shell, const struct call *call)
{
    for (size_t i = 1; i < call->count && is_one(call->program, "sed|gsed"); i++) {
        const char *text = call->words[i].text;
        text += strspn(text, "0123456789,$ ");
        if (text[0] == 'e' && text[1] == ' ')
            shell_run_text(shell, text + 2, "sed", NULL);
    }
}

/* Words after which, or in which, a command stands as a text. */
static void run_embedded(struct shell *shell, const struct call *call)
{
    static const char *const prefixes[] = {"--checkpoint-action=exec=", "--to-command=",
                                           "ProxyCommand=", "--use-compress-program=", "--exec="};
    run_sed(shell, call);
    for (size_t i = 1; i < call->count; i++) {
        const char *text = call->words[i].text, *bang = strstr(text, "=!");
        for (size_t k = 0; k < sizeof prefixes / sizeof *prefixes; k++) {
            const char *at = strstr(text, prefixes[k]);
            if (at)
                shell_run_text(shell, at + strlen(prefixes[k]), call->program, NULL);
        }
        if (!strcmp(call->program, "git") && (text[0] == '!' || bang))
            shell_run_text(shell, bang ? bang + 2 : text + 1, "git", NULL);
        if (i > 1 && i + 1 < call->count && is_one(call->program, "git") && is_one(text, "run") &&
            is_one(call->words[i - 1].text, "bisect"))
            run_words(shell, call, call->words + i + 1, call->count - i - 1, "git");
        if (i + 1 < call->count && is_one(call->program, "git") &&
            is_one(text, "--exec|foreach|-x"))
            shell_run_text(shell, call->words[i + 1].text, "git", NULL);
        if (i + 1 < call->count && is_one(call->program, "vim|vi|nvim|ex") && text[0] == '-' &&
            is_one(text, "-c") && strchr(call->words[i + 1].text, '!'))
            shell_run_text(shell, strchr(call->words[i + 1].text, '!') + 1, call->program, NULL);
    }
}

/* "watch -n 1 ls", "entr make": the words are joined and given to a shell. */
static struct value unwrap_joined(struct shell *shell, const struct call *call)
{
    size_t first = 1;
    while (first < call->count && call->words[first].text[0] == '-')
        first += is_one(call->words[first].text, "-n|--interval") ? 2 : 1;
    if (first < call->count)
        shell_run_text(shell, join_fields(call->words + first, call->count - first, " ").text,
                       call->program, NULL);
    return (struct value){unknown, FROM_PROGRAM};
}

/* env -S "rm -rf /" */
static bool splits_string(const struct call *call)
{
    for (size_t i = 1; i < call->count; i++) {
        if (starts(call->words[i].text, "-S") || starts(call->words[i].text, "--split-string"))
            return true;
    }
    return false;
}

static struct value unwrap_split(struct shell *shell, const struct call *call)
{
    struct fields words = {0};
    for (size_t i = 1; i < call->count; i++) {
        const char *text = call->words[i].text;
        if (starts(text, "-S"))
            text += 2;
        else if (starts(text, "--split-string"))
            text += strlen("--split-string") + (strchr(text, '=') != NULL);
        if (*text && *text != '-')
            add_field(&words, (struct field){.text = text});
    }
    return shell_run_text(shell, join_fields(words.items, words.count, " ").text, "env", NULL);
}

static bool unwrap_special(struct shell *shell, const struct call *call, struct value *output)
{
    static const struct {
        const char *names;
        struct value (*run)(struct shell *shell, const struct call *call);
    } programs[] = {
        {"xargs", unwrap_xargs},        {"parallel", unwrap_parallel},
        {"find|fd|gfind", unwrap_find}, {"ssh|mosh", unwrap_ssh},
        {"watch|entr", unwrap_joined},  {"awk|gawk|mawk|nawk", unwrap_code},
    };
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        if (is_one(call->program, programs[i].names)) {
            *output = programs[i].run(shell, call);
            return true;
        }
    }
    return false;
}

/* "./script": what the same line has written to it. False if nothing is known of it. */
static bool run_file(struct shell *shell, const struct call *call, struct value *output)
{
    const char *path = call->words[0].text;
    struct value content = {.text = unknown};
    if (strchr(path, '/'))
        content = shell_content(shell, path);
    size_t first = strcspn(content.text, "\n");
    if (!*content.text || !strcmp(content.text, unknown))
        return false;
    const char *line = take_text(content.text, first);
    if (starts(line, "#!") && !ends(line, "sh") && !strstr(line, "sh ")) {
        judge_code(shell, content.text, path);
        return false;
    }
    struct state before = shell->state;
    struct fields positional = {.items = (struct field *)call->words + 1, .count = call->count - 1};
    *output = shell_run_text(shell, content.text, path, &positional);
    shell->state = before;
    return true;
}

bool unwrap(struct shell *shell, const struct call *call, struct value *output)
{
    const struct wrapper *wrapper = find_wrapper(call->program);
    size_t inner = wrapper ? inner_index(wrapper, call) : 0;
    bool code = is_one(call->program, "su|runuser|script|flock") && inline_code(call);
    run_embedded(shell, call);
    if (run_file(shell, call, output))
        return true;
    if (is_shell(call->program) || code)
        *output = unwrap_shell(shell, call);
    else if (!strcmp(call->program, "env") && splits_string(call))
        *output = unwrap_split(shell, call);
    else if (inner)
        *output = unwrap_plain(shell, call, wrapper, inner);
    else if (is_interpreter(call->program))
        *output = unwrap_code(shell, call);
    else
        return unwrap_special(shell, call, output);
    return true;
}
