/* Configuration profiles for Macs. See mac_profile.h. */
#include "cli/mac_profile.h"

#include "codec/plist_out.h"
#include "crypto/uuid5.h"
#include "schema/mac.h"

enum { TEAM_ID_BYTES = 10, IDENTIFIER_BYTES_MOST = 255 };

#define ESLOGGER             "/usr/bin/eslogger"
#define ESLOGGER_REQUIREMENT "identifier \"com.apple.eslogger\" and anchor apple"

static bool is_upper_or_digit(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* What may stand in an identifier is what needs no quoting in a requirement either. */
static bool is_identifier(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (!is_upper_or_digit(c) && !(c >= 'a' && c <= 'z') && c != '.' && c != '-' && c != '_')
            return false;
    }
    return s.len > 0 && s.len <= IDENTIFIER_BYTES_MOST;
}

static bool is_team_id(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (!is_upper_or_digit(s.ptr[i]))
            return false;
    }
    return s.len == TEAM_ID_BYTES;
}

int mac_profile_check(const struct mac_profile *m, struct err *err)
{
    if (m->team_id.len && !is_team_id(m->team_id))
        return err_set(err, E_ARG, "team id '%.*s': expected ten capital letters and digits",
                       STR_FMT(m->team_id));
    if (!is_identifier(m->identifier))
        return err_set(err, E_ARG, "identifier '%.*s': expected a name such as " MAC_LABEL,
                       STR_FMT(m->identifier));
    if (m->agent.len == 0 || m->agent.ptr[0] != '/')
        return err_set(err, E_ARG, "agent '%.*s': expected an absolute path", STR_FMT(m->agent));
    return 0;
}

void mac_profile_add_requirement(struct buf *out, const struct mac_profile *m)
{
    /* The two fields mark certificates of Developer ID. */
    buf_addf(out,
             "identifier \"%.*s\" and anchor apple generic and certificate "
             "1[field.1.2.840.113635.100.6.2.6] and certificate "
             "leaf[field.1.2.840.113635.100.6.1.13] and certificate leaf[subject.OU] = \"%.*s\"",
             STR_FMT(m->identifier), STR_FMT(m->team_id));
}

/* The same identifier and organisation give the same UUID, so that a profile written again replaces
 * the one before. */
static int head(struct plist_out *p, const struct mac_profile *m, const char *type,
                const char *identifier, const char *name)
{
    CLEANUP(buf_done) struct buf unique = {0};
    char uuid[UUID5_TEXT_BYTES];
    buf_addf(&unique, "%s|%.*s", identifier, STR_FMT(m->organization));
    if (buf_check(&unique) || uuid5_make(uuid5_dns, buf_str(&unique), uuid))
        return E_NOMEM;
    plist_kv_cstr(p, "PayloadType", type);
    plist_kv_int(p, "PayloadVersion", 1);
    plist_kv_cstr(p, "PayloadIdentifier", identifier);
    plist_kv_cstr(p, "PayloadUUID", uuid);
    plist_kv_cstr(p, "PayloadDisplayName", name);
    if (m->organization.len)
        plist_kv_str(p, "PayloadOrganization", m->organization);
    return 0;
}

static int begin(struct plist_out *p, const struct mac_profile *m, const char *identifier,
                 const char *name, const char *description)
{
    plist_begin(p);
    plist_dict_begin(p);
    int rc = head(p, m, "Configuration", identifier, name);
    if (rc)
        return rc;
    plist_kv_cstr(p, "PayloadDescription", description);
    plist_kv_cstr(p, "PayloadScope", "System");
    plist_kv_bool(p, "PayloadRemovalDisallowed", true);
    plist_key(p, "PayloadContent");
    plist_array_begin(p);
    plist_dict_begin(p);
    return 0;
}

static int end(struct plist_out *p)
{
    plist_dict_end(p);
    plist_array_end(p);
    plist_dict_end(p);
    return plist_end(p);
}

static void add_program(struct plist_out *p, struct str path, struct str requirement,
                        const char *comment)
{
    plist_dict_begin(p);
    plist_kv_str(p, "Identifier", path);
    plist_kv_cstr(p, "IdentifierType", "path");
    plist_kv_str(p, "CodeRequirement", requirement);
    plist_kv_bool(p, "StaticCode", false);
    plist_kv_bool(p, "Allowed", true);
    plist_kv_cstr(p, "Comment", comment);
    plist_dict_end(p);
}

int mac_profile_add_access(struct buf *out, const struct mac_profile *m)
{
    CLEANUP(buf_done) struct buf requirement = {0};
    struct plist_out p = {.out = out};
    mac_profile_add_requirement(&requirement, m);
    if (buf_check(&requirement))
        return E_NOMEM;
    int rc = begin(&p, m, MAC_PROFILE_ACCESS, "Cordon: Full Disk Access",
                   "Lets Cordon's agent see what happens on this Mac and collect evidence.");
    if (rc == 0)
        rc = head(&p, m, "com.apple.TCC.configuration-profile-policy", MAC_PROFILE_ACCESS ".policy",
                  "Privacy Preferences Policy Control");
    if (rc)
        return rc;
    plist_key(&p, "Services");
    plist_dict_begin(&p);
    plist_key(&p, "SystemPolicyAllFiles");
    plist_array_begin(&p);
    if (m->team_id.len)
        add_program(&p, m->agent, buf_str(&requirement), "Cordon's agent");
    add_program(&p, STR(ESLOGGER), STR(ESLOGGER_REQUIREMENT),
                "Apple's event logger, which the agent starts");
    plist_array_end(&p);
    if (m->team_id.len) {
        plist_key(&p, "SystemPolicyAppBundles");
        plist_array_begin(&p);
        add_program(&p, m->agent, buf_str(&requirement),
                    "Cordon's agent, to quarantine apps of others");
        plist_array_end(&p);
    }
    plist_dict_end(&p);
    return end(&p);
}

static void add_rule(struct plist_out *p, const char *type, struct str value, struct str team_id,
                     const char *comment)
{
    plist_dict_begin(p);
    plist_kv_cstr(p, "RuleType", type);
    plist_kv_str(p, "RuleValue", value);
    if (team_id.len)
        plist_kv_str(p, "TeamIdentifier", team_id);
    plist_kv_cstr(p, "Comment", comment);
    plist_dict_end(p);
}

int mac_profile_add_background(struct buf *out, const struct mac_profile *m)
{
    struct plist_out p = {.out = out};
    int rc = begin(&p, m, MAC_PROFILE_BACKGROUND, "Cordon: background item",
                   "Keeps Cordon's agent running on this Mac.");
    if (rc == 0)
        rc = head(&p, m, "com.apple.servicemanagement", MAC_PROFILE_BACKGROUND ".rules",
                  "Managed Login Items");
    if (rc)
        return rc;
    plist_key(&p, "Rules");
    plist_array_begin(&p);
    add_rule(&p, "Label", STR(MAC_LABEL), m->team_id, "Cordon's launch daemon");
    plist_array_end(&p);
    return end(&p);
}
