# Sourced by the scripts that run tests against real parts: installs what is missing (Debian, as root).
# Before, set `me`, the name in front of what is said, and define more_missing_packages, which names the packages that
# this script needs beside those of Kafka.
mkdir -p .cache/bin
export PATH="$PWD/.cache/bin:$PATH"

have() { command -v "$1" >/dev/null; }

fail() {
  echo "$me: $*" >&2
  exit 1
}

java_is_new_enough() {
  local major
  have java && major=$(java -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p;' | head -n 1) && [ "${major:-0}" -ge 17 ]
}

missing_packages() {
  have curl || echo curl
  have ps || echo procps
  have kcat || echo kcat
  more_missing_packages
  # Debian's default is 17 or newer from bookworm on.
  java_is_new_enough || echo default-jre-headless
  [ -d "${KAFKA_LIBS:-.cache/kafka/libs}" ] || have mvn || echo maven
}

install_packages() {
  local packages
  mapfile -t packages < <(missing_packages)
  [ "${#packages[@]}" -gt 0 ] || return 0
  local by_hand="apt-get update && apt-get install -y --no-install-recommends ${packages[*]}"
  have apt-get || fail "these Debian packages are missing and there is no apt-get; install their like: ${packages[*]}"
  [ "$(id -u)" = 0 ] || fail "not root, so nothing was installed. Run this first: sudo sh -c '$by_hand'"
  echo "$me: installing ${packages[*]}" >&2
  export DEBIAN_FRONTEND=noninteractive
  { apt-get update -q && apt-get install -q -y --no-install-recommends "${packages[@]}"; } </dev/null >.cache/apt.log 2>&1 || {
    tail -n 20 .cache/apt.log >&2
    fail "apt-get failed; the end of .cache/apt.log is above."
  }
  mapfile -t packages < <(missing_packages)
  [ "${#packages[@]}" -eq 0 ] || fail "still missing after the installation: ${packages[*]}"
}

# require_parts: everything that all scripts need, or the end.
require_parts() {
  have node && have npm || fail "node and npm are missing."
  [ -d node_modules ] || fail "run npm ci first."
  install_packages
}
