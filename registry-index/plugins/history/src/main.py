"""history: memory in Markdown files. The actions of plugin.toml."""

import datetime
import os

import entries
import protocol
from protocol import Failure

MAX_CONTENT = 4 * 1024 * 1024
MAX_TITLE = 200
MAX_TAGS = 32
MAX_TAG = 64
MAX_LIMIT = 200


def memory_folder():
    path = protocol.read_config().get("path", "")
    if not path:
        base = os.environ.get("PAII_DIR") or os.path.expanduser("~/.config/paii")
        return os.path.join(base, "history")
    path = os.path.expanduser(path)
    if not os.path.isabs(path):
        raise Failure("not_configured", f"'path' must be absolute or start with '~/': '{path}'")
    return path


def checked_category(category):
    if category is not None and not entries.CATEGORY.fullmatch(category):
        raise Failure("invalid_params", f"'category' must be lower-case letters, digits and '-', "
                                        f"at most 64: '{category}'")
    return category


def checked_limit(limit):
    if not 1 <= limit <= MAX_LIMIT:
        raise Failure("invalid_params", f"'limit' must be 1 to {MAX_LIMIT}, not {limit}")
    return limit


def since_stamp(text):
    if text is None:
        return ""
    try:
        moment = datetime.datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError:
        raise Failure("invalid_params", f"'since' must be a date or time such as 2026-11-21 or "
                                        f"2026-11-21T08:00:00Z: '{text}'") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.timezone.utc)
    return entries.stamp_of(moment.astimezone(datetime.timezone.utc))


def checked_tags(tags):
    if len(tags) > MAX_TAGS:
        raise Failure("invalid_params", f"at most {MAX_TAGS} 'tags', not {len(tags)}")
    for tag in tags:
        if not isinstance(tag, str) or not tag.strip() or len(tag) > MAX_TAG:
            raise Failure("invalid_params", f"'tags' must be words of at most {MAX_TAG} characters")
    return [" ".join(entries.scalar(tag).split()) for tag in tags]


def capture(params, request):
    category = checked_category(params.take("category", str, required=True))
    title = " ".join(entries.scalar(params.take("title", str, required=True)).split())
    content = entries.scalar(params.take("content", str, required=True))
    tags = checked_tags(params.take("tags", list, default=[]))
    params.done()
    if not title or len(title) > MAX_TITLE:
        raise Failure("invalid_params", f"'title' must have 1 to {MAX_TITLE} characters")
    if len(content.encode("utf-8")) > MAX_CONTENT:
        raise Failure("invalid_params", "'content' is larger than 4 MiB")
    folder = memory_folder()
    if request.get("context", {}).get("dry_run"):
        return {"id": "", "path": ""}, f"would keep '{title}' in {folder}/{category}"
    name, path = entries.add(folder, category, title, content, tags)
    return {"id": name, "path": path}, f"kept: {path}"


def listing(found, truncated):
    lines = [f"{entry['created'][:16].replace('T', ' ')}  {entry['category']}: {entry['title']}"
             for entry in found]
    if truncated:
        lines.append("… and more: raise --limit")
    return "\n".join(lines) or "nothing found"


def query(params, request):
    words = params.take("text", str, required=True).split()
    category = checked_category(params.take("category", str))
    limit = checked_limit(params.take("limit", int, default=20))
    since = since_stamp(params.take("since", str))
    full = params.take("full", bool, default=False)
    params.done()
    if not words:
        raise Failure("invalid_params", "'text' must have at least one word")
    found, truncated = entries.find(memory_folder(), words, category, since, limit, full)
    return {"entries": found, "truncated": truncated}, listing(found, truncated)


def recent(params, request):
    category = checked_category(params.take("category", str))
    limit = checked_limit(params.take("limit", int, default=10))
    full = params.take("full", bool, default=False)
    params.done()
    found, truncated = entries.find(memory_folder(), [], category, "", limit, full)
    return {"entries": found, "truncated": truncated}, listing(found, truncated)


def categories(params, request):
    params.done()
    counts = entries.count(memory_folder())
    text = "\n".join(f"{total:6}  {name}" for name, total in counts) or "nothing kept yet"
    return {"categories": [{"name": name, "count": total} for name, total in counts]}, text


if __name__ == "__main__":
    protocol.main({"capture": capture, "query": query, "recent": recent,
                   "categories": categories})
