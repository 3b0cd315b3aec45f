"""What the provider says, whatever the API that it is asked by."""
import dataclasses
import json
import re

TOKEN = re.compile(r"\[[A-Z_]+_[0-9A-HJKMNP-TV-Z]{4,8}(?:_[A-Z]+)?\]")


@dataclasses.dataclass
class Asked:
    """What matters of a request."""
    model: str
    last: str  # the text of the last message, or of the last tool's result
    tools: list = dataclasses.field(default_factory=list)  # names of those that may be called now
    wants_json: bool = False
    reasons: bool = False
    choices: int = 1


@dataclasses.dataclass
class Said:
    """One choice: the text, a refusal, or tool calls of name and arguments; reasoning in front."""
    text: str = ""
    refusal: str = ""
    calls: list = dataclasses.field(default_factory=list)
    reasoning: str = ""


def say(asked):
    return [_choice(asked, index) for index in range(asked.choices)]


def _choice(asked, index):
    tokens = TOKEN.findall(asked.last)
    reasoning = f"They want: {asked.last} So be it." if asked.reasons or asked.model == "reasons" else ""
    if asked.tools:
        return Said(calls=_calls(asked.tools[0], tokens), reasoning=reasoning)
    if asked.model == "refuses":
        return Said(refusal=f"I will not: {asked.last}")
    if asked.wants_json:
        found = {"name": tokens[0], "email": tokens[1], "note": f"\"{tokens[0]}\"\n<{tokens[1]}>"}
        return Said(text=json.dumps(found))
    return Said(text=f"Answer {index}: {asked.last} End.", reasoning=reasoning)


def _calls(name, tokens):
    """A call for each person with a mail address."""
    of = lambda label: [token for token in tokens if token.startswith(f"[{label}_")]
    return [(name, {"name": person, "email": mail, "copies": 2})
            for person, mail in zip(of("PERSON"), of("EMAIL_ADDRESS"))]
