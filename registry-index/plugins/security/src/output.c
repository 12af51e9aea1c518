/* What a command prints and writes, as far as it can be known without running it. */
#include "access.h"
#include "arena.h"
#include "path.h"
#include "shell.h"
#include "text.h"

#include <string.h>

static const char unknown[] = {MARK_UNKNOWN, '\0'};

static struct value all_words(const struct call *call, const char *between)
{
    size_t first = 1;
    while (first < call->count && is_one(call->words[first].text, "-n|-e|-E|-ne|-en|--"))
        first++;
    return join_fields(call->words + first, call->count - first, between);
}

/* ---- echo, printf ---- */

static struct value echoed(struct shell *shell, const struct call *call)
{
    (void)shell;
    struct value value = all_words(call, " ");
    bool escapes = false;
    for (size_t i = 1; i < call->count && is_option(call->words[i].text); i++)
        escapes |= is_one(call->words[i].text, "-e|-ne|-en");
    if (escapes && strchr(value.text, '\\'))
        return (struct value){unknown, value.origins | FROM_DECODER};
    value.text = text_join(value.text, "\n", "");
    return value;
}

/* One round of printf's format; false if it does what we do not follow. */
static bool format_once(struct text *out, const struct call *call, const char *format, size_t *next)
{
    static const char names[] = "nt\\\"'", values[] = "\n\t\\\"'";
    while (*format) {
        const char *name = format[0] == '\\' && format[1] ? strchr(names, format[1]) : NULL;
        bool plain = format[0] != '\\' && format[0] != '%';
        if (plain)
            text_putc(out, format[0]);
        else if (name)
            text_putc(out, values[name - names]);
        else if (format[0] == '%' && format[1] == '%')
            text_putc(out, '%');
        else if (format[0] == '%' && format[1] == 's')
            text_puts(out, *next < call->count ? call->words[(*next)++].text : "");
        else
            return false;
        format += plain ? 1 : 2;
    }
    return true;
}

static struct value formatted(struct shell *shell, const struct call *call)
{
    struct text out = {0};
    bool store = call->count > 3 && !strcmp(call->words[1].text, "-v"), known;
    size_t first = store ? 3 : 1, next = first + 1;
    const char *format = call->count > 1 ? call->words[first].text : "";
    struct value value = join_fields(call->words, call->count, " ");
    text_add(&out, "", 0);
    size_t before; /* the format is used again as long as it uses up words */
    do {
        before = next;
        known = format_once(&out, call, format, &next);
    } while (known && next > before && next < call->count);
    value.text = known ? out.data : unknown;
    value.origins |= known ? 0 : FROM_DECODER;
    if (!store)
        return value;
    shell_set(shell, call->words[2].text, value);
    return (struct value){.text = ""};
}

/* ---- files ---- */

static struct value contents(struct shell *shell, const struct call *call)
{
    struct fields all = {0};
    for (size_t i = 1; i < call->count; i++) {
        const char *text = call->words[i].text;
        if (is_option(text))
            continue;
        struct value one = strcmp(text, "-") != 0 ? shell_content(shell, text) : call->input;
        add_field(&all, (struct field){one.text, one.origins | call->words[i].origins, false});
    }
    if (all.count)
        return join_fields(all.items, all.count, "");
    return call->piped ? call->input : (struct value){.text = unknown};
}

static struct value teed(struct shell *shell, const struct call *call)
{
    struct value input = {call->piped ? call->input.text : unknown, call->input.origins};
    for (size_t i = 1; i < call->count; i++) {
        if (!is_option(call->words[i].text))
            shell_write(shell, call->words[i].text, input);
    }
    return input;
}

static struct value copied(struct shell *shell, const struct call *call)
{
    const struct field *source = NULL, *target = NULL;
    for (size_t i = 1; i < call->count; i++) {
        if (is_option(call->words[i].text))
            continue;
        source = source ? source : &call->words[i];
        target = &call->words[i];
    }
    if (source && target != source)
        shell_write(shell, target->text, shell_content(shell, source->text));
    return (struct value){.text = ""};
}

