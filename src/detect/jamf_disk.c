/* Key paths that the disk has. What nobody could read never holds, in either direction: such a
 * comparison also asks whether it was told. See jamf_priv.h and detect/disk.h. */
#include "detect/disk.h"
#include "detect/jamf_priv.h"
#include "detect/regex.h"

bool jamf_on_disk(const struct jamf_key *key)
{
    return key->disk && key->field == FIELD_COUNT;
}

struct str jamf_field(const struct jamf_subject *subject)
{
    const struct jamf_key *key = subject->key;
    if (!jamf_on_disk(key))
        return field_table[key->field].name;
    return key->type == KEY_DISK ? subject->path : str_of(key->disk);
}

static const struct sigma_node *is_told(struct jamf_lowering *l, struct str field)
{
    struct sigma_item item = {.field = field, .values_len = 1};
    item.values = arena_alloc(l->arena, sizeof(*item.values));
    if (!item.values)
        return NULL;
    *item.values = (struct sigma_value){.null = true, .column = l->at};
    return jamf_not(l, jamf_item(l, &item));
}

static int compare_as(struct jamf_lowering *l, const struct jamf_comparison *c,
                      const struct jamf_key *key, struct jamf_condition *ret)
{
    struct jamf_comparison copy = *c;
    copy.subject.key = key;
    return jamf_compare_told(l, &copy, ret);
}

/* What the event says, or else what the disk says: each part holds, or does not, only where its
 * side tells. */
static int compare_either(struct jamf_lowering *l, const struct jamf_comparison *c,
                          struct jamf_condition *ret)
{
    struct jamf_key of_event = *c->subject.key;
    struct jamf_key of_disk = *c->subject.key;
    struct jamf_condition event;
    struct jamf_condition disk;
    of_event.disk = NULL;
    of_disk.field = FIELD_COUNT;
    const struct sigma_node *by_event = is_told(l, field_table[of_event.field].name);
    const struct sigma_node *by_disk[] = {jamf_not(l, by_event), is_told(l, str_of(of_disk.told))};
    const struct sigma_node *told[] = {by_event, jamf_join(l, SIGMA_AND, by_disk, 2)};
    int rc = compare_as(l, c, &of_event, &event);
    if (rc == 0)
        rc = compare_as(l, c, &of_disk, &disk);
    if (rc || event.known != KNOWN_NODE || disk.known != KNOWN_NODE) {
        *ret = event; /* of the same literals both are known alike */
        return rc;
    }
    const struct sigma_node *first[] = {told[0], event.node};
    const struct sigma_node *second[] = {told[1], disk.node};
    const struct sigma_node *ways[] = {jamf_join(l, SIGMA_AND, first, 2),
                                       jamf_join(l, SIGMA_AND, second, 2)};
    l->told = jamf_join(l, SIGMA_OR, told, 2);
    l->may_ask_disk = true;
    return l->told ? jamf_known(jamf_join(l, SIGMA_OR, ways, 2), ret) : E_NOMEM;
}

/* Every signer that the file may have is one of these. */
static const struct sigma_node *signed_by(struct jamf_lowering *l, const struct jamf_key *key,
                                          unsigned signers)
{
    char pattern[16];
    size_t len = 0;
    struct sigma_item item = {.field = str_of(key->disk),
                              .match = SIGMA_REGEX,
                              .quantifier = SIGMA_EVERY,
                              .regex_flags = REGEX_WHOLE,
                              .values_len = 1};
    pattern[len++] = '[';
    for (unsigned signer = 0; signers >> signer; signer++) {
        if (signers >> signer & 1)
            pattern[len++] = (char)('0' + signer);
    }
    pattern[len++] = ']';
    item.values = arena_alloc(l->arena, sizeof(*item.values));
    struct str text = arena_str(l->arena, str_n(pattern, len));
    if (!item.values || !text.ptr || !jamf_text_value(l, text, SIGMA_REGEX, false, item.values))
        return NULL;
    return jamf_item(l, &item);
}

/* A file may leave open who signed it. Then a comparison is told only when all of them satisfy it,
 * or none. */
static int compare_signer(struct jamf_lowering *l, const struct jamf_comparison *c,
                          struct jamf_condition *ret)
{
    enum { ALL_SIGNERS = 0x1f };
    const struct jamf_key *key = c->subject.key;
    const struct sigma_node *told = l->told;
    unsigned signers;
    int rc = jamf_fitting_signers(l, c, &signers);
    if (rc)
        return rc;
    if (signers == 0)
        return jamf_never(l, KNOWN_FALSE, ret, "there is no such signer type");
    const struct sigma_node *node = signed_by(l, key, signers);
    if (signers == ALL_SIGNERS)
        return jamf_known(node, ret);
    const struct sigma_node *either[] = {node, signed_by(l, key, ALL_SIGNERS & ~signers)};
    const struct sigma_node *both[] = {told, jamf_join(l, SIGMA_OR, either, 2)};
    l->told = jamf_join(l, SIGMA_AND, both, 2);
    return l->told ? jamf_known(node, ret) : E_NOMEM;
}

int jamf_disk_compare(struct jamf_lowering *l, const struct jamf_comparison *c,
                      struct jamf_condition *ret)
{
    if (!jamf_on_disk(c->subject.key))
        return compare_either(l, c, ret);
    l->told = is_told(l, str_of(c->subject.key->told));
    l->needs_disk = true;
    if (!l->told)
        return E_NOMEM;
    return c->subject.key->type == KEY_SIGNER ? compare_signer(l, c, ret)
                                              : jamf_compare_told(l, c, ret);
}
