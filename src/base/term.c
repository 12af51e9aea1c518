#include "base/term.h"

#include "base/buf.h"
#include "base/data.h"
#include "base/error.h"
#include "base/term_private.h"
#include "base/text.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static struct {
    struct term_options options;
    enum term_level level;
    bool stdin_terminal, stdout_terminal, stderr_terminal;
    bool stdout_colour, stderr_colour;
    bool progress;
} term = {.level = TERM_INFO};

static const char *const style_codes[] = {
    [STYLE_PLAIN] = "",        [STYLE_BOLD] = "\033[1m",   [STYLE_DIM] = "\033[2m",
    [STYLE_RED] = "\033[31m",  [STYLE_GREEN] = "\033[32m", [STYLE_YELLOW] = "\033[33m",
    [STYLE_CYAN] = "\033[36m",
};
static const char style_end[] = "\033[0m";

static bool env_set(const char *name)
{
    const char *value = getenv(name);
    return value && *value && strcmp(value, "0") != 0;
}

void term_init(const struct term_options *options)
{
    const char *type = getenv("TERM");
    bool capable = type && *type && strcmp(type, "dumb") != 0;
    const char *no_color = getenv("NO_COLOR");
    bool colour = !(no_color && *no_color);
    bool force = env_set("CLICOLOR_FORCE");

    term.options = *options;
    term.level = options->quiet ? TERM_WARN : options->verbose ? TERM_DEBUG : TERM_INFO;
    term.stdin_terminal = isatty(STDIN_FILENO);
    term.stdout_terminal = isatty(STDOUT_FILENO);
    term.stderr_terminal = isatty(STDERR_FILENO);
    term.stdout_colour = colour && (force || (term.stdout_terminal && capable));
    term.stderr_colour = colour && (force || (term.stderr_terminal && capable));
    term.progress = term.stdout_terminal && term.stderr_terminal && capable && colour &&
                    !env_set("CI") && !options->quiet && !options->json;
}

void term_default_level(enum term_level level)
{
    if (term.options.quiet || term.options.verbose)
        return;
    term.level = level;
    term.progress = term.progress && level >= TERM_INFO;
}

bool term_json(void)
{
    return term.options.json;
}

bool term_is_interactive(void)
{
    return term.stdin_terminal && term.stderr_terminal;
}

bool term_stdout_is_terminal(void)
{
    return term.stdout_terminal;
}

bool term_draws_progress(void)
{
    return term.progress;
}

unsigned term_columns(void)
{
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return 80;
}

/* ---- stdout: data ---- */

/* A reader that went away is no error to talk about: end as the signal would have ended us. */
static void check_pipe(void)
{
    if (ferror(stdout) && errno == EPIPE) {
        signal(SIGPIPE, SIG_DFL);
        raise(SIGPIPE);
    }
}

void out_bytes(const void *data, size_t len)
{
    if (len && fwrite(data, 1, len, stdout) != len)
        check_pipe();
}

static void out_v(enum term_style style, const char *format, va_list args)
{
    AUTO_BUF raw = {0}, safe = {0};
    bool styled = style != STYLE_PLAIN && term.stdout_colour;

    buf_vprintf(&raw, format, args);
    if (styled)
        buf_puts(&safe, style_codes[style]);
    text_print_safe(&safe, buf_text(&raw), raw.len, true);
    if (styled)
        buf_puts(&safe, style_end);
    out_bytes(buf_text(&safe), safe.len);
}

void out(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    out_v(STYLE_PLAIN, format, args);
    va_end(args);
}

void out_styled(enum term_style style, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    out_v(style, format, args);
    va_end(args);
}

int term_finish(void)
{
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return 0;
    check_pipe();
    fail_errno(ERR_GENERIC, "cannot write to standard output");
    error_hint("what was to be shown is incomplete; 'paii list' and 'paii status' show what is");
    return -ERR_GENERIC;
}

