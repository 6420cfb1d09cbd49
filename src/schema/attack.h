/* MITRE ATT&CK: the tactics, the techniques that concern Macs, and what withdrawn ids are called
 * now. One version of the matrix; rules may carry ids of any, attack_current turns them into this
 * version's. An id that is not here (another platform's, a newer one) is still an id: it is carried
 * and counted, only its name and tactics are unknown.
 * Source: MITRE ATT&CK Enterprise 19, facts (ids, names, tactics) only; attack.mitre.org. */
#ifndef CORDON_SCHEMA_ATTACK_H
#define CORDON_SCHEMA_ATTACK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

#define ATTACK_VERSION "19"

/* X(enum, id, name in tags and layers, title), in the matrix' order */
#define TACTIC_LIST(X)                                                                             \
    X(TACTIC_RECONNAISSANCE, "TA0043", "reconnaissance", "Reconnaissance")                         \
    X(TACTIC_RESOURCE_DEVELOPMENT, "TA0042", "resource-development", "Resource Development")       \
    X(TACTIC_INITIAL_ACCESS, "TA0001", "initial-access", "Initial Access")                         \
    X(TACTIC_EXECUTION, "TA0002", "execution", "Execution")                                        \
    X(TACTIC_PERSISTENCE, "TA0003", "persistence", "Persistence")                                  \
    X(TACTIC_PRIVILEGE_ESCALATION, "TA0004", "privilege-escalation", "Privilege Escalation")       \
    X(TACTIC_STEALTH, "TA0005", "stealth", "Stealth")                                              \
    X(TACTIC_DEFENSE_IMPAIRMENT, "TA0112", "defense-impairment", "Defense Impairment")             \
    X(TACTIC_CREDENTIAL_ACCESS, "TA0006", "credential-access", "Credential Access")                \
    X(TACTIC_DISCOVERY, "TA0007", "discovery", "Discovery")                                        \
    X(TACTIC_LATERAL_MOVEMENT, "TA0008", "lateral-movement", "Lateral Movement")                   \
    X(TACTIC_COLLECTION, "TA0009", "collection", "Collection")                                     \
    X(TACTIC_COMMAND_AND_CONTROL, "TA0011", "command-and-control", "Command and Control")          \
    X(TACTIC_EXFILTRATION, "TA0010", "exfiltration", "Exfiltration")                               \
    X(TACTIC_IMPACT, "TA0040", "impact", "Impact")

enum attack_tactic {
#define TACTIC_ENUM(id, number, name, title) id,
    TACTIC_LIST(TACTIC_ENUM)
#undef TACTIC_ENUM
        TACTIC_COUNT
};

struct tactic_row {
    struct str id; /* "TA0002" */
    struct str name;
    struct str title;
};

struct technique_row {
    struct str id;    /* "T1059.004" */
    struct str name;  /* of the sub-technique alone */
    uint32_t tactics; /* bit 1 << enum attack_tactic of each */
};

struct technique_alias {
    struct str id;      /* withdrawn */
    struct str current; /* may be of another platform than ours */
};

extern const struct tactic_row tactic_table[TACTIC_COUNT];
/** In the order of their ids. */
extern const struct technique_row technique_table[];
extern const size_t technique_table_len;
/** In the order of their ids. */
extern const struct technique_alias technique_aliases[];
extern const size_t technique_aliases_len;

/** The technique under this id, withdrawn ones under their successor; NULL when it is not here. */
const struct technique_row *technique_find(struct str id);
/** What the id is called in this version: itself unless it was withdrawn. */
struct str technique_current(struct str id);
/** "T1059" of "T1059.004", the id itself when it has no parent. */
struct str technique_parent(struct str id);

#endif
