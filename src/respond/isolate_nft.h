/* The isolation policy as nftables objects in libnftables' JSON form, written exactly as nft lists
 * them, so that what the kernel has can be compared with what was asked. No I/O.
 * Source: libnftables-json(5). */
#ifndef CORDON_RESPOND_ISOLATE_NFT_H
#define CORDON_RESPOND_ISOLATE_NFT_H

#include <jansson.h>

#include "respond/isolate_policy.h"

#define ISOLATE_NFT_TABLE "cordon_isolation"

/** Table, chains and rules, without handles. @return a new reference, NULL = no memory */
json_t *isolate_nft_wanted(const struct isolate_policy *policy);
/**
 * The one transaction that replaces our table by the wanted objects; `wanted` NULL only removes it.
 * @return a new reference, NULL = no memory
 */
json_t *isolate_nft_command(json_t *wanted);
/**
 * Compare nft's listing of our table with the wanted objects.
 * @return 0, E_STATE (err names the first difference), E_PARSE (no listing), E_NOMEM
 */
int isolate_nft_compare(json_t *listing, json_t *wanted, struct err *err) MUST_CHECK;
/** For CLEANUP(isolate_nft_unref). */
void isolate_nft_unref(json_t **value);

#endif
