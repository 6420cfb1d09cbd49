/* Values that events of most machines have: programs, their arguments, their files. A literal that
 * stands in one of them says little about a rule that has it, however long it is. Called by
 * builder_witness.c. */
#include "detect/builder_priv.h"

#define SYS "c:\\windows\\system32\\"

/* X(value), in lower case. Their number is what a literal's share is taken of. */
#define TYPICAL(X)                                                                                 \
    /* Windows: what the system starts, what people and administrators do */                       \
    X(SYS "svchost.exe")                                                                           \
    X(SYS "svchost.exe -k netsvcs -p -s schedule")                                                 \
    X(SYS "svchost.exe -k localservicenetworkrestricted -p")                                       \
    X(SYS "services.exe")                                                                          \
    X(SYS "lsass.exe")                                                                             \
    X(SYS "csrss.exe")                                                                             \
    X(SYS "wininit.exe")                                                                           \
    X(SYS "winlogon.exe")                                                                          \
    X(SYS "taskhostw.exe")                                                                         \
    X(SYS "runtimebroker.exe -embedding")                                                          \
    X(SYS "backgroundtaskhost.exe")                                                                \
    X(SYS "dllhost.exe /processid:{ab8902b4-09ca-4bb6-b78d-a8f59079a8d5}")                         \
    X(SYS "searchprotocolhost.exe")                                                                \
    X(SYS "wbem\\wmiprvse.exe -secured -embedding")                                                \
    X(SYS "conhost.exe")                                                                           \
    X("\\??\\" SYS "conhost.exe 0xffffffff -forcev1")                                              \
    X(SYS "cmd.exe")                                                                               \
    X(SYS "cmd.exe /c \"echo done > c:\\temp\\log.txt\"")                                          \
    X(SYS "windowspowershell\\v1.0\\powershell.exe")                                               \
    X("powershell.exe -noprofile -noninteractive -executionpolicy bypass -file "                   \
      "c:\\scripts\\job.ps1")                                                                      \
    X(SYS "rundll32.exe")                                                                          \
    X(SYS "rundll32.exe shell32.dll,control_rundll")                                               \
    X(SYS "msiexec.exe /v")                                                                        \
    X(SYS "reg.exe query hklm\\software\\microsoft\\windows\\currentversion /v version")           \
    X(SYS "schtasks.exe /query /fo csv")                                                           \
    X(SYS "net.exe")                                                                               \
    X("c:\\windows\\explorer.exe")                                                                 \
    X("c:\\windows\\system32\\sihost.exe")                                                         \
    X("c:\\windows\\syswow64\\wbem\\wmic.exe")                                                     \
    X("\"c:\\program files\\google\\chrome\\application\\chrome.exe\" --type=renderer "            \
      "--lang=en-us")                                                                              \
    X("c:\\program files (x86)\\microsoft\\edge\\application\\msedge.exe")                         \
    X("c:\\program files\\microsoft office\\root\\office16\\outlook.exe")                          \
    X("c:\\program files\\microsoft office\\root\\office16\\winword.exe /n")                       \
    X("c:\\program files\\windows defender\\msmpeng.exe")                                          \
    X("c:\\programdata\\microsoft\\windows defender\\platform\\4.18\\mpcmdrun.exe")                \
    X("c:\\users\\alice\\appdata\\local\\microsoft\\onedrive\\onedrive.exe /background")           \
    X("c:\\users\\alice\\appdata\\local\\microsoft\\teams\\current\\teams.exe --type=utility")     \
    X("c:\\users\\alice\\appdata\\local\\programs\\microsoft vs code\\code.exe")                   \
    X("c:\\program files\\git\\cmd\\git.exe status --porcelain")                                   \
    X("\"c:\\program files\\nodejs\\node.exe\" c:\\users\\alice\\source\\app\\index.js --port 80") \
    X("c:\\users\\alice\\appdata\\local\\temp\\file.tmp")                                          \
    X("c:\\users\\alice\\appdata\\roaming\\microsoft\\windows\\recent\\file.lnk")                  \
    X("c:\\users\\alice\\downloads\\setup.exe")                                                    \
    X("c:\\windows\\temp\\file.tmp")                                                               \
    X("c:\\windows\\prefetch\\cmd.exe-0bd30981.pf")                                                \
    X("hklm\\system\\currentcontrolset\\services\\service\\imagepath")                             \
    X("hklm\\software\\microsoft\\windows\\currentversion\\run")                                   \
    X("hku\\s-1-5-21-1-1001\\software\\microsoft\\windows\\currentversion\\explorer\\shell")       \
    X("hklm\\software\\microsoft\\windows nt\\currentversion\\winlogon")                           \
    X("nt authority\\system")                                                                      \
    /* macOS */                                                                                    \
    X("/usr/libexec/xpcproxy com.apple.service")                                                   \
    X("/sbin/launchd")                                                                             \
    X("/bin/sh -c echo done > /dev/null 2>&1")                                                     \
    X("/bin/bash")                                                                                 \
    X("/bin/zsh -l")                                                                               \
    X("/usr/bin/env python3 -m http")                                                              \
    X("/system/library/frameworks/coreservices.framework/versions/a/support/mdworker_shared -s")   \
    X("/system/library/privateframeworks/core.framework/support/cored")                            \
    X("/system/applications/utilities/terminal.app/contents/macos/terminal")                       \
    X("/applications/google chrome.app/contents/macos/google chrome --type=renderer --lang=en")    \
    X("/applications/visual studio code.app/contents/macos/electron")                              \
    X("/library/apple/system/library/coreservices/xprotect.app/contents/macos/xprotect")           \
    X("/users/alice/library/caches/com.apple.helper/file.db")                                      \
    X("/users/alice/library/application support/app/file.json")                                    \
    X("/users/alice/downloads/file.zip")                                                           \
    X("/users/alice/code/app/node_modules/.bin/node --port 80")                                    \
    X("/private/var/folders/zz/t/file.tmp")                                                        \
    X("/opt/homebrew/bin/git status --porcelain")                                                  \
    X("/library/developer/commandlinetools/usr/bin/clang -c -o file.o file.c")                     \
    /* Linux */                                                                                    \
    X("/usr/lib/systemd/systemd --user")                                                           \
    X("/usr/sbin/sshd -d")                                                                         \
    X("/usr/bin/python3 /usr/local/bin/job.py")                                                    \
    X("/usr/bin/grep -r name /etc")                                                                \
    X("/usr/bin/ls -la /home/alice")                                                               \
    X("/usr/bin/curl -s -o /tmp/file https://example.com/file")                                    \
    X("/usr/sbin/cron -f")                                                                         \
    X("/usr/bin/sudo apt-get update")                                                              \
    X("/usr/bin/dockerd -h fd://")                                                                 \
    X("/var/log/syslog")                                                                           \
    X("/proc/self/status")

