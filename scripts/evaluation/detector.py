"""Runs `cordon detect` over files of labelled texts."""
import hashlib
import json
import os
import re
import subprocess
import tempfile

from categories import CATEGORY

PROJECT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HOME = os.environ.get("CORDON_HOME") or os.path.join(PROJECT, ".cordon")
CATALOGUE = os.path.join(PROJECT, "src", "detect", "pattern", "catalogue")


class Cordon:
    """The binary that CORDON_BIN names, or else the one that this builds."""

    def __init__(self):
        self.binary = os.environ.get("CORDON_BIN") or build()

    def detect(self, file):
        """The spans of each text, by its id, under the default policy."""
        return self.run(file, [])

    def detect_all(self, file):
        """The same with every suspicion, however weak: all thresholds are 0. The scores say how weak."""
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as policy:
            policy.write('description = "Every suspicion"\ndefault_action = "redact"\n[detect]\n')
            policy.write('off = ["DATE_TIME", "AGE", "ORGANIZATION", "NRP", "LOCATION"]\n[detect.thresholds]\n')
            policy.writelines(f"{label} = 0.0\n" for label in labels())
            policy.flush()
            return self.run(file, ["--policy", policy.name])

    def run(self, file, options):
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as texts:
            texts.writelines(json.dumps({"id": row["id"], "text": row["text"]}) + "\n" for row in file.rows)
            texts.flush()
            command = [self.binary, "detect", "--format", "jsonl", *options, texts.name]
            answer = subprocess.run(command, stdout=subprocess.PIPE, encoding="utf-8", check=True, cwd=PROJECT)
        return {row["id"]: row["spans"] for row in map(json.loads, answer.stdout.splitlines())}


def build():
    subprocess.run(["cargo", "build", "--locked", "--release"], check=True, cwd=PROJECT)
    return os.path.join(PROJECT, os.environ.get("CARGO_TARGET_DIR", "target"), "release", "cordon")


def labels():
    """The catalogue's labels: those of ours that `src/detect/label.rs` has."""
    with open(os.path.join(PROJECT, "src", "detect", "label.rs"), encoding="utf-8") as file:
        listed = re.search(r"^catalogue!\((.*?)^\);", file.read(), re.DOTALL | re.MULTILINE).group(1)
    known = re.findall(r"[A-Z][A-Z_]+", listed)
    if unknown := [label for label in known if label not in CATEGORY]:
        raise SystemExit(f"eval: scripts/evaluation/categories.py has no category for {', '.join(unknown)}")
    return known


def version():
    """What found the spans: the catalogue's size and digest, the model's, and the runtime."""
    digest, entries = hashlib.sha256(), 0
    for name in sorted(os.listdir(CATALOGUE)):
        if name.endswith(".toml"):
            with open(os.path.join(CATALOGUE, name), "rb") as file:
                content = file.read()
            digest.update(content)
            entries += content.count(b"[[entry]]")
    model = os.path.join(HOME, "assets", "rampart")
    runtime = os.path.realpath(os.path.join(HOME, "assets", "onnxruntime", "libonnxruntime.so"))
    return (f"catalogue of {entries} entries (SHA-256 {digest.hexdigest()[:12]}), model {file_digest(model)}, "
            f"ONNX Runtime {runtime.rsplit('.so.', 1)[-1]}")


def file_digest(folder):
    for name in ("onnx/model_q4.onnx", "model.onnx"):
        path = os.path.join(folder, name)
        if os.path.exists(path):
            with open(path, "rb") as file:
                return f"{os.path.basename(folder)}/{name} (SHA-256 {hashlib.sha256(file.read()).hexdigest()[:12]})"
    return os.path.basename(folder)


def processor():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            name = re.search(r"model name\s*: (.*)", file.read())
    except OSError:
        name = None
    return f"{name.group(1) if name else 'unknown processor'}, {os.cpu_count()} cores"