/* Whatever goes into an archive is in it; the first operand is the archive, or goes into it too. */
static struct value archived(struct shell *shell, const struct call *call)
{
    struct value value = {unknown, FROM_PROGRAM};
    const char *archive = NULL;
    for (size_t i = 1; i < call->count; i++) {
        const char *text = call->words[i].text;
        if (is_option(text) || (i == 1 && !strpbrk(text, "./")))
            continue;
        value.origins |= shell_content(shell, text).origins | call->words[i].origins;
        archive = archive ? archive : text;
    }
    if (archive)
        shell_write(shell, archive, value);
    return value;
}

/* ---- the network ---- */

/* The value of curl's -o or wget's -O, alone or after other letters; NULL if it is not there. */
static const char *output_file(const struct call *call, size_t i)
{
    const char *text = call->words[i].text;
    char letter = is_one(call->program, "wget") ? 'O' : 'o';
    const char *next = i + 1 < call->count ? call->words[i + 1].text : NULL;
    const char *at = is_option(text) && text[1] != '-' ? strchr(text, letter) : NULL;
    if (starts(text, "--output=") || starts(text, "--output-document="))
        return strchr(text, '=') + 1;
    if (is_one(text, "--output|--output-document"))
        return next;
    return at && at[1] ? at + 1 : at ? next : NULL;
}

/* It is taken to print what it fetches in any case: that is the stricter assumption. */
static struct value downloaded(struct shell *shell, const struct call *call)
{
    struct value value = {unknown, FROM_NETWORK};
    bool by_name = is_one(call->program, "wget|aria2c");
    for (size_t i = 1; i < call->count; i++) {
        const char *text = call->words[i].text, *file = output_file(call, i);
        by_name |= is_option(text) && text[1] != '-' && strchr(text, 'O');
        if (file)
            shell_write(shell, file, value);
        else if (by_name && !is_option(text))
            shell_write(shell, path_base(text), value);
    }
    return value;
}

/* ---- find, ls ---- */

static const char *marked(const char *pattern)
{
    char *text = take_text(pattern, strlen(pattern));
    for (char *at = text; *at; at++) {
        if (*at == '*')
            *at = MARK_STAR;
        else if (*at == '?')
            *at = MARK_ONE;
    }
    return text;
}

/* A pattern for what is found below each start: the start itself if nothing narrows the search. */
static struct value found(struct shell *shell, const struct call *call)
{
    const char *pattern = NULL;
    bool narrowed = false;
    struct text out = {0};
    (void)shell;
    for (size_t i = 1; i < call->count; i++) {
        const char *text = call->words[i].text;
        bool next = i + 1 < call->count;
        if (is_one(text, "-exec|-execdir|-ok|-okdir"))
            break;
        if (next && is_one(text, "-name|-iname"))
            pattern = marked(call->words[i + 1].text);
        narrowed |= is_one(text, "-path|-ipath|-regex|-iregex|-wholename|-mtime|-mmin|-atime|"
                                 "-ctime|-newer|-size|-empty|-perm|-user|-links|-xtype|-inum");
    }
    text_add(&out, "", 0);
    size_t i = 1;
    do {
        bool given = i < call->count && !strchr("-(!", call->words[i].text[0]);
        text_puts(&out, out.len ? "\n" : "");
        text_puts(&out, given ? call->words[i].text : ".");
        if (pattern || narrowed)
            text_puts(&out, pattern ? "/" : "/found-");
        text_puts(&out, pattern ? pattern : narrowed ? "\2" : "");
    } while (++i < call->count && !strchr("-(!", call->words[i].text[0]));
    return (struct value){.text = out.data};
}

static struct value listed(struct shell *shell, const struct call *call)
{
    struct fields names = {0};
    (void)shell;
    for (size_t i = 1; i < call->count; i++) {
        if (!is_option(call->words[i].text))
            add_field(&names, call->words[i]);
    }
    if (!names.count)
        return (struct value){.text = "\2"};
    return join_fields(names.items, names.count, "\n");
}

/* ---- programs with an answer of their own ---- */

static struct value folder(struct shell *shell, const struct call *call)
{
    (void)call;
    return (struct value){.text = shell->state.cwd ? shell->state.cwd : unknown};
}

