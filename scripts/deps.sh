#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# deps.sh GROUP... - installs the Debian packages of the named groups (build, test, lint, bench or
# all) that are not there yet. Does nothing, and asks for nothing, when all are there.
set -euo pipefail

declare -A packages=(
    [build]="gcc libc6-dev cmake ninja-build pkg-config liburing-dev libck-dev libssl-dev libxml2-dev zlib1g-dev"
    [test]="libcriterion-dev python3 python3-stomp ruby-stomp libnet-stomp-perl mcollective mcollective-client openssl iproute2 openjdk-17-jdk-headless libactivemq-java"
    [lint]="clang clang-format clang-tidy libclang-rt-dev universal-ctags python3"
    [bench]="activemq libactivemq-java python3"
)
# These packages bring a system service. We want only their programs: the service would take ports.
services="activemq mcollective"

installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

groups=("$@")
[ "${groups[*]}" != all ] || groups=(build test lint bench)
missing=()
for group in "${groups[@]}"; do
    [ -n "${packages[$group]:-}" ] || { echo "deps.sh: no group '$group'" >&2; exit 2; }
    command -v dpkg-query >/dev/null || {
        echo "deps.sh: not a Debian system; please see to it that these are there: ${packages[$group]}" >&2
        continue
    }
    for package in ${packages[$group]}; do
        installed "$package" || missing+=("$package")
    done
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || {
        echo "deps.sh: these packages are missing; please install them as root: apt-get install ${missing[*]}" >&2
        exit 1
    }
    as_root=(sudo)
fi
echo "installing: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300)
"${apt[@]}" update </dev/null
"${apt[@]}" install -y --no-install-recommends "${missing[@]}" </dev/null

for service in $services; do
    case " ${missing[*]} " in
    *" $service "*)
        if [ -d /run/systemd/system ]; then
            "${as_root[@]}" systemctl disable --now "$service" >/dev/null 2>&1 || true
        fi
        ;;
    esac
done
