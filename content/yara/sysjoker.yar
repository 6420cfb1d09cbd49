rule mac_sysjoker
{
    meta:
        family = "SysJoker"
        description = "SysJoker: backdoor that poses as an update"
        reference = "https://www.intezer.com/blog/malware-analysis/new-backdoor-sysjoker/"
        forms = "macho:2"
        date = "2026-11-24"
    strings:
        $program = "/Library/MacOsServices/updateMacOs"
        $network = "/Library/SystemNetwork"
        $bookit = "bookitlab.tech"
        $audio = "winaudio-tools.com"
        $graphic = "graphic-updater.com"
        $mini = "github.url-mini.com"
        $office = "office360-update.com"
        $drive = "1-NVty4YX0dPHdxkgMrbdCldQCpCaE-Hn"
    condition:
        filesize < 64MB and (
            (2 of them and (uint32(0) == 0xfeedface or uint32(0) == 0xfeedfacf or
             ((uint32be(0) | 1) == 0xcafebabf and uint32be(4) < 20))))
}
