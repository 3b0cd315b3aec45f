"""The server: it records what reaches it and behaves as the model's name says."""
import itertools
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from . import chat, completions, embeddings, messages, responses
from .pieces import BYTE_CUTS, cut
from .said import say

APIS = {"/v1/chat/completions": chat, "/v1/completions": completions, "/v1/responses": responses,
        "/v1/embeddings": embeddings, "/v1/messages": messages}
COUNTS = {"/v1/messages/count_tokens": messages.count, "/v1/responses/input_tokens": responses.count}


class Upstream(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = threading.Lock()
        self.fresh, self.all = [], []
        self.stopped = threading.Event()
        self.stored = {responses: responses.Stored(), chat: chat.Stored()}
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def record(self, handler, body):
        seen = {"method": handler.command, "path": handler.path, "headers": dict(handler.headers), "body": body}
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
        if self.path == "/recorded":  # what came since the last such call
            return self.send_json(200, self.server.take_fresh())
        if self.path.startswith("/v1/models"):  # Cordon's greeting at its start
            return self.send_json(200, {"object": "list", "data": []})
        self.about_stored("GET")

    def do_DELETE(self):
        self.about_stored("DELETE")

    def about_stored(self, method):
        self.server.record(self, "")
        found = next(filter(None, (stored.answer(method, self.path) for stored in self.server.stored.values())), None)
        self.send_json(200 if found else 404, found or chat.error("not found", 404))

    def do_POST(self):
        text = self.rfile.read(int(self.headers["content-length"])).decode()
        self.server.record(self, text)
        request = json.loads(text)
        if self.path in COUNTS:
            return self.send_json(200, COUNTS[self.path](request))
        if self.path not in APIS:
            return self.send_json(404, chat.error("not found", 404))
        self.answer(APIS[self.path], request)

    def answer(self, api, request):
        request = self.server.stored[responses].continued(request) if api is responses else request
        asked = api.read(request)
        if asked.model.startswith("status-"):
            status = int(asked.model.removeprefix("status-"))
            return self.send_json(status, api.error(f"no: {asked.last}", status), {"retry-after": "7"})
        if asked.model == "stalls":
            return self.server.stopped.wait(20)
        if problem := getattr(api, "problem", lambda request: None)(request):
            return self.send_json(400, api.error(problem, 400))
        said = say(asked)
        whole = api.whole(request, said)
        if api in self.server.stored:
            self.server.stored[api].keep(request, whole)
        if not request.get("stream"):
            return self.send_json(200, whole)
        events = list(api.events(request, whole if api is responses else said))
        half = events[: len(events) // 2]
        if asked.model == "breaks-off":
            return self.send_events(half, ends=False)
        if asked.model == "gives-up":
            failure = api.error_event(f"no: {asked.last}")
            return self.send_events([*half, (failure.get("type"), failure)])
        self.send_events(events)

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
        for piece in cut("".join(itertools.starmap(frame, events)).encode(), BYTE_CUTS):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        if ends:
            self.wfile.write(b"0\r\n\r\n")
        else:
            self.close_connection = True

    def log_message(self, *args):
        pass


def frame(name, data):
    """A server-sent event."""
    return (f"event: {name}\n" if name else "") + f"data: {data if isinstance(data, str) else json.dumps(data)}\n\n"
