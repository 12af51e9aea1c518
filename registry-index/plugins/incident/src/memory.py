"""Memory through the contract that the plugin consumes as 'memory'; it may be absent."""

import json
import os
import subprocess

import protocol

CATEGORY = "incidents"


def keep(title, content, tags):
    """Returns "kept", "unbound" when no plugin provides memory, or "failed" with a warning."""
    program = os.environ.get("PAII_BIN")
    if not program:
        return "unbound"
    params = {"category": CATEGORY, "title": title[:200], "content": content, "tags": tags}
    try:
        done = subprocess.run([program, "call", "memory", "capture", "--json", "-"],
                              input=json.dumps(params).encode(), stdout=subprocess.PIPE,
                              check=False)
        reply = json.loads(done.stdout)
        if reply["ok"]:
            return "kept"
        error = reply["error"]
    except (OSError, ValueError, KeyError, TypeError) as problem:
        error = {"code": "unavailable", "message": str(problem)}
    if error.get("code") == "unbound":
        return "unbound"
    protocol.warnings.append(f"not kept in memory: {error.get('message')} ({error.get('code')})")
    return "failed"
