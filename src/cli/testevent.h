/* Events written in YAML, as the tests of a rule hold them, turned into the JSON that the
 * normaliser reads. */
#ifndef CORDON_CLI_TESTEVENT_H
#define CORDON_CLI_TESTEVENT_H

#include "base/buf.h"
#include "codec/yaml.h"

/**
 * Append a YAML map as a JSON object. Sigma's field names become ours. A scalar without quotes that
 * reads as null, true, false or a decimal integer becomes that; every other scalar is a string.
 *
 * @param event of type YAML_MAP
 * @return 0; E_NOMEM or E_LIMIT as buf_check says
 */
int testevent_add_json(struct buf *out, const struct yaml_node *event) MUST_CHECK;

#endif
