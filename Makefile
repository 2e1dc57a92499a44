# SockTrace. `make run` and `make test` do all the set-up on Debian or Ubuntu with the .NET SDK.
# Paths are relative throughout: the folder may have a space in its name.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := build
.DELETE_ON_ERROR:

SUDO := $(if $(filter 0,$(shell id -u)),,sudo)
ARCH := $(shell uname -m)
MULTIARCH := $(ARCH)-linux-gnu
RID := linux-$(if $(filter aarch64,$(ARCH)),arm64,x64)

# mariadb-server-core is the server without a service that would be started.
BUILD_PACKAGES := clang llvm gcc libc6-dev libbpf-dev libelf-dev zlib1g-dev libzstd-dev libjs-chart.js
TEST_PACKAGES := $(BUILD_PACKAGES) iproute2 procps nftables mariadb-server-core mariadb-client-core chromium zstd time zsh fish mandoc groff-base tmux $(if $(shell command -v npm),,nodejs npm)
KERNEL_PACKAGES := $(BUILD_PACKAGES) qemu-system-x86 busybox-static cpio jq debian-archive-keyring
REPORT_PACKAGES := $(BUILD_PACKAGES) jq time
OVERHEAD_PACKAGES := $(BUILD_PACKAGES) iproute2 libbpf-tools iperf3 jq
FORMAT_PACKAGES := clang-format

