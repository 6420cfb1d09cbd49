"""What a shell script executes: its simple commands as a tree of argument vectors, the way the kernel would report them.

Not a shell: every branch is taken once, a loop's body runs once with the loop's first word, output of a substitution is
known for a few commands and empty otherwise. Builtins execute nothing. Used by execs.py for attack tests that are told
as scripts, and to write lines of the benign corpus from a pipeline."""
import os
import re

HOME = "/Users/mara"
PLACES = {
    "/bin": "bash cat chmod cp csh dash date dd df echo ed expr hostname kill ksh launchctl link ln ls mkdir mv pax ps pwd "
            "realpath rm rmdir sh sleep stty sync tcsh test unlink wait4path zsh",
    "/sbin": "halt apfs_condenser dmesg disklabel fsck ifconfig kextload kextunload launchd md5 mount mount_smbfs mount_nfs "
             "newfs_apfs nfsd nologin pfctl ping ping6 quotacheck reboot route shutdown umount",
    "/usr/sbin": "ac arp asr bless blued chown chroot cron dev_mkdb diskutil dseditgroup fdesetup firmwarepasswd gpt "
                 "installer ioreg kextcache kextfind kextstat lsof mkfile ndp netstat networksetup newsyslog notifyd "
                 "nvram ntpdate periodic pkgutil postfix screencapture scselect scutil sntp softwareupdate spctl sshd "
                 "spray sysadminctl sysctl syslogd system_profiler systemsetup systemstats tcpdump traceroute traceroute6 "
                 "trpt vipw visudo vsdbutil zdump zic cupsctl lpadmin lpinfo cupsaccept dtrace fs_usage iostat "
                 "purge chgrp mtree pwd_mkdb rpcinfo sc_auth spindump taskpolicy tracepath universalaccessd kextutil "
                 "httpd apachectl ipconfig DevToolsSecurity dsenableroot",
    "/usr/bin": "SetFile GetFileInfo afplay agvtool ar arch as at atq atrm automator awk banner base64 basename bc bioutil "
                "bunzip2 bzip2 c++ caffeinate cal captoinfo cc chflags chpass chsh clang clang++ clear cmp codesign "
                "codesign_allocate col column comm compress cpio crontab csreq csrutil curl cut ditto diff dirname "
                "dig dns-sd dscacheutil dscl dsconfigad dserr dsimport dsmemberutil du dwarfdump env eslogger expand "
                "false file find finger fold fuser g++ gcc genstrings getconf git grep egrep fgrep groups gunzip gzip hdiutil "
                "head heap hexdump hidutil hiutil host iconv id install instruments ipcs iotop javac java join jq jot kcc "
                "kdestroy killall kinit klist kmutil kpasswd last ld leaks less lipo locale log logger login logname look lp "
                "lpq lpr lpstat lldb m4 make man mdfind mdimport mdls mdutil mesg mktemp more nano nc ncal nettop nice nm "
                "nmblookup nohup nscurl nslookup ntlmutil od open openssl osacompile osadecompile osalang osascript otool "
                "passwd paste patch pbcopy pbpaste perl perl5.34 pgrep php pkill pkgbuild plutil pluginkit pmset pr "
                "printenv printf productbuild productsign profiles python3 qlmanage quota readlink renice rev ruby "
                "rsync safaridriver sample say scp screen script sdef security sed seq setfile sfltool sftp shasum shar "
                "shlock shortcuts sips size smbutil snmpwalk sort spfquery split sqlite3 ssh ssh-add ssh-agent ssh-copy-id "
                "ssh-keygen ssh-keyscan stapler stat stringdups strings su sudo sw_vers swift swiftc systemkeychain tail "
                "tailspin tar tbtool tccutil tclsh tee telnet textutil tftp time tmutil top touch tput tr true truncate "
                "tsort tty udf umask uname uncompress unexpand uniq units unzip uptime users uucp uudecode uuencode uuidgen "
                "vi vim vm_stat vmmap w wait4path wall wc weakpass_edit whatis whereis which who whoami whois write xargs "
                "xattr xcode-select xcodebuild xcrun xed xip xmllint xpath xsltproc xxd yes zcat zip zipinfo zless "
                "zprint bputil iproxy notifyutil mcxquery odutil fddist swift-driver DeRez Rez actool ibtool simctl "
                "app-sso iconutil nm install_name_tool lsbom sysdiagnose opensnoop afconvert powermetrics showmount strip libtool "
                "atos pwpolicy bsdtar AssetCacheManagerUtil AssetCacheLocatorUtil footprint dscacheutil systemextensionsctl defaults",
    "/usr/libexec": "PlistBuddy java_home path_helper xpcproxy",
    "/opt/homebrew/bin": "brew",
}
PROGRAMS = {name: f"{folder}/{name}" for folder, names in PLACES.items() for name in names.split()}
PROGRAMS.update({
    "airport": "/System/Library/PrivateFrameworks/Apple80211.framework/Versions/Current/Resources/airport",
    "kickstart": "/System/Library/CoreServices/RemoteManagement/ARDAgent.app/Contents/Resources/kickstart",
    "socketfilterfw": "/usr/libexec/ApplicationFirewall/socketfilterfw",
    "lsregister": "/System/Library/Frameworks/CoreServices.framework/Frameworks/LaunchServices.framework/Support/lsregister",
    "mdatp": "/usr/local/bin/mdatp", "jamf": "/usr/local/bin/jamf", "code": "/usr/local/bin/code",
})
BUILTINS = set("""cd echo export read set unset : true false printf [ test return exit break continue shift trap ulimit umask
    wait alias unalias type kill jobs bg fg history fc pwd declare local let getopts hash builtin mapfile readonly typeset
    disown shopt setopt unsetopt autoload source . pushd popd dirs times [[ (( emulate zmodload compinit suspend""".split())
