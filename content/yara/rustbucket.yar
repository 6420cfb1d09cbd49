rule mac_rustbucket
{
    meta:
        family = "RustBucket"
        description = "RustBucket: backdoor of BlueNoroff behind a viewer of PDF files"
        reference = "https://www.elastic.co/security-labs/DPRK-strikes-using-a-new-variant-of-rustbucket"
        forms = "macho:2 plist:2"
        date = "2026-11-24"
    strings:
        $fetch = "11downAndExec"
        $browser = "mozilla/4.0 (compatible; msie 8.0; windows nt 5.1; trident/4.0)"
        $copy = "/Library/Metadata/System Update"
        $label = "com.apple.systemupdate"
        $first = "webhostwatto.work.gd"
        $second = "crypto.hondchain.com"
        $third = "starbucls.xyz"
    condition:
        filesize < 64MB and (
            (2 of them and (uint32(0) == 0xfeedface or uint32(0) == 0xfeedfacf or
             ((uint32be(0) | 1) == 0xcafebabf and uint32be(4) < 20))) or
            (2 of them and uint32be(0) == 0x3c3f786d))
}
