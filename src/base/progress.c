/*
 * One line per running task, below everything else on stderr. A ticker thread draws, so that
 * elapsed time moves on while the caller waits for a child; it touches nothing but the list here,
 * under `mutex`.
 */
#include "base/buf.h"
#include "base/term.h"
#include "base/term_private.h"
#include "base/text.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { DELAY_MS = 200, TICK_MS = 50, BAR_WIDTH = 24 };

struct progress {
    struct progress *next;
    char verb[32], subject[80], phase[32];
    uint64_t done, total;
    int64_t started;
};

static struct {
    pthread_mutex_t mutex;
    struct progress *first; /* in order of their beginning */
    unsigned lines;         /* on the screen now */
    bool ticking;
} screen = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Copies what fits, made safe and whole in UTF-8. */
static void set_text(char *out, size_t size, const char *text)
{
    AUTO_BUF safe = {0};
    text_print_safe(&safe, text, strlen(text), false);
    size_t len = safe.len < size - 1 ? safe.len : size - 1;
    while (len < safe.len && len > 0 && ((unsigned char)safe.data[len] & 0xC0) == 0x80)
        len--;
    memcpy(out, buf_text(&safe), len);
    out[len] = '\0';
}

/* "building   jira  [=======>       ]  42%  receiving  3.1s", no wider than the terminal */
static void add_line(struct buf *out, const struct progress *task, int64_t now, unsigned columns)
{
    AUTO_BUF line = {0};
    struct arena arena = {0};

    buf_printf(&line, "%-9s %s", task->verb, task->subject);
    if (task->total > 0) {
        uint64_t done = task->done < task->total ? task->done : task->total;
        unsigned filled = (unsigned)((double)done / (double)task->total * BAR_WIDTH);
        buf_puts(&line, "  [");
        for (unsigned i = 0; i < BAR_WIDTH; i++)
            buf_putc(&line, i < filled ? '=' : i == filled ? '>' : ' ');
        buf_printf(&line, "] %3u%%", (unsigned)((double)done / (double)task->total * 100));
    } else if (task->done > 0) {
        buf_printf(&line, "  %s", text_bytes(&arena, task->done));
    }
    if (*task->phase)
        buf_printf(&line, "  %s", task->phase);
    buf_printf(&line, "  %.1fs", (double)(now - task->started) / 1000);

    size_t len = line.len;
    while (len > 0 && text_width(line.data) >= columns) { /* the last column would wrap on some */
        do
            len--;
        while (len > 0 && ((unsigned char)line.data[len] & 0xC0) == 0x80);
        line.data[len] = '\0';
    }
    buf_add(out, line.data, len);
    arena_release(&arena);
}

static void add_erase(struct buf *out)
{
    if (screen.lines > 1)
        buf_printf(out, "\033[%uA", screen.lines - 1);
    if (screen.lines > 0)
        buf_puts(out, "\r\033[J");
    screen.lines = 0;
}

static void draw(void)
{
    AUTO_BUF frame = {0};
    int64_t now = now_ms();
    unsigned columns = term_columns();

    add_erase(&frame);
    for (const struct progress *task = screen.first; task; task = task->next) {
        if (now - task->started < DELAY_MS)
            continue;
        if (screen.lines++ > 0)
            buf_puts(&frame, "\r\n");
        add_line(&frame, task, now, columns);
    }
    if (frame.len > 0)
        term_write_stderr(frame.data, frame.len);
}

static void *tick(void *unused)
{
    (void)unused;
    for (;;) {
        struct timespec pause = {.tv_nsec = TICK_MS * 1000000L};
        nanosleep(&pause, NULL);
        pthread_mutex_lock(&screen.mutex);
        if (!screen.first) {
            screen.ticking = false;
            pthread_mutex_unlock(&screen.mutex);
            return NULL;
        }
        draw();
        pthread_mutex_unlock(&screen.mutex);
    }
}

/* Signals stay with the main thread. Without a thread there is no drawing, which harms nobody. */
static void start_ticking(void)
{
    sigset_t all, old;
    pthread_t thread;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    screen.ticking = pthread_create(&thread, NULL, tick, NULL) == 0;
    if (screen.ticking)
        pthread_detach(thread);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
}

struct progress *progress_begin(const char *verb, const char *subject)
{
    struct progress *task = calloc(1, sizeof *task);
    if (!task)
        abort();
    set_text(task->verb, sizeof task->verb, verb);
    set_text(task->subject, sizeof task->subject, subject);
    task->started = now_ms();
    if (!term_draws_progress())
        return task;

    pthread_mutex_lock(&screen.mutex);
    struct progress **end = &screen.first;
    while (*end)
        end = &(*end)->next;
    *end = task;
    if (!screen.ticking)
        start_ticking();
    pthread_mutex_unlock(&screen.mutex);
    return task;
}

void progress_update(struct progress *progress, const char *phase, uint64_t done, uint64_t total)
{
    if (!progress || !term_draws_progress())
        return;
    pthread_mutex_lock(&screen.mutex);
    set_text(progress->phase, sizeof progress->phase, phase ? phase : "");
    progress->done = done;
    progress->total = total;
    pthread_mutex_unlock(&screen.mutex);
}

/* Takes the task off the list; whether it was there. */
static bool unlink_task(const struct progress *progress)
{
    for (struct progress **at = &screen.first; *at; at = &(*at)->next) {
        if (*at == progress) {
            *at = progress->next;
            return true;
        }
    }
    return false;
}

void progress_end(struct progress *progress, bool ok)
{
    if (!progress)
        return;
    pthread_mutex_lock(&screen.mutex);
    int64_t took = now_ms() - progress->started;
    if (unlink_task(progress) && took >= DELAY_MS) {
        AUTO_BUF line = {0};
        add_erase(&line);
        if (ok)
            buf_printf(&line, "%-9s %s  %.1fs\n", progress->verb, progress->subject,
                       (double)took / 1000);
        term_write_stderr(buf_text(&line), line.len);
        draw();
    }
    pthread_mutex_unlock(&screen.mutex);
    free(progress);
}

void progress_hide(void)
{
    pthread_mutex_lock(&screen.mutex);
    AUTO_BUF line = {0};
    add_erase(&line);
    if (line.len > 0)
        term_write_stderr(line.data, line.len);
}

void progress_show(void)
{
    if (screen.first)
        draw();
    pthread_mutex_unlock(&screen.mutex);
}
