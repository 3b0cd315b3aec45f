"""OpenAI's chat completions."""
import json

from .pieces import alternate, cut
from .said import Asked

USAGE = {"prompt_tokens": 11, "completion_tokens": 22, "total_tokens": 33}


def read(request):
    last = request["messages"][-1]
    content = last.get("content")
    if isinstance(content, list):
        content = " ".join(part["text"] for part in content)
    tools = [] if last["role"] == "tool" else request.get("tools") or []
    return Asked(
        model=request["model"], last=content or "", tools=[tool["function"]["name"] for tool in tools],
        wants_json=request.get("response_format", {}).get("type") == "json_schema", choices=request.get("n") or 1)


def whole(request, said):
    choices = [{"index": index, "message": _message(choice, index), "logprobs": None, "finish_reason": _finish(choice)}
               for index, choice in enumerate(said)]
    return {**_head(request, "chat.completion"), "usage": USAGE, "choices": choices}


def events(request, said):
    """Those of several choices, and of several tool calls, alternate."""
    wants_usage = (request.get("stream_options") or {}).get("include_usage", False)
    shared = {**_head(request, "chat.completion.chunk"), **({"usage": None} if wants_usage else {})}

    def event(index, delta, reason=None):
        return None, {**shared, "choices": [{"index": index, "delta": delta, "logprobs": None, "finish_reason": reason}]}

    for index, choice in enumerate(said):
        yield event(index, {"role": "assistant", "content": None if choice.calls else ""})
    yield from alternate(
        [event(index, delta) for delta in deltas] for index, choice in enumerate(said) for deltas in _deltas(choice, index))
    for index, choice in enumerate(said):
        yield event(index, {}, _finish(choice))
    if wants_usage:
        yield None, {**shared, "choices": [], "usage": USAGE}
    yield None, "[DONE]"


def error(message, status):
    return {"error": {"message": message, "type": f"status_{status}", "param": None, "code": "planned"}}


def error_event(message):
    return error(message, 500)


def _message(said, index):
    content = None if said.calls or said.refusal else said.text
    return {"role": "assistant", "content": content, **({"refusal": said.refusal} if said.refusal else {}),
            **({"tool_calls": _calls(said, index)} if said.calls else {}),
            **({"reasoning_content": said.reasoning} if said.reasoning else {})}


def _calls(said, index):
    return [{"id": f"call_{index}_{at}", "type": "function",
             "function": {"name": name, "arguments": json.dumps(arguments)}}
            for at, (name, arguments) in enumerate(said.calls)]


def _deltas(said, index):
    """Lists of deltas: one for each text, and one for each tool call."""
    for field, text in (("reasoning_content", said.reasoning), ("refusal", said.refusal), ("content", said.text)):
        yield [{field: piece} for piece in cut(text)]
    for at, call in enumerate(_calls(said, index)):
        first = {"index": at, **call, "function": {**call["function"], "arguments": ""}}
        yield [{"tool_calls": [delta]} for delta in (first, *(
            {"index": at, "function": {"arguments": piece}} for piece in cut(call["function"]["arguments"])))]


def _head(request, kind):
    return {"id": "chatcmpl-1", "object": kind, "created": 1700000000, "model": request["model"],
            "system_fingerprint": "fp_1", "service_tier": "default"}


def _finish(said):
    return "tool_calls" if said.calls else "stop"
