/* Flat records with the field names that Sigma's rules use, a product and a category each, so that
 * no engine needs a mapping. See lane.h. */
#include "lane.h"

#include "codec/json_out.h"

static struct str guid(struct lane *lane)
{
    uint64_t a = lane_bits(&lane->dice);
    uint64_t b = lane_bits(&lane->dice);
    return lane_fmt(lane, "{%08x-%04x-%04x-%04x-%012llx}", (unsigned)a,
                    (unsigned)(a >> 32 & 0xffff), (unsigned)(a >> 48), (unsigned)(b >> 48),
                    (unsigned long long)(b & 0xffffffffffff));
}

static struct str hex(struct lane *lane, unsigned words)
{
    struct str s = STR("");
    while (words--)
        s = lane_fmt(lane, "%.*s%016llX", STR_FMT(s), (unsigned long long)lane_bits(&lane->dice));
    return s;
}

static struct str moment(struct lane *lane)
{
    unsigned s = lane_below(&lane->dice, 86400);
    unsigned day = 1 + lane_below(&lane->dice, 28);
    unsigned ms = lane_below(&lane->dice, 1000);
    return lane_fmt(lane, "2026-06-%02u %02u:%02u:%02u.%03u", day, s / 3600, s / 60 % 60, s % 60,
                    ms);
}

void lane_write_flat_mac(struct lane *lane, const struct lane_act *act, struct buf *out)
{
    struct json_out j = {.out = out};
    bool starts = act->kind == ACT_EXEC || act->kind == ACT_FORK;
    json_object_begin(&j);
    json_kv_cstr(&j, "product", "macos");
    json_kv_cstr(&j, "category", starts ? "process_creation" : "file_event");
    json_kv_str(&j, "UtcTime", moment(lane));
    json_kv_str(&j, "Image", act->image);
    json_kv_str(&j, "CommandLine", lane_line(lane, act));
    json_kv_str(&j, "ParentImage", act->parent_image);
    json_kv_str(&j, "ParentCommandLine", act->parent_line);
    if (!starts)
        json_kv_str(&j, "TargetFilename", act->file);
    json_kv_str(&j, "User", act->uid ? act->user : STR("root"));
    json_kv_str(&j, "CurrentDirectory", lane_fmt(lane, "%.*s/code/app", STR_FMT(act->home)));
    json_kv_uint(&j, "ProcessId", act->pid);
    json_kv_uint(&j, "ParentProcessId", act->parent_pid);
    json_kv_str(&j, "ProcessGuid", guid(lane));
    json_kv_str(&j, "ParentProcessGuid", guid(lane));
    json_kv_str(&j, "Computer", lane_text(lane, "%w-mbp-%n.%d"));
    json_kv_str(&j, "SHA256", hex(lane, 4));
    json_kv_str(&j, "SigningId",
                lane_fmt(lane, "com.apple.%.*s", STR_FMT(str_basename(act->image))));
    json_object_end(&j);
}

static void start_fields(struct lane *lane, const struct lane_act *act, struct json_out *j)
{
    json_kv_str(j, "CommandLine", lane_line(lane, act));
    json_kv_str(j, "CurrentDirectory", lane_fmt(lane, "%.*s\\source\\", STR_FMT(act->home)));
    json_kv_str(j, "ParentImage", act->parent_image);
    json_kv_str(j, "ParentCommandLine", act->parent_line);
    json_kv_uint(j, "ParentProcessId", act->parent_pid);
    struct str name = act->image;
    for (size_t i = 0; i < act->image.len; i++) {
        if (act->image.ptr[i] == '\\')
            name = str_sub(act->image, i + 1, SIZE_MAX);
    }
    json_kv_str(j, "OriginalFileName", name);
    struct str sha256 = hex(lane, 4);
    struct str imphash = hex(lane, 2);
    json_kv_str(j, "Hashes",
                lane_fmt(lane, "SHA256=%.*s,IMPHASH=%.*s", STR_FMT(sha256), STR_FMT(imphash)));
    json_kv_cstr(j, "Product", "Microsoft\xc2\xae Windows\xc2\xae Operating System");
    json_kv_cstr(j, "IntegrityLevel", lane_below(&lane->dice, 3) ? "Medium" : "High");
}

void lane_write_flat_windows(struct lane *lane, const struct lane_act *act, struct buf *out)
{
    static const struct {
        const char *category;
        unsigned id;
    } kinds[] = {[ACT_EXEC] = {"process_creation", 1},
                 [ACT_REGISTRY] = {"registry_set", 13},
                 [ACT_CREATE] = {"file_event", 11},
                 [ACT_CONNECT] = {"network_connection", 3}};
    struct json_out j = {.out = out};
    json_object_begin(&j);
    json_kv_cstr(&j, "product", "windows");
    json_kv_cstr(&j, "category", kinds[act->kind].category);
    json_kv_cstr(&j, "Channel", "Microsoft-Windows-Sysmon/Operational");
    json_kv_uint(&j, "EventID", kinds[act->kind].id);
    json_kv_str(&j, "UtcTime", moment(lane));
    json_kv_str(&j, "ProcessGuid", guid(lane));
    json_kv_uint(&j, "ProcessId", act->pid);
    json_kv_str(&j, "Image", act->image);
    json_kv_str(&j, "User", lane_fmt(lane, "DESKTOP-7\\%.*s", STR_FMT(act->user)));
    switch (act->kind) {
    case ACT_REGISTRY:
        json_kv_cstr(&j, "EventType", "SetValue");
        json_kv_str(&j, "TargetObject", act->file);
        json_kv_str(&j, "Details", lane_text(lane, "C:\\Users\\%u\\AppData\\Roaming\\%w-%n.exe"));
        break;
    case ACT_CREATE:
        json_kv_str(&j, "TargetFilename", act->file);
        json_kv_str(&j, "CreationUtcTime", moment(lane));
        break;
    case ACT_CONNECT:
        json_kv_cstr(&j, "Initiated", "true");
        json_kv_cstr(&j, "Protocol", "tcp");
        json_kv_str(&j, "SourceIp", lane_text(lane, "%i"));
        json_kv_uint(&j, "SourcePort", 49152 + lane_below(&lane->dice, 16000));
        json_kv_str(&j, "DestinationIp", lane_text(lane, "%i"));
        json_kv_str(&j, "DestinationHostname", lane_text(lane, "%d"));
        json_kv_uint(&j, "DestinationPort", lane_below(&lane->dice, 4) ? 443 : 8080);
        break;
    default:
        start_fields(lane, act, &j);
        break;
    }
    json_object_end(&j);
}
