"""Labelled texts: reading them, taking them apart, and what other systems reach on them."""
import collections
import hashlib
import json
import os
import re


class File:
    """A file of labelled texts, `{"id", "text", "lang", "spans", "meta"}` a line."""

    def __init__(self, path, own):
        self.path, self.own = path, own
        self.name = os.path.basename(path)[:-len(".jsonl")]
        with open(path, encoding="utf-8") as lines:
            content = lines.read()
        self.digest = hashlib.sha256(content.encode()).hexdigest()
        self.rows = [json.loads(line) for line in content.splitlines() if line.strip()]
        for number, row in enumerate(self.rows):
            row.setdefault("id", str(number))
            row.setdefault("spans", [])

    def is_negative(self):
        return not any(row["spans"] for row in self.rows)

    def by(self, key):
        """The rows in groups, in the order of the groups' names; `key` gives a row's group."""
        groups = collections.defaultdict(list)
        for row in self.rows:
            groups[key(row)].append(row)
        return dict(sorted(groups.items()))


def language(row):
    return row.get("lang", "und")


def kind(row):
    return row.get("meta", {}).get("kind", "")


def source(row):
    """Where a text without labels comes from: the beginning of its id."""
    return re.split(r"[-/:_]", row["id"])[0]


def read_folder(folder, own):
    if not os.path.isdir(folder):
        return []
    names = sorted(name for name in os.listdir(folder) if name.endswith(".jsonl"))
    return [File(os.path.join(folder, name), own) for name in names]


class Baselines:
    """What other systems reach: figures[table][row][system] = {"hidden", "precision", "fp_1k"}."""

    def __init__(self):
        self.figures = collections.defaultdict(lambda: collections.defaultdict(dict))

    def of(self, table, row, system):
        return self.figures[table][row].get(system, {})

    def set(self, table, row, system, **figures):
        self.figures[table][row].setdefault(system, {}).update(figures)

    def read_markdown(self, folder):
        """The tables of a BASELINES.md in the folder or above it: columns of a system's figures, by file, kind or language."""
        for place in (folder, os.path.dirname(os.path.abspath(folder))) if folder else ():
            path = os.path.join(place, "BASELINES.md")
            if os.path.exists(path):
                with open(path, encoding="utf-8") as file:
                    self.read_tables(file.read())
                return

    def read_tables(self, text):
        columns = []
        for line in text.splitlines():
            if not line.startswith("|"):
                columns = []
                continue
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if not columns:
                columns = columns_of(cells)
            elif not set(line) <= set("|-: "):
                for (system, figures), cell in zip(columns, cells[1:]):
                    numbers = [number(part) for part in cell.split("/")]
                    if system:
                        self.set(re.split(r"\W", columns.table)[0], cells[0], system, **dict(zip(figures, numbers)))


class Columns(list):
    table = ""


def columns_of(header):
    """(system, figures) of each column after the first; a column without a system's name belongs to the last one named."""
    columns, system = Columns(), None
    columns.table = header[0]
    for title in header[1:]:
        named = re.match(r"(Rampart|Presidio)", title)
        system = named.group(1) if named else system
        if "precision" in title:
            figures = ["precision"]
        elif "1k" in title:
            figures = ["fp_1k"]
        else:
            figures = ["hidden", "precision"]
        columns.append((system, figures))
    return columns


def number(cell):
    try:
        return float(cell)
    except ValueError:
        return None
