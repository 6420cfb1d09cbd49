/* `cordon mac-profiles`. See cmd_mac.h. */
#include "cli/cmd_mac.h"

#include "cli/cli.h"
#include "cli/mac_profile.h"
#include "os/file.h"
#include "schema/mac.h"

const struct opt_row cmd_mac_profiles_rows[] = {
    {"team-id", 't', OPT_TEXT, "TEAM", "Apple team that signed the agent, ten characters", 0, 0},
    {"unsigned", 0, OPT_FLAG, NULL, "the agent is not signed by a team (ad hoc)", 0, 0},
    {"identifier", 'i', OPT_TEXT, "NAME",
     "code-signing identifier of the agent (default " MAC_LABEL ")", 0, 0},
    {"organization", 0, OPT_TEXT, "NAME", "whose Macs they are; shown to the user", 0, 0},
    {"agent", 0, OPT_TEXT, "PATH", "path of the agent on the Mac, unless it was moved", 0, 0},
    {"folder", 'd', OPT_TEXT, "FOLDER", "where to write the files (default: here)", 0, 0},
    OPT_END,
};

typedef int (*add_fn)(struct buf *out, const struct mac_profile *m);

static int write_profile(struct cli *cli, const struct opt *opt, const struct mac_profile *m,
                         const char *name, add_fn add, struct err *err)
{
    struct buf path CLEANUP(buf_done) = {0};
    struct buf text CLEANUP(buf_done) = {0};
    buf_addf(&path, "%s/%s", opt_text(opt, "folder", "."), name);
    int rc = add(&text, m);
    if (rc == E_ARG)
        return err_set(err, rc, "organization or agent holds what XML cannot");
    if (rc || buf_check(&path))
        return err_set(err, E_NOMEM, "out of memory");
    rc = file_write_atomic(buf_cstr(&path), buf_str(&text), 0644, err);
    if (rc == 0)
        out_line(&cli->out, "%s", buf_cstr(&path));
    return rc;
}

int cmd_mac_profiles(struct cli *cli, const struct opt *opt, struct err *err)
{
    const struct mac_profile m = {
        .team_id = str_of(opt_text(opt, "team-id", "")),
        .identifier = str_of(opt_text(opt, "identifier", MAC_LABEL)),
        .agent = str_of(opt_text(opt, "agent", MAC_AGENT)),
        .organization = str_of(opt_text(opt, "organization", "")),
    };
    if ((m.team_id.len != 0) == opt_flag(opt, "unsigned"))
        return err_set(err, E_ARG, "say who signed the agent: --team-id TEAM, or --unsigned");
    int rc = mac_profile_check(&m, err);
    if (rc == 0)
        rc = file_mkdirs(opt_text(opt, "folder", "."), 0755, err);
    if (rc == 0)
        rc = write_profile(cli, opt, &m, "cordon-full-disk-access.mobileconfig",
                           mac_profile_add_access, err);
    if (rc == 0)
        rc = write_profile(cli, opt, &m, "cordon-background-item.mobileconfig",
                           mac_profile_add_background, err);
    return rc;
}
