rule mac_calisto
{
    meta:
        family = "Calisto"
        description = "Calisto: backdoor that takes the keychain"
        reference = "https://securelist.com/calisto-trojan-for-macos/86543/"
        forms = "macho:2"
        date = "2026-11-24"
    strings:
        $label = "com.proton.calisto.plist"
        $folder = "/.calisto/CR.zip"
        $password = "aGNOStIC7890"
        $launcher = "launchb.app/Contents/MacOS/launchb"
        $volume = "/Downloads/Intego_v9.0.3_websetup.dmg"
    condition:
        filesize < 64MB and (
            (2 of them and (uint32(0) == 0xfeedface or uint32(0) == 0xfeedfacf or
             ((uint32be(0) | 1) == 0xcafebabf and uint32be(4) < 20))))
}
