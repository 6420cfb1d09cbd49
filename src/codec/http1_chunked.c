/* Chunked transfer coding, decoding only. See http1_chunked.h. */
#include "codec/http1_chunked.h"

#include <stdbool.h>

#include "base/err.h"

/* 15 hexadecimal digits stay below 2^60; leading zeros count, so a size line is short. */
enum { SIZE_DIGITS_MAX = 15 };

enum state {
    SIZE,         /* hexadecimal digits */
    EXTENSION,    /* after ';', up to CR */
    SIZE_LF,      /* LF of the size line */
    DATA,         /* content */
    DATA_CR,      /* CR behind content */
    DATA_LF,      /* LF behind content */
    TRAILER_LINE, /* first byte of a trailer line, or the CR of the empty one */
    TRAILER,      /* inside a trailer line */
    TRAILER_LF,   /* LF of a trailer line */
    END_LF,       /* LF of the empty line */
    END,
    FAILED
};

static int hex_value(unsigned char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static bool is_text(unsigned char c)
{
    return (c >= 0x20 && c != 0x7f) || c == '\t';
}

static int step_size(struct http1_chunked *c, unsigned char byte)
{
    int value = hex_value(byte);
    if (value >= 0) {
        if (++c->digits > SIZE_DIGITS_MAX)
            return E_PARSE;
        c->left = c->left << 4 | (uint64_t)value;
        return 0;
    }
    if (c->digits == 0 || (byte != '\r' && byte != ';'))
        return E_PARSE;
    c->state = byte == '\r' ? SIZE_LF : EXTENSION;
    return 0;
}

/* Inside dropped text: CR ends the line, any other byte is checked and counted. */
static int step_text(struct http1_chunked *c, unsigned char byte, enum state at_end)
{
    if (byte == '\r') {
        c->state = (int)at_end;
        return 0;
    }
    if (!is_text(byte))
        return E_PARSE;
    return ++c->extra_bytes > HTTP1_CHUNKED_EXTRA_BYTES ? E_LIMIT : 0;
}

static int expect(struct http1_chunked *c, unsigned char byte, unsigned char wanted,
                  enum state next)
{
    if (byte != wanted)
        return E_PARSE;
    c->state = (int)next;
    return 0;
}

/* One byte that is not content. */
static int step(struct http1_chunked *c, unsigned char byte)
{
    switch ((enum state)c->state) {
    case SIZE:
        return step_size(c, byte);
    case EXTENSION:
        return step_text(c, byte, SIZE_LF);
    case SIZE_LF:
        return expect(c, byte, '\n', c->left ? DATA : TRAILER_LINE);
    case DATA_CR:
        return expect(c, byte, '\r', DATA_LF);
    case DATA_LF:
        c->digits = 0;
        return expect(c, byte, '\n', SIZE);
    case TRAILER_LINE:
        if (byte == ' ' || byte == '\t')
            return E_PARSE; /* folded line */
        c->state = TRAILER;
        return step_text(c, byte, END_LF);
    case TRAILER:
        return step_text(c, byte, TRAILER_LF);
    case TRAILER_LF:
        return expect(c, byte, '\n', TRAILER_LINE);
    case END_LF:
        return expect(c, byte, '\n', END);
    case DATA:
    case END:
    case FAILED:
        break;
    }
    return E_PARSE;
}

static struct str take(struct str *in, uint64_t most)
{
    size_t n = most < in->len ? (size_t)most : in->len;
    struct str piece = {in->ptr, n};
    in->ptr += n;
    in->len -= n;
    return piece;
}

int http1_chunked_next(struct http1_chunked *c, struct str *in, struct str *ret_data)
{
    while (c->state != END) {
        if (c->state == FAILED)
            return E_PARSE;
        if (in->len == 0)
            return E_AGAIN;
        if (c->state == DATA) {
            struct str piece = take(in, c->left);
            c->left -= piece.len;
            if (c->left == 0) {
                c->state = DATA_CR;
                if (c->extra_bytes)
                    PLANT_OVERREAD(in->ptr + in->len);
            }
            *ret_data = piece;
            return 0;
        }
        int rc = step(c, (unsigned char)in->ptr[0]);
        if (rc) {
            c->state = FAILED;
            return rc;
        }
        (void)take(in, 1);
    }
    *ret_data = (struct str){in->ptr, 0};
    return 0;
}
