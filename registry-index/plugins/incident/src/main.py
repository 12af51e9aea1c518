"""incident: declare, update, list, postmortem. The actions of plugin.toml."""

import os

import memory
import postmortem as report
import protocol
from protocol import Failure
from record import Records, minutes_since, now

SEVERITIES = ("SEV-1", "SEV-2", "SEV-3", "SEV-4")
STATUSES = ("investigating", "identified", "monitoring", "resolved")
URGENT = SEVERITIES[:2]


def records():
    state = os.environ.get("PAII_STATE_DIR")
    if not state:
        raise Failure("not_configured", "PAII_STATE_DIR is not set")
    return Records(state)


def chosen(name, value, choices, normal):
    """One of the choices, however it was spelt."""
    if value is None:
        return None
    if normal(value) in choices:
        return normal(value)
    raise Failure("invalid_params", f"'{name}' must be one of {', '.join(choices)}, not '{value}'")


def severity_of(value):
    return chosen("severity", value, SEVERITIES,
                  lambda text: "SEV-" + text.upper().removeprefix("SEV").lstrip("- "))


def status_of(value):
    return chosen("status", value, STATUSES, str.lower)


def one_line(name, value):
    text = " ".join(value.split())
    if not text:
        raise Failure("invalid_params", f"'{name}' is empty")
    return text


def escalation(incident, threshold):
    """Whether people should hear of it: urgent, not under control, and silent for too long."""
    quiet = minutes_since(incident["timeline"][-1]["time"])
    return (incident["severity"] in URGENT and incident["status"] in STATUSES[:2]
            and quiet >= threshold)


def threshold():
    value = protocol.read_config().get("escalation_threshold_minutes", 30)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise Failure("not_configured", "'escalation_threshold_minutes' must be 0 or more")
    return value


def line_of(incident):
    return (f"{incident['id']}  {incident['severity']}  {incident['status']}  "
            f"open {report.duration(report.minutes_open(incident))}  {incident['title']}")


def declare(params, request):
    title = one_line("title", params.take("title", str, required=True))
    severity = params.take("severity", str)
    summary = params.take("summary", str, default="").strip()
    services = [one_line("services", str(name)) for name in params.take("services", list, default=[])]
    params.done()
    if severity is None:
        severity = protocol.read_config().get("default_severity", "SEV-3")
    severity = severity_of(severity)
    if request.get("context", {}).get("dry_run"):
        return {"id": ""}, f"would declare {severity}: {title}"
    store = records()
    time = now()
    incident = {
        "id": store.new_id(), "title": title, "severity": severity, "worst_severity": severity,
        "status": "investigating", "summary": summary, "services": services, "declared": time,
        "timeline": [{"time": time, "status": "investigating", "message": f"declared as {severity}"}],
    }
    store.save(incident)
    kept = memory.keep(f"{incident['id']} declared: {title}", summary or title,
                       ["declared", severity] + services)
    return {"incident": incident, "id": incident["id"], "memory": kept}, \
        f"declared {line_of(incident)}"


def update(params, request):
    identity = params.take("id", str)
    message = one_line("message", params.take("message", str, required=True))
    status = status_of(params.take("status", str))
    severity = severity_of(params.take("severity", str))
    params.done()
    store = records()
    with store.locked():
        incident = store.load(identity) if identity else store.the_open_one()
        was = incident["status"]
        late = escalation(incident, threshold())
        event = {"time": now(), "message": message}
        if status:
            incident["status"] = event["status"] = status
        if severity:
            incident["severity"] = event["severity"] = severity
            incident["worst_severity"] = min(severity, incident["worst_severity"])
        incident["timeline"].append(event)
        if status == "resolved":
            incident["resolved"] = event["time"]
        elif status:
            incident.pop("resolved", None)
        if not request.get("context", {}).get("dry_run"):
            store.save(incident)
    result = {"incident": incident, "id": incident["id"], "escalate": late}
    if status == "resolved" and was != "resolved" and not request.get("context", {}).get("dry_run"):
        result["memory"] = memory.keep(f"{incident['id']} resolved: {incident['title']}", message,
                                       ["resolved", incident["severity"]] + incident["services"])
    text = line_of(incident)
    if late:
        text += f"\nno update for {threshold()} minutes or more before this one: escalate"
    return result, text


def listing(params, request):
    everything = params.take("all", bool, default=False)
    params.done()
    store = records()
    limit = threshold()
    found = []
    for incident in reversed(store.all() if everything else store.open_ones()):
        found.append({key: incident[key] for key in
                      ("id", "title", "severity", "status", "declared", "services")}
                     | {"minutes_open": report.minutes_open(incident),
                        "last": incident["timeline"][-1],
                        "escalate": escalation(incident, limit)})
    lines = [f"{item['id']}  {item['severity']}  {item['status']}  "
             f"open {report.duration(item['minutes_open'])}  {item['title']}"
             + ("  ESCALATE" if item["escalate"] else "") for item in found]
    return {"incidents": found}, "\n".join(lines) or "no open incident"


def postmortem(params, request):
    identity = params.take("id", str)
    force = params.take("force", bool, default=False)
    params.done()
    store = records()
    with store.locked():
        incident = store.load(identity) if identity else store.newest()
        path = store.path(incident["id"], "postmortem.md")
        if os.path.exists(path) and not force:
            raise Failure("conflict", f"there is a draft already: {path} ('force' replaces it)")
        text = report.draft(incident)
        if request.get("context", {}).get("dry_run"):
            return {"id": incident["id"], "path": path}, text
        store.write(incident["id"], "postmortem.md", text)
    if incident["status"] != "resolved":
        protocol.warnings.append(f"{incident['id']} is not resolved yet ({incident['status']})")
    kept = memory.keep(f"{incident['id']} postmortem: {incident['title']}", text,
                       ["postmortem", incident["severity"]] + incident["services"])
    return {"id": incident["id"], "path": path, "memory": kept}, f"draft written: {path}"


if __name__ == "__main__":
    protocol.main({"declare": declare, "update": update, "list": listing, "postmortem": postmortem})
