"""Who signed a program, judged by its path: what eslogger would report as signing id, team id and platform binary.

Team ids of well-known vendors are public facts (they stand in every signature); where one is not known the id is made
up and the row says so. Nothing may depend on a vendor's id being exact."""
import os
import re

PLATFORM = ("/usr/bin/", "/usr/sbin/", "/usr/libexec/", "/usr/lib/", "/bin/", "/sbin/", "/System/", "/Library/Apple/")
# Part of a path -> (team id, prefix of the signing identifier); the first that fits counts.
TEAMS = [
    ("/Applications/Xcode", "59GAB85EFG", "com.apple.dt."), ("/Library/Developer/", "59GAB85EFG", "com.apple."),
    ("/Library/PrivilegedHelperTools/com.microsoft.", "UBF8T346G9", ""), ("/Library/PrivilegedHelperTools/com.docker", "9BNSXJN65R", ""),
    ("Google", "EQHXZ8M8AV", "com.google."), ("google", "EQHXZ8M8AV", "com.google."), ("Microsoft", "UBF8T346G9", "com.microsoft."),
    ("microsoft", "UBF8T346G9", "com.microsoft."), ("Visual Studio Code", "UBF8T346G9", "com.microsoft."),
    ("OneDrive", "UBF8T346G9", "com.microsoft."), ("CompanyPortal", "UBF8T346G9", "com.microsoft."), ("mdatp", "UBF8T346G9", "com.microsoft."),
    ("Firefox", "43AQ936H96", "org.mozilla."), ("Thunderbird", "43AQ936H96", "org.mozilla."), ("Mozilla", "43AQ936H96", "org.mozilla."),
    ("Adobe", "JQ525L2MZD", "com.adobe."), ("adobe", "JQ525L2MZD", "com.adobe."), ("jamf", "483DWKW443", "com.jamf."),
    ("Jamf", "483DWKW443", "com.jamf."), ("JAMF", "483DWKW443", "com.jamf."), ("Self Service", "483DWKW443", "com.jamf."),
    ("Docker", "9BNSXJN65R", "com.docker."), ("docker", "9BNSXJN65R", "com.docker."), ("Slack", "BQR82RBBHL", "com.tinyspeck."),
    ("zoom", "BJ4HAAB9B3", "us.zoom."), ("Zoom", "BJ4HAAB9B3", "us.zoom."), ("1Password", "2BUA8C4S2C", "com.1password."),
    ("/usr/local/bin/op", "2BUA8C4S2C", "com.1password."), ("Dropbox", "G7HH3F8CAK", "com.getdropbox."),
    ("JetBrains", "2ZEFAR8TH3", "com.jetbrains."), ("IntelliJ", "2ZEFAR8TH3", "com.jetbrains."), ("PyCharm", "2ZEFAR8TH3", "com.jetbrains."),
    ("GoLand", "2ZEFAR8TH3", "com.jetbrains."), ("WebStorm", "2ZEFAR8TH3", "com.jetbrains."), ("CLion", "2ZEFAR8TH3", "com.jetbrains."),
    ("Android Studio", "EQHXZ8M8AV", "com.google."), ("munki", "T4SK8ZXCXG", "com.googlecode.munki."),
    ("Munki", "T4SK8ZXCXG", "com.googlecode.munki."), ("Managed Software Center", "T4SK8ZXCXG", "com.googlecode.munki."),
    ("autopkg", "T4SK8ZXCXG", "com.github.autopkg."), ("AutoPkg", "T4SK8ZXCXG", "com.github.autopkg."),
    ("Nudge", "T4SK8ZXCXG", "com.github.macadmins."), ("outset", "T4SK8ZXCXG", "io.macadmins."), ("Outset", "T4SK8ZXCXG", "io.macadmins."),
    ("Dialog", "PWA5E9TQ59", "au.csiro."), ("dialog", "PWA5E9TQ59", "au.csiro."), ("orbit", "8VBZ3948LU", "com.fleetdm."),
    ("fleet", "8VBZ3948LU", "com.fleetdm."), ("osquery", "3522FA9PXF", "io.osquery."), ("Kandji", "P3FGV63VK7", "io.kandji."),
    ("kandji", "P3FGV63VK7", "io.kandji."), ("Mosyle", "M0SYLEF1CT", "com.mosyle."),  # made up
    ("Santa", "ZMCG7MLDV9", "com.northpolesec."), ("santactl", "ZMCG7MLDV9", "com.northpolesec."), ("Falcon", "X9E956P446", "com.crowdstrike."),
    ("CS/falconctl", "X9E956P446", "com.crowdstrike."), ("SentinelOne", "4AYE5J54KN", "com.sentinelone."), ("sentinel", "4AYE5J54KN", "com.sentinelone."),
    ("Sophos", "2H5GFH3774", "com.sophos."), ("Malwarebytes", "GVZRY6KDKR", "com.malwarebytes."), ("Cisco", "DE8Y96K9QP", "com.cisco."),
    ("cisco", "DE8Y96K9QP", "com.cisco."), ("Zscaler", "PCBCQZJ7S7", "com.zscaler."), ("Little Snitch", "MLZF7K7B5R", "at.obdev."),
    ("LuLu", "VBG97UB4TA", "com.objective-see."), ("KnockKnock", "VBG97UB4TA", "com.objective-see."), ("BlockBlock", "VBG97UB4TA", "com.objective-see."),
    ("Spotify", "2FNC3A47ZF", "com.spotify."), ("GitHub Desktop", "VEKTX9H2N7", "com.github."), ("Sublime", "Z6D26JE4Y4", "com.sublimetext."),
    ("Cursor", "VDXQ22DGB9", "com.todesktop."), ("Claude", "Q6L2SF6YDW", "com.anthropic."), ("claude", "Q6L2SF6YDW", "com.anthropic."),
    ("ChatGPT", "2DC432GLL2", "com.openai."), ("codex", "2DC432GLL2", "com.openai."), ("HashiCorp", "D38WU7D763", "com.hashicorp."),
    ("/opt/vagrant", "D38WU7D763", "com.hashicorp."), ("Tailscale", "W5364U7YZB", "io.tailscale."), ("Parallels", "4C6364ACXT", "com.parallels."),
    ("prlctl", "4C6364ACXT", "com.parallels."), ("VMware", "EG7KH642X6", "com.vmware."), ("VirtualBox", "VB5E2TV963", "org.virtualbox."),
    ("VBoxManage", "VB5E2TV963", "org.virtualbox."), ("UTM", "WDNLXAD4W8", "com.utmapp."), ("OrbStack", "HUAQ24HBR6", "dev.orbstack."),
    ("iTerm", "H7V7XYVQ7D", "com.googlecode."), ("Warp", "2BBY89MBSN", "dev.warp."), ("Ghostty", "24VZTF6M5V", "com.mitchellh."),
    ("Python.framework", "BMM5U3QVKW", "org.python."), ("Python 3", "BMM5U3QVKW", "org.python."), ("zulu", "TDTHCUPYFR", "com.azul."),
    ("temurin", "JCDTMS22B4", "net.temurin."), ("Wireshark", "7Z6EMTD2C6", "org.wireshark."), ("Postman", "H7H8Q7M5CK", "com.postmanlabs."),
    ("Notion", "LBQJ96FQ8D", "notion."), ("Figma", "T8RA8NE3B7", "com.figma."), ("Raycast", "SY64MV22J9", "com.raycast."),
    ("Brave", "KL8N8XSYF4", "com.brave."), ("Arq", "48ZCSDVL96", "com.haystacksoftware."), ("Carbon Copy", "L4F2DED5Q7", "com.bombich."),
    ("bombich", "L4F2DED5Q7", "com.bombich."), ("Logi", "QED4VVPZWA", "com.logi."), ("/usr/local/bin/node", "HX7739G8FX", ""),
    ("Webex", "DE8Y96K9QP", "com.cisco."), ("Signal", "U68MSDN6DR", "org.whispersystems."), ("Obsidian", "6JSW4SJWN9", "md."),
    ("Teams", "UBF8T346G9", "com.microsoft."), ("aws-cli", "94KV3E626L", "com.amazon."), ("Nextcloud", "NKUJUXUJ3B", "com.nextcloud."),
    ("Podman", "HYSCB8KRL2", "io.podman."), ("Backblaze", "BACKBLAZE0", "com.backblaze."), ("Sourcetree", "UPXU4CQZ5P", "com.torusknot."),
    ("/opt/cisco/", "DE8Y96K9QP", "com.cisco."), ("/opt/osquery/", "3522FA9PXF", "io.osquery."), ("/opt/datadog-agent/", "JKFCB4CN7C", "com.datadoghq."),
    ("/opt/rapid7/", "UL6CGN7MAL", "com.rapid7."), ("/Library/Elastic/", "2BT3HPN62Z", "co.elastic."), ("/Library/NessusAgent/", "4B8J598M7U", "com.tenable."),
    ("/Fortinet/", "AH4XFXJ7DK", "com.fortinet."), ("/Citrix Receiver/", "S272Y5R93J", "com.citrix."), ("/Kolide/", "YZ3EM74M78", "com.kolide."),
    ("/kolide-k2/", "YZ3EM74M78", "com.kolide."), ("/AirWatch/", "S2ZMFGQM93", "com.airwatch."),
    ("/Google/GoogleSoftwareUpdate/", "EQHXZ8M8AV", "com.google."), ("/Microsoft/EdgeUpdater/", "UBF8T346G9", "com.microsoft."),
    ("/Library/Dropbox/", "G7HH3F8CAK", "com.getdropbox."), ("/sdk/platform-tools/", "EQHXZ8M8AV", "com.google."),
    ("/Library/Ossec/", "WAZUHAGENT", "com.wazuh."), ("/org.sparkle-project.Sparkle/", "SPARKLEAPP", "org.sparkle-project."),  # made up
]
SPECIAL = {"/sbin/launchd": "com.apple.xpc.launchd", "/usr/libexec/xpcproxy": "com.apple.xpc.proxy",
           "/bin/launchctl": "com.apple.xpc.launchctl", "/usr/sbin/system_profiler": "com.apple.SystemProfiler"}


def signing_of(path):
    """Keyword arguments of Recorder.process: signing id, team id, platform binary, ad hoc."""
    name = os.path.basename(path)
    if path.startswith(PLATFORM):
        return {"signing": SPECIAL.get(path, "com.apple." + name), "team": None, "platform": True, "adhoc": False}
    built_here = path.startswith(("/opt/", "/Users/", "/usr/local/Cellar/", "/private/", "/tmp/", "/var/", "/nix/")) and "/Applications/" not in path
    for part, team, prefix in TEAMS:
        if part in path and not (built_here and not part.startswith("/") and part not in ("claude", "codex", "orbit", "JetBrains")):
            identifier = prefix + re.sub(r"[^\w.-]+", "-", name)
            return {"signing": identifier, "team": team, "platform": False, "adhoc": False}
    app = re.search(r"/([^/]+)\.app/", path)
    if app and path.startswith("/Applications/"):
        made_up = "".join(c for c in (app.group(1) + "XXXXXXXXXX").upper() if c.isalnum())[:7] + "0FX"
        return {"signing": "com.example." + app.group(1).replace(" ", "-"), "team": made_up, "platform": False, "adhoc": False}
    return {"signing": name, "team": None, "platform": False, "adhoc": True}
