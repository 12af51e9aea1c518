"""The postmortem's draft: what was recorded is filled in, what only people know is asked for."""

from record import minutes_since


def duration(minutes):
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if hours else f"{rest} min"


def minutes_open(incident):
    end = incident.get("resolved")
    total = minutes_since(incident["declared"])
    return total - minutes_since(end) if end else total


def first_time(incident, status):
    for event in incident["timeline"]:
        if event.get("status") == status:
            return event["time"]
    return "unknown"


def cell(text):
    return " ".join(text.split()).replace("|", "\\|")


def draft(incident):
    rows = "\n".join(f"| {event['time']} | {event.get('status', '')} | {cell(event['message'])} |"
                     for event in incident["timeline"])
    services = ", ".join(incident["services"]) or "unknown"
    ended = incident.get("resolved") or "not resolved yet"
    return f"""# {incident['id']}: {incident['title']}

| | |
| --- | --- |
| severity | {incident['severity']} (worst: {incident['worst_severity']}) |
| services | {cell(services)} |
| declared | {incident['declared']} |
| identified | {first_time(incident, 'identified')} |
| resolved | {ended} |
| open for | {duration(minutes_open(incident))} |

## Summary

{incident['summary'] or 'What happened, in three sentences.'}

## Impact

Who noticed what, for how long, in numbers.

## Timeline (UTC)

| time | status | what |
| --- | --- | --- |
{rows}

## Cause

The chain of events. Ask why until the answer is something that can be changed.

## What went well

## What went badly

## Where we were lucky

## Actions

| what | prevents, finds or shortens | owner | by |
| --- | --- | --- | --- |
"""
