rule mac_rustdoor
{
    meta:
        family = "RustDoor"
        description = "RustDoor: backdoor in fake developer tools"
        reference = "https://medium.com/s2wblog/rustdoor-and-gatedoor-a-new-pair-of-weapons-disguised-as-legitimate-software-by-suspected-34c94e558b40"
        reference = "https://github.com/chainguard-dev/malcontent/blob/main/rules/malware/family/rustdoor.yara"
        forms = "macho:3"
        date = "2026-11-24"
    strings:
        $cron = "lock_in_cron"
        $dock = "lock_in_dock"
        $launch = "lock_in_launch"
        $asked = "check_cron_asked"
        $kill = "botkill"
    condition:
        filesize < 64MB and (
            (3 of them and (uint32(0) == 0xfeedface or uint32(0) == 0xfeedfacf or
             ((uint32be(0) | 1) == 0xcafebabf and uint32be(4) < 20))))
}
