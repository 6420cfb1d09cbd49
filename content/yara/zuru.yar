rule mac_zuru
{
    meta:
        family = "ZuRu"
        description = "ZuRu: program in fake copies of tools for administrators"
        reference = "https://objective-see.org/blog/blog_0x66.html"
        reference = "https://github.com/objective-see/TAOMM"
        forms = "macho:2"
        date = "2026-11-24"
    strings:
        $library = "Frameworks/libcrypto.2.dylib"
        $server = "47.75.123.111/"
        $script = "/tmp/g.py"
    condition:
        filesize < 64MB and (
            (2 of them and (uint32(0) == 0xfeedface or uint32(0) == 0xfeedfacf or
             ((uint32be(0) | 1) == 0xcafebabf and uint32be(4) < 20))))
}