OPENERS = {"if", "then", "else", "elif", "do", "while", "until", "!", "{", "time", "coproc"}
CLOSERS = {"fi", "done", "esac", "}", ";;"}
SHELLS = {"sh", "bash", "zsh", "dash", "ksh", "csh", "tcsh"}
# Programs that start another: their options that take a value, and how many plain words come before the command.
WRAPPERS = {
    "sudo": ("-u -g -p -h -C -r -t -U", 0), "env": ("-u -S -P", 0), "nohup": ("", 0), "nice": ("-n", 0),
    "xargs": ("-n -I -P -L -J -s -R -E", 0), "caffeinate": ("-t -w", 0), "arch": ("-e -d", 0), "timeout": ("-s -k", 1),
    "gtimeout": ("-s -k", 1), "time": ("", 0), "script": ("-t", 1), "doas": ("-u", 0), "exec": ("-a", 0),
    "command": ("", 0), "stdbuf": ("-i -o -e", 0), "watch": ("-n", 0), "xcrun": ("--sdk -sdk --toolchain", 0),
}
OUTPUTS = {"uname": "Darwin", "uname -s": "Darwin", "uname -m": "arm64", "whoami": "mara", "id -un": "mara", "id -u": "501",
           "hostname": "maras-mac", "pwd": HOME, "nproc": "8", "sysctl -n hw.ncpu": "8", "brew --prefix": "/opt/homebrew",
           "sw_vers -productVersion": "15.6.1", "date +%s": "1763000000", "date +%F": "2025-11-13",
           "xcode-select -p": "/Applications/Xcode.app/Contents/Developer", "git rev-parse --show-toplevel": HOME + "/src/app"}
OPERATORS = ("&&", "||", ";;", "|&", "|", ";", "&", "\n", "(", ")")
HEREDOC = re.compile(r"<<(-?)\s*(['\"]?)([\w.-]+)\2")
REDIRECT = re.compile(r"(\d*|&)(>>|>\||>&|<&|<>|>|<<<|<)")
SHELL_SCRIPT = re.compile(r'do shell script "((?:[^"\\]|\\.)*)"', re.S)


class Command:
    """One execution: argument vector (the first word is a path), the user it runs as, what it starts in turn."""

    def __init__(self, argv, user=None):
        self.argv = argv
        self.user = user
        self.children = []


