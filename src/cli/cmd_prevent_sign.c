/* `cordon prevent sign`: a list as the update channel of servers takes it. */
#include "cli/cli.h"
#include "cli/cmd_prevent.h"
#include "crypto/sign.h"
#include "detect/list.h"
#include "os/file.h"
#include "proto/signed_file.h"
#include "schema/param.h"

const struct opt_row cmd_prevent_sign_rows[] = {
    {"key", 0, OPT_TEXT, "FILE", "private key, PEM (P-256)", 0, 0},
    {"to", 0, OPT_TEXT, "FILE", "where to write the signed list", 0, 0},
    OPT_END,
};

static void print_refused(void *arg, const struct err *err)
{
    char text[ERR_SOURCE_BYTES + ERR_MESSAGE_BYTES + 32];
    (void)err_format(err, text, sizeof(text));
    out_line(&((struct cli *)arg)->err, "%s", text);
}

/* Whoever subscribed takes all of it or nothing, so it is checked before it is signed. */
static int check(struct cli *cli, const char *path, struct str text, struct list *list,
                 struct err *err)
{
    struct list_counts counts = {0};
    int rc = list_parse(list, text, LIST_FORMAT_YAML, path, NULL, print_refused, cli, &counts, err);
    if (rc)
        return rc;
    if (counts.refused)
        return err_set(err, E_PARSE, "%s: %u entries are wrong", path, counts.refused);
    if (list->issued_ns == 0)
        return err_set(err, E_PARSE, "%s: an update says when it was made: 'issued: TIME'", path);
    return 0;
}

int cmd_prevent_sign(struct cli *cli, const struct opt *opt, struct err *err)
{
    struct list list CLEANUP(list_done) = {0};
    struct sign_key *key CLEANUP(sign_key_freep) = NULL;
    struct buf text CLEANUP(buf_done) = {0};
    struct buf file CLEANUP(buf_done) = {0};
    const char *key_path = opt_text(opt, "key", NULL);
    const char *to = opt_text(opt, "to", NULL);
    if (!key_path || !to)
        return err_set(err, E_ARG, "name the key with --key and the signed file with --to");
    int rc = file_read(opt->args[0], (size_t)param_default(PARAM_LIST_BYTES), &text, err);
    if (rc == 0)
        rc = check(cli, opt->args[0], buf_str(&text), &list, err);
    if (rc == 0)
        rc = sign_key_load(key_path, &key, err);
    if (rc == 0)
        rc = signed_file_seal(STR(SIGNED_PURPOSE_PREVENT), buf_str(&text), key, &file, err);
    if (rc == 0)
        rc = file_write_atomic(to, buf_str(&file), 0644, err);
    if (rc == 0)
        out_line(&cli->out, "%s: %zu entries signed", to, list.len);
    return rc;
}
