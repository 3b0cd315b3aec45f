"""The figures on our own files that must not fall, and the false alarms that must not rise:
fixtures/detection/floors.json. They stand a little beside what was measured, so that another
processor's rounding passes.
"""
import json
import math
import os
import sys

from categories import CORE, FURTHER
from corpus import language
from detector import PROJECT

PATH = os.path.join(PROJECT, "fixtures", "detection", "floors.json")
SLACK = 0.01


def figures(results, own):
    """{figure: value} of each own file, and of each language."""
    groups = {}
    for file in own:
        groups[file.name] = (file, file.rows)
        if file.name == "languages":
            groups.update({f"languages {lang}": (file, rows) for lang, rows in file.by(language).items()})
    return {name: of_texts(results, file, rows) for name, (file, rows) in groups.items()}


def of_texts(results, file, rows):
    if file.is_negative():
        return {"false_per_1k": results.score(file, rows, CORE | FURTHER).false_per_1k}
    score = results.score(file, rows)
    return {"hidden": score.hidden or 0, "precision": score.precision or 0}


def has_fallen(figure, value, floor):
    return value > floor if figure == "false_per_1k" else value < floor


def check(results, own):
    """The exit code: 1 when a figure is below its floor, or above it for false alarms."""
    with open(PATH, encoding="utf-8") as file:
        floors = json.load(file)
    fallen = [f"eval: {name}: {figure} is {value:.4f}, its floor is {floors[name][figure]}"
              for name, of_it in figures(results, own).items() for figure, value in of_it.items()
              if figure in floors.get(name, {}) and has_fallen(figure, value, floors[name][figure])]
    print(*fallen, sep="\n", end="\n" if fallen else "", file=sys.stderr)
    return 1 if fallen else 0


def write(results, own):
    floors = {name: {figure: beside(figure, value) for figure, value in of_it.items()} for name, of_it in figures(results, own).items()}
    lines = [f" {json.dumps(name)}: {json.dumps(of_it)}" for name, of_it in floors.items()]
    with open(PATH, "w", encoding="utf-8") as file:
        file.write("{\n" + ",\n".join(lines) + "\n}\n")
    print(f"eval: wrote {os.path.relpath(PATH)}", file=sys.stderr)
    return 0


def beside(figure, value):
    if figure == "false_per_1k":
        return math.ceil((value + SLACK) * 1000) / 1000
    return max(math.floor((value - SLACK) * 1000) / 1000, 0)
