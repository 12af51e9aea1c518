"""
What the real client makes of plugins: of those behind paii's links, and of those that it installed itself.

Its sessions run no hooks, and the programs that plugins name as MCP servers are stand-ins that tell how
they were started, so nothing of a plugin runs.
"""

import json
import re
import shutil
from pathlib import Path

from client.driver import Client, texts

HERE = Path(__file__).resolve().parent
MARKET = "trial"  # some names are reserved by the client, so every marketplace has this one
PROGRAMS = "bash bun bunx cargo codex deno docker dotnet go gopls java node npx php pipx podman python " \
           "python3 ruby sh uv uvx".split()


class TrialClient(Client):
    """The client, for which every program that a server could be started with is the stand-in."""

    def __init__(self, program, home):
        super().__init__(program, home)
        self.programs = self.home / "programs"
        self.programs.mkdir(parents=True, exist_ok=True)
        for name in PROGRAMS:
            link = self.programs / name
            if not link.is_symlink():
                link.symlink_to(HERE / "server")

    def environment(self, url):
        return {**super().environment(url), "PATH": str(self.programs)}

    def look(self, names):
        """{plugin: what the client shows of it} of one session and one `plugin list`."""
        seen = self.session(args=["--settings", '{"disableAllHooks": true}'])
        listed = {row["id"].partition("@")[0]: row for row in json.loads(self.command("plugin", "list", "--json"))}
        return {name: of_plugin(name, seen, listed.get(name, {})) for name in names}


def of_plugin(name, seen, row):
    """One plugin's part of a session. What starts with its name and a colon is its own."""
    def own(items):
        return sorted(item for item in items if item == name or item.startswith(name + ":"))

    places = [plugin["path"] for plugin in seen.init["plugins"] if plugin["name"] == name]

    def told_place(text):
        """A text without the folders in which the two ways keep the plugin and its data."""
        for place in places:
            text = text.replace(place, "ROOT")
        return re.sub(r'/[^\s":]*?/plugins/data/[^/\s":]+', "DATA", text)

    wire = re.sub(r"[^a-zA-Z0-9_-]", "_", name)
    return {
        "skills": own(seen.init["skills"]),
        "commands": own(seen.init["slash_commands"]),
        "agents": own(seen.init["agents"]),
        "servers": sorted(server["name"] for server in seen.init["mcp_servers"]
                          if server["name"].startswith(f"plugin:{name}:")),
        "tools": sorted(f"{tool['name']}: {told_place(tool.get('description', ''))}"
                        for tool in seen.requests[0].get("tools", [])
                        if tool["name"].startswith(f"mcp__plugin_{wire}_")),
        "told": told_lines(name, seen),
        # Hooks are paii's to run, and not in the folder that its link shows.
        "errors": sorted(told_place(str(error)) for error in row.get("errors", [])
                         if not str(error).startswith("Hook load failed")),
        "version": row.get("version", ""),
    }


def told_lines(name, seen):
    """{component: the line that the model reads of it}, of skills, commands and agents."""
    lines = {}
    for text in texts(seen.requests[0].get("messages", [])):
        for line in text.splitlines():
            found = re.match(rf"- ({re.escape(name)}(?::[^\s:]+)*)(?::? .*)?$", line)
            if found:
                lines.setdefault(found[1], line)
    return lines


# ---- the client's own way ----

class Installed:
    """A HOME in which the client has installed plugins of a marketplace by itself."""

    def __init__(self, program, folder, home):
        self.program, self.folder, self.home = program, folder, Path(home)
        self.market = self.home / "market"
        self.client = TrialClient(program, self.home)

    def add(self):
        """A copy of the marketplace without its history, under a name that the client lets pass."""
        shutil.copytree(self.folder, self.market, symlinks=True, copy_function=link_or_copy,
                        ignore=lambda folder, _: [".git"] if Path(folder) == self.folder else [])
        file = self.market / ".claude-plugin/marketplace.json"
        text = {**json.loads(file.read_text()), "name": MARKET}
        file.unlink()
        file.write_text(json.dumps(text))
        self.client.command("plugin", "marketplace", "add", self.market)

    def install(self, name):
        """Why the client refuses it; "" if it does not."""
        try:
            self.client.command("plugin", "install", f"{name}@{MARKET}")
        except AssertionError as failure:
            return first_reason(str(failure))
        return ""

    def look(self, names, home):
        """What a session shows in which only these are enabled."""
        state = home / ".claude"
        shutil.rmtree(home, ignore_errors=True)
        (state / "plugins").mkdir(parents=True)
        settings = json.loads((self.home / ".claude/settings.json").read_text())
        settings["enabledPlugins"] = {f"{name}@{MARKET}": True for name in names}
        (state / "settings.json").write_text(json.dumps(settings))
        for file in ("known_marketplaces.json", "installed_plugins.json"):
            shutil.copy(self.home / ".claude/plugins" / file, state / "plugins" / file)
        return TrialClient(self.program, home).look(names)


def link_or_copy(source, target):
    try:
        Path(target).hardlink_to(source)
    except OSError:
        shutil.copy2(source, target)


def first_reason(text):
    """What the client says after its cross."""
    found = re.search(r"[✘×] (.*)", text)
    return (found[1] if found else text.strip().splitlines()[-1])[:200]


# ---- paii's way ----

def look_at_links(program, claude, names, home):
    """What a session shows that has only these links of a person's ~/.claude."""
    shutil.rmtree(home, ignore_errors=True)
    skills = home / ".claude/skills"
    skills.mkdir(parents=True)
    for name in names:
        link = claude / "skills" / name
        if link.is_symlink():
            (skills / name).symlink_to(link.readlink())
    return TrialClient(program, home).look(names)


def differences(ours, theirs):
    """[(what, ours, theirs)] of two views of one plugin."""
    found = []
    for key in ("skills", "commands", "agents", "servers", "tools", "errors"):
        if ours[key] != theirs[key]:
            found.append((key, sorted(set(ours[key]) - set(theirs[key])),
                          sorted(set(theirs[key]) - set(ours[key]))))
    for component in sorted(set(ours["told"]) & set(theirs["told"])):
        mine, other = ours["told"][component], theirs["told"][component]
        shortened = {mine, other} & {f"- {component}"}  # the list's budget leaves out descriptions
        if mine != other and not shortened:
            found.append(("told", [mine[:200]], [other[:200]]))
    return found
