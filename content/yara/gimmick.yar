rule mac_gimmick
{
    meta:
        family = "GIMMICK"
        description = "GIMMICK: spyware that is run from cloud storage"
        reference = "https://www.volexity.com/blog/2022/03/22/storm-cloud-on-the-horizon-gimmick-malware-strikes-at-macos/"
        reference = "https://github.com/volexity/threat-intel/tree/main/2022/2022-03-22%20GIMMICK"
        forms = "macho:3"
        date = "2026-11-24"
    strings:
        $queue = "ReadCmdQueue"
        $timer = "read_cmd_server_timer"
        $lock = "dowfileLock"
        $folder = "createDirTmpItem"
        $down = "downFileTmpItem"
        $failed = "failUploadItems"
    condition:
        filesize < 64MB and (
            (3 of them and (uint32(0) == 0xfeedface or uint32(0) == 0xfeedfacf or
             ((uint32be(0) | 1) == 0xcafebabf and uint32be(4) < 20))))
}
