"""What Presidio and Rampart reach on our own files: measured where `make peers` has installed them,
else taken from fixtures/detection/peers.json as long as the files are those that were measured."""
import json
import os
import subprocess
import sys

from categories import CATEGORY, CORE
from corpus import kind, language
from detector import PROJECT
from scoring import score

PATH = os.path.join(PROJECT, "fixtures", "detection", "peers.json")
PACKAGES = os.path.join(PROJECT, ".cordon", "tools", "peers")


def put(own, baselines):
    """Puts the figures into `baselines`; answers with a line about each system."""
    known = read()
    digests = {file.name: file.digest for file in own}
    if known.get("digests") != digests and os.path.isdir(PACKAGES):
        known = measure(own, digests)
    if known.get("digests") != digests:
        print("eval: Presidio and Rampart are not measured on our own fixtures as they are now; `make peers` installs them", file=sys.stderr)
        return []
    for table, row, system, hidden, precision, false in known["figures"]:
        baselines.set(table, row, system, hidden=hidden, precision=precision, fp_1k=false)
    return [f"{system} on our own fixtures: {about}, threshold 0.4." for system, about in known["about"].items()]


def read():
    if not os.path.exists(PATH):
        return {}
    with open(PATH, encoding="utf-8") as file:
        return json.load(file)


def measure(own, digests):
    print("eval: Presidio and Rampart on our own fixtures", file=sys.stderr)
    command = [sys.executable, os.path.join(os.path.dirname(__file__), "peers.py"), *(file.path for file in own)]
    answer = subprocess.run(command, stdout=subprocess.PIPE, check=True, env={**os.environ, "PYTHONPATH": PACKAGES})
    answer = json.loads(answer.stdout)
    figures = [line for file in own for system, found in answer["spans"][file.path].items() for line in of_file(file, system, found)]
    known = {"about": answer["about"], "digests": digests, "figures": figures}
    with open(PATH, "w", encoding="utf-8") as file:
        lines = ",\n  ".join(json.dumps(line) for line in figures)
        file.write(f'{{"about": {json.dumps(known["about"])},\n "digests": {json.dumps(digests)},\n "figures": [\n  {lines}]}}\n')
    return known


def of_file(file, system, found):
    """Lines (table, row, system, hidden, precision, false per 1,000 characters)."""
    groups = {("file", file.name): file.rows}
    for table, key in (("own_language", language), ("own_kind", kind)):
        if file.name == {"own_language": "languages", "own_kind": "obfuscated"}[table]:
            groups.update({(table, group): rows for group, rows in file.by(key).items()})
    for (table, row), rows in groups.items():
        reached = score(rows, found, CORE, CATEGORY)
        yield [table, row, system, *(None if value is None else round(value, 4)
                                     for value in (reached.hidden, reached.precision, reached.false_per_1k))]
