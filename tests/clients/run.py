#!/usr/bin/env python3
"""Holds OpenAI's own Python and Node packages against a real `cordon serve`.

    tests/clients/run.py [PATH OF CORDON [python] [node]]

Starts a recording provider and Cordon (a home folder of its own, embedded database),
runs both sessions, and looks for the planted values in everything that reached the
provider, in Cordon's log and in its metrics. Needs scripts/client-sdks to have run.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request

from upstream import TOKEN, Upstream

HERE = os.path.dirname(os.path.abspath(__file__))
PROJECT = os.path.dirname(os.path.dirname(HERE))
TOOLS = os.path.join(PROJECT, ".cordon", "tools", "clients")
HOME = os.environ.get("CORDON_HOME") or os.path.join(PROJECT, ".cordon")

CONFIG = """
policies = "policies"
[local]
model = "off"
[[provider]]
name = "loopback"
kind = "openai"
base_url = "{url}/v1"
key_env = "UPSTREAM_KEY"
first_byte_timeout_ms = {first_byte_timeout_ms}
{models}
"""
# The names that callers use, and how the provider is to behave for them.
MODELS = {"gpt-4o-mini": "plain", "limited": "status-429", "overloaded": "status-503", "stalled": "stalls",
          "broken": "breaks-off"}
FIRST_BYTE_TIMEOUT_MS = 3000


def main():
    binary = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.path.join(PROJECT, "target/debug/cordon"))
    languages = sys.argv[2:] or ["python", *(["node"] if has_node() else [])]
    upstream = Upstream()
    with tempfile.TemporaryDirectory(prefix="cordon-clients-") as folder:
        os.chmod(folder, 0o755)  # PostgreSQL runs as another user when this is root
        lay_out(folder, upstream)
        with Cordon(binary, folder) as cordon:
            keys = cordon.make_keys()
            codes = [run_session(language, cordon, keys, upstream) for language in languages]
            metrics = urllib.request.urlopen(cordon.url.removesuffix("/v1") + "/metrics").read().decode()
            records = cordon.run("audit", "query", "--format", "json", "--limit", "10000")
            print(cordon.run("audit", "verify"), end="")
        log = read(os.path.join(folder, "log"))
    upstream.stopped.set()
    sent = json.dumps(upstream.all, ensure_ascii=False)
    leaks = find_leaks({"the provider": sent, "the log": log, "the metrics": metrics, "the audit log": records})
    tokens = len(TOKEN.findall(sent))
    print(f"clients: {len(upstream.all)} requests reached the provider with {tokens} tokens; planted values there, "
          f"in the log, the metrics and the audit log: {', '.join(leaks) or 'none'}")
    if any(codes) or leaks or not tokens:
        sys.exit(1)


def lay_out(folder, upstream):
    """A configuration, policies, and a home folder that shares the assets alone."""
    os.mkdir(os.path.join(folder, "home"))
    os.symlink(os.path.join(os.path.realpath(HOME), "assets"), os.path.join(folder, "home", "assets"))
    shutil.copytree(os.path.join(PROJECT, "policies"), os.path.join(folder, "policies"))
    default = read(os.path.join(folder, "policies", "default.toml"))
    with open(os.path.join(folder, "policies", "no-cards.toml"), "w") as file:
        file.write(default.replace("\n[actions]\n", "\n[actions]\nCREDIT_CARD = \"block\"\n", 1))
    models = "".join(f'[[model]]\nname = "{name}"\ntargets = [{{ provider = "loopback", model = "{inner}" }}]\n'
                     for name, inner in MODELS.items())
    with open(os.path.join(folder, "cordon.toml"), "w") as file:
        file.write(CONFIG.format(url=upstream.url, first_byte_timeout_ms=FIRST_BYTE_TIMEOUT_MS, models=models))


class Cordon:
    """A running server with a home folder of its own."""

    def __init__(self, binary, folder):
        self.binary, self.folder = binary, folder
        inherited = {name: value for name, value in os.environ.items()
                     if name not in ("DATABASE_URL", "CORDON_CONFIG", "RUST_LOG") and "proxy" not in name.lower()}
        self.env = {**inherited, "CORDON_HOME": os.path.join(folder, "home"), "UPSTREAM_KEY": "upstream-key"}
        self.base = [binary, "--config", os.path.join(folder, "cordon.toml")]

    def __enter__(self):
        with open(os.path.join(self.folder, "log"), "w") as log:
            self.process = subprocess.Popen(
                [*self.base, "--log", "debug", "serve", "--listen", "127.0.0.1:0", "--quickstart"],
                env=self.env, stdout=subprocess.PIPE, stderr=log, text=True)
        shown = ""
        for line in self.process.stdout:
            shown += line
            if "curl" in line:
                break
        found = re.search(r"base URL\s+(\S+)\nclient key (\S+)", shown)
        if not found:
            self.process.wait()
            sys.exit("clients: cordon did not start:\n" + shown + read(os.path.join(self.folder, "log")))
        self.url, self.client_key = found.groups()
        return self

    def make_keys(self):
        def create(tenant, role):
            return self.run("keys", "create", "--tenant", tenant, "--role", role).strip()
        return {"CLIENT_KEY": self.client_key, "AUDITOR_KEY": create("default", "auditor"),
                "NO_CARDS_KEY": create("no-cards", "client")}

    def run(self, *command):
        """What a command beside the server prints; it must succeed."""
        return subprocess.run([*self.base, *command], env=self.env, check=True, stdout=subprocess.PIPE, text=True).stdout

    def __exit__(self, *failure):
        self.process.terminate()
        self.process.stdout.close()
        self.process.wait(60)


def has_node():
    return subprocess.run([os.path.join(PROJECT, "scripts", "has-node")]).returncode == 0


def run_session(language, cordon, keys, upstream):
    print(f"clients: {language}", flush=True)
    env = {**cordon.env, **keys, "CORDON_URL": cordon.url, "UPSTREAM_URL": upstream.url,
           "PYTHONPATH": os.path.join(TOOLS, "python"), "PYTHONDONTWRITEBYTECODE": "1",
           "NODE_CLIENT": os.path.join(TOOLS, "node") + os.sep}
    commands = {"python": [sys.executable, os.path.join(HERE, "python", "session.py")],
                "node": ["node", "--test", "--test-reporter=spec", os.path.join(HERE, "node", "session.mjs")]}
    return subprocess.run(commands[language], env=env).returncode


def find_leaks(sinks):
    planted = json.loads(read(os.path.join(HERE, "planted.json"))).values()
    return [f"{value} in {place}" for place, text in sinks.items() for value in planted if value.lower() in text.lower()]


def read(path):
    with open(path) as file:
        return file.read()


if __name__ == "__main__":
    main()
