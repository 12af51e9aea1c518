"""Incidents on disk: STATE/incidents/ID/incident.json, replaced whole under a lock."""

import contextlib
import datetime
import fcntl
import json
import os
import re

from protocol import Failure

IDENTITY = re.compile(r"INC-([0-9]{8})-([1-9][0-9]{0,5})")


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def minutes_since(text):
    then = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return int((datetime.datetime.now(datetime.timezone.utc) - then).total_seconds() // 60)


def order(identity):
    day, number = IDENTITY.fullmatch(identity).groups()
    return day, int(number)


class Records:
    def __init__(self, state):
        self.folder = os.path.join(state, "incidents")
        os.makedirs(self.folder, mode=0o700, exist_ok=True)

    @contextlib.contextmanager
    def locked(self):
        fd = os.open(os.path.join(self.folder, ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            yield
        finally:
            os.close(fd)

    def path(self, identity, name):
        return os.path.join(self.folder, identity, name)

    def ids(self):
        """Oldest first. A folder without a record is one whose declaration was cut short."""
        return sorted((name for name in os.listdir(self.folder) if IDENTITY.fullmatch(name)
                       and os.path.exists(self.path(name, "incident.json"))), key=order)

    def new_id(self):
        day = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%d")
        number = 1
        while True:
            identity = f"INC-{day}-{number}"
            try:
                os.mkdir(os.path.join(self.folder, identity), 0o700)
                return identity
            except FileExistsError:
                number += 1

    def load(self, identity):
        if not IDENTITY.fullmatch(identity):
            raise Failure("invalid_params", f"'{identity}' is not an incident's id (INC-20261121-1)")
        try:
            with open(self.path(identity, "incident.json"), encoding="utf-8") as file:
                return json.load(file)
        except FileNotFoundError:
            raise Failure("not_found", f"no incident '{identity}'") from None

    def save(self, incident):
        text = json.dumps(incident, indent=2, ensure_ascii=False) + "\n"
        self.write(incident["id"], "incident.json", text)

    def write(self, identity, name, text):
        target = self.path(identity, name)
        fresh = target + ".new"
        fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(fd, "w", encoding="utf-8", errors="replace", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, target)
        return target

    def all(self):
        return [self.load(identity) for identity in self.ids()]

    def open_ones(self):
        return [incident for incident in self.all() if incident["status"] != "resolved"]

    def the_open_one(self):
        found = self.open_ones()
        if not found:
            raise Failure("not_found", "no incident is open: declare one, or name it with 'id'")
        if len(found) > 1:
            names = ", ".join(incident["id"] for incident in found)
            raise Failure("conflict", f"several incidents are open, name one with 'id': {names}")
        return found[0]

    def newest(self):
        found = self.ids()
        if not found:
            raise Failure("not_found", "no incident was ever declared")
        return self.load(found[-1])
