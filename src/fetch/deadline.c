/*
 * A job's deadline. Who waits for a server looks at what is left; a timer ends whatever does not
 * look (a resolver, a pack that never ends), with a last line that was written beforehand.
 */
#include "base/buf.h"
#include "base/data.h"
#include "base/error.h"
#include "fetch/job.h"

#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { GRACE_S = 1, TICK_MS = 50 };

static char last_line[1024];

uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

uint64_t deadline_left_ms(const struct job *job)
{
    uint64_t now = now_ms();

    return job->deadline_ms > now ? job->deadline_ms - now : 1;
}

bool deadline_is_over(const struct job *job)
{
    return now_ms() + TICK_MS >= job->deadline_ms; /* a timer may be early */
}

int deadline_error(const struct job *job)
{
    fail(ERR_NETWORK, "'%.400s' did not come within %u seconds", job->url, job->timeout_s);
    error_hint("try again later; [network] timeout in paii.toml allows more");
    return -ERR_NETWORK;
}

static void on_alarm(int number)
{
    (void)number;
    if (write(1, last_line, strlen(last_line)) < 0)
        _exit(1);
    raise(SIGTERM); /* which also ends an ssh */
}

void deadline_start(struct job *job)
{
    AUTO_BUF line = {0};

    job->deadline_ms = now_ms() + (uint64_t)job->timeout_s * 1000;
    deadline_error(job);
    event_failure(&line);
    error_clear();
    if (line.len < sizeof last_line)
        memcpy(last_line, buf_text(&line), line.len + 1);
    signal(SIGALRM, on_alarm);
    alarm(job->timeout_s + GRACE_S);
}