#define LINE(value)  value "\n"
#define COUNT(value) +1

/* One value a line, with a line's end also before the first. */
static const char lines[] = "\n" TYPICAL(LINE);
enum { LINES = 0 TYPICAL(COUNT) };

static bool is_separator(char c)
{
    return c == '\n' || c == '/' || c == '\\';
}

/* Whether a text that was found is where its kind wants it. A whole value may also be the name of a
 * program alone. */
static bool stands_right(enum image_item_kind kind, const char *before, const char *behind)
{
    switch (kind) {
    case ITEM_PREFIX:
        return *before == '\n';
    case ITEM_SUFFIX:
        return *behind == '\n';
    case ITEM_CONTAINS:
        return true;
    default:
        return is_separator(*before) && *behind == '\n';
    }
}

unsigned builder_typical(enum image_item_kind kind, struct str text, unsigned of)
{
    unsigned count = 0;
    struct str rest = str_n(lines + 1, sizeof lines - 2);
    for (size_t at; text.len && (at = str_find(rest, text)) != SIZE_MAX;) {
        const char *found = rest.ptr + at;
        if (found + text.len == rest.ptr + rest.len)
            break; /* a line's end is behind each */
        bool right = stands_right(kind, found - 1, found + text.len);
        count += right ? 1 : 0;
        size_t skip = right ? str_find_char(str_sub(rest, at, SIZE_MAX), '\n') : 1;
        rest = str_sub(rest, at + skip, SIZE_MAX);
    }
    return count * of / LINES;
}
