"""Entries as Markdown files: FOLDER/CATEGORY/YYYY-MM/NAME.md (see README.md)."""

import contextlib
import datetime
import json
import os
import re
import secrets
import time

CATEGORY = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
STAMP = re.compile(r"[0-9]{8}T[0-9]{9}Z")
HIDDEN_FOR_SECONDS = 3600
EXCERPT_LENGTH = 160


def stamp_of(moment):
    """A time as it stands in names: it sorts as text."""
    return moment.strftime("%Y%m%dT%H%M%S") + f"{moment.microsecond // 1000:03d}Z"


def created_of(stamp):
    return (f"{stamp[0:4]}-{stamp[4:6]}-{stamp[6:8]}T{stamp[9:11]}:{stamp[11:13]}:{stamp[13:15]}"
            f".{stamp[15:18]}Z")


def slug_of(title):
    words = re.findall(r"[a-z0-9]+", title.lower())
    return "-".join(words)[:40].strip("-") or "entry"


def scalar(text):
    """The text with lone surrogates, which no file can hold, replaced."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def add(folder, category, title, content, tags):
    """Writes one entry and returns (id, path)."""
    moment = datetime.datetime.now(datetime.timezone.utc)
    stamp = stamp_of(moment)
    month = os.path.join(folder, category, moment.strftime("%Y-%m"))
    os.makedirs(month, mode=0o700, exist_ok=True)
    clear_hidden(month)
    while True:
        name = f"{stamp}-{slug_of(title)}-{secrets.token_hex(3)}"
        head = "".join([
            "---\n",
            f"id: {name}\n",
            f"created: {created_of(stamp)}\n",
            f"category: {category}\n",
            f"title: {json.dumps(title, ensure_ascii=False)}\n",
            f"tags: {json.dumps(tags, ensure_ascii=False)}\n",
            "---\n\n",
        ])
        path = os.path.join(month, name + ".md")
        if place(month, path, (head + content).encode("utf-8")):
            return name, path


def place(month, path, data):
    """Makes the file whole or not at all; False if the name is taken."""
    hidden = os.path.join(month, f".{secrets.token_hex(8)}.tmp")
    fd = os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.link(hidden, path)
    except FileExistsError:
        return False
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(hidden)
    sync_folder(month)
    return True


def sync_folder(path):
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def clear_hidden(month):
    """Removes what a writer that was killed left behind."""
    before = time.time() - HIDDEN_FOR_SECONDS
    for item in os.scandir(month):
        if item.name.startswith(".") and item.name.endswith(".tmp"):
            with contextlib.suppress(FileNotFoundError):
                if item.stat(follow_symlinks=False).st_mtime < before:
                    os.unlink(item.path)


def folders(path, pattern):
    try:
        items = list(os.scandir(path))
    except (FileNotFoundError, NotADirectoryError):
        return []
    return sorted(item.name for item in items if pattern.fullmatch(item.name) and item.is_dir())


def entry_files(month):
    """(stamp, path) of a month's entries."""
    for item in os.scandir(month):
        if item.name.startswith(".") or not item.name.endswith(".md") or not item.is_file():
            continue
        match = STAMP.match(item.name)
        if match:
            yield match.group(), item.path
        else:
            changed = datetime.datetime.fromtimestamp(item.stat().st_mtime, datetime.timezone.utc)
            yield stamp_of(changed), item.path


def newest_first(folder, category, since):
    """(stamp, category, path) of all entries from the stamp `since` on, month by month."""
    names = [category] if category else folders(folder, CATEGORY)
    months = {}
    for name in names:
        for month in folders(os.path.join(folder, name), MONTH):
            months.setdefault(month, []).append(name)
    for month in sorted(months, reverse=True):
        found = [(stamp, name, path) for name in months[month]
                 for stamp, path in entry_files(os.path.join(folder, name, month))
                 if stamp >= since]
        yield from sorted(found, reverse=True)


def parse(text):
    """(head, content): the front matter as a dictionary, {} if there is none."""
    end = text.find("\n---\n", 3)
    if not text.startswith("---\n") or end < 0:
        return {}, text
    head = {}
    for line in text[4:end].split("\n"):
        key, _, value = line.partition(":")
        head[key.strip()] = value.strip()
    return head, text[end + 5:].removeprefix("\n")


def unquoted(value, kind, default):
    """A value of the front matter as we write it (JSON), or as a person would (bare)."""
    try:
        decoded = json.loads(value)
    except ValueError:
        decoded = value
    if kind is list and isinstance(decoded, str):
        decoded = [word.strip() for word in decoded.strip("[]").split(",") if word.strip()]
    return decoded if isinstance(decoded, kind) else default


def excerpt_of(content):
    words = " ".join(content[:EXCERPT_LENGTH * 4].split())
    return words if len(words) <= EXCERPT_LENGTH else words[:EXCERPT_LENGTH].rstrip() + "…"


def describe(stamp, category, path, text, full):
    head, content = parse(text)
    name = os.path.basename(path)[:-3]
    heading = re.search(r"^#+ +(.+)$", content, re.MULTILINE)
    entry = {
        "id": head.get("id") or name,
        "category": category,
        "title": unquoted(head["title"], str, name) if "title" in head
                 else heading.group(1) if heading else name,
        "created": created_of(stamp),
        "tags": [str(tag) for tag in unquoted(head.get("tags", ""), list, [])],
        "excerpt": excerpt_of(content),
        "path": path,
    }
    if full:
        entry["content"] = content
    return entry


def find(folder, words, category, since, limit, full):
    """(entries, truncated): entries that hold every word, newest first."""
    words = [word.casefold() for word in words]
    entries = []
    for stamp, name, path in newest_first(folder, category, since):
        if not words and len(entries) == limit:
            return entries, True
        try:
            with open(path, "rb") as file:
                text = file.read().decode("utf-8", "replace")
        except FileNotFoundError:
            continue
        folded = text.casefold() if words else ""
        if all(word in folded for word in words):
            if len(entries) == limit:
                return entries, True
            entries.append(describe(stamp, name, path, text, full))
    return entries, False


def count(folder):
    """[(category, how many entries)], of those that have any."""
    result = []
    for name in folders(folder, CATEGORY):
        path = os.path.join(folder, name)
        total = sum(1 for month in folders(path, MONTH)
                    for _ in entry_files(os.path.join(path, month)))
        if total:
            result.append((name, total))
    return result
