"""What is put beside what: the rows of each table and plot, from labelled files and predictions."""
from categories import CORE, FURTHER, STRUCTURED, same_type
from corpus import kind, language, source
from report import SYSTEMS, table
from scoring import score

THRESHOLDS = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98]
# What a policy's label has as its threshold when nothing is said.
DEFAULT_THRESHOLD = 0.4


class Results:
    """Labelled files, what Cordon found in them, and what is known of others."""

    def __init__(self, files, category, baselines):
        self.files, self.category, self.baselines = files, category, baselines
        self.found, self.suspected = {}, {}

    def score(self, file, rows, scope=CORE):
        return score(rows, self.found[file.name], scope, self.category)

    def labelled(self):
        return [file for file in self.files if not file.is_negative()]

    def without_values(self):
        """(name, file, rows) of texts that hold nothing: whole files, and our own texts of a kind `negative_...`."""
        for file in self.files:
            groups = file.by(source) if file.is_negative() else file.by(kind) if file.own else {}
            for group, rows in groups.items():
                if file.is_negative() or group.startswith("negative"):
                    yield f"{file.name}: {group.replace('negative_', '')}", file, rows

    def by_file(self):
        """Core categories by file; the last two columns with what the default policy looks for beyond them."""
        rows = []
        for file in self.labelled():
            core, further = self.score(file, file.rows), self.score(file, file.rows, CORE | FURTHER)
            own = {"hidden": core.hidden, "precision": core.precision, "fp_1k": core.false_per_1k}
            figures = [self.beside("file", file.name, what, own[what]) for what in own]
            rows.append([file.name, core.spans, *sum(figures, []), core.f2, further.hidden, further.precision])
        header = [f"{what}: {system}" for what in ("hidden", "precision", "false/1k") for system in SYSTEMS]
        return table(["file", "spans", *header, "F2", "all labels: hidden", "precision"], rows)

    def beside(self, name, row, what, own):
        """Cordon's figure and those of the others."""
        return [own, *(self.baselines.of(name, row, system).get(what) for system in SYSTEMS[1:])]

    def recognizer_cases(self):
        """Cases of single recognizers, whose type `meta.entity` names: (answered as labelled, cases) of the types we have."""
        cases = [(row, category, self.found[file.name][row["id"]]) for file in self.files for row in file.rows
                 for category in [self.category.get((row.get("meta", {}).get("entity") or [""])[0])]
                 if category in CORE | FURTHER]
        return sum(self.is_as_labelled(*case) for case in cases), len(cases)

    def is_as_labelled(self, row, category, spans):
        """All that is labelled is found as its type; where nothing is, nothing of the type is."""
        found = [span for span in spans if same_type(self.category.get(span["label"], ""), category)]
        if row["spans"]:
            return score([row], {row["id"]: found}, CORE | FURTHER, self.category).hidden == 1
        return not found

    def by_group(self, name, file, groups):
        """A row for each group of a file's rows: spans, then hidden and precision of Cordon and others."""
        rows = []
        for group, members in groups.items():
            own = self.score(file, members)
            if own.spans:
                rows.append([group, own.spans, *self.beside(name, group, "hidden", own.hidden),
                             *self.beside(name, group, "precision", own.precision)])
        return rows

    def languages(self, file, name):
        header = [f"{what}: {system}" for what in ("hidden", "precision") for system in SYSTEMS]
        return ["language", "spans", *header], self.by_group(name, file, file.by(language))

    def kinds(self, file, name):
        """By obfuscation kind: hidden of all core categories, and ours of those with a form of their own."""
        groups = file.by(kind)
        rows = [row[:5] for row in self.by_group(name, file, groups)]
        for row in rows:
            structured = self.score(file, groups[row[0]], STRUCTURED)
            row += [structured.spans, structured.hidden]
        every = self.score(file, file.rows, STRUCTURED)
        rows.append(["all", None, None, None, None, every.spans, every.hidden])
        return ["kind", "spans", *[f"hidden: {system}" for system in SYSTEMS], "structured: spans", "hidden"], rows

    def categories(self, files):
        """By category, over several files: spans, hidden, false alarms."""
        spans, covered, false = {}, {}, {}
        for file in files:
            found = self.score(file, file.rows, CORE | FURTHER)
            for category, count in found.gold.items():
                spans[category] = spans.get(category, 0) + count
                covered[category] = covered.get(category, 0) + found.covered[category]
            for category, count in found.false.items():
                false[category] = false.get(category, 0) + count
        return [[category, spans.get(category, 0), covered[category] / spans[category] if category in spans else None,
                 false.get(category, 0)] for category in sorted({*spans, *false})]

    def negatives(self):
        """What is found in texts that hold nothing (first names aside)."""
        rows = []
        for name, file, members in self.without_values():
            every = self.score(file, members, CORE | FURTHER)
            structured = self.score(file, members, STRUCTURED)
            false = ", ".join(f"{category} {count}" for category, count in every.false.most_common(4)) or "none"
            rows.append([name, len(members), every.characters, every.false_per_1k, structured.predictions, false])
        return table(["texts", "count", "characters", "false/1k", "of a structured type", "most"], rows)

    def sweep(self, file, rows):
        """(threshold, hidden, precision) for each threshold that leaves predictions."""
        points = []
        for threshold in THRESHOLDS:
            at = score(rows, self.suspected[file.name], CORE, self.category, at_least=threshold)
            if at.precision is not None and at.hidden is not None:
                points.append((threshold, at.hidden, at.precision))
        return points
