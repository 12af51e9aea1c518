"""The points: where an operation is disturbed, how, and by which command the next run begins."""

import multiprocessing
import os
import random
import shutil
import tempfile
import time
from collections import Counter, namedtuple
from pathlib import Path

from oracle import Oracle
from world import OPERATIONS, World

ROOT = Path(__file__).resolve().parent.parent.parent
RECOVERY_SECONDS = 1.0

# what: an argument of the tracer. next: "same" command or "neutral" one. second: the next command is
# itself killed at this call, 0 for not.
Point = namedtuple("Point", "operation number what sticky next second")
Point.__str__ = lambda self: (
    f"{self.operation} at {self.number}: {self.what}{' and all later' if self.sticky else ''}, then "
    f"{self.next}" + (f" killed at {self.second}" if self.second else ""))

WRITES = ("write", "pwrite64", "writev", "copy_file_range", "sendfile")
LOOKS = ("readlink", "readlinkat", "openat-read", "open-read", "read", "pread64", "getdents64")
READS = ("read", "pread64")
SECOND_KILLS = 40  # the next command is killed at one of so many of its first calls


def ways_to_kill(name):
    return ["kill", "torn"] if name in WRITES else ["kill"]


def ways_to_fail(name):
    """The errors that a call can give, and a few that it should not."""
    if name in READS:
        return ["EIO", "EINTR", "short"]
    if name == "openat-read" or name == "openat2-read" or name == "open-read":
        return ["EMFILE", "EIO", "EINTR"]
    if name in ("getdents64", "readlink", "readlinkat"):
        return ["EIO"]
    if name == "flock":
        return ["EINTR", "EIO"]
    if name in WRITES:
        return ["ENOSPC", "EIO", "EDQUOT", "EINTR", "short"]
    if name.startswith("open"):
        return ["ENOSPC", "EIO", "EDQUOT", "EINTR", "EMFILE"]
    if name.startswith(("unlink", "rmdir", "chmod", "fchmod", "fchown", "utimens")):
        return ["EIO", "EINTR"]
    return ["ENOSPC", "EIO", "EDQUOT", "EINTR"]


def all_points(name, calls, kind, chance):
    found = []
    for number, (call, _) in enumerate(calls, 1):
        if name.startswith("repair") and call in LOOKS:
            continue  # what cannot be read is made anew
        if name == "gc" and call == "flock":
            continue  # what may be in use stays
        if kind == "kills":
            for what in ways_to_kill(call):
                for following in ("same", "neutral"):
                    seconds = [0] + [chance.randint(1, SECOND_KILLS) for _ in range(2)]
                    found += [Point(name, number, what, False, following, second)
                              for second in seconds]
        else:
            for what in ways_to_fail(call):
                following = chance.choice(["same", "neutral"])
                found.append(Point(name, number, what, False, following, 0))
                if what in ("ENOSPC", "EDQUOT"):
                    found.append(Point(name, number, what, True, following, 0))
    return found


# ---- one point


def try_point(world, oracle, point):
    """What is wrong, or None; and the seconds of the next command."""
    world.restore(oracle.before)
    options = ["--at", point.number, "--do", point.what]
    if point.what not in ("kill", "torn"):
        options += ["--reads"]
    if point.sticky:
        options += ["--sticky"]
    code, errors, where = world.trace(oracle.command, *options)
    spot = f" ({' '.join(where[0])})" if where else ""
    wrong = judge_end(oracle, point, code, errors) or oracle.judge_readers()
    if wrong:
        return f"{point}{spot}: {wrong}", 0
    return judge_recovery(world, oracle, point, code, spot)


def judge_end(oracle, point, code, errors):
    if point.what in ("kill", "torn"):
        return None if code in (0, -9) else f"exit {code}: {errors.decode()}"
    if code == 0:
        return oracle.judge_claim()
    if code < 0 or code > 30 or not errors:
        return f"exit {code}, {errors.decode() or 'without a word'}"
    return None


def judge_recovery(world, oracle, point, code, spot):
    command = oracle.command if point.next == "same" else oracle.neutral
    if point.second:
        world.trace(command, "--at", point.second, "--do", "kill")
    begin = time.monotonic()
    next_code, _, errors = world.command(command)
    seconds = time.monotonic() - begin
    # After a second kill the next command may have been done already.
    wrong = oracle.judge_next(point.next == "same", next_code, errors,
                              only_after=code == 0 and not point.second)
    return wrong and f"{point}{spot}: {wrong}", seconds


