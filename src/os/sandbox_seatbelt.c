/* The sandbox profile text of macOS. See sandbox_seatbelt.h. The last rule that fits decides.
 * Source: the profiles macOS ships in /System/Library/Sandbox/Profiles. */
#include "os/sandbox_seatbelt.h"

#include "base/err.h"

static const char rules[] =
    "(version 1)\n"
    "(allow default)\n"
    "(deny process-exec*)\n"
    "(deny process-fork)\n"
    "(deny network-inbound)\n"
    "(deny network-bind)\n"
    "(deny file-write*)\n"
    "(allow file-write-data (literal \"/dev/null\"))\n"
    "(deny file-read* (subpath \"/Users\") (subpath \"/Volumes\") (subpath "
    "\"/private/var/root\"))\n"
    "(deny file-read* (subpath \"/Library/Application Support/com.apple.TCC\"))\n"
    "(deny file-read* (subpath \"/Library/Keychains\"))\n";

static int add_path(struct buf *out, const char *path)
{
    for (const char *c = path; *c; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            return E_ARG;
        if (*c == '"' || *c == '\\')
            buf_add_char(out, '\\');
        buf_add_char(out, *c);
    }
    return 0;
}

int sandbox_seatbelt_add(struct buf *out, const char *const *write_paths)
{
    buf_add_cstr(out, rules);
    for (size_t i = 0; write_paths[i]; i++) {
        buf_add_cstr(out, "(allow file-read* file-write* (subpath \"");
        int rc = add_path(out, write_paths[i]);
        if (rc)
            return rc;
        buf_add_cstr(out, "\"))\n");
    }
    return buf_check(out);
}
