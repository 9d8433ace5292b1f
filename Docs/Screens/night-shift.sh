#!/bin/bash
# Plays a night shift with the real program in tmux and writes what the terminal shows to Docs/Screens/*.txt and into README.md:
# a host breaks, is seen, acknowledged, its logs and dashboard are opened, it is silenced, it comes back, the incident is exported.
# `make screenshots` calls it. NIGHTJAR: the binary (default: .build/release/nightjar); PORT: a free port (default: 9855).
set -eu
cd "$(dirname "$0")/../.."
nightjar=$(realpath "${NIGHTJAR:-.build/release/nightjar}")
port=${PORT:-9855}
url=http://127.0.0.1:$port
root=$PWD
frames=$root/Docs/Screens
work=$(mktemp -d)
server=nightjar-screens-$$
pids=()

finish() {
    tmux -L "$server" kill-server 2>/dev/null || true
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait
    rm -rf "$work"
}
trap finish EXIT

cd "$work"
mkdir logs
cat > nightjar.yml <<END
data: ./data
listen: 127.0.0.1:$port
instance: monitor1
receivers:
  - name: desk
    webhook: {url: "http://127.0.0.1:$((port + 1))/", allow_insecure: true, allow_private: true}
route: {receiver: desk, group_by: [alertname, instance]}
rules: [rules.yml]
oncall: oncall.yml
END
cat > oncall.yml <<END
people:
  - {name: ana, full_name: Ana Lima, webhook: {url: "http://127.0.0.1:$((port + 1))/", allow_insecure: true, allow_private: true}}
  - {name: ben, full_name: Ben Okafor, webhook: {url: "http://127.0.0.1:$((port + 1))/", allow_insecure: true, allow_private: true}}
schedules:
  - name: primary
    zone: Europe/Amsterdam
    layers:
      - {name: week, people: [ana, ben], rotation: weekly, handover: monday 08:00, start: 2026-01-05}
END
cat > rules.yml <<END
groups:
  - name: hosts
    interval: 2s
    rules:
      - alert: Watchdog
        expr: vector(1)
        labels: {severity: none}
      - alert: HostSilent
        expr: time() - max by (instance, environment, region, tier) (timestamp(node_load1{instance="shop-web1"})) > 20
        labels: {severity: critical}
        annotations:
          summary: "{{ \$labels.instance }} has sent nothing for {{ \$value | humanizeDuration }}"
          description: "Its agent or the machine is down. Orders of its region are slow while it is."
          runbook_url: "https://runbooks.example.org/host-silent"
          dashboard: hosts
END
mkdir Dashboards
cp "$root"/Dashboards/*.yml Dashboards/ 2>/dev/null || true

"$nightjar" sink --listen "127.0.0.1:$((port + 1))" > sink.log 2>&1 & pids+=($!)
"$nightjar" collector --config nightjar.yml > collector.log 2>&1 & pids+=($!)
until curl -sf "$url/-/ready" > /dev/null; do sleep 0.2; done

# Three hosts; `agent NAME REGION TIER` prints the agent's process.
agent() {
    mkdir -p "$1"
    cat > "$1/nightjar.yml" <<END
agent:
  interval: 2s
  labels: {environment: production, region: $2, tier: $3}
END
    "$nightjar" agent --config "$1/nightjar.yml" --collector "$url" --instance "$1" --spool "$1/spool" --logs "logs/$1.log" > "$1/output" 2>&1 &
    echo $!
}
touch logs/shop-web1.log logs/shop-web2.log logs/shop-db1.log
web1=$(agent shop-web1 eu-west web)
web2=$(agent shop-web2 eu-west web)
db1=$(agent shop-db1 us-east db)
pids+=("$web2" "$db1")
say() { echo "$(date -u +%FT%T.%3NZ) level=$2 msg=\"$3\"" >> "logs/$1.log"; }
for number in $(seq 1 12); do
    say shop-web1 info "GET /cart/$number took $((number * 7 % 90)) ms"
    say shop-web2 info "GET /search?q=$number took $((number * 13 % 70)) ms"
    sleep 1
done
say shop-web1 warn "connection pool of shop-db1 is 95 % used"
say shop-web1 error "upstream shop-db1 refused the connection"
say shop-web1 fatal "out of memory: killed process 812 (shop)"
sleep 3

tmux -L "$server" -f /dev/null new-session -d -x 120 -y 32 "env LANG=C.UTF-8 TERM=tmux-256color TZ=UTC $nightjar dash --url $url"
screen() { tmux -L "$server" capture-pane -p; }
# Waits until the screen shows a text.
shows() {
    for _ in $(seq 1 "${2:-300}"); do
        if screen | grep -qF -- "$1"; then return; fi
        sleep 0.2
    done
    echo "the screen never showed: $1" >&2; screen >&2; exit 1
}
key() { tmux -L "$server" send-keys "$@"; sleep 0.5; }
keep() { sleep 1.2; screen | sed 's/ *$//' > "$frames/$1.txt"; }

shows LIVE; shows shop-db1; keep 01-quiet
kill "$web1"; wait "$web1" 2>/dev/null || true
shows "1 CRIT"; keep 02-a-host-breaks
key 2; shows nobody; keep 03-the-alert
key a; shows "acked by"; keep 04-acknowledged
key l; shows "out of memory"; key e; keep 05-its-logs
key c; keep 06-context
key Escape; key '['; key o; sleep 2; keep 07-its-dashboard
key 2; key s; tmux -L "$server" send-keys -l "the machine is being replaced"; sleep 0.5; keep 08-silence-preview
key Enter; shows "silenced by"; keep 09-silenced
web1=$(agent shop-web1 eu-west web); pids+=("$web1")
shows "OK"; for _ in $(seq 1 200); do screen | grep -q HostSilent || break; sleep 0.3; done; key 1; keep 10-resolved
key 3; shows Timeline; key n; tmux -L "$server" send-keys -l "replaced the memory module"; key Enter; shows "replaced the memory"; keep 11-incident
key e; key Enter; shows "written to incident-"; cp incident-*.md "$frames/12-incident.md"
key 8; keep 13-hand-over
key 4; keep 14-hosts; key Enter; sleep 2; keep 15-host
key q

# The frame in the README is the real one.
awk -v file="$frames/02-a-host-breaks.txt" '
    /<!-- frame -->/ { print; print "```"; while ((getline line < file) > 0) if (line != "" || kept++ < 3) print line; print "```"; inside = 1; next }
    /<!-- \/frame -->/ { inside = 0 }
    !inside { print }' "$root/README.md" > "$work/README.md"
cp "$work/README.md" "$root/README.md"
echo "wrote $(ls "$frames" | grep -c txt) frames to Docs/Screens"
