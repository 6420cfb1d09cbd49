/* Lines as eslogger writes them (schema 1, version 9): every member that EndpointSecurity tells,
 * slashes escaped. The keys of an object stand in the order of a hash table: one order all through
 * a run, or a new one each time. Which of the two eslogger's own output is like no recording here
 * tells; the truth lies between the two lanes. See lane.h. */
#include "lane.h"

#include <stdlib.h>

#include "codec/json_out.h"

enum { MEMBERS_MOST = 32 };

struct members {
    struct str items[MEMBERS_MOST];
    unsigned len;
};

/* Text as JSON with "\/" for a slash, as Foundation writes it. */
static struct str quoted(struct lane *lane, struct str s)
{
    struct buf plain = {0};
    struct buf b = {0};
    json_escape(&plain, s);
    for (size_t i = 0; i < plain.len; i++) {
        if (plain.ptr[i] == '/')
            buf_add_char(&b, '\\');
        buf_add_char(&b, plain.ptr[i]);
    }
    struct str kept = arena_str(&lane->arena, buf_str(&b));
    buf_done(&plain);
    buf_done(&b);
    return kept;
}

/* "key":value */
static void add(struct lane *lane, struct members *m, const char *key, struct str value)
{
    m->items[m->len++] = lane_fmt(lane, "\"%s\":%.*s", key, STR_FMT(value));
}

static void add_number(struct lane *lane, struct members *m, const char *key, uint64_t number)
{
    add(lane, m, key, lane_fmt(lane, "%llu", (unsigned long long)number));
}

static void add_text(struct lane *lane, struct members *m, const char *key, struct str text)
{
    add(lane, m, key, quoted(lane, text));
}

/* Where a key stands among others: random, but the same all through a lane. */
static uint64_t place_of(struct str member)
{
    uint64_t h = LANE_SEED;
    for (size_t i = 1; i < member.len && member.ptr[i] != '"'; i++)
        h = (h ^ (unsigned char)member.ptr[i]) * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ h >> 32;
}

static int by_place(const void *a, const void *b)
{
    uint64_t x = place_of(*(const struct str *)a);
    uint64_t y = place_of(*(const struct str *)b);
    return (x > y) - (x < y);
}

/* The members in the lane's order of keys, or each time in another one. */
static struct str object(struct lane *lane, struct members *m)
{
    struct buf b = {0};
    if (lane->kind->shuffled) {
        for (unsigned left = m->len; left > 1; left--) {
            unsigned at = lane_below(&lane->dice, left);
            struct str other = m->items[at];
            m->items[at] = m->items[left - 1];
            m->items[left - 1] = other;
        }
    } else {
        qsort(m->items, m->len, sizeof m->items[0], by_place);
    }
    buf_add_char(&b, '{');
    for (unsigned i = 0; i < m->len; i++) {
        if (i)
            buf_add_char(&b, ',');
        buf_add_str(&b, m->items[i]);
    }
    buf_add_char(&b, '}');
    struct str kept = arena_str(&lane->arena, buf_str(&b));
    buf_done(&b);
    return kept;
}

/* Each roll of the dice is a statement of its own: the order of arguments is the compiler's. */
static struct str moment(struct lane *lane, unsigned digits)
{
    uint64_t ns = lane_bits(&lane->dice) % 1000000000;
    unsigned s = lane_below(&lane->dice, 86400);
    unsigned day = 1 + lane_below(&lane->dice, 28);
    return lane_fmt(lane, "2026-06-%02uT%02u:%02u:%02u.%0*lluZ", day, s / 3600, s / 60 % 60, s % 60,
                    (int)digits, (unsigned long long)(digits == 9 ? ns : ns / 1000));
}

static struct str stat_of(struct lane *lane, unsigned uid, bool folder)
{
    struct members m = {0};
    struct str time = moment(lane, 9);
    add_text(lane, &m, "st_atimespec", time);
    add_text(lane, &m, "st_mtimespec", time);
    add_text(lane, &m, "st_ctimespec", time);
    add_text(lane, &m, "st_birthtimespec", moment(lane, 9));
    add_number(lane, &m, "st_blksize", 4096);
    add_number(lane, &m, "st_blocks", lane_below(&lane->dice, 8000));
    add_number(lane, &m, "st_dev", 16777232);
    add_number(lane, &m, "st_flags", uid ? 0 : 524320);
    add_number(lane, &m, "st_gen", 0);
    add_number(lane, &m, "st_gid", uid ? 20 : 0);
    add_number(lane, &m, "st_ino",
               (uid ? 0 : UINT64_C(1152921500312000000)) + lane_below(&lane->dice, 90000000));
    add_number(lane, &m, "st_mode", folder ? 16877 : 33261);
    add_number(lane, &m, "st_nlink", 1);
    add_number(lane, &m, "st_rdev", 0);
    add_number(lane, &m, "st_size", lane_below(&lane->dice, 4000000));
    add_number(lane, &m, "st_uid", uid);
    return object(lane, &m);
}

