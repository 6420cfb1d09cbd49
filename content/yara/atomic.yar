rule mac_atomic
{
    meta:
        family = "Atomic Stealer"
        description = "Atomic Stealer: infostealer, also called AMOS"
        reference = "https://github.com/RussianPanda95/russianpanda95.github.io/blob/main/_posts/2024-01-15-Atomic-Stealer-AMOS.md"
        forms = "macho:3"
        date = "2026-11-24"
    strings:
        $chromium = "GrabChromium"
        $firefox = "GrabFirefox"
        $wallets = "ColdWallets"
        $files = "FileGrabber"
        $prompt = "macOS needs to access System settings"
        $wrong = "You entered an invalid password"
        $wallet = "acmacodkjbdgmoleeebolmdjonilkdbch"
    condition:
        filesize < 64MB and (
            (3 of them and (uint32(0) == 0xfeedface or uint32(0) == 0xfeedfacf or
             ((uint32be(0) | 1) == 0xcafebabf and uint32be(4) < 20))))
}
