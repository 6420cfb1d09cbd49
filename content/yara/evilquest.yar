rule mac_evilquest
{
    meta:
        family = "EvilQuest"
        description = "EvilQuest: ransomware that steals files, also called ThiefQuest"
        reference = "https://github.com/objective-see/TAOMM"
        reference = "https://objective-see.org/blog/blog_0x59.html"
        forms = "macho:3"
        date = "2026-11-24"
    strings:
        $source = "/toidievitceffe/libpersist/persist.c"
        $decode = "eib_secure_decode"
        $root = "ei_rootgainer_main"
        $retain = "ei_selfretain_main"
        $sandbox = "is_virtual_mchn"
        $hidden = "2Uy5DI3hMp7o0cq|T|14vHRz0000013"
    condition:
        filesize < 64MB and (
            (3 of them and (uint32(0) == 0xfeedface or uint32(0) == 0xfeedfacf or
             ((uint32be(0) | 1) == 0xcafebabf and uint32be(4) < 20))))
}
