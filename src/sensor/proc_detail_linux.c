/* One process as /proc shows it. See proc_detail.h. */
#include "sensor/proc_detail.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/file.h"

enum {
    SMALL_BYTES = 4096,
    /* Terminal, two paths, the raw and the joined arguments: reserved once, so slices stay put. */
    TEXT_BYTES = 64 + 2 * PATH_MAX + 2 * PROC_DETAIL_ARGS_BYTES + 1
};

/* Append to the text; there is room by construction. */
static struct str append(struct proc_detail *d, struct str s)
{
    size_t at = d->text.len;
    buf_add_str(&d->text, s);
    return buf_check(&d->text) || s.len == 0 ? (struct str){0} : str_n(d->text.ptr + at, s.len);
}

/* Read at most `cap` bytes of a file below the process's folder; 0 when it cannot be read. */
static size_t read_at(int dir, const char *name, char *out, size_t cap)
{
    int fd CLEANUP(fd_closep) = openat(dir, name, O_RDONLY | O_CLOEXEC);
    size_t len = 0;
    while (fd >= 0 && len < cap) {
        ssize_t n = read(fd, out + len, cap - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        len += (size_t)n;
    }
    return len;
}

/* ------------------------------------------------------------------ stat */

static void set_tty(struct proc_detail *d, uint64_t device)
{
    enum { MAJOR_TTY = 4, MAJOR_SERIAL_FIRST = 64, MAJOR_PTS = 136, MAJOR_PTS_LAST = 143 };
    unsigned major = (unsigned)(device >> 8 & 0xfff);
    unsigned minor = (unsigned)((device & 0xff) | (device >> 12 & 0xfff00));
    char name[32] = "";
    if (major >= MAJOR_PTS && major <= MAJOR_PTS_LAST)
        (void)snprintf(name, sizeof name, "/dev/pts/%u", (major - MAJOR_PTS) * 256 + minor);
    else if (major == MAJOR_TTY && minor < MAJOR_SERIAL_FIRST)
        (void)snprintf(name, sizeof name, "/dev/tty%u", minor);
    else if (major == MAJOR_TTY)
        (void)snprintf(name, sizeof name, "/dev/ttyS%u", minor - MAJOR_SERIAL_FIRST);
    d->tty = append(d, str_of(name));
}

int proc_detail_parse_stat(struct str line, struct proc_detail *d)
{
    enum { STATE = 3, PARENT = 4, GROUP = 5, SESSION = 6, TTY = 7, START = 22 };
    /* The name in parentheses may hold anything: fields are counted behind its last one. */
    size_t name_end = str_rfind_char(line, ')');
    if (name_end == SIZE_MAX || str_sub(line, name_end + 1, 1).len == 0)
        return E_PARSE;
    struct str rest = str_sub(line, name_end + 2, SIZE_MAX), piece;
    uint64_t fields[START + 1] = {0};
    for (unsigned field = STATE; field <= START; field++) {
        if (!str_next(&rest, ' ', &piece))
            return E_PARSE;
        /* Signed fields (priorities) are of no interest and may fail to parse. */
        if (str_to_u64(piece, &fields[field]))
            fields[field] = 0;
    }
    if (fields[PARENT] > INT_MAX || fields[GROUP] > INT_MAX || fields[SESSION] > INT_MAX)
        return E_PARSE;
    d->parent = (pid_t)fields[PARENT];
    d->group = (pid_t)fields[GROUP];
    d->session = (pid_t)fields[SESSION];
    d->start = fields[START];
    set_tty(d, fields[TTY]);
    return 0;
}

/* ------------------------------------------------------------------ ids */

/* The n-th number of the line that starts with `key`, -1 when there is none. */
static int64_t status_number(struct str text, struct str key, unsigned n)
{
    struct str line;
    while (str_next(&text, '\n', &line)) {
        if (!str_starts(line, key))
            continue;
        struct str rest = str_sub(line, key.len, SIZE_MAX), piece;
        for (unsigned i = 0; str_next(&rest, '\t', &piece); i++) {
            int64_t value;
            if (i == n)
                return str_to_i64(piece, &value) ? -1 : value;
        }
    }
    return -1;
}

static void read_ids(int dir, struct proc_detail *d)
{
    char text[SMALL_BYTES];
    int64_t login;
    struct str status = str_n(text, read_at(dir, "status", text, sizeof text));
    d->ruid = status_number(status, STR("Uid:\t"), 0);
    d->uid = status_number(status, STR("Uid:\t"), 1);
    d->gid = status_number(status, STR("Gid:\t"), 1);
    struct str line = str_trim(str_n(text, read_at(dir, "loginuid", text, sizeof text)));
    d->login_uid = str_to_i64(line, &login) || login == UINT32_MAX ? -1 : login;
}

/* ------------------------------------------------------------------ image */

/* The kernel marks a removed file; a file may really be named so. */
static bool is_removed(int dir, struct str path)
{
    struct stat st;
    return str_ends(path, STR(" (deleted)")) && fstatat(dir, "exe", &st, 0) == 0 &&
           st.st_nlink == 0;
}

static struct str read_link(struct proc_detail *d, int dir, const char *name)
{
    char path[PATH_MAX];
    ssize_t n = readlinkat(dir, name, path, sizeof path);
    if (n <= 0)
        return (struct str){0};
    struct str link = str_n(path, (size_t)n);
    if (str_is(str_of(name), "exe") && is_removed(dir, link))
        link.len -= sizeof " (deleted)" - 1;
    return append(d, link);
}

/* Arguments end with a NUL each; a program may have overwritten them with anything. */
static void split_args(struct proc_detail *d, struct str raw)
{
    if (raw.len && raw.ptr[raw.len - 1] == '\0')
        raw.len--;
    while (raw.len && d->args_len < PROC_DETAIL_ARGS_MAX) {
        size_t end = str_find_char(raw, '\0');
        d->args[d->args_len++] = str_sub(raw, 0, end);
        raw = end == SIZE_MAX ? (struct str){0} : str_sub(raw, end + 1, SIZE_MAX);
    }
    d->args_cut |= raw.len > 0;
}

static void read_args(int dir, struct proc_detail *d)
{
    char *raw = d->text.ptr + d->text.len;
    size_t len = read_at(dir, "cmdline", raw, PROC_DETAIL_ARGS_BYTES + 1);
    d->args_cut = len > PROC_DETAIL_ARGS_BYTES;
    if (d->args_cut)
        len = PROC_DETAIL_ARGS_BYTES;
    d->text.len += len;
    split_args(d, str_n(raw, len));
    if (len && raw[len - 1] == '\0')
        len--;
    char *line = d->text.ptr + d->text.len;
    d->command_line = append(d, str_n(raw, len));
    for (size_t i = 0; i < d->command_line.len; i++) {
        if (line[i] == '\0')
            line[i] = ' ';
    }
}

static void read_image(int dir, struct proc_detail *d)
{
    d->executable = read_link(d, dir, "exe");
    d->cwd = read_link(d, dir, "cwd");
    read_args(dir, d);
}

static void clear(struct proc_detail *d)
{
    buf_clear(&d->text);
    d->executable = d->cwd = d->command_line = d->tty = (struct str){0};
    d->args_len = 0;
    d->args_cut = false;
    d->start = 0;
    d->parent = d->group = d->session = 0;
    d->ruid = d->uid = d->gid = d->login_uid = -1;
}

int proc_detail_read(pid_t pid, unsigned parts, struct proc_detail *d)
{
    char path[64];
    char line[SMALL_BYTES];
    clear(d);
    (void)snprintf(path, sizeof path, "/proc/%d", (int)pid);
    int dir CLEANUP(fd_closep) = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return E_NOT_FOUND;
    if (buf_reserve(&d->text, TEXT_BYTES))
        return E_NOMEM;
    if (parts & PROC_DETAIL_STAT) {
        struct str stat = str_n(line, read_at(dir, "stat", line, sizeof line));
        if (proc_detail_parse_stat(stat, d))
            return E_NOT_FOUND;
    }
    if (parts & PROC_DETAIL_IMAGE)
        read_image(dir, d);
    if (parts & PROC_DETAIL_IDS)
        read_ids(dir, d);
    return buf_check(&d->text) ? E_NOMEM : 0;
}

void proc_detail_done(struct proc_detail *d)
{
    buf_done(&d->text);
}

int proc_detail_each(void (*fn)(void *arg, pid_t pid), void *arg)
{
    DIR *dir = opendir("/proc");
    if (!dir)
        return E_IO;
    for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
        uint64_t pid;
        if (str_to_u64(str_of(e->d_name), &pid) == 0 && pid > 0 && pid <= INT_MAX)
            fn(arg, (pid_t)pid);
    }
    (void)closedir(dir);
    return 0;
}
