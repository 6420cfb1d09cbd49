rule mac_smoothoperator
{
    meta:
        family = "SmoothOperator"
        description = "SmoothOperator: the attack by way of 3CX"
        reference = "https://github.com/volexity/threat-intel/tree/main/2023/2023-03-30%203CX"
        reference = "https://github.com/objective-see/TAOMM"
        forms = "macho:2"
        date = "2026-11-24"
    strings:
        $store = "3CX Desktop App/.main_storage"
        $store_hidden = "3CX Desktop App/.main_storage" xor(0x7a)
        $signed = "payload2-55554944839216049d683075bc3f5a8628778bb8"
        $wiki = "sbmsa.wiki"
        $wiki_hidden = "sbmsa.wiki" xor(0x7a)
        $boxes = "msstorageboxes.com" xor(0x7a)
        $box = "officestoragebox.com" xor(0x7a)
        $factory = "visualstudiofactory.com" xor(0x7a)
        $cloud = "azureonlinecloud.com" xor(0x7a)
        $service = "glcloudservice.com" xor(0x7a)
    condition:
        filesize < 64MB and (
            (2 of them and (uint32(0) == 0xfeedface or uint32(0) == 0xfeedfacf or
             ((uint32be(0) | 1) == 0xcafebabf and uint32be(4) < 20))))
}
