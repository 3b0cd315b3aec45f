"""The plots of docs/detection.md, as SVG that reads on a light and on a dark page.

A run over the same figures writes the same bytes: ids come from a fixed salt, and no date is
written. Text stays text, so that a plot is small and can be searched.
"""
import io
import os
import re

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams.update({
    "svg.hashsalt": "cordon", "svg.fonttype": "none", "font.family": "DejaVu Sans", "font.size": 9,
    "figure.facecolor": "white", "savefig.facecolor": "white", "axes.spines.top": False, "axes.spines.right": False,
    "axes.grid": True, "grid.color": "#dddddd", "grid.linewidth": 0.6, "axes.axisbelow": True, "axes.titlesize": 10,
})
from matplotlib import pyplot  # noqa: E402

COLOURS = {"Cordon": "#1f6f5c", "Presidio": "#d98c2b", "Rampart": "#7b6fb0"}
LINES = ["#1f6f5c", "#d98c2b", "#7b6fb0", "#b5443c", "#3b78b5", "#6b6b6b", "#9a7d2e", "#c46ba0"]


def bars(path, names, panels):
    """Horizontal bars from 0 to 1 for each name; `panels` maps a title to {system: [value or None]}."""
    height = 0.9 + len(names) * (0.17 * max(len(systems) for systems in panels.values()) + 0.12)
    figure, axes = pyplot.subplots(1, len(panels), figsize=(4.2 * len(panels) + 1.6, height), sharey=True, squeeze=False)
    for axis, (title, systems) in zip(axes[0], panels.items()):
        thickness = 0.8 / len(systems)
        for at, (system, values) in enumerate(systems.items()):
            places = [row + at * thickness for row in range(len(names))]
            axis.barh(places, [value or 0 for value in values], thickness * 0.92, label=system, color=COLOURS[system])
            # Many rows would be crowded with the figures of all; the tables have them.
            for place, value in zip(places, values if system == "Cordon" or len(names) <= 20 else []):
                text = "none" if value is None else f"{value:.2f}"
                axis.text((value or 0) + 0.01, place, text, va="center", fontsize=6.5, color="#444444")
        axis.set_xlim(0, 1.09)
        axis.set_xticks([0, 0.2, 0.4, 0.6, 0.8, 1])
        axis.set_yticks([row + 0.4 - thickness / 2 for row in range(len(names))], names)
        axis.grid(axis="y", visible=False)
        axis.set_title(title, loc="left")
        axis.set_ylim(len(names) - 0.1, -0.3)
    handles, labels = axes[0][0].get_legend_handles_labels()
    if len(labels) > 1:
        figure.legend(handles, labels, loc="lower center", ncols=len(labels), frameon=False, fontsize=8)
    save(figure, path, bottom=0.45 / height if len(labels) > 1 else 0)


def curves(path, lines, mark):
    """Precision against hidden over thresholds; `lines` maps a name to [(threshold, hidden, precision)], `mark` is one to mark."""
    figure, axis = pyplot.subplots(figsize=(6.6, 5))
    for (name, points), colour in zip(lines.items(), LINES):
        axis.plot([hidden for _, hidden, _ in points], [precision for _, _, precision in points],
                  marker=".", markersize=3, linewidth=1.2, color=colour, label=name)
        for threshold, hidden, precision in points:
            if threshold == mark:
                axis.plot([hidden], [precision], marker="o", markersize=6, color=colour)
    axis.set_xlabel("hidden")
    axis.set_ylabel("precision")
    axis.legend(loc="lower left", frameon=False, fontsize=8)
    save(figure, path)


def save(figure, path, bottom=0):
    figure.tight_layout(rect=(0, bottom, 1, 1))
    os.makedirs(os.path.dirname(path), exist_ok=True)
    image = io.StringIO()
    figure.savefig(image, format="svg", metadata={"Date": None, "Creator": None})
    with open(path, "w", encoding="utf-8") as file:
        # A tenth of a point is finer than any screen.
        file.write(re.sub(r"(\d\.\d)\d+", r"\1", image.getvalue()))
    if os.environ.get("EVAL_PNG"):
        figure.savefig(path[:-len(".svg")] + ".png", format="png", dpi=110)
    pyplot.close(figure)