/* ---- stderr: talk ---- */

void term_write_stderr(const void *data, size_t len)
{
    const char *at = data;
    while (len > 0) {
        ssize_t n = write(STDERR_FILENO, at, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        at += n;
        len -= (size_t)n;
    }
}

/* Appends foreign or own text safely; further lines are indented, so that none can pose as ours. */
static void add_message(struct buf *line, const char *text, size_t len)
{
    const char *end = text + len;
    for (;;) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        text_print_safe(line, text, (size_t)((stop ? stop : end) - text), true);
        buf_putc(line, '\n');
        if (!stop || stop + 1 == end)
            return;
        text = stop + 1;
        buf_puts(line, "  ");
    }
}

/* One message is one write, so that messages of several processes do not mix. */
static void talk(const char *label, enum term_style style, const char *text, size_t len)
{
    AUTO_BUF line = {0};
    bool styled = style != STYLE_PLAIN && term.stderr_colour;

    if (label) {
        buf_puts(&line, "paii: ");
        buf_puts(&line, styled ? style_codes[style] : "");
        buf_printf(&line, "%s:", label);
        buf_puts(&line, styled ? style_end : "");
        buf_putc(&line, ' ');
    }
    add_message(&line, text, len);
    fflush(stdout); /* what was said before stays before */
    progress_hide();
    term_write_stderr(line.data, line.len);
    progress_show();
}

static void talk_v(const char *label, enum term_style style, const char *format, va_list args)
{
    AUTO_BUF text = {0};
    buf_vprintf(&text, format, args);
    talk(label, style, buf_text(&text), text.len);
}

void note(const char *format, ...)
{
    if (term.level < TERM_INFO)
        return;
    va_list args;
    va_start(args, format);
    talk_v(NULL, STYLE_PLAIN, format, args);
    va_end(args);
}

void detail(const char *format, ...)
{
    if (term.level < TERM_DEBUG)
        return;
    va_list args;
    va_start(args, format);
    talk_v(NULL, STYLE_PLAIN, format, args);
    va_end(args);
}

void warning(const char *format, ...)
{
    if (term.level < TERM_WARN)
        return;
    va_list args;
    va_start(args, format);
    talk_v("warning", STYLE_YELLOW, format, args);
    va_end(args);
}

/* {"error":{"code":"not_found","exit":10,"message":"...","hint":"...","details":{...}}} */
static void report_json(const char *hint)
{
    AUTO_BUF text = {0};
    struct json_writer json = {.out = &text};

    json_object(&json);
    json_key(&json, "error");
    json_object(&json);
    json_field(&json, "code", err_name(error_code()));
    json_key(&json, "exit");
    json_integer(&json, error_code());
    json_field(&json, "message", error_text());
    json_field(&json, "hint", hint);
    if (*error_details_text()) {
        json_key(&json, "details");
        json_raw(&json, error_details_text());
    }
    json_end_object(&json);
    json_end_object(&json);
    buf_putc(&text, '\n');
    out_bytes(text.data, text.len);
}

void term_report_error(void)
{
    const char *hint = *error_hint_text() ? error_hint_text() : NULL;
    if (term.options.json) {
        report_json(hint);
        return;
    }
    AUTO_BUF text = {0};
    buf_puts(&text, error_text());
    if (hint)
        buf_printf(&text, "\nhint: %s", hint);
    talk("error", STYLE_RED, buf_text(&text), text.len);
}

bool term_ask(const char *question)
{
    char answer[16] = "";

    if (!term_is_interactive())
        return false;
    AUTO_BUF line = {0};
    text_print_safe(&line, question, strlen(question), true);
    buf_puts(&line, " [y/N] ");
    fflush(stdout);
    progress_hide();
    term_write_stderr(line.data, line.len);
    bool read = fgets(answer, sizeof answer, stdin) != NULL;
    progress_show();
    return read && (answer[0] == 'y' || answer[0] == 'Y');
}
