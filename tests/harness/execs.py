#!/usr/bin/python3
"""Executions told as text, turned into what eslogger would have written about them.

Usage: tests/harness/execs.py check                      what is wrong with the corpus; exit 1 when something is
       tests/harness/execs.py count                      how much it holds
       tests/harness/execs.py events [--map FILE] [NAME...]   its exec events, NDJSON for `cordon detect -` (all, or some files)
       tests/harness/execs.py atomics [--typed] [--map FILE]  exec events of the attack tests in the shared test data
       tests/harness/execs.py lines PARENT USER          corpus lines for the shell commands on standard input

--corpus NAME: the folder of tests/data that check, count and events read (default: benign).
--map: one line an event, in the same order: for the corpus `file:line<TAB>command line`, for the attack tests
`guid<TAB>technique<TAB>test name<TAB>command line`; events of processes that merely stand above begin with `-`.
--typed: somebody types the commands one by one at a prompt, instead of a shell that has them as its script.
Same input, same bytes. Standard library only."""
import argparse
import functools
import json
import os
import re
import shlex
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.join(ROOT, "tests", "data", "recordings")]
import corpus
import make
import shellwords
from signers import signing_of

TERMINAL = "/System/Applications/Utilities/Terminal.app/Contents/MacOS/Terminal"
LOGIN = "/usr/bin/login"
SUDO = "/usr/bin/sudo"
SETUID = {SUDO, "/usr/bin/su", LOGIN, "/usr/bin/crontab", "/usr/bin/at", "/bin/ps", "/usr/bin/top", "/usr/bin/quota"}
SEARCHED = re.compile(r"^(/usr/(local/)?s?bin|/s?bin|/opt/homebrew/s?bin|/Users/\w+/\.(local|cargo|pyenv/shims|rbenv/shims|bun)(/bin)?)/[^/]+$")
INTERPRETER = re.compile(r"^(sh|bash|zsh|dash|ksh|python[\d.]*|ruby|perl|node|php|osascript)$")
VERSION = 10
ATOMICS = "/Users/mara/AtomicRedTeam/atomics"


class Mac(make.Recorder):
    """A recorder of exec events only; processes that stand above the told ones get theirs first."""

    def __init__(self, start, seed):
        super().__init__(VERSION, start, seed)
        self.stat = functools.lru_cache(maxsize=None)(self.stat)
        self.above = {}
        self.origins = []

    def event(self, name, number, body, actor):
        super().event(name, number, body, actor)
        self.origins.append(self.origin)
        if len(self.lines) >= 500:
            self.flush()

    def flush(self):
        if self.lines:
            sys.stdout.write("\n".join(self.lines) + "\n")
        self.lines = []

    def start_program(self, parent, user, argv, argv0, origin):
        """`parent`'s child becomes the program argv[0]; returns it."""
        self.next_pid %= 99000
        path = argv[0]
        uid = corpus.USERS[user]
        home = "/" if user == "root" or user.startswith("_") else "/Users/" + user
        before = self.process(parent["path"], parent, uid=uid, signing=parent["signing"], team=parent["team"],
                              platform=parent["platform"], adhoc=parent["adhoc"])
        target = self.process(path, parent, uid=0 if path in SETUID else uid, pid=before["pid"], **signing_of(path))
        target["user"] = user
        for image in (before, target):
            image["responsible"] = (image if parent is self.launchd else parent["responsible"] or parent)
        plain = [a for a in argv[1:] if not a.startswith("-")]
        script = None
        if INTERPRETER.match(os.path.basename(path)) and plain and plain[0].startswith("/") and "-c" not in argv:
            script = plain[0]
        shown = os.path.basename(path) if argv0 == "name" and SEARCHED.match(path) and not script else path
        if argv0 == "login":  # login(1) tells a shell with a dash that it is the first of a session
            shown = "-" + os.path.basename(path)
        self.origin = origin
        self.event("exec", 9, {
            "target": self.es_process(target), "args": [shown] + argv[1:],
            "env": ["PATH=/usr/bin:/bin:/usr/sbin:/sbin", "HOME=" + ("/var/root" if user == "root" else home), "USER=" + user],
            "fds": [{"fd": n, "fdtype": 1 if target["tty"] else 6} for n in range(3)], "last_fd": 3,
            "cwd": self.file(home, uid=uid, mode=0o040755), "script": self.file(script) if script else None,
            "image_cputype": make.ARM64, "image_cpusubtype": -2147483646 if target["platform"] else 0,
            "dyld_exec_path": path}, before)
        return target

    def standing(self, path, user, above):
        """The process at `path` of `user` that has been running all day, and what it descends from."""
        if path == "/sbin/launchd":
            return self.launchd
        key = (path, user, above)
        if key not in self.above:
            shell = os.path.basename(path) in shellwords.SHELLS
            if path == SUDO:
                parent = self.standing("/bin/zsh", "mara", None)
            elif path == LOGIN:
                parent = self.standing(TERMINAL, user, None)
            elif above and path != above:
                parent = self.standing(above, user, None)
            elif shell and user != "root":
                parent = self.standing(LOGIN, user, None)
            else:
                parent = self.launchd
            argv0 = "login" if parent["path"] == LOGIN else "path"
            made = self.start_program(parent, user, [path] + (["-pf", user] if path == LOGIN else []), argv0, ("-", path))
            if path == LOGIN:
                made["tty"] = "/dev/ttys003"
            self.above[key] = made
        return self.above[key]

    def finish(self, path):
        self.flush()
        if path:
            with open(path, "w", encoding="utf-8") as out:
                out.writelines("\t".join(" ".join(f.split()) for f in origin) + "\n" for origin in self.origins)


