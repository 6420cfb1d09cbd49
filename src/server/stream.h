/* The live stream: tells people's browsers what was committed, as server-sent events. Changes come
 * from the store after each commit (store/change.h), whoever made them, and from the device
 * channels (online, offline). Messages and ids: docs/api.md.
 *
 * Every change becomes one message in a ring, but for two bounds: devices are told at most once in
 * a while each (with the state they are in then), and alerts beyond so many a second are told as a
 * number. */
#ifndef CORDON_SERVER_STREAM_H
#define CORDON_SERVER_STREAM_H

#include "server/server.h"

struct stream;

/** Before the store is opened. @return 0, E_ARG (a setting), E_NOMEM */
int stream_new(struct server *s, struct stream **ret_stream, struct err *err) MUST_CHECK;
/** After the store is closed and the listeners are gone. NULL is allowed. */
void stream_free(struct stream *st);

/** A store_commit_fn; `arg` is the stream. Any thread. */
void stream_commit(void *arg, struct store_changes *changes);
/** A device came or went. */
void stream_device(struct stream *st, struct str id);
/** End every stream and take no more: the server stops. */
void stream_close(struct stream *st);

/** Open streams. */
unsigned stream_len(const struct stream *st);
/** Streams that were closed because their reader did not keep up. */
uint64_t stream_slow_readers(const struct stream *st);

#endif
