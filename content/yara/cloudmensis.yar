rule mac_cloudmensis
{
    meta:
        family = "CloudMensis"
        description = "CloudMensis: spyware that is run from cloud storage"
        reference = "https://github.com/eset/malware-ioc/blob/master/cloudmensis/README.adoc"
        reference = "https://www.welivesecurity.com/2022/07/19/i-see-what-you-did-there-look-cloudmensis-macos-spyware/"
        forms = "macho:2"
        date = "2026-11-24"
    strings:
        $agent = "/Library/WebServer/share/httpd/manual/WindowServer"
        $daemon = "/.com.apple.WindowServer.plist"
        $marker = "com.apple.Notes/Data/Library/.CFUserTextDecoding"
        $store = "com.apple.spotlight/Resources_V3/.CrashRep"
        $window = "com.apple.languageassetd/loginwindow"
        $key = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAsGRYSEVvwmfBFNBjOz"
    condition:
        filesize < 64MB and (
            (2 of them and (uint32(0) == 0xfeedface or uint32(0) == 0xfeedfacf or
             ((uint32be(0) | 1) == 0xcafebabf and uint32be(4) < 20))))
}
