rule mac_beavertail
{
    meta:
        family = "BeaverTail"
        description = "BeaverTail: infostealer handed to job seekers"
        reference = "https://objective-see.org/blog/blog_0x7A.html"
        reference = "https://github.com/chainguard-dev/malcontent/blob/main/tests/macOS/2024.BeaverTail/Jami.json"
        forms = "macho:3"
        date = "2026-11-24"
    strings:
        $upload = "Upload LDB Finshed"
        $client = "clientDownFinished"
        $python = "pDownFinished"
        $base = "upLDBFinished"
        $interpreter = "/.pyp/python.exe"
        $keychain = "logkc_db"
    condition:
        filesize < 64MB and (
            (3 of them and (uint32(0) == 0xfeedface or uint32(0) == 0xfeedfacf or
             ((uint32be(0) | 1) == 0xcafebabf and uint32be(4) < 20))))
}
