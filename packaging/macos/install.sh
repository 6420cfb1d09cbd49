#!/bin/sh
# Installs cordon-agent on this Mac, or replaces what is installed. Everything may be done again.
#
# Usage: sudo ./install.sh --server https://HOST:PORT --ca-fingerprint SHA256 --token-file FILE
#        sudo ./install.sh                      (a newer agent; configuration and enrollment stay)
# Options: --programs FOLDER  where cordon-agent and cordon lie (default: beside this script)
#          --no-load          put everything in place, start nothing
#          --root FOLDER      in front of every path (for tests)
set -eu

LABEL=org.cordon.agent
ANALYST=_cordonanalyst
UPLINK=_cordonuplink
# Role accounts have ids of 200 to 400; Apple gives its own from the bottom.
FIRST_ID=399
LAST_ID=350

here=$(cd "$(dirname "$0")" && pwd)
programs=$here
root=
server=
fingerprint=
token_file=
load=yes

fail() {
    echo "install.sh: $*" >&2
    exit 1
}

while [ $# -gt 0 ]; do
    case $1 in
    --no-load) load=no ;;
    --server | --ca-fingerprint | --token-file | --programs | --root)
        [ $# -ge 2 ] || fail "$1 needs a value"
        case $1 in
        --server) server=$2 ;;
        --ca-fingerprint) fingerprint=$2 ;;
        --token-file) token_file=$2 ;;
        --programs) programs=$2 ;;
        --root) root=$2 ;;
        esac
        shift
        ;;
    *) fail "unknown argument '$1' (see the head of this file)" ;;
    esac
    shift
done

support="$root/Library/Application Support/Cordon"
state="$support/State"
logs="$root/Library/Logs/Cordon"
daemon="$root/Library/LaunchDaemons/$LABEL.plist"
config="$support/agent.conf"
agent="$support/bin/cordon-agent"

# ---------------------------------------------------------------- what must be true first

[ "$(uname -s)" = Darwin ] || fail "this is not a Mac"
[ "$(id -u)" = 0 ] || fail "run it as root: sudo $0"
version=$(sw_vers -productVersion)
[ "${version%%.*}" -ge 13 ] || fail "macOS $version is too old: 13 or later is needed"
[ -x "$programs/cordon-agent" ] || fail "there is no program $programs/cordon-agent"
if [ ! -f "$config" ]; then
    case $server in
    https://*) ;;
    *) fail "a first installation needs --server https://HOST:PORT" ;;
    esac
    [ ${#fingerprint} -eq 64 ] || fail "a first installation needs --ca-fingerprint, 64 hex digits that cordond prints"
    case $fingerprint in
    *[!0-9a-fA-F]*) fail "--ca-fingerprint is not hexadecimal" ;;
    esac
fi
[ -z "$token_file" ] || [ -r "$token_file" ] || fail "cannot read $token_file"

# ---------------------------------------------------------------- accounts

has_record() { dscl . -read "$1" RecordName >/dev/null 2>&1; }

# The highest id that neither a user nor a group has.
free_id() {
    taken=$({ dscl . -list /Users UniqueID; dscl . -list /Groups PrimaryGroupID; } | awk '{ print $NF }')
    id=$FIRST_ID
    while [ "$id" -ge "$LAST_ID" ]; do
        if ! echo "$taken" | grep -qx -- "$id"; then
            echo "$id"
            return
        fi
        id=$((id - 1))
    done
    fail "no free account id between $LAST_ID and $FIRST_ID"
}

# A hidden account nobody can log in to, and a group of the same name and id.
make_account() {
    if ! has_record "/Groups/$1"; then
        id=$(free_id)
        dscl . -create "/Groups/$1"
        dscl . -create "/Groups/$1" PrimaryGroupID "$id"
        dscl . -create "/Groups/$1" RealName "$2"
        dscl . -create "/Groups/$1" Password '*'
    fi
    group=$(dscl . -read "/Groups/$1" PrimaryGroupID | awk '{ print $NF }')
    if ! has_record "/Users/$1"; then
        id=$group
        if dscl . -list /Users UniqueID | awk '{ print $NF }' | grep -qx -- "$id"; then
            id=$(free_id)
        fi
        dscl . -create "/Users/$1"
        dscl . -create "/Users/$1" UniqueID "$id"
        dscl . -create "/Users/$1" PrimaryGroupID "$group"
        dscl . -create "/Users/$1" RealName "$2"
        dscl . -create "/Users/$1" UserShell /usr/bin/false
        dscl . -create "/Users/$1" NFSHomeDirectory /var/empty
        dscl . -create "/Users/$1" Password '*'
        dscl . -create "/Users/$1" IsHidden 1
    fi
}

# ---------------------------------------------------------------- files

# A folder of root's with a mode.
make_folder() {
    mkdir -p "$2"
    chown root:wheel "$2"
    chmod "$1" "$2"
}

# A new file in place of the old: a program that runs keeps its own, and its signature.
put_file() {
    cp "$2" "$3.new"
    chown root:wheel "$3.new"
    chmod "$1" "$3.new"
    xattr -d com.apple.quarantine "$3.new" 2>/dev/null || true
    mv -f "$3.new" "$3"
}

write_config() {
    umask 022
    cat >"$config.new" <<EOF
server = $server
ca_fingerprint = $fingerprint
analyst_user = $ANALYST
uplink_user = $UPLINK
EOF
    chown root:wheel "$config.new"
    chmod 0644 "$config.new"
    mv -f "$config.new" "$config"
}

# ---------------------------------------------------------------- launchd

is_loaded() { launchctl print "system/$LABEL" >/dev/null 2>&1; }

# bootout is asynchronous: its end is that print fails.
unload() {
    is_loaded || return 0
    launchctl bootout "system/$LABEL" 2>/dev/null || true
    tries=0
    while is_loaded; do
        tries=$((tries + 1))
        [ $tries -le 30 ] || fail "launchd does not let go of $LABEL"
        sleep 1
    done
}

make_account "$ANALYST" "Cordon analyst"
make_account "$UPLINK" "Cordon uplink"
make_folder 0755 "$support"
make_folder 0755 "$support/bin"
make_folder 0711 "$state"
make_folder 0755 "$logs"
mkdir -p "$root/Library/LaunchDaemons" "$root/usr/local/bin"
[ "$load" = no ] || unload
put_file 0755 "$programs/cordon-agent" "$agent"
[ ! -x "$programs/cordon" ] || put_file 0755 "$programs/cordon" "$root/usr/local/bin/cordon"
[ ! -f "$here/uninstall.sh" ] || put_file 0755 "$here/uninstall.sh" "$support/uninstall.sh"
[ -f "$config" ] || write_config
put_file 0644 "$here/$LABEL.plist" "$daemon"

if [ -f "$state/monitor/trust.json" ]; then
    echo "enrolled already"
elif [ -n "$token_file" ]; then
    "$agent" enroll --config "$config" --token-file "$token_file" || fail "the enrollment failed; run it again"
else
    load=no
    echo "not enrolled: run '$agent' enroll --token-file FILE, then this script again"
fi

if [ "$load" = yes ]; then
    launchctl enable "system/$LABEL"
    launchctl bootstrap system "$daemon" ||
        fail "launchd refuses $daemon; was the background item switched off in Login Items?"
    echo "installed and started; look whether all is well: sudo '$agent' selftest"
else
    echo "installed, not started"
fi
