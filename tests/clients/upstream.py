"""A provider on loopback that answers as OpenAI does and keeps everything it was sent.

What it says is made of the tokens in the request, so that a caller behind Cordon must
see the values again. The name of the model chooses how it behaves:

    plain        answers with the last message
    status-NNN   answers with that HTTP status
    stalls       reads the request and never answers
    breaks-off   streams half an answer

`GET /recorded` gives what came since the last such call, as one JSON list.
"""
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOKEN = re.compile(r"\[[A-Z_]+_[0-9A-HJKMNP-TV-Z]{4,8}(?:_[A-Z]+)?\]")
# Sizes of the pieces that a streamed text and its bytes are cut into, in turn.
TEXT_CUTS = (1, 4, 2, 7, 3)
BYTE_CUTS = (3, 17, 1, 40, 5)


class Upstream(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = threading.Lock()
        self.fresh, self.all = [], []
        self.stopped = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def record(self, handler, body):
        seen = {"path": handler.path, "headers": dict(handler.headers), "body": body}
        with self.lock:
            self.fresh.append(seen)
            self.all.append(seen)

    def take_fresh(self):
        with self.lock:
            fresh, self.fresh = self.fresh, []
        return fresh

    def handle_error(self, request, client_address):
        """A caller that hangs up is part of the tests."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        if self.path == "/recorded":
            return self.send_json(200, self.server.take_fresh())
        self.send_json(404, error("not found", "not_found"))

    def do_POST(self):
        text = self.rfile.read(int(self.headers["content-length"])).decode()
        self.server.record(self, text)
        request = json.loads(text)
        model = request["model"]
        if model.startswith("status-"):
            status = int(model.removeprefix("status-"))
            return self.send_json(status, error(f"no: {last_text(request)}", "planned"), {"retry-after": "7"})
        if model == "stalls":
            return self.server.stopped.wait(20)
        messages = [message_for(request, index) for index in range(request.get("n") or 1)]
        if not request.get("stream"):
            return self.send_json(200, completion(request, messages))
        events = [chunk for chunk in chunks(request, messages)]
        if model == "breaks-off":
            return self.send_events(events[: len(events) // 2], ends=False)
        self.send_events([*events, "[DONE]"])

    def send_json(self, status, value, headers=()):
        body = json.dumps(value).encode()
        self.send_response(status)
        for name, text in {"content-type": "application/json", "content-length": str(len(body)), **dict(headers)}.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(body)

    def send_events(self, events, ends=True):
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        lines = (f"data: {event if isinstance(event, str) else json.dumps(event)}\n\n" for event in events)
        for piece in cut("".join(lines).encode(), BYTE_CUTS):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        if ends:
            self.wfile.write(b"0\r\n\r\n")
        else:
            self.close_connection = True

    def log_message(self, *args):
        pass


def message_for(request, index):
    """The assistant's message: tool calls when tools may be called, JSON when that was asked for, else text."""
    text, tokens = last_text(request), TOKEN.findall(last_text(request))
    if request.get("tools") and request["messages"][-1]["role"] != "tool":
        name = request["tools"][0]["function"]["name"]
        mails = [token for token in tokens if token.startswith("[EMAIL_ADDRESS_")]
        people = [token for token in tokens if token.startswith("[PERSON_")]
        calls = [{"id": f"call_{index}_{at}", "type": "function",
                  "function": {"name": name, "arguments": json.dumps({"name": person, "email": mail, "copies": 2})}}
                 for at, (person, mail) in enumerate(zip(people, mails))]
        return {"role": "assistant", "content": None, "tool_calls": calls}
    if request.get("response_format", {}).get("type") == "json_schema":
        found = {"name": tokens[0], "email": tokens[1], "note": f"\"{tokens[0]}\"\n<{tokens[1]}>"}
        return {"role": "assistant", "content": json.dumps(found)}
    return {"role": "assistant", "content": f"Answer {index}: {text} End."}


def last_text(request):
    content = request["messages"][-1].get("content")
    if isinstance(content, list):
        return " ".join(part["text"] for part in content)
    return content


def completion(request, messages):
    return {**head(request, "chat.completion"), "usage": usage(), "choices": [
        {"index": index, "message": message, "logprobs": None, "finish_reason": finish(message)}
        for index, message in enumerate(messages)]}


def chunks(request, messages):
    """The events of a stream; those of several choices, and of several tool calls, alternate."""
    shared = {**head(request, "chat.completion.chunk"), **({"usage": None} if wants_usage(request) else {})}

    def event(index, delta, reason=None):
        return {**shared, "choices": [{"index": index, "delta": delta, "logprobs": None, "finish_reason": reason}]}

    for index, message in enumerate(messages):
        yield event(index, {"role": "assistant", "content": None if message.get("tool_calls") else ""})
    yield from alternate([
        [event(index, delta) for delta in deltas] for index, message in enumerate(messages) for deltas in pieces(message)])
    for index, message in enumerate(messages):
        yield event(index, {}, finish(message))
    if wants_usage(request):
        yield {**shared, "choices": [], "usage": usage()}


def pieces(message):
    """Lists of deltas: one for the text, or one for each tool call."""
    if not message.get("tool_calls"):
        yield [{"content": piece} for piece in cut(message["content"], TEXT_CUTS)]
    for at, call in enumerate(message.get("tool_calls", [])):
        first = {"index": at, **call, "function": {**call["function"], "arguments": ""}}
        yield [{"tool_calls": [delta]} for delta in (first, *(
            {"index": at, "function": {"arguments": piece}} for piece in cut(call["function"]["arguments"], TEXT_CUTS)))]


def alternate(lists):
    for at in range(max(map(len, lists))):
        yield from (events[at] for events in lists if at < len(events))


def cut(whole, sizes):
    start, turn = 0, 0
    while start < len(whole):
        yield whole[start:start + sizes[turn % len(sizes)]]
        start, turn = start + sizes[turn % len(sizes)], turn + 1


def head(request, kind):
    return {"id": "chatcmpl-1", "object": kind, "created": 1700000000, "model": request["model"],
            "system_fingerprint": "fp_1", "service_tier": "default"}


def finish(message):
    return "tool_calls" if message.get("tool_calls") else "stop"


def wants_usage(request):
    return (request.get("stream_options") or {}).get("include_usage", False)


def usage():
    return {"prompt_tokens": 11, "completion_tokens": 22, "total_tokens": 33}


def error(message, code):
    return {"error": {"message": message, "type": "planned", "param": None, "code": code}}
