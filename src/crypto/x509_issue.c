/* Writing certificates over OpenSSL. See x509_issue.h. Extensions are built from values, never from
 * configuration text, so a name cannot smuggle one in. */
#include "crypto/x509_issue.h"

#include <arpa/inet.h>

#include <openssl/err.h>

#include "base/timefmt.h"
#include "crypto/x509_priv.h"
#include "os/random.h"

enum { SERIAL_BYTES = 16 };

/* What differs between the kinds of certificate. */
struct wanted {
    struct str name; /* common name, may be empty */
    const struct sign_key *subject_key;
    int64_t not_before_s;
    int64_t not_after_s;
    int usage_nid; /* extended key usage; NID_undef = an authority */
    GENERAL_NAMES *names;
};

static int add_ext(X509 *x, int nid, void *value, int critical, struct err *err)
{
    if (X509_add1_ext_i2d(x, nid, value, critical, X509V3_ADD_APPEND) != 1)
        return ossl_priv_fail(err, E_NOMEM, "cannot add an extension");
    return 0;
}

static int add_basic_constraints(X509 *x, bool is_ca, struct err *err)
{
    BASIC_CONSTRAINTS *bc = BASIC_CONSTRAINTS_new();
    int rc = E_NOMEM;
    if (bc) {
        bc->ca = is_ca ? 0xff : 0;
        if (is_ca) {
            bc->pathlen = ASN1_INTEGER_new();
            rc = bc->pathlen && ASN1_INTEGER_set(bc->pathlen, 0) ? 0 : E_NOMEM;
        } else {
            rc = 0;
        }
    }
    if (!rc)
        rc = add_ext(x, NID_basic_constraints, bc, 1, err);
    else
        rc = ossl_priv_fail(err, rc, "cannot add an extension");
    BASIC_CONSTRAINTS_free(bc);
    return rc;
}

static int add_key_usage(X509 *x, bool is_ca, struct err *err)
{
    enum { BIT_DIGITAL_SIGNATURE = 0, BIT_CERT_SIGN = 5, BIT_CRL_SIGN = 6 };
    ASN1_BIT_STRING *bits = ASN1_BIT_STRING_new();
    int ok = bits != NULL;
    if (ok && is_ca)
        ok = ASN1_BIT_STRING_set_bit(bits, BIT_CERT_SIGN, 1) &&
             ASN1_BIT_STRING_set_bit(bits, BIT_CRL_SIGN, 1);
    else if (ok)
        ok = ASN1_BIT_STRING_set_bit(bits, BIT_DIGITAL_SIGNATURE, 1);
    int rc = ok ? add_ext(x, NID_key_usage, bits, 1, err)
                : ossl_priv_fail(err, E_NOMEM, "cannot add an extension");
    ASN1_BIT_STRING_free(bits);
    return rc;
}

static int add_extended_usage(X509 *x, int nid, struct err *err)
{
    EXTENDED_KEY_USAGE *usage = EXTENDED_KEY_USAGE_new();
    int rc = usage && sk_ASN1_OBJECT_push(usage, OBJ_nid2obj(nid)) > 0
                 ? add_ext(x, NID_ext_key_usage, usage, 0, err)
                 : ossl_priv_fail(err, E_NOMEM, "cannot add an extension");
    EXTENDED_KEY_USAGE_free(usage);
    return rc;
}

/* Key identifiers: how a verifier finds the authority among several (RFC 5280 section 4.2.1.2). */
static int add_key_ids(X509 *x, X509 *issuer, struct err *err)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int len = 0;
    ASN1_OCTET_STRING *subject_id CLEANUP(ossl_priv_octets_freep) = ASN1_OCTET_STRING_new();
    AUTHORITY_KEYID *authority CLEANUP(ossl_priv_keyid_freep) = AUTHORITY_KEYID_new();
    if (!subject_id || !authority || X509_pubkey_digest(x, EVP_sha256(), digest, &len) != 1 ||
        ASN1_OCTET_STRING_set(subject_id, digest, 20) != 1)
        return ossl_priv_fail(err, E_NOMEM, "cannot add an extension");
    int rc = add_ext(x, NID_subject_key_identifier, subject_id, 0, err);
    if (rc)
        return rc;
    const ASN1_OCTET_STRING *of_issuer =
        issuer == x ? subject_id : X509_get0_subject_key_id(issuer);
    authority->keyid = of_issuer ? ASN1_OCTET_STRING_dup(of_issuer) : NULL;
    if (!authority->keyid)
        return ossl_priv_fail(err, E_ARG, "the authority has no key identifier");
    return add_ext(x, NID_authority_key_identifier, authority, 0, err);
}