static struct str file_of(struct lane *lane, struct str path, unsigned uid, bool folder)
{
    struct members m = {0};
    add_text(lane, &m, "path", path);
    add(lane, &m, "path_truncated", STR("false"));
    add(lane, &m, "stat", stat_of(lane, uid, folder));
    return object(lane, &m);
}

static struct str token_of(struct lane *lane, unsigned uid, unsigned pid)
{
    struct members m = {0};
    add_number(lane, &m, "auid", 501);
    add_number(lane, &m, "euid", uid);
    add_number(lane, &m, "egid", uid ? 20 : 0);
    add_number(lane, &m, "ruid", uid);
    add_number(lane, &m, "rgid", uid ? 20 : 0);
    add_number(lane, &m, "pid", pid);
    add_number(lane, &m, "asid", 100015);
    add_number(lane, &m, "pidversion", pid * 2 + 7);
    return object(lane, &m);
}

static struct str process_of(struct lane *lane, const struct lane_act *act, struct str image,
                             unsigned pid, unsigned parent)
{
    struct members m = {0};
    bool system = str_starts(image, STR("/usr/")) || str_starts(image, STR("/bin/")) ||
                  str_starts(image, STR("/sbin/")) || str_starts(image, STR("/System/"));
    add(lane, &m, "audit_token", token_of(lane, act->uid, pid));
    add(lane, &m, "parent_audit_token", token_of(lane, act->uid, parent));
    add(lane, &m, "responsible_audit_token", token_of(lane, act->uid, parent));
    unsigned long long high = lane_bits(&lane->dice);
    unsigned long long low = lane_bits(&lane->dice);
    add_text(lane, &m, "cdhash",
             lane_fmt(lane, "%016llX%016llX%08X", high, low, pid * 2654435761u));
    add_number(lane, &m, "codesigning_flags", 570522385);
    add(lane, &m, "executable", file_of(lane, image, system ? 0 : act->uid, false));
    add_number(lane, &m, "group_id", pid);
    add_number(lane, &m, "session_id", parent);
    add_number(lane, &m, "ppid", parent);
    add_number(lane, &m, "original_ppid", parent);
    add(lane, &m, "is_platform_binary", system ? STR("true") : STR("false"));
    add(lane, &m, "is_es_client", STR("false"));
    add_text(lane, &m, "signing_id",
             lane_fmt(lane, "com.apple.%.*s", STR_FMT(str_basename(image))));
    add(lane, &m, "team_id", system ? STR("null") : STR("\"A1B2C3D4E5\""));
    add_text(lane, &m, "start_time", moment(lane, 6));
    struct str tty = STR("null");
    if (lane_below(&lane->dice, 4) == 0)
        tty = file_of(lane, STR("/dev/ttys003"), 501, false);
    add(lane, &m, "tty", tty);
    return object(lane, &m);
}

static struct str list_of(struct lane *lane, const struct str *items, unsigned len)
{
    struct buf b = {0};
    buf_add_char(&b, '[');
    for (unsigned i = 0; i < len; i++) {
        if (i)
            buf_add_char(&b, ',');
        buf_add_str(&b, quoted(lane, items[i]));
    }
    buf_add_char(&b, ']');
    struct str kept = arena_str(&lane->arena, buf_str(&b));
    buf_done(&b);
    return kept;
}

static struct str env_of(struct lane *lane, const struct lane_act *act)
{
    const struct str items[] = {
        STR("PATH=/opt/homebrew/bin:/usr/bin:/bin:/usr/sbin:/sbin"),
        lane_fmt(lane, "HOME=%.*s", STR_FMT(act->home)),
        lane_fmt(lane, "USER=%.*s", STR_FMT(act->user)),
        STR("SHELL=/bin/zsh"),
        STR("TMPDIR=/var/folders/k2/qqqqqqqq_zx0r7_8l4c0000gn/T/"),
        STR("LANG=en_US.UTF-8"),
        STR("TERM_PROGRAM=Apple_Terminal"),
        STR("__CF_USER_TEXT_ENCODING=0x1F5:0x0:0x0"),
        lane_text(lane, "BUILD_SESSION=%h%h%h%h"),
    };
    return list_of(lane, items, ARRAY_LEN(items));
}

