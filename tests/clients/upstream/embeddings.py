"""OpenAI's embeddings: the vector of a text is made of its digest."""
import base64
import hashlib
import struct

from . import chat
from .said import Asked

error = chat.error


def read(request):
    return Asked(model=request["model"], last=" ".join(map(str, _inputs(request))))


def whole(request, said):
    data = [{"object": "embedding", "index": index, "embedding": _vector(text, request.get("encoding_format"))}
            for index, text in enumerate(_inputs(request))]
    return {"object": "list", "model": request["model"], "data": data, "usage": {"prompt_tokens": 11, "total_tokens": 11}}


def _inputs(request):
    return request["input"] if isinstance(request["input"], list) else [request["input"]]


def _vector(text, encoding):
    vector = [byte / 256 for byte in hashlib.sha256(str(text).encode()).digest()[:8]]
    return base64.b64encode(struct.pack("<8f", *vector)).decode() if encoding == "base64" else vector
