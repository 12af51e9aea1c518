/*
 * Runs a program and all that it starts, counts the system calls by which they change (or, with
 * --reads, look at) files below one folder, and makes something happen at one of them.
 *
 *   tracer --root DIR --report FILE [--reads] [--at N --do WHAT [--sticky]] -- PROGRAM ARGS
 *
 *   kill    SIGKILL to every process, before the call
 *   torn    the same, after half of the bytes of a write were written
 *   short   half of the bytes of a read or write
 *   ENAME   the call does nothing and fails so; --sticky: all later calls that need space, too
 *
 * FILE gets a line "NUMBER CALL PATH" for each counted call (only the one numbered N, with --at)
 * and at the end "end exit CODE" or "end signal NUMBER". A seccomp filter lets only the calls of
 * interest stop, so that a run costs little more than one without.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/ptrace.h>

/* ---- the calls of interest ---- */

enum {
    CHANGES = 1, /* else it only looks */
    SPACE = 2,   /* needs room on the disk */
    OPEN = 4,    /* changes something only with O_CREAT or O_TRUNC; needs space so, too */
};

/* Where the path or descriptor is, and the length of what is moved: argument numbers, or -1. */
struct call {
    long number;
    const char *name;
    int flags;
    int fd, path, length;
};

static const struct call calls[] = {
    {__NR_openat, "openat", OPEN, 0, 1, -1},
    {__NR_openat2, "openat2", OPEN, 0, 1, -1},
    {__NR_mkdirat, "mkdirat", CHANGES | SPACE, 0, 1, -1},
    {__NR_mknodat, "mknodat", CHANGES | SPACE, 0, 1, -1},
    {__NR_unlinkat, "unlinkat", CHANGES, 0, 1, -1},
    {__NR_symlinkat, "symlinkat", CHANGES | SPACE, 1, 2, -1},
    {__NR_linkat, "linkat", CHANGES | SPACE, 2, 3, -1},
    {__NR_renameat2, "renameat2", CHANGES | SPACE, 2, 3, -1},
    {__NR_fchmodat, "fchmodat", CHANGES, 0, 1, -1},
    {__NR_fchownat, "fchownat", CHANGES, 0, 1, -1},
    {__NR_utimensat, "utimensat", CHANGES, 0, 1, -1},
    {__NR_truncate, "truncate", CHANGES, -1, 0, -1},
    {__NR_fchmod, "fchmod", CHANGES, 0, -1, -1},
    {__NR_fchown, "fchown", CHANGES, 0, -1, -1},
    {__NR_ftruncate, "ftruncate", CHANGES | SPACE, 0, -1, -1},
    {__NR_fallocate, "fallocate", CHANGES | SPACE, 0, -1, -1},
    {__NR_fsync, "fsync", CHANGES | SPACE, 0, -1, -1},
    {__NR_fdatasync, "fdatasync", CHANGES | SPACE, 0, -1, -1},
    {__NR_syncfs, "syncfs", CHANGES | SPACE, 0, -1, -1},
    {__NR_write, "write", CHANGES | SPACE, 0, -1, 2},
    {__NR_pwrite64, "pwrite64", CHANGES | SPACE, 0, -1, 2},
    {__NR_writev, "writev", CHANGES | SPACE, 0, -1, 2},
    {__NR_copy_file_range, "copy_file_range", CHANGES | SPACE, 2, -1, 4},
    {__NR_sendfile, "sendfile", CHANGES | SPACE, 0, -1, 3},
#ifdef __NR_renameat
    {__NR_renameat, "renameat", CHANGES | SPACE, 2, 3, -1},
#endif
#ifdef __NR_open
    {__NR_open, "open", OPEN, -1, 0, -1},
    {__NR_creat, "creat", CHANGES | SPACE, -1, 0, -1},
    {__NR_mkdir, "mkdir", CHANGES | SPACE, -1, 0, -1},
    {__NR_mknod, "mknod", CHANGES | SPACE, -1, 0, -1},
    {__NR_rmdir, "rmdir", CHANGES, -1, 0, -1},
    {__NR_unlink, "unlink", CHANGES, -1, 0, -1},
    {__NR_symlink, "symlink", CHANGES | SPACE, -1, 1, -1},
    {__NR_link, "link", CHANGES | SPACE, -1, 1, -1},
    {__NR_rename, "rename", CHANGES | SPACE, -1, 1, -1},
    {__NR_chmod, "chmod", CHANGES, -1, 0, -1},
    {__NR_chown, "chown", CHANGES, -1, 0, -1},
    {__NR_readlink, "readlink", 0, -1, 0, -1},
#endif
    {__NR_readlinkat, "readlinkat", 0, 0, 1, -1},
    {__NR_read, "read", 0, 0, -1, 2},
    {__NR_pread64, "pread64", 0, 0, -1, 2},
    {__NR_getdents64, "getdents64", 0, 0, -1, -1},
    {__NR_flock, "flock", 0, 0, -1, -1},
};
enum { CALLS = sizeof calls / sizeof *calls };

