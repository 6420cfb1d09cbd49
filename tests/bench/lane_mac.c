/* What happens on the Mac of the lanes: programs that start, files they touch. See lane.h. */
#include "lane.h"

/* Program, then its arguments with '|' between; `weight` of all starts. */
struct start {
    unsigned weight;
    const char *image;
    const char *args;
};

static const struct start starts[] = {
    /* developers */
    {60, "/usr/bin/git", "git|status|--porcelain=v2|--branch"},
    {30, "/usr/bin/git", "git|-C|/Users/%u/code/%w|rev-parse|--abbrev-ref|HEAD"},
    {25, "/usr/bin/git", "git|fetch|--prune|https://%d/%w/%w.git|+refs/heads/*:refs/remotes/o/*"},
    {60, "/Library/Developer/CommandLineTools/usr/bin/clang",
     "clang|-x|c|-target|arm64-apple-macos13|-fmessage-length=0|-fdiagnostics-show-note-include-"
     "stack|-O2|-g|-Wall|-Wextra|-isysroot|/Library/Developer/CommandLineTools/SDKs/MacOSX.sdk|"
     "-I/Users/%u/code/%w/include|-MMD|-MF|/Users/%u/code/%w/build/%w-%n.d|-c|"
     "/Users/%u/code/%w/src/%f|-o|/Users/%u/code/%w/build/%w-%n.o"},
    {20, "/Library/Developer/CommandLineTools/usr/bin/ld",
     "ld|-demangle|-dynamic|-arch|arm64|-platform_version|macos|13.0.0|15.0|-o|%w-%n|"
     "/Users/%u/code/%w/build/%w-%n.o|-lSystem"},
    {40, "/opt/homebrew/bin/node",
     "node|--max-old-space-size=4096|/Users/%u/code/%w/node_modules/.bin/%w|--watch|--port|%n|"
     "--config|%w.config.js"},
    {20, "/opt/homebrew/bin/python3.12", "python3|-m|pytest|-q|tests/test_%w.py::test_%w_%n"},
    {25, "/bin/zsh", "zsh|-c|make -j8 %w 2>&1 | tee /tmp/%w-%n.log"},
    {30, "/usr/bin/grep", "grep|-rn|%w_%w|/Users/%u/code/%w/src"},
    {30, "/usr/bin/sed", "sed|-e|s/%w/%w/g|%f"},
    {20, "/bin/ls", "ls|-la|/Users/%u/Library/Caches/com.example.%w"},
    {15, "/usr/bin/ssh", "ssh|-o|BatchMode=yes|%u@%d|systemctl status %w"},
    {20, "/bin/cat", "cat|/Users/%u/code/%w/%f"},
    {15, "/usr/bin/tar", "tar|-czf|/tmp/%w-%n.tgz|-C|/Users/%u/code|%w"},
    {15, "/usr/bin/curl", "curl|-fsSL|--retry|3|-o|/tmp/%w-%n.zip|https://%d/%w/%n"},
    {10, "/usr/bin/curl", "curl|-sS|-H|Accept: application/json|https://%d/v2/%w/%n?page=%n"},
    {10, "/usr/bin/codesign", "codesign|--verify|--deep|--strict|/Applications/%w.app"},
    /* the system */
    {40, "/usr/libexec/xpcproxy", "xpcproxy|com.example.%w.%n"},
    {25,
     "/System/Library/Frameworks/CoreServices.framework/Versions/A/Frameworks/"
     "Metadata.framework/Versions/A/Support/mdworker_shared",
     "/System/Library/Frameworks/CoreServices.framework/Versions/A/Frameworks/Metadata.framework/"
     "Versions/A/Support/"
     "mdworker_shared|-s|mdworker|-c|MDSImporterWorker|-m|com.apple.mdworker.%n"},
    {15, "/bin/ps", "ps|-axo|pid,ppid,command"},
    /* administrators and their scripts: what rules on macOS look at */
    {130, "/bin/sh",
     "sh|-c|sw_vers -productVersion; /usr/sbin/system_profiler SPHardwareDataType | grep %w; "
     "sysctl "
     "-n hw.model; ioreg -rd1 -c IOPlatformExpertDevice; dscl . list /Users UniqueID; grep %w "
     "/etc/group; tail -n %n /var/log/install.log; profiles status | grep managed; pwpolicy -u %u "
     "passwordage; launchctl print-disabled gui/501"},
    {90, "/bin/bash",
     "/bin/bash|-c|launchctl bootout system/com.example.%w; launchctl load -w "
     "/Library/LaunchDaemons/com.example.%w.plist; PlistBuddy -c 'Print :RunAtLoad' "
     "/tmp/%w-%n.plist; launchctl disable user/501/com.example.%w; tmutil listbackups | grep %w; "
     "dscl . -create /Groups/%w; security delete-certificate -c %w-%n"},
    {70, "/bin/zsh",
     "zsh|-c|file=$(curl -fsSL https://%d/%w.sh | base64 -D) && hdiutil attach /tmp/%w-%n.dmg && "
     "cp "
     "-R /Volumes/%w/%w.app /Applications && xattr -dr com.apple.quarantine /Applications/%w.app "
     "&& "
     "rm -f /Users/%u/.zsh_history && osascript -e 'set the clipboard to \"%n\"'"},
    {25, "/usr/bin/dscl", "dscl|.|-read|/Users/%u|NFSHomeDirectory"},
    {20, "/usr/bin/dscl", "dscl|.|list|/Users|UniqueID"},
    {20, "/usr/sbin/system_profiler", "system_profiler|SPApplicationsDataType|-json"},
    {20, "/usr/bin/sw_vers", "sw_vers|-productVersion"},
    {20, "/usr/bin/osascript",
     "osascript|-e|tell application \"System Events\" to get name of every process whose %w is %n"},
    {20, "/usr/sbin/sysctl", "sysctl|-n|hw.ncpu"},
    {20, "/bin/launchctl", "launchctl|kickstart|-k|gui/501/com.example.%w"},
    {15, "/usr/bin/security", "security|find-generic-password|-s|com.example.%w|-w"},
    {15, "/usr/bin/find", "find|/Users/%u/Library|-name|%f|-perm|-4000|-mtime|-%n"},
    {15, "/usr/bin/hdiutil", "hdiutil|attach|-nobrowse|-readonly|/tmp/%w-%n.dmg"},
    {15, "/usr/sbin/networksetup", "networksetup|-getwebproxy|Wi-Fi"},
    {15, "/usr/sbin/netstat", "netstat|-an|-p|tcp"},
    {10, "/usr/sbin/screencapture", "screencapture|-x|/tmp/%w-%n.png"},
    {10, "/bin/sh",
     "sh|-c|grep -rin password /Users/%u/Documents; find / -name '*.%w' 2>/dev/null"},
    {10, "/usr/bin/touch", "touch|-t|202501010000|/tmp/%w-%n"},
    {10, "/usr/bin/tmutil", "tmutil|addexclusion|/Users/%u/code/%w/build"},
    {8, "/usr/bin/openssl", "openssl|enc|-aes-256-cbc|-base64|-d|-in|/tmp/%w-%n|-out|/tmp/%w"},
    {8, "/usr/sbin/ioreg", "ioreg|-l|-p|IOUSB"},
};

