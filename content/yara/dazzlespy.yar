rule mac_dazzlespy
{
    meta:
        family = "DazzleSpy"
        description = "DazzleSpy: spyware from a watering hole in Hong Kong"
        reference = "https://github.com/eset/malware-ioc/blob/master/dazzlespy/README.adoc"
        reference = "https://github.com/objective-see/TAOMM"
        forms = "macho:3"
        date = "2026-11-24"
    strings:
        $server = "88.218.192.128:5633"
        $certificate = "MIIDTDCCAjQCCQCSgwC5KEoeDjANBgkqhkiG9w0BAQsFADBoMQswCQYDVQQGEwIx"
        $copy = "%@/softwareupdate"
        $label = "/com.apple.softwareupdate.plist"
        $theft = "keystealDaemon"
    condition:
        filesize < 64MB and (
            (3 of them and (uint32(0) == 0xfeedface or uint32(0) == 0xfeedfacf or
             ((uint32be(0) | 1) == 0xcafebabf and uint32be(4) < 20))))
}
