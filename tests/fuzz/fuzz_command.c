/* Fuzz signed commands and files. The input is the canonical part of a command; it is signed here,
 * so that the parser behind the signature is reached. Then it is a whole envelope, a whole signed
 * file, the payload of one that is signed here, and changes to that one. */
#include <stdint.h>
#include <stdlib.h>

#include "proto/command.h"
#include "proto/signed_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct sign_key *key;
static char id[SIGN_KEY_ID_BYTES];

static void add_str(struct buf *out, struct str s)
{
    buf_add_u32(out, (uint32_t)s.len);
    buf_add_str(out, s);
}

/* What is sealed opens; with any byte changed it does not. */
static void check_file(const struct command_key *keys, struct str input)
{
    struct buf file CLEANUP(buf_done) = {0};
    struct str payload;
    struct err err = {0};
    if (signed_file_seal(STR("ruleset"), input, key, &file, &err) != 0 ||
        signed_file_open(buf_str(&file), STR("ruleset"), keys, 1, &payload, &err) != 0 ||
        !str_eq(payload, input))
        abort();
    if (signed_file_open(buf_str(&file), STR("plan"), keys, 1, &payload, &err) == 0)
        abort();
    if (input.len >= 2) {
        size_t at = ((unsigned char)input.ptr[0] * 256u + (unsigned char)input.ptr[1]) % file.len;
        file.ptr[at] ^= 1;
        if (signed_file_open(buf_str(&file), STR("ruleset"), keys, 1, &payload, &err) == 0)
            abort();
    }
}

/* The same for a command, from the parts of one that was accepted. */
static void check_sealed(const struct command_key *keys, const struct command *c)
{
    struct buf envelope CLEANUP(buf_done) = {0};
    struct command again;
    struct err err = {0};
    if (command_seal(c, key, &envelope, &err) != 0 ||
        command_open(buf_str(&envelope), keys, 1, &again, &err) != 0 ||
        !str_eq(again.arguments, c->arguments) || again.generation != c->generation)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!key && (sign_key_new(&key, NULL) != 0 || sign_key_id(key, id) != 0))
        abort();
    struct command_key keys[] = {{str_of(id), key}};
    struct str input = str_n((const char *)data, size);
    struct buf envelope CLEANUP(buf_done) = {0};
    struct buf signature CLEANUP(buf_done) = {0};
    struct buf again CLEANUP(buf_done) = {0};
    struct command c;
    struct str payload;
    struct err err = {0};
    if (sign_make(key, input, &signature, &err) != 0)
        return 0;
    add_str(&envelope, input);
    add_str(&envelope, str_of(id));
    add_str(&envelope, buf_str(&signature));
    if (command_open(buf_str(&envelope), keys, 1, &c, &err) == 0) {
        /* What opens has exactly one canonical form. */
        if (command_canonical(&c, &again) != 0 || !str_eq(buf_str(&again), input))
            abort();
        (void)!command_judge(&c, STR("dev"), c.issued_ns, &err);
        (void)!command_judge(&c, c.device, c.expires_ns, &err);
        check_sealed(keys, &c);
    }
    check_file(keys, input);
    (void)!command_open(input, keys, 1, &c, &err);
    (void)!signed_file_open(input, STR("ruleset"), keys, 1, &payload, &err);
    return 0;
}
