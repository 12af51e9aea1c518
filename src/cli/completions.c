/*
 * Completion scripts, from the tables. Words that paii knows when it is built stand in the script;
 * names that change come from `paii __complete KIND [PLUGIN]`.
 *
 * A path is the commands so far: "", "install", "registry add". For bash and zsh, which share most
 * of their syntax, the same functions hold the tables:
 *
 *     _paii_option PATH OPTION     sets kind to what the option's value is; empty for flags
 *     _paii_position PATH COUNT    sets kind to what the next word is
 *     _paii_list PATH              sets list to its options, "--name:what it means" lines
 *     _paii_commands PATH          sets list to its commands likewise
 *     _paii_read WORD...           sets here (the path), count and first (of the positionals), and
 *                                  pending (the kind of an option that waits for its value)
 */
#include "cli/tables.h"

#include <stdio.h>
#include <string.h>

static const char *const kind_names[] = {
    [COMPLETE_NONE] = "none",
    [COMPLETE_INSTALLED] = "installed",
    [COMPLETE_AVAILABLE] = "available",
    [COMPLETE_REGISTRY] = "registry",
    [COMPLETE_ACTION] = "action",
    [COMPLETE_COMMAND] = "command",
    [COMPLETE_SETTING] = "setting",
    [COMPLETE_FILE] = "file",
    [COMPLETE_DIR] = "dir",
};

typedef void visit(struct buf *out, const char *path, const struct command *command);

/* Calls `emit` for every path; the root has no command. */
static void each_path(struct buf *out, visit *emit)
{
    emit(out, "", NULL);
    for (const struct command *const *at = commands; *at; at++) {
        if (command_hidden(*at))
            continue;
        emit(out, (*at)->name, *at);
        for (const struct command *const *sub = (*at)->subcommands; sub && *sub; sub++) {
            AUTO_BUF path = {0};
            buf_printf(&path, "%s %s", (*at)->name, (*sub)->name);
            emit(out, path.data, *sub);
        }
    }
}

/* Inside single quotes. fish, unlike the others, takes \' there. */
static void quoted(struct buf *out, const char *text, bool fish)
{
    for (; *text; text++) {
        if (*text == '\'')
            buf_puts(out, fish ? "\\'" : "'\\''");
        else
            buf_putc(out, *text);
    }
}

/* A kind's name, or "=word word" for choices. */
static void kind(struct buf *out, enum complete complete, const char *const *choices)
{
    if (!choices) {
        buf_puts(out, kind_names[complete]);
        return;
    }
    for (const char *const *choice = choices; *choice; choice++)
        buf_printf(out, "%c%s", choice == choices ? '=' : ' ', *choice);
}

/* ---- the functions that bash and zsh share ---- */

static void option_case(struct buf *out, const char *path, const struct command *command)
{
    for (const struct option *row = command ? command->options : NULL; row && row->name; row++) {
        if (!option_takes_word(row))
            continue;
        buf_printf(out, "    '%s:--%s'", path, row->name);
        if (row->letter)
            buf_printf(out, " | '%s:-%c'", path, row->letter);
        buf_puts(out, ") kind='");
        kind(out, row->complete, row->choices);
        buf_puts(out, "' ;;\n");
    }
}

static void position_case(struct buf *out, const char *path, const struct command *command)
{
    unsigned at = 0;
    if (!command || command->subcommands)
        return;
    for (const struct positional *row = command->positionals; row && row->name; row++) {
        for (unsigned i = 0; i < (row->max ? row->max : 1); i++, at++) {
            if (row->max)
                buf_printf(out, "    '%s:%u') kind='", path, at);
            else
                buf_printf(out, "    '%s:'*) kind='", path);
            kind(out, row->complete, row->choices);
            buf_puts(out, "' ;;\n");
        }
    }
}

static void option_lines(struct buf *out, const struct option *row)
{
    for (; row && row->name; row++) {
        buf_printf(out, "--%s:", row->name);
        quoted(out, row->help, false);
        buf_putc(out, '\n');
    }
}