static const char *const parents[][2] = {
    {"/bin/zsh", "-zsh"},
    {"/bin/zsh", "/bin/zsh -l"},
    {"/bin/bash", "/bin/bash /Users/%u/code/%w/script/%w"},
    {"/bin/sh", "sh -c make -j8 %w"},
    {"/sbin/launchd", "/sbin/launchd"},
    {"/opt/homebrew/bin/node", "node /Users/%u/code/%w/server.js --port %n"},
    {"/usr/bin/make", "make -j8 %w"},
    {"/Applications/Xcode.app/Contents/SharedFrameworks/XCBuild.framework/Versions/A/PlugIns/"
     "XCBBuildService.bundle/Contents/MacOS/XCBBuildService",
     "XCBBuildService --session %n"},
    {"/usr/local/jamf/bin/jamf", "/usr/local/jamf/bin/jamf policy -event %w"},
    {"/usr/local/munki/managedsoftwareupdate",
     "/usr/local/munki/managedsoftwareupdate --auto --quiet"},
};

static const char *const files[] = {
    "/Users/%u/code/%w/build/%w-%n.o",
    "/Users/%u/Library/Caches/com.example.%w/Cache.db-%h",
    "/Users/%u/Documents/%f",
    "/private/tmp/%w-%n.log",
    "/private/var/folders/k2/%h%h_zx0r7_8l4c0000gn/T/com.example.%w.%h",
    "/Users/%u/Library/LaunchAgents/com.example.%w.plist",
    "/Users/%u/Downloads/%f",
};

static const struct start *pick_start(struct lane *lane)
{
    static unsigned total;
    if (total == 0) {
        for (unsigned i = 0; i < ARRAY_LEN(starts); i++)
            total += starts[i].weight;
    }
    unsigned at = lane_below(&lane->dice, total);
    const struct start *s = starts;
    while (at >= s->weight)
        at -= s++->weight;
    return s;
}

static void cut_args(struct lane *lane, const char *args, struct lane_act *act)
{
    /* Cut first, so that a bar that a script has inside stays with " | ". */
    struct str left = str_of(args);
    while (left.len && act->args_len < ARRAY_LEN(act->args)) {
        size_t end = 0;
        while (end < left.len && !(left.ptr[end] == '|' && (end == 0 || left.ptr[end - 1] != ' ')))
            end++;
        struct str one = str_sub(left, 0, end);
        act->args[act->args_len++] = lane_text(lane, lane_fmt(lane, "%.*s", STR_FMT(one)).ptr);
        left = str_sub(left, end + 1, SIZE_MAX);
    }
}

void lane_mac_act(struct lane *lane, struct lane_act *act)
{
    unsigned kind = lane_below(&lane->dice, 100);
    const struct start *s = pick_start(lane);
    const char *const *parent = parents[lane_below(&lane->dice, ARRAY_LEN(parents))];
    act->kind = kind < 80   ? ACT_EXEC
                : kind < 86 ? ACT_FORK
                : kind < 94 ? ACT_CREATE
                : kind < 97 ? ACT_RENAME
                            : ACT_UNLINK;
    act->image = str_of(s->image);
    cut_args(lane, s->args, act);
    act->parent_image = str_of(parent[0]);
    act->parent_line = lane_text(lane, parent[1]);
    act->file = lane_text(lane, files[lane_below(&lane->dice, ARRAY_LEN(files))]);
    act->user = lane_text(lane, "%u");
    act->home = lane_fmt(lane, "/Users/%.*s", STR_FMT(act->user));
    act->uid = lane_below(&lane->dice, 10) ? 501 : 0;
    act->pid = lane_below(&lane->dice, 98000) + 400;
    act->parent_pid = lane_below(&lane->dice, 98000) + 400;
}
