rule mac_silversparrow
{
    meta:
        family = "Silver Sparrow"
        description = "Silver Sparrow: installer that waits for a program to fetch"
        reference = "https://redcanary.com/blog/clipping-silver-sparrows-wings/"
        forms = "plist:2"
        date = "2026-11-24"
    strings:
        $stop = "/Library/._insu"
        $first = "agent_updater/agent.sh"
        $second = "verx_updater/verx.sh"
        $old = "init_agent"
        $new = "init_verx"
        $version = "/tmp/version.plist"
    condition:
        filesize < 64MB and (
            (2 of them and uint32be(0) == 0x3c3f786d))
}
