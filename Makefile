# make run     installs what is missing, builds for release, starts everything on this machine and opens the dashboard
# make test    builds and runs all tests
# make help    lists the rest

SHELL := /bin/bash
.DEFAULT_GOAL := help

# Debian's packages that the build links against.
LIBRARIES := libcurl4-openssl-dev libzstd-dev zlib1g-dev libsnappy-dev libre2-dev libsimdjson-dev libsqlite3-dev pkg-config
# What the end-to-end tests start or call beside the product.
TEST_TOOLS := tmux curl

SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
JOBS := $(shell nproc)
ARGUMENTS ?=

.PHONY: help run build debug test soak bench-alerting deps test-deps clean

help:
	@sed -n 's/^# make /  make /p' Makefile
	@echo "  make build   builds for release: .build/release/nightjar"
	@echo "  make soak    the long crash tests: SOAK_KILLS=1000 make soak"
	@echo "  make bench-alerting   kills it while it pages, and times pages; ALERTMANAGER=prometheus-alertmanager beside it, FAULTS=10000 at night"
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

build: deps
	swift build -c release --product nightjar -j $(JOBS)
	swift build -c release --product nightjar-agent -j $(JOBS) -Xswiftc -static-stdlib --scratch-path .build-agent

run: deps
	@echo "Building for release; the first time takes some minutes."
	swift build -c release --product nightjar -j $(JOBS)
	.build/release/nightjar up $(ARGUMENTS)

test: test-deps
	swift build --build-tests -j $(JOBS)
	swift test --skip-build --no-parallel

soak: test-deps
	swift build --build-tests -j $(JOBS)
	NIGHTJAR_SOAK_KILLS=$${SOAK_KILLS:-1000} swift test --skip-build --no-parallel --filter CrashTests

bench-alerting: deps
	swift build -c release --product nightjar -j $(JOBS)
	swift build -c release --product nightjar-bench -j $(JOBS)
	.build/release/nightjar-bench alerting $(if $(FAULTS),--faults $(FAULTS)) $(if $(ALERTMANAGER),--alertmanager $(ALERTMANAGER))

clean:
	rm -rf .build .build-*
