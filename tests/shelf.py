"""Plugins and registries for tests: the files of a plugin, and a folder that lists many of them."""

import io
import json
import re
import tarfile
import zipfile

# What a command may change although it fails or only looks: who held the lock, what a build said.
VOLATILE = ("lock", "logs")


def plugin(name, version="1.0.0", provides=(), consumes=(), build=None, **files):
    """{path: text} of a skill plugin; `consumes` holds rows such as 'memory = {...}'."""
    terms = "".join(f'p{i} = "{term}"\n' for i, term in enumerate(provides))
    text = (f'[plugin]\nname = "{name}"\nversion = "{version}"\ndescription = "The {name} plugin"\n'
            f"[provides]\n{terms}[consumes]\n" + "".join(f"{row}\n" for row in consumes))
    if build:
        text += f'[build]\ntype = "{build}"\n'
    skill = f"---\nname: {name}\ndescription: {name} {version}\n---\n# {name} {version}\n"
    return {"plugin.toml": text, "SKILL.md": skill, **files}


def needs(contract, optional=False, version=None, alias="dep"):
    """A row of [consumes]."""
    fields = [f'contract = "{contract}"', f"optional = {str(optional).lower()}"]
    if version:
        fields.append(f'version = "{version}"')
    return f"{alias} = {{ {', '.join(fields)} }}"


class Shelf:
    """A registry in a folder of the person's HOME, added to their paii.toml."""

    def __init__(self, person, name, priority=None):
        self.person, self.name, self.rows = person, name, []
        self.folder = person.home / "shelves" / name
        self.write()
        person.run("registry", "add", name, self.folder,
                   *(["--priority", priority] if priority is not None else []))

    def add(self, name, version="1.0.0", row=None, listed=None, **more):
        """Puts a plugin of that version on the shelf; `row` adds keys to its row of the index."""
        folder = f"plugins/{name}-{version}"
        self.person.write_tree(self.folder / folder, plugin(name, version, **more))
        return self.list(name, **{"version": listed or version, "path": folder,
                                  "provides": list(more.get("provides", ())),
                                  "consumes": [term(text) for text in more.get("consumes", ())],
                                  **(row or {})})

    def list(self, name, **keys):
        """A row as it is, whether it is true or not."""
        self.rows.append({"name": name, **keys})
        self.write()
        return self

    def withdraw(self, name, version):
        self.rows = [row for row in self.rows if (row["name"], row["version"]) != (name, version)]
        self.write()

    def write(self):
        text = f'[registry]\nname = "{self.name}"\n'
        for row in self.rows:
            text += "\n[[plugins]]\n"
            text += "".join(f"{key} = {toml(value)}\n" for key, value in row.items())
        self.person.write(self.folder / "registry.toml", text)


def toml(value):
    """A TOML value. It is written as in JSON, but for code points that JSON needs two escapes for."""
    return re.sub(r"\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}",
                  lambda pair: f"\\U{ord(json.loads(chr(34) + pair[0] + chr(34))):08x}", json.dumps(value))


def term(row):
    """The short form of a row that needs() made: 'dep=MemoryProvider >=1'."""
    alias, _, table = row.partition(" = ")
    fields = dict(part.split(" = ", 1) for part in table.strip("{} ").split(", ") if " = " in part)
    mark = "?" if fields["optional"] == "true" else ""
    version = json.loads(fields["version"]) if "version" in fields else ""
    return f"{alias}={json.loads(fields['contract'])}{mark} {version}".strip()


def tar(files, top="top"):
    """A .tar.gz of {path: text} below one folder, as a forge makes it."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, text in files.items():
            info = tarfile.TarInfo(f"{top}/{name}")
            data = text.encode()
            info.size, info.mode = len(data), 0o755 if text.startswith("#!") else 0o644
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def zipped(files, top="top"):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(f"{top}/{name}", text)
    return out.getvalue()


def everything(person):
    """
    All of HOME but what is volatile or a cache: equal before and after means that nothing changed.
    A catalog is made again from the index of a folder whenever somebody looks.
    """
    inside = person.dir.relative_to(person.home)
    skip = tuple(str(inside / name) for name in VOLATILE)
    return {path: entry for path, entry in person.snapshot(person.home).items()
            if not any(path == name or path.startswith(name + "/") for name in skip)
            and not path.startswith(".cache") and not path.endswith("/catalog")}


def installed(person):
    """{name: version}."""
    return {row["name"]: row["version"] for row in person.run("list", "--json").json()}


def skill_text(person, name):
    """What the client reads through ~/.claude."""
    return (person.claude / "skills" / name / "SKILL.md").read_text()


def generation(person):
    return int((person.dir / "current").readlink().name)


def lock_text(person):
    return (person.dir / "current/paii.lock").read_text()


def steps(result):
    """{name: action} of a --json answer of install, update or remove."""
    return {step["name"]: step["action"] for step in result.json()["steps"]}
