#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# greeting.sh CONFIG - three lines before the broker starts: where it listens and how to begin.
set -euo pipefail

uris=$(grep -o 'stomp[a-z+]*://[^"?]*' "$1" | paste -sd' ')
port=$(sed -n 's/^[^ ]*:\([0-9]*\)\( .*\)\?$/\1/p' <<<"$uris")
there=""
[ "${port:-61613}" = 61613 ] || there="--host localhost:$port "
echo "Corewire listens on ${uris:-what $1 says} (configuration: $1; Ctrl-C ends it)."
echo "A first message:  build/corewire send $there/queue/hello 'Hello, world'"
echo "To read it:       build/corewire receive $there/queue/hello"