def try_again_if_slow(world, oracle, point):
    """A busy machine is not a slow recovery: one that took too long may try once more."""
    wrong, seconds = try_point(world, oracle, point)
    if not wrong and seconds > RECOVERY_SECONDS:
        wrong, seconds = try_point(world, oracle, point)
        if not wrong and seconds > RECOVERY_SECONDS:
            wrong = f"{point}: the next command took {seconds:.1f} s"
    return wrong, seconds


# ---- all of them


class Outcome:
    def __init__(self, kind):
        self.kind, self.violations = kind, []
        self.tried, self.seconds, self.slowest = Counter(), 0.0, 0.0

    @property
    def total(self):
        return sum(self.tried.values())

    def __str__(self):
        each = ", ".join(f"{name} {count}" for name, count in sorted(self.tried.items()))
        return (f"{self.total} {self.kind} in {self.seconds:.0f} s, {len(self.violations)} violations; "
                f"slowest recovery {self.slowest * 1000:.0f} ms\n({each})")


def memory_folder():
    """Where syncs cost nothing, if there is such a place."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def plan(programs, directory, kind, wanted, chance):
    """The world and oracle of each operation, and every point, found by one run of each."""
    worlds, found = {}, []
    for name in wanted or OPERATIONS:
        world = World(directory / name, *programs)
        if not world.knows(name):
            continue
        oracle = Oracle(world, name)
        world.restore(oracle.before)
        code, errors, calls = world.trace(oracle.command,
                                          *(["--reads"] if kind == "errors" else []))
        assert code == 0, errors.decode()
        worlds[name] = world, oracle
        found += all_points(name, calls, kind, chance)
    return worlds, found


def shares(chosen, jobs):
    """The points in as many shares, all of one operation in the same: its world is used by one alone."""
    mine = [[] for _ in range(jobs)]
    for name, _ in Counter(point.operation for point in chosen).most_common():
        min(mine, key=len).extend(point for point in chosen if point.operation == name)
    return mine


def work(worlds, points, done, deadline):
    """One process tries its share."""
    for point in points:
        if time.monotonic() >= deadline:
            break
        try:
            wrong, seconds = try_again_if_slow(*worlds[point.operation], point)
        except Exception as error:  # pylint: disable=broad-except
            wrong, seconds = f"{point}: the harness failed: {error!r}", 0
        done.put((point, wrong, seconds))
    done.put(None)


def harness(programs, kind="kills", points=None, operations=None, seed=1, seconds=None, jobs=None,
            say=None):
    """Tries the points with these (paii, tracer), neither instrumented, and returns the Outcome."""
    chance = random.Random(seed)
    begin = time.monotonic()
    outcome = Outcome(kind)
    directory = Path(tempfile.mkdtemp(prefix="paii-crash-", dir=memory_folder()))
    try:
        worlds, chosen = plan(programs, directory, kind, operations, chance)
        chance.shuffle(chosen)
        if say:
            say(f"{len(chosen)} points")
        divided = shares(chosen[:points], jobs or os.cpu_count() or 1)
        for share in divided:
            chance.shuffle(share)
        run_all(worlds, divided, outcome, begin + (seconds or 1e6), say)
    finally:
        remove(directory)
    outcome.seconds = time.monotonic() - begin
    return outcome


def run_all(worlds, divided, outcome, deadline, say):
    context = multiprocessing.get_context("fork")
    done = context.Queue()
    workers = [context.Process(target=work, args=(worlds, share, done, deadline))
               for share in divided]
    for worker in workers:
        worker.start()
    running = len(workers)
    while running:
        result = done.get()
        if result is None:
            running -= 1
            continue
        point, wrong, took = result
        outcome.tried[point.operation] += 1
        outcome.slowest = max(outcome.slowest, took)
        if wrong:
            outcome.violations.append(wrong)
            if say:
                say(wrong)
    for worker in workers:
        worker.join()


def remove(directory):
    for parent, folders, _ in os.walk(directory):
        for name in folders:
            if not os.path.islink(os.path.join(parent, name)):
                os.chmod(os.path.join(parent, name), 0o700)
    shutil.rmtree(directory, ignore_errors=True)
