# make demo | build | quick | test | lint | bench | fuzz | torture | release
GO ?= go
# testdata is a Go package of its own (the demo's data are embedded), which ./... leaves out.
PACKAGES := ./... ./testdata
LINT := bin/golangci-lint

.PHONY: demo build vet lint quick test fuzz torture mutate bench generate record-log record-release release licenses rename

demo:
	$(GO) run ./cmd/covenant demo

build:
	CGO_ENABLED=0 $(GO) build -trimpath -o bin/covenant ./cmd/covenant

vet:
	$(GO) vet $(PACKAGES)
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo "run gofmt on:"; gofmt -l $$(git ls-files '*.go'); exit 1; }

$(LINT): tools/go.mod tools/go.sum
	cd tools && $(GO) build -o ../$(LINT) github.com/golangci/golangci-lint/v2/cmd/golangci-lint

lint: $(LINT)
	$(LINT) run $(PACKAGES)

# For the inner loop: everything that starts no other program and no database server, without the race detector.
quick:
	$(GO) test -short $(PACKAGES)

# The race detector looks at everything but the inside of SQLite, which is half a million lines of Go made of C and runs in it three times as long.
RACE := -race -gcflags=modernc.org/sqlite/lib=-race=false

# The longest packages first, so that none of them runs alone at the end. Then every fuzz target for a moment.
test:
	./.ci/install
	.ci/scratch $(GO) test $(RACE) -timeout 15m ./web ./workflow/engine ./signing ./cmd/covenant $(PACKAGES)
	.ci/fuzz 2s

# Every fuzz target of every package, one after the other: make fuzz [FUZZTIME=5s]
fuzz:
	.ci/fuzz $(or $(FUZZTIME),5s)

# Of the fuzz targets a fifth each day, a minute each.
torture:
	./.ci/install torture
	.ci/scratch $(GO) test -tags torture -timeout 120m -run Torture $(PACKAGES)
	.ci/fuzz $(or $(FUZZTIME),60s) 5
	$(MAKE) mutate

bin/gremlins: tools/go.mod tools/go.sum
	cd tools && $(GO) build -trimpath -o ../$@ github.com/go-gremlins/gremlins/cmd/gremlins

# Changes the rules in single places and asks whether their tests notice: make mutate [MINUTES=20] [FILES="review.go"]
mutate: bin/gremlins
	.ci/mutate $(or $(MINUTES),20) $(FILES)

bench:
	$(GO) test -run '^$$' -bench . -benchmem $(PACKAGES)

TOOLS := bin/cyclonedx-gomod bin/go-licenses bin/release
bin/cyclonedx-gomod: tools/go.mod tools/go.sum
	cd tools && $(GO) build -trimpath -o ../$@ github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod
bin/go-licenses: tools/go.mod tools/go.sum
	cd tools && $(GO) build -trimpath -o ../$@ github.com/google/go-licenses/v2
bin/release: tools/go.mod tools/go.sum $(wildcard tools/release/*)
	cd tools && $(GO) build -trimpath -o ../$@ ./release

# Archives for every system with checksums, bills of materials and licences, made twice to compare: make release VERSION=v0.2.0 [FRESH=1]
release: $(TOOLS)
	bin/release -version "$(VERSION)" -out dist/$(VERSION) $(if $(FRESH),-fresh)

# Refuses licences that must not be linked in.
licenses: bin/go-licenses
	bin/go-licenses check --ignore "$$($(GO) list -m)" --allowed_licenses Apache-2.0,BSD-2-Clause,BSD-3-Clause,ISC,MIT,MPL-2.0 $(wildcard ./cmd/*)

# Gives the module another path: make rename MODULE=example.org/owner/covenant
rename:
	.ci/rename "$(MODULE)"

generate:
	cd tools && $(GO) build -o ../bin/sqlc github.com/sqlc-dev/sqlc/cmd/sqlc
	cd workflow/store && ../../bin/sqlc generate

# Records the demo's event logs as those of a release, which every later one must be able to replay: make record-log RELEASE=v0.2
record-log:
	@test -n "$(RELEASE)" || { echo "make record-log RELEASE=v…"; exit 1; }
	$(GO) test ./cmd/covenant -run TestRecordLog -args -record-log $(RELEASE)
	$(GO) test ./workflow -run 'TestReplayRecordedLogs|TestLinesOfRecordedLogs' -args -record-digests -record-lines

# Records a data directory with work in flight, on both databases, which every later release must be able to finish; by the program of this
# tree, or another's: make record-release RELEASE=v0.2 [PROGRAM=path]
record-release:
	@test -n "$(RELEASE)" || { echo "make record-release RELEASE=v…"; exit 1; }
	$(GO) test ./cmd/covenant -run TestRecordRelease -args -record-release $(RELEASE) -release-program "$(PROGRAM)"
