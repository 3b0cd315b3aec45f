#!/usr/bin/env python3
"""Whether fixtures/positions/ decides about all that the packages' types document.

A field that a new version of a package brings fails here, until the file says what
Cordon takes it for. What is missing is printed as lines for the file.
"""
import importlib
import json
import pathlib
import sys

from sdk_paths import Documented

FIXTURES = pathlib.Path(__file__).parents[3] / "fixtures" / "positions"
# The packages list the models of today; Cordon knows those of its configuration.
MODEL = "model"


def main():
    codes = [check(path) for path in sorted(FIXTURES.glob("*.json"))]
    sys.exit(any(codes) or not codes)


def check(path):
    file = json.loads(path.read_text())
    like = json.loads((FIXTURES / f"{file['like']}.json").read_text())["positions"] if "like" in file else {}
    documented = Documented([load(name) for name in file["sdk"]], file["kinds"]).words
    documented = {position: words for position, words in documented.items()
                  if position.partition("[")[0] not in file.get("headers", ())}
    decided = {**like, **file["positions"]}
    missing = {position: words for position, words in documented.items()
               if position.rpartition(".")[2] != MODEL and not words <= words_of(decided.get(position))}
    missing.update({position: set() for position in documented if position not in decided})
    print(f"clients: positions of {path.stem}: {len(documented)} documented, {len(missing)} without a decision")
    for position, words in missing.items():
        decision = {"is": "?", "words": sorted(words)} if words else "?"
        print(f"  {json.dumps(position)}: {json.dumps(decision)},")
    return bool(missing)


def words_of(decision):
    return set(decision["words"]) if isinstance(decision, dict) else set()


def load(name):
    module, _, attribute = name.rpartition(".")
    return getattr(importlib.import_module(module), attribute)


if __name__ == "__main__":
    main()
