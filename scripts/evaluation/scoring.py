"""How well predicted spans cover labelled ones.

  hidden     labelled spans of which every letter and digit lies in some predicted span, whatever
             its label; a title before a name need not be covered
  typed      labelled spans that a prediction of the same category overlaps
  precision  predictions of the scope's categories that overlap any labelled span
  F2         of precision and hidden, which counts four times
  fp_1k      predictions that overlap no labelled span, per 1,000 characters of text

Offsets are Unicode code points, end exclusive.
"""
import bisect
import collections
import re

from categories import same_type

TITLES = re.compile(
    r"(?:(?:mr|mrs|ms|miss|mx|dr|prof|sir|dame|lord|lady|judge|justice|m|mm|mme|mmes|mlle|me|don|doña|sr|sra|srta|herr|frau|"
    r"dhr|mevr|signor|signora)\b\.?\s*)+(?=\w)", re.IGNORECASE)


class Score:
    """Counts over any number of texts, for the categories of a scope."""

    def __init__(self, scope, category):
        self.scope, self.category = scope, category
        self.rows = self.characters = self.predictions = self.right = self.typed = 0
        self.gold, self.covered, self.false = collections.Counter(), collections.Counter(), collections.Counter()

    def add(self, row, spans):
        """Counts one labelled text with the spans that were predicted for it."""
        text = row["text"]
        self.rows += 1
        self.characters += len(text)
        found = [(span["start"], span["end"], self.category.get(span["label"], span["label"])) for span in spans]
        predicted, labelled = Cover(found), Cover((span["start"], span["end"]) for span in row["spans"])
        for span in row["spans"]:
            self.add_labelled(text, span, found, predicted)
        for start, end, category in found:
            if category in self.scope:
                self.predictions += 1
                if labelled.touches(start, end):
                    self.right += 1
                else:
                    self.false[category] += 1

    def add_labelled(self, text, span, found, predicted):
        category, start, end = self.category.get(span["label"]), span["start"], span["end"]
        if category not in self.scope:
            return
        self.gold[category] += 1
        self.typed += any(a < end and start < b and same_type(other, category) for a, b, other in found)
        if category == "PERSON" and (title := TITLES.match(text, start, end)):
            start = title.end()
        if all(predicted.holds(at) for at in range(start, end) if text[at].isalnum()):
            self.covered[category] += 1

    @property
    def spans(self):
        return sum(self.gold.values())

    @property
    def hidden(self):
        return sum(self.covered.values()) / self.spans if self.spans else None

    @property
    def typed_share(self):
        return self.typed / self.spans if self.spans else None

    @property
    def precision(self):
        return self.right / self.predictions if self.predictions else None

    @property
    def f2(self):
        if not self.hidden or not self.precision:
            return None
        return 5 * self.precision * self.hidden / (4 * self.precision + self.hidden)

    @property
    def false_per_1k(self):
        return (self.predictions - self.right) / self.characters * 1000 if self.characters else None


class Cover:
    """Which characters lie in any of some spans."""

    def __init__(self, spans):
        self.starts, self.ends = [], []
        for start, end, *_ in sorted(spans):
            if self.ends and start <= self.ends[-1]:
                self.ends[-1] = max(self.ends[-1], end)
            elif start < end:
                self.starts.append(start)
                self.ends.append(end)

    def holds(self, at):
        place = bisect.bisect_right(self.starts, at) - 1
        return place >= 0 and at < self.ends[place]

    def touches(self, start, end):
        place = bisect.bisect_left(self.starts, end) - 1
        return place >= 0 and start < self.ends[place]


def score(rows, predicted, scope, category, at_least=0.0):
    """The score of all rows; of the predictions, those count whose score is `at_least` that."""
    total = Score(scope, category)
    for row in rows:
        total.add(row, [span for span in predicted[row["id"]] if span.get("score", 1.0) >= at_least])
    return total
