#!/bin/bash -eu
# The same build as OSS-Fuzz's.
exec bash -eu "$SRC/growsdown/fuzz/oss-fuzz/build.sh"
