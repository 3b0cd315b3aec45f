"""OpenAI's completions: a choice for each prompt and each `n`."""
from . import chat
from .pieces import alternate, cut
from .said import Asked

error, error_event = chat.error, chat.error_event


def read(request):
    return Asked(model=request["model"], last=_prompts(request)[0])


def whole(request, said):
    choices = [{"index": index, "text": text, "logprobs": None, "finish_reason": "stop"}
               for index, text in enumerate(_texts(request))]
    return {**_head(request), "usage": chat.USAGE, "choices": choices}


def events(request, said):
    def event(index, text, reason=None):
        return None, {**_head(request), "choices": [{"index": index, "text": text, "logprobs": None, "finish_reason": reason}]}

    texts = _texts(request)
    yield from alternate([event(index, piece) for piece in cut(text)] for index, text in enumerate(texts))
    for index in range(len(texts)):
        yield event(index, "", "stop")
    if (request.get("stream_options") or {}).get("include_usage"):
        yield None, {**_head(request), "choices": [], "usage": chat.USAGE}
    yield None, "[DONE]"


def _texts(request):
    return [f"{prompt} {index}: so it was." for prompt in _prompts(request) for index in range(request.get("n") or 1)]


def _prompts(request):
    prompt = request["prompt"]
    return prompt if isinstance(prompt, list) else [prompt]


def _head(request):
    return {"id": "cmpl-1", "object": "text_completion", "created": 1700000000, "model": request["model"]}