static const struct error_name {
    const char *name;
    int number;
} error_names[] = {
    {"ENOSPC", ENOSPC}, {"EIO", EIO},       {"EDQUOT", EDQUOT}, {"EINTR", EINTR},
    {"EMFILE", EMFILE}, {"EACCES", EACCES}, {"EROFS", EROFS},
};

/* ---- what was asked for ---- */

enum what { NOTHING, KILL, TORN, SHORT, FAIL };

static struct {
    const char *root;
    size_t root_len;
    FILE *report;
    bool reads, sticky;
    unsigned long at;
    enum what what;
    int error;
    char **command;
} asked;

static void die(const char *text)
{
    fprintf(stderr, "tracer: %s: %s\n", text, strerror(errno));
    exit(125);
}

static void usage(void)
{
    errno = EINVAL;
    die("--root DIR --report FILE [--reads] [--at N --do WHAT [--sticky]] -- PROGRAM ARGS");
}

static void read_what(const char *text)
{
    static const char *const names[] = {[KILL] = "kill", [TORN] = "torn", [SHORT] = "short"};
    for (int i = KILL; i <= SHORT; i++)
        if (strcmp(text, names[i]) == 0)
            asked.what = (enum what)i;
    for (size_t i = 0; i < sizeof error_names / sizeof *error_names; i++)
        if (strcmp(text, error_names[i].name) == 0) {
            asked.what = FAIL;
            asked.error = error_names[i].number;
        }
    if (asked.what == NOTHING)
        usage();
}

static void read_arguments(char **argv)
{
    const char *report = NULL;
    for (argv++; *argv && strcmp(*argv, "--") != 0; argv++) {
        const char *option = *argv;
        if (strcmp(option, "--reads") == 0 || strcmp(option, "--sticky") == 0) {
            *(option[2] == 'r' ? &asked.reads : &asked.sticky) = true;
            continue;
        }
        if (!*++argv)
            usage();
        if (strcmp(option, "--root") == 0)
            asked.root = *argv;
        else if (strcmp(option, "--report") == 0)
            report = *argv;
        else if (strcmp(option, "--at") == 0)
            asked.at = strtoul(*argv, NULL, 10);
        else if (strcmp(option, "--do") == 0)
            read_what(*argv);
        else
            usage();
    }
    if (!*argv || !argv[1] || !asked.root || !report || !asked.at != (asked.what == NOTHING))
        usage();
    asked.command = argv + 1;
    asked.root_len = strlen(asked.root);
    asked.report = fopen(report, "we");
    if (!asked.report)
        die(report);
}

/* ---- the filter ---- */

