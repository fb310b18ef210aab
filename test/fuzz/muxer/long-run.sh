#!/bin/sh
# The long run: 5 million packets through the muxers, and 1.25 million changed files and streams through the readers.
# Another FUZZ_SEED makes another run.
set -eu
cd "$(dirname "$0")/../../.."
FUZZ_EXECUTIONS="${FUZZ_EXECUTIONS:-5000000}" FUZZ_SEED="${FUZZ_SEED:-1}" nice -n 19 npx vitest run test/fuzz/muxer