def program_path(name, cwd=HOME):
    if name.startswith("/"):
        return os.path.normpath(name)
    if "/" in name:
        return os.path.normpath(os.path.join(cwd, name))
    return PROGRAMS.get(name, "/opt/homebrew/bin/" + name)


def close_of(text, start, opener, closer):
    """Index of the bracket that closes the one before `start`, quotes respected."""
    depth, i, quote = 1, start, ""
    while i < len(text):
        c = text[i]
        if c == "\\" and quote != "'":
            i += 1
        elif quote:
            quote = "" if c == quote else quote
        elif c in "'\"":
            quote = c
        elif c == opener:
            depth += 1
        elif c == closer:
            depth -= 1
            if depth == 0:
                return i
        i += 1
    return len(text)


class Script:
    """One pass over a script; `found` is what the shell itself starts."""

    def __init__(self, text, env=None, cwd=HOME, user=None):
        self.text = text
        self.i = 0
        self.env = {"HOME": HOME, "USER": "mara", "TMPDIR": "/var/folders/k2/q1w2e3r4_zx0r7_8l4c0000gn/T/",
                    "PWD": cwd, "SHELL": "/bin/zsh"} if env is None else env
        self.cwd = cwd
        self.user = user
        self.functions = set()
        self.found = []

    # ---------------------------------------------------------------- words
    def substitution(self, inner):
        """Commands inside $( ) run too; the value is known for a few."""
        part = Script(inner, self.env, self.cwd, self.user)
        part.functions = self.functions
        self.found += part.parse()
        key = " ".join(inner.split()).replace(" 2>/dev/null", "")
        if re.match(r"(which|command -v) \S+$", key):
            return program_path(key.split()[-1])
        echoed = re.match(r"echo [\"']?([\w./:-]+)[\"']?$", key)
        return echoed.group(1) if echoed else OUTPUTS.get(key, "")

    def dollar(self):
        """The value of what starts with the dollar sign at self.i; moves behind it."""
        text, i = self.text, self.i + 1
        if text.startswith("((", i):
            end = text.find("))", i)
            self.i = (len(text) if end < 0 else end + 2)
            return "1"
        if text.startswith("(", i):
            end = close_of(text, i + 1, "(", ")")
            self.i = end + 1
            return self.substitution(text[i + 1:end])
        if text.startswith("{", i):
            end = close_of(text, i + 1, "{", "}")
            self.i = end + 1
            inner = text[i + 1:end]
            name = re.match(r"\w+", inner)
            known = self.env.get(name.group(0)) if name else None
            if known is not None:
                return known
            default = re.match(r"\w+:?[-=](.*)", inner, re.S)
            return default.group(1) if default else "${" + inner + "}"
        name = re.compile(r"\w+|[?#@*$!-]").match(text, i)
        if not name:
            self.i = i
            return "$"
        self.i = name.end()
        return self.env.get(name.group(0), "$" + name.group(0))

    def backticks(self):
        end = self.text.find("`", self.i + 1)
        end = len(self.text) if end < 0 else end
        inner = self.text[self.i + 1:end]
        self.i = end + 1
        return self.substitution(inner)

    def double_quoted(self):
        out = []
        self.i += 1
        while self.i < len(self.text):
            c = self.text[self.i]
            if c == '"':
                self.i += 1
                break
            if c == "\\" and self.i + 1 < len(self.text) and self.text[self.i + 1] in '$`"\\\n':
                if self.text[self.i + 1] != "\n":
                    out.append(self.text[self.i + 1])
                self.i += 2
            elif c == "$":
                out.append(self.dollar())
            elif c == "`":
                out.append(self.backticks())
            else:
                out.append(c)
                self.i += 1
        return "".join(out)

    def word(self):
        """(text, quoted) of the word at self.i."""
        out, quoted, begin = [], False, self.i
        while self.i < len(self.text):
            c = self.text[self.i]
            if c in " \t\n|;&()<>" and not (c in "<>" and self.text[self.i + 1:self.i + 2] == "("):
                if c != "(" or not out or "".join(out)[-1:] not in "=?*+@!":
                    break
                end = close_of(self.text, self.i + 1, "(", ")")  # an array or a pattern
                out.append(self.text[self.i:end + 1])
                self.i = end + 1
            elif c in "<>":
                end = close_of(self.text, self.i + 2, "(", ")")
                self.substitution(self.text[self.i + 2:end])
                out.append("/dev/fd/63")
                self.i = end + 1
            elif c == "\\":
                quoted = True
                if self.text[self.i + 1:self.i + 2] != "\n":
                    out.append(self.text[self.i + 1:self.i + 2])
                self.i += 2
            elif c == "'":
                quoted = True
                end = self.text.find("'", self.i + 1)
                end = len(self.text) if end < 0 else end
                out.append(self.text[self.i + 1:end])
                self.i = end + 1
            elif c == '"':
                quoted = True
                out.append(self.double_quoted())
            elif self.text.startswith("$'", self.i):
                self.i += 1
            elif c == "$":
                out.append(self.dollar())
            elif c == "`":
                out.append(self.backticks())
            elif c == "~" and self.i == begin and self.text[self.i + 1:self.i + 2] in ("/", "", " ", "\n"):
                out.append(self.env.get("HOME", HOME))
                self.i += 1
            else:
                out.append(c)
                self.i += 1
        return "".join(out), quoted

    # ---------------------------------------------------------------- commands
    def skip_heredoc(self, match):
        """The body starts on the next line; cut it out of the text, the command goes on behind the operator."""
        line_end = self.text.find("\n", self.i)
        if line_end < 0:
            line_end = len(self.text)
        body = re.compile(r"^" + (r"\t*" if match.group(1) else "") + re.escape(match.group(3)) + r"[ \t]*$", re.M)
        end = body.search(self.text, line_end + 1)
        stop = end.end() if end else len(self.text)
        self.text = self.text[:match.start()] + self.text[match.end():line_end] + self.text[stop:]
        self.i = match.start()

    def parse(self):
        words = []
        while self.i < len(self.text):
            c = self.text[self.i]
            heredoc = HEREDOC.match(self.text, self.i) if c == "<" and self.text[self.i:self.i + 3] != "<<<" else None
            redirect = REDIRECT.match(self.text, self.i) if c in "<>&0123456789" else None
            if redirect and c in "<>" and self.text[redirect.end():redirect.end() + 1] == "(":
                redirect = None
            if self.text.startswith("\\\n", self.i):
                self.i += 2
            elif c in " \t\r":
                self.i += 1
            elif c == "#" and (self.i == 0 or self.text[self.i - 1] in " \t\n;"):
                end = self.text.find("\n", self.i)
                self.i = len(self.text) if end < 0 else end
            elif heredoc:
                self.skip_heredoc(heredoc)
            elif redirect and (redirect.group(1) or c in "<>"):
                self.i = redirect.end()
                while self.i < len(self.text) and self.text[self.i] in " \t":
                    self.i += 1
                self.word()
            else:
                operator = next((o for o in OPERATORS if self.text.startswith(o, self.i)), None)
                if operator:
                    self.i += len(operator)
                    if operator == "(" and len(words) == 1:  # name ( ) begins a function
                        self.functions.add(words[0][0])
                        words = []
                    elif operator == ")" and self.in_case(words):
                        words = []
                    else:
                        self.command(words)
                        words = []
                else:
                    words.append(self.word())
        self.command(words)
        return self.found

    def in_case(self, words):
        return bool(words) and self.env.get(" case") == "1" and len(words) == 1

    def command(self, words):
        while words and not words[0][1] and (words[0][0] in OPENERS or words[0][0] in CLOSERS):
            words = words[1:]
        if not words:
            return
        first = words[0][0] if not words[0][1] else None
        if first == "for":
            if len(words) > 3:
                self.env[words[1][0]] = words[3][0]
            return
        if first == "case":
            self.env[" case"] = "1"
            return
        if first == "function":
            self.functions.add(words[1][0])
            return
        while words and re.match(r"\w+\+?=", words[0][0]):
            name, value = words[0][0].split("=", 1)
            if len(words) == 1:
                self.env[name.rstrip("+")] = value
            words = words[1:]
        argv = [w[0] for w in words]
        if words and not words[0][1]:
            argv[:1] = argv[0].split()  # a command that a variable holds
        if argv and argv[0]:
            self.run(argv, self.found, self.user)

    def run(self, argv, into, user):
        name = argv[0]
        if name == "cd" and len(argv) > 1:
            self.cwd = os.path.normpath(os.path.join(self.cwd, argv[1]))
        if name in ("export", "local", "readonly", "declare", "typeset"):
            for pair in argv[1:]:
                if "=" in pair:
                    key, value = pair.split("=", 1)
                    self.env[key] = value
        if name == "eval":
            into += Script(" ".join(argv[1:]), self.env, self.cwd, user).parse()
            return
        if name in ("exec", "command", "time", "builtin", "nocorrect", "noglob"):
            rest = self.wrapped(name, argv)
            if rest and not (name == "command" and len(argv) > 1 and argv[1] in ("-v", "-V")):
                self.run(rest, into, user)
            return
        if name in BUILTINS or name in self.functions or name.startswith("(("):
            return
        made = Command([program_path(name, self.cwd)] + argv[1:], user)
        into.append(made)
        self.started_by(os.path.basename(name), argv, made, user)

    def wrapped(self, name, argv):
        """The command inside `name`'s arguments."""
        valued, plain = WRAPPERS.get(name, ("", 0))
        i = 1
        while i < len(argv):
            word = argv[i]
            if word == "--":
                i += 1
                break
            if word in valued.split() or (name == "sudo" and re.match(r"-[a-zA-Z]+u$", word)):
                i += 2
            elif word.startswith("-") or (name in ("env", "sudo") and re.match(r"\w+=", word)):
                i += 1
            elif plain:
                plain -= 1
                i += 1
            else:
                break
        return argv[i:]

    def started_by(self, name, argv, made, user):
        inner = made.children
        if name in SHELLS:
            flags = [n for n, a in enumerate(argv[1:], 1) if re.match(r"-\w*c$", a)]
            if flags and flags[0] + 1 < len(argv):
                inner += Script(argv[flags[0] + 1], dict(self.env), self.cwd, user).parse()
        elif name == "su":
            for n, word in enumerate(argv[:-1]):
                if word == "-c":
                    shell = Command(["/bin/sh", "-c", argv[n + 1]], argv[-1] if n + 2 < len(argv) else "root")
                    shell.children = Script(argv[n + 1], dict(self.env), self.cwd, shell.user).parse()
                    inner.append(shell)
        elif name == "launchctl" and argv[1:2] == ["asuser"] and len(argv) > 3:
            self.run(argv[3:], inner, user)
        elif name == "find":
            for n, word in enumerate(argv):
                if word in ("-exec", "-execdir", "-ok") and n + 1 < len(argv):
                    end = next((k for k in range(n, len(argv)) if argv[k] in (";", "+")), len(argv))
                    self.run(argv[n + 1:end], inner, user)
        elif name == "osascript":
            for script in SHELL_SCRIPT.findall(" ".join(argv)):
                text = re.sub(r"\\(.)", r"\1", script)
                shell = Command(["/bin/sh", "-c", text], "root" if "administrator privileges" in argv[-1] else user)
                shell.children = Script(text, dict(self.env), self.cwd, shell.user).parse()
                inner.append(shell)
        elif name in WRAPPERS:
            rest = self.wrapped(name, argv)
            if name in ("sudo", "doas"):
                user = argv[argv.index("-u") + 1] if "-u" in argv[:-1] else "root"
                if not rest and ("-s" in argv or "-i" in argv):
                    rest = ["zsh"]
            if rest and rest[0] not in BUILTINS | {"cd"} or rest[:1] in (["echo"], ["kill"], ["printf"], ["test"]):
                self.run_plain(rest, inner, user)

    def run_plain(self, argv, into, user):
        """Like run, but by a program that knows no builtins: sudo echo executes /bin/echo."""
        made = Command([program_path(argv[0], self.cwd)] + argv[1:], user)
        into.append(made)
        self.started_by(os.path.basename(argv[0]), argv, made, user)


def executions(script, cwd=HOME, user=None):
    """Commands that a shell starts when it runs `script`, each with what it starts in turn."""
    return Script(script, None, cwd, user).parse()
