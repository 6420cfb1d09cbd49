"""Source text of Debian source packages, by apt with lists of its own: the machine's apt is only asked which archives it
uses (its `deb` lines become `deb-src` lines) and trusts. apt verifies the signed index and, against it, every file.

The newest version that can be had is taken. An archive may list a version whose files it does not have (yet, or any
more): then others are tried, down to the upstream archive alone, without Debian's patches (candidates)."""
import functools
import glob
import json
import os
import re
import shutil
import subprocess
import time

import cache

LOOK_AGAIN_DAYS = 7
APT_CONF = """Dir::Etc::parts "{home}/parts";
Dir::Etc::main "/dev/null";
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "{home}/sources.list.d";
Dir::State::lists "{home}/lists";
Dir::Cache "{home}/cache";
APT::Sandbox::User "root";
"""
# Read after the machine's own settings: its hooks clean up caches that are not ours.
LAST_CONF = "#clear APT::Update::Post-Invoke;\n#clear APT::Update::Post-Invoke-Success;\n"


def run(command, **more):
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, **more)


def said(done):
    """Why a program failed: its first error, else its last line."""
    lines = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    errors = [line[2:].strip() for line in lines if line.startswith("E:")]
    reason = (errors or lines[-1:] or [f"status {done.returncode}"])[0]
    return re.sub(r"\w+://\S*/| *\[IP: [^]]*\]", "", reason)


def machine_settings():
    """apt's own folders and files of this machine, by the names of `apt-config`."""
    done = run(["apt-config", "shell", "list", "Dir::Etc::sourcelist/f", "lists", "Dir::Etc::sourceparts/d",
                "conf", "Dir::Etc::main/f", "confs", "Dir::Etc::parts/d"])
    if done.returncode != 0:
        raise cache.Unavailable(f"apt-config: {said(done)}")
    return dict(re.findall(r"^(\w+)='(.*)'$", done.stdout, re.M))


def source_lines(text, deb822):
    """The archives of one apt list with `deb` turned into `deb-src`."""
    if deb822:
        return re.sub(r"^Types:.*$", "Types: deb-src", text, flags=re.M | re.I)
    return "".join(f"deb-src{line[3:]}\n" for line in text.splitlines() if re.match(r"deb\s", line))


def prepare_lists(home):
    """Write the configuration of an apt of our own into `home`; return its environment."""
    machine = machine_settings()
    for folder in ("parts", "sources.list.d", "lists/partial", "cache/archives/partial"):
        os.makedirs(os.path.join(home, folder), exist_ok=True)
    for folder in ("parts", "sources.list.d"):
        for old in os.listdir(os.path.join(home, folder)):
            os.unlink(os.path.join(home, folder, old))
    settings = sorted(glob.glob(os.path.join(machine["confs"], "*"))) + [machine["conf"]]
    for at, path in enumerate(settings):
        if os.path.isfile(path) and re.fullmatch(r"[\w.-]+?(\.conf)?", os.path.basename(path)):
            os.symlink(path, os.path.join(home, "parts", f"{at:03}-{os.path.basename(path)}"))
    with open(os.path.join(home, "parts", "zz-last.conf"), "w", encoding="utf-8") as handle:
        handle.write(LAST_CONF)
    lists = [machine["list"]] + sorted(glob.glob(os.path.join(machine["lists"], "*")))
    for path in lists:
        if not path.endswith((".list", ".sources")) or not os.path.isfile(path):
            continue
        with open(path, encoding="utf-8") as handle:
            text = source_lines(handle.read(), path.endswith(".sources"))
        with open(os.path.join(home, "sources.list.d", os.path.basename(path)), "w", encoding="utf-8") as handle:
            handle.write(text)
    conf = os.path.join(home, "apt.conf")
    with open(conf, "w", encoding="utf-8") as handle:
        handle.write(APT_CONF.format(home=home))
    return {**os.environ, "APT_CONFIG": conf, "LC_ALL": "C.UTF-8"}


