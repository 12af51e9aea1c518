"""What a marketplace's file says, and what paii installs of it."""

import re
import subprocess

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}$")
FILE = ".claude-plugin/marketplace.json"


def own_path(entry, root=""):
    """Where in the marketplace's repository a plugin's content is; None if it is elsewhere."""
    source = entry.get("source") if isinstance(entry, dict) else None
    if isinstance(source, dict) and source.get("source") in ("directory", "local"):
        source = source.get("path")
    if not isinstance(source, str) or "://" in source:
        return None
    bare = not source.startswith("./") and source != "."
    parts = [part for part in f"{root if bare else ''}/{source}".split("/") if part not in ("", ".")]
    return None if ".." in parts else "/".join(parts)


def own_entries(market):
    """{name: (path, entry)} of the plugins whose content is in the repository; the first of a name counts."""
    metadata = market.get("metadata")
    root = metadata.get("pluginRoot", "") if isinstance(metadata, dict) else ""
    found = {}
    for entry in market.get("plugins", []):
        path = own_path(entry, root)
        if path is not None and isinstance(entry.get("name"), str):
            found.setdefault(entry["name"], (path, entry))
    return found


def install_all(person, registry, names, refused):
    """All at once. What is refused is found by halving, and its reason put into `refused`."""
    if not names:
        return
    done = person.run("install", "--yes", *(f"{registry}/{name}" for name in names), check=False)
    if done.code == 0:
        return
    if len(names) == 1:
        refused[names[0]] = first_error(done)
        return
    middle = len(names) // 2
    install_all(person, registry, names[:middle], refused)
    install_all(person, registry, names[middle:], refused)


def first_error(done):
    """The first error that a command of paii told."""
    return next((line.removeprefix("paii: error: ") for line in done.stderr.splitlines()
                 if line.startswith("paii: error: ")), done.stdout.strip())


def git(folder, *args, **more):
    done = subprocess.run(["git", "-C", folder, *map(str, args)], text=True, capture_output=True,
                          check=False, **more)
    assert done.returncode == 0, f"git {args}: {done.stderr}"
    return done.stdout
