"""The plugin's side of the paii protocol: one JSON document in, one out."""

import json
import os
import sys


warnings = []  # what went wrong without making the answer wrong; sent along with it


class Failure(Exception):
    """An answer that is not ok: a code of the protocol's closed set, and words for people."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code
        self.message = message


class Params:
    """The parameters of one request. Each is asked for once; the rest is unknown and refused."""

    def __init__(self, values):
        self.values = dict(values)

    def take(self, name, kind, default=None, required=False):
        value = self.values.pop(name, None)
        if value is None:
            if required:
                raise Failure("invalid_params", f"'{name}' is required")
            return default
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            words = {str: "a string", int: "an integer", bool: "a boolean", list: "an array"}
            raise Failure("invalid_params", f"'{name}' must be {words[kind]}")
        return value

    def done(self):
        if self.values:
            names = ", ".join(f"'{name}'" for name in sorted(self.values))
            raise Failure("invalid_params", f"unknown parameter {names}")


def read_config():
    path = os.environ.get("PAII_CONFIG")
    if not path:
        return {}
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def answer(request, actions):
    """Runs the handler of the request's action. It returns (result, text)."""
    handler = actions.get(request.get("action"))
    if handler is None:
        raise Failure("unsupported", f"no action '{request.get('action')}'")
    params = request.get("params", {})
    if not isinstance(params, dict):
        raise Failure("invalid_params", "params must be an object")
    return handler(Params(params), request)


def main(actions):
    if "PAII_PROTOCOL" not in os.environ:
        sys.exit("run me with: paii run NAME ACTION")
    reply = {"paii": 1}
    try:
        request = json.loads(sys.stdin.buffer.read())
        if not isinstance(request, dict):
            raise ValueError("not an object")
        reply["id"] = request.get("id")
        result, text = answer(request, actions)
        reply.update(ok=True, result=result)
        if text:
            reply["text"] = text
        if warnings:
            reply["warnings"] = warnings
    except Failure as failure:
        reply.update(ok=False, error={"code": failure.code, "message": failure.message,
                                      "retryable": failure.code == "unavailable"})
    except (ValueError, RecursionError) as error:
        reply.update(ok=False, error={"code": "invalid_params",
                                      "message": f"the request cannot be read: {error}"})
    except OSError as error:
        reply.update(ok=False, error={"code": "unavailable", "retryable": True,
                                      "message": f"{error.filename}: {error.strerror}"})
    sys.stdout.write(json.dumps(reply) + "\n")
    sys.stdout.flush()
    sys.exit(0 if reply["ok"] else 1)
