# make run     installs what is missing, builds for release, starts everything on this machine and opens the dashboard
# make test    builds and runs all tests
# make bench   measures the modules: encode, decode, append, select, expressions, wire, logs
# make bench-logs   pushes logs over HTTP and searches them: MEGABYTES=10000 for the large corpus, ARGUMENTS=--writes for the document
# make bench-peers  the same data to Nightjar, Prometheus and VictoriaMetrics, side by side (some 20 minutes; QUICK=1: 3)
# make help    lists the rest

SHELL := /bin/bash
.DEFAULT_GOAL := help

# Debian's packages that the build links against.
LIBRARIES := libcurl4-openssl-dev libzstd-dev zlib1g-dev libsnappy-dev libre2-dev libsimdjson-dev libsqlite3-dev pkg-config
# What the end-to-end tests start or call beside the product: clients that must work with it unchanged, among them.
TEST_TOOLS := rsyslog tmux screen curl prometheus prometheus-alertmanager python3-prometheus-client python3-protobuf python3-snappy bsdutils
# What `make bench-peers` measures Nightjar beside, and what its node-like data is scraped from.
PEERS := prometheus victoria-metrics prometheus-node-exporter
# What `make bench-alerting` measures it beside.
ALERTING_PEERS := prometheus prometheus-alertmanager

# libFuzzer's sections want LLVM's linker: Swift's own toolchains bring it along, others take Debian's.
FUZZ_TOOLS = $(shell command -v ld.lld >/dev/null || [ -x "$$(dirname "$$(readlink -f "$$(command -v swift)")")/ld.lld" ] || echo lld)

SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
JOBS := $(shell nproc)
ARGUMENTS ?=

.PHONY: help run build debug test test-clients soak fuzz bench bench-peers bench-alerting compare-prometheus deps test-deps bench-deps bench-alerting-deps clean fuzz-deps bench-logs screenshots

help:
	@sed -n 's/^# make /  make /p' Makefile
	@echo "  make build   builds for release: .build/release/nightjar"
	@echo "  make test-clients   log clients of PyPI and syslog-ng against the real binary"
	@echo "  make soak    the long crash tests: SOAK_KILLS=1000 make soak"
	@echo "  make fuzz    libFuzzer on every decoder: FUZZ_SECONDS=60 make fuzz"
	@echo "  make compare-prometheus   the same questions to Nightjar and to Debian's Prometheus"
	@echo "  make bench-alerting   kills it while it pages, and times pages; ALERTMANAGER=prometheus-alertmanager beside it, FAULTS=10000 at night"
	@echo "  make screenshots   plays a night shift in tmux and writes what the terminal shows to Docs/Screens and README.md"
	@echo "  make clean   removes what was built"

# Asks the package manager only where something is missing, so that a second call costs nothing and needs no network.
define install
	@missing=$$(for package in $(1); do dpkg-query -W -f='$${db:Status-Abbrev}' $$package 2>/dev/null | grep -q '^ii' || echo $$package; done); \
	if [ -n "$$missing" ]; then \
		command -v apt-get >/dev/null || { echo "nightjar needs these Debian packages, and there is no apt-get here: $$missing"; exit 1; }; \
		echo "Installing" $$missing; \
		$(SUDO) apt-get update -q >/dev/null && DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -q -y --no-install-recommends $$missing >/dev/null \
			|| { echo "apt-get couldn't install: $$missing"; exit 1; }; \
	fi
	@command -v swift >/dev/null || { echo "nightjar is built with Swift 6.3 or newer; 'swift' is not on the PATH. See https://www.swift.org/install/linux/"; exit 1; }
endef

deps:
	$(call install,$(LIBRARIES))

test-deps:
	$(call install,$(LIBRARIES) $(TEST_TOOLS))

bench-deps:
	$(call install,$(LIBRARIES) $(PEERS))

fuzz-deps:
	$(call install,$(LIBRARIES) $(FUZZ_TOOLS))

build: deps
	swift build -c release --product nightjar -j $(JOBS)
	swift build -c release --product nightjar-agent -j $(JOBS) -Xswiftc -static-stdlib --scratch-path .build-agent

