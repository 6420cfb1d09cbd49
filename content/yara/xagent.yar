rule mac_xagent
{
    meta:
        family = "XAgentOSX"
        description = "XAgentOSX: spyware of Sofacy"
        reference = "https://attack.mitre.org/software/S0161/"
        reference = "https://researchcenter.paloaltonetworks.com/2017/02/unit42-xagentosx-sofacys-xagent-macos-tool/"
        forms = "macho:3"
        date = "2026-11-24"
    strings:
        $start = "startTakeScreenShot"
        $stop = "stopTakeScreenShot"
        $backup = "showBackupIosFolder"
        $about = "getInfoOSX"
    condition:
        filesize < 64MB and (
            (3 of them and (uint32(0) == 0xfeedface or uint32(0) == 0xfeedfacf or
             ((uint32be(0) | 1) == 0xcafebabf and uint32be(4) < 20))))
}
