"""The plugin from outside, by the protocol."""

import concurrent.futures
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

MAIN = pathlib.Path(__file__).resolve().parents[1] / "src" / "main.py"


class History(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.dir = pathlib.Path(self.folder.name)
        self.config = self.dir / "config.json"
        self.config.write_text("{}")

    def start(self):
        env = {"PATH": os.environ["PATH"], "HOME": str(self.dir), "PAII_PROTOCOL": "1",
               "PAII_DIR": str(self.dir), "PAII_CONFIG": str(self.config)}
        return subprocess.Popen([sys.executable, str(MAIN), "x"], env=env, stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE)

    def ask(self, action, **params):
        process = self.start()
        request = {"paii": 1, "id": "7", "action": action, "params": params, "context": {}}
        output, _ = process.communicate(json.dumps(request).encode())
        reply = json.loads(output)
        self.assertEqual(reply["id"], "7")
        self.assertEqual(process.returncode, 0 if reply["ok"] else 1)
        return reply

    def entries(self):
        return sorted(self.dir.glob("history/*/*/*.md"))

    def test_files_are_markdown_by_category_and_month(self):
        reply = self.ask("capture", category="decisions", title="Größe: 5", content="# x\n")
        path = pathlib.Path(reply["result"]["path"])
        self.assertEqual([path], self.entries())
        self.assertEqual(path.parent.parent.name, "decisions")
        self.assertRegex(path.parent.name, r"^\d{4}-\d{2}$")
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        self.assertTrue(path.read_text().endswith("---\n\n# x\n"))

    def test_eight_writers_at_once_lose_nothing(self):
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            replies = list(pool.map(
                lambda n: self.ask("capture", category="c", title="same title", content=str(n)),
                range(40)))
        self.assertTrue(all(reply["ok"] for reply in replies))
        self.assertEqual(len({reply["result"]["id"] for reply in replies}), 40)
        self.assertEqual(len(self.entries()), 40)

    def test_a_killed_writer_leaves_no_torn_entry(self):
        content = "x" * (3 * 1024 * 1024)
        request = json.dumps({"paii": 1, "action": "capture", "params": {
            "category": "c", "title": "t", "content": content}}).encode()
        for delay in range(12):
            process = self.start()
            process.stdin.write(request)
            process.stdin.close()
            time.sleep(0.02 + delay * 0.01)
            process.send_signal(signal.SIGKILL)
            process.wait()
            process.stdout.close()
        for path in self.entries():
            self.assertTrue(path.read_text().endswith("---\n\n" + content), path)

    def test_hidden_leftovers_are_cleared_after_an_hour(self):
        self.ask("capture", category="c", title="t", content="c")
        month = self.entries()[0].parent
        for name, age in ((".old.tmp", 7200), (".new.tmp", 60)):
            (month / name).write_text("half")
            os.utime(month / name, (time.time() - age,) * 2)
        self.ask("capture", category="c", title="t", content="c")
        self.assertEqual([p.name for p in month.glob(".*")], [".new.tmp"])

    def test_a_file_of_a_persons_own_is_an_entry(self):
        month = self.dir / "history" / "notes" / "2026-03"
        month.mkdir(parents=True)
        (month / "mine.md").write_text("# My note\n\nabout kestrels\n")
        (month / "bare.md").write_text("---\ntitle: Bare words\ntags: [a, b]\n---\nkestrels too\n")
        found = self.ask("query", text="KESTRELS")["result"]["entries"]
        self.assertEqual({entry["title"] for entry in found}, {"My note", "Bare words"})
        self.assertIn(["a", "b"], [entry["tags"] for entry in found])

    def test_since(self):
        self.ask("capture", category="c", title="now", content="here")
        self.assertEqual(len(self.ask("query", text="here", since="2020-01-01")["result"]["entries"]), 1)
        self.assertEqual(self.ask("query", text="here", since="2999-01-01T00:00:00Z")["result"]["entries"], [])

    def test_the_configured_folder_is_used(self):
        self.config.write_text(json.dumps({"path": "~/elsewhere"}))
        path = self.ask("capture", category="c", title="t", content="c")["result"]["path"]
        self.assertTrue(path.startswith(str(self.dir / "elsewhere")))
        self.config.write_text(json.dumps({"path": "relative"}))
        self.assertEqual(self.ask("recent")["error"]["code"], "not_configured")

    def test_a_full_or_forbidden_folder_is_unavailable(self):
        (self.dir / "history").write_text("a file stands here")
        reply = self.ask("capture", category="c", title="t", content="c")
        self.assertEqual(reply["error"]["code"], "unavailable")

    def test_requests_that_are_not_requests(self):
        for text in (b"", b"[]", b"{", b'{"paii":1,"action":"nope"}',
                     b'{"action":"recent","params":[1]}', b"[" * 100000):
            process = self.start()
            output, _ = process.communicate(text)
            self.assertFalse(json.loads(output)["ok"], text[:20])
            self.assertEqual(process.returncode, 1)

    def test_a_surrogate_alone_is_replaced(self):
        self.ask("capture", category="c", title="t\ud83d", content="c\udc00")
        entry = self.ask("recent", full=True)["result"]["entries"][0]
        self.assertEqual((entry["title"], entry["content"]), ("t\ufffd", "c\ufffd"))

    def test_by_hand_it_says_how(self):
        done = subprocess.run([sys.executable, str(MAIN)], capture_output=True, text=True,
                              env={"PATH": os.environ["PATH"]}, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("paii run", done.stderr)


if __name__ == "__main__":
    unittest.main()
