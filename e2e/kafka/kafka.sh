#!/usr/bin/env bash
# One real Kafka broker (KRaft, no ZooKeeper) on this machine, for tests and for trying things out.
# The first start fetches about 56 MB of jars from Maven Central into .cache/kafka/libs.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=$(cd "$here/../.." && pwd)/.cache/kafka

usage() {
  cat <<USAGE
usage: npm run kafka -- start|stop|status [--port N] [--dir D] [--set key=value]... [--proxied L:A] [--join D]

  start   starts the broker, waits until it answers and prints its address
  stop    stops it; its data stays in the directory for the next start
  status  says whether it runs; exit code 1 when it does not

  --port N         port on 127.0.0.1 (default 9092; 0 picks a free one); the controller takes another free one
  --dir D          data, log and settings of this broker (default .cache/kafka/broker)
  --set key=value  a broker setting, for example auto.create.topics.enable=false; may be repeated
  --join D         becomes the second broker of the cluster whose first one has its directory there
  --proxied L:A    also listens on port L and tells clients there that its port is A, that of a proxy in front of L

Needs java 17 or newer, and mvn for the first start. KAFKA_LIBS names a directory with the jars instead of .cache/kafka/libs.
USAGE
}

fail() {
  echo "kafka: $*" >&2
  exit 1
}

# Two different free ports, or one: held open together so that they differ.
free_ports() {
  node -e '
    const net = require("node:net");
    const servers = Array.from({ length: Number(process.argv[1]) }, () => net.createServer());
    Promise.all(servers.map((s) => new Promise((done) => s.listen(0, "127.0.0.1", done)))).then(() => {
      console.log(servers.map((s) => s.address().port).join(" "));
      for (const s of servers) s.close();
    });' "$1"
}

# The process id of this directory's broker; fails when it does not run. A process that merely got the same id is not it.
running_pid() {
  local pid
  pid=$(cat "$dir/pid" 2>/dev/null) || return 1
  ps -p "$pid" -o args= 2>/dev/null | grep -qF "$dir/server.properties" || return 1
  echo "$pid"
}

