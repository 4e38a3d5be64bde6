# What a change has to pass. CI (.ci/run) runs these targets and nothing else.
#
#   make           format, vet, test
#   make manual    writes the parts of README and the manual that repeat the code
#   make test-386  narrow tests as a 32-bit program under emulation; needs qemu-i386 (Debian: qemu-user)
#   make race      the tests under the race detector (needs a C compiler)
#   make fuzz      every fuzz target for FUZZTIME
#   make soak      random sessions in fake time for SOAKTIME, and a fault behind every byte over TLS and proxies,
#                  connections that leave nothing: 100,000 in fake time, 20,000 on sockets, 20,000 of a script;
#                  the memory of processes with 100 and 5,000 connections; Linux
#   make bench     every benchmark, BENCHCOUNT times
#   make bench-compare BASE=rev
#                  the benchmarks of a revision and of the working tree, run in turns; BENCHPKGS="engine lua" for some
#                  packages, BENCH=regexp for some benchmarks, BENCHCOUNT and BENCHTIME
#   make bench-lua Lua programs on five VMs, into docs/performance.md; needs lua5.1 and luajit
#   make bench-modules
#                  the modules of tide beside Lua by hand, Node and LuaJIT, into docs/performance.md; two minutes
#   make bench-ws  the engine beside other clients and bare TCP, into docs/performance.md; Linux, under an hour.
#                  make bench-ws-quick takes under ten minutes
#   make interop   tests against servers that others wrote; installs them
#   make lint      staticcheck
#   make vuln      asks Go's database of known faults about what we build
#   make build     the runner, ./tidewire
#   make release VERSION=v1.2.3
#                  the runner for each system, into dist/, with SHA256SUMS
#   make reproducible
#                  builds a release twice, in two folders with two caches, and compares

GO          ?= go
FUZZTIME    ?= 30s
SOAKTIME    ?= 2h
BENCHCOUNT  ?= 6
BENCHSTAT   ?= golang.org/x/perf/cmd/benchstat@v0.0.0-20260908200009-22c9c6c9d4da
GOVULNCHECK ?= golang.org/x/vuln/cmd/govulncheck@v1.9.0
STATICCHECK ?= honnef.co/go/tools/cmd/staticcheck@v0.8.2

EMULATED     = GOARCH=386 GODEBUG=asyncpreemptoff=1 $(GO) test -exec 'taskset -c 0 qemu-i386'

SYSTEMS      = linux-amd64 linux-arm64 darwin-amd64 darwin-arm64 windows-amd64 windows-arm64
VERSION     ?= v0.0.0-unreleased

# release_build builds a release for a system, such as linux-amd64, into a file. It takes nothing from the machine but
# Go: no C compiler, no paths, no state of version control.
release_build = CGO_ENABLED=0 GOOS=$(firstword $(subst -, ,$(1))) GOARCH=$(lastword $(subst -, ,$(1))) \
	$(GO) build -trimpath -buildvcs=false -ldflags '-s -w -buildid= -X main.release=$(VERSION)' -o $(2) ./cmd/tidewire

# Modules of their own: the go command does not reach them from the root.
MODULES     := doors/gopherlua bench

# in_modules runs a command in each of them.
in_modules = @for module in $(MODULES); do echo "$$module: $(1)"; (cd "$$module" && $(1)) || exit 1; done

.PHONY: all format format-check vet test test-386 manual race fuzz soak bench bench-compare bench-lua bench-modules bench-ws bench-ws-quick interop lint vuln build release reproducible

all: format vet test

format:
	gofmt -w .

format-check:
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then \
		echo "not formatted, run make format:"; echo "$$unformatted"; exit 1; fi

# Code differs by system and by the width of an int, and the interop tests hide behind their tag: each combination is looked at.
vet:
	GOOS=linux $(GO) vet ./...
	GOOS=windows $(GO) vet ./...
	GOOS=darwin $(GO) vet ./...
	GOARCH=386 $(GO) vet ./...
	$(GO) vet -tags interop ./interop
	$(call in_modules,$(GO) vet ./...)

test:
	$(GO) test ./...
	$(call in_modules,$(GO) test ./...)

