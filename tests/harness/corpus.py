"""Loader of a corpus of executions (tests/data/benign/*.txt, or benign2, benign3): lines, their alternatives, and what is wrong with them.

The form is described in tests/data/benign/README.md."""
import itertools
import os
import re
import shlex

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DATA = os.path.join(ROOT, "tests", "data")
FOLDER = os.path.join(DATA, "benign")
ALTERNATIVES_MAX = 8
LINE_MAX = 4000
GROUP = re.compile(r"\{\{((?:[^{}]|\{(?!\{)|\}(?!\}))*\|(?:[^{}]|\{(?!\{)|\}(?!\}))*)\}\}")
# They never start another program, so they are nobody's parent.
LEAVES = set("cat cp mv rm ls mkdir chmod chown grep egrep fgrep awk sed cut tr head tail wc sort uniq curl scp dscl defaults "
             "plutil PlistBuddy security sw_vers uname whoami id hostname ioreg system_profiler csrutil spctl codesign xattr stat shasum "
             "md5 base64 sleep date echo touch ln df du ps top lsof netstat ifconfig scutil networksetup mdfind mdls tar zip "
             "unzip hdiutil diskutil pkgutil pbcopy pbpaste say jq sqlite3 openssl killall kill profiles fdesetup".split())
USERS = {"root": 0, "mara": 501, "tobias": 502, "ines": 503, "jonas": 504, "admin": 505, "runner": 506, "daemon": 1, "nobody": -2,
         "_spotlight": 89, "_www": 70, "_windowserver": 88, "_mdnsresponder": 65, "_softwareupdate": 200, "_locationd": 205,
         "_coreaudiod": 202, "_atsserver": 97, "_securityagent": 92, "_timed": 266, "_appinstalld": 273, "_netbios": 222,
         "_usbmuxd": 213, "_nsurlsessiond": 242, "_trustd": 282, "_lp": 26, "_postgres": 216, "_analyticsd": 263, "_driverkit": 270}


class Execution:
    """One expanded line."""

    def __init__(self, source, parent, user, argv, index, count):
        self.source = source  # file:line
        self.parent = parent
        self.user = user
        self.argv = argv
        self.index = index  # which alternative of its line, 0 .. count-1
        self.count = count


class Source:
    """One file: its header's settings and its blocks of lines."""

    def __init__(self, name):
        self.name = name
        self.argv0 = "name"  # how argv[0] is told: the name alone, or the path
        self.above = None    # what starts this file's shells that no line starts
        self.blocks = []     # lists of lists of Execution: block, line, alternative
        self.lines = 0


def alternatives(text):
    """Every text that the groups {{a|b}} of `text` stand for, in order; a group without a bar is plain text."""
    parts = GROUP.split(text)
    choices = [part.split("|") if n % 2 else [part] for n, part in enumerate(parts)]
    return ["".join(pick) for pick in itertools.product(*choices)]


def read_line(line, source, problems):
    """Alternatives of one line as a list of Execution; what is wrong goes to `problems`."""
    fields = line.split("\t")
    if len(fields) != 3 or not all(fields):
        problems.append(f"{source}: not parent, user, command separated by tabs")
        return []
    parent, user, command = fields
    texts = alternatives(command)
    if len(texts) > ALTERNATIVES_MAX:
        problems.append(f"{source}: {len(texts)} alternatives, at most {ALTERNATIVES_MAX}")
    if len(line) > LINE_MAX:
        problems.append(f"{source}: {len(line)} characters, at most {LINE_MAX}")
    if not parent.startswith("/") or os.path.normpath(parent) != parent:
        problems.append(f"{source}: parent '{parent}' is no absolute path")
    if os.path.basename(parent) in LEAVES:
        problems.append(f"{source}: '{parent}' starts no other program")
    if user not in USERS:
        problems.append(f"{source}: unknown user '{user}'")
    out = []
    for index, text in enumerate(texts):
        try:
            argv = shlex.split(text)
        except ValueError as error:
            problems.append(f"{source}: {error}: {text}")
            continue
        if not argv or not argv[0].startswith("/") or os.path.normpath(argv[0]) != argv[0]:
            problems.append(f"{source}: the program is no absolute path: {text}")
            continue
        if shlex.join(argv) != text and shlex.split(shlex.join(argv)) != argv:
            problems.append(f"{source}: does not survive quoting: {text}")
        out.append(Execution(source, parent, user, argv, index, len(texts)))
    return out


def load_file(path, problems):
    src = Source(os.path.basename(path))
    with open(path, encoding="utf-8") as handle:
        text = handle.read()
    if not text.startswith("# "):
        problems.append(f"{src.name}: no header comment")
    block = []
    for number, line in enumerate(text.split("\n"), 1):
        setting = re.match(r"#: (argv0|above) (\S.*)$", line)
        if setting:
            setattr(src, setting.group(1), setting.group(2))
        elif line.startswith("#"):
            continue
        elif not line.strip():
            if block:
                src.blocks.append(block)
            block = []
        else:
            src.lines += 1
            found = read_line(line, f"{src.name}:{number}", problems)
            if found:
                block.append(found)
    if block:
        src.blocks.append(block)
    return src


def load(folder=FOLDER):
    """(sources, problems); executions that occur twice are a problem."""
    problems, sources, seen = [], [], {}
    for name in sorted(os.listdir(folder)):
        if name.endswith(".txt"):
            sources.append(load_file(os.path.join(folder, name), problems))
    for run in every(sources):
        key = (run.parent, run.user, tuple(run.argv))
        if key in seen:
            problems.append(f"{run.source}: the same as {seen[key]}: {shlex.join(run.argv)}")
        seen.setdefault(key, run.source)
    return sources, problems


def every(sources):
    return (run for src in sources for block in src.blocks for line in block for run in line)


def counts(sources):
    """Lines written, executions they expand to, distinct command lines, distinct programs."""
    runs = list(every(sources))
    return {"files": len(sources), "lines": sum(s.lines for s in sources), "executions": len(runs),
            "command_lines": len({tuple(r.argv) for r in runs}), "programs": len({r.argv[0] for r in runs})}
