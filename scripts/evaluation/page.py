"""docs/detection.md and its plots: which table and which plot stands in which block."""
import os

from corpus import language
from detector import PROJECT
from report import SYSTEMS, Page, table
from tables import DEFAULT_THRESHOLD

PATH = os.path.join(PROJECT, "docs", "detection.md")
IMAGES = os.path.join(PROJECT, "docs", "images")
# Files that precision against hidden is drawn for.
SWEPT = ["languages", "kiji_e2e", "presidio_generated_large", "pii_anon_technology", "omadia_prompts", "uner_en_pud"]


def write(results, given, own, conditions, plots):
    """Blocks that nothing is known for stay as they are: what was measured elsewhere is not lost here."""
    page = Page(PATH)
    page.put("files", files(results, given))
    page.put("conditions", conditions)
    page.put("labels", labels(results, given, own, plots))
    page.put("negatives", results.negatives())
    own_files = {file.name: file for file in own}
    page.put("languages", languages(results, own_files["languages"], "own_language", "languages", plots))
    page.put("kinds", kinds(results, own_files["obfuscated"], "own_kind", "kinds", plots))
    for file in given:
        if file.name == "omadia_prompts":
            page.put("languages-given", languages(results, file, "language", "languages-given", plots))
        if file.name == "obfuscated_kiji":
            page.put("kinds-given", kinds(results, file, "kind", "kinds-given", plots))
    if given and plots:
        draw_files(results, plots)
        draw_sweep(results, plots)
    page.save()


def files(results, given):
    if not given:
        return results.by_file() + "\n\nOur own fixtures alone; no EVAL_DIR was given."
    right, cases = results.recognizer_cases()
    return results.by_file() + f"\n\n`presidio_recognizer_tests`, case by case: {right} of {cases} as labelled, of the cases whose type the catalogue has."


def draw_files(results, plots):
    files = results.labelled()
    scores = {file.name: results.score(file, file.rows) for file in files}
    panels = {}
    for what in ("hidden", "precision"):
        panels[what] = {"Cordon": [getattr(scores[file.name], what) for file in files]}
        for system in SYSTEMS[1:]:
            panels[what][system] = [results.baselines.of("file", file.name, system).get(what) for file in files]
    plots.bars(os.path.join(IMAGES, "detection-files.svg"), [file.name for file in files], panels)


def labels(results, given, own, plots):
    """By category: the given English files and our own."""
    columns = {"given files": [file for file in given if not file.is_negative()], "own fixtures": own}
    found = {title: {row[0]: row[1:] for row in results.categories(files)} for title, files in columns.items() if files}
    names = sorted({name for rows in found.values() for name in rows})
    header = ["category", *[f"{title}: {what}" for title in found for what in ("spans", "hidden", "false")]]
    rows = [[name, *[cell for of in found.values() for cell in of.get(name, [0, None, 0])]] for name in names]
    if plots and given:
        names = [name for name in names if any(of.get(name, [0])[0] for of in found.values())]
        panels = {title: {"Cordon": [of.get(name, [0, None])[1] for name in names]} for title, of in found.items()}
        plots.bars(os.path.join(IMAGES, "detection-labels.svg"), names, panels)
    return table(header, rows)


def languages(results, file, name, image, plots):
    header, rows = results.languages(file, name)
    if plots:
        draw(plots, image, rows, {"hidden": 2, "precision": 5})
    return table(header, rows)


def kinds(results, file, name, image, plots):
    header, rows = results.kinds(file, name)
    if plots:
        draw(plots, image, rows[:-1], {"hidden": 2})
    return table(header, rows)


def draw(plots, image, rows, columns):
    """Bars of each system that has figures; `columns` says in which column a panel's first system stands."""
    panels = {}
    for title, first in columns.items():
        of = {system: [row[first + at] for row in rows] for at, system in enumerate(SYSTEMS)}
        panels[title] = {system: values for system, values in of.items() if any(value is not None for value in values)}
    plots.bars(os.path.join(IMAGES, f"detection-{image}.svg"), [row[0] for row in rows], panels)


def draw_sweep(results, plots):
    lines = {}
    for file in results.files:
        if file.name in SWEPT:
            rows = [row for row in file.rows if file.own or language(row) == "en"]
            name = f"{file.name} (27 languages)" if file.own else f"{file.name} (en)"
            lines[name] = results.sweep(file, rows)
    plots.curves(os.path.join(IMAGES, "detection-thresholds.svg"), lines, DEFAULT_THRESHOLD)
