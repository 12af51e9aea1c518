"""
Whether a state is that before or that after an operation, and nothing else has changed.

What is compared is all of HOME, byte by byte and with modes. Left out are who held the lock last, what
builds said, caches (the catalog of a folder is one), when a registry was asked, and which prefixes nobody
uses yet; but every prefix must be one of those that an undisturbed run makes, whole. The files of a
registry are each as before or as after: the catalog alone decides, the next update makes the others agree.
Those of a registry that is not configured are a cache, too.
"""

import os
import re

from world import OPERATIONS, fingerprint

STATE = ".config/paii/"
IGNORED = re.compile(r"\.cache(/|$)|\.config/paii/(lock$|(logs|run|store|(projects/[^/]+/)?registries/(core|works))(/|$))")
TABLE = re.compile(r"\.config/paii/(projects/[^/]+/)?generations/[^/]+/hooks$")
LEFTOVER = re.compile(r"\.paii-\d+-\d+$")
REGISTRY = re.compile(r"\.config/paii/registries/([^/]+)")
GENERATION = re.compile(r"\.config/paii/generations/[1-9]\d*(?=/|$)")
PREFIX = re.compile(r"\.config/paii/store/[^/]+/[^/]+")
USED = re.compile(r"\.config/paii/generations/\d+/prefix/[^/]+$")
TIME = re.compile(rb'"updated": \d+')


def normal(image):
    """The image without what may differ."""
    kept = {}
    for path, (kind, mode, content) in image.items():
        if IGNORED.match(path) and not LEFTOVER.search(path):
            continue
        if path.endswith("/state.json"):
            content = TIME.sub(b'"updated": 0', content)
        if TABLE.match(path):
            content = bytes(len(content))  # it has the inodes and times of prefixes, which each run makes anew
        kept[path] = (kind, mode, content)
    return without_forgotten(kept)


def without_forgotten(image):
    """The image without files of registries that paii.toml does not name."""
    config = (image.get(STATE + "paii.toml") or (None, None, b""))[2].decode()
    kept = {}
    for path, entry in image.items():
        match = REGISTRY.match(path)
        if not match or match[1] in config or LEFTOVER.search(path):
            kept[path] = entry
    return kept


def shown(image):
    """The part that a person or a client sees: no leftovers of a run."""
    kept = normal(image)
    current = kept.get(STATE + "current", (None, None, ""))[2]
    seen = (STATE + current, STATE + "plugins", STATE + "paii.toml", STATE + "registries",
            ".claude", "shop")
    return {path: entry for path, entry in kept.items()
            if path == STATE + "current" or
            any(path == top or path.startswith(top + "/") for top in seen)}


def decided(state, before, after):
    """The state with the files of registries as before, where they are as after; and whole generations,
    which are removed one after the other."""
    groups = {}
    for path in {*state, *before, *after}:
        match = GENERATION.match(path)
        if match or path.startswith(STATE + "registries/"):
            groups.setdefault(match[0] if match else path, []).append(path)
    settled = dict(state)
    for group, paths in groups.items():
        gone = GENERATION.match(group) and not any(path in state for path in paths)
        same = all(state.get(path) == after.get(path) for path in paths)
        if same and (gone or not GENERATION.match(group)):
            for path in paths:
                settled.pop(path, None)
                if path in before:
                    settled[path] = before[path]
    return settled


def prefixes(image):
    """{store/NAME/VERSION-KEY: its image}."""
    found = {}
    for path, entry in image.items():
        match = PREFIX.match(path)
        if match:
            found.setdefault(match[0], {})[path] = entry
    return found


def is_open(place, tree, allowed):
    """Whether the folder of a prefix lacks its seal, and nothing else: so it is until it is used."""
    return tree.get(place) == ("dir", 0o755, None) and \
        {**tree, place: ("dir", 0o555, None)} in allowed


def difference(image, wanted):
    """A few words about the first paths that differ."""
    words = [f"{path}: {describe(wanted.get(path))} became {describe(image.get(path))}"
             for path in sorted(set(image) | set(wanted)) if image.get(path) != wanted.get(path)]
    return "; ".join(words[:4]) + (f"; and {len(words) - 4} more" if len(words) > 4 else "")


