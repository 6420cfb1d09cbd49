rule mac_kandykorn
{
    meta:
        family = "KandyKorn"
        description = "KandyKorn: remote access tool against blockchain engineers"
        reference = "https://www.elastic.co/security-labs/elastic-catches-dprk-passing-out-kandykorn"
        forms = "macho:3"
        date = "2026-11-24"
    strings:
        $about = "resp_basicinfo"
        $pack = "resp_file_zipdown"
        $wipe = "resp_file_wipe"
        $shell = "resp_cmd_create"
        $ask = "resp_cfg_get"
        $settings = "/Library/Caches/com.apple.safari.ck"
    condition:
        filesize < 64MB and (
            (3 of them and (uint32(0) == 0xfeedface or uint32(0) == 0xfeedfacf or
             ((uint32be(0) | 1) == 0xcafebabf and uint32be(4) < 20))))
}
