rule mac_hiddenrisk
{
    meta:
        family = "Hidden Risk"
        description = "Hidden Risk: backdoor of BlueNoroff that starts with every shell"
        reference = "https://www.sentinelone.com/labs/bluenoroff-hidden-risk-threat-actor-targets-macs-with-fake-crypto-news-and-novel-persistence/"
        forms = "macho:2"
        date = "2026-11-24"
    strings:
        $execute = "11SaveAndExec"
        $mark = "/tmp/.zsh_init_success"
        $file = "/Users/Shared/.%s"
        $server = "matuaner.com"
    condition:
        filesize < 64MB and (
            (2 of them and (uint32(0) == 0xfeedface or uint32(0) == 0xfeedfacf or
             ((uint32be(0) | 1) == 0xcafebabf and uint32be(4) < 20))))
}
