rule mac_xcsset
{
    meta:
        family = "XCSSET"
        description = "XCSSET: program that spreads in Xcode projects"
        reference = "https://www.trendmicro.com/en_us/research/20/h/xcsset-mac-malware--infects-xcode-projects--uses-0-days.html"
        forms = "macho:3 applescript:3"
        date = "2026-11-24"
    strings:
        $stats = "adobestats.co" ascii wide
        $relations = "adoberelations.co" ascii wide
        $find = "findmymacs.co" ascii wide
        $nano = "trendmicronano.co" ascii wide
        $price = "flixprice.co" ascii wide
        $mag = "statsmag.co" ascii wide
        $serv = "icloudserv.co" ascii wide
        $tec = "atecasec.co" ascii wide
    condition:
        filesize < 64MB and (
            (3 of them and (uint32(0) == 0xfeedface or uint32(0) == 0xfeedfacf or
             ((uint32be(0) | 1) == 0xcafebabf and uint32be(4) < 20))) or
            (3 of them and uint32be(0) == 0x46617364))
}