static void list_case(struct buf *out, const char *path, const struct command *command)
{
    if (!command || !command->options || !command->options->name)
        return;
    buf_printf(out, "    '%s') list='", path);
    option_lines(out, command->options);
    buf_puts(out, "' ;;\n");
}

static void commands_case(struct buf *out, const char *path, const struct command *command)
{
    const struct command *const *at = command ? command->subcommands : commands;
    if (!at)
        return;
    buf_printf(out, "    '%s') list='", path);
    for (; *at; at++) {
        if (command_hidden(*at))
            continue;
        buf_printf(out, "%s:", (*at)->name);
        quoted(out, (*at)->summary, false);
        buf_putc(out, '\n');
    }
    buf_puts(out, "' ;;\n");
}

static void path_case(struct buf *out, const char *path, const struct command *command)
{
    if (command)
        buf_printf(out, "    '%s') return 0 ;;\n", path);
}

static void case_function(struct buf *out, const char *name, const char *subject,
                          const char *before, visit *emit)
{
    buf_printf(out, "_paii_%s() {\n    %s\n    case %s in\n", name, before, subject);
    each_path(out, emit);
    buf_puts(out, "    esac\n}\n");
}

static const char read_function[] =
    "_paii_read() {\n"
    "    here= count=0 first= pending=\n"
    "    local word\n"
    "    for word in \"$@\"; do\n"
    "        if [ -n \"$pending\" ]; then\n"
    "            [ \"$word\" = '=' ] || pending=\n"
    "            continue\n"
    "        fi\n"
    "        case $word in\n"
    "        -*) _paii_option \"$here\" \"$word\"; pending=$kind ;;\n"
    "        *)\n"
    "            if [ -z \"$here\" ] && [ \"$word\" = plugin ]; then\n"
    "                continue\n"
    "            elif _paii_path \"${here:+$here }$word\"; then\n"
    "                here=\"${here:+$here }$word\"\n"
    "            else\n"
    "                first=${first:-$word} count=$((count + 1))\n"
    "            fi ;;\n"
    "        esac\n"
    "    done\n"
    "}\n";

static void shared_functions(struct buf *out)
{
    case_function(out, "option", "\"$1:$2\"", "kind=", option_case);
    case_function(out, "position", "\"$1:$2\"", "kind=none", position_case);
    case_function(out, "list", "\"$1\"", "list=", list_case);
    buf_puts(out, "_paii_every='");
    option_lines(out, global_options);
    buf_puts(out, "'\n");
    case_function(out, "commands", "\"$1\"", "list=", commands_case);
    buf_puts(out, "_paii_path() {\n    case \"$1\" in\n");
    each_path(out, path_case);
    buf_puts(out, "    esac\n    return 1\n}\n");
    buf_puts(out, read_function);
}

static const char bash_tail[] =
    "_paii_reply() {\n"
    "    local line\n"
    "    while IFS= read -r line; do\n"
    "        line=${line%%:*}\n"
    "        [[ -n $line && $line == \"$cur\"* ]] && COMPREPLY+=(\"$line\")\n"
    "    done\n"
    "}\n"
    "_paii() {\n"
    "    local cur=${COMP_WORDS[COMP_CWORD]} here count first pending kind list line\n"
    "    COMPREPLY=()\n"
    "    _paii_read \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"\n"
    "    [[ $cur == = ]] && cur=\n"
    "    if [[ -n $pending ]]; then\n"
    "        kind=$pending\n"
    "    elif [[ $cur == -* ]]; then\n"
    "        _paii_list \"$here\"\n"
    "        _paii_reply <<<\"$list$_paii_every\"\n"
    "        return\n"
    "    else\n"
    "        _paii_commands \"$here\"\n"
    "        [[ -n $list ]] && { _paii_reply <<<\"$list\"; return; }\n"
    "        _paii_position \"$here\" \"$count\"\n"
    "    fi\n"
    "    [[ $kind == available && $cur == [./~]* ]] && kind=dir\n"
    "    case $kind in\n"
    "    none) ;;\n"
    "    '='*) _paii_reply < <(printf '%s\\n' ${kind:1}) ;;\n"
    "    file | dir)\n"
    "        compopt -o filenames 2>/dev/null\n"
    "        while IFS= read -r line; do\n"
    "            COMPREPLY+=(\"$line\")\n"
    "        done < <(compgen -\"${kind:0:1}\" -- \"$cur\") ;;\n"
    "    *) _paii_reply < <(paii __complete \"$kind\" \"$first\" 2>/dev/null) ;;\n"
    "    esac\n"
    "}\n"
    "complete -F _paii paii\n";

