"""Starts a script again where there is no network but loopback."""

import array
import fcntl
import os
import socket
import sys

SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
MARK = "PAII_TRIAL_ISOLATED"


def isolate():
    """Returns in a network namespace of its own; exits if there can be none."""
    if MARK in os.environ:
        loopback_up()
        return
    own = ["-n"] if os.geteuid() == 0 else ["-cn", "--keep-caps"]
    os.environ[MARK] = "1"
    os.execvp("unshare", ["unshare", *own, "--", sys.executable, *sys.argv])


def loopback_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = array.array("B", b"lo".ljust(16, b"\0") + bytes(24))
        fcntl.ioctl(any_socket, SIOCGIFFLAGS, request)
        request[16] |= IFF_UP
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, request)
