"""OpenAI's chat completions, also stored ones."""
import itertools
import json

from .pieces import alternate, cut
from .said import Asked

USAGE = {"prompt_tokens": 11, "completion_tokens": 22, "total_tokens": 33}
NUMBERS = itertools.count(1)


class Stored:
    """Completions that were told `store: true`, with the messages they answered."""

    def __init__(self):
        self.completions, self.messages = {}, {}

    def keep(self, request, completion):
        if request.get("store"):
            self.completions[completion["id"]], self.messages[completion["id"]] = completion, request["messages"]

    def answer(self, method, path):
        """What `GET` and `DELETE` of `/v1/chat/completions/...` give; None where nothing is stored."""
        identity, _, below = path.partition("?")[0].removeprefix("/v1/chat/completions/").partition("/")
        if identity not in self.completions:
            return None
        if method == "DELETE":
            del self.completions[identity]
            return {"id": identity, "object": "chat.completion.deleted", "deleted": True}
        if below == "messages":
            data = [{"id": f"{identity}-{at}", **message} for at, message in enumerate(self.messages[identity])]
            return {"object": "list", "data": data, "first_id": data[0]["id"], "last_id": data[-1]["id"], "has_more": False}
        return self.completions[identity]


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
    """Lists of deltas: one for what is thought and then said, and one for each tool call."""
    texts = (("reasoning_content", said.reasoning), ("refusal", said.refusal), ("content", said.text))
    yield [{field: piece} for field, text in texts for piece in cut(text)]
    for at, call in enumerate(_calls(said, index)):
        first = {"index": at, **call, "function": {**call["function"], "arguments": ""}}
        yield [{"tool_calls": [delta]} for delta in (first, *(
            {"index": at, "function": {"arguments": piece}} for piece in cut(call["function"]["arguments"])))]


def _head(request, kind):
    identity = request.setdefault("x_id", f"chatcmpl-{next(NUMBERS)}")  # one for all events of an answer
    return {"id": identity, "object": kind, "created": 1700000000, "model": request["model"],
            "system_fingerprint": "fp_1", "service_tier": "default"}


def _finish(said):
    return "tool_calls" if said.calls else "stop"