static int set_serial(X509 *x, struct err *err)
{
    unsigned char raw[SERIAL_BYTES];
    random_bytes(raw, sizeof raw);
    /* Positive, and always of the same length. */
    raw[0] = (unsigned char)((raw[0] & 0x7f) | 0x40);
    BIGNUM *number CLEANUP(ossl_priv_bn_freep) = BN_bin2bn(raw, sizeof raw, NULL);
    if (!number || !BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x)))
        return ossl_priv_fail(err, E_NOMEM, "cannot set the serial number");
    return 0;
}

static int fill(X509 *x, const struct wanted *w, X509 *issuer, struct err *err)
{
    bool is_ca = w->usage_nid == NID_undef;
    int rc = set_serial(x, err);
    if (!rc && w->name.len)
        rc = x509_priv_set_name(X509_get_subject_name(x), w->name, err);
    if (!rc && (X509_set_version(x, X509_VERSION_3) != 1 ||
                X509_set_issuer_name(x, X509_get_subject_name(issuer)) != 1 ||
                X509_set_pubkey(x, sign_key_handle(w->subject_key)) != 1 ||
                !ASN1_TIME_set(X509_getm_notBefore(x), (time_t)w->not_before_s) ||
                !ASN1_TIME_set(X509_getm_notAfter(x), (time_t)w->not_after_s)))
        rc = ossl_priv_fail(err, E_NOMEM, "cannot fill the certificate");
    if (!rc)
        rc = add_basic_constraints(x, is_ca, err);
    if (!rc)
        rc = add_key_usage(x, is_ca, err);
    if (!rc && !is_ca)
        rc = add_extended_usage(x, w->usage_nid, err);
    if (!rc && w->names)
        rc = add_ext(x, NID_subject_alt_name, w->names, w->name.len == 0, err);
    return rc ? rc : add_key_ids(x, issuer, err);
}

static int make(const struct wanted *w, const struct x509_ca *ca, struct x509_cert **ret_cert,
                struct err *err)
{
    X509 *x CLEANUP(ossl_priv_x509_freep) = X509_new();
    if (!x)
        return ossl_priv_fail(err, E_NOMEM, "cannot make a certificate");
    int rc = fill(x, w, ca->cert ? x509_handle(ca->cert) : x, err);
    if (rc)
        return rc;
    if (X509_sign(x, sign_key_handle(ca->key), EVP_sha256()) <= 0)
        return ossl_priv_fail(err, E_NOMEM, "cannot sign the certificate");
    return x509_from_handle(x, ret_cert);
}

static int64_t seconds(int64_t ns)
{
    return ns / NS_PER_S - (ns % NS_PER_S < 0);
}

int x509_ca_create(const struct sign_key *key, struct str name, int64_t now_ns,
                   struct x509_cert **ret_cert, struct err *err)
{
    int rc = x509_priv_check_name(name, err);
    if (rc)
        return rc;
    if (!sign_key_is_private(key))
        return err_set(err, E_ARG, "an authority needs the private key");
    int64_t now_s = seconds(now_ns);
    struct wanted w = {.name = name,
                       .subject_key = key,
                       .not_before_s = now_s - X509_BACKDATE_S,
                       .not_after_s = now_s + (int64_t)X509_CA_DAYS * 86400,
                       .usage_nid = NID_undef};
    return make(&w, &(struct x509_ca){NULL, key}, ret_cert, err);
}

/* The life of a certificate within that of its authority. */
static int set_life(struct wanted *w, const struct x509_ca *ca, int64_t now_ns, int days,
                    struct err *err)
{
    if (days < 1 || days > X509_ISSUE_DAYS_MAX)
        return err_set(err, E_ARG, "a certificate lives 1 to %d days, not %d", X509_ISSUE_DAYS_MAX,
                       days);
    int64_t ca_start = x509_not_before_ns(ca->cert);
    int64_t ca_end = x509_not_after_ns(ca->cert);
    if (now_ns < ca_start || now_ns >= ca_end)
        return err_set(err, E_STATE, "the authority's own certificate is not valid now");
    int64_t now_s = seconds(now_ns);
    w->not_before_s = now_s - X509_BACKDATE_S;
    if (w->not_before_s < seconds(ca_start))
        w->not_before_s = seconds(ca_start);
    w->not_after_s = now_s + (int64_t)days * 86400;
    if (w->not_after_s > seconds(ca_end))
        w->not_after_s = seconds(ca_end);
    return 0;
}

