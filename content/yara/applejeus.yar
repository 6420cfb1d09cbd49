rule mac_applejeus
{
    meta:
        family = "AppleJeus"
        description = "AppleJeus: backdoor in fake trading programs"
        reference = "https://securelist.com/operation-applejeus/87553/"
        reference = "https://objective-see.org/blog/blog_0x51.html"
        forms = "macho:2 script:3"
        date = "2026-11-24"
    strings:
        $boundary = "multipart/form-data;boundary=jeus"
        $server = "www.celasllc.com"
        $update = "unioncrypto.vip/update"
        $updater = "/Library/UnionCrypto/unioncryptoupdater"
        $label = "vip.unioncrypto.plist"
        $bundle = "UnionCryptoTrader.app/Contents/Resources/"
    condition:
        filesize < 64MB and (
            (2 of them and (uint32(0) == 0xfeedface or uint32(0) == 0xfeedfacf or
             ((uint32be(0) | 1) == 0xcafebabf and uint32be(4) < 20))) or
            (3 of them and uint8(0) == 0x23))
}