@functools.cache
def apt():
    """Environment of an apt whose lists are fresh; once in a run."""
    home = os.path.join(cache.home(), "apt")
    with cache.locked("apt"):
        environment = prepare_lists(home)
        done = run(["apt-get", "-q", "update"], env=environment)
    if not glob.glob(os.path.join(home, "lists", "*Sources*")):
        raise cache.Unavailable(f"apt has no source packages: {said(done)}")
    return environment


def versions(package):
    """Versions that the archives list, newest first."""
    done = run(["apt-cache", "showsrc", "--only-source", package], env=apt())
    found = sorted(set(re.findall(r"^Version: *(\S+)$", done.stdout, re.M)), key=functools.cmp_to_key(
        lambda a, b: -1 if run(["dpkg", "--compare-versions", a, "gt", b]).returncode == 0 else 1))
    if not found:
        raise cache.Unavailable(f"no archive has the source package {package}: {said(done)}")
    return found


def candidates(found):
    """What to try, best first, of versions newest first. A newer upstream release comes before an older one that Debian
    packed completely; within one release every package with Debian's patches comes before the bare archive."""
    releases = {}
    for version in found:
        releases.setdefault(version.rpartition("-")[0] or version, []).append(version)
    for of_release in releases.values():
        yield from ((version, "dsc") for version in of_release)
        yield of_release[0], "tar"


def download(package, say):
    """Files of the best version there is: (version, "dsc" or "tar", folder under `sources`)."""
    refusals = []
    for version, how in candidates(versions(package)):
        name = f"{package}_{version.replace(':', '%3a')}_{how}"
        folder = os.path.join(cache.home(), "sources", name)
        partial = f"{folder}.partial"
        shutil.rmtree(partial, ignore_errors=True)
        os.makedirs(partial)
        done = run(["apt-get", "-q", "source", "--download-only", "--only-source",
                    *(["--tar-only"] if how == "tar" else []), f"{package}={version}"], env=apt(), cwd=partial)
        if done.returncode == 0 and os.listdir(partial):
            shutil.rmtree(folder, ignore_errors=True)
            os.rename(partial, folder)
            for refusal in refusals:
                say(f"{package}: {refusal}")
            return version, how, name
        shutil.rmtree(partial, ignore_errors=True)
        refusals.append(f"no {how} of {version}: {said(done)}")
    raise cache.Unavailable(f"{package}: {'; '.join(refusals)}")


def resolve(package, refresh, say):
    """Which source to build: {version, how, folder}. A choice stands for LOOK_AGAIN_DAYS, longer when nothing can be
    reached, so that a build without a network takes what it has."""
    os.makedirs(os.path.join(cache.home(), "sources"), exist_ok=True)
    note = os.path.join(cache.home(), "sources", f"{package}.json")
    with cache.locked(f"source-{package}"):
        known = None
        if os.path.exists(note):
            with open(note, encoding="utf-8") as handle:
                known = json.load(handle)
            if not refresh and time.time() - os.stat(note).st_mtime < LOOK_AGAIN_DAYS * 86400:
                return known
        try:
            version, how, folder = download(package, say)
        except cache.Unavailable as reason:
            if not known:
                raise
            say(f"{package}: keeping {known['version']}, {reason}")
            return known
        chosen = {"version": version, "how": how, "folder": folder}
        with open(f"{note}.new", "w", encoding="utf-8") as handle:
            json.dump(chosen, handle)
        os.rename(f"{note}.new", note)
        if known and known["folder"] != folder:
            shutil.rmtree(os.path.join(cache.home(), "sources", known["folder"]), ignore_errors=True)
        return chosen


def unpack(source, into):
    """Unpack a resolved source as the new folder `into`."""
    folder = os.path.join(cache.home(), "sources", source["folder"])
    files = sorted(os.listdir(folder))
    if source["how"] == "dsc":
        (description,) = [name for name in files if name.endswith(".dsc")]
        command = ["dpkg-source", "--no-copy", "-x", os.path.join(folder, description), into]
    else:
        (archive,) = [name for name in files if re.search(r"\.orig\.tar\.\w+$", name)]
        os.makedirs(into)
        command = ["tar", "-xf", os.path.join(folder, archive), "-C", into, "--strip-components=1"]
    done = run(command)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]}: {said(done)}")
