rule mac_banshee
{
    meta:
        family = "Banshee"
        description = "Banshee: infostealer"
        reference = "https://www.elastic.co/security-labs/beyond-the-wail"
        forms = "macho:3"
        date = "2026-11-24"
    strings:
        $collect = "6System17collectSystemInfo"
        $script = "/tmp/tempAppleScript"
        $prompt = "To launch the application, you need to update the system settings"
        $address = "freeipapi.com"
        $server = "45.142.122.92/send/"
    condition:
        filesize < 64MB and (
            (3 of them and (uint32(0) == 0xfeedface or uint32(0) == 0xfeedfacf or
             ((uint32be(0) | 1) == 0xcafebabf and uint32be(4) < 20))))
}
