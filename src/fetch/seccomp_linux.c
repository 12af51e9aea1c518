/*
 * System calls: what no job needs is refused with EPERM; a job without a network makes no socket,
 * and one that starts nothing starts no program.
 */
#include "fetch/sandbox.h"

#include "base/error.h"

#include <errno.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/socket.h>

/* Ways to other processes, to the kernel's configuration, and around this filter (io_uring). */
static const int never[] = {
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(kcmp),
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(pivot_root),
    SCMP_SYS(chroot),
    SCMP_SYS(setns),
    SCMP_SYS(unshare),
    SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(keyctl),
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(kexec_load),
    SCMP_SYS(reboot),
    SCMP_SYS(swapon),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(io_uring_enter),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(truncate), /* by path: kernels before 6.2 let it past Landlock */
    SCMP_SYS(chown),
    SCMP_SYS(fchown),
    SCMP_SYS(fchownat),
    SCMP_SYS(lchown),
    SCMP_SYS(setxattr),
    SCMP_SYS(lsetxattr),
    SCMP_SYS(fsetxattr),
    SCMP_SYS(mknod),
    SCMP_SYS(mknodat),
    SCMP_SYS(listen),
    SCMP_SYS(accept),
    SCMP_SYS(accept4),
#ifndef __SANITIZE_ADDRESS__ /* looks for leaks with it */
    SCMP_SYS(ptrace),
#endif
};

static const int network[] = {SCMP_SYS(socket), SCMP_SYS(connect), SCMP_SYS(bind)};

static const int starting[] = {
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(fork),
    SCMP_SYS(vfork),
};

/* Calls that this kernel's table does not have are no way either. */
static int refuse(scmp_filter_ctx filter, const int *calls, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), calls[i], 0);
        if (result != 0 && result != -EDOM && result != -EINVAL)
            return result;
    }
    return 0;
}

/* Names, connections, and the agent of ssh; no raw packets, no other families. */
static int refuse_other_families(scmp_filter_ctx filter)
{
    int result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 1,
                                  SCMP_A0(SCMP_CMP_GT, AF_NETLINK));
    static const int families[] = {AF_AX25,   AF_IPX,     AF_APPLETALK, AF_NETROM,
                                   AF_BRIDGE, AF_ATMPVC,  AF_X25,       AF_ROSE,
                                   AF_DECnet, AF_NETBEUI, AF_SECURITY,  AF_KEY};
    for (size_t i = 0; i < sizeof families / sizeof *families && result == 0; i++)
        result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 1,
                                  SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)families[i]));
    return result;
}

int seccomp_enter(const struct sandbox *needs)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    if (!filter)
        return 1;
    int result = refuse(filter, never, sizeof never / sizeof *never);
    if (result == 0)
        result = needs->network ? refuse_other_families(filter)
                                : refuse(filter, network, sizeof network / sizeof *network);
    if (result == 0 && !needs->spawns)
        result = refuse(filter, starting, sizeof starting / sizeof *starting);
    if (result == 0)
        result = seccomp_load(filter);
    seccomp_release(filter);
    if (result == 0)
        return 0;
    errno = -result;
    return result == -EINVAL || result == -ENOSYS
               ? 1
               : fail_errno(ERR_GENERIC, "cannot confine the helper's system calls");
}
