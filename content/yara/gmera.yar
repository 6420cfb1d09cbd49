rule mac_gmera
{
    meta:
        family = "GMERA"
        description = "GMERA: backdoor in fake trading programs"
        reference = "https://github.com/eset/malware-ioc/blob/master/gmera/README.adoc"
        reference = "https://www.welivesecurity.com/2020/07/16/mac-cryptocurrency-trading-application-rebranded-bundled-malware/"
        forms = "macho:2 script:3"
        date = "2026-11-24"
    strings:
        $update = ".com.apple.upd.plist"
        $system = ".com.apple.system.plist"
        $script = "/tmp/.fil.sh"
        $log = "/tmp/loglog"
        $label = "com.apples.apps.upd"
        $server = "193.37.212.97"
    condition:
        filesize < 64MB and (
            (2 of them and (uint32(0) == 0xfeedface or uint32(0) == 0xfeedfacf or
             ((uint32be(0) | 1) == 0xcafebabf and uint32be(4) < 20))) or
            (3 of them and uint8(0) == 0x23))
}