def describe(entry):
    if entry is None:
        return "nothing"
    kind, mode, content = entry
    if kind == "link":
        return f"link to {content}"
    return f"{kind} {mode:o}" + (f" of {len(content)} bytes" if kind == "file" else "")


class Oracle:
    """What undisturbed runs of one operation give, found once in a world."""

    def __init__(self, world, name):
        self.world, self.name = world, name
        world.restore({"": ("dir", 0o755, None)})
        OPERATIONS[name].prepare(world)
        self.command = OPERATIONS[name].command(world)
        self.neutral = OPERATIONS[name].neutral(world)
        self.before = world.look()
        self.canary = fingerprint(world.beside)
        self.known = {}
        self.lists, self.registries = [], []
        self.settle()

    def settle(self):
        """The states that may be found: before, after, and what one more command makes of them."""
        world = self.world
        self.readers()
        world.run(*self.neutral)
        self.neutral_before = self.learn()
        world.restore(self.before)
        world.run(*self.command)
        self.readers()
        self.after = self.learn()
        self.after_image = world.image
        world.run(*self.neutral)
        self.neutral_after = self.learn()
        world.restore(self.after_image)
        self.again_code = world.command(self.command)[0]
        self.again = self.learn()

    def learn(self):
        image = self.world.look()
        self.whole = prefixes(image)
        for place, tree in self.whole.items():
            self.known.setdefault(place, []).append(tree)
        return normal(image)

    def readers(self):
        self.lists.append(self.world.command(["list", "--json"])[1])
        self.registries.append(self.world.command(["registry", "list", "--json"])[1])

    # ---- judging: each returns what is wrong, or None

    def judge_readers(self):
        """Readers, at any time: one of the two states."""
        for args, wanted in ((["list", "--json"], self.lists),
                             (["registry", "list", "--json"], self.registries)):
            code, out, errors = self.world.command(args)
            if code != 0 or out not in wanted:
                return f"{' '.join(args)}: exit {code}, {errors.decode().strip() or out.decode()}"
        return None

    def judge_claim(self):
        """A command that said it succeeded: the state after it is there."""
        seen, wanted = shown(self.world.look()), shown(self.after_image)
        return None if seen == wanted else f"exit 0, but {difference(seen, wanted)}"

    def judge_next(self, repeated, code, errors, only_after=False):
        """The state after the next command, which ended so."""
        image = self.world.look()
        state = normal(image)
        if repeated:
            good = (code == 0 and state == self.after and not only_after) or \
                   (code == self.again_code and state == self.again)
            nearest = [self.after, self.again]
        else:
            nearest = [self.neutral_after] if only_after else [self.neutral_before,
                                                                self.neutral_after]
            if not only_after:
                state = decided(state, self.neutral_before, self.neutral_after)
                nearest[1] = decided(self.neutral_after, self.neutral_before, self.neutral_after)
            good = code == 0 and state in nearest
        if not good:
            words = min((difference(state, wanted) for wanted in nearest), key=len)
            return f"next command: exit {code}, {errors.decode().strip()}; {words}"
        return self.judge_prefixes(image, repeated or only_after) or self.judge_needed(image) or \
            self.judge_canary()

    def judge_prefixes(self, image, repaired):
        for place, tree in prefixes(image).items():
            allowed = self.known.get(place, [{}])
            if repaired and place in self.whole:
                allowed = [self.whole[place]]
            used = any(kind == "link" and content.endswith(place.removeprefix(STATE))
                       for kind, _, content in image.values())
            may_be_open = not (repaired and used)
            if tree not in allowed and not (may_be_open and is_open(place, tree, allowed)):
                return f"prefix: {difference(tree, allowed[-1])}"
        return None

    def judge_needed(self, image):
        """What is installed leads to a prefix, damaged or not, if it did before."""
        for path, (kind, _, content) in image.items():
            match = USED.match(path)
            place = match and os.path.normpath(f"{os.path.dirname(path)}/{content}")
            if match and kind == "link" and place not in image and \
                    (place in self.before or place in self.after_image):
                return f"{path} leads to nothing: {place}"
        return None

    def judge_canary(self):
        now = fingerprint(self.world.beside)
        if now == self.canary:
            return None
        changed = [path for path in set(now) | set(self.canary)
                   if now.get(path) != self.canary.get(path)]
        return f"outside of HOME: {changed[:3]} changed"