require_java() {
  command -v java >/dev/null || fail "java is missing. Install a JDK or JRE 17 or newer (Debian: apt-get install openjdk-17-jre-headless)."
  local major
  major=$(java -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p;' | head -n 1)
  [ "${major:-0}" -ge 17 ] || fail "java ${major:-of unknown version} is too old. Install 17 or newer."
}

fetch_jars() {
  [ -z "${KAFKA_LIBS:-}" ] || [ -d "$KAFKA_LIBS" ] || fail "KAFKA_LIBS=$KAFKA_LIBS is not a directory."
  [ ! -d "$libs" ] || return 0
  command -v mvn >/dev/null || fail "mvn is missing and the jars are not here yet. Install Maven (Debian: apt-get install maven), or set KAFKA_LIBS."
  echo "kafka: fetching the broker's jars, about 56 MB, once" >&2
  local part="$libs.part.$$"
  mkdir -p "$part"
  if ! mvn -B -f "$here/pom.xml" dependency:copy-dependencies "-DoutputDirectory=$part" 2>&1 | tee "$part/mvn.txt" |
    awk '/Downloaded/ && match($0, /[^\/]+\.jar/) { printf "kafka: %3d  %s\n", ++n, substr($0, RSTART, RLENGTH); fflush() }' >&2; then
    tail -n 20 "$part/mvn.txt" >&2
    rm -rf "$part"
    fail "the jars could not be fetched; Maven's last lines are above."
  fi
  rm "$part/mvn.txt"
  # Under its name only when it is complete. Another start may have been quicker.
  mv -T "$part" "$libs" 2>/dev/null || rm -rf "$part"
  [ -d "$libs" ] || fail "the jars could not be put into $libs."
}

write_settings() {
  local ports controller listeners advertised roles=broker,controller node=1
  if [ "$port" = 0 ]; then
    ports=$(free_ports 2)
    port=${ports% *}
    controller=${ports#* }
  else
    controller=$(free_ports 1)
  fi
  listeners=PLAINTEXT://127.0.0.1:$port
  if [ -n "$join" ]; then
    controller=$(sed -n 's/^controller.quorum.voters=1@127.0.0.1://p' "$join/server.properties")
    [ -n "$controller" ] || fail "--join $join is not the directory of a broker."
    roles=broker
    node=2
  else
    listeners+=,CONTROLLER://127.0.0.1:$controller
  fi
  advertised=PLAINTEXT://127.0.0.1:$port
  if [ -n "$proxied" ]; then
    listeners+=,PROXIED://127.0.0.1:${proxied%:*}
    advertised+=,PROXIED://127.0.0.1:${proxied#*:}
  fi
  {
    printf '%s\n' "process.roles=$roles" "node.id=$node" "controller.quorum.voters=1@127.0.0.1:$controller" \
      "listeners=$listeners" "advertised.listeners=$advertised" controller.listener.names=CONTROLLER \
      listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,PROXIED:PLAINTEXT \
      inter.broker.listener.name=PLAINTEXT "log.dirs=$dir/data" num.partitions=6 \
      offsets.topic.replication.factor=1 transaction.state.log.replication.factor=1 \
      transaction.state.log.min.isr=1 group.initial.rebalance.delay.ms=0
    # A later line wins.
    [ "${#settings[@]}" -eq 0 ] || printf '%s\n' "${settings[@]}"
  } >"$dir/server.properties"
  printf '%s\n' log4j.rootLogger=WARN,stdout log4j.appender.stdout=org.apache.log4j.ConsoleAppender \
    log4j.appender.stdout.layout=org.apache.log4j.PatternLayout \
    'log4j.appender.stdout.layout.ConversionPattern=%d %p %c %m%n' >"$dir/log4j.properties"
  echo "$port" >"$dir/port"
}

start() {
  local pid
  if pid=$(running_pid); then fail "runs already (pid $pid, 127.0.0.1:$(cat "$dir/port"))."; fi
  command -v node >/dev/null || fail "node is missing."
  require_java
  mkdir -p "$dir" "$(dirname "$libs")"
  fetch_jars
  write_settings
  local java=(java -Xmx512m -cp "$libs/*" "-Dlog4j.configuration=file:$dir/log4j.properties")
  if [ ! -e "$dir/data/meta.properties" ]; then
    "${java[@]}" kafka.tools.StorageTool format -t c2VsZmNoZWVyLWUyZS1rYQ -c "$dir/server.properties" >"$dir/kafka.log" 2>&1 ||
      fail "the storage could not be formatted; see $dir/kafka.log"
  fi
  # Its own session: a Ctrl-C at the terminal is not meant for the broker.
  setsid nohup "${java[@]}" kafka.Kafka "$dir/server.properties" >>"$dir/kafka.log" 2>&1 </dev/null &
  pid=$!
  echo "$pid" >"$dir/pid"
  if ! node "$here/await-broker.js" "127.0.0.1:$port" "$pid"; then
    kill -9 "$pid" 2>/dev/null || true
    tail -n 15 "$dir/kafka.log" >&2
    fail "the broker did not answer; the end of $dir/kafka.log is above."
  fi
  echo "kafka: 127.0.0.1:$port (pid $pid, log $dir/kafka.log)"
}

stop() {
  local pid
  pid=$(running_pid) || { echo "kafka: does not run"; return 0; }
  kill "$pid"
  for _ in $(seq 150); do
    running_pid >/dev/null || { echo "kafka: stopped"; return 0; }
    sleep 0.2
  done
  kill -9 "$pid" 2>/dev/null || true
  echo "kafka: killed, as it did not stop within 30 s"
}

status() {
  local pid
  pid=$(running_pid) || { echo "kafka: does not run"; return 1; }
  echo "kafka: 127.0.0.1:$(cat "$dir/port") (pid $pid, log $dir/kafka.log)"
}

command=${1:-}
[ $# -eq 0 ] || shift
port=9092
dir=$cache/broker
libs=${KAFKA_LIBS:-$cache/libs}
settings=()
proxied=
join=
while [ $# -gt 0 ]; do
  case $1 in
  --port | --dir | --set | --proxied | --join)
    [ $# -ge 2 ] || fail "$1 needs a value."
    case $1 in
    --port) [[ $2 =~ ^[0-9]{1,5}$ ]] || fail "--port $2 is not a port."; port=$2 ;;
    --dir) dir=$(mkdir -p "$2" && cd "$2" && pwd) ;;
    --set) [[ $2 == *=* ]] || fail "--set $2 is not key=value."; settings+=("$2") ;;
    --join) join=$(cd "$2" && pwd) ;;
    --proxied) [[ $2 =~ ^[0-9]{1,5}:[0-9]{1,5}$ ]] || fail "--proxied $2 is not two ports, L:A."; proxied=$2 ;;
    esac
    shift 2
    ;;
  -h | --help) usage; exit 0 ;;
  *) usage >&2; exit 2 ;;
  esac
done

case $command in
start | stop | status) "$command" ;;
-h | --help | help) usage ;;
*) usage >&2; exit 2 ;;
esac
