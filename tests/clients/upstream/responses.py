"""OpenAI's responses: items, stored ones that later requests go on from, and signed reasoning."""
import hashlib
import itertools
import json

from . import chat
from .pieces import cut
from .said import Asked

USAGE = {"input_tokens": 11, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 22,
         "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 33}
NUMBERS = itertools.count(1)

error = chat.error


class Stored:
    """Responses that were not told `store: false`, with the items they answered."""

    def __init__(self):
        self.responses, self.inputs = {}, {}

    def keep(self, request, response):
        if request.get("store") is not False:
            self.responses[response["id"]], self.inputs[response["id"]] = response, request["input"]

    def continued(self, request):
        """The request with the items of the response that it goes on from in front."""
        before = request.get("previous_response_id")
        items = [{**item, "id": item.get("id") or f"item_{next(NUMBERS)}"} for item in _items(request)]
        history = [*self.inputs[before], *self.responses[before]["output"]] if before in self.responses else []
        unknown = before is not None and before not in self.responses
        return {**request, "input": [*history, *items], **({"unknown": before} if unknown else {})}

    def answer(self, method, path):
        """What `GET` and `DELETE` of `/v1/responses/...` give; None where nothing is stored."""
        identity, _, below = path.partition("?")[0].removeprefix("/v1/responses/").partition("/")
        if identity not in self.responses:
            return None
        if method == "DELETE":
            del self.responses[identity]
            return {"id": identity, "object": "response", "deleted": True}
        if below == "input_items":
            items = [_in_parts(item) for item in self.inputs[identity]]
            return {"object": "list", "data": items[::-1], "first_id": items[-1]["id"], "last_id": items[0]["id"], "has_more": False}
        return self.responses[identity]


def count(request):
    return {"object": "response.input_tokens", "input_tokens": len(json.dumps(request["input"]).split())}


def read(request):
    last = request["input"][-1]
    tools = [] if last["type"].endswith("_output") else request.get("tools") or []
    return Asked(
        model=request["model"], last=_text(last), tools=[tool["name"] for tool in tools],
        wants_json=((request.get("text") or {}).get("format") or {}).get("type") == "json_schema",
        reasons=bool((request.get("reasoning") or {}).get("effort")))


def problem(request):
    """What the provider finds wrong: a response it does not know, reasoning that is not what it encrypted."""
    if "unknown" in request:
        return f"Previous response with id '{request['unknown']}' not found."
    for item in request["input"]:
        if item["type"] == "reasoning" and item.get("encrypted_content") not in (None, _encrypted(_thought(item))):
            return f"The encrypted content for item {item['id']} could not be verified."
    return None


def whole(request, said):
    output = _output(request, said[0])
    fields = {name: request.get(name) for name in ("instructions", "metadata", "previous_response_id", "user")}
    return {"id": f"resp_{next(NUMBERS)}", "object": "response", "created_at": 1700000000, "status": "completed", "error": None,
            "incomplete_details": None, "model": request["model"], "output": output, "parallel_tool_calls": True,
            "reasoning": {"effort": None, "summary": None}, "store": request.get("store") is not False, "temperature": 1.0,
            "text": request.get("text") or {"format": {"type": "text"}}, "tool_choice": "auto",
            "tools": request.get("tools") or [], "top_p": 1.0, "truncation": "disabled", "usage": USAGE, **fields}


def events(request, response):
    numbers = itertools.count()

    def event(kind, **fields):
        return kind, {"type": kind, **fields, "sequence_number": next(numbers)}

    begun = {**response, "status": "in_progress", "output": [], "usage": None}
    yield event("response.created", response=begun)
    yield event("response.in_progress", response=begun)
    for index, item in enumerate(response["output"]):
        yield event("response.output_item.added", output_index=index, item=_empty(item))
        for kind, fields in _inner_events(item):
            yield event(f"response.{kind}", item_id=item["id"], output_index=index, **fields)
        yield event("response.output_item.done", output_index=index, item=item)
    yield event("response.completed", response=response)


def error_event(message):
    return {"type": "error", "code": "planned", "message": message, "param": None, "sequence_number": 1000}


def _inner_events(item):
    if item["type"] == "message":
        (part,) = item["content"]
        name = "refusal" if part["type"] == "refusal" else "text"
        kind, at = "refusal" if name == "refusal" else "output_text", {"content_index": 0}
        more = {} if name == "refusal" else {"logprobs": []}
        yield "content_part.added", {**at, "part": {**part, name: ""}}
        for piece in cut(part[name]):
            yield f"{kind}.delta", {**at, "delta": piece, **more}
        yield f"{kind}.done", {**at, name: part[name], **more}
        yield "content_part.done", {**at, "part": part}
    elif item["type"] == "reasoning":
        at = {"summary_index": 0}
        yield "reasoning_summary_part.added", {**at, "part": {"type": "summary_text", "text": ""}}
        for piece in cut(_thought(item)):
            yield "reasoning_summary_text.delta", {**at, "delta": piece}
        yield "reasoning_summary_text.done", {**at, "text": _thought(item)}
        yield "reasoning_summary_part.done", {**at, "part": item["summary"][0]}
    else:
        kind, name = (("custom_tool_call_input", "input") if item["type"] == "custom_tool_call"
                      else ("function_call_arguments", "arguments"))
        for piece in cut(item[name]):
            yield f"{kind}.delta", {"delta": piece}
        yield f"{kind}.done", {name: item[name], **({"name": item["name"]} if name == "arguments" else {})}


def _output(request, said):
    number = next(NUMBERS)
    items = []
    if said.reasoning:
        encrypted = {"encrypted_content": _encrypted(said.reasoning)} if request.get("include") else {}
        items.append({"type": "reasoning", "id": f"rs_{number}",
                      "summary": [{"type": "summary_text", "text": said.reasoning}], **encrypted})
    if said.text or said.refusal:
        part = ({"type": "refusal", "refusal": said.refusal} if said.refusal
                else {"type": "output_text", "text": said.text, "annotations": [], "logprobs": []})
        items.append({"type": "message", "id": f"msg_{number}", "status": "completed", "role": "assistant", "content": [part]})
    kind = (request.get("tools") or [{}])[0].get("type")
    for at, (name, arguments) in enumerate(said.calls):
        call = {"id": f"fc_{number}_{at}", "call_id": f"call_{number}_{at}", "name": name, "status": "completed"}
        items.append({"type": "custom_tool_call", **call, "input": f"to {arguments['name']} <{arguments['email']}>"}
                     if kind == "custom" else {"type": "function_call", **call, "arguments": json.dumps(arguments)})
    return items


def _empty(item):
    empty = {"message": {"content": []}, "reasoning": {"summary": []}, "function_call": {"arguments": ""},
             "custom_tool_call": {"input": ""}}[item["type"]]
    return {**item, **empty, **({"status": "in_progress"} if "status" in item else {})}


def _thought(item):
    return "".join(part["text"] for part in item["summary"])


def _encrypted(thought):
    return "gAAAAAB" + hashlib.sha256(thought.encode()).hexdigest()


def _items(request):
    given = request["input"]
    items = [{"role": "user", "content": given}] if isinstance(given, str) else given
    return [{"type": "message", **item} for item in items]


def _in_parts(item):
    content = item.get("content")
    return {**item, "content": [{"type": "input_text", "text": content}]} if isinstance(content, str) else item


def _text(item):
    content = item.get("output") if item["type"].endswith("_output") else item.get("content")
    return " ".join(part["text"] for part in content) if isinstance(content, list) else content
