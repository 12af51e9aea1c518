"""What the real Claude Code client runs of a plugin that was built when asked."""

import json
import shutil

import pytest

from client.driver import Client, find_client
from client.test_visible import MCP_SERVER

PROJECT = ('[project]\nname = "kit"\nversion = "1.0"\n[build-system]\nrequires = []\n'
           'build-backend = "backend"\nbackend-path = ["."]\n')
BACKEND = f'''import os, zipfile
SERVER = {MCP_SERVER!r}
def build_wheel(folder, settings=None, metadata=None):
    body = "".join("    " + line + "\\n" for line in SERVER.splitlines()[1:])
    with zipfile.ZipFile(os.path.join(folder, "kit-1.0-py3-none-any.whl"), "w") as wheel:
        for name, text in {{
                "kit.py": "def serve():\\n" + body + "def greet():\\n    print('MARK-greeting')\\n",
                "kit-1.0.dist-info/METADATA": "Metadata-Version: 2.1\\nName: kit\\nVersion: 1.0\\n",
                "kit-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
                "kit-1.0.dist-info/entry_points.txt":
                    "[console_scripts]\\nkit-serve = kit:serve\\nkit-greet = kit:greet\\n",
                "kit-1.0.dist-info/RECORD": ""}}.items():
            wheel.writestr(name, text)
    return "kit-1.0-py3-none-any.whl"
'''
KIT = {".claude-plugin/plugin.json": json.dumps({"name": "kit", "version": "1.0.0"}),
       ".mcp.json": json.dumps({"mcpServers": {"loud": {"command": "kit-serve"}}}),
       "pyproject.toml": PROJECT, "backend.py": BACKEND}


def test_the_server_and_the_shell_find_what_was_built(paii, tmp_path):
    program = find_client()
    if program is None:
        pytest.skip("no Claude Code client")
    paii.run("install", paii.write_tree("kit", KIT), "--build", env={"PIP_NO_INDEX": "1"})
    home = tmp_path / "client"
    shutil.copytree(paii.claude, home / ".claude", symlinks=True)
    seen = Client(program, home).session(
        answers=[{"tool": "Bash", "input": {"command": "kit-greet; command -v python3"}}, "done"],
        args=["--allowedTools", "Bash"])
    assert "mcp__plugin_kit_loud__shout" in seen.tools
    answer = json.dumps(seen.requests[-1]["messages"])
    assert "MARK-greeting" in answer and "/usr/bin/python3" in answer