# An emulator runs the tests that need little time, of code that counts, parses and computes. It mixes up its threads
# when a signal interrupts one, hence GODEBUG, and on two processors, hence taskset.
test-386:
	$(EMULATED) ./internal/ws/wire ./internal/ws/proto ./internal/ws/pace ./internal/lua/number ./internal/lua/decimal ./memory
	$(EMULATED) ./internal/lua/syntax -run 'Number'

manual:
	$(GO) test -p 1 ./docs ./cmd/tidewire -run '^(TestTablesOfTheAPI|TestFlagsInREADME)$$' -update

# Not bench: it starts processes and measures them, for minutes under the race detector.
race:
	$(GO) test -race ./...
	cd doors/gopherlua && $(GO) test -race ./...

fuzz:
	FUZZTIME=$(FUZZTIME) .ci/fuzz

soak:
	$(GO) test ./engine -run '^TestFaultOnTheWay$$' -cut.every -timeout 0 -v
	$(GO) test ./engine -run '^TestNothingGrows$$' -leak.cycles 100000 -timeout 0 -v
	$(GO) test ./engine -run '^TestNothingGrowsOnSockets$$' -leak.sockets 20000 -timeout 0 -v
	$(GO) test ./modules/websocket -run '^TestScriptsLeaveNothing$$' -leak.cycles 20000 -timeout 0 -v
	$(GO) test ./cmd/tidewire -run '^TestPeakMemoryOfCrowds$$' -crowd.all -timeout 0 -v
	$(GO) test ./engine -run '^TestRandomSessions$$' -random.for $(SOAKTIME) -timeout 0 -v

bench:
	$(GO) test -run '^$$' -bench . -benchmem -count $(BENCHCOUNT) ./...

bench-compare:
	@test -n "$(BASE)" || { echo "say which revision to compare with: make bench-compare BASE=main"; exit 1; }
	BENCHSTAT=$(BENCHSTAT) BENCHCOUNT=$(BENCHCOUNT) .ci/bench-compare $(BASE) $(BENCHPKGS)

bench-lua:
	cd bench && $(GO) run ./lua

bench-modules:
	cd bench && $(GO) run ./modules

bench-ws:
	cd bench && $(GO) run ./ws

bench-ws-quick:
	cd bench && $(GO) run ./ws -quick

interop:
	interop/install
	$(GO) test -tags interop -count 1 ./interop

# Run by version rather than required, so that it is no dependency of ours.
lint:
	$(GO) run $(STATICCHECK) -tags interop ./...
	$(call in_modules,$(GO) run $(STATICCHECK) ./...)

build:
	$(GO) build -o tidewire$(shell $(GO) env GOEXE) ./cmd/tidewire

release: $(addprefix release-,$(SYSTEMS))
	cd dist && sha256sum tidewire-* >SHA256SUMS

release-%:
	$(call release_build,$*,dist/tidewire-$*$(if $(findstring windows,$*),.exe))

# The copy is in another folder, and compiles everything itself.
reproducible:
	rm -rf dist/reproducible && mkdir -p dist/reproducible/elsewhere
	$(call release_build,linux-amd64,dist/reproducible/here)
	git ls-files -z cmd doors engine internal lua memory modules permission script go.mod go.sum | \
		xargs -0 cp --parents -t dist/reproducible/elsewhere
	cd dist/reproducible/elsewhere && export GOCACHE=$$PWD/../cache && $(call release_build,linux-amd64,../there)
	cmp dist/reproducible/here dist/reproducible/there
	cd dist/reproducible && sha256sum here there
	chmod -R u+w dist/reproducible && rm -rf dist/reproducible

# Where the database cannot be reached nothing is checked, and that is no failure of ours.
vuln:
	@log=$$(mktemp); \
	for module in . $(MODULES); do \
		echo "$$module: govulncheck"; \
		(cd "$$module" && $(GO) run $(GOVULNCHECK) ./...) >"$$log" 2>&1; status=$$?; \
		cat "$$log"; \
		if [ $$status != 0 ]; then \
			grep -q 'fetching vulnerabilities: .*\(no such host\|i/o timeout\|connection refused\)' "$$log" || { rm "$$log"; exit 1; }; \
			echo "$$module: NOT CHECKED, the database cannot be reached from here"; \
		fi; \
	done; rm "$$log"
