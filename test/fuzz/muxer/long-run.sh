#!/bin/sh
# The long run. FUZZ_PACKETS changed packets go through the muxer twice each, in place and in slices, and through the
# naive muxer; a quarter as many changed files and streams are read twice each, in pieces and whole, and as many packets
# are encrypted and decrypted. So 2 million packets are 6 million executions. Another FUZZ_SEED makes another run.
set -eu
cd "$(dirname "$0")/../../.."
FUZZ_PACKETS="${FUZZ_PACKETS:-2000000}" FUZZ_SEED="${FUZZ_SEED:-1}" nice npx vitest run test/fuzz/muxer/muxer-fuzz
