"""Anthropic's messages: content blocks; what was thought is signed and must come back as it was."""
import hashlib
import json

from .pieces import alternate, cut
from .said import Asked

REDACTED = "EuYBCkQIBxgCKkCbmZlaZmZp"


def read(request):
    last = request["messages"][-1]["content"]
    blocks = last if isinstance(last, list) else [{"type": "text", "text": last}]
    results = [block for block in blocks if block["type"] == "tool_result"]
    tools = [] if results or request.get("tool_choice", {}).get("type") == "none" else request.get("tools") or []
    return Asked(
        model=request["model"], last=" ".join(filter(None, map(_text, blocks))), tools=[tool["name"] for tool in tools],
        wants_json=bool((request.get("output_config") or {}).get("format")),
        reasons=(request.get("thinking") or {}).get("type") in ("enabled", "adaptive"))


def problem(request):
    """What the provider finds wrong with the request: thinking that is not what it signed."""
    for message in request["messages"]:
        for block in message["content"] if isinstance(message["content"], list) else []:
            if block["type"] == "thinking" and block["signature"] != _signature(block["thinking"]):
                return "thinking blocks in the latest assistant message cannot be modified"
            if block["type"] == "redacted_thinking" and block["data"] != REDACTED:
                return "redacted_thinking blocks cannot be modified"
    return None


def count(request):
    return {"input_tokens": len(json.dumps(request["messages"]).split())}


def whole(request, said):
    return {**_head(request), "content": _blocks(said[0]), "stop_reason": _stop(said[0]), "stop_sequence": None,
            "usage": {"input_tokens": 11, "output_tokens": 22}}


def events(request, said):
    blocks = _blocks(said[0])
    yield _event("message_start", message={**_head(request), "content": [], "stop_reason": None, "stop_sequence": None,
                                           "usage": {"input_tokens": 11, "output_tokens": 1}})
    yield _event("ping")
    for index, block in enumerate(blocks):
        yield _event("content_block_start", index=index, content_block={**block, **_empty(block)})
        for delta in _deltas(block):
            yield _event("content_block_delta", index=index, delta=delta)
        yield _event("content_block_stop", index=index)
    yield _event("message_delta", delta={"stop_reason": _stop(said[0]), "stop_sequence": None},
                 usage={"output_tokens": 22})
    yield _event("message_stop")


def error(message, status):
    kinds = {400: "invalid_request_error", 404: "not_found_error", 429: "rate_limit_error", 503: "overloaded_error"}
    return {"type": "error", "error": {"type": kinds[status], "message": message}}


def error_event(message):
    return error(message, 503)


def _text(block):
    content = block.get("text") or block.get("content") or ""
    return " ".join(filter(None, map(_text, content))) if isinstance(content, list) else content


def _blocks(said):
    thoughts = [{"type": "thinking", "thinking": said.reasoning, "signature": _signature(said.reasoning)},
                {"type": "redacted_thinking", "data": REDACTED}] if said.reasoning else []
    calls = [{"type": "tool_use", "id": f"toolu_{at}", "name": name, "input": arguments}
             for at, (name, arguments) in enumerate(said.calls)]
    text = said.refusal or said.text
    return [*thoughts, *([{"type": "text", "text": text}] if text else []), *calls]


def _signature(thinking):
    return hashlib.sha256(thinking.encode()).hexdigest()


def _empty(block):
    return {"text": {"text": ""}, "thinking": {"thinking": "", "signature": ""}, "tool_use": {"input": {}}}.get(block["type"], {})


def _deltas(block):
    if block["type"] == "text":
        return [{"type": "text_delta", "text": piece} for piece in cut(block["text"])]
    if block["type"] == "thinking":
        pieces = [{"type": "thinking_delta", "thinking": piece} for piece in cut(block["thinking"])]
        return [*pieces, {"type": "signature_delta", "signature": block["signature"]}]
    if block["type"] == "tool_use":
        return [{"type": "input_json_delta", "partial_json": piece} for piece in ("", *cut(json.dumps(block["input"])))]
    return []


def _event(kind, **fields):
    return kind, {"type": kind, **fields}


def _head(request):
    return {"id": "msg_1", "type": "message", "role": "assistant", "model": request["model"]}


def _stop(said):
    return "tool_use" if said.calls else "refusal" if said.refusal else "end_turn"
