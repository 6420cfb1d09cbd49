/* The root process stops programs that the prevent lists name. It decides from its own copy of the
 * verified ruleset's prevent sections, needs no other process of the agent, and never stops the
 * agent, what belongs to the system, or what the guard of the lists names.
 *
 * Where the system has a gate, a program is kept from starting; otherwise, and for what runs when
 * an entry comes, the process is ended. Each time a record is made, which the analyst turns into an
 * alert. */
#ifndef CORDON_AGENT_PREVENTION_H
#define CORDON_AGENT_PREVENTION_H

#include "base/buf.h"
#include "base/err.h"
#include "codec/json_out.h"
#include "os/loop.h"
#include "proto/agent_msg.h"

struct prevention;

/** Takes a record of the form that sensors make; on the loop's thread. */
typedef void (*prevention_record_fn)(void *arg, struct str record);

/**
 * @param mode   "deny" (gate where there is one), "kill" (no gate) or "off"
 * @param record told of everything that was stopped, or could not be
 * @return 0, E_ARG (no such mode), E_NOMEM
 */
int prevention_new(struct loop *loop, struct str mode, prevention_record_fn record, void *arg,
                   struct prevention **ret_prevention, struct err *err) MUST_CHECK;
void prevention_free(struct prevention *p);

/** Decide by this ruleset image from now on, and look for what runs already.
 * @param fd      borrowed
 * @param version of the image, for the log */
void prevention_use(struct prevention *p, int fd, const char *version);

/** The analyst saw a program that an entry may name: look at it, and end it when one does. */
void prevention_suspect(struct prevention *p, const struct agent_suspect *s);

/** Members for the device's health. */
void prevention_health(struct prevention *p, struct json_out *j);

#endif
