# Sourced by the scripts beside it: builds the web console (console/dist) when its sources changed.
# shellcheck shell=bash

# What the console's tools ask for. Where the machine has less (Debian 12 has 18), the pinned one is fetched with the
# npm that is there, into a folder outside the tree, and does all further work.
NODE_LEAST=20.19.0
NODE_PINNED=22.23.3
NPM_PINNED=10.9.9
CORDON_CACHE_DIR=${CORDON_CACHE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/cordon}

# version_at_least VERSION LEAST
version_at_least() {
    [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]
}

# have_node: there is a node that is new enough, and its npm.
have_node() {
    local version
    command -v npm >/dev/null && version=$(node --version 2>/dev/null) && version_at_least "${version#v}" "$NODE_LEAST"
}

# use_pinned_node: put the pinned node and npm first on the PATH, fetched at the first time.
use_pinned_node() {
    local machine folder part
    case $(uname -m) in
    x86_64) machine=x64 ;;
    aarch64) machine=arm64 ;;
    *) fail "the console needs Node.js $NODE_LEAST or newer: install it" ;;
    esac
    folder=$CORDON_CACHE_DIR/node-$NODE_PINNED-npm-$NPM_PINNED-$machine
    if [ ! -d "$folder" ]; then
        command -v npm >/dev/null ||
            fail "the console needs Node.js $NODE_LEAST or newer, or any npm to fetch it: run script/install-deps"
        echo "console: fetching Node.js $NODE_PINNED into $folder" >&2
        part=$folder.$$
        rm -rf "$part"
        mkdir -p "$part/bin"
        npm install --prefix "$part" --no-save --no-audit --no-fund --loglevel error \
            "node-linux-$machine@$NODE_PINNED" "npm@$NPM_PINNED" >&2 || fail "Node.js could not be fetched"
        ln -s "../node_modules/node-linux-$machine/bin/node" "$part/bin/node"
        ln -s ../node_modules/npm/bin/npm-cli.js "$part/bin/npm"
        # Another script may have been faster.
        mv -T "$part" "$folder" 2>/dev/null || rm -rf "$part"
    fi
    PATH=$folder/bin:$PATH
    have_node || fail "$folder has no Node.js that works here: remove it and try again"
}

# hash_of PATH...: one hash of the names and contents of these files and folders, built things left out.
hash_of() {
    find "$@" \( -name node_modules -o -path console/dist -o -path console/src/api/schema.ts \) -prune -o -type f -print0 | LC_ALL=C sort -z |
        xargs -0 sha256sum | sha256sum | cut -d ' ' -f 1
}

# in_console COMMAND...: run it in console/, with a Node.js that is new enough and the console's packages in place. In a
# subshell: the PATH and the folder of the other builds stay as they are.
in_console() (
    local locked
    have_node || use_pinned_node
    locked=$(hash_of console/package.json console/package-lock.json)
    cd console || exit
    if [ "$(cat node_modules/.cordon-stamp 2>/dev/null)" != "$locked" ]; then
        npm ci --no-audit --no-fund --loglevel error >&2 || fail "npm ci failed in console/"
        echo "$locked" >node_modules/.cordon-stamp
    fi
    "$@"
)

# run_console TASK: a task of console/package.json.
run_console() {
    in_console npm run --silent "$1" || fail "npm run $1 failed in console/"
}

# build_console: console/dist from console/, unless it is there already from the same sources.
build_console() {
    local stamp=build/console.stamp sources=(console) wanted
    [ -f console/package-lock.json ] || return 0
    # Its types are made of the API's description.
    [ ! -f src/schema/openapi.yaml ] || sources+=(src/schema/openapi.yaml)
    wanted=$(hash_of "${sources[@]}")
    if [ -f console/dist/index.html ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then
        echo "console: console/dist is up to date"
        return 0
    fi
    run_console build
    mkdir -p build
    echo "$wanted" >"$stamp"
}
