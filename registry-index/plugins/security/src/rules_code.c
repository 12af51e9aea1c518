/* Foreign code, secrets that leave, programs without end. */
#include "access.h"
#include "arena.h"
#include "path.h"
#include "places.h"
#include "rules.h"
#include "text.h"

#include <string.h>

/* ---- code ---- */

/* Where the code that an interpreter runs comes from, as far as it is on the command line. */
static unsigned code_origins(const struct call *call)
{
    unsigned origins = 0;
    const struct field *code = inline_code(call), *script = NULL;
    if (is_one(call->program, "eval|source|.")) {
        for (size_t i = 1; i < call->count; i++)
            origins |= call->words[i].origins;
        return origins;
    }
    if (code)
        return code->origins;
    if (is_interpreter(call->program))
        script = script_of(call);
    if (script)
        return script->origins;
    return is_interpreter(call->program) && call->piped ? call->input.origins : 0;
}

/* A file that is run, and what the same line has written to it. */
static unsigned file_origins(const struct call *call)
{
    const char *path = NULL;
    if (!call->count)
        return 0;
    if (is_one(call->program, "source|.") && call->count > 1)
        path = call->words[1].text;
    else if (is_interpreter(call->program) && !inline_code(call) && script_of(call))
        path = script_of(call)->text;
    else if (strchr(call->words[0].text, '/'))
        path = call->words[0].text;
    return path ? shell_content(call->shell, path).origins : 0;
}

bool runs_network(const struct call *call)
{
    return code_origins(call) & FROM_NETWORK;
}

bool runs_decoded(const struct call *call)
{
    return (code_origins(call) | file_origins(call)) & FROM_DECODER;
}

bool runs_download(const struct call *call)
{
    return file_origins(call) & FROM_NETWORK;
}

/* A shell that reads what another program writes. Other interpreters mostly get data that way. */
bool runs_unseen(const struct call *call)
{
    bool shell = is_shell(call->program) || is_one(call->program, "eval|source|.");
    return shell && code_origins(call) & FROM_PROGRAM;
}

bool runs_computed(const struct call *call)
{
    static const char unknown[] = {MARK_UNKNOWN, '\0'};
    const struct field *code = is_shell(call->program) ? inline_code(call) : NULL;
    if (is_one(call->program, "eval") && call->count > 1)
        code = &call->words[1];
    return call->count &&
           (strpbrk(call->words[0].text, "\1\2\3") || (code && !strcmp(code->text, unknown)));
}

bool opens_shell(const struct call *call)
{
    for (size_t i = 0; i < call->count; i++) {
        const char *text = call->words[i].text;
        if (strstr(text, "/dev/tcp/") || strstr(text, "/dev/udp/"))
            return !is_one(call->program, "echo|grep|rg|git|printf");
        if (is_one(call->program, "socat") && (starts(text, "EXEC:") || starts(text, "SYSTEM:") ||
                                               starts(text, "exec:") || starts(text, "system:")))
            return true;
    }
    for (size_t i = 0; i < call->target_count; i++) {
        const char *text = call->targets[i].value.text;
        if (call->targets[i].kind != REDIRECT_TEXT &&
            (starts(text, "/dev/tcp/") || starts(text, "/dev/udp/")))
            return true;
    }
    if (is_shell(call->program) && call->looping && call->piped && has_flag(call, 'i', NULL))
        return true; /* "cat fifo | sh -i | nc …" */
    return is_one(call->program, "nc|ncat|netcat") &&
           (has_flag(call, 'e', "exec") || has_flag(call, 'c', "sh-exec"));
}

bool bombs(const struct call *call)
{
    return call->recursive && call->looping;
}

/* ---- secrets ---- */

static bool is_network(const char *program)
{
    return is_one(program, "curl|wget|nc|ncat|netcat|socat|scp|sftp|rsync|ssh|ftp|lftp|telnet|http|"
                           "https|rclone|gsutil|aws|mail|mailx|mutt|sendmail|dig|nslookup|host|"
                           "ping|gist|gh|wormhole|croc|mosquitto_pub|openssl");
}

bool sends_secrets(const struct call *call)
{
    unsigned origins = call->piped ? call->input.origins : 0;
    bool local = is_one(call->program, "openssl") && !has_word(call, "s_client");
    if (local || !is_network(call->program))
        return false;
    struct accesses accesses = accesses_of(call);
    for (size_t i = 0; i < call->count; i++)
        origins |= call->words[i].origins;
    for (size_t i = 0; i < accesses.count; i++) {
        const struct guarded *row = places_find(accesses.items[i].path);
        if (accesses.items[i].access == READS && row && row->read != NONE)
            return true;
        if (accesses.items[i].access == READS)
            origins |= shell_content(call->shell, accesses.items[i].text).origins;
    }
    return origins & (FROM_SECRET | FROM_ENVIRONMENT);
}

bool shows_environment(const struct call *call)
{
    bool bare = call->count == 1 && is_one(call->program, "env|printenv|set|export|declare");
    return bare || (is_one(call->program, "export|declare|typeset") && call->count == 2 &&
                    is_one(call->words[1].text, "-p|-x"));
}

bool loads_library(const struct call *call)
{
    static const char names[] = "LD_PRELOAD|LD_AUDIT|DYLD_INSERT_LIBRARIES|BASH_ENV|"
                                "PROMPT_COMMAND|PERL5OPT|PYTHONSTARTUP";
    for (size_t i = 0; i < call->assigned_count + call->count; i++) {
        bool front = i < call->assigned_count;
        const char *text =
            front ? call->assigned[i].text : call->words[i - call->assigned_count].text;
        size_t len = strcspn(text, "=");
        bool sets = front || is_one(call->program, "export|env|declare");
        if (sets && text[len] && text[len + 1] && is_one(take_text(text, len), names))
            return true;
    }
    return false;
}
