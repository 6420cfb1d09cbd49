rule mac_keydnap
{
    meta:
        family = "Keydnap"
        description = "Keydnap: backdoor that takes the keychain"
        reference = "https://github.com/eset/malware-ioc/blob/master/keydnap/README.adoc"
        reference = "https://www.welivesecurity.com/2016/07/06/new-osxkeydnap-malware-hungry-credentials/"
        forms = "macho:2"
        date = "2026-11-24"
    strings:
        $program = "icloudsyncd"
        $first = "g5wcesdfjzne7255.onion"
        $second = "r2elajikcosf7zee.onion"
        $label = "com.geticloud.icloud.photo"
    condition:
        filesize < 64MB and (
            (2 of them and (uint32(0) == 0xfeedface or uint32(0) == 0xfeedfacf or
             ((uint32be(0) | 1) == 0xcafebabf and uint32be(4) < 20))))
}
