/* `cordon fields` and `cordon kinds`: the event schema as lists. See cmd_schema.h. */
#include "cli/cmd_schema.h"

#include "cli/cli.h"
#include "cli/listing.h"
#include "schema/field.h"
#include "schema/kind.h"

static const char *type_name(enum field_type type)
{
    switch (type) {
    case FIELD_STR:
        return "string";
    case FIELD_INT:
        return "integer";
    case FIELD_BOOL:
        return "boolean";
    case FIELD_LIST:
        return "list";
    case FIELD_TIME:
        return "time";
    }
    return "";
}

int cmd_fields(struct cli *cli, const struct opt *opt, struct err *err)
{
    static const struct listing_column columns[] = {
        {"name", "FIELD"}, {"type", "TYPE"}, {"sigma", "SIGMA"}, {"ecs", "ECS"}, {"doc", "HOLDS"},
    };
    struct listing list CLEANUP(listing_done);
    listing_init(&list, (enum listing_form)opt_choice(opt, "output"), columns, ARRAY_LEN(columns));
    for (unsigned f = 0; f < FIELD_COUNT; f++) {
        const struct field_row *row = &field_table[f];
        listing_str(&list, row->name);
        listing_cstr(&list, type_name(row->type));
        listing_str(&list, row->sigma);
        listing_str(&list, row->ecs);
        listing_str(&list, row->doc);
    }
    return listing_print(&list, &cli->out) ? err_set(err, E_NOMEM, "out of memory") : 0;
}

int cmd_kinds(struct cli *cli, const struct opt *opt, struct err *err)
{
    static const struct listing_column columns[] = {
        {"name", "KIND"},
        {"category", "SIGMA CATEGORY"},
        {"es", "ENDPOINTSECURITY"},
        {"doc", "TELLS"},
    };
    struct listing list CLEANUP(listing_done);
    listing_init(&list, (enum listing_form)opt_choice(opt, "output"), columns, ARRAY_LEN(columns));
    for (unsigned k = 0; k < KIND_COUNT; k++) {
        const struct kind_row *row = &kind_table[k];
        listing_str(&list, row->name);
        listing_str(&list, row->category);
        listing_str(&list, row->es);
        listing_str(&list, row->doc);
    }
    return listing_print(&list, &cli->out) ? err_set(err, E_NOMEM, "out of memory") : 0;
}