def events(folder, names, map_path):
    sources, problems = corpus.load(folder)
    if problems:
        sys.exit(f"execs.py: the corpus has {len(problems)} problems; see execs.py check")
    unknown = set(names) - {s.name.removesuffix(".txt") for s in sources}
    if unknown:
        sys.exit(f"execs.py: no such file in the corpus: {', '.join(sorted(unknown))}")
    mac = Mac(1763000000, 31)
    for src in sources:
        if names and src.name.removesuffix(".txt") not in names:
            continue
        for block in src.blocks:
            play_block(mac, src, block)
    mac.finish(map_path)


def play_block(mac, src, block):
    """A line is the child of the nearest line above it, in its block, whose program is its parent."""
    made = []
    for line in block:
        images = []
        for run in line:
            above = next((m for m in reversed(made) if m[0]["path"] == run.parent and
                          (run.parent in SETUID or m[0]["user"] == run.user)), None)
            if above:
                parent = above[run.index] if len(above) == run.count else above[0]
            else:
                parent = mac.standing(run.parent, run.user, src.above)
            images.append(mac.start_program(parent, run.user, run.argv, src.argv0, (run.source, shlex.join(run.argv))))
        made.append(images)


def shared_atomics():
    base = os.environ.get("CORDON_SHARED_DATA", os.path.join(ROOT, "..", "shared", "data"))
    path = os.path.join(base, "atomics", "macos-atomics.jsonl")
    if not os.path.exists(path):
        sys.exit(f"execs.py: {path}: absent (CORDON_SHARED_DATA names the folder of the shared test data)")
    with open(path, encoding="utf-8") as handle:
        return [json.loads(line) for line in handle if line.strip()]


def filled(test):
    """The test's script with its input arguments at their defaults."""
    text = test["command"] or ""
    for _ in range(2):  # a default may name another argument
        for name, value in test["input_arguments"].items():
            text = text.replace("#{" + name + "}", str(value))
    return re.sub(r"\$?PathToAtomicsFolder", ATOMICS, text).strip()


def atomics(map_path, typed):
    mac = Mac(1763100000, 37)
    for test in shared_atomics():
        if test["executor"] not in ("sh", "bash"):
            continue
        text = filled(test)
        user = "root" if test["elevation"] else "mara"
        origin = (test["guid"], test["technique"], test["name"])
        if typed:
            for command in shellwords.executions(text):
                play_tree(mac, mac.standing("/bin/zsh", "mara", None), command, "mara", origin)
            continue
        shell = shellwords.Command(["/bin/" + test["executor"], "-c", text], user)
        shell.children = shellwords.executions(text)
        play_tree(mac, mac.standing("/bin/zsh", user, None), shell, user, origin)
    mac.finish(map_path)


def play_tree(mac, parent, command, user, origin):
    user = command.user if command.user in corpus.USERS else user
    made = mac.start_program(parent, user, command.argv, "name", origin + (shlex.join(command.argv),))
    for child in command.children:
        play_tree(mac, made, child, user, origin)


def lines(parent, user):
    """Corpus lines of what a shell executes, one block for each line of standard input."""
    def show(above, command, user):
        user = command.user or user
        print(f"{above}\t{user}\t{shlex.join(command.argv)}")
        for child in command.children:
            show(command.argv[0], child, user)
    for text in sys.stdin.read().splitlines():
        for command in shellwords.executions(text, "/Users/" + user):
            show(parent, command, user)
        print()


def check(folder):
    sources, problems = corpus.load(folder)
    for problem in problems:
        print(problem)
    print(" ".join(f"{k}={v}" for k, v in corpus.counts(sources).items()), f"problems={len(problems)}")
    return 1 if problems else 0


def corpus_folder(name):
    folder = os.path.join(corpus.DATA, name)
    if os.path.basename(name) != name or not os.path.isdir(folder):
        raise argparse.ArgumentTypeError(f"no folder tests/data/{name}")
    return folder


def main():
    parser = argparse.ArgumentParser(description="executions as text -> eslogger events")
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("check", "count", "events", "atomics"):
        sub = commands.add_parser(name)
        if name != "atomics":
            sub.add_argument("--corpus", default="benign", type=corpus_folder)
        if name in ("events", "atomics"):
            sub.add_argument("--map", dest="map_path")
        if name == "events":
            sub.add_argument("names", nargs="*")
        if name == "atomics":
            sub.add_argument("--typed", action="store_true")
    sub = commands.add_parser("lines")
    sub.add_argument("parent")
    sub.add_argument("user")
    args = parser.parse_args()
    if args.command == "check":
        return check(args.corpus)
    if args.command == "count":
        for src in corpus.load(args.corpus)[0]:
            print(f"{src.name}: " + " ".join(f"{k}={v}" for k, v in corpus.counts([src]).items() if k != "files"))
    elif args.command == "events":
        events(args.corpus, args.names, args.map_path)
    elif args.command == "atomics":
        atomics(args.map_path, args.typed)
    else:
        lines(args.parent, args.user)
    return 0


if __name__ == "__main__":
    sys.exit(main())
