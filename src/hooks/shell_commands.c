/* The simple commands of a command line, for `if` conditions: an approximation that finds too many
 * rather than too few. */
#include "hooks/condition.h"

#include <ctype.h>
#include <string.h>

enum { NEST_MAX = 32, LINE_MAX_BYTES = 256 * 1024 };

struct shell {
    const char *p;
    struct strings *out;
    struct arena *arena;
    unsigned depth;
    bool lost;
};

struct words {
    struct buf command; /* what is complete, with a space behind each word */
    struct buf word;
    bool inside; /* a word has begun */
    bool drop;   /* the next word is the target of a redirection */
};

static void parse_list(struct shell *shell, char until);

static bool is_keyword(const char *word)
{
    static const char *const keywords[] = {"if",    "then", "elif", "else", "fi", "while",
                                           "until", "do",   "done", "time", "!",  "{",
                                           "}",     "case", "in",   "esac", "for"};
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
        if (strcmp(keywords[i], word) == 0)
            return true;
    return false;
}

static bool is_assignment(const char *word)
{
    size_t name = strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789");
    return name > 0 && !isdigit((unsigned char)*word) &&
           (word[name] == '=' || (word[name] == '+' && word[name + 1] == '='));
}

static void end_word(struct words *words)
{
    if (!words->inside)
        return;
    const char *word = buf_text(&words->word);
    bool first = words->command.len == 0;
    if (!words->drop && !(first && (is_keyword(word) || is_assignment(word)))) {
        if (!first)
            buf_putc(&words->command, ' ');
        buf_puts(&words->command, word);
    }
    buf_clear(&words->word);
    words->inside = words->drop = false;
}

static void end_command(struct shell *shell, struct words *words)
{
    end_word(words);
    if (words->command.len > 0)
        strings_add(shell->out, shell->arena,
                    arena_strdup(shell->arena, buf_text(&words->command)));
    buf_clear(&words->command);
    words->drop = false;
}

/* $(…) or `…`: its commands count, and its text stands in the word. */
static void substitution(struct shell *shell, struct words *words, size_t opening, char until)
{
    const char *start = shell->p;
    shell->p += opening;
    parse_list(shell, until);
    buf_add(&words->word, start, (size_t)(shell->p - start));
    words->inside = true;
}

static bool begin_substitution(struct shell *shell, struct words *words)
{
    const char *p = shell->p;
    if (*p == '`')
        substitution(shell, words, 1, '`');
    else if ((*p == '$' || *p == '<' || *p == '>') && p[1] == '(')
        substitution(shell, words, 2, ')');
    else
        return false;
    return true;
}

static void double_quoted(struct shell *shell, struct words *words)
{
    words->inside = true;
    shell->p++;
    while (*shell->p && *shell->p != '"') {
        if (*shell->p == '\\' && shell->p[1] && strchr("\"\\$`", shell->p[1]))
            shell->p++;
        else if (*shell->p != '<' && *shell->p != '>' && begin_substitution(shell, words))
            continue;
        buf_putc(&words->word, *shell->p++);
    }
    shell->p += *shell->p == '"';
}

static void single_quoted(struct shell *shell, struct words *words)
{
    const char *start = shell->p + 1, *end = strchr(start, '\'');
    if (!end)
        end = start + strlen(start);
    buf_add(&words->word, start, (size_t)(end - start));
    words->inside = true;
    shell->p = end + (*end != '\0');
}

/* "2>", ">>", "<": the word behind is a file, and the digits in front are no argument. */
static void redirection(struct shell *shell, struct words *words)
{
    const char *word = buf_text(&words->word);
    if (words->inside && word[strspn(word, "0123456789")] == '\0') {
        buf_clear(&words->word);
        words->inside = false;
    }
    end_word(words);
    shell->p += strspn(shell->p, "<>&|");
    words->drop = true;
}

/* One step of a command; false at the list's end. */
static bool step(struct shell *shell, struct words *words, char until)
{
    char c = *shell->p;
    if (!c || c == until)
        return false;
    if (begin_substitution(shell, words))
        return true;
    if (c == '\\' && shell->p[1]) {
        if (shell->p[1] != '\n') {
            buf_putc(&words->word, shell->p[1]);
            words->inside = true;
        }
        shell->p += 2;
    } else if (c == '\'') {
        single_quoted(shell, words);
    } else if (c == '"') {
        double_quoted(shell, words);
    } else if (c == '<' || c == '>' || (c == '&' && shell->p[1] == '>')) {
        redirection(shell, words);
    } else if (strchr(";&|\n()", c)) {
        end_command(shell, words);
        shell->p++;
    } else if (c == ' ' || c == '\t') {
        end_word(words);
        shell->p++;
    } else {
        buf_putc(&words->word, c);
        words->inside = true;
        shell->p++;
    }
    return true;
}

static void parse_list(struct shell *shell, char until)
{
    struct words words = {0};
    if (shell->depth == NEST_MAX) {
        shell->lost = true;
        shell->p += strlen(shell->p);
        return;
    }
    shell->depth++;
    while (step(shell, &words, until))
        ;
    end_command(shell, &words);
    shell->p += *shell->p != '\0';
    shell->depth--;
    buf_release(&words.command);
    buf_release(&words.word);
}

bool shell_commands(struct strings *out, const char *line, struct arena *arena)
{
    struct shell shell = {.p = line, .out = out, .arena = arena};
    if (strlen(line) > LINE_MAX_BYTES)
        return false;
    parse_list(&shell, '\0');
    return !shell.lost;
}
