#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# greeting.sh CONFIG - three lines before the broker starts: where it listens and how to begin.
set -euo pipefail

uris=$(grep -oE '"(tcp|nio|auto|stomp)[a-z+]*://[^"?]*' "$1" | tr -d '"' | paste -sd' ')
port=$(grep -oE '(stomp|auto)[a-z+]*://[^ ]*' <<<"$uris" | head -1 | grep -oE '[0-9]+$' || true)
there=""
[ "${port:-61613}" = 61613 ] || there="--host localhost:$port "
echo "Corewire listens on ${uris:-what $1 says} (configuration: $1; Ctrl-C ends it)."
echo "A first message:  build/corewire send $there/queue/hello 'Hello, world'"
echo "To read it:       build/corewire receive $there/queue/hello"
