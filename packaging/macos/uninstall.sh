#!/bin/sh
# Removes cordon-agent from this Mac.
#
# Usage: sudo ./uninstall.sh [--purge]
#   --purge        also configuration, keys, what waits for the server, logs and accounts
#   --force        although this Mac is isolated: its network opens at the next restart only
#   --root FOLDER  in front of every path (for tests)
set -eu

LABEL=org.cordon.agent
ACCOUNTS="_cordonanalyst _cordonuplink"
purge=no
force=no
root=

fail() {
    echo "uninstall.sh: $*" >&2
    exit 1
}

while [ $# -gt 0 ]; do
    case $1 in
    --purge) purge=yes ;;
    --force) force=yes ;;
    --root)
        [ $# -ge 2 ] || fail "$1 needs a value"
        root=$2
        shift
        ;;
    *) fail "unknown argument '$1' (see the head of this file)" ;;
    esac
    shift
done

support="$root/Library/Application Support/Cordon"

[ "$(uname -s)" = Darwin ] || fail "this is not a Mac"
[ "$(id -u)" = 0 ] || fail "run it as root: sudo $0"
if [ "$force" = no ] && grep -qx "state isolated" "$support/State/monitor/isolation" 2>/dev/null; then
    fail "this Mac is isolated: release it first, from the console or with 'cordon device release'"
fi

is_loaded() { launchctl print "system/$LABEL" >/dev/null 2>&1; }

if is_loaded; then
    launchctl bootout "system/$LABEL" 2>/dev/null || true
    tries=0
    while is_loaded; do
        tries=$((tries + 1))
        [ $tries -le 30 ] || fail "launchd does not let go of $LABEL"
        sleep 1
    done
fi
rm -f "$root/Library/LaunchDaemons/$LABEL.plist" "$root/usr/local/bin/cordon"
rm -rf "${support:?}/bin" "${support:?}/uninstall.sh"
if [ "$purge" = yes ]; then
    rm -rf "${support:?}" "$root/Library/Logs/Cordon"
    for account in $ACCOUNTS; do
        dscl . -delete "/Users/$account" 2>/dev/null || true
        dscl . -delete "/Groups/$account" 2>/dev/null || true
    done
    echo "removed, with everything it knew; remove the device at the server, too"
else
    echo "removed; configuration and state are still in $support (--purge removes them)"
fi
