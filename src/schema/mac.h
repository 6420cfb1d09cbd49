/* Names by which a Mac knows Cordon: its launchd job, its folder, its configuration profiles. The
 * agent, the program that writes the profiles and packaging/macos agree on them here. */
#ifndef CORDON_SCHEMA_MAC_H
#define CORDON_SCHEMA_MAC_H

/** Label of the launch daemon; also the code-signing identifier unless a release says otherwise. */
#define MAC_LABEL "org.cordon.agent"
/** Where the agent, its configuration and its state lie. */
#define MAC_FOLDER "/Library/Application Support/Cordon"
#define MAC_AGENT  MAC_FOLDER "/bin/cordon-agent"
/** PayloadIdentifier of the profile that gives Full Disk Access, and of the one that keeps the job
 * from being switched off. */
#define MAC_PROFILE_ACCESS     MAC_LABEL ".full-disk-access"
#define MAC_PROFILE_BACKGROUND MAC_LABEL ".background-item"

#endif
