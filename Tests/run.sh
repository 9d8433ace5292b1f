#!/usr/bin/env bash
# Runs the tests that were built, with the arguments of `swift test`. Where some fail, what they said stands once more at the end, which is
# all that many a build server shows; the whole is in .build/tests.log.
set -uo pipefail
cd "$(dirname "$0")/.."
swift test --skip-build --no-parallel "$@" 2>&1 | tee .build/tests.log
code=${PIPESTATUS[0]}
if [ "$code" -ne 0 ]; then
	printf '\nWhat failed:\n'
	sed 's/\x1b\[[0-9;]*m//g' .build/tests.log | grep -aE '^(✘|↳)|Fatal error|error:|Exited with' | cut -c1-1000 | tail -n 200
fi
exit "$code"
