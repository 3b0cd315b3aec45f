"""The positions of a request's strings and numbers, as an SDK's types document them.

A position is a path like `messages[role=user].content[type=text].text`: `[]` and
`[role=user]` stand for an element of an array, the latter for one of that role;
`(type=content)` for an object of that type; `.*` for any key of a map.
"""
import collections.abc
import types
import typing

import pydantic
from typing_extensions import NotRequired, ReadOnly, Required, get_type_hints, is_typeddict


class Documented:
    """What may stand in requests of the TypedDicts `params`.

    `kinds` are the fields whose constant tells one kind of object from its sisters.
    `words` has the words that the API defines for each position, none where anything may stand.
    """

    def __init__(self, params, kinds):
        self.kinds, self.words = kinds, {}
        for hint in params:
            self.walk(hint, "", ())

    def walk(self, hint, path, above):
        hint = bare(hint)
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
        if hint is type(None) or isinstance(hint, type) and issubclass(hint, pydantic.BaseModel):
            return  # an answer's object that is sent again has the positions of its parameter
        if origin in (typing.Union, types.UnionType):
            for option in arguments:
                self.walk(option, path, above)
        elif is_typeddict(hint):
            self.walk_fields(hint, path, above)
        elif origin in (list, collections.abc.Iterable, collections.abc.Sequence):
            self.walk(arguments[0], path + "[]", above)
        elif origin in (dict, collections.abc.Mapping) and bare(arguments[1]) is not object:
            self.walk(arguments[1], path + ".*", above)
        else:
            words = map(str, arguments) if origin is typing.Literal else ()
            self.words.setdefault(path, set()).update(word for word in words if word not in ("True", "False"))

    def walk_fields(self, hint, path, above):
        if hint in above:
            return  # an object inside one of its own kind has the same positions
        fields = get_type_hints(hint, include_extras=True)
        name, kind = next(((name, word) for name in self.kinds if (word := constant(fields.get(name)))), (None, None))
        if kind and path:
            path = f"{path[:-2]}[{name}={kind}]" if path.endswith("[]") else f"{path}({name}={kind})"
            del fields[name]
            self.words.setdefault(path, set())
        for field, inner in fields.items():
            self.walk(inner, f"{path}.{field}" if path else field, (*above, hint))


def constant(hint):
    """The only value that a field of this type can have."""
    hint = bare(hint)
    words = typing.get_args(hint) if typing.get_origin(hint) is typing.Literal else ()
    return words[0] if len(words) == 1 else None


def bare(hint):
    while True:
        if typing.get_origin(hint) in (Required, NotRequired, ReadOnly, typing.Annotated):
            hint = typing.get_args(hint)[0]
        elif hasattr(hint, "__value__"):
            hint = hint.__value__
        else:
            return hint