static struct str exec_of(struct lane *lane, const struct lane_act *act)
{
    struct members m = {0};
    add(lane, &m, "args", list_of(lane, act->args, act->args_len));
    add(lane, &m, "env", env_of(lane, act));
    add(lane, &m, "fds",
        STR("[{\"fd\":0,\"fdtype\":1},{\"fd\":1,\"fdtype\":1},{\"fd\":2,\"fdtype\":1}]"));
    add(lane, &m, "cwd",
        file_of(lane, lane_fmt(lane, "%.*s/code/app", STR_FMT(act->home)), act->uid, true));
    add_text(lane, &m, "dyld_exec_path", act->image);
    add_number(lane, &m, "image_cputype", 16777228);
    add(lane, &m, "image_cpusubtype", STR("-2147483646"));
    add_number(lane, &m, "last_fd", 3);
    add(lane, &m, "script", STR("null"));
    add(lane, &m, "target", process_of(lane, act, act->image, act->pid, act->parent_pid));
    return object(lane, &m);
}

static struct str fork_of(struct lane *lane, const struct lane_act *act)
{
    struct members m = {0};
    add(lane, &m, "child", process_of(lane, act, act->image, act->pid, act->parent_pid));
    return object(lane, &m);
}

static struct str create_of(struct lane *lane, const struct lane_act *act)
{
    struct members existing = {0};
    struct members m = {0};
    add(lane, &existing, "existing_file", file_of(lane, act->file, act->uid, false));
    add(lane, &m, "destination", object(lane, &existing));
    add_number(lane, &m, "destination_type", 0);
    add(lane, &m, "acl", STR("null"));
    return object(lane, &m);
}

static struct str rename_of(struct lane *lane, const struct lane_act *act)
{
    struct members path = {0};
    struct members destination = {0};
    struct members m = {0};
    struct str name = str_basename(act->file);
    struct str folder = str_sub(act->file, 0, act->file.len - name.len - 1);
    add(lane, &path, "dir", file_of(lane, folder, act->uid, true));
    add_text(lane, &path, "filename", name);
    add(lane, &destination, "new_path", object(lane, &path));
    add(lane, &m, "destination", object(lane, &destination));
    add_number(lane, &m, "destination_type", 1);
    add(lane, &m, "source",
        file_of(lane, lane_fmt(lane, "%.*s.part", STR_FMT(act->file)), act->uid, false));
    return object(lane, &m);
}

static struct str unlink_of(struct lane *lane, const struct lane_act *act)
{
    struct members m = {0};
    struct str name = str_basename(act->file);
    struct str folder = str_sub(act->file, 0, act->file.len - name.len - 1);
    add(lane, &m, "target", file_of(lane, act->file, act->uid, false));
    add(lane, &m, "parent_dir", file_of(lane, folder, act->uid, true));
    return object(lane, &m);
}

void lane_write_nested(struct lane *lane, const struct lane_act *act, struct buf *out)
{
    static const struct {
        const char *name;
        unsigned type;
        struct str (*body)(struct lane *, const struct lane_act *);
    } kinds[] = {[ACT_EXEC] = {"exec", 9, exec_of},
                 [ACT_FORK] = {"fork", 11, fork_of},
                 [ACT_CREATE] = {"create", 13, create_of},
                 [ACT_RENAME] = {"rename", 25, rename_of},
                 [ACT_UNLINK] = {"unlink", 32, unlink_of}};
    struct members event = {0};
    struct members m = {0};
    add(lane, &event, kinds[act->kind].name, kinds[act->kind].body(lane, act));
    add(lane, &m, "event", object(lane, &event));
    add(lane, &m, "process",
        process_of(lane, act, act->parent_image, act->kind == ACT_EXEC ? act->pid : act->parent_pid,
                   act->parent_pid));
    add(lane, &m, "action", STR("{\"result\":{\"result_type\":0,\"result\":{\"auth\":0}}}"));
    add_number(lane, &m, "action_type", 1);
    add_number(lane, &m, "event_type", kinds[act->kind].type);
    add_number(lane, &m, "global_seq_num", lane->number);
    add_number(lane, &m, "seq_num", lane->number);
    add_number(lane, &m, "mach_time", UINT64_C(289351218111) + lane->number * 977);
    add_number(lane, &m, "schema_version", 1);
    add_number(lane, &m, "version", 9);
    add(lane, &m, "thread", lane_fmt(lane, "{\"thread_id\":%u}", lane_below(&lane->dice, 900000)));
    add_text(lane, &m, "time", moment(lane, 9));
    buf_add_str(out, object(lane, &m));
}
