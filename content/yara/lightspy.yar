rule mac_lightspy
{
    meta:
        family = "LightSpy"
        description = "LightSpy: spyware made of plugins"
        reference = "https://github.com/volexity/threat-intel/tree/main/2024/2024-11-15%20BrazenBamboo"
        forms = "macho:2 plist:2"
        date = "2026-11-24"
    strings:
        $source = "F_Warehouse/mac/frame/framework/framework/"
        $loader = "macircloader"
        $about = "IrcFrameworkInfo"
        $typo = "forceUpdatePligin"
        $bundle = "com.myapp.udid.light"
        $label = "com.apple.update_tmp_agent"
        $program = "/Applications/AppleUpdates/update"
    condition:
        filesize < 64MB and (
            (2 of them and (uint32(0) == 0xfeedface or uint32(0) == 0xfeedfacf or
             ((uint32be(0) | 1) == 0xcafebabf and uint32be(4) < 20))) or
            (2 of them and uint32be(0) == 0x3c3f786d))
}
