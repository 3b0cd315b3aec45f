"""A provider on loopback that speaks OpenAI's and Anthropic's APIs and keeps everything it was sent.

What it says is made of the tokens in the request, so that a caller behind Cordon must
see the values again. The name of the model chooses how it behaves:

    plain        answers with the last message
    refuses      refuses to
    reasons      thinks first, and holds callers to what it signed
    status-NNN   answers with that HTTP status
    stalls       reads the request and never answers
    breaks-off   streams half an answer
    gives-up     streams half an answer and an error

- `server`: HTTP, the recording, the behaviours
- `said`: what is said, whatever the API
- `chat`, `completions`, `responses`, `embeddings`, `messages`: how each API asks and answers
- `pieces`: cutting texts and streams
"""
from .server import Upstream
from .said import TOKEN

__all__ = ["TOKEN", "Upstream"]