/* Stops at the calls of interest; an open for reading only with --reads. */
static void install_filter(void)
{
    struct sock_filter code[4 * CALLS + 8];
    size_t n = 0;
#define ADD(...) code[n++] = (struct sock_filter)__VA_ARGS__
    ADD(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)));
    for (size_t i = 0; i < CALLS; i++) {
        const struct call *call = &calls[i];
        if (!(call->flags & (CHANGES | OPEN)) && !asked.reads)
            continue;
        bool by_flags = call->flags & OPEN && call->number != __NR_openat2 && !asked.reads;
        ADD(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)call->number, 0, by_flags ? 4 : 1));
        if (by_flags) { /* the low half of the argument: little-endian machines alone */
            size_t flags = (size_t)call->path + 1;
            ADD(BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                         (unsigned)(offsetof(struct seccomp_data, args) + 8 * flags)));
            ADD(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, O_CREAT | O_TRUNC, 0, 1));
            ADD(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE));
            ADD(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
        } else {
            ADD(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE));
        }
    }
    ADD(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
#undef ADD
    struct sock_fprog program = {.len = (unsigned short)n, .filter = code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        die("seccomp");
}

static pid_t start(void)
{
    pid_t pid = fork();
    if (pid < 0)
        die("fork");
    if (pid > 0)
        return pid;
    if (ptrace(PTRACE_TRACEME, 0, 0, 0) != 0)
        die("ptrace");
    raise(SIGSTOP);
    install_filter();
    execv(asked.command[0], asked.command);
    die(asked.command[0]);
    return 0;
}

/* ---- those that are traced ---- */

enum { MAX_TRACED = 4096 };
static pid_t traced[MAX_TRACED];
static size_t traced_count;

static void remember(pid_t pid)
{
    for (size_t i = 0; i < traced_count; i++)
        if (traced[i] == pid)
            return;
    if (traced_count == MAX_TRACED)
        die("too many processes");
    traced[traced_count++] = pid;
}

static void forget(pid_t pid)
{
    for (size_t i = 0; i < traced_count; i++)
        if (traced[i] == pid)
            traced[i] = traced[--traced_count];
}

/* All at once, as far as one can: those that run meanwhile are at most in their next call. */
static void kill_all(void)
{
    for (size_t i = 0; i < traced_count; i++)
        kill(traced[i], SIGKILL);
}

/* ---- looking at a stopped call ---- */

typedef struct __ptrace_syscall_info info_t;

static uint64_t argument(const info_t *info, int number)
{
    return info->seccomp.args[number];
}

static bool read_memory(pid_t pid, uint64_t address, void *out, size_t len)
{
    struct iovec local = {out, len};
    struct iovec remote = {(void *)(uintptr_t)address, len}; // NOLINT(performance-no-int-to-ptr)
    return process_vm_readv(pid, &local, 1, &remote, 1, 0) == (ssize_t)len;
}

/* Up to PATH_MAX, never across the end of a page that is not there. */
static bool read_text(pid_t pid, uint64_t address, char *out)
{
    for (size_t len = 0; len < PATH_MAX;) {
        size_t piece = 256 - (address + len) % 256;
        if (piece > PATH_MAX - len)
            piece = PATH_MAX - len;
        if (!read_memory(pid, address + len, out + len, piece))
            return false;
        if (memchr(out + len, '\0', piece))
            return true;
        len += piece;
    }
    return false;
}

static bool read_proc_link(pid_t pid, int fd, char *out)
{
    char link[64];
    if (fd == AT_FDCWD)
        snprintf(link, sizeof link, "/proc/%d/cwd", (int)pid);
    else
        snprintf(link, sizeof link, "/proc/%d/fd/%d", (int)pid, fd);
    ssize_t len = readlink(link, out, PATH_MAX - 1);
    out[len > 0 ? len : 0] = '\0';
    return len > 0;
}

/* The path that the call is about; "" if it cannot be known. */
static void find_path(pid_t pid, const struct call *call, const info_t *info, char *out)
{
    char name[PATH_MAX] = "";
    *out = '\0';
    if (call->path >= 0 && !read_text(pid, argument(info, call->path), name))
        return;
    if (name[0] == '/') {
        memcpy(out, name, sizeof name);
        return;
    }
    int fd = call->fd >= 0 ? (int)argument(info, call->fd) : AT_FDCWD;
    if (!read_proc_link(pid, fd, out) || !*name)
        return;
    size_t len = strlen(out);
    snprintf(out + len, PATH_MAX - len, "/%.*s", (int)(PATH_MAX - len - 2), name);
}

static bool below_root(const char *path)
{
    return strncmp(path, asked.root, asked.root_len) == 0 &&
           (path[asked.root_len] == '/' || !path[asked.root_len]);
}

static bool opens_to_change(pid_t pid, const struct call *call, const info_t *info)
{
    uint64_t flags = 0;
    if (call->number == __NR_openat2) {
        struct open_how how = {0};
        if (read_memory(pid, argument(info, 2), &how, sizeof how))
            flags = how.flags;
    } else {
        flags = argument(info, call->path + 1);
    }
    return flags & (O_CREAT | O_TRUNC);
}

static const struct call *find_call(uint64_t number)
{
    for (size_t i = 0; i < CALLS; i++)
        if ((uint64_t)calls[i].number == number)
            return &calls[i];
    return NULL;
}

/* ---- changing a stopped call ---- */

#if defined(__x86_64__)
static void fail_call(pid_t pid, int error)
{
    struct user_regs_struct regs;
    if (ptrace(PTRACE_GETREGS, pid, 0, &regs) != 0)
        return;
    regs.orig_rax = (unsigned long long)-1; /* no call at all */
    regs.rax = (unsigned long long)-(long long)error;
    ptrace(PTRACE_SETREGS, pid, 0, &regs);
}

static void set_argument(pid_t pid, int number, uint64_t value)
{
    struct user_regs_struct regs;
    if (ptrace(PTRACE_GETREGS, pid, 0, &regs) != 0)
        return;
    unsigned long long *const places[] = {&regs.rdi, &regs.rsi, &regs.rdx,
                                          &regs.r10, &regs.r8,  &regs.r9};
    *places[number] = value;
    ptrace(PTRACE_SETREGS, pid, 0, &regs);
}
#elif defined(__aarch64__)
static void set_register(pid_t pid, int number, uint64_t value)
{
    struct user_regs_struct regs;
    struct iovec io = {&regs, sizeof regs};
    if (ptrace(PTRACE_GETREGSET, pid, 1 /* NT_PRSTATUS */, &io) != 0)
        return;
    regs.regs[number] = value;
    ptrace(PTRACE_SETREGSET, pid, 1, &io);
}

static void fail_call(pid_t pid, int error)
{
    int none = -1;
    struct iovec io = {&none, sizeof none};
    ptrace(PTRACE_SETREGSET, pid, 0x404 /* NT_ARM_SYSTEM_CALL */, &io);
    set_register(pid, 0, (uint64_t) - (int64_t)error);
}

static void set_argument(pid_t pid, int number, uint64_t value)
{
    set_register(pid, number, value);
}
#else
#error "tracer: how to change a system call is not known for this machine"
#endif

static void halve(pid_t pid, const struct call *call, const info_t *info)
{
    uint64_t length = call->length >= 0 ? argument(info, call->length) : 0;
    if (length > 1)
        set_argument(pid, call->length, length / 2);
}

/* ---- at a call ---- */

static unsigned long counted;
static bool happened;
static pid_t to_be_killed_after; /* the one whose call is torn */

static void act(pid_t pid, const struct call *call, const info_t *info)
{
    happened = true;
    switch (asked.what) {
    case NOTHING:
        return;
    case KILL:
        kill_all();
        return;
    case TORN:
        halve(pid, call, info);
        to_be_killed_after = pid;
        return;
    case SHORT:
        halve(pid, call, info);
        return;
    case FAIL:
        fail_call(pid, asked.error);
        return;
    }
}

static void on_call(pid_t pid)
{
    info_t info;
    if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof info, &info) <= 0)
        return;
    const struct call *call = find_call(info.seccomp.nr);
    bool changes = call && (call->flags & CHANGES ||
                            (call->flags & OPEN && opens_to_change(pid, call, &info)));
    if (!call || (!changes && !asked.reads))
        return;
    char path[PATH_MAX];
    find_path(pid, call, &info, path);
    if (!below_root(path))
        return;
    counted++;
    if (!asked.at || counted == asked.at)
        fprintf(asked.report, "%lu %s%s %s\n", counted, call->name,
                call->flags & OPEN && !changes ? "-read" : "", path);
    if (counted == asked.at)
        act(pid, call, &info);
    else if (happened && asked.sticky && changes && call->flags & (SPACE | OPEN))
        fail_call(pid, asked.error);
}