static const char zsh_tail[] =
    "_paii() {\n"
    "    local here count first pending kind list option=\n"
    "    local -a items\n"
    "    _paii_read \"${(@)words[2,CURRENT-1]}\"\n"
    "    if [[ -n $pending ]]; then\n"
    "        kind=$pending\n"
    "    elif [[ $words[CURRENT] == --*=* ]]; then\n"
    "        _paii_option \"$here\" \"${words[CURRENT]%%=*}\"\n"
    "        compset -P '*='\n"
    "    elif [[ $words[CURRENT] == -* ]]; then\n"
    "        _paii_list \"$here\"\n"
    "        items=(\"${(@f)list}\" \"${(@f)_paii_every}\")\n"
    "        items=(${items:#})\n"
    "        _describe -o option items\n"
    "        return\n"
    "    else\n"
    "        _paii_commands \"$here\"\n"
    "        items=(${(f)list})\n"
    "        if (( $#items )); then\n"
    "            _describe command items\n"
    "            return\n"
    "        fi\n"
    "        _paii_position \"$here\" \"$count\"\n"
    "    fi\n"
    "    [[ $kind == available && $words[CURRENT] == [./~]* ]] && kind=dir\n"
    "    case $kind in\n"
    "    none) ;;\n"
    "    '='*) compadd -- ${=kind:1} ;;\n"
    "    file) _files ;;\n"
    "    dir) _files -/ ;;\n"
    "    *) items=(${(f)\"$(paii __complete $kind \"$first\" 2>/dev/null)\"}); compadd -a items "
    ";;\n"
    "    esac\n"
    "}\n"
    "if [[ $funcstack[1] == _paii ]]; then\n"
    "    _paii \"$@\"\n"
    "else\n"
    "    compdef _paii paii\n"
    "fi\n";

/* ---- fish ---- */

static void fish_path_case(struct buf *out, const char *path, const struct command *command)
{
    if (command)
        buf_printf(out, " '%s'", path);
}

static void fish_valued_case(struct buf *out, const char *path, const struct command *command)
{
    for (const struct option *row = command ? command->options : NULL; row && row->name; row++) {
        if (!option_takes_word(row))
            continue;
        buf_printf(out, " '%s:--%s'", path, row->name);
        if (row->letter)
            buf_printf(out, " '%s:-%c'", path, row->letter);
    }
}

/* -f -a 'words' of a kind */
static void fish_arguments(struct buf *out, enum complete complete, const char *const *choices)
{
    if (choices) {
        buf_puts(out, " -a '");
        for (const char *const *choice = choices; *choice; choice++)
            buf_printf(out, "%s%s", choice == choices ? "" : " ", *choice);
        buf_putc(out, '\'');
    } else if (complete == COMPLETE_FILE) {
        buf_puts(out, " -F");
    } else if (complete == COMPLETE_DIR) {
        buf_puts(out, " -a '(__fish_complete_directories)'");
    } else if (complete != COMPLETE_NONE) {
        buf_printf(out, " -a '(__paii_words %s)'", kind_names[complete]);
    }
}

static void fish_options(struct buf *out, const char *path, const struct option *row)
{
    for (; row && row->name; row++) {
        buf_puts(out, "complete -c paii");
        if (path)
            buf_printf(out, " -n '__paii_at \"%s\"'", path);
        buf_printf(out, " -l %s", row->name);
        if (row->letter)
            buf_printf(out, " -s %c", row->letter);
        if (option_takes_word(row)) {
            buf_puts(out, row->complete == COMPLETE_FILE ? " -r" : " -x");
            fish_arguments(out, row->complete, row->choices);
        }
        buf_puts(out, " -d '");
        quoted(out, row->help, true);
        buf_puts(out, "'\n");
    }
}

