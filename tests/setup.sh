# shellcheck shell=sh
# What ./quickstart and ./check need, one function each. Sourced, with the source tree as working
# directory; quiet and quick when nothing is missing.

CLIENT_VERSION=2.1.197

# The system's own tools first: a python3, cargo or cmake that stands earlier in PATH may be a shim.
PATH=/usr/bin:/bin:/usr/sbin:/sbin:$PATH
DEBIAN_FRONTEND=noninteractive
LC_ALL=C.UTF-8
export PATH DEBIAN_FRONTEND LC_ALL
unset PYTHONPATH PYTHONHOME CMAKE_GENERATOR

mkdir -p build
SETUP_LOG=$PWD/build/setup.log
: >"$SETUP_LOG"

say() {
    printf '%s\n' "$*"
}

die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# Runs a command with its output in the log; shows the end of it when the command fails.
quietly() {
    printf '+ %s\n' "$*" >>"$SETUP_LOG"
    if ! "$@" >>"$SETUP_LOG" 2>&1 </dev/null; then
        tail -n 20 "$SETUP_LOG" >&2
        die "failed: $* (all of it: $SETUP_LOG)"
    fi
}

# The Debian packages of the arguments that are not installed. COMMAND=PACKAGE asks for a command.
missing_packages() {
    for want in "$@"; do
        case $want in
        *=*) command -v "${want%%=*}" >/dev/null || printf '%s ' "${want#*=}" ;;
        *)
            dpkg-query -W -f '${Status}' "$want" 2>/dev/null | grep -q ' installed$' ||
                printf '%s ' "$want"
            ;;
        esac
    done
}

need_packages() {
    command -v dpkg-query >/dev/null ||
        die "needs a Debian-like system; CONTRIBUTING.md lists what to install elsewhere"
    missing=$(missing_packages "$@")
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" -eq 0 ]; then
        root=
    elif command -v sudo >/dev/null; then
        root='sudo --preserve-env=DEBIAN_FRONTEND'
    else
        die "these packages are missing; as root: apt-get install $missing"
    fi
    say "installing Debian packages: $missing"
    # shellcheck disable=SC2086 # lists of words
    {
        quietly $root apt-get -o DPkg::Lock::Timeout=600 -qq update
        quietly $root apt-get -o DPkg::Lock::Timeout=600 -qq install --no-install-recommends -y $missing
    }
}

need_build_tools() {
    need_packages gcc g++ libc6-dev make pkg-config=pkg-config cmake ninja-build git ca-certificates \
        libjson-c-dev libmd-dev libtomlplusplus-dev libcurl4-openssl-dev libgit2-dev libarchive-dev libseccomp-dev libpcre2-dev libyaml-dev \
        openssh-client python3 python3-venv cargo
}

# One machine of two word sizes shows that the resolver's bytes depend on neither.
need_test_tools() {
    case $(dpkg --print-architecture 2>/dev/null) in amd64) other_words=gcc-multilib ;; *) other_words= ;; esac
    # shellcheck disable=SC2086 # one word or none
    need_packages $other_words libcmocka-dev libsolv-dev picosat python3-pip python3-pytest python3-pytest-xdist shellcheck clang-format valgrind \
        openssh-server iproute2 ccache=ccache zsh fish strace xz-utils zip
}

# The real Claude Code client: the person's, else one from npm in build/client. Sets CLIENT, or fails.
need_client() {
    CLIENT=$PWD/build/client/node_modules/.bin/claude
    [ -x "$CLIENT" ] && return 0
    if command -v claude >/dev/null; then
        CLIENT=$(command -v claude)
        return 0
    fi
    need_packages node=nodejs npm=npm
    say "installing the Claude Code client $CLIENT_VERSION into build/client"
    mkdir -p build/client
    npm install --prefix build/client --no-audit --no-fund --no-save \
        "@anthropic-ai/claude-code@$CLIENT_VERSION" >>"$SETUP_LOG" 2>&1 </dev/null && [ -x "$CLIENT" ]
}

# build NAME CMAKE-ARGUMENT...: configures build/NAME once, then builds what changed.
build() {
    folder=build/$1
    shift
    if [ ! -f "$folder/build.ninja" ]; then
        if command -v ccache >/dev/null; then
            set -- "$@" -DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache
        fi
        quietly cmake "$@"
    fi
    say "building $folder"
    quietly cmake --build "$folder"
}