C_SOURCES := bpf/*.bpf.c bpf/*.bpf.h bpf/socktrace.h benchmarks/overhead/*.c tests/scenarios/*.[ch] tests/kernels/*.[ch]
BPF_SOURCES := $(wildcard bpf/*.c bpf/*.h)
PROPS := global.json Directory.Build.props Directory.Packages.props .editorconfig
SOURCES := $(shell find src -type f -not -path '*/bin/*' -not -path '*/obj/*') $(PROPS)
TEST_SOURCES := $(shell find tests/SockTrace.Tests -type f)
WRITER_SOURCES := $(wildcard tests/WriteUntilKilled/*) tests/SockTrace.Tests/Support/Headers.cs tests/SockTrace.Tests/Support/StateRecords.cs

BPF_OBJECT := out/bpf/socktrace.bpf.o
BINARY := out/socktrace
PREFIX := /usr/local
MAN := share/man/man1/socktrace.1
BASH_COMPLETION := share/bash-completion/completions/socktrace
ZSH_COMPLETION := share/zsh/site-functions/_socktrace
FISH_COMPLETION := share/fish/vendor_completions.d/socktrace.fish
INSTALLED := bin/socktrace $(MAN) $(BASH_COMPLETION) $(ZSH_COMPLETION) $(FISH_COMPLETION)
SCENARIOS := out/scenarios
WRITER := out/write-until-killed
HGRM_READER := out/hgrm/node_modules
TESTS := out/dotnet/bin/SockTrace.Tests/debug/SockTrace.Tests

.PHONY: help
help: ## Show the targets
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 14

.PHONY: run
run: build ## Build, and watch this host with `socktrace live`
	$(SUDO) $(BINARY) live

.PHONY: build
build: $(BINARY) ## Build the native binary, out/socktrace

# All that is installed lies under out/install as it will under PREFIX.
.PHONY: install
install: $(addprefix out/install/,$(INSTALLED)) ## Install binary, man page and completions (PREFIX=/usr/local, DESTDIR=)
	@$(call as_owner,$(DESTDIR)$(PREFIX)); \
	for file in $(INSTALLED); do \
		to="$(DESTDIR)$(PREFIX)/$$file"; \
		if cmp -s "out/install/$$file" "$$to"; then \
			echo "as it was:  $$to"; \
		else \
			mode=644; [[ $$file != bin/* ]] || mode=755; \
			$$sudo install -D -m $$mode "out/install/$$file" "$$to"; \
			echo "installed:  $$to"; \
		fi; \
	done

.PHONY: uninstall
uninstall: ## Remove what `make install` has installed (with the same PREFIX and DESTDIR)
	@$(call as_owner,$(DESTDIR)$(PREFIX)); \
	for file in $(INSTALLED); do \
		to="$(DESTDIR)$(PREFIX)/$$file"; \
		if [ -e "$$to" ]; then \
			$$sudo rm "$$to"; \
			echo "removed:  $$to"; \
		fi; \
	done

.PHONY: bpf
bpf: $(BPF_OBJECT) ## Build the BPF object

.PHONY: test
test: test-packages $(BINARY) $(TESTS) $(SCENARIOS) $(WRITER) $(HGRM_READER) ## Run all tests; the live ones need root
	SOCKTRACE_BINARY="$$PWD/$(BINARY)" $(if $(SUDO),sudo --preserve-env=SOCKTRACE_BINARY$(,)CI) $(TESTS) $(TEST_ARGS)

.PHONY: kernels
kernels: kernel-packages $(BINARY) ## Trace the same scenarios on other kernels, under QEMU (KERNELS="5.10 6.1")
	tests/kernels/run.sh $(KERNELS)

.PHONY: overhead
overhead: overhead-packages $(BINARY) out/overhead/connections out/overhead/attach out/overhead/empty.bpf.o ## Measure what tracing costs, beside other tools (root)
	$(SUDO) benchmarks/overhead/run.sh $(ROUNDS) $(CONNECTIONS)
	$(SUDO) benchmarks/overhead/timers.sh $(ROUNDS)

.PHONY: bench
bench: $(BPF_OBJECT) ## Measure decoding, tables and writing with BenchmarkDotNet (BENCH_ARGS="--jit" skips AOT)
	dotnet run --project benchmarks/SockTrace.Benchmarks -c Release -- --filter '*' --artifacts out/benchmarks $(BENCH_ARGS)

.PHONY: bench-report
bench-report: report-packages $(BINARY) ## Measure `socktrace report` beside DuckDB and jq (LINES=10000000 ROUNDS=5)
	dotnet build benchmarks/report -c Release -v quiet --nologo
	mkdir -p out/report
	out/dotnet/bin/SockTrace.ReportBench/release/SockTrace.ReportBench run $(BINARY) out/report $(or $(LINES),10000000) $(or $(ROUNDS),5)

.PHONY: format
format: format-packages ## Format all sources
	clang-format -i $(C_SOURCES)
	dotnet format SockTrace.sln

.PHONY: check-format
check-format: format-packages $(BPF_OBJECT) ## Fail if a source is not formatted, or warns
	clang-format --dry-run -Werror $(C_SOURCES)
	dotnet format SockTrace.sln --verify-no-changes

.PHONY: clean
clean: ## Remove all that was built
	rm -rf out

# NativeAOT's own output stays beside; only the binary is moved to where people look.
$(BINARY): $(BPF_OBJECT) $(SOURCES) | build-packages
	dotnet publish src/SockTrace -c Release -r $(RID) -p:Multiarch=$(MULTIARCH) -o out/publish -v quiet --nologo
	cp --remove-destination out/publish/socktrace $(BINARY)

out/install/bin/socktrace: $(BINARY)
	install -D $< $@

out/install/$(MAN): WHAT := man
out/install/$(BASH_COMPLETION): WHAT := bash
out/install/$(ZSH_COMPLETION): WHAT := zsh
out/install/$(FISH_COMPLETION): WHAT := fish
out/install/share/%: $(BINARY)
	@mkdir -p $(@D)
	$(BINARY) generate $(WHAT) >$@

$(TESTS): $(BPF_OBJECT) $(SOURCES) $(TEST_SOURCES)
	dotnet build tests/SockTrace.Tests -c Debug -v quiet --nologo
	touch $(TESTS)

$(WRITER): $(BPF_OBJECT) $(SOURCES) $(WRITER_SOURCES) | build-packages
	dotnet publish tests/WriteUntilKilled -c Release -r $(RID) -o out/publish-writer -v quiet --nologo
	cp out/publish-writer/write-until-killed $(WRITER)

$(SCENARIOS): $(wildcard tests/scenarios/*.[ch]) | build-packages
	gcc -O2 -Wall -Wextra -Werror -pthread -o $@ $(filter %.c,$^)

# Reads HdrHistogram logs by somebody else's code.
$(HGRM_READER): tests/hgrm/read.js tests/hgrm/package.json tests/hgrm/package-lock.json | test-packages
	mkdir -p out/hgrm
	cp $^ out/hgrm/
	npm ci --prefix out/hgrm --no-audit --no-fund --loglevel=error
	touch $@

out/overhead/%.bpf.o: benchmarks/overhead/%.bpf.c | build-packages
	mkdir -p out/overhead
	clang -g -O2 -Wall -Wextra -Werror -Wno-unused-parameter -target bpf \
		-idirafter /usr/include/$(MULTIARCH) -c $< -o $@

out/overhead/%: benchmarks/overhead/%.c | build-packages
	mkdir -p out/overhead
	gcc -O2 -Wall -Wextra -Werror -o $@ $< -lbpf

# -g makes the BTF that CO-RE needs; the DWARF that comes with it is stripped.
$(BPF_OBJECT): $(BPF_SOURCES) | build-packages
	mkdir -p out/bpf
	clang -g -O2 -Wall -Wextra -Werror -Wno-unused-parameter -target bpf \
		-idirafter /usr/include/$(MULTIARCH) -c bpf/socktrace.bpf.c -o $(BPF_OBJECT)
	llvm-strip -g $(BPF_OBJECT)

, := ,

# Sets the shell's variable sudo, to nothing where the folder $(1), or the nearest above it, can be written to.
define as_owner
there="$(1)"; until [ -e "$$there" ]; do there=$$(dirname "$$there"); done; sudo=$$([ -w "$$there" ] || echo "$(SUDO)")
endef

# Installs what is missing of the packages in $(1), if anything is.
define install_packages
	@missing=$$(for p in $(1); do \
		dpkg-query -W -f '$${db:Status-Status}\n' $$p 2>/dev/null | grep -qx installed || echo $$p; done); \
	if [ -n "$$missing" ]; then \
		echo "installing:" $$missing; \
		$(SUDO) apt-get update -qq; \
		DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	fi
endef

.PHONY: build-packages test-packages kernel-packages report-packages overhead-packages format-packages
build-packages:
	@command -v dotnet >/dev/null || { echo "The .NET SDK 10 is missing: install dotnet-sdk-10.0." >&2; exit 1; }
	$(call install_packages,$(BUILD_PACKAGES))
test-packages:
	$(call install_packages,$(TEST_PACKAGES))
kernel-packages:
	$(call install_packages,$(KERNEL_PACKAGES))
report-packages:
	$(call install_packages,$(REPORT_PACKAGES))
overhead-packages:
	$(call install_packages,$(OVERHEAD_PACKAGES))
format-packages:
	$(call install_packages,$(FORMAT_PACKAGES))
