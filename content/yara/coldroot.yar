rule mac_coldroot
{
    meta:
        family = "Coldroot"
        description = "Coldroot: remote access tool"
        reference = "https://objective-see.org/blog/blog_0x2A.html"
        forms = "macho:2"
        date = "2026-11-24"
    strings:
        $settings = "conx.wol"
        $bundle = "com.apple.audio.driver.app"
    condition:
        filesize < 64MB and (
            (2 of them and (uint32(0) == 0xfeedface or uint32(0) == 0xfeedfacf or
             ((uint32be(0) | 1) == 0xcafebabf and uint32be(4) < 20))))
}
