/* Account look-up. See account.h. */
#include "agent/account.h"

#include <pwd.h>
#include <unistd.h>

int account_find(struct str name, uid_t *ret_uid, gid_t *ret_gid, struct err *err)
{
    if (geteuid() != 0) {
        *ret_uid = getuid();
        *ret_gid = getgid();
        return 0;
    }
    char wanted[256];
    if (name.len == 0)
        name = STR("nobody");
    if (name.len >= sizeof wanted)
        return err_set(err, E_NOT_FOUND, "account name of %zu bytes", name.len);
    memcpy(wanted, name.ptr, name.len);
    wanted[name.len] = '\0';
    const struct passwd *entry = getpwnam(wanted);
    if (!entry)
        return err_set(err, E_NOT_FOUND, "there is no account '%s'", wanted);
    if (entry->pw_uid == 0)
        return err_set(err, E_DENIED, "account '%s' is root: the process must not have its rights",
                       wanted);
    *ret_uid = entry->pw_uid;
    *ret_gid = entry->pw_gid;
    return 0;
}