static void fish_positions(struct buf *out, const char *path, const struct positional *row)
{
    unsigned at = 0;
    for (; row && row->name; row++) {
        for (unsigned i = 0; i < (row->max ? row->max : 1); i++, at++) {
            if (!row->choices && row->complete == COMPLETE_NONE)
                continue;
            buf_printf(out, "complete -c paii -n '__paii_at \"%s\" %u%s'", path, at,
                       row->max ? "" : "+");
            fish_arguments(out, row->complete, row->choices);
            buf_putc(out, '\n');
        }
    }
}

static void fish_command(struct buf *out, const char *path, const struct command *command)
{
    const struct command *const *at = command ? command->subcommands : commands;
    for (; at && *at; at++) {
        if (command_hidden(*at))
            continue;
        buf_printf(out, "complete -c paii -n '__paii_at \"%s\"' -a %s -d '", path, (*at)->name);
        quoted(out, (*at)->summary, true);
        buf_puts(out, "'\n");
    }
    if (command && !command->subcommands) {
        fish_positions(out, path, command->positionals);
        fish_options(out, path, command->options);
    }
}

/* Prints the path, how many positionals there are, and the first. */
static void fish_state(struct buf *out)
{
    buf_puts(out,
             "function __paii_state\n"
             "    set -l path ''\n    set -l count 0\n    set -l first ''\n    set -l skip ''\n"
             "    for word in (commandline -opc)[2..-1]\n"
             "        if test -n \"$skip\"\n            set skip ''\n            continue\n"
             "        end\n"
             "        switch \"$path:$word\"\n"
             "            case ':plugin'\n"
             "                continue\n"
             "            case ''");
    each_path(out, fish_valued_case);
    buf_puts(out, "\n                set skip 1\n                continue\n        end\n"
                  "        string match -q -- '-*' $word; and continue\n"
                  "        switch (string trim -- \"$path $word\")\n"
                  "            case ''");
    each_path(out, fish_path_case);
    buf_puts(out, "\n                set path (string trim -- \"$path $word\")\n"
                  "            case '*'\n"
                  "                set count (math $count + 1)\n"
                  "                test -z \"$first\"; and set first $word\n"
                  "        end\n    end\n"
                  "    printf '%s\\n' \"$path\" $count \"$first\"\nend\n");
}

static const char fish_functions[] = "function __paii_at\n"
                                     "    set -l state (__paii_state)\n"
                                     "    test \"$state[1]\" = \"$argv[1]\"; or return 1\n"
                                     "    set -q argv[2]; or return 0\n"
                                     "    if string match -q -- '*+' $argv[2]\n"
                                     "        test $state[2] -ge (string trim -c + -- $argv[2])\n"
                                     "    else\n"
                                     "        test $state[2] -eq $argv[2]\n"
                                     "    end\n"
                                     "end\n"
                                     "function __paii_words\n"
                                     "    paii __complete $argv[1] (__paii_state)[3] 2>/dev/null\n"
                                     "end\n"
                                     "complete -c paii -f\n";

int completions_print(const char *shell)
{
    AUTO_BUF text = {0};

    if (strcmp(shell, "zsh") == 0)
        buf_puts(&text, "#compdef paii\n");
    buf_printf(&text, "# Completion of paii for %s, printed by 'paii completions %s'.\n", shell,
               shell);
    if (strcmp(shell, "fish") == 0) {
        fish_state(&text);
        buf_puts(&text, fish_functions);
        fish_options(&text, NULL, global_options);
        each_path(&text, fish_command);
    } else {
        shared_functions(&text);
        buf_puts(&text, strcmp(shell, "zsh") == 0 ? zsh_tail : bash_tail);
    }
    out_bytes(text.data, text.len);
    return 0;
}
