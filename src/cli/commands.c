/* The command table. See commands.h. */
#include "cli/commands.h"

#include "cli/cmd_schema.h"
#include "cli/listing.h"

#define OFFLINE "Offline, without a server"

static const struct opt_row list_rows[] = {
    OPT_OUTPUT(LISTING_FORMS),
    OPT_END,
};

const struct opt_command cli_commands[] = {
    {OFFLINE, "fields", NULL, "", 0, 0, list_rows, NULL, "List the fields that events have",
     "Rules and filters name a field by its dotted name or by its Sigma name.", cmd_fields},
    {OFFLINE, "kinds", NULL, "", 0, 0, list_rows, NULL, "List the kinds of events",
     "A rule selects kinds by its Sigma log-source category, or by the field 'kind'.", cmd_kinds},
    {NULL, NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, NULL},
};
