#!/bin/bash
# prepare.sh FOLDER: fetches clients that Debian doesn't have, or that can't be installed beside each other, for the tests with real
# clients (`make test-clients`): Python's Loki handler and the OpenTelemetry SDK from PyPI, syslog-ng unpacked from its Debian package.
set -e
mkdir -p "$1"
folder=$(cd "$1" && pwd)
if [ ! -x "$folder/venv/bin/python" ]; then
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install -q python-logging-loki opentelemetry-sdk opentelemetry-exporter-otlp-proto-http graypy fluent-logger
fi
if [ ! -x "$folder/syslog-ng" ]; then
    mkdir -p "$folder/packages"
    (cd "$folder/packages" && apt-get download -q syslog-ng-core libivykis0 libnet1 libwrap0 libpcre3 libjson-c5 libglib2.0-0)
    for package in "$folder"/packages/*.deb; do dpkg -x "$package" "$folder/root"; done
    root="$folder/root"
    modules=$(dirname "$(find "$root" -name libaffile.so | head -n 1)")
    printf '#!/bin/bash\nexport LD_LIBRARY_PATH=%s\nexec %s --module-path=%s "$@"\n' \
        "$root/usr/lib/x86_64-linux-gnu:$root/lib/x86_64-linux-gnu:$root/usr/lib/syslog-ng/3.38:$root/usr/lib/syslog-ng" "$root/usr/sbin/syslog-ng" "$modules" > "$folder/syslog-ng"
    chmod +x "$folder/syslog-ng"
fi