/* ---- following ---- */

static void set_options(pid_t pid)
{
    ptrace(PTRACE_SETOPTIONS, pid, 0,
           PTRACE_O_TRACESECCOMP | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
               PTRACE_O_TRACEEXEC | PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
}

static void on_stop(pid_t pid, int status)
{
    int signal = WSTOPSIG(status), event = status >> 16;
    remember(pid);
    if (event == PTRACE_EVENT_SECCOMP) {
        on_call(pid);
        signal = 0;
    } else if (signal == (SIGTRAP | 0x80)) {
        kill_all(); /* the torn call has returned */
        signal = 0;
    } else if (event || signal == SIGSTOP) {
        signal = 0; /* a new process starts stopped */
    }
    ptrace(pid == to_be_killed_after ? PTRACE_SYSCALL : PTRACE_CONT, pid, 0, (long)signal);
}

int main(int argc, char **argv)
{
    (void)argc;
    read_arguments(argv);
    pid_t first = start(), pid;
    int status, end = 0;
    if (waitpid(first, &status, 0) != first || !WIFSTOPPED(status))
        die("start");
    remember(first);
    set_options(first);
    ptrace(PTRACE_CONT, first, 0, 0);
    while ((pid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
        if (pid > 0 && WIFSTOPPED(status)) {
            on_stop(pid, status);
        } else if (pid > 0) {
            forget(pid);
            if (pid == first)
                end = status;
        }
    }
    if (WIFSIGNALED(end))
        fprintf(asked.report, "end signal %d\n", WTERMSIG(end));
    else
        fprintf(asked.report, "end exit %d\n", WEXITSTATUS(end));
    return fclose(asked.report) == 0 ? 0 : 125;
}
