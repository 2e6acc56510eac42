#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# greeting.sh CONFIG - three lines before the broker starts: where it listens and how to begin.
set -euo pipefail

addresses=$(sed -n 's/.*<transportConnector[^>]*[[:space:]]uri="\([^"?]*\).*/\1/p' "$1" | paste -sd' ')
port=$(grep -o 'stomp[a-z+]*://[^":?]*:[0-9]*' "$1" | head -n 1 | sed 's/.*://')
echo "Corewire listens on ${addresses:-(see $1)}   (configuration: $1, Ctrl-C ends it)"
echo "first message:  build/corewire send --port ${port:-61613} /queue/hello 'Hello, world'"
echo "and read it:    build/corewire receive --port ${port:-61613} /queue/hello"
