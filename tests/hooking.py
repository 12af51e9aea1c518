"""Plugins that handle events, and the client that fires them."""

import json
import subprocess

from lib.person import SANITIZERS, Result
from shelf import Shelf, toml

REQUEST = {"session_id": "s-1", "transcript_path": "/dev/null", "permission_mode": "default"}
BASH = {"tool_name": "Bash", "tool_input": {"command": "echo hi", "description": "say hi"},
        "tool_use_id": "toolu_1"}


def payload(event="PreToolUse", **more):
    """What the client sends; a tool event is one of Bash unless `more` says otherwise."""
    own = BASH if "Tool" in event or event.startswith("Permission") else {}
    return json.dumps({**REQUEST, "cwd": "/", "hook_event_name": event, **own, **more})


def result(**keys):
    """A line of shell that answers with this result."""
    text = json.dumps({"paii": 1, "ok": True, "result": keys})
    return "cat > /dev/null\nprintf '%s' '" + text.replace("'", "'\\''") + "'\n"


class Answer(Result):
    """What the dispatcher said. `document` is its JSON, or None."""

    @property
    def document(self):
        return json.loads(self.stdout) if self.stdout.startswith("{") else None

    @property
    def specific(self):
        return (self.document or {}).get("hookSpecificOutput", {})

    @property
    def decision(self):
        return self.specific.get("permissionDecision")

    @property
    def reason(self):
        return self.specific.get("permissionDecisionReason")

    @property
    def message(self):
        return (self.document or {}).get("systemMessage")


class Hooks:
    """A registry of plugins with handlers, for one person."""

    def __init__(self, person):
        self.person, self.shelf = person, Shelf(person, "team")

    def action(self, name, script, *hooks, event="pre_tool_use", version="1.0.0", command=None,
               env="", files=None, install=True, **options):
        """Installs a plugin whose action `act` is that shell script; without tables of `hooks` it
        handles `event` with the given options."""
        tables = hooks or [{"event": event, **options}]
        text = (f'[plugin]\nname = "{name}"\nversion = "{version}"\ndescription = "{name}"\n'
                f"[run]\ncommand = {toml(command or ['sh', 'act.sh'])}\n"
                '[actions.act]\nsummary = "answer"\nparams = { payload = { type = "object" } }\n'
                f"{env}\n")
        for table in tables:
            keys = {"action": "act", **{key: value for key, value in table.items() if key != "event"}}
            text += f"[[hooks.{table.get('event', event)}]]\n"
            text += "".join(f"{key} = {toml(value)}\n" for key, value in keys.items())
        self.shelf.add(name, version, **{"plugin.toml": text, "act.sh": script, **(files or {})})
        if install:
            self.person.run("install", name, "--yes")
        return self

    def native(self, name, hooks, version="1.0.0", **files):
        """Installs a plugin of the client's kind; `hooks` is {event: [group, ...]}."""
        about = {"name": name, "version": version, "description": name}
        folder = f"plugins/{name}-{version}"
        self.person.write_tree(self.shelf.folder / folder, {
            ".claude-plugin/plugin.json": json.dumps(about),
            "hooks/hooks.json": json.dumps({"hooks": hooks}), **files})
        self.shelf.list(name, version=version, path=folder)
        self.person.run("install", name, "--yes")
        return self

    def prefix(self, name):
        """The folder of the installed plugin, made writable."""
        folder = (self.person.dir / "current/prefix" / name).resolve()
        for path in [folder, *folder.rglob("*")]:
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | 0o200)
        return folder

    def fire(self, event="pre-tool-use", text=None, *args, expect=0, env=None, timeout=60):
        """Dispatches as the client does; `text` is the payload, bytes or str."""
        return fire(self.person, event, text, *args, expect=expect, env=env, timeout=timeout)


def client_name(event):
    return "".join(word.capitalize() for word in event.split("-"))


def fire(person, event="pre-tool-use", text=None, *args, expect=0, env=None, timeout=60):
    text = payload(client_name(event)) if text is None else text
    done = subprocess.run([person.program, "hook", "dispatch", event, *map(str, args)],
                          input=text if isinstance(text, bytes) else text.encode(),
                          capture_output=True, env=person.environment(env), cwd=person.home,
                          timeout=timeout, check=False)
    answer = Answer(("hook", "dispatch", event), done.returncode,
                    done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))
    assert not any(word in answer.stderr for word in SANITIZERS), repr(answer)
    assert expect is None or answer.code == expect, repr(answer)
    return answer
