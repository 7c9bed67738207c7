#!/usr/bin/env bash
# Installs, from Debian's packages, the programs that some tests start. Needs root or sudo; installs only what is missing.
set -euo pipefail

# program=package
wanted=(
  strace=strace kcat=kcat nats-server=nats-server redis-server=redis-server
  nginx=nginx-light wrk=wrk rsyslogd=rsyslog logger=bsdutils
)

missing=()
for pair in "${wanted[@]}"; do
  command -v "${pair%%=*}" >/dev/null 2>&1 || missing+=("${pair##*=}")
done
# A module of Debian's Python, which no program on the PATH shows.
/usr/bin/python3 -c 'import kafka' >/dev/null 2>&1 || missing+=(python3-kafka)
if [ "${#missing[@]}" -eq 0 ]; then
  echo "test servers: all there"
  exit 0
fi

echo "test servers: installing ${missing[*]}"
privileged=()
if [ "$(id -u)" -ne 0 ]; then
  privileged=(sudo -n)
fi
export DEBIAN_FRONTEND=noninteractive
"${privileged[@]}" apt-get update -qq
"${privileged[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}"
