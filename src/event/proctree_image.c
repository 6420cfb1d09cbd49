/* What processes run: texts in one block per image, shared along forks. See proctree_priv.h. */
#include "base/mem.h"
#include "event/proctree_priv.h"

static const enum field_id sources[IMAGE_FIELDS] = {
    [IMAGE_EXECUTABLE] = F_EXECUTABLE,
    [IMAGE_COMMAND_LINE] = F_COMMAND_LINE,
    [IMAGE_CWD] = F_CWD,
    [IMAGE_USER] = F_USER,
    [IMAGE_SIGNING_ID] = F_SIGNING_ID,
    [IMAGE_TEAM_ID] = F_TEAM_ID,
    [IMAGE_CDHASH] = F_CDHASH,
    [IMAGE_SHA256] = F_SHA256,
};

static struct str cut(struct str s)
{
    return str_sub(s, 0, PROCTREE_TEXT_MAX);
}

static int make(const struct str *fields, const struct signing *signing, struct image **ret_image)
{
    size_t text = 0;
    for (unsigned i = 0; i < IMAGE_FIELDS; i++)
        text += fields[i].len;
    struct image *image = mem_alloc(sizeof *image + text);
    if (!image)
        return E_NOMEM;
    image->refs = 1;
    image->signing = *signing;
    image->bytes = sizeof *image + text;
    char *out = image->text;
    for (unsigned i = 0; i < IMAGE_FIELDS; i++) {
        image->fields[i] = str_n(out, fields[i].len);
        if (fields[i].len)
            memcpy(out, fields[i].ptr, fields[i].len);
        out += fields[i].len;
    }
    *ret_image = image;
    return 0;
}

static const struct signing nothing_told = {.flags = -1, .category = -1};

/* Take what the event tells. @return is any of it new? */
static bool learn_signing(struct signing *s, const struct event *ev)
{
    struct signing had = *s;
    struct value platform = event_get(ev, F_PLATFORM_BINARY);
    if (platform.type == VALUE_BOOL)
        s->platform_binary = platform.b;
    /* The kernel sets and clears flags while a program runs: what it started with stays. */
    if (s->flags < 0)
        s->flags = event_int(ev, F_CS_FLAGS, -1);
    if (s->category < 0)
        s->category = event_int(ev, F_CS_CATEGORY, -1);
    return s->platform_binary != had.platform_binary || s->flags != had.flags ||
           s->category != had.category;
}

/* An exec keeps these; a daemon that starts a program as somebody else gives him no name. */
static bool survives_exec(unsigned field, bool other_user)
{
    return field == IMAGE_CWD || (field == IMAGE_USER && !other_user);
}

int proctree_image_of_event(const struct event *ev, struct image *base, bool is_exec,
                            bool other_user, struct image **ret_image)
{
    struct str fields[IMAGE_FIELDS];
    bool news = is_exec || !base;
    for (unsigned i = 0; i < IMAGE_FIELDS; i++) {
        struct str told = cut(event_str(ev, sources[i]));
        struct str had =
            base && (!is_exec || survives_exec(i, other_user)) ? base->fields[i] : (struct str){0};
        bool takes = told.len && (is_exec || had.len == 0);
        fields[i] = takes ? told : had;
        news |= takes;
    }
    struct signing signing = base && !is_exec ? base->signing : nothing_told;
    news |= learn_signing(&signing, ev);
    if (news)
        return make(fields, &signing, ret_image);
    base->refs++;
    *ret_image = base;
    return 0;
}

int proctree_image_of_program(struct str executable, struct str signing_id, struct str team_id,
                              struct image **ret_image)
{
    struct str fields[IMAGE_FIELDS] = {[IMAGE_EXECUTABLE] = cut(executable),
                                       [IMAGE_SIGNING_ID] = cut(signing_id),
                                       [IMAGE_TEAM_ID] = cut(team_id)};
    return make(fields, &nothing_told, ret_image);
}

void proctree_image_unref(struct proctree *t, struct image *image)
{
    if (!image || --image->refs)
        return;
    t->bytes -= image->bytes;
    mem_free(image);
}

void proctree_image_assign(struct proctree *t, struct node *n, struct image *image)
{
    if (image->refs == 1)
        t->bytes += image->bytes;
    proctree_image_unref(t, n->image);
    n->image = image;
    n->p.executable = image->fields[IMAGE_EXECUTABLE];
    n->p.command_line = image->fields[IMAGE_COMMAND_LINE];
    n->p.cwd = image->fields[IMAGE_CWD];
    n->p.user = image->fields[IMAGE_USER];
    n->p.signing_id = image->fields[IMAGE_SIGNING_ID];
    n->p.team_id = image->fields[IMAGE_TEAM_ID];
    n->p.cdhash = image->fields[IMAGE_CDHASH];
    n->p.sha256 = image->fields[IMAGE_SHA256];
    n->p.platform_binary = image->signing.platform_binary;
    n->p.signing_flags = image->signing.flags;
    n->p.signing_category = image->signing.category;
}
