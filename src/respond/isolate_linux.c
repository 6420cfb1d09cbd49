/* Isolation on Linux: the nft program applies one atomic transaction and lists the result.
 * See isolate.h, isolate_nft.h. libnftables is not linked (GPL-2-only). */
#include "respond/isolate.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/proc.h"
#include "respond/isolate_nft.h"

#define NFT_TIMEOUT_MS   10000
#define NFT_OUTPUT_BYTES (1024 * 1024)

static const char *nft_path(void)
{
    static const char *const paths[] = {"/usr/sbin/nft", "/sbin/nft", "/usr/bin/nft"};
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        if (access(paths[i], X_OK) == 0)
            return paths[i];
    }
    return NULL;
}

/* Run nft to a successful end. @return 0, E_STATE when nft refused, or why it did not run */
static int run(const char *const *args, struct str input, struct buf *out, struct err *err)
{
    enum { ARGS_MAX = 8 };
    const char *argv[ARGS_MAX + 2] = {nft_path()};
    CLEANUP(buf_done) struct buf errors = {0};
    int status;
    if (!argv[0])
        return err_set(err, E_UNSUPPORTED, "the nft program is not installed");
    for (size_t i = 0; i < ARGS_MAX && args[i]; i++)
        argv[i + 1] = args[i];
    int rc = proc_run(argv, input, NFT_TIMEOUT_MS, NFT_OUTPUT_BYTES, out, &errors, &status, err);
    if (rc)
        return rc;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    struct str says = str_trim(buf_str(&errors));
    int code = str_find(says, STR("Operation not permitted")) != SIZE_MAX ? E_DENIED : E_STATE;
    return err_set(err, code, "nft: %.*s", STR_FMT(str_sub(says, 0, 300)));
}

/* Carry one command out, or only have it checked; steals nothing. */
static int command(json_t *wanted, bool dry, struct err *err)
{
    CLEANUP(isolate_nft_unref) json_t *order = isolate_nft_command(wanted);
    char *text = order ? json_dumps(order, JSON_COMPACT) : NULL;
    if (!text)
        return err_set(err, E_NOMEM, "out of memory");
    CLEANUP(buf_done) struct buf out = {0};
    const char *const args[] = {"-j", "-f", "-", dry ? "-c" : NULL, NULL};
    int rc = run(args, str_of(text), &out, err);
    free(text);
    return rc;
}

/* Whether our table exists; nft cannot say so by its exit status alone. */
static int exists(bool *ret_exists, struct err *err)
{
    CLEANUP(buf_done) struct buf out = {0};
    static const char *const args[] = {"list", "tables", "inet", NULL};
    int rc = run(args, (struct str){0}, &out, err);
    if (rc)
        return rc;
    struct str rest = buf_str(&out), line;
    *ret_exists = false;
    while (str_next(&rest, '\n', &line))
        *ret_exists |= str_is(str_trim(line), "table inet " ISOLATE_NFT_TABLE);
    return 0;
}

static int list(json_t **ret_listing, struct err *err)
{
    CLEANUP(buf_done) struct buf out = {0};
    static const char *const args[] = {"-j", "list", "table", "inet", ISOLATE_NFT_TABLE, NULL};
    int rc = run(args, (struct str){0}, &out, err);
    if (rc)
        return rc;
    json_error_t why;
    json_t *listing = json_loadb(out.ptr, out.len, 0, &why);
    if (!listing)
        return err_set(err, E_PARSE, "the listing of nft is no JSON: %s at byte %d", why.text,
                       why.position);
    *ret_listing = listing;
    return 0;
}

int isolate_check(const struct isolate_policy *wanted, enum isolate_found *ret_found,
                  struct err *err)
{
    bool there;
    int rc = exists(&there, err);
    if (rc)
        return rc;
    if (!there) {
        *ret_found = ISOLATE_ABSENT;
        return 0;
    }
    CLEANUP(isolate_nft_unref) json_t *objects = isolate_nft_wanted(wanted);
    CLEANUP(isolate_nft_unref) json_t *listing = NULL;
    if (!objects)
        return err_set(err, E_NOMEM, "out of memory");
    rc = list(&listing, err);
    if (rc == 0)
        rc = isolate_nft_compare(listing, objects, err);
    /* A listing that cannot be read is none of ours either (nft 1.0.6 prints a dormant table so).
     */
    if (rc && rc != E_STATE && rc != E_PARSE)
        return rc;
    *ret_found = rc ? ISOLATE_DIFFERENT : ISOLATE_AS_WANTED;
    return 0;
}

int isolate_apply(const struct isolate_policy *policy, struct err *err)
{
    if (policy->lifeline_len == 0)
        return err_set(err, E_ARG, "refusing to isolate without an address of the server");
    CLEANUP(isolate_nft_unref) json_t *objects = isolate_nft_wanted(policy);
    if (!objects)
        return err_set(err, E_NOMEM, "out of memory");
    int rc = command(objects, false, err);
    enum isolate_found found = ISOLATE_ABSENT;
    if (rc == 0)
        rc = isolate_check(policy, &found, err);
    if (rc)
        return rc;
    if (found == ISOLATE_ABSENT)
        return err_set(err, E_STATE, "the isolation table vanished right after it was made");
    return found == ISOLATE_AS_WANTED ? 0 : E_STATE;
}

int isolate_dry_run(const struct isolate_policy *policy, struct err *err)
{
    CLEANUP(isolate_nft_unref) json_t *objects = isolate_nft_wanted(policy);
    if (!objects)
        return err_set(err, E_NOMEM, "out of memory");
    return command(objects, true, err);
}

int isolate_release(struct err *err)
{
    int rc = command(NULL, false, err);
    if (rc)
        return rc;
    bool there;
    rc = exists(&there, err);
    if (rc == 0 && there)
        return err_set(err, E_STATE, "the isolation table is still there after its removal");
    return rc;
}