int x509_issue_device(const struct x509_ca *ca, const struct sign_key *device_key,
                      struct str device_id, int64_t now_ns, int days, struct x509_cert **ret_cert,
                      struct err *err)
{
    struct wanted w = {.name = device_id, .subject_key = device_key, .usage_nid = NID_client_auth};
    int rc = x509_priv_check_name(device_id, err);
    if (!rc)
        rc = set_life(&w, ca, now_ns, days, err);
    return rc ? rc : make(&w, ca, ret_cert, err);
}

static bool host_valid(struct str host)
{
    if (str_starts(host, STR("*.")))
        host = str_sub(host, 2, SIZE_MAX);
    if (host.len == 0 || host.len > X509_SAN_BYTES_MAX || host.ptr[host.len - 1] == '.')
        return false;
    struct str label;
    while (str_next(&host, '.', &label)) {
        if (label.len == 0 || label.len > 63 || label.ptr[0] == '-' ||
            label.ptr[label.len - 1] == '-')
            return false;
        for (size_t i = 0; i < label.len; i++) {
            char c = char_lower(label.ptr[i]);
            if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
                return false;
        }
    }
    return true;
}

/* An IP address as its 4 or 16 bytes; 0 when it is none. */
static int parse_ip(struct str name, unsigned char ret_ip[16])
{
    char text[INET6_ADDRSTRLEN];
    if (name.len == 0 || name.len >= sizeof text || memchr(name.ptr, '\0', name.len))
        return 0;
    (void)memcpy(text, name.ptr, name.len);
    text[name.len] = '\0';
    if (inet_pton(AF_INET, text, ret_ip) == 1)
        return 4;
    return inet_pton(AF_INET6, text, ret_ip) == 1 ? 16 : 0;
}

static int add_name(GENERAL_NAMES *names, struct str name, struct err *err)
{
    unsigned char ip[16];
    int ip_len = parse_ip(name, ip);
    if (!ip_len && !host_valid(name))
        return err_set(err, E_ARG, "'%.*s' is neither a host name nor an IP address",
                       STR_FMT(str_sub(name, 0, 100)));
    GENERAL_NAME *general = GENERAL_NAME_new();
    ASN1_STRING *value = ip_len ? ASN1_OCTET_STRING_new() : ASN1_IA5STRING_new();
    const void *bytes = ip_len ? (const void *)ip : (const void *)name.ptr;
    int len = ip_len ? ip_len : (int)name.len;
    if (!general || !value || ASN1_STRING_set(value, bytes, len) != 1) {
        GENERAL_NAME_free(general);
        ASN1_STRING_free(value);
        return ossl_priv_fail(err, E_NOMEM, "cannot add a name");
    }
    GENERAL_NAME_set0_value(general, ip_len ? GEN_IPADD : GEN_DNS, value);
    if (sk_GENERAL_NAME_push(names, general) <= 0) {
        GENERAL_NAME_free(general);
        return ossl_priv_fail(err, E_NOMEM, "cannot add a name");
    }
    return 0;
}

int x509_issue_server(const struct x509_ca *ca, const struct sign_key *server_key,
                      const struct str *names, size_t name_count, int64_t now_ns, int days,
                      struct x509_cert **ret_cert, struct err *err)
{
    GENERAL_NAMES *general CLEANUP(ossl_priv_general_names_freep) = NULL;
    if (name_count == 0 || name_count > X509_SANS_MAX)
        return err_set(err, E_ARG, "a server certificate has 1 to %d names, not %zu", X509_SANS_MAX,
                       name_count);
    general = GENERAL_NAMES_new();
    if (!general)
        return ossl_priv_fail(err, E_NOMEM, "cannot make a certificate");
    for (size_t i = 0; i < name_count; i++) {
        int rc = add_name(general, names[i], err);
        if (rc)
            return rc;
    }
    /* A long host name does not fit the subject; then only the alternative names count. */
    struct wanted w = {.name = names[0].len <= X509_NAME_BYTES_MAX ? names[0] : (struct str){0},
                       .subject_key = server_key,
                       .usage_nid = NID_server_auth,
                       .names = general};
    int rc = set_life(&w, ca, now_ns, days, err);
    return rc ? rc : make(&w, ca, ret_cert, err);
}
