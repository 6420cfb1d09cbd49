rule mac_cookieminer
{
    meta:
        family = "CookieMiner"
        description = "CookieMiner: thief of cookies and coin miner"
        reference = "https://unit42.paloaltonetworks.com/mac-malware-steals-cryptocurrency-exchanges-cookies/"
        forms = "script:3"
        date = "2026-11-24"
    strings:
        $miner = "com.apple.rig2.plist"
        $proxy = "com.proxy.initialize.plist"
        $server = "46.226.108.171"
        $pool = "koto-pool.work"
        $account = "k1GqvkK7QYEfMj3JPHieBo1m7FUkTowdq6H"
    condition:
        filesize < 64MB and (
            (3 of them and uint8(0) == 0x23))
}
