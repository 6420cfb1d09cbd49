/* UUIDs made of a name: the same name gives the same UUID, everywhere and for ever. An identifier,
 * no proof of anything (SHA-1). Source: RFC 9562, section 5.5. */
#ifndef CORDON_CRYPTO_UUID5_H
#define CORDON_CRYPTO_UUID5_H

#include "base/compiler.h"
#include "base/str.h"

enum { UUID5_TEXT_BYTES = 37 }; /* 36 characters and the NUL */

/** Name space of domain names, RFC 9562 section 6.6. */
extern const unsigned char uuid5_dns[16];

/**
 * @param space   name space
 * @param name    any bytes
 * @param ret_text upper case, as Apple's profiles have it
 * @return 0 or E_NOMEM
 */
int uuid5_make(const unsigned char space[16], struct str name,
               char ret_text[UUID5_TEXT_BYTES]) MUST_CHECK;

#endif