static struct value fresh_file(struct shell *shell, const struct call *call)
{
    (void)shell, (void)call;
    return (struct value){.text = "/tmp/fresh"};
}

/* "which rm", "command -v rm" */
static struct value located(struct shell *shell, const struct call *call)
{
    const char *last = call->count > 1 ? call->words[call->count - 1].text : unknown;
    (void)shell;
    return (struct value){.text = last};
}

/* "dirname PATH", "realpath PATH" */
static struct value resolved(struct shell *shell, const struct call *call)
{
    const char *last = call->count > 1 ? call->words[call->count - 1].text : unknown;
    const char *slash = strrchr(last, '/');
    if (!is_known(last))
        return (struct value){.text = unknown};
    if (is_one(call->program, "dirname"))
        last = !slash ? "." : slash == last ? "/" : take_text(last, (size_t)(slash - last));
    else
        last = path_resolve(last, shell->state.cwd);
    return (struct value){.text = last};
}

static struct value environment(struct shell *shell, const struct call *call)
{
    (void)shell;
    bool narrow = is_one(call->program, "printenv") && call->count > 1;
    return (struct value){unknown, narrow ? 0 : FROM_ENVIRONMENT};
}

static struct value number(struct shell *shell, const struct call *call)
{
    (void)shell, (void)call;
    return (struct value){.text = "0"};
}

static struct value silence(struct shell *shell, const struct call *call)
{
    (void)shell, (void)call;
    return (struct value){.text = ""};
}

static const struct {
    const char *names;
    struct value (*output)(struct shell *shell, const struct call *call);
} programs[] = {
    {"echo", echoed},
    {"printf", formatted},
    {"cat|tac|bat", contents},
    {"tee|sponge", teed},
    {"tar|bsdtar|zip|7z", archived},
    {"cp|mv|install|ln", copied},
    {"curl|wget|fetch|aria2c|lynx|http|https|nc|ncat|netcat|w3m|telnet|socat|ftp|lftp", downloaded},
    {"find|fd|gfind", found},
    {"ls", listed},
    {"pwd", folder},
    {"mktemp|tempfile", fresh_file},
    {"which|command|type", located},
    {"dirname|realpath|readlink", resolved},
    {"env|printenv|set|export|declare|typeset", environment},
    {"nproc|wc|date|id|sleep", number},
    {"true|false|:|test|[|mkdir|touch|rm|chmod|kill|make|cd", silence},
};

static bool decodes(const struct call *call)
{
    bool reads_code = is_one(call->program, "base64|base32|basenc|openssl|xxd|gpg");
    for (size_t i = 1; i < call->count && reads_code; i++) {
        if (is_one(call->words[i].text, "-d|-D|--decode|-r|-rp|-di|--decrypt"))
            return true;
    }
    return is_one(call->program, "uudecode|rev|tr|zcat|gunzip|xzcat|bzcat");
}

/* Programs whose output is meant for eval. */
static bool speaks_shell(const struct call *call)
{
    if (is_one(call->program, "ssh-agent|dircolors|luarocks|keychain"))
        return true;
    for (size_t i = 1; i < call->count; i++) {
        if (is_one(call->words[i].text, "shellenv|hook|init|env|activate|docker-env|completion|"
                                        "export|shell.bash"))
            return is_one(call->program, "brew|direnv|pyenv|rbenv|nodenv|starship|opam|conda|fnm|"
                                         "minikube|zoxide|mise|asdf|kubectl|poetry|goenv|jenv|"
                                         "register-python-argcomplete");
    }
    return false;
}

struct value output_of(struct shell *shell, const struct call *call)
{
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        if (is_one(call->program, programs[i].names))
            return programs[i].output(shell, call);
    }
    struct value output = {unknown, FROM_PROGRAM};
    if (speaks_shell(call))
        return (struct value){.text = ""};
    if (decodes(call))
        output.origins |= FROM_DECODER;
    if (call->piped)
        output.origins |= call->input.origins;
    for (size_t i = 1; i < call->count; i++) {
        output.origins |= call->words[i].origins;
        if (is_reader(call->program))
            output.origins |= shell_content(shell, call->words[i].text).origins;
    }
    return output;
}
