"""What the benchmarks share: the release build, a throw-away HOME, the timer."""

import resource
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent.parent
LIB = Path(__file__).resolve().parent


def run(*command, **options):
    """Runs a command that must succeed; its output shows only when it fails."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          check=False, **options)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def release_build():
    """Builds build/release if need be; returns it."""
    build = ROOT / "build/release"
    if not (build / "build.ninja").exists():
        run("cmake", "--preset", "release", "-DPAII_TESTS=OFF", cwd=ROOT)
    run("cmake", "--build", build)
    return build


def cpu_ms(rounds, command):
    """The least CPU time of a whole process, with the kernel's work for it."""
    def used():
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    least = float("inf")
    for _ in range(rounds):
        before = used()
        run(*command)
        least = min(least, used() - before)
    return least * 1000


def peak_mb(folder, command):
    """The peak memory of a process; measured by a small one, because a parent's counts too."""
    timer = Path(folder) / "timer"
    run("gcc", "-O2", "-o", timer, LIB / "timer.c")
    return int(run(timer, 1, ",", *command).split()[-1]) / 1024


class Bench:
    """A throw-away HOME with the programs of the release build; removed at the end."""

    def __init__(self):
        self.build = release_build()
        self.paii = self.build / "bin/paii"
        self.folder = tempfile.TemporaryDirectory(prefix="paii-bench-")
        self.top = Path(self.folder.name)
        self.home = self.top / "home"
        self.home.mkdir()
        self.env = {"HOME": str(self.home), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8",
                    "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
        self.timer = self.compile("timer")
        self.floor = self.compile("floor")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        run("chmod", "-R", "u+rwX", self.top)
        self.folder.cleanup()

    def compile(self, name):
        program = self.top / name
        run("gcc", "-O2", "-o", program, LIB / f"{name}.c")
        return program

    def do(self, *command):
        """One untimed command with the bench's own environment."""
        return run(*command, env=self.env, cwd=self.home)

    def measure(self, rounds, commands):
        """commands: [(argv, argv of the untimed clean-up or None)]; returns [(median ms, peak MB)]."""
        return [(median, peak) for median, _, peak in self.measure_fed(
            rounds, [(argv, after, None) for argv, after in commands])]

    def measure_fed(self, rounds, commands):
        """
        commands: [(argv, argv of the untimed clean-up or None, file for its input or None)];
        returns [(median ms, 99th percentile ms, peak MB)].
        """
        words = []
        for argv, after, fed in commands:
            words += [",", *(["<", fed] if fed else []), *argv, *(["@", *after] if after else [])]
        lines = self.do(self.timer, rounds, *words).splitlines()
        rows = [line.split() for line in lines]
        return [(float(median) / 1000, float(late) / 1000, int(peak) / 1024)
                for median, _, late, peak in rows]


def skill_plugin(folder, name, description, more=""):
    """Writes a plugin with one skill; `more` is TOML."""
    skill = Path(folder) / "skills" / name
    skill.mkdir(parents=True)
    (Path(folder) / "plugin.toml").write_text(
        f'[plugin]\nname = "{name}"\nversion = "1.0.0"\ndescription = "{description}"\n'
        f'license = "MIT"\n\n[build]\ntype = "skill"\n{more}')
    (skill / "SKILL.md").write_text(
        f"---\nname: {name}\ndescription: {description}\n---\n\n# {name}\n\nWhat to do.\n")


def folder_registry(folder, name, rows):
    """Writes registry.toml with rows of (name, description and, if need be, more TOML)."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    text = [f'[registry]\nname = "{name}"\ndescription = "for measuring"\n']
    for plugin, description, *more in rows:
        text.append(f'[[plugins]]\nname = "{plugin}"\nversion = "1.0.0"\n'
                    f'description = "{description}"\npath = "plugins/{plugin}"\ntype = "skill"\n'
                    f'tags = ["sample", "{plugin[:3]}"]\n{"".join(more)}')
    (Path(folder) / "registry.toml").write_text("\n".join(text))


def table(rows):
    """Prints rows of equally many cells; the first row is the heading, numbers stand to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        cells = [row[0].ljust(widths[0])] + [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        print("  ".join(cells).rstrip())
