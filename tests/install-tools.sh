#!/usr/bin/env bash
# Installs the Debian packages that tests drive, where this user may; elsewhere says what is missing.
# A test without its tool skips with the reason, and fails under CI=true.
set -uo pipefail

declare -A package_of=(
  [chromium]=chromium
  [/usr/lib/postgresql/*/bin/initdb]=postgresql
  [prometheus]=prometheus
  [prometheus-alertmanager]=prometheus-alertmanager
)
missing=()
for probe in "${!package_of[@]}"; do
  # shellcheck disable=SC2086 -- the pattern is meant to expand
  command -v "$probe" >/dev/null 2>&1 || ls $probe >/dev/null 2>&1 || missing+=("${package_of[$probe]}")
done
fc-list 2>/dev/null | grep -qi 'cjk' || missing+=(fonts-noto-cjk fontconfig)
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
  echo "installing ${missing[*]} for the tests"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null && exit 0
fi
echo "tests that need ${missing[*]} will skip; to run them: sudo apt-get install ${missing[*]}"
exit 0