run: deps
	@echo "Building for release; the first time takes some minutes."
	swift build -c release --product nightjar -j $(JOBS)
	.build/release/nightjar up $(ARGUMENTS)

test: test-deps
	swift build --build-tests -j $(JOBS)
	Tests/run.sh

# Clients from PyPI, and syslog-ng, as they are.
test-clients: test-deps
	Tests/EndToEndTests/Clients/prepare.sh .build/clients
	swift build --build-tests -j $(JOBS)
	NIGHTJAR_TEST_CLIENTS=$(CURDIR)/.build/clients Tests/run.sh --filter LogClientTests

soak: test-deps
	swift build --build-tests -j $(JOBS)
	NIGHTJAR_SOAK_KILLS=$${SOAK_KILLS:-1000} Tests/run.sh --filter CrashTests

# libFuzzer on every decoder for FUZZ_SECONDS each (TARGETS="promql gzip" for some); what it finds stands in .build-fuzz/found, and
# what it learned in .build-fuzz/corpus, for the next time.
fuzz: fuzz-deps
	swift build -c release --product nightjar-fuzz -j $(JOBS) --scratch-path .build-fuzz -Xswiftc -sanitize=fuzzer -Xswiftc -enable-testing -Xswiftc -DLIBFUZZER \
		-Xswiftc -Xclang-linker -Xswiftc -fuse-ld=lld
	@mkdir -p .build-fuzz/found
	@failed=; for target in $(or $(TARGETS),$(notdir $(wildcard Tests/Fuzz/Corpus/*))); do \
		mkdir -p .build-fuzz/corpus/$$target; log=.build-fuzz/found/$$target.log; \
		if .build-fuzz/release/nightjar-fuzz $$target .build-fuzz/corpus/$$target Tests/Fuzz/Corpus/$$target -max_total_time=$${FUZZ_SECONDS:-60} \
			-print_funcs=0 -timeout=30 -rss_limit_mb=4096 -artifact_prefix=.build-fuzz/found/$$target- >$$log 2>&1; \
		then echo "$$target: $$(grep DONE $$log)"; rm $$log; \
		else echo "$$target: FAILED, see $$log and the input that .build-fuzz/found holds"; failed="$$failed $$target"; fi; \
	done; [ -z "$$failed" ] || { echo "failed:$$failed"; exit 1; }

screenshots: test-deps
	swift build -c release --product nightjar -j $(JOBS)
	Docs/Screens/night-shift.sh

# Asks Nightjar and Debian's Prometheus the same, over the same data, and lists where they differ.
compare-prometheus: test-deps
	swift build -c release --product nightjar -j $(JOBS)
	swift build -c release --product nightjar-bench -j $(JOBS)
	.build/release/nightjar-bench compare-prometheus $(ARGUMENTS)

bench: deps
	swift build -c release --product nightjar-bench -j $(JOBS)
	.build/release/nightjar-bench modules $(if $(QUICK),--quick) $(ARGUMENTS)

bench-peers: bench-deps
	swift build -c release --product nightjar -j $(JOBS)
	swift build -c release --product nightjar-bench -j $(JOBS)
	.build/release/nightjar-bench peers $(if $(QUICK),--quick) $(ARGUMENTS)

bench-alerting-deps:
	$(call install,$(LIBRARIES) $(ALERTING_PEERS))

bench-logs: deps
	swift build -c release --product nightjar -j $(JOBS)
	swift build -c release --product nightjar-bench -j $(JOBS)
	.build/release/nightjar-bench log-store --megabytes $(if $(MEGABYTES),$(MEGABYTES),$(if $(QUICK),100,1000)) $(ARGUMENTS)

bench-alerting: bench-alerting-deps
	swift build -c release --product nightjar -j $(JOBS)
	swift build -c release --product nightjar-bench -j $(JOBS)
	.build/release/nightjar-bench alerting --alertmanager prometheus-alertmanager --document Docs/Benchmarks.md $(if $(FAULTS),--faults $(FAULTS)) $(ARGUMENTS)

clean:
	rm -rf .build .build-*
