"""The plugin from outside, by the protocol, with a stand-in for `paii call`."""

import concurrent.futures
import datetime
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

PLUGIN = pathlib.Path(__file__).resolve().parents[1]

CALL = """#!/bin/sh
echo "$@" >> "{log}"
cat >> "{log}"
echo '{reply}'
"""


class Incident(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.dir = pathlib.Path(self.folder.name)
        self.config = self.dir / "config.json"
        self.config.write_text('{"escalation_threshold_minutes": 30, "default_severity": "SEV-3"}')
        self.env = {"PATH": os.environ["PATH"], "PAII_PROTOCOL": "1",
                    "PAII_STATE_DIR": str(self.dir), "PAII_CONFIG": str(self.config)}

    def bind(self, reply):
        program = self.dir / "paii"
        program.write_text(CALL.format(log=self.dir / "calls", reply=json.dumps(reply)))
        program.chmod(0o755)
        self.env["PAII_BIN"] = str(program)

    def ask(self, action, **params):
        done = subprocess.run([sys.executable, str(PLUGIN / "src" / "main.py"), action], check=False,
                              env=self.env, stdout=subprocess.PIPE,
                              input=json.dumps({"paii": 1, "action": action, "params": params}).encode())
        reply = json.loads(done.stdout)
        self.assertEqual(done.returncode, 0 if reply["ok"] else 1)
        return reply

    def age(self, identity, minutes):
        path = self.dir / "incidents" / identity / "incident.json"
        incident = json.loads(path.read_text())
        old = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=minutes)
        incident["declared"] = incident["timeline"][-1]["time"] = old.strftime("%Y-%m-%dT%H:%M:%SZ")
        path.write_text(json.dumps(incident))

    def test_from_declaration_to_postmortem(self):
        reply = self.ask("declare", title="Checkout 502", severity="sev2", services=["checkout"])
        self.assertRegex(reply["result"]["id"], r"^INC-\d{8}-1$")
        self.assertEqual(reply["result"]["incident"]["severity"], "SEV-2")
        self.assertEqual(reply["result"]["memory"], "unbound")
        self.ask("update", message="bad deploy | found", status="identified", severity="SEV-1")
        self.ask("update", message="rolled back", status="resolved", severity="SEV-3")
        self.assertEqual(self.ask("list")["result"]["incidents"], [])
        self.assertEqual(len(self.ask("list", all=True)["result"]["incidents"]), 1)
        reply = self.ask("postmortem")
        text = pathlib.Path(reply["result"]["path"]).read_text()
        self.assertIn("SEV-3 (worst: SEV-1)", text)
        self.assertIn("bad deploy \\| found", text)
        self.assertNotIn("warnings", reply)

    def test_a_postmortem_is_not_replaced_by_itself(self):
        self.ask("declare", title="x")
        reply = self.ask("postmortem")
        self.assertIn("not resolved", reply["warnings"][0])
        path = pathlib.Path(reply["result"]["path"])
        path.write_text("edited by a person")
        self.assertEqual(self.ask("postmortem")["error"]["code"], "conflict")
        self.assertEqual(path.read_text(), "edited by a person")
        self.assertTrue(self.ask("postmortem", force=True)["ok"])

    def test_which_incident_is_meant(self):
        self.assertEqual(self.ask("update", message="x")["error"]["code"], "not_found")
        first = self.ask("declare", title="one")["result"]["id"]
        second = self.ask("declare", title="two")["result"]["id"]
        self.assertEqual(self.ask("update", message="x")["error"]["code"], "conflict")
        self.assertTrue(self.ask("update", id=first, message="x", status="resolved")["ok"])
        self.assertEqual(self.ask("update", message="x")["result"]["id"], second)
        for wrong in ("../x", "INC-1", "INC-20200101-1/.."):
            self.assertEqual(self.ask("update", id=wrong, message="x")["error"]["code"], "invalid_params")
        self.assertEqual(self.ask("update", id="INC-20200101-1", message="x")["error"]["code"], "not_found")

    def test_silence_of_an_urgent_incident_escalates(self):
        identity = self.ask("declare", title="x", severity="SEV-1")["result"]["id"]
        self.assertFalse(self.ask("list")["result"]["incidents"][0]["escalate"])
        self.age(identity, 31)
        self.assertTrue(self.ask("list")["result"]["incidents"][0]["escalate"])
        self.config.write_text('{"escalation_threshold_minutes": 60}')
        self.assertFalse(self.ask("list")["result"]["incidents"][0]["escalate"])

    def test_memory_is_used_when_bound(self):
        self.bind({"paii": 1, "ok": True, "result": {"id": "m"}})
        self.assertEqual(self.ask("declare", title="x")["result"]["memory"], "kept")
        calls = (self.dir / "calls").read_text()
        self.assertTrue(calls.startswith("call memory capture --json -\n"))
        self.assertIn('"category": "incidents"', calls)

    def test_memory_that_is_absent_or_broken_costs_nothing_else(self):
        self.bind({"paii": 1, "ok": False, "error": {"code": "unbound", "message": "none"}})
        reply = self.ask("declare", title="x")
        self.assertEqual((reply["result"]["memory"], "warnings" in reply), ("unbound", False))
        self.bind({"paii": 1, "ok": False, "error": {"code": "crash", "message": "boom"}})
        reply = self.ask("declare", title="x")
        self.assertEqual(reply["result"]["memory"], "failed")
        self.assertIn("boom", reply["warnings"][0])
        self.bind("not an answer")
        self.assertEqual(self.ask("declare", title="x")["result"]["memory"], "failed")
        self.env["PAII_BIN"] = "/nowhere/paii"
        self.assertEqual(self.ask("declare", title="x")["result"]["memory"], "failed")

    def test_updates_at_once_are_all_kept(self):
        self.ask("declare", title="x")
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda n: self.ask("update", message=f"step {n}"), range(16)))
        reply = self.ask("update", message="last")
        self.assertEqual(len(reply["result"]["incident"]["timeline"]), 18)

    def test_declarations_at_once_get_ids_of_their_own(self):
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            replies = list(pool.map(lambda n: self.ask("declare", title=f"t{n}"), range(12)))
        self.assertEqual(len({reply["result"]["id"] for reply in replies}), 12)

    def test_wrong_parameters(self):
        for params in ({}, {"title": " "}, {"title": "x", "severity": "SEV-9"},
                       {"title": "x", "colour": 1}, {"title": 5}):
            self.assertEqual(self.ask("declare", **params)["error"]["code"], "invalid_params", params)
        self.assertEqual(self.ask("nope")["error"]["code"], "unsupported")

    def test_the_documents_name_actions_and_files_that_exist(self):
        manifest = (PLUGIN / "plugin.toml").read_text()
        actions = set(re.findall(r"^\[actions\.(\w+)\]", manifest, re.MULTILINE))
        for path in [PLUGIN / "SKILL.md", *PLUGIN.glob("workflows/*.md"), *PLUGIN.glob("agents/*.md")]:
            text = path.read_text()
            self.assertLessEqual(set(re.findall(r"paii run incident (\w+)", text)), actions, path)
            for name in re.findall(r"`(workflows/[\w-]+\.md)`", text):
                self.assertTrue((PLUGIN / name).exists(), name)


if __name__ == "__main__":
    unittest.main()
