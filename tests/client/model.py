"""A stand-in for the Messages API on loopback: answers by a script and keeps every request.

    with Model(["first answer", {"tool": "Bash", "input": {"command": "ls"}}, "done"]) as model:
        ... run a client with ANTHROPIC_BASE_URL=model.url ...
        model.requests[0]["messages"]

An answer is a text or one tool call; when the script is used up, every further answer is "ok".
"""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Model:
    def __init__(self, answers=()):
        self.answers = list(answers)
        self.requests = []  # bodies of POST /v1/messages, in order
        self.lock = threading.Lock()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.model = self
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def answer(self, body):
        """The message that replies to `body`."""
        with self.lock:
            self.requests.append(body)
            serial = len(self.requests)
            said = self.answers.pop(0) if self.answers else "ok"
        if isinstance(said, str):
            block, reason = {"type": "text", "text": said}, "end_turn"
        else:
            block = {"type": "tool_use", "id": f"toolu_{serial:04d}", "name": said["tool"],
                     "input": said.get("input", {})}
            reason = "tool_use"
        return {"id": f"msg_{serial:04d}", "type": "message", "role": "assistant",
                "model": body.get("model", "scripted"), "content": [block], "stop_reason": reason,
                "stop_sequence": None, "usage": {"input_tokens": 1, "output_tokens": 1}}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # small replies would wait for a delayed acknowledgement
    wbufsize = -1

    def log_message(self, format, *args):
        """Quiet: the requests are kept in the model."""

    def do_HEAD(self):
        self.reply(404, "application/json", "{}")

    do_GET = do_HEAD

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))) or b"{}")
        path = self.path.partition("?")[0]
        if path == "/v1/messages/count_tokens":
            self.reply(200, "application/json", '{"input_tokens": 1}')
        elif path != "/v1/messages":
            self.reply(404, "application/json", "{}")
        elif body.get("stream"):
            self.reply(200, "text/event-stream", events(self.server.model.answer(body)))
        else:
            self.reply(200, "application/json", json.dumps(self.server.model.answer(body)))

    def reply(self, status, kind, text):
        data = text.encode()
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)


def events(message):
    """The event stream that delivers a message of one block."""
    block = message["content"][0]
    if block["type"] == "text":
        empty, delta = {**block, "text": ""}, {"type": "text_delta", "text": block["text"]}
    else:
        empty = {**block, "input": {}}
        delta = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
    end = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    stream = [
        ("message_start", {"message": {**message, "content": [], "stop_reason": None}}),
        ("content_block_start", {"index": 0, "content_block": empty}),
        ("content_block_delta", {"index": 0, "delta": delta}),
        ("content_block_stop", {"index": 0}),
        ("message_delta", {"delta": end, "usage": message["usage"]}),
        ("message_stop", {}),
    ]
    return "".join(f"event: {kind}\ndata: {json.dumps({'type': kind, **data})}\n\n"
                   for kind, data in stream)
