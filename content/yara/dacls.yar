rule mac_dacls
{
    meta:
        family = "Dacls"
        description = "Dacls: remote access tool of Lazarus"
        reference = "https://objective-see.org/blog/blog_0x57.html"
        forms = "macho:2"
        date = "2026-11-24"
    strings:
        $label = "com.aex-loop.agent"
        $settings = "/Library/Caches/com.apple.appstore.db"
        $copy = "mata_wcscpy"
        $first = "c_2910.cls"
        $second = "k_3872.cls"
    condition:
        filesize < 64MB and (
            (2 of them and (uint32(0) == 0xfeedface or uint32(0) == 0xfeedfacf or
             ((uint32be(0) | 1) == 0xcafebabf and uint32be(4) < 20))))
}
