"""The tables that `make eval` prints and writes into docs/detection.md, between markers.

    <!-- eval:NAME -->
    ...
    <!-- /eval:NAME -->
"""
import re

SYSTEMS = ["Cordon", "Presidio", "Rampart"]


def table(header, rows):
    """A Markdown table; numbers stand to the right."""
    lines = ["| " + " | ".join(header) + " |", "|---" + "|---:" * (len(header) - 1) + "|"]
    lines += ["| " + " | ".join(figure(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def figure(cell):
    if cell is None:
        return "-"
    return f"{cell:.3f}" if isinstance(cell, float) else str(cell)


def shown(text):
    """A Markdown table for a terminal: its columns in line."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if not set(line) <= set("|-:")]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) if not at else cell.rjust(width)
                               for at, (cell, width) in enumerate(zip(row, widths))) for row in rows)


class Page:
    """A Markdown file whose marked blocks are written anew; what stands around them is left alone."""

    def __init__(self, path):
        self.path = path
        with open(path, encoding="utf-8") as file:
            self.text = file.read()

    def put(self, name, block):
        start, end = f"<!-- eval:{name} -->", f"<!-- /eval:{name} -->"
        pattern = re.compile(f"{re.escape(start)}.*?{re.escape(end)}", re.DOTALL)
        if not pattern.search(self.text):
            raise SystemExit(f"eval: {self.path} has no block {start}")
        self.text = pattern.sub(lambda _: f"{start}\n{block}\n{end}", self.text)

    def save(self):
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(self.text)
