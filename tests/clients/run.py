#!/usr/bin/env python3
"""Holds the official Python and Node packages against a real `cordon serve`.

    tests/clients/run.py [PATH OF CORDON [SESSION...]]

Starts a recording provider and Cordon (a home folder of its own, embedded database),
runs the sessions, and looks for the planted values in everything that reached the
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
{providers}
{models}
"""
PROVIDER = """
[[provider]]
name = "{name}"
kind = "{kind}"
base_url = "{url}/v1"
key_env = "UPSTREAM_KEY"
first_byte_timeout_ms = {first_byte_timeout_ms}
{more}
"""
# Providers by name: the kind, and what else their section says.
PROVIDERS = {"openai": ("openai", ""), "anthropic": ("anthropic", ""), "ollama": ("openai", 'apis = ["chat"]')}
# The names that callers use, and how the provider is to behave for them. Behind
# `claude-` and the name is the same behaviour of a provider that speaks Anthropic's API.
MODELS = {"gpt-4o-mini": "plain", "limited": "status-429", "overloaded": "status-503", "stalled": "stalls",
          "broken": "breaks-off", "giving-up": "gives-up", "refusing": "refuses", "thinking": "reasons"}
# Policies that change one thing in the default one: what is found in it, and what takes its place.
POLICIES = {"no-cards": ("\n[actions]\n", "\n[actions]\nCREDIT_CARD = \"block\"\n"),
            "mask-embeddings": ("\n[content]\n", "\n[content]\nembeddings = \"mask\"\n")}
# The sessions, by the package that they hold.
SESSIONS = {"openai-python": ("test_chat", "test_completions", "test_responses", "test_embeddings", "test_models",
                              "test_errors"),
            "anthropic-python": ("test_anthropic",),
            "langchain": ("test_langchain",),
            "openai-node": ("chat.mjs", "responses.mjs", "others.mjs", "errors.mjs")}
FIRST_BYTE_TIMEOUT_MS = 3000


def main():
    binary = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.path.join(PROJECT, "target/debug/cordon"))
    sessions = sys.argv[2:] or [name for name in SESSIONS if name != "openai-node" or has_node()]
    upstream = Upstream()
    with tempfile.TemporaryDirectory(prefix="cordon-clients-") as folder:
        os.chmod(folder, 0o755)  # PostgreSQL runs as another user when this is root
        lay_out(folder, upstream)
        positions = run_python(os.path.join(HERE, "positions", "check.py"), env=os.environ)
        with Cordon(binary, folder) as cordon:
            keys = cordon.make_keys()
            codes = [positions, *(run_session(session, cordon, keys, upstream) for session in sessions)]
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
    for name, (found, put) in POLICIES.items():
        write(os.path.join(folder, "policies", f"{name}.toml"), default.replace(found, put, 1))
    providers = "".join(PROVIDER.format(name=name, kind=kind, more=more, url=upstream.url,
                                        first_byte_timeout_ms=FIRST_BYTE_TIMEOUT_MS)
                        for name, (kind, more) in PROVIDERS.items())
    named = [(prefix + name, provider, inner) for provider, prefix in (("openai", ""), ("anthropic", "claude-"))
             for name, inner in MODELS.items()]
    models = "".join(f'[[model]]\nname = "{name}"\ntargets = [{{ provider = "{provider}", model = "{inner}" }}]\n'
                     for name, provider, inner in [*named, ("chat-only", "ollama", "plain")])
    write(os.path.join(folder, "cordon.toml"), CONFIG.format(providers=providers, models=models))


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
                "NO_CARDS_KEY": create("no-cards", "client"),
                "MASK_EMBEDDINGS_KEY": create("mask-embeddings", "client")}

    def run(self, *command):
        """What a command beside the server prints; it must succeed."""
        return subprocess.run([*self.base, *command], env=self.env, check=True, stdout=subprocess.PIPE, text=True).stdout

    def __exit__(self, *failure):
        self.process.terminate()
        self.process.stdout.close()
        self.process.wait(60)


def has_node():
    return subprocess.run([os.path.join(PROJECT, "scripts", "has-node")]).returncode == 0


def run_session(session, cordon, keys, upstream):
    print(f"clients: {session}", flush=True)
    env = {**cordon.env, **keys, "CORDON_URL": cordon.url, "UPSTREAM_URL": upstream.url,
           "NODE_CLIENT": os.path.join(TOOLS, "node") + os.sep}
    if session == "openai-node":
        # One after the other: they look at what the one provider has recorded.
        scripts = [os.path.join(HERE, "node", name) for name in SESSIONS[session]]
        return sum(subprocess.run(["node", "--test", "--test-reporter=spec", script], env=env).returncode
                   for script in scripts)
    return run_python("-m", "unittest", "--verbose", *SESSIONS[session], env=env)


def run_python(*arguments, env):
    """Python with the packages, in the folder of the sessions."""
    env = {**env, "PYTHONPATH": os.path.join(TOOLS, "python"), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run([sys.executable, *arguments], env=env, cwd=os.path.join(HERE, "python")).returncode


def find_leaks(sinks):
    planted = json.loads(read(os.path.join(HERE, "planted.json"))).values()
    return [f"{value} in {place}" for place, text in sinks.items() for value in planted if value.lower() in text.lower()]


def read(path):
    with open(path) as file:
        return file.read()


def write(path, text):
    with open(path, "w") as file:
        file.write(text)


if __name__ == "__main__":
    main()
