rule mac_jokerspy
{
    meta:
        family = "JokerSpy"
        description = "JokerSpy: tool that looks at privacy permissions"
        reference = "https://www.elastic.co/security-labs/inital-research-of-jokerspy"
        forms = "macho:2"
        date = "2026-11-24"
    strings:
        $source = "/Users/joker/Downloads/Spy/XProtectCheck/"
        $build = "/Users/joker/Developer/Xcode/DerivedData/"
        $signed = "XProtectCheck-55554944f74096a836b73310bd55d97d1dff5cd4"
    condition:
        filesize < 64MB and (
            (2 of them and (uint32(0) == 0xfeedface or uint32(0) == 0xfeedfacf or
             ((uint32be(0) | 1) == 0xcafebabf and uint32be(4) < 20))))
}
